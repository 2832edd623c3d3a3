//! When a call may be dialled, and how often a node is visited. Source: CONTRACT.md 4, rule 12, 5
//! and 6.

use branchline_domain::{
    call_status::CallStatus,
    graph::{CallingWindow, NodeConfig, RetryPolicy, VoiceCallConfig},
    lead::{BranchCause, HoldReason, Lead, LeadCommand, LeadEvent, LeadRejection},
    output::Output,
    time::Timestamp,
    workflow::{WorkflowStatus, WorkflowView},
};
use branchline_testkit::{
    FROM, GraphBuilder, START, ViewChanges, active, at_second, given, node, node_id, now,
};

use crate::fixtures::{
    at_the_call, branch, by_call, call_id, calling, concluded, dispatched, enrol, enrolled,
    enrolment, entered, plain, report, requested, resolve, started, under_review,
};

fn call(config: VoiceCallConfig) -> WorkflowView {
    let config = VoiceCallConfig { from_phone_number: Some(FROM.into()), ..config };
    active(
        &GraphBuilder::new()
            .node(node("intro", NodeConfig::VoiceCall(config)))
            .as_entry()
            .converted("won")
            .dropped("lost")
            .edge("intro", "COMPLETED", "won")
            .edge("intro", "DNP", "intro")
            .edge("intro", "DNP", "lost"),
    )
}

/// Open for an hour from this many minutes after the story begins, every day. The story begins at
/// a whole minute UTC.
fn open_from(minutes: u64) -> WorkflowView {
    let clock = |minutes: u64| {
        let text = START.plus_seconds(minutes * 60).to_string();
        text[11..16].to_owned()
    };
    let window = CallingWindow {
        from: Some(clock(minutes)),
        to: Some(clock(minutes + 60)),
        timezone: Some("UTC".into()),
        ..CallingWindow::default()
    };
    call(VoiceCallConfig { calling_window: Some(window), ..VoiceCallConfig::default() })
}

const fn scheduled(call: u32, not_before: Timestamp) -> LeadEvent {
    LeadEvent::CallScheduled { call, not_before, expires_at: None }
}

const fn start(call: u32) -> LeadCommand {
    LeadCommand::StartDispatch { call, lease_until: None }
}

#[test]
fn a_call_outside_its_window_waits_until_it_opens() {
    let workflow = open_from(90);
    let opens_at = START.plus_seconds(90 * 60);
    let refusal = LeadRejection::OutsideCallingWindow { call: call_id(1), opens_at };
    given::<Lead>([])
        .when(&enrol(enrolment()), &now(&workflow))
        .then([enrolled(), entered(1, "intro"), requested(1), scheduled(1, opens_at)])
        .when(&start(1), &at_second(90 * 60 - 1, &workflow))
        .then_refused(&refusal)
        .when(&LeadCommand::Advance, &at_second(90 * 60 - 1, &workflow))
        .then_nothing_happens()
        .when(&start(1), &at_second(90 * 60, &workflow))
        .then([started(1)])
        .done();
}

#[test]
fn a_call_that_nobody_dialled_while_the_window_was_open_waits_for_the_next_day() {
    let workflow = open_from(0);
    let tomorrow = START.plus_seconds(86_400);
    let refusal = LeadRejection::OutsideCallingWindow { call: call_id(1), opens_at: tomorrow };
    given::<Lead>(at_the_call())
        .when(&LeadCommand::Advance, &at_second(3_599, &workflow))
        .then_nothing_happens()
        .when(&start(1), &at_second(3_600, &workflow))
        .then_refused(&refusal)
        .when(&LeadCommand::Advance, &at_second(3_600, &workflow))
        .then([scheduled(1, tomorrow)])
        .when(&LeadCommand::Advance, &at_second(3_601, &workflow))
        .then_nothing_happens()
        .done();
}

#[test]
fn whoever_dialled_outside_the_window_is_believed() {
    let workflow = open_from(90);
    let mut events = at_the_call();
    events.push(scheduled(1, START.plus_seconds(90 * 60)));
    given::<Lead>(events)
        .when(&report(CallStatus::Connected), &now(&workflow))
        .then([
            started(1),
            dispatched(1),
            LeadEvent::CallStatusChanged {
                call: 1,
                status: CallStatus::Connected,
                occurred_at: None,
            },
        ])
        .done();
}

/// Two attempts, ten minutes apart; the second one expires after five.
fn retried() -> WorkflowView {
    let retry = RetryPolicy {
        max_attempts: Some(2),
        delay_minutes: Some(10),
        expire_after_minutes: Some(5),
        ..RetryPolicy::default()
    };
    call(VoiceCallConfig { retry: Some(retry), ..VoiceCallConfig::default() })
}

