//! Steps that read what analysis of the last call finds, and what time it said. Source: CONTRACT.md
//! 4 and 5.

use branchline_domain::{
    call_status::CallStatus,
    lead::{BranchCause, CallReport, HoldReason, Lead, LeadCommand, LeadEvent, Values},
    output::Output,
    personal::Personal,
    time::Timestamp,
    workflow::{Settings, WorkflowStatus, WorkflowView},
};
use branchline_testkit::{
    GraphBuilder, START, ViewChanges, active, at_second, given, node_id, now,
};

use crate::fixtures::{branch, call_then_check, calling, concluded, entered, plain, report};

fn attach(name: &str, value: &str) -> LeadCommand {
    let attributes = Values::from([(name.into(), value.into())]);
    LeadCommand::AttachCallAttributes { call: 1, attributes }
}

fn attached(name: &str, value: &str) -> LeadEvent {
    let attributes = Personal::Known(Values::from([(name.into(), value.into())]));
    LeadEvent::CallAttributesAttached { call: 1, attributes }
}

fn awaited(second: u64) -> LeadEvent {
    LeadEvent::AnalysisAwaited { until: START.plus_seconds(second) }
}

/// A lead behind its call, at a condition on an attribute that is not there.
fn at_the_check() -> Vec<LeadEvent> {
    let mut events = calling();
    events.extend([
        concluded(1, CallStatus::Completed),
        branch(1, "intro", Output::Completed, "check", BranchCause::Call(1)),
        entered(2, "check"),
        awaited(60),
    ]);
    events
}

fn with_timeout(workflow: &WorkflowView, seconds: u64) -> WorkflowView {
    let settings = Settings { analysis_timeout_s: seconds, ..workflow.settings.clone() };
    WorkflowView { settings, ..workflow.clone() }
}

#[test]
fn a_condition_waits_for_an_attribute_and_goes_on_when_it_comes() {
    let workflow = active(&call_then_check("call.interested", "yes"));
    for (answer, output, end) in [("yes", Output::True, "won"), ("no", Output::False, "lost")] {
        let story = given::<Lead>(calling())
            .when(&report(CallStatus::Completed), &now(&workflow))
            .then([
                concluded(1, CallStatus::Completed),
                branch(1, "intro", Output::Completed, "check", BranchCause::Call(1)),
                entered(2, "check"),
                awaited(60),
            ])
            .when(&LeadCommand::Advance, &at_second(59, &workflow))
            .then_nothing_happens()
            .when(&attach("language", "hi"), &at_second(59, &workflow))
            .then([attached("language", "hi")])
            .when(&attach("interested", answer), &at_second(59, &workflow));
        let end_event =
            if end == "won" { LeadEvent::LeadCompleted } else { LeadEvent::LeadDropped };
        story
            .then([
                attached("interested", answer),
                branch(2, "check", output, end, BranchCause::Condition),
                entered(3, end),
                end_event,
            ])
            .when(&attach("interested", answer), &at_second(59, &workflow))
            .then_nothing_happens()
            .done();
    }
}

#[test]
fn after_the_timeout_the_attribute_counts_as_missing() {
    let workflow = active(&call_then_check("call.interested", "yes"));
    let dropped = given::<Lead>(at_the_check())
        .when(&LeadCommand::Advance, &at_second(60, &workflow))
        .then_accepted();
    assert_eq!(dropped.state().node, Some(node_id("lost")));
    let at_once = given::<Lead>(calling())
        .when(&report(CallStatus::Completed), &now(&with_timeout(&workflow, 0)))
        .then_accepted();
    assert_eq!(at_once.state().node, Some(node_id("lost")));
}

#[test]
fn the_wait_counts_from_the_end_of_the_call_and_a_clock_ahead_does_not_make_it_longer() {
    let workflow = active(&call_then_check("call.interested", "yes"));
    for (ended_s, until_s) in [(20, 80), (40, 90), (30, 90)] {
        let ended = CallReport {
            occurred_at: Some(START.plus_seconds(ended_s)),
            ..plain(CallStatus::Completed)
        };
        let story = given::<Lead>(calling())
            .when(
                &LeadCommand::ReportCallStatus { call: 1, report: ended },
                &at_second(30, &workflow),
            )
            .then_accepted();
        assert_eq!(story.state().analysis_until, Some(START.plus_seconds(until_s)), "{ended_s}");
    }
}

