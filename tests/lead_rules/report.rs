//! Reports about calls. Source: CONTRACT.md 4, rules 1 to 9.

use branchline_domain::{
    call_status::{CallStatus, Routing},
    lead::{
        BranchCause, CallReport, HoldReason, Lead, LeadCommand, LeadEvent, LeadRejection,
        Resolution, Values, accepts,
    },
    output::Output,
    personal::Personal,
    value::Value,
    workflow::WorkflowStatus,
};
use branchline_testkit::{START, ViewChanges, active, at_second, given, node_id, now};

use crate::fixtures::{
    at_the_call, branch, by_call, call_id, call_then_check, calling, campaign, concluded, conflict,
    dispatched, enrolled, entered, plain, report, report_of, requested, started, under_review,
};

#[test]
fn each_final_status_with_a_branch_takes_it() {
    let workflow = active(&campaign());
    for (status, output, to) in [
        (CallStatus::Completed, Output::Completed, "won"),
        (CallStatus::DidNotPick, Output::Dnp, "pause"),
        (CallStatus::Busy, Output::Dnp, "pause"),
        (CallStatus::Failed, Output::Failed, "lost"),
        (CallStatus::NoAnswer, Output::Failed, "lost"),
    ] {
        let moved = given::<Lead>(calling()).when(&report(status), &now(&workflow)).then_accepted();
        assert_eq!(moved.state().node, Some(node_id(to)), "{status} takes {output}");
    }
}

#[test]
fn a_status_in_progress_moves_nobody_and_the_furthest_is_kept() {
    let workflow = active(&campaign());
    let changed = |status| LeadEvent::CallStatusChanged { call: 1, status, occurred_at: None };
    let story = given::<Lead>(calling())
        .when(&report(CallStatus::Received), &now(&workflow))
        .then([changed(CallStatus::Received)])
        .when(&report(CallStatus::Initiated), &now(&workflow))
        .then_nothing_happens()
        .when(&report(CallStatus::Received), &now(&workflow))
        .then_nothing_happens()
        .when(&report(CallStatus::Connected), &now(&workflow))
        .then([changed(CallStatus::Connected)]);
    assert_eq!(story.state().calls[&1].status, CallStatus::Connected);
    assert_eq!(story.state().node, Some(node_id("intro")));
}

#[test]
fn a_status_redelivered_after_the_lead_moved_on_records_nothing() {
    let workflow = active(&campaign());
    given::<Lead>(calling())
        .when(&report(CallStatus::Failed), &now(&workflow))
        .then([
            concluded(1, CallStatus::Failed),
            branch(1, "intro", Output::Failed, "lost", BranchCause::Call(1)),
            entered(2, "lost"),
            LeadEvent::LeadDropped,
        ])
        .when(&report(CallStatus::Failed), &now(&workflow))
        .then_nothing_happens()
        .when(&report(CallStatus::Connected), &now(&workflow))
        .then_nothing_happens()
        .when(&report(CallStatus::Completed), &now(&workflow))
        .then([conflict(1, CallStatus::Completed)])
        .when(&report(CallStatus::Completed), &now(&workflow))
        .then_nothing_happens()
        .done();
}

#[test]
fn only_another_final_status_than_the_first_is_not_accepted() {
    let ended = given::<Lead>(
        calling().into_iter().chain([concluded(1, CallStatus::Busy)]).collect::<Vec<_>>(),
    );
    for status in CallStatus::ALL {
        let expected = !status.is_final() || status == CallStatus::Busy;
        assert_eq!(accepts(ended.state(), 1, &plain(status)), expected, "{status}");
    }
    let going_on = given::<Lead>(calling());
    for status in CallStatus::ALL {
        assert!(accepts(going_on.state(), 1, &plain(status)), "{status}");
    }
}

#[test]
fn a_report_about_an_unknown_call_is_refused() {
    let workflow = active(&campaign());
    for number in [0, 2, u32::MAX] {
        given::<Lead>(calling())
            .when(&report_of(number, CallStatus::Busy), &now(&workflow))
            .then_refused(&LeadRejection::CallNotFound { call: call_id(number) })
            .done();
    }
    given::<Lead>([enrolled()])
        .when(&report(CallStatus::Busy), &now(&workflow))
        .then_refused(&LeadRejection::CallNotFound { call: call_id(1) })
        .done();
}

