//! Why a lead is where it is. Source: CONTRACT.md 8.

use branchline_domain::{
    call_status::CallStatus,
    id::ImportId,
    lead::{
        self, BranchCause, Enrolment, Explanation, GuardCode, HoldReason, Lead, LeadEvent, Remedy,
        Surroundings,
    },
    output::Output,
    personal::Personal,
    workflow::{WorkflowStatus, WorkflowView},
};
use branchline_testkit::{
    ASHA, GraphBuilder, START, ViewChanges, active, given, lead_id, node_id, paused, view,
};

use crate::fixtures::{
    at_the_call, branch, by_call, calling, campaign, concluded, conflict, enrolled, enrolled_with,
    enrolment, entered, only_completed, started, under_review,
};

fn explain_at(second: u64, events: Vec<LeadEvent>, workflow: &WorkflowView) -> Explanation {
    let told = given::<Lead>(events);
    let surroundings = Surroundings {
        now: START.plus_seconds(second),
        busy_with: None,
        no_capacity: false,
        workflow_position: Some(77),
    };
    lead::explain(ASHA, told.state(), workflow, &surroundings)
}

fn explain(events: Vec<LeadEvent>, workflow: &WorkflowView) -> Explanation {
    explain_at(0, events, workflow)
}

fn codes(explanation: &Explanation) -> Vec<GuardCode> {
    explanation.guards.iter().map(|guard| guard.code).collect()
}

#[test]
fn a_workflow_that_is_not_active_is_named_with_the_record_that_says_so() {
    for status in WorkflowStatus::ALL.into_iter().filter(|status| !status.can_process_leads()) {
        let told = explain(vec![enrolled()], &view(&campaign(), status));
        assert_eq!(codes(&told), [GuardCode::WorkflowNotActive], "{status}");
        assert_eq!(told.guards[0].evidence, Some(77));
        assert_eq!(told.guards[0].clears_by.is_none(), status.is_final(), "{status}");
        assert_eq!(told.next.is_none(), status.is_final(), "nothing moves after an end: {status}");
    }
}

/// Source: CONTRACT.md 8-import-open, 8-due.
#[test]
fn a_pending_lead_in_an_active_workflow_says_what_it_waits_for() {
    let workflow = active(&campaign());
    assert_eq!(codes(&explain(vec![enrolled()], &workflow)), [GuardCode::Due]);
    let slow = workflow.with_settings(|settings| settings.start_on_enrol = false);
    let told = explain(vec![enrolled()], &slow);
    assert_eq!(codes(&told), [GuardCode::EnrolledAfterActivation]);
    let entryless = active(&GraphBuilder::new());
    assert_eq!(codes(&explain(vec![enrolled()], &entryless)), [GuardCode::NoValidEntry]);
    let import = ImportId::from_u128(9);
    let mut importing = active(&campaign());
    importing.open_imports.insert(import);
    let of_import = enrolled_with(Enrolment { import: Some(import), ..enrolment() });
    assert_eq!(codes(&explain(vec![of_import], &importing)), [GuardCode::ImportOpen]);
}

/// Source: CONTRACT.md 8-waiting-for-release, 8-clears.
#[test]
fn a_wait_says_until_when() {
    let release_at = START.plus_seconds(7_200);
    let waiting = LeadEvent::NodeEntered {
        visit: 1,
        node: node_id("pause"),
        revision: 1,
        release_at: Some(release_at),
    };
    let workflow = active(&campaign());
    let told = explain(vec![enrolled(), waiting.clone()], &workflow);
    assert_eq!(codes(&told), [GuardCode::WaitingForRelease]);
    assert_eq!(told.guards[0].clears_at, Some(release_at));
    assert_eq!(told.guards[0].evidence, Some(2));
    let told = explain_at(7_200, vec![enrolled(), waiting.clone()], &workflow);
    assert_eq!(codes(&told), [GuardCode::Due]);
    let told = explain_at(7_200, vec![enrolled(), waiting], &paused(&campaign()));
    assert_eq!(codes(&told), [GuardCode::WorkflowNotActive, GuardCode::Due]);
    assert!(told.next.is_some());
}

/// Source: CONTRACT.md 8-waiting-for-dial, 8-waiting-for-call.
#[test]
fn a_call_says_whether_it_waits_for_a_carrier_or_for_its_end() {
    let workflow = active(&campaign());
    assert_eq!(codes(&explain(at_the_call(), &workflow)), [GuardCode::WaitingForDial]);
    let mut events = calling();
    events.push(LeadEvent::CallStatusChanged {
        call: 1,
        status: CallStatus::Connected,
        occurred_at: None,
    });
    let told = explain_at(90, events, &workflow);
    assert_eq!(codes(&told), [GuardCode::WaitingForCall]);
    let message = &told.guards[0].message;
    assert!(message.contains("connected") && message.contains("90 s"), "{message}");
}

#[test]
fn a_busy_number_names_the_lead_that_keeps_it_busy() {
    let told = given::<Lead>(at_the_call());
    let ravi = lead_id("ravi");
    let surroundings = Surroundings { busy_with: Some(ravi), ..Surroundings::default() };
    let told = lead::explain(ASHA, told.state(), &active(&campaign()), &surroundings);
    assert_eq!(codes(&told), [GuardCode::PhoneBusy, GuardCode::WaitingForDial]);
    assert!(told.guards[0].message.contains(&ravi.to_string()));
}

