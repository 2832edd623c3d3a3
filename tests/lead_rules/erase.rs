//! Erasure. Source: CONTRACT.md 3.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use branchline_domain::{
    call_status::CallStatus,
    decider::Recorded,
    lead::{
        ApplicationOutcome, ApplicationReport, BranchCause, CallReport, GuardCode, Lead,
        LeadCommand, LeadEvent, LeadRejection, LeadState, Surroundings, Values, evolve, explain,
    },
    output::Output,
    personal::Personal,
    value::Value,
};
use branchline_event_codec::{Sealing, decode_lead, encode_lead};
use branchline_testkit::{ASHA, START, active, given, now, view};
use branchline_vault::{LeadKey, SeededEntropy, Vault};

use crate::fixtures::{
    at_the_call, branch, calling, campaign, concluded, conflict, dispatched, enrol, enrolled,
    enrolment, entered, plain, report, report_of, requested, started, under_review,
};

const ERASED: LeadEvent = LeadEvent::LeadErased { key_slot: 7 };

fn spoken() -> Values {
    Values::from([("interested".into(), Value::from("yes"))])
}

/// A lead that was called, told of, and reached an end.
fn ended(output: Output, to: &str, end: LeadEvent) -> Vec<LeadEvent> {
    let mut events = calling();
    events.extend([
        LeadEvent::CallAttributesAttached { call: 1, attributes: Personal::Known(spoken()) },
        concluded(1, CallStatus::Completed),
        branch(1, "intro", output, to, BranchCause::Call(1)),
        entered(2, to),
        end,
    ]);
    events
}

fn completed() -> Vec<LeadEvent> {
    ended(Output::Completed, "won", LeadEvent::LeadCompleted)
}

fn removed() -> Vec<LeadEvent> {
    vec![enrolled(), LeadEvent::LeadRemoved]
}

fn erased(events: Vec<LeadEvent>) -> Vec<LeadEvent> {
    events.into_iter().chain([ERASED]).collect()
}

/// What a reader without the lead's key makes of an event in the journal.
#[expect(clippy::expect_used, clippy::indexing_slicing, reason = "a helper of tests")]
pub(crate) fn without_key(event: &LeadEvent) -> LeadEvent {
    static KEY: LazyLock<LeadKey> = LazyLock::new(|| {
        let vault = Vault::in_memory(Arc::new(SeededEntropy::new(7)));
        let made = vault.create_keys(&[ASHA.as_uuid()]).expect("a vault in memory makes keys");
        made[0].1.clone()
    });
    let sealing = Sealing { lead: ASHA, key: Some(&KEY), nonce: &|| [3; 24] };
    let written = encode_lead(event, &sealing).expect("an event of a test is small");
    decode_lead(&written, ASHA, None).expect("it is read as it was written")
}

fn folded<'a>(events: impl IntoIterator<Item = &'a LeadEvent>) -> LeadState {
    let mut state = LeadState::default();
    for (event, position) in events.into_iter().zip(1..) {
        evolve(&mut state, event, Recorded { at: START, position });
    }
    state
}

#[test]
fn a_lead_that_has_come_to_its_end_is_erased_once_in_a_workflow_of_any_status() {
    for status in branchline_domain::workflow::WorkflowStatus::ALL {
        let workflow = view(&campaign(), status);
        for events in [
            completed(),
            ended(Output::Failed, "lost", LeadEvent::LeadDropped),
            removed(),
            vec![enrolled(), LeadEvent::LeadWithdrawn],
        ] {
            given::<Lead>(events)
                .when(&LeadCommand::Erase, &now(&workflow))
                .then([ERASED])
                .when(&LeadCommand::Erase, &now(&workflow))
                .then_nothing_happens()
                .done();
        }
    }
}

#[test]
fn a_lead_that_may_still_move_is_not_erased_and_is_told_to_be_removed_first() {
    let workflow = active(&campaign());
    for (events, status) in
        [(vec![enrolled()], "pending"), (at_the_call(), "active"), (under_review(), "active")]
    {
        let problem = format!("it is {status}; remove it first");
        given::<Lead>(events)
            .when(&LeadCommand::Erase, &now(&workflow))
            .then_refused(&LeadRejection::CannotErase { problem })
            .when(&LeadCommand::Remove, &now(&workflow))
            .then_accepted()
            .when(&LeadCommand::Erase, &now(&workflow))
            .then([ERASED])
            .done();
    }
}