#[test]
fn a_report_for_a_call_that_nobody_claimed_counts_as_its_claim() {
    let workflow = active(&campaign());
    for status in CallStatus::ALL {
        let claims = !matches!(status, CallStatus::Cancelled | CallStatus::RetryExpired);
        let told =
            given::<Lead>(at_the_call()).when(&report(status), &now(&workflow)).then_accepted();
        assert_eq!(told.state().calls[&1].dispatch_started_at.is_some(), claims, "{status}");
    }
}

#[test]
fn a_report_brings_the_carriers_name_and_attributes_once() {
    let workflow = active(&campaign());
    let told = LeadCommand::ReportCallStatus {
        call: 1,
        report: CallReport {
            provider_ref: Some("prov_1".into()),
            attributes: Values::from([("score".into(), Value::from(7))]),
            occurred_at: Some(START),
            ..plain(CallStatus::Connected)
        },
    };
    given::<Lead>(calling())
        .when(&told, &now(&workflow))
        .then([
            LeadEvent::CallReferenced { call: 1, provider_ref: "prov_1".into() },
            LeadEvent::CallAttributesAttached {
                call: 1,
                attributes: Personal::Known(Values::from([("score".into(), Value::from(7))])),
            },
            LeadEvent::CallStatusChanged {
                call: 1,
                status: CallStatus::Connected,
                occurred_at: Some(START),
            },
        ])
        .when(&told, &now(&workflow))
        .then_nothing_happens()
        .done();
}

#[test]
fn a_final_status_is_held_while_paused_and_moves_nobody_after_an_end() {
    let workflow = active(&campaign());
    let conclusion = concluded(1, CallStatus::Completed);
    let outcome = by_call(Output::Completed, 1);
    given::<Lead>(calling())
        .when(&report(CallStatus::Completed), &now(&workflow.now_is(WorkflowStatus::Paused)))
        .then([
            conclusion.clone(),
            LeadEvent::RoutingHeld { reason: HoldReason::WorkflowPaused(outcome) },
        ])
        .done();
    for status in [WorkflowStatus::Completed, WorkflowStatus::Cancelled] {
        for final_status in CallStatus::ALL.into_iter().filter(|status| status.is_final()) {
            given::<Lead>(calling())
                .when(&report(final_status), &now(&workflow.now_is(status)))
                .then([concluded(1, final_status)])
                .done();
        }
    }
    let mut deleted = workflow.now_is(WorkflowStatus::Paused);
    deleted.deleted = true;
    given::<Lead>(calling())
        .when(&report(CallStatus::Completed), &now(&deleted))
        .then([conclusion])
        .done();
}

#[test]
fn the_call_of_a_removed_lead_finishes_and_moves_nobody() {
    let workflow = active(&campaign());
    for status in [CallStatus::Completed, CallStatus::Cancelled] {
        let removed = calling().into_iter().chain([LeadEvent::LeadRemoved]).collect::<Vec<_>>();
        given::<Lead>(removed)
            .when(&report(status), &now(&workflow))
            .then([concluded(1, status)])
            .when(&LeadCommand::Advance, &now(&workflow))
            .then_nothing_happens()
            .done();
    }
}

#[test]
fn a_call_of_an_earlier_visit_is_recorded_and_moves_nobody() {
    let workflow = active(&campaign());
    // A person moved the lead on while its first call had no final status.
    let mut events = calling();
    events.extend([
        LeadEvent::RoutingHeld { reason: HoldReason::CallOverdue },
        LeadEvent::HoldResolved { choice: Resolution::Output(Output::Dnp) },
        branch(1, "intro", Output::Dnp, "pause", BranchCause::Person),
        entered(2, "pause"),
        branch(2, "pause", Output::Next, "intro", BranchCause::Release),
        entered(3, "intro"),
        requested(2),
    ]);
    given::<Lead>(events)
        .when(&report_of(1, CallStatus::Completed), &now(&workflow))
        .then([concluded(1, CallStatus::Completed)])
        .when(&report_of(1, CallStatus::Busy), &now(&workflow))
        .then([conflict(1, CallStatus::Busy)])
        .when(&report_of(2, CallStatus::Completed), &now(&workflow))
        .then([
            started(2),
            dispatched(2),
            concluded(2, CallStatus::Completed),
            branch(3, "intro", Output::Completed, "won", BranchCause::Call(2)),
            entered(4, "won"),
            LeadEvent::LeadCompleted,
        ])
        .done();
}

