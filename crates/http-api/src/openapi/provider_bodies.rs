//! Schemas of bodies about what providers tell.

use branchline_domain::{
    organisation::{DISMISSAL_NOTE_CHARS_MAX, PROVIDER_TEXT_BYTES_MAX, WORDS_MAX},
    provider::WORD_BYTES_MAX,
};
use serde_json::{Value, json};

use super::{
    names::{CallId, CallStatus, ProviderName, Timestamp, WordMeaning},
    notation::{body, chars, maybe, nullable, of, schemas, such_as, told},
};

/// A text on one line that says something: no control characters, and not only spaces.
fn line(chars_max: usize) -> Value {
    const CONTROL: &str = r"\u0000-\u001f\u007f-\u009f";
    let pattern = format!(r"^[^{CONTROL}]*[^\s{CONTROL}][^{CONTROL}]*$");
    json!({ "type": "string", "minLength": 1, "maxLength": chars_max, "pattern": pattern })
}

schemas! {
    /// What a telephony provider told of a call, in its own word.
    ProviderMessage = such_as(
        body(
            json!({
                "provider": of::<ProviderName>(),
                "status": told(
                    "The provider's own word, at most 64 bytes; what it means is in the word table.",
                    line(WORD_BYTES_MAX),
                ),
            }),
            json!({
                "provider_call_id": told(
                    "The provider's name for the call, as `dispatched` or a report gave it.",
                    nullable(chars(0, PROVIDER_TEXT_BYTES_MAX)),
                ),
                "call_id": told("Our name for the call, where the provider sends it along.", maybe::<CallId>()),
                "event_id": told(
                    "The provider's name for this message: sent again it is the same one. Without it the \
                     whole content tells.",
                    nullable(chars(0, PROVIDER_TEXT_BYTES_MAX)),
                ),
                "occurred_at": maybe::<Timestamp>(),
                "end_reason": told(
                    "Why the call ended, in the provider's word.",
                    nullable(chars(0, PROVIDER_TEXT_BYTES_MAX)),
                ),
                "payload": told(
                    "What the provider sent. Kept of it are fields that say how the call went and name \
                     nobody, such as `HangupCause`; numbers and names are not.",
                    json!({ "type": ["object", "null"] }),
                ),
            }),
        ),
        json!([{ "provider": "twilio", "provider_call_id": "CA0042", "status": "no-answer", "event_id": "EV7" }]),
    );
    /// What a person says of a message that could not be used.
    ProviderEventMatch = such_as(
        body(
            json!({}),
            json!({
                "call_id": told("The call; the one that the event names, unless given.", maybe::<CallId>()),
                "status": told("The status; what the word means by now, unless given.", maybe::<CallStatus>()),
            }),
        ),
        json!([{ "call_id": "call_0192f3a1-0000-7000-8000-000000000007_1", "status": "did_not_pick" }]),
    );
    /// Why nothing has to come of a message.
    Dismissal = such_as(
        body(
            json!({ "note": told(
                "Why. The journal keeps it in clear: say nothing personal.",
                line(DISMISSAL_NOTE_CHARS_MAX),
            ) }),
            json!({}),
        ),
        json!([{ "note": "a test call" }]),
    );
    /// The organisation's own words of a provider: these and no others.
    ProviderWords = such_as(
        body(
            json!({ "words": told(
                "What each word means, in place of what is built in. Upper and lower case are the same.",
                json!({
                    "type": "object",
                    "maxProperties": WORDS_MAX,
                    "additionalProperties": of::<WordMeaning>(),
                }),
            ) }),
            json!({}),
        ),
        json!([{ "words": { "rang-out": "did_not_pick", "heartbeat": "ignore" } }]),
    );
}