/// The first attempt ended, and the second one was requested ten minutes later.
fn second_attempt() -> Vec<LeadEvent> {
    let mut events = calling();
    events.extend([
        concluded(1, CallStatus::Busy),
        LeadEvent::ReleasePlanned { release_at: START.plus_seconds(600) },
        requested(2),
        LeadEvent::CallScheduled {
            call: 2,
            not_before: START.plus_seconds(600),
            expires_at: Some(START.plus_seconds(900)),
        },
    ]);
    events
}

#[test]
fn a_later_attempt_that_nobody_dials_in_its_time_expires_and_a_person_decides() {
    let workflow = retried();
    let mut first = calling();
    first.extend([
        concluded(1, CallStatus::Busy),
        LeadEvent::ReleasePlanned { release_at: START.plus_seconds(600) },
    ]);
    let requested_again = second_attempt().split_off(first.len());
    given::<Lead>(first)
        .when(&LeadCommand::Advance, &at_second(600, &workflow))
        .then(requested_again)
        .when(&LeadCommand::Advance, &at_second(899, &workflow))
        .then_nothing_happens()
        .when(&LeadCommand::Advance, &at_second(900, &workflow.now_is(WorkflowStatus::Paused)))
        .then_nothing_happens()
        .when(&LeadCommand::Advance, &at_second(900, &workflow))
        .then([
            concluded(2, CallStatus::RetryExpired),
            LeadEvent::RoutingHeld { reason: HoldReason::ReviewRequired(CallStatus::RetryExpired) },
        ])
        .when(&LeadCommand::Advance, &at_second(901, &workflow))
        .then_nothing_happens()
        .done();
}

#[test]
fn an_attempt_that_was_dialled_in_time_does_not_expire() {
    let workflow = retried();
    let mut events = second_attempt();
    events.push(started(2));
    given::<Lead>(events)
        .when(&LeadCommand::Advance, &at_second(901, &workflow))
        .then_nothing_happens()
        .done();
}

#[test]
fn a_call_node_that_was_visited_often_enough_is_passed_over_for_the_next_edge() {
    let workflow = call(VoiceCallConfig { max_visits: Some(2), ..VoiceCallConfig::default() });
    given::<Lead>(calling())
        .when(&report(CallStatus::Busy), &now(&workflow))
        .then([
            concluded(1, CallStatus::Busy),
            branch(1, "intro", Output::Dnp, "intro", BranchCause::Call(1)),
            entered(2, "intro"),
            requested(2),
        ])
        .when(&start(2), &now(&workflow))
        .then([started(2)])
        .when(
            &LeadCommand::ReportCallStatus { call: 2, report: plain(CallStatus::Busy) },
            &now(&workflow),
        )
        .then([
            concluded(2, CallStatus::Busy),
            branch(2, "intro", Output::Dnp, "lost", BranchCause::Call(2)),
            entered(3, "lost"),
            LeadEvent::LeadDropped,
        ])
        .done();
}

#[test]
fn where_no_other_edge_serves_the_outcome_the_lead_is_held_until_the_cap_is_raised() {
    let capped = |max_visits| {
        let config = VoiceCallConfig {
            from_phone_number: Some(FROM.into()),
            max_visits: Some(max_visits),
            ..VoiceCallConfig::default()
        };
        GraphBuilder::new().node(node("intro", NodeConfig::VoiceCall(config))).as_entry()
    };
    let workflow = active(&capped(1).converted("won").edge("intro", "DNP", "intro"));
    let raised = workflow.revised(&capped(2).changes());
    let held = given::<Lead>(calling())
        .when(&report(CallStatus::Busy), &now(&workflow))
        .then([
            concluded(1, CallStatus::Busy),
            LeadEvent::RoutingHeld { reason: HoldReason::MissingOutput(by_call(Output::Dnp, 1)) },
        ])
        .when(&LeadCommand::Advance, &now(&raised))
        .then_accepted();
    assert_eq!((held.state().node, held.state().visit), (Some(node_id("intro")), 2));
}

#[test]
fn a_person_takes_a_used_up_way_no_more_than_anybody() {
    let workflow = call(VoiceCallConfig { max_visits: Some(1), ..VoiceCallConfig::default() });
    let moved =
        given::<Lead>(under_review()).when(&resolve(Output::Dnp), &now(&workflow)).then_accepted();
    assert_eq!(moved.state().node, Some(node_id("lost")));
}