#[test]
fn a_status_without_a_branch_is_a_review_whatever_edges_there_are() {
    let workflow = active(&call_then_check("lead.city", "Pune"));
    for status in CallStatus::ALL.into_iter().filter(|status| status.routing() == Routing::Review) {
        given::<Lead>(calling())
            .when(&report(status), &now(&workflow))
            .then([
                concluded(1, status),
                LeadEvent::RoutingHeld { reason: HoldReason::ReviewRequired(status) },
            ])
            .done();
    }
}

#[test]
fn a_late_final_status_resolves_a_review_only_where_the_settings_say_so() {
    let workflow = active(&campaign());
    given::<Lead>(under_review())
        .when(&report(CallStatus::Completed), &now(&workflow))
        .then([conflict(1, CallStatus::Completed)])
        .done();
    let willing = workflow.with_settings(|settings| settings.late_final_resolves_review = true);
    given::<Lead>(under_review())
        .when(&report(CallStatus::Completed), &now(&willing))
        .then([
            conflict(1, CallStatus::Completed),
            LeadEvent::HoldResolved { choice: Resolution::Output(Output::Completed) },
            branch(1, "intro", Output::Completed, "won", BranchCause::Call(1)),
            entered(2, "won"),
            LeadEvent::LeadCompleted,
        ])
        .done();
    let stopped = willing.now_is(WorkflowStatus::Cancelled);
    given::<Lead>(under_review())
        .when(&report(CallStatus::Completed), &now(&stopped))
        .then([conflict(1, CallStatus::Completed)])
        .done();
}

#[test]
fn a_late_final_status_does_not_change_the_status_that_conditions_read() {
    let workflow = active(&call_then_check("call.status", "cancelled"))
        .with_settings(|settings| settings.late_final_resolves_review = true);
    let moved = given::<Lead>(under_review())
        .when(&report(CallStatus::Completed), &now(&workflow))
        .then_accepted();
    assert_eq!(moved.state().node, Some(node_id("won")), "the first final status is the call's");
}

#[test]
fn what_was_doubtful_about_a_call_is_not_any_more_once_it_is_heard_of() {
    let workflow = active(&campaign());
    let doubts = [
        LeadEvent::CallDispatchUnknown { call: 1 },
        LeadEvent::CallDispatchRefused { call: 1, reason: Personal::Known("no route".into()) },
    ];
    for doubt in doubts {
        let mut events = at_the_call();
        events.extend([started(1), doubt.clone()]);
        let held = given::<Lead>(events);
        assert!(held.state().hold.is_some(), "{doubt:?}");
        let healed = held.when(&report(CallStatus::Connected), &now(&workflow)).then_accepted();
        assert_eq!(healed.state().hold, None, "{doubt:?}");
        let moved = healed.when(&report(CallStatus::Failed), &now(&workflow)).then_accepted();
        assert_eq!(moved.state().node, Some(node_id("lost")), "{doubt:?}");
    }
}

#[test]
fn a_call_is_overdue_until_its_final_status() {
    let workflow = active(&campaign());
    let mut events = at_the_call();
    events.extend([started(1), LeadEvent::RoutingHeld { reason: HoldReason::CallOverdue }]);
    let told = given::<Lead>(events)
        .when(
            &LeadCommand::RecordDispatched { call: 1, provider_ref: None },
            &at_second(9_000, &workflow),
        )
        .then([dispatched(1)])
        .when(&report(CallStatus::Connected), &at_second(9_000, &workflow))
        .then_accepted()
        .when(&LeadCommand::Advance, &at_second(9_000, &workflow))
        .then_nothing_happens();
    let reason = told.state().hold.as_ref().map(|hold| hold.reason.clone());
    assert_eq!(reason, Some(HoldReason::CallOverdue));
    let moved = told.when(&report(CallStatus::Failed), &now(&workflow)).then_accepted();
    assert_eq!(moved.state().node, Some(node_id("lost")));
}

#[test]
fn a_report_about_an_old_call_leaves_the_doubt_about_the_new_one() {
    let workflow = active(&campaign());
    let mut events = calling();
    events.extend([
        LeadEvent::RoutingHeld { reason: HoldReason::CallOverdue },
        LeadEvent::HoldResolved { choice: Resolution::Redial },
        requested(2),
        started(2),
        LeadEvent::CallDispatchUnknown { call: 2 },
    ]);
    let held = given::<Lead>(events)
        .when(&report_of(1, CallStatus::Connected), &now(&workflow))
        .then_accepted();
    let reason = held.state().hold.as_ref().map(|hold| hold.reason.clone());
    assert_eq!(reason, Some(HoldReason::DialOutcomeUnknown));
}
