use branchline_domain::{
    call_status::CallStatus, graph::GraphChange, lead::HoldReason, lead::LeadEvent, output::Output,
    workflow::WorkflowEvent,
};
use branchline_projections::{Counts, NodeCounts, StatusCounts};

use crate::story::*;

#[test]
fn a_lead_counts_at_its_node_and_where_it_has_been() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled(), entered(1, CALL), requested(1)]);
    story.lead(BOB, [enrolled()]);
    story.lead(
        ANN,
        [
            concluded(1, CallStatus::Completed),
            branch(1, CALL, Output::Completed, WON, 1),
            entered(2, WON),
            LeadEvent::LeadCompleted,
        ],
    );

    let counts = story.read.counts(FLOW);
    assert_eq!(counts.by_status, StatusCounts { pending: 1, completed: 1, ..Default::default() });
    assert_eq!(counts.by_node[&CALL], NodeCounts { here: 0, passed: 1, held: 0 });
    assert_eq!(counts.by_node[&WON], NodeCounts { here: 1, passed: 0, held: 0 });
    assert_eq!(counts.by_node[&WAIT], NodeCounts::default());
}

#[test]
fn a_lead_that_goes_around_has_passed_a_node_once() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled(), entered(1, CALL)]);
    for visit in 1..4 {
        story.lead(ANN, [branch(visit, CALL, Output::Dnp, CALL, visit), entered(visit + 1, CALL)]);
    }
    assert_eq!(story.read.counts(FLOW).by_node[&CALL], NodeCounts { here: 1, passed: 1, held: 0 });
}

#[test]
fn a_removed_lead_counts_as_removed_only() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled(), entered(1, CALL)]);
    story.lead(ANN, [branch(1, CALL, Output::Dnp, WAIT, 1), entered(2, WAIT)]);
    story.lead(ANN, [held(HoldReason::NodeIncomplete)]);
    assert_eq!(story.read.counts(FLOW).by_node[&WAIT].held, 1);

    story.lead(ANN, [LeadEvent::LeadRemoved]);
    let counts = story.read.counts(FLOW);
    assert_eq!(counts.by_status, StatusCounts { removed: 1, ..Default::default() });
    assert!(counts.by_node.values().all(|at_node| *at_node == NodeCounts::default()));
}

#[test]
fn nodes_beyond_the_sixty_fourth_are_counted_like_the_first() {
    let mut story = Story::of_an_active_workflow();
    let nodes: Vec<_> =
        (1..=70).map(|n| branchline_domain::id::NodeId::from_u128(n << 32)).collect();
    story.lead(ANN, [enrolled(), entered(1, nodes[0])]);
    for (visit, pair) in (1..).zip(nodes.windows(2)) {
        story.lead(
            ANN,
            [branch(visit, pair[0], Output::Next, pair[1], 1), entered(visit + 1, pair[1])],
        );
    }
    let counts = story.read.counts(FLOW);
    assert_eq!(counts.by_node[&nodes[68]], NodeCounts { here: 0, passed: 1, held: 0 });
    assert_eq!(counts.by_node[&nodes[69]], NodeCounts { here: 1, passed: 0, held: 0 });

    story.lead(ANN, [LeadEvent::LeadRemoved]);
    let counts = story.read.counts(FLOW);
    assert!(counts.by_node.values().all(|at_node| *at_node == NodeCounts::default()));
}

#[test]
fn an_unknown_workflow_has_empty_counts() {
    assert_eq!(Story::default().read.counts(FLOW), Counts::default());
}

#[test]
fn a_lead_that_ended_at_a_node_does_not_keep_it_from_being_removed() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled(), entered(1, WON), LeadEvent::LeadCompleted]);
    story.lead(BOB, [enrolled(), entered(1, CALL)]);
    let context = story.read.workflow_context(FLOW, &[WON, CALL]);
    assert_eq!(context.leads_at, [(CALL, 1)].into());
    assert_eq!(story.read.workflow_context(FLOW, &[WON]).leads_at, [].into());
}

#[test]
fn leads_on_their_way_to_a_node_keep_it_from_being_removed() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled(), entered(1, CALL)]);
    story.lead(BOB, [enrolled(), entered(1, WAIT)]);
    let changes = vec![GraphChange::NodeRemoved(CALL)];
    let replaced = WorkflowEvent::NodeReplaced { node: CALL, by: WAIT };
    story.workflow(FLOW, [replaced, WorkflowEvent::GraphRevised { revision: 2, changes }]);
    let context = story.read.workflow_context(FLOW, &[WAIT, WON]);
    assert_eq!(context.leads_at, [(WAIT, 2)].into());
}

#[test]
fn a_workflow_is_quiet_once_it_has_leads_and_all_have_ended() {
    let mut story = Story::of_an_active_workflow();
    assert!(!story.read.is_quiet(FLOW));
    story.lead(ANN, [enrolled(), entered(1, WON), LeadEvent::LeadCompleted]);
    assert!(story.read.is_quiet(FLOW));
    story.lead(BOB, [enrolled()]);
    assert!(!story.read.is_quiet(FLOW));
    story.lead(BOB, [LeadEvent::LeadRemoved]);
    assert!(story.read.is_quiet(FLOW));
}

#[test]
fn calls_are_counted_by_their_furthest_status() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled(), entered(1, CALL), requested(1)]);
    story.lead(BOB, [enrolled(), entered(1, CALL), requested(1)]);
    story.lead(ANN, [started(1), concluded(1, CallStatus::Busy)]);
    let counts = story.read.call_counts(FLOW);
    assert_eq!(
        counts.into_iter().collect::<Vec<_>>(),
        [(CallStatus::Created, 1), (CallStatus::Busy, 1)]
    );
}
