//! What a person decides about a held lead. Source: CONTRACT.md 4, rule 6, and 9.

use branchline_domain::{
    call_status::CallStatus,
    graph::{GraphChange, NodeConfig, TimeConfig, TimeSource},
    lead::{
        BranchCause, HoldReason, Lead, LeadCommand, LeadEvent, LeadRejection, Outcome, Resolution,
    },
    output::Output,
    personal::Personal,
    workflow::{WorkflowStatus, WorkflowView},
};
use branchline_testkit::{
    GraphBuilder, START, ViewChanges, active, at_second, given, node, node_id, now,
};

use crate::fixtures::{
    at_the_call, branch, by_call, calling, campaign, concluded, enrolled, entered, requested,
    resolve, started, under_review,
};

const REDIAL: LeadCommand = LeadCommand::Resolve(Resolution::Redial);

fn wrong(refusal: &LeadRejection) -> bool {
    matches!(refusal, LeadRejection::WrongResolution { .. })
}

fn resolved(output: Output) -> LeadEvent {
    LeadEvent::HoldResolved { choice: Resolution::Output(output) }
}

fn held(reason: HoldReason) -> LeadEvent {
    LeadEvent::RoutingHeld { reason }
}

/// A lead at the call node, held for each reason that can hold it there.
fn holds_at_a_call() -> Vec<(HoldReason, Vec<LeadEvent>)> {
    let ended = |status| vec![concluded(1, status)];
    [
        (HoldReason::WorkflowPaused(by_call(Output::Dnp, 1)), ended(CallStatus::Busy)),
        (HoldReason::MissingOutput(by_call(Output::Dnp, 1)), ended(CallStatus::Busy)),
        (HoldReason::ReviewRequired(CallStatus::RetryExpired), ended(CallStatus::RetryExpired)),
        (HoldReason::CallOverdue, Vec::new()),
        (HoldReason::DialOutcomeUnknown, vec![LeadEvent::CallDispatchUnknown { call: 1 }]),
        (
            HoldReason::DialRefused,
            vec![LeadEvent::CallDispatchRefused {
                call: 1,
                reason: Personal::Known(String::new()),
            }],
        ),
    ]
    .into_iter()
    .map(|(reason, before)| {
        let mut events = at_the_call();
        events.push(started(1));
        events.extend(before);
        events.push(held(reason.clone()));
        (reason, events)
    })
    .collect()
}

#[test]
fn every_hold_at_a_call_is_resolved_with_any_output_of_the_call() {
    let workflow = active(&campaign());
    for (reason, events) in holds_at_a_call() {
        given::<Lead>(events)
            .when(&resolve(Output::Failed), &now(&workflow))
            .then([
                resolved(Output::Failed),
                branch(1, "intro", Output::Failed, "lost", BranchCause::Person),
                entered(2, "lost"),
                LeadEvent::LeadDropped,
            ])
            .when(&resolve(Output::Failed), &now(&workflow))
            .then_refused_as(|refusal| {
                assert_eq!(refusal, &LeadRejection::Ended { state: "dropped" }, "{reason:?}");
                true
            })
            .done();
    }
}

#[test]
fn every_hold_at_a_call_is_resolved_with_a_redial() {
    let workflow = active(&campaign());
    for (reason, events) in holds_at_a_call() {
        let redialled = given::<Lead>(events)
            .when(&REDIAL, &now(&workflow))
            .then([LeadEvent::HoldResolved { choice: Resolution::Redial }, requested(2)])
            .when(&REDIAL, &now(&workflow))
            .then_refused(&LeadRejection::NotHeld);
        assert_eq!(redialled.state().call, Some(2), "{reason:?}");
        assert_eq!(redialled.state().visit, 1, "a redial is no new visit: {reason:?}");
    }
}

#[test]
fn a_choice_during_a_pause_is_held_and_moves_on_resume() {
    let workflow = active(&campaign());
    let stopped = workflow.now_is(WorkflowStatus::Paused);
    for (reason, events) in holds_at_a_call() {
        let choice = Outcome { output: Output::Failed, cause: BranchCause::Person };
        let moved = given::<Lead>(events)
            .when(&resolve(Output::Failed), &now(&stopped))
            .then([resolved(Output::Failed), held(HoldReason::WorkflowPaused(choice))])
            .when(&resolve(Output::Failed), &now(&stopped))
            .then_nothing_happens()
            .when(&LeadCommand::Advance, &now(&workflow))
            .then_accepted();
        assert_eq!(moved.state().node, Some(node_id("lost")), "{reason:?}");
    }
}

#[test]
fn nobody_resolves_a_lead_whose_workflow_has_ended() {
    for status in [WorkflowStatus::Completed, WorkflowStatus::Cancelled] {
        let workflow = active(&campaign()).now_is(status);
        given::<Lead>(under_review())
            .when(&resolve(Output::Failed), &now(&workflow))
            .then_refused(&LeadRejection::WorkflowEnded { status })
            .when(&REDIAL, &now(&workflow))
            .then_refused(&LeadRejection::WorkflowEnded { status })
            .done();
    }
}

#[test]
fn a_lead_that_nothing_holds_is_not_resolved() {
    let workflow = active(&campaign());
    for events in [vec![enrolled()], at_the_call(), calling()] {
        given::<Lead>(events)
            .when(&resolve(Output::Failed), &now(&workflow))
            .then_refused(&LeadRejection::NotHeld)
            .when(&REDIAL, &now(&workflow))
            .then_refused(&LeadRejection::NotHeld)
            .done();
    }
}

