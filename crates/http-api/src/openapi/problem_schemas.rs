//! Schemas of errors. Source: RFC 9457.

use serde_json::json;

use super::{
    answers::{GraphFault, RowFault},
    notation::{answer_with, count, list, of, schemas, text, told},
};

schemas! {
    /// What went wrong with a request, RFC 9457.
    Problem = answer_with(
        json!({
            "type": told(
                "`urn:branchline:problem:` and the code.",
                json!({ "type": "string", "format": "uri" }),
            ),
            "title": told("The status in words.", text()),
            "status": told("The HTTP status.", json!({ "type": "integer" })),
            "detail": told("One sentence for people: what is wrong, and what would be right.", text()),
            "code": told("Stable; programs match on it.", json!({
                "type": "string", "pattern": "^[a-z_]+$",
            })),
            "errors": told("Every field at fault.", list(of::<FieldFault>())),
        }),
        json!({
            "faults": told(
                "Every fault of a graph or of a list of leads.",
                json!({ "type": "array", "items": {
                    "anyOf": [of::<GraphFault>(), of::<RowFault>()],
                } }),
            ),
            "current_status": told("The status that stands in the way.", text()),
            "current_revision": told("The newest revision of the graph.", count()),
        }),
    );
    /// One thing that is wrong with a request.
    FieldFault = answer_with(
        json!({ "detail": told("What is wrong, and what would be right.", text()) }),
        json!({
            "pointer": told("Where in the body, a JSON pointer.", text()),
            "parameter": told("Which query parameter or header.", text()),
            "line": told("Line of malformed JSON, from 1.", count()),
            "column": told("Column of malformed JSON, from 1.", count()),
        }),
    );
}