#[test]
fn a_removed_lead_is_not_erased_before_its_call_has_ended() {
    let workflow = active(&campaign());
    let unheard = [at_the_call(), vec![started(1)]].concat();
    let lost = [unheard.clone(), vec![LeadEvent::CallDispatchUnknown { call: 1 }]].concat();
    for events in [calling(), unheard, lost] {
        given::<Lead>(events.into_iter().chain([LeadEvent::LeadRemoved]))
            .when(&LeadCommand::Erase, &now(&workflow))
            .then_refused_as(|refusal| {
                refusal
                    .to_string()
                    .ends_with("_1 is in progress; wait for its final status or report it")
            })
            .when(&report(CallStatus::Cancelled), &now(&workflow))
            .then_accepted()
            .when(&LeadCommand::Erase, &now(&workflow))
            .then([ERASED])
            .done();
    }
    // A refused dial rang nobody's phone, and no status of it ever comes.
    let reason = Personal::Known("no route".into());
    let refused = LeadEvent::CallDispatchRefused { call: 1, reason };
    given::<Lead>(at_the_call().into_iter().chain([started(1), refused, LeadEvent::LeadRemoved]))
        .when(&LeadCommand::Erase, &now(&workflow))
        .then([ERASED])
        .done();
}

#[test]
fn a_removed_lead_is_not_erased_while_an_application_is_at_work_for_it() {
    let workflow = active(&campaign());
    let tried = LeadCommand::RecordApplication(Box::new(ApplicationReport {
        attempt: 1,
        outcome: ApplicationOutcome::Succeeded,
        latency_ms: 12,
        missing_fields: Vec::new(),
        evidence: String::new(),
        fields: spoken(),
    }));
    let requested = LeadEvent::ApplicationRequested { attempt: 1 };
    let began = LeadEvent::ApplicationStarted { attempt: 1 };
    given::<Lead>([enrolled(), entered(1, "intro"), requested, began, LeadEvent::LeadRemoved])
        .when(&LeadCommand::Erase, &now(&workflow))
        .then_refused_as(|refusal| refusal.to_string().contains("an application is at work"))
        .when(&tried, &now(&workflow))
        .then_accepted()
        .when(&LeadCommand::Erase, &now(&workflow))
        .then([ERASED])
        .done();
}

#[test]
fn nothing_personal_is_added_to_an_erased_lead() {
    let workflow = active(&campaign());
    let variables = BTreeMap::from([("city".to_owned(), Some(Value::from("Pune")))]);
    for events in [erased(completed()), erased(removed())] {
        given::<Lead>(events)
            .when(&LeadCommand::Edit { variables: variables.clone(), notes: None }, &now(&workflow))
            .then_refused(&LeadRejection::Erased)
            .when(
                &LeadCommand::Edit { variables: BTreeMap::new(), notes: Some(None) },
                &now(&workflow),
            )
            .then_refused(&LeadRejection::Erased)
            .when(&enrol(enrolment()), &now(&workflow))
            .then_refused(&LeadRejection::AlreadyEnrolled)
            .done();
    }
    given::<Lead>(erased(completed()))
        .when(&LeadCommand::AttachCallAttributes { call: 1, attributes: spoken() }, &now(&workflow))
        .then_refused(&LeadRejection::Erased)
        .when(
            &LeadCommand::AttachCallAttributes { call: 1, attributes: Values::new() },
            &now(&workflow),
        )
        .then_nothing_happens()
        .done();
}

