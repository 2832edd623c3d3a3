//! The tries of an application step. Source: CONTRACT.md 5.

use branchline_domain::{
    condition::FieldRef,
    graph::{ApplicationConfig, ApplicationRetry, GraphChange, NodeConfig, Operator},
    lead::{
        self, ApplicationOutcome, ApplicationReport, BranchCause, GuardCode, HoldReason, Lead,
        LeadCommand, LeadEvent, LeadRejection, Outcome, Surroundings, Values,
    },
    output::Output,
    personal::Personal,
    workflow::WorkflowStatus,
};
use branchline_testkit::{
    ASHA, GraphBuilder, START, ViewChanges, active, at_second, given, node, node_id, now,
};

use crate::fixtures::{
    at_the_call, branch, campaign, enrol, enrolled, enrolment, entered, resolve,
};

/// An application that may be tried twice, ten seconds apart, and needs the lead's city.
fn crm(retry: Option<ApplicationRetry>) -> GraphBuilder {
    let config = ApplicationConfig {
        handler: Some("crm".into()),
        retry,
        required_fields: vec!["city".into()],
        ..ApplicationConfig::default()
    };
    GraphBuilder::new()
        .node(node("push", NodeConfig::Application(config)))
        .as_entry()
        .converted("won")
        .dropped("lost")
        .edge("push", "success", "won")
        .edge("push", "failure", "lost")
}

const TWICE: Option<ApplicationRetry> =
    Some(ApplicationRetry { max_attempts: Some(2), delay_s: Some(10) });

const fn wanted(attempt: u32) -> LeadEvent {
    LeadEvent::ApplicationRequested { attempt }
}

const fn begun(attempt: u32) -> LeadEvent {
    LeadEvent::ApplicationStarted { attempt }
}

fn report(attempt: u32, outcome: ApplicationOutcome) -> LeadCommand {
    LeadCommand::RecordApplication(Box::new(ApplicationReport {
        attempt,
        outcome,
        latency_ms: 40,
        missing_fields: Vec::new(),
        evidence: "{}".into(),
        fields: Values::new(),
    }))
}

fn tried(attempt: u32, outcome: ApplicationOutcome) -> LeadEvent {
    LeadEvent::ApplicationTried {
        attempt,
        outcome,
        latency_ms: 40,
        missing_fields: Vec::new(),
        evidence: Personal::Known("{}".into()),
    }
}

fn under_way() -> Vec<LeadEvent> {
    vec![enrolled(), entered(1, "push"), wanted(1), begun(1)]
}

fn not_asked(refusal: &LeadRejection) -> bool {
    matches!(refusal, LeadRejection::ApplicationNotAsked { .. })
}

/// Source: CONTRACT.md 5-application-success.
#[test]
fn a_try_is_wanted_on_arrival_begins_once_and_its_success_moves_the_lead() {
    let workflow = active(&crm(None));
    given::<Lead>([])
        .when(&enrol(enrolment()), &now(&workflow))
        .then([enrolled(), entered(1, "push"), wanted(1)])
        .when(&LeadCommand::StartApplication, &now(&workflow))
        .then([begun(1)])
        .when(&LeadCommand::StartApplication, &now(&workflow))
        .then_refused_as(not_asked)
        .when(&report(1, ApplicationOutcome::Succeeded), &now(&workflow))
        .then([
            tried(1, ApplicationOutcome::Succeeded),
            branch(1, "push", Output::Success, "won", BranchCause::Application),
            entered(2, "won"),
            LeadEvent::LeadCompleted,
        ])
        .when(&report(1, ApplicationOutcome::Succeeded), &now(&workflow))
        .then_nothing_happens()
        .done();
}

/// Source: CONTRACT.md 5-application-failure, 5-application-tries.
#[test]
fn what_may_pass_is_tried_again_after_its_delay_and_then_is_a_failure() {
    let workflow = active(&crm(TWICE));
    let passing = ApplicationOutcome::Unavailable;
    given::<Lead>(under_way())
        .when(&report(1, passing), &now(&workflow))
        .then([tried(1, passing), LeadEvent::ReleasePlanned { release_at: START.plus_seconds(10) }])
        .when(&LeadCommand::Advance, &at_second(9, &workflow))
        .then_nothing_happens()
        .when(&LeadCommand::Advance, &at_second(10, &workflow))
        .then([wanted(2)])
        .when(&LeadCommand::Advance, &at_second(11, &workflow))
        .then_nothing_happens()
        .when(&LeadCommand::StartApplication, &at_second(11, &workflow))
        .then([begun(2)])
        .when(&report(1, passing), &at_second(12, &workflow))
        .then_nothing_happens()
        .when(&report(2, passing), &at_second(12, &workflow))
        .then([
            tried(2, passing),
            branch(1, "push", Output::Failure, "lost", BranchCause::Application),
            entered(2, "lost"),
            LeadEvent::LeadDropped,
        ])
        .done();
}

