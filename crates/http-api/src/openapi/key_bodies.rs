//! Schemas of bodies about keys.

use branchline_domain::organisation::{KEY_NAME_CHARS_MAX, OVERLAP_MAX_S};
use serde_json::json;

use super::{
    names::{Scope, Timestamp},
    notation::{body, integer, maybe, nullable, of, schemas, such_as, told},
};

schemas! {
    /// A new key.
    NewApiKey = such_as(
        body(
            json!({
                "name": told(
                    "What it is for, not whose it is: the journal keeps it in clear.",
                    json!({ "type": "string", "minLength": 1, "maxLength": KEY_NAME_CHARS_MAX, "pattern": r"\S" }),
                ),
                "scopes": told(
                    "What it may do.",
                    json!({ "type": "array", "items": of::<Scope>(), "minItems": 1 }),
                ),
            }),
            json!({ "expires_at": told("From when on it opens nothing; never, unless said otherwise.", maybe::<Timestamp>()) }),
        ),
        json!([{ "name": "Dialler", "scopes": ["ingest"] }]),
    );
    /// From when on a key opens nothing.
    ApiKeyEdit = such_as(
        body(
            json!({ "expires_at": told("Null for never.", maybe::<Timestamp>()) }),
            json!({}),
        ),
        json!([{ "expires_at": null }]),
    );
    /// How a key is followed by another.
    Rotation = such_as(
        body(
            json!({}),
            json!({
                "overlap_s": told(
                    "How long both open; a day, unless said otherwise. Unit: seconds.",
                    nullable(integer(0, i64::from(OVERLAP_MAX_S))),
                ),
            }),
        ),
        json!([{ "overlap_s": 3600 }]),
    );
}
