//! Erasures, and what may follow them.

use branchline_domain::{lead::Values, personal::Personal};

use super::*;

const ERASED: LeadEvent = LeadEvent::LeadErased { key_slot: 0 };

/// A lead that was called, removed and erased.
fn erased() -> Vec<Step> {
    let ended = vec![concluded(1, CallStatus::Cancelled), LeadEvent::LeadRemoved];
    then(calling(), vec![ended, vec![ERASED]])
}

#[test]
fn an_erasure_after_the_end_and_reports_without_words_are_in_order() {
    let conflict =
        LeadEvent::CallConflictRecorded { call: 1, status: CallStatus::Busy, end_reason: None };
    let named = LeadEvent::CallReferenced { call: 1, provider_ref: "prov_1".into() };
    assert_eq!(violations(&then(erased(), vec![vec![named], vec![conflict]])), []);
}

#[test]
fn an_erasure_too_early_or_twice_is_told() {
    let pending = then(active(), vec![vec![enrolled(None)], vec![ERASED]]);
    breaks(&pending, Rule::Erasure, "was erased before it had ended");
    breaks(&then(erased(), vec![vec![ERASED]]), Rule::Erasure, "was erased twice");
    let started = LeadEvent::CallDispatchStarted { call: 1, lease_until: None };
    let live = then(calling(), vec![vec![started], vec![LeadEvent::LeadRemoved], vec![ERASED]]);
    breaks(&live, Rule::Erasure, "was erased while call 1 was live");
}

#[test]
fn a_refused_dial_is_no_live_call() {
    let started = LeadEvent::CallDispatchStarted { call: 1, lease_until: None };
    let refused = LeadEvent::CallDispatchRefused { call: 1, reason: Personal::Erased };
    let story = vec![vec![started], vec![refused], vec![LeadEvent::LeadRemoved], vec![ERASED]];
    assert_eq!(violations(&then(calling(), story)), []);
}

#[test]
fn what_is_personal_and_comes_after_an_erasure_is_told() {
    let words = || Some("asked for Asha".to_owned());
    let (attributes, fields) = (Personal::Known(Values::new()), Personal::Erased);
    for (event, what) in [
        (LeadEvent::CallAttributesAttached { call: 1, attributes }, "attributes were"),
        (LeadEvent::ApplicationAnswered { node: NODE, fields }, "an application's answer was"),
        (
            LeadEvent::CallConflictRecorded {
                call: 1,
                status: CallStatus::Busy,
                end_reason: words(),
            },
            "words were",
        ),
        (
            LeadEvent::CallDispatchRefused { call: 1, reason: Personal::Known("no".into()) },
            "words were",
        ),
    ] {
        let story = then(erased(), vec![vec![event]]);
        breaks(&story, Rule::Erasure, &format!("{what} recorded after it was erased"));
    }
    let edited = LeadEvent::LeadEdited { variables: Personal::Erased, notes: Personal::Erased };
    let both = [
        (Rule::Erasure, "variables were recorded after it was erased".to_owned()),
        (Rule::NothingAfterEnd, "was edited after it was removed".to_owned()),
    ];
    assert_eq!(violations(&then(erased(), vec![vec![edited]])), both);
}
