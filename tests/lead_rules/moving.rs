//! Leads that are put at another node: by a person, or because theirs was taken away. Source:
//! CONTRACT.md 6, rule 5, and 9.

use std::sync::Arc;

use branchline_domain::{
    call_status::CallStatus,
    graph::GraphChange,
    lead::{
        GuardCode, HoldReason, Lead, LeadCommand, LeadEvent, LeadRejection, Surroundings, explain,
    },
    workflow::{WorkflowStatus, WorkflowView},
};
use branchline_testkit::{ASHA, START, ViewChanges, active, at_second, given, node_id, now};

use crate::fixtures::{
    at_the_call, calling, campaign, concluded, enrolled, entered, report, requested, started,
    under_review,
};

fn move_to(name: &str) -> LeadCommand {
    LeadCommand::MoveTo { node: node_id(name) }
}

fn moved(visit: u32, from: &str, to: &str, revision: u32) -> LeadEvent {
    LeadEvent::LeadMoved { visit, from: node_id(from), to: node_id(to), revision }
}

fn cannot_move(refusal: &LeadRejection) -> bool {
    matches!(refusal, LeadRejection::CannotMove { .. })
}

/// The pause begins for a lead that comes there at the start of the story.
fn pausing(visit: u32, revision: u32) -> LeadEvent {
    LeadEvent::NodeEntered {
        visit,
        node: node_id("pause"),
        revision,
        release_at: Some(START.plus_seconds(7_200)),
    }
}

#[test]
fn a_person_puts_a_held_lead_at_another_node_where_its_step_begins() {
    let workflow = active(&campaign());
    given::<Lead>(under_review())
        .when(&move_to("pause"), &now(&workflow))
        .then([moved(1, "intro", "pause", 1), pausing(2, 1)])
        .when(&move_to("pause"), &now(&workflow))
        .then_nothing_happens()
        .when(&move_to("intro"), &now(&workflow))
        .then([moved(2, "pause", "intro", 1), entered(3, "intro"), requested(2)])
        .when(&move_to("won"), &now(&workflow))
        .then([
            concluded(2, CallStatus::Cancelled),
            moved(3, "intro", "won", 1),
            entered(4, "won"),
            LeadEvent::LeadCompleted,
        ])
        .when(&move_to("lost"), &now(&workflow))
        .then_refused(&LeadRejection::Ended { state: "completed" })
        .done();
}

#[test]
fn a_lead_is_not_put_elsewhere_while_its_call_is_in_progress() {
    let workflow = active(&campaign());
    given::<Lead>(calling())
        .when(&move_to("pause"), &now(&workflow))
        .then_refused_as(cannot_move)
        .done();
}

#[test]
fn a_pending_lead_and_a_node_that_is_not_there_are_refused() {
    let workflow = active(&campaign());
    given::<Lead>([enrolled()])
        .when(&move_to("pause"), &now(&workflow))
        .then_refused_as(cannot_move)
        .done();
    given::<Lead>(under_review())
        .when(&move_to("nowhere"), &now(&workflow))
        .then_refused_as(cannot_move)
        .done();
}

#[test]
fn nobody_is_put_elsewhere_in_a_workflow_that_is_not_active() {
    let workflow = active(&campaign());
    for status in [WorkflowStatus::Draft, WorkflowStatus::Paused] {
        given::<Lead>(under_review())
            .when(&move_to("pause"), &now(&workflow.now_is(status)))
            .then_refused_as(cannot_move)
            .done();
    }
    for status in [WorkflowStatus::Completed, WorkflowStatus::Cancelled] {
        given::<Lead>(under_review())
            .when(&move_to("pause"), &now(&workflow.now_is(status)))
            .then_refused(&LeadRejection::WorkflowEnded { status })
            .done();
    }
}

/// The call node is gone, and its leads go to the pause instead.
fn without_intro(workflow: &WorkflowView) -> WorkflowView {
    let mut next = workflow.revised(&[GraphChange::NodeRemoved(node_id("intro"))]);
    next.replaced = Arc::new([(node_id("intro"), node_id("pause"))].into());
    next
}

