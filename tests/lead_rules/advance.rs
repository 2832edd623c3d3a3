//! What becomes due or possible. Source: CONTRACT.md 2, 4, 5.

use branchline_domain::{
    call_status::CallStatus,
    graph::{GraphChange, NodeConfig, Operator, TimeConfig, TimeUnit},
    lead::{BranchCause, HoldReason, Lead, LeadCommand, LeadEvent, Outcome},
    output::Output,
    workflow::WorkflowStatus,
};
use branchline_testkit::{
    GraphBuilder, START, ViewChanges, active, at_second, edge, given, node, node_id, now, paused,
};

use crate::fixtures::{
    at_the_call, branch, by_call, call_then_check, calling, campaign, concluded, dispatched, enrol,
    enrolled, enrolment, entered, only_completed, report, requested, started,
};

const TWO_HOURS_S: u64 = 2 * 3_600;

/// A lead in the wait of two hours, on its second visit.
fn waiting() -> Vec<LeadEvent> {
    let mut events = calling();
    events.extend([
        concluded(1, CallStatus::Busy),
        branch(1, "intro", Output::Dnp, "pause", BranchCause::Call(1)),
        LeadEvent::NodeEntered {
            visit: 2,
            node: node_id("pause"),
            revision: 1,
            release_at: Some(START.plus_seconds(TWO_HOURS_S)),
        },
    ]);
    events
}

#[test]
fn a_release_fires_at_its_instant_and_not_a_microsecond_earlier() {
    let workflow = active(&campaign());
    let mut early = at_second(TWO_HOURS_S, &workflow);
    early.now = early.now.plus_micros(-1);
    given::<Lead>(waiting())
        .when(&LeadCommand::Advance, &early)
        .then_nothing_happens()
        .when(&LeadCommand::Advance, &at_second(TWO_HOURS_S, &workflow))
        .then([
            branch(2, "pause", Output::Next, "intro", BranchCause::Release),
            entered(3, "intro"),
            requested(2),
        ])
        .when(&LeadCommand::Advance, &at_second(TWO_HOURS_S, &workflow))
        .then_nothing_happens()
        .done();
}

#[test]
fn nothing_moves_where_the_workflow_is_not_active() {
    let workflow = active(&campaign());
    for status in [
        WorkflowStatus::Draft,
        WorkflowStatus::Paused,
        WorkflowStatus::Completed,
        WorkflowStatus::Cancelled,
    ] {
        let stopped = workflow.now_is(status);
        given::<Lead>(waiting())
            .when(&LeadCommand::Advance, &at_second(9_999, &stopped))
            .then_nothing_happens()
            .done();
        given::<Lead>([enrolled()])
            .when(&LeadCommand::Advance, &at_second(9_999, &stopped))
            .then_nothing_happens()
            .done();
    }
}

#[test]
fn a_queued_call_is_called_off_when_its_workflow_ends_and_waits_when_it_pauses() {
    let workflow = active(&campaign());
    for status in [WorkflowStatus::Completed, WorkflowStatus::Cancelled] {
        given::<Lead>(at_the_call())
            .when(&LeadCommand::Advance, &now(&workflow.now_is(status)))
            .then([concluded(1, CallStatus::Cancelled)])
            .when(&LeadCommand::Advance, &now(&workflow.now_is(status)))
            .then_nothing_happens()
            .done();
    }
    given::<Lead>(at_the_call())
        .when(&LeadCommand::Advance, &now(&paused(&campaign())))
        .then_nothing_happens()
        .done();
    let mut deleted = workflow.now_is(WorkflowStatus::Paused);
    deleted.deleted = true;
    given::<Lead>(at_the_call())
        .when(&LeadCommand::Advance, &now(&deleted))
        .then([concluded(1, CallStatus::Cancelled)])
        .done();
}

#[test]
fn a_call_under_way_is_not_called_off() {
    let cancelled = active(&campaign()).now_is(WorkflowStatus::Cancelled);
    given::<Lead>(calling())
        .when(&LeadCommand::Advance, &now(&cancelled))
        .then_nothing_happens()
        .done();
}

