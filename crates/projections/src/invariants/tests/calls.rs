//! Requests, dials, statuses and the claims on numbers.

use super::*;

#[test]
fn a_call_handed_out_twice_or_ended_twice_is_told() {
    let twice = then(calling(), vec![vec![started(1)], vec![started(1)]]);
    breaks(&twice, Rule::OneDial, "call 1 was handed out twice");
    let ended = vec![concluded(1, CallStatus::Busy)];
    let again = then(calling(), vec![ended, vec![concluded(1, CallStatus::Failed)]]);
    breaks(&again, Rule::FirstStatus, "call 1 ended as failed after it ended as busy");
    let late = then(calling(), vec![vec![concluded(1, CallStatus::Busy)], vec![started(1)]]);
    breaks(&late, Rule::OneDial, "call 1 was handed out after it ended as busy");
}

#[test]
fn a_settled_lead_still_knows_its_calls() {
    let end = vec![started(1), concluded(1, CallStatus::Busy), LeadEvent::LeadRemoved];
    let again = then(calling(), vec![end.clone(), vec![concluded(1, CallStatus::Failed)]]);
    breaks(&again, Rule::FirstStatus, "call 1 ended as failed after it had ended");
    let stranger = then(calling(), vec![end.clone(), vec![concluded(2, CallStatus::Failed)]]);
    breaks(&stranger, Rule::Request, "call 2 ended and was never requested");
    let conflict =
        LeadEvent::CallConflictRecorded { call: 1, status: CallStatus::Failed, end_reason: None };
    assert_eq!(violations(&then(calling(), vec![end, vec![conflict]])), []);
}

#[test]
fn a_call_without_a_request_is_told() {
    let dial = then(calling(), vec![vec![started(2)]]);
    breaks(&dial, Rule::Request, "call 2 was handed out and was never requested");
    let gap = then(calling(), vec![vec![requested(3)]]);
    breaks(&gap, Rule::Request, "call 3 follows call 1");
    let twice = then(calling(), vec![vec![requested(1)]]);
    breaks(&twice, Rule::Request, "call 1 was requested twice");
    let taken = then(calling(), vec![vec![dispatched(1)]]);
    breaks(&taken, Rule::OneDial, "call 1 was taken by its carrier and was never handed out");
}

#[test]
fn a_dial_while_paused_after_an_end_or_before_it_is_due_is_told() {
    let paused = then(told(calling(), vec![WorkflowEvent::WorkflowPaused]), vec![vec![started(1)]]);
    let words = "call 1 was handed out while its workflow was not active";
    breaks(&paused, Rule::OneDial, words);
    let removed = then(calling(), vec![vec![LeadEvent::LeadRemoved], vec![started(1)]]);
    breaks(&removed, Rule::OneDial, "call 1 was handed out after its lead had ended");
    let scheduled = LeadEvent::CallScheduled {
        call: 1,
        not_before: Timestamp::from_micros(2_000),
        expires_at: None,
    };
    let told_of = violations(&then(calling(), vec![vec![scheduled.clone()], vec![started(1)]]));
    assert_eq!(told_of.len(), 1, "{told_of:?}");
    assert_eq!(told_of[0].0, Rule::OneDial);
    assert!(told_of[0].1.ends_with("before it was due"), "{told_of:?}");
    let proven = then(calling(), vec![vec![scheduled], vec![started(1), dispatched(1)]]);
    assert_eq!(violations(&proven), [], "a report proves that it was dialled");
}

#[test]
fn a_status_after_the_final_one_is_told() {
    let more =
        LeadEvent::CallStatusChanged { call: 1, status: CallStatus::Connected, occurred_at: None };
    let story = then(calling(), vec![vec![concluded(1, CallStatus::Busy)], vec![more]]);
    breaks(&story, Rule::FirstStatus, "call 1 became connected after it ended as busy");
    let none = then(calling(), vec![vec![concluded(1, CallStatus::Waiting)]]);
    breaks(&none, Rule::FirstStatus, "call 1 ended as waiting, which is no end");
}

#[test]
fn a_dial_without_its_number_and_a_number_given_back_early_are_told() {
    let mut free = calling();
    free.push(Step::Claiming(vec![started(1)], Vec::new()));
    breaks(&free, Rule::LiveCall, "call 1 was handed out without the claim on its number");
    let mut other = calling();
    other.push(Step::Claiming(vec![started(1)], vec![ClaimChange::Take(number([8; 16]))]));
    assert_eq!(violations(&other).len(), 2, "neither its own number, nor a dial of that one");
    let mut early = calling();
    early.push(Step::Claiming(vec![started(1)], vec![ClaimChange::Take(number(TAG))]));
    let news = LeadEvent::CallReferenced { call: 1, provider_ref: String::new() };
    early.push(Step::Claiming(vec![news], vec![ClaimChange::Release(number(TAG))]));
    breaks(&early, Rule::LiveCall, "gave its number back while call 1 was live");
}

#[test]
fn a_claim_on_an_enrolment_belongs_to_one() {
    let enrolment = Claim { kind: ClaimKind::ENROLLED, key: [1; 16] };
    let mut taken = calling();
    taken.push(Step::Claiming(
        vec![started(1)],
        vec![ClaimChange::Take(number(TAG)), ClaimChange::Take(enrolment)],
    ));
    breaks(&taken, Rule::Enrolment, "took the claim on an enrolment without one");
    let mut given = calling();
    given.push(Step::Claiming(vec![decided("x")], vec![ClaimChange::Release(enrolment)]));
    breaks(&given, Rule::Enrolment, "gave back its enrolment and was not removed");
}