/// Source: CONTRACT.md 6-move-to.
#[test]
fn a_lead_whose_node_was_taken_away_goes_where_the_edit_says() {
    let workflow = without_intro(&active(&campaign()));
    given::<Lead>(under_review())
        .when(&LeadCommand::Advance, &now(&workflow))
        .then([moved(1, "intro", "pause", 2), pausing(2, 2)])
        .when(&LeadCommand::Advance, &now(&workflow))
        .then_nothing_happens()
        .done();
    given::<Lead>(at_the_call())
        .when(&LeadCommand::Advance, &now(&workflow))
        .then([concluded(1, CallStatus::Cancelled), moved(1, "intro", "pause", 2), pausing(2, 2)])
        .done();
}

/// Source: CONTRACT.md 6-move-to.
#[test]
fn a_call_in_progress_ends_first() {
    let workflow = without_intro(&active(&campaign()));
    given::<Lead>(calling())
        .when(&LeadCommand::Advance, &now(&workflow))
        .then_nothing_happens()
        .when(&report(CallStatus::Completed), &now(&workflow))
        .then([concluded(1, CallStatus::Completed), moved(1, "intro", "pause", 2), pausing(2, 2)])
        .done();
    given::<Lead>(calling())
        .when(&report(CallStatus::Cancelled), &now(&workflow))
        .then([
            concluded(1, CallStatus::Cancelled),
            LeadEvent::RoutingHeld { reason: HoldReason::ReviewRequired(CallStatus::Cancelled) },
            moved(1, "intro", "pause", 2),
            pausing(2, 2),
        ])
        .done();
}

#[test]
fn a_call_that_the_carrier_refused_keeps_nobody_at_a_node_that_is_gone() {
    let workflow = without_intro(&active(&campaign()));
    let mut handed_out = at_the_call();
    handed_out.push(started(1));
    let refused = LeadCommand::RecordDispatchRefused { call: 1, reason: "no route".into() };
    let gone = given::<Lead>(handed_out.clone()).when(&refused, &now(&workflow)).then_accepted();
    assert_eq!(gone.state().node, Some(node_id("pause")));
    // Nobody knows whether that phone rings: the carrier or a person has to say first.
    let unknown = LeadCommand::RecordDispatchUnknown { call: 1 };
    let stays = given::<Lead>(handed_out)
        .when(&unknown, &now(&workflow))
        .then_accepted()
        .when(&LeadCommand::Advance, &now(&workflow))
        .then_nothing_happens();
    assert_eq!(stays.state().node, Some(node_id("intro")));
}

/// Source: CONTRACT.md 6-move-to.
#[test]
fn during_a_pause_the_lead_stays_and_goes_on_resume() {
    let workflow = without_intro(&active(&campaign()));
    let paused = workflow.now_is(WorkflowStatus::Paused);
    let gone = given::<Lead>(under_review())
        .when(&LeadCommand::Advance, &at_second(5, &paused))
        .then_nothing_happens()
        .when(&LeadCommand::Advance, &at_second(9, &workflow))
        .then_accepted();
    assert_eq!(gone.state().node, Some(node_id("pause")));
}

/// Nobody said where its leads go: it came there while the node was being deleted.
#[test]
fn a_lead_whose_node_was_taken_away_from_under_it_is_told_so_and_can_be_moved() {
    let workflow = active(&campaign()).revised(&[GraphChange::NodeRemoved(node_id("intro"))]);
    let held =
        given::<Lead>(calling()).when(&report(CallStatus::Busy), &now(&workflow)).then_accepted();
    let surroundings = Surroundings { now: START, ..Surroundings::default() };
    let told = explain(ASHA, held.state(), &workflow, &surroundings);
    assert_eq!(told.guards.len(), 1);
    assert_eq!(told.guards[0].code, GuardCode::MissingOutput);
    assert!(told.guards[0].message.contains("deleted"), "{told:?}");
    let moved = held.when(&move_to("pause"), &now(&workflow)).then_accepted();
    assert_eq!(moved.state().node, Some(node_id("pause")));
}