#[test]
fn a_call_is_overdue_at_its_deadline_once() {
    let workflow = active(&campaign());
    given::<Lead>(calling())
        .when(&LeadCommand::Advance, &at_second(TWO_HOURS_S - 1, &workflow))
        .then_nothing_happens()
        .when(&LeadCommand::Advance, &at_second(TWO_HOURS_S, &workflow))
        .then([LeadEvent::RoutingHeld { reason: HoldReason::CallOverdue }])
        .when(&LeadCommand::Advance, &at_second(99_999, &workflow))
        .then_nothing_happens()
        .done();
}

#[test]
fn a_call_that_nobody_dialled_has_no_deadline() {
    let workflow = active(&campaign());
    given::<Lead>(at_the_call())
        .when(&LeadCommand::Advance, &at_second(999_999, &workflow))
        .then_nothing_happens()
        .done();
}

#[test]
fn a_missing_output_heals_when_an_edge_appears_and_is_not_told_twice() {
    let workflow = active(&only_completed());
    let held = given::<Lead>(at_the_call())
        .when(&report(CallStatus::Failed), &now(&workflow))
        .then([
            started(1),
            dispatched(1),
            concluded(1, CallStatus::Failed),
            LeadEvent::RoutingHeld {
                reason: HoldReason::MissingOutput(by_call(Output::Failed, 1)),
            },
        ])
        .when(&LeadCommand::Advance, &now(&workflow))
        .then_nothing_happens();
    let mended = workflow.revised(&[GraphChange::EdgeAdded(edge("intro", Some("FAILED"), "won"))]);
    held.when(&LeadCommand::Advance, &now(&mended.now_is(WorkflowStatus::Paused)))
        .then_nothing_happens()
        .when(&LeadCommand::Advance, &now(&mended))
        .then([
            LeadEvent::BranchTaken {
                visit: 1,
                from: node_id("intro"),
                output: Output::Failed,
                to: node_id("won"),
                cause: BranchCause::Call(1),
                revision: 2,
            },
            LeadEvent::NodeEntered {
                visit: 2,
                node: node_id("won"),
                revision: 2,
                release_at: None,
            },
            LeadEvent::LeadCompleted,
        ])
        .when(&LeadCommand::Advance, &now(&mended))
        .then_nothing_happens()
        .done();
}

#[test]
fn an_outcome_held_by_a_pause_is_told_again_when_it_lacks_an_edge_after_the_resume() {
    let workflow = active(&only_completed());
    let outcome = by_call(Output::Dnp, 1);
    given::<Lead>(calling())
        .when(&report(CallStatus::Busy), &now(&workflow.now_is(WorkflowStatus::Paused)))
        .then([
            concluded(1, CallStatus::Busy),
            LeadEvent::RoutingHeld { reason: HoldReason::WorkflowPaused(outcome.clone()) },
        ])
        .when(&LeadCommand::Advance, &now(&workflow))
        .then([LeadEvent::RoutingHeld { reason: HoldReason::MissingOutput(outcome) }])
        .done();
}

/// A condition that leads back to itself for everybody who is not from Pune.
fn circle() -> GraphBuilder {
    GraphBuilder::new()
        .condition("check", "lead.city", Operator::Equals, "Goa")
        .as_entry()
        .converted("won")
        .edge("check", "true", "won")
        .edge("check", "false", "check")
}

#[test]
fn a_lead_that_only_goes_around_is_stopped_and_goes_on_once_the_graph_changes() {
    let workflow = active(&circle());
    let stopped = given::<Lead>([]).when(&enrol(enrolment()), &now(&workflow)).then_accepted();
    let hold = stopped.state().hold.as_ref().map(|hold| hold.reason.clone());
    assert_eq!(hold, Some(HoldReason::EndlessLoop));
    let visits = stopped.state().visit;
    assert!((2..100).contains(&visits), "the loop is cut after {visits} visits");
    let mended = workflow.revised(&[
        GraphChange::EdgeRemoved(branchline_testkit::edge_id("check --false--> check")),
        GraphChange::EdgeAdded(edge("check", Some("false"), "won")),
    ]);
    let revision = 2;
    stopped
        .when(&LeadCommand::Advance, &now(&workflow))
        .then_nothing_happens()
        .when(&LeadCommand::Advance, &now(&mended))
        .then([
            LeadEvent::BranchTaken {
                visit: visits,
                from: node_id("check"),
                output: Output::False,
                to: node_id("won"),
                cause: BranchCause::Condition,
                revision,
            },
            LeadEvent::NodeEntered {
                visit: visits + 1,
                node: node_id("won"),
                revision,
                release_at: None,
            },
            LeadEvent::LeadCompleted,
        ])
        .done();
}