/// Source: CONTRACT.md 8-no-capacity.
#[test]
fn a_carrier_without_room_is_named_before_the_wait_for_it() {
    let told = given::<Lead>(at_the_call());
    let surroundings = Surroundings { no_capacity: true, ..Surroundings::default() };
    let told = lead::explain(ASHA, told.state(), &active(&campaign()), &surroundings);
    assert_eq!(codes(&told), [GuardCode::NoCapacity, GuardCode::WaitingForDial]);
    assert!(told.guards[0].clears_by.is_some() && told.next.is_some());
    let under_way = given::<Lead>(calling());
    let told = lead::explain(ASHA, under_way.state(), &active(&campaign()), &surroundings);
    assert_eq!(codes(&told), [GuardCode::WaitingForCall], "who is called needs no room");
}

/// Source: CONTRACT.md 8-clears.
#[test]
fn every_hold_has_its_own_code_evidence_and_remedy() {
    let graph = GraphBuilder::new()
        .call("intro")
        .call_without_number("bare")
        .wait_for_words("later", "callback_at")
        .application("crm", "push")
        .converted("won")
        .edge("intro", "COMPLETED", "won");
    let workflow = active(&graph);
    let words = |words: &str| HoldReason::UnreadableTime(Personal::Known(words.into()));
    for (node, reason, code) in [
        ("intro", HoldReason::MissingOutput(by_call(Output::Dnp, 1)), GuardCode::MissingOutput),
        ("intro", HoldReason::ReviewRequired(CallStatus::Cancelled), GuardCode::ReviewRequired),
        ("bare", HoldReason::NodeIncomplete, GuardCode::NodeIncomplete),
        ("intro", HoldReason::CallOverdue, GuardCode::CallOverdue),
        ("intro", HoldReason::DialOutcomeUnknown, GuardCode::DialOutcomeUnknown),
        ("intro", HoldReason::DialRefused, GuardCode::DialRefused),
        ("later", words(""), GuardCode::UnreadableTime),
        ("crm", HoldReason::ApplicationReview, GuardCode::ApplicationReview),
        ("intro", HoldReason::EndlessLoop, GuardCode::EndlessLoop),
    ] {
        let name = reason.code().as_str().to_owned();
        let events = vec![enrolled(), entered(1, node), LeadEvent::RoutingHeld { reason }];
        let told = explain(events, &workflow);
        assert_eq!(codes(&told), [code], "{name}");
        assert_eq!(told.guards[0].evidence, Some(3), "{name}");
        assert!(told.guards[0].clears_by.is_some() && told.next.is_some(), "{name}");
        assert!(!told.guards[0].remedies.is_empty(), "{name}");
    }
}

#[test]
fn an_outcome_that_a_pause_held_is_due_once_the_workflow_is_active() {
    let mut events = calling();
    events.push(LeadEvent::RoutingHeld {
        reason: HoldReason::WorkflowPaused(by_call(Output::Dnp, 1)),
    });
    let told = explain(events.clone(), &paused(&campaign()));
    assert_eq!(codes(&told), [GuardCode::WorkflowNotActive, GuardCode::WorkflowPaused]);
    assert_eq!(told.guards[1].remedies, [Remedy::Resume, Remedy::Activate]);
    let told = explain(events, &active(&campaign()));
    assert_eq!(codes(&told), [GuardCode::Due]);
    assert_eq!(told.guards[0].evidence, Some(6), "the record of the hold");
}

#[test]
fn a_hold_that_was_mended_is_not_told_any_more() {
    let mut events = calling();
    events.push(LeadEvent::RoutingHeld {
        reason: HoldReason::MissingOutput(by_call(Output::Dnp, 1)),
    });
    let told = explain(events.clone(), &active(&only_completed()));
    assert_eq!(codes(&told), [GuardCode::MissingOutput]);
    let told = explain(events.clone(), &active(&campaign()));
    assert_eq!(codes(&told), [GuardCode::Due]);
    let told = explain(events, &paused(&campaign()));
    assert_eq!(codes(&told), [GuardCode::WorkflowNotActive, GuardCode::Due]);
}

#[test]
fn a_dial_that_is_unknown_or_refused_is_told() {
    let workflow = active(&campaign());
    let mut events = at_the_call();
    events.extend([started(1), LeadEvent::CallDispatchUnknown { call: 1 }]);
    assert_eq!(codes(&explain(events, &workflow)), [GuardCode::DialOutcomeUnknown]);
}

#[test]
fn a_review_shows_the_resolution_that_a_later_status_suggests() {
    let mut events = under_review();
    events.push(conflict(1, CallStatus::Busy));
    let told = explain(events, &active(&campaign()));
    let message = &told.guards[0].message;
    assert!(message.contains("busy") && message.contains("DNP"), "{message}");
}

#[test]
fn a_lead_that_has_ended_says_so_and_nothing_else() {
    let mut won = calling();
    won.extend([
        concluded(1, CallStatus::Completed),
        branch(1, "intro", Output::Completed, "won", BranchCause::Call(1)),
        entered(2, "won"),
        LeadEvent::LeadCompleted,
    ]);
    let told = explain(won, &paused(&campaign()));
    assert_eq!(codes(&told), [GuardCode::Final]);
    assert_eq!(told.next, None);
    let removed = calling().into_iter().chain([LeadEvent::LeadRemoved]).collect();
    let told = explain(removed, &paused(&campaign()));
    assert_eq!(codes(&told), [GuardCode::Removed]);
    assert_eq!(told.guards[0].evidence, Some(6), "the removal is the sixth record");
    assert_eq!(told.next, None);
}
