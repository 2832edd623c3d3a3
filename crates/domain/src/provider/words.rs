//! The word tables that come with this release.
//!
//! Sources: the providers' own documentation of call statuses. A call that rang out is
//! `did_not_pick` whatever the provider calls it (often `no-answer`): `no_answer` is the product's
//! word for a provider that returned nothing, and takes another branch.

use super::WordMeaning;
use crate::call_status::CallStatus;

/// A provider and its words, in lower case.
pub type BuiltIn = (&'static str, &'static [(&'static str, WordMeaning)]);

const fn is(status: CallStatus) -> WordMeaning {
    WordMeaning::Status(status)
}

/// Every table.
pub const BUILT_IN: &[BuiltIn] =
    &[("plivo", PLIVO), ("telnyx", TELNYX), ("twilio", TWILIO), ("vonage", VONAGE)];

/// `CallStatus` of a status callback.
const TWILIO: &[(&str, WordMeaning)] = &[
    ("queued", is(CallStatus::Initiated)),
    ("initiated", is(CallStatus::Initiated)),
    ("ringing", is(CallStatus::Received)),
    ("in-progress", is(CallStatus::Connected)),
    ("answered", is(CallStatus::Connected)),
    ("completed", is(CallStatus::Completed)),
    ("busy", is(CallStatus::Busy)),
    ("no-answer", is(CallStatus::DidNotPick)),
    ("canceled", is(CallStatus::Cancelled)),
    ("failed", is(CallStatus::Failed)),
];

/// `CallStatus` of a ring or hangup callback.
const PLIVO: &[(&str, WordMeaning)] = &[
    ("ringing", is(CallStatus::Received)),
    ("in-progress", is(CallStatus::Connected)),
    ("completed", is(CallStatus::Completed)),
    ("busy", is(CallStatus::Busy)),
    ("timeout", is(CallStatus::DidNotPick)),
    ("no-answer", is(CallStatus::DidNotPick)),
    ("cancel", is(CallStatus::Cancelled)),
    ("failed", is(CallStatus::Failed)),
];

/// `event_type`; for `call.hangup`, which says nothing of how the call went, its `hangup_cause`.
const TELNYX: &[(&str, WordMeaning)] = &[
    ("call.initiated", is(CallStatus::Initiated)),
    ("call.ringing", is(CallStatus::Received)),
    ("call.answered", is(CallStatus::Connected)),
    ("normal_clearing", is(CallStatus::Completed)),
    ("time_limit", is(CallStatus::Completed)),
    ("user_busy", is(CallStatus::Busy)),
    ("call_rejected", is(CallStatus::Busy)),
    ("timeout", is(CallStatus::DidNotPick)),
    ("originator_cancel", is(CallStatus::Cancelled)),
    ("not_found", is(CallStatus::Failed)),
];

/// `status` of an event webhook.
const VONAGE: &[(&str, WordMeaning)] = &[
    ("started", is(CallStatus::Initiated)),
    ("ringing", is(CallStatus::Received)),
    ("answered", is(CallStatus::Connected)),
    ("machine", is(CallStatus::Connected)),
    ("completed", is(CallStatus::Completed)),
    ("busy", is(CallStatus::Busy)),
    ("rejected", is(CallStatus::Busy)),
    ("unanswered", is(CallStatus::DidNotPick)),
    ("timeout", is(CallStatus::DidNotPick)),
    ("cancelled", is(CallStatus::Cancelled)),
    ("failed", is(CallStatus::Failed)),
];

/// The table of a provider; empty when none comes with this release.
pub(super) fn of(provider: &str) -> &'static [(&'static str, WordMeaning)] {
    BUILT_IN.iter().find(|(name, _)| *name == provider).map_or(&[], |(_, words)| words)
}

/// What a word means, in lower case.
pub(super) fn built_in(provider: &str, word: &str) -> Option<WordMeaning> {
    of(provider).iter().find(|(known, _)| *known == word).map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{as_compared, check_provider, check_word};

    #[test]
    fn every_row_can_be_found_and_set_by_an_organisation_too() {
        for (provider, words) in BUILT_IN {
            assert_eq!(check_provider(provider), Ok(()));
            for (word, meaning) in *words {
                assert_eq!(check_word(word), Ok(()));
                assert_eq!(as_compared(word), *word);
                assert_eq!(
                    built_in(provider, word),
                    Some(*meaning),
                    "{provider} {word} is there twice"
                );
            }
        }
    }

    #[test]
    fn a_call_that_rang_out_was_not_picked_up_whatever_the_provider_calls_it() {
        let rang_out = [("twilio", "no-answer"), ("plivo", "no-answer"), ("plivo", "timeout")];
        for (provider, word) in rang_out.into_iter().chain([
            ("telnyx", "timeout"),
            ("vonage", "unanswered"),
            ("vonage", "timeout"),
        ]) {
            assert_eq!(
                built_in(provider, word),
                Some(is(CallStatus::DidNotPick)),
                "{provider} {word}"
            );
        }
        let routed = BUILT_IN.iter().flat_map(|(_, words)| *words);
        assert!(routed.clone().all(|(_, meaning)| *meaning != is(CallStatus::NoAnswer)));
    }
}