#[test]
fn an_edit_that_does_not_break_the_circle_stops_the_lead_again_without_end() {
    let workflow = active(&circle());
    let stopped = given::<Lead>([]).when(&enrol(enrolment()), &now(&workflow)).then_accepted();
    let edited = workflow.revised(&[GraphChange::NodePut(node("aside", NodeConfig::Dropped))]);
    let again = stopped.when(&LeadCommand::Advance, &now(&edited)).then_accepted();
    let hold = again.state().hold.as_ref().map(|hold| hold.reason.clone());
    assert_eq!(hold, Some(HoldReason::EndlessLoop));
    again.when(&LeadCommand::Advance, &now(&edited)).then_nothing_happens().done();
}

#[test]
fn an_incomplete_node_is_acted_on_once_it_is_mended() {
    let workflow = active(&GraphBuilder::new().call_without_number("intro"));
    let held = given::<Lead>([])
        .when(&enrol(enrolment()), &now(&workflow))
        .then([
            enrolled(),
            entered(1, "intro"),
            LeadEvent::RoutingHeld { reason: HoldReason::NodeIncomplete },
        ])
        .when(&LeadCommand::Advance, &now(&workflow))
        .then_nothing_happens();
    let whole = GraphBuilder::new().call("intro").changes();
    held.when(&LeadCommand::Advance, &now(&workflow.revised(&whole))).then([requested(1)]).done();
}

#[test]
fn an_incomplete_wait_counts_from_when_it_is_mended() {
    let empty = node("pause", NodeConfig::Time(TimeConfig::default()));
    let workflow = active(&GraphBuilder::new().node(empty));
    let held = given::<Lead>([]).when(&enrol(enrolment()), &now(&workflow)).then([
        enrolled(),
        entered(1, "pause"),
        LeadEvent::RoutingHeld { reason: HoldReason::NodeIncomplete },
    ]);
    let config =
        TimeConfig { duration: Some(5), unit: Some(TimeUnit::Minutes), ..TimeConfig::default() };
    let mended = workflow.revised(&[GraphChange::NodePut(node("pause", NodeConfig::Time(config)))]);
    held.when(&LeadCommand::Advance, &at_second(100, &mended))
        .then([LeadEvent::ReleasePlanned { release_at: START.plus_seconds(400) }])
        .when(&LeadCommand::Advance, &at_second(100, &mended))
        .then_nothing_happens()
        .done();
}

#[test]
fn a_condition_that_is_mended_reads_the_call_that_came_before_it() {
    let workflow = active(&call_then_check("call.status", "busy"));
    let broken =
        workflow.revised(&GraphBuilder::new().condition_without_operands("check").changes());
    let held =
        given::<Lead>(calling()).when(&report(CallStatus::Busy), &now(&broken)).then_accepted();
    assert_eq!(
        held.state().hold.as_ref().map(|hold| &hold.reason),
        Some(&HoldReason::NodeIncomplete)
    );
    let mended = broken.revised(
        &GraphBuilder::new().condition("check", "call.status", Operator::Equals, "busy").changes(),
    );
    let done = held.when(&LeadCommand::Advance, &now(&mended)).then_accepted();
    assert_eq!(done.state().node, Some(node_id("won")));
}

#[test]
fn a_choice_held_by_a_pause_moves_as_the_choice_of_a_person() {
    let workflow = active(&campaign());
    let outcome = Outcome { output: Output::Failed, cause: BranchCause::Person };
    let mut events = calling();
    events.extend([
        concluded(1, CallStatus::Cancelled),
        LeadEvent::RoutingHeld { reason: HoldReason::WorkflowPaused(outcome) },
    ]);
    given::<Lead>(events)
        .when(&LeadCommand::Advance, &now(&workflow))
        .then([
            branch(1, "intro", Output::Failed, "lost", BranchCause::Person),
            entered(2, "lost"),
            LeadEvent::LeadDropped,
        ])
        .done();
}