#[test]
fn an_attribute_that_comes_during_a_pause_is_used_on_resume() {
    let workflow = active(&call_then_check("call.interested", "yes"));
    let paused = workflow.now_is(WorkflowStatus::Paused);
    let won = given::<Lead>(at_the_check())
        .when(&attach("interested", "yes"), &at_second(30, &paused))
        .then([attached("interested", "yes")])
        .when(&LeadCommand::Advance, &at_second(900, &paused))
        .then_nothing_happens()
        .when(&LeadCommand::Advance, &at_second(901, &workflow))
        .then_accepted();
    assert_eq!(won.state().node, Some(node_id("won")));
}

/// A call, and a wait until the time that was said in it.
fn call_back() -> GraphBuilder {
    GraphBuilder::new()
        .call("intro")
        .as_entry()
        .wait_for_words("later", "callback_at")
        .converted("won")
        .any_edge("intro", "later")
        .any_edge("later", "won")
}

fn completed_with(pairs: &[(&str, &str)]) -> LeadCommand {
    let attributes = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let report = CallReport { attributes, ..plain(CallStatus::Completed) };
    LeadCommand::ReportCallStatus { call: 1, report }
}

/// When a lead whose call ended at the start of the story is released.
fn release_of(workflow: &WorkflowView, pairs: &[(&str, &str)]) -> Option<Timestamp> {
    let story =
        given::<Lead>(calling()).when(&completed_with(pairs), &now(workflow)).then_accepted();
    story.state().release_at
}

#[test]
fn a_time_in_words_is_read_in_the_zone_of_the_call_the_agent_the_number_or_the_default() {
    let workflow = active(&call_back());
    // The lead's number is Indian: 16:30 is 11:00 UTC.
    let words = ("callback_at", "2030-06-05 16:30");
    assert_eq!(release_of(&workflow, &[words]), "2030-06-05T11:00:00Z".parse().ok());
    let of_call = [words, ("timezone", "Europe/Berlin")];
    assert_eq!(release_of(&workflow, &of_call), "2030-06-05T14:30:00Z".parse().ok());
    let unknown = [words, ("timezone", "Atlantis")];
    assert_eq!(release_of(&workflow, &unknown), "2030-06-05T11:00:00Z".parse().ok());
}

#[test]
fn an_explicit_past_instant_releases_at_once() {
    let workflow = active(&call_back());
    let story = given::<Lead>(calling())
        .when(&completed_with(&[("callback_at", "2001-06-05 16:30")]), &now(&workflow))
        .then_accepted();
    assert_eq!(story.state().node, Some(node_id("won")));
}

#[test]
fn words_that_cannot_be_read_hold_until_other_words_come_or_a_person_says_when() {
    let workflow = active(&call_back());
    let words = |text: &str| HoldReason::UnreadableTime(Personal::Known(text.into()));
    let story = given::<Lead>(calling())
        .when(&completed_with(&[("callback_at", "when it suits")]), &now(&workflow))
        .then_accepted()
        .when(&LeadCommand::Advance, &now(&workflow))
        .then_nothing_happens()
        .when(&attach("callback_at", "soon"), &now(&workflow))
        .then([attached("callback_at", "soon"), LeadEvent::RoutingHeld { reason: words("soon") }])
        .when(&attach("callback_at", "in 2 hours"), &at_second(600, &workflow))
        .then([
            attached("callback_at", "in 2 hours"),
            LeadEvent::ReleasePlanned { release_at: START.plus_seconds(7_200) },
        ]);
    assert_eq!(story.state().hold, None);
}

#[test]
fn words_that_never_come_hold_the_lead_after_the_timeout() {
    let workflow = active(&call_back());
    let nothing = HoldReason::UnreadableTime(Personal::Known(String::new()));
    given::<Lead>(calling())
        .when(&completed_with(&[]), &now(&workflow))
        .then([
            concluded(1, CallStatus::Completed),
            branch(1, "intro", Output::Completed, "later", BranchCause::Call(1)),
            entered(2, "later"),
            awaited(60),
        ])
        .when(&LeadCommand::Advance, &at_second(60, &workflow))
        .then([LeadEvent::RoutingHeld { reason: nothing }])
        .done();
}