#[test]
fn a_try_that_the_end_of_the_engine_interrupted_is_made_again_at_once_but_not_for_ever() {
    let interrupted = ApplicationOutcome::Interrupted;
    for retry in [None, TWICE] {
        let workflow = active(&crm(retry));
        given::<Lead>(under_way())
            .when(&report(1, interrupted), &now(&workflow))
            .then([tried(1, interrupted), LeadEvent::ReleasePlanned { release_at: START }])
            .when(&LeadCommand::Advance, &now(&workflow))
            .then([wanted(2)])
            .done();
        given::<Lead>([enrolled(), entered(1, "push"), wanted(10), begun(10)])
            .when(&report(10, interrupted), &now(&workflow))
            .then([
                tried(10, interrupted),
                branch(1, "push", Output::Failure, "lost", BranchCause::Application),
                entered(2, "lost"),
                LeadEvent::LeadDropped,
            ])
            .done();
    }
}

/// Source: CONTRACT.md 5-application-failure.
#[test]
fn what_will_not_pass_is_a_failure_at_once() {
    let workflow = active(&crm(TWICE));
    let moved = given::<Lead>(under_way())
        .when(&report(1, ApplicationOutcome::Failed), &now(&workflow))
        .then_accepted();
    assert_eq!(moved.state().node, Some(node_id("lost")));
}

/// Source: CONTRACT.md 5-required-field.
#[test]
fn a_lead_without_a_required_field_fails_and_nothing_is_sent() {
    let workflow = active(&crm(TWICE));
    for empty in [Values::new(), Values::from([("city".into(), "".into())])] {
        let mut enrolment = enrolment();
        enrolment.variables = empty;
        let failed = given::<Lead>([]).when(&enrol(enrolment), &now(&workflow)).then_accepted();
        assert_eq!(failed.state().node, Some(node_id("lost")));
        assert_eq!(failed.state().application, None);
    }
}

/// Source: CONTRACT.md 5-application-fields.
#[test]
fn fields_of_an_answer_are_read_by_the_conditions_behind_it() {
    let field =
        FieldRef::ApplicationField { node: node_id("push").to_string(), field: "tier".into() };
    let graph = crm(None)
        .condition("gold", &field.to_string(), Operator::Equals, "gold")
        .edge("gold", "true", "won")
        .edge("gold", "false", "lost");
    let workflow = active(&graph).revised(&[
        GraphChange::EdgeRemoved(branchline_testkit::edge("push", Some("success"), "won").id),
        GraphChange::EdgeAdded(branchline_testkit::edge("push", Some("success"), "gold")),
    ]);
    for (tier, end) in [("gold", "won"), ("tin", "lost")] {
        let LeadCommand::RecordApplication(mut answer) = report(1, ApplicationOutcome::Succeeded)
        else {
            unreachable!("a report is a report");
        };
        answer.fields = Values::from([("tier".into(), tier.into())]);
        let ended = given::<Lead>(under_way())
            .when(&LeadCommand::RecordApplication(answer), &now(&workflow))
            .then_accepted();
        assert_eq!(ended.state().node, Some(node_id(end)), "{tier}");
    }
}

#[test]
fn no_try_begins_while_the_workflow_is_not_active_and_one_under_way_is_held() {
    let workflow = active(&crm(None));
    for status in [
        WorkflowStatus::Draft,
        WorkflowStatus::Paused,
        WorkflowStatus::Completed,
        WorkflowStatus::Cancelled,
    ] {
        given::<Lead>([enrolled(), entered(1, "push"), wanted(1)])
            .when(&LeadCommand::StartApplication, &now(&workflow.now_is(status)))
            .then_refused_as(not_asked)
            .done();
    }
    let paused = workflow.now_is(WorkflowStatus::Paused);
    let outcome = Outcome { output: Output::Success, cause: BranchCause::Application };
    let moved = given::<Lead>(under_way())
        .when(&report(1, ApplicationOutcome::Succeeded), &now(&paused))
        .then([
            tried(1, ApplicationOutcome::Succeeded),
            LeadEvent::RoutingHeld { reason: HoldReason::WorkflowPaused(outcome) },
        ])
        .when(&LeadCommand::Advance, &now(&workflow))
        .then_accepted();
    assert_eq!(moved.state().node, Some(node_id("won")));
}