#[test]
fn a_late_report_about_an_erased_lead_is_taken_and_its_words_are_dropped() {
    let workflow = active(&campaign());
    let late = |status| LeadCommand::ReportCallStatus {
        call: 1,
        report: CallReport {
            end_reason: Some("asked for Asha".into()),
            attributes: spoken(),
            provider_ref: Some("prov_1".into()),
            ..plain(status)
        },
    };
    given::<Lead>(erased(completed()))
        .when(&late(CallStatus::Completed), &now(&workflow))
        .then([LeadEvent::CallReferenced { call: 1, provider_ref: "prov_1".into() }])
        .when(&late(CallStatus::Completed), &now(&workflow))
        .then_nothing_happens()
        .when(&late(CallStatus::Busy), &now(&workflow))
        .then([conflict(1, CallStatus::Busy)])
        .done();
    // The call of a refused dial has no final status yet.
    let reason = Personal::Known("no route".into());
    let refused = LeadEvent::CallDispatchRefused { call: 1, reason };
    let queued = [at_the_call(), vec![started(1), refused, LeadEvent::LeadRemoved]].concat();
    given::<Lead>(erased(queued))
        .when(&late(CallStatus::Failed), &now(&workflow))
        .then([
            LeadEvent::CallReferenced { call: 1, provider_ref: "prov_1".into() },
            concluded(1, CallStatus::Failed),
        ])
        .done();
    // Nobody was asked to dial this one; the carrier says why it did not.
    let unasked = [at_the_call(), vec![LeadEvent::LeadRemoved]].concat();
    let reason = "no route".into();
    given::<Lead>(erased(unasked))
        .when(&LeadCommand::RecordDispatchRefused { call: 1, reason }, &now(&workflow))
        .then([LeadEvent::CallDispatchRefused { call: 1, reason: Personal::Erased }])
        .done();
    given::<Lead>(erased(completed()))
        .when(&report_of(2, CallStatus::Busy), &now(&workflow))
        .then_refused_as(|refusal| matches!(refusal, LeadRejection::CallNotFound { .. }))
        .done();
}

#[test]
fn nothing_moves_an_erased_lead() {
    let workflow = active(&campaign());
    for events in [erased(completed()), erased(removed())] {
        given::<Lead>(events)
            .when(&LeadCommand::Advance, &now(&workflow))
            .then_nothing_happens()
            .when(&LeadCommand::Remove, &now(&workflow))
            .then_refused_as(|refusal| matches!(refusal, LeadRejection::Ended { .. }))
            .done();
    }
}

#[test]
fn a_reader_with_the_key_and_one_without_it_stand_alike_after_the_erasure() {
    let answered = LeadEvent::ApplicationAnswered {
        node: branchline_testkit::node_id("crm"),
        fields: Personal::Known(spoken()),
    };
    let edited = LeadEvent::LeadEdited {
        variables: Personal::Known(spoken()),
        notes: Personal::Known(Some("asked for Hindi".into())),
    };
    let second = [requested(2), started(2), dispatched(2), concluded(2, CallStatus::Busy)];
    let events: Vec<_> = calling()
        .into_iter()
        .chain(completed().into_iter().skip(calling().len()).take(1))
        .chain([answered, edited])
        .chain(second)
        .chain([LeadEvent::LeadRemoved, ERASED])
        .collect();
    let keyless: Vec<_> = events.iter().map(without_key).collect();
    let before = events.len() - 1;
    assert_ne!(folded(&events[..before]), folded(&keyless[..before]), "there is what to forget");

    let state = folded(&events);

    assert_eq!(state, folded(&keyless));
    assert_eq!((state.erased_at, state.erased_position), (Some(START), events.len() as u64));
    assert_eq!(state.calls[&1].status, CallStatus::Created);
    assert_eq!(state.calls[&2].status, CallStatus::Busy, "what happened stays");
    assert_eq!(state.phone_number, Personal::Erased);
    assert!(state.removed);
}

#[test]
fn an_erased_lead_is_explained_with_the_instant_of_its_erasure() {
    let workflow = active(&campaign());
    for (events, code) in
        [(erased(completed()), GuardCode::Final), (erased(removed()), GuardCode::Removed)]
    {
        let told = explain(ASHA, &folded(&events), &workflow, &Surroundings::default());
        assert_eq!(told.erased_at, Some(START));
        assert_eq!(told.guards.iter().map(|guard| guard.code).collect::<Vec<_>>(), [code]);
        assert_eq!(told.next, None);
    }
}