#[test]
fn an_output_that_the_node_does_not_have_is_refused() {
    let workflow = active(&campaign());
    for output in ["true", "next", "success", "cancelled", "busy", "completed", ""] {
        given::<Lead>(under_review())
            .when(&resolve(Output::from(output)), &now(&workflow))
            .then_refused_as(wrong)
            .done();
    }
}

/// A lead at a wait, held because nobody can read when to go on.
fn unreadable() -> (WorkflowView, Vec<LeadEvent>) {
    let config = TimeConfig {
        time_source: Some(TimeSource::PostcallAnalysis),
        pca_field: Some("callback_at".into()),
        ..TimeConfig::default()
    };
    let graph = GraphBuilder::new()
        .node(node("later", NodeConfig::Time(config)))
        .converted("won")
        .any_edge("later", "won");
    let reason = HoldReason::UnreadableTime(Personal::Known("some day".into()));
    (active(&graph), vec![enrolled(), entered(1, "later"), held(reason)])
}

#[test]
fn a_release_is_planned_by_a_person_at_a_wait_and_fires_then() {
    let (workflow, events) = unreadable();
    let release_at = START.plus_seconds(60);
    let choice = Resolution::ReleaseAt(release_at);
    given::<Lead>(events)
        .when(&LeadCommand::Resolve(choice.clone()), &now(&workflow))
        .then([
            LeadEvent::HoldResolved { choice: choice.clone() },
            LeadEvent::ReleasePlanned { release_at },
        ])
        .when(&LeadCommand::Resolve(choice), &now(&workflow))
        .then_refused(&LeadRejection::NotHeld)
        .when(&LeadCommand::Advance, &at_second(59, &workflow))
        .then_nothing_happens()
        .when(&LeadCommand::Advance, &at_second(60, &workflow))
        .then([
            branch(1, "later", Output::Next, "won", BranchCause::Release),
            entered(2, "won"),
            LeadEvent::LeadCompleted,
        ])
        .done();
}

#[test]
fn a_wait_is_resolved_with_its_one_output_and_never_with_a_redial() {
    let (workflow, events) = unreadable();
    given::<Lead>(events)
        .when(&REDIAL, &now(&workflow))
        .then_refused_as(wrong)
        .when(&resolve(Output::Next), &now(&workflow))
        .then([
            resolved(Output::Next),
            branch(1, "later", Output::Next, "won", BranchCause::Person),
            entered(2, "won"),
            LeadEvent::LeadCompleted,
        ])
        .done();
}

#[test]
fn a_release_is_refused_where_nobody_waits() {
    let workflow = active(&campaign());
    given::<Lead>(under_review())
        .when(&LeadCommand::Resolve(Resolution::ReleaseAt(START)), &now(&workflow))
        .then_refused_as(wrong)
        .done();
}

#[test]
fn an_application_and_a_condition_are_resolved_with_their_outputs() {
    let graph = GraphBuilder::new()
        .application("crm", "push")
        .converted("won")
        .edge("crm", "success", "won");
    let workflow = active(&graph);
    given::<Lead>([enrolled(), entered(1, "crm"), held(HoldReason::ApplicationReview)])
        .when(&REDIAL, &now(&workflow))
        .then_refused_as(wrong)
        .when(&resolve(Output::Success), &now(&workflow))
        .then([
            resolved(Output::Success),
            branch(1, "crm", Output::Success, "won", BranchCause::Person),
            entered(2, "won"),
            LeadEvent::LeadCompleted,
        ])
        .done();
    let graph = GraphBuilder::new()
        .switch("check", "lead.language", &["hindi"])
        .converted("won")
        .edge("check", "hindi", "won");
    let workflow = active(&graph);
    let hindi = Output::from("hindi");
    let tamil = Outcome { output: Output::from("tamil"), cause: BranchCause::Condition };
    given::<Lead>([enrolled(), entered(1, "check"), held(HoldReason::MissingOutput(tamil))])
        .when(&resolve(Output::from("tamil")), &now(&workflow))
        .then_refused_as(wrong)
        .when(&resolve(hindi.clone()), &now(&workflow))
        .then([
            resolved(hindi.clone()),
            branch(1, "check", hindi, "won", BranchCause::Person),
            entered(2, "won"),
            LeadEvent::LeadCompleted,
        ])
        .done();
}

#[test]
fn a_node_that_was_incomplete_is_redialled_with_what_it_has_been_given_since() {
    let bare = active(&GraphBuilder::new().call_without_number("intro"));
    let events = [enrolled(), entered(1, "intro"), held(HoldReason::NodeIncomplete)];
    given::<Lead>(events.clone()).when(&REDIAL, &now(&bare)).then_refused_as(wrong).done();
    let mended = bare.revised(&GraphBuilder::new().call("intro").changes());
    given::<Lead>(events)
        .when(&REDIAL, &now(&mended))
        .then([LeadEvent::HoldResolved { choice: Resolution::Redial }, requested(1)])
        .done();
}

#[test]
fn a_lead_whose_node_is_gone_can_only_be_removed() {
    let mut workflow = active(&campaign());
    workflow = workflow.revised(&[GraphChange::NodeRemoved(node_id("intro"))]);
    std::sync::Arc::make_mut(&mut workflow.revisions).remove(&1);
    given::<Lead>(under_review())
        .when(&resolve(Output::Failed), &now(&workflow))
        .then_refused_as(wrong)
        .when(&LeadCommand::Remove, &now(&workflow))
        .then([LeadEvent::LeadRemoved])
        .done();
}