#[test]
fn a_try_that_ends_after_the_lead_or_the_workflow_did_is_recorded_and_moves_nothing() {
    let workflow = active(&crm(TWICE));
    let cancelled = workflow.now_is(WorkflowStatus::Cancelled);
    let mut removed = under_way();
    removed.push(LeadEvent::LeadRemoved);
    for (events, workflow) in [(under_way(), &cancelled), (removed, &workflow)] {
        given::<Lead>(events)
            .when(&report(1, ApplicationOutcome::Unavailable), &now(workflow))
            .then([tried(1, ApplicationOutcome::Unavailable)])
            .when(&report(1, ApplicationOutcome::Unavailable), &now(workflow))
            .then_nothing_happens()
            .done();
    }
}

/// Source: CONTRACT.md 5-unregistered, 8-application-review.
#[test]
fn without_somebody_who_answers_the_lead_is_held_until_there_is_one_or_a_person_decides() {
    let workflow = active(&crm(None));
    let review = LeadEvent::RoutingHeld { reason: HoldReason::ApplicationReview };
    let held = || {
        given::<Lead>([enrolled(), entered(1, "push"), wanted(1)])
            .when(&LeadCommand::HoldApplication, &now(&workflow))
            .then([review.clone()])
            .when(&LeadCommand::HoldApplication, &now(&workflow))
            .then_nothing_happens()
            .when(&LeadCommand::StartApplication, &now(&workflow))
            .then_refused_as(not_asked)
    };
    held()
        .when(&LeadCommand::RequestApplication, &now(&workflow))
        .then([wanted(1)])
        .when(&LeadCommand::RequestApplication, &now(&workflow))
        .then_nothing_happens()
        .when(&LeadCommand::StartApplication, &now(&workflow))
        .then([begun(1)])
        .when(&LeadCommand::RequestApplication, &now(&workflow))
        .then_refused_as(not_asked)
        .done();
    let resolved = held().when(&resolve(Output::Success), &now(&workflow)).then_accepted();
    assert_eq!(resolved.state().node, Some(node_id("won")));
}

#[test]
fn a_lead_at_another_step_wants_no_try_and_one_that_is_not_there_is_not_found() {
    let workflow = active(&campaign());
    for command in [
        LeadCommand::StartApplication,
        LeadCommand::HoldApplication,
        LeadCommand::RequestApplication,
    ] {
        given::<Lead>(at_the_call())
            .when(&command, &now(&workflow))
            .then_refused_as(not_asked)
            .done();
    }
    let told = report(1, ApplicationOutcome::Succeeded);
    given::<Lead>(at_the_call()).when(&told, &now(&workflow)).then_nothing_happens().done();
    given::<Lead>([]).when(&told, &now(&workflow)).then_refused(&LeadRejection::NotFound).done();
}

/// Source: CONTRACT.md 8-waiting-for-application.
#[test]
fn who_waits_for_an_application_is_told_which_try_and_how_long() {
    let workflow = active(&crm(None));
    let told = |events: Vec<LeadEvent>| {
        let now = START.plus_seconds(90);
        let story = given::<Lead>(events);
        let surroundings = Surroundings { now, ..Surroundings::default() };
        lead::explain(ASHA, story.state(), &workflow, &surroundings)
    };
    for (events, words) in [
        (vec![enrolled(), entered(1, "push"), wanted(1)], "try 1 of the application is wanted"),
        (under_way(), "try 1 of the application is under way"),
    ] {
        let guards = told(events).guards;
        let codes: Vec<GuardCode> = guards.iter().map(|guard| guard.code).collect();
        assert_eq!(codes, [GuardCode::WaitingForApplication]);
        assert!(guards[0].message.starts_with(words), "{}", guards[0].message);
        assert!(guards[0].message.ends_with("90 s"), "{}", guards[0].message);
        assert!(guards[0].evidence.is_some() && guards[0].clears_by.is_some());
    }
}
