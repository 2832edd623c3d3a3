//! Which fields of a provider's message are kept with it.

/// Fields that say how a call went, and name nobody. Everything else that a provider sends along
/// (numbers, names of callers, places) is personal, belongs to no lead that could be erased, and is
/// not kept.
const NAMES_NOBODY: &[&str] = &[
    "AnsweredBy",
    "CallDuration",
    "CallStatus",
    "CallbackSource",
    "Direction",
    "Duration",
    "ErrorCode",
    "Event",
    "HangupCause",
    "HangupCauseCode",
    "HangupCauseName",
    "HangupSource",
    "SequenceNumber",
    "SipResponseCode",
    "direction",
    "duration",
    "event_type",
    "hangup_cause",
    "hangup_source",
    "network",
    "reason",
    "sip_code",
    "sip_hangup_cause",
    "status",
];

/// Whether a field of a provider's message says how the call went, and names nobody.
pub fn says_how_it_went(field: &str) -> bool {
    NAMES_NOBODY.binary_search(&field).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_somebody_is_not_kept() {
        assert!(NAMES_NOBODY.is_sorted());
        assert!(says_how_it_went("HangupCause") && says_how_it_went("sip_code"));
        for personal in ["From", "To", "Caller", "CallerName", "to", "from", "CallerCity"] {
            assert!(!says_how_it_went(personal), "{personal}");
        }
    }
}
