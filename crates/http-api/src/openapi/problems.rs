//! Every code of a problem, the status it comes with, and what it means to whoever gets it. Which
//! refusal becomes which code is said in `error_mapping`; a test below holds the two together.

/// A code that programs match on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Code {
    pub(crate) word: &'static str,
    pub(crate) status: u16,
    /// One sentence, without its full stop.
    pub(crate) meaning: &'static str,
}

const fn code(status: u16, code: &'static str, meaning: &'static str) -> Code {
    Code { word: code, status, meaning }
}

/// All of them, by status.
pub(crate) const CODES: &[Code] = &[
    code(400, "broken_body", "the body broke off"),
    code(400, "faulty_rows", "rows of the list are at fault: `faults` names all of them"),
    code(400, "invalid_body", "fields of the body are at fault or unknown"),
    code(400, "invalid_form", "the form cannot be read, or has other fields than it may have"),
    code(400, "invalid_graph", "the graph has faults that block activation: `faults` has them"),
    code(400, "invalid_header", "a header cannot be read"),
    code(400, "invalid_query", "query parameters are at fault or unknown"),
    code(400, "invalid_value", "a value is out of its limits"),
    code(400, "json_too_deep", "lists and objects lie too deeply within each other"),
    code(400, "malformed_json", "the body is not JSON"),
    code(400, "malformed_request", "what came is no HTTP/1.1 request"),
    code(400, "node_type_differs", "a node cannot change its type"),
    code(400, "wrong_resolution", "the lead's node has no such choice"),
    code(401, "unauthorized", "the credentials are missing or wrong"),
    code(403, "cross_site", "the request comes from a page of another site"),
    code(403, "foreign_host", "the `Host` is not this machine, which is all that is served"),
    code(403, "scope_missing", "the key has none of the scopes that open the route"),
    code(404, "call_not_found", "there is no such call"),
    code(404, "edge_not_found", "there is no such edge"),
    code(404, "import_not_found", "there is no such import"),
    code(404, "key_not_found", "there is no such key"),
    code(404, "lead_not_found", "there is no such lead"),
    code(404, "node_not_found", "there is no such node"),
    code(404, "organisation_not_found", "there is no such organisation"),
    code(404, "provider_event_not_found", "there is no such provider event"),
    code(404, "route_not_found", "there is no such route"),
    code(404, "workflow_not_found", "there is no such workflow"),
    code(405, "method_not_allowed", "the route takes other methods: `Allow` has them"),
    code(408, "slow_body", "the body stopped coming, or comes too slowly"),
    code(408, "slow_head", "request line and headers did not come in time"),
    code(409, "application_not_asked", "no application is waited for"),
    code(409, "call_not_requested", "the call was not handed out, or is over"),
    code(409, "calls_in_progress", "a call is in progress"),
    code(409, "cannot_erase", "the lead may still move, or has something at work"),
    code(409, "cannot_move", "the lead cannot be put there"),
    code(409, "edge_exists", "the graph has the same edge already"),
    code(409, "import_not_open", "the import has ended"),
    code(409, "key_ended", "the key expired or was revoked: `current_status` says which"),
    code(409, "key_exists", "there is another key with the id"),
    code(409, "lead_ended", "the lead has come to its end, or was removed"),
    code(409, "lead_enrolled", "the lead is enrolled already"),
    code(409, "lead_erased", "what is personal of the lead was erased"),
    code(409, "lead_not_held", "nothing holds the lead that a person could decide"),
    code(409, "leads_at_node", "leads are at the node, and nobody said where they go"),
    code(409, "leads_under_way", "leads are under way"),
    code(409, "no_keys", "the organisation has no keys"),
    code(409, "node_exists", "the graph has the node already"),
    code(409, "outside_calling_window", "calls from the node are dialled at other hours"),
    code(409, "provider_event_settled", "a person decided otherwise: `current_status` says how"),
    code(409, "request_under_way", "the first request with this idempotency key is not done yet"),
    code(409, "status_not_editable", "a status is changed by actions, not by an edit"),
    code(409, "too_many_keys", "there are as many live keys as there may be"),
    code(409, "workflow_ended", "the workflow is completed or cancelled"),
    code(409, "workflow_exists", "the workflow exists already"),
    code(409, "workflow_not_active", "the workflow is not active"),
    code(409, "wrong_status", "the workflow's status does not allow it: `current_status` has it"),
    code(412, "stale_revision", "the graph was edited since: `current_revision` has the newest"),
    code(413, "body_too_large", "the body is longer than the route takes"),
    code(413, "too_large", "what is asked is too large for a record of the journal"),
    code(414, "url_too_long", "path and query are too long"),
    code(415, "unsupported_content_encoding", "the body is compressed"),
    code(415, "unsupported_media_type", "the body is of another type than the route takes"),
    code(422, "idempotency_key_reused", "the key came with another request before"),
    code(428, "precondition_required", "say which revision the graph was made from"),
    code(429, "busy", "a queue is full: try again after `Retry-After`"),
    code(429, "too_many_requests", "the key, or the address, has used up what it may ask"),
    code(429, "too_many_streams", "too many streams of events are open"),
    code(431, "head_too_large", "the headers are too long or too many"),
    code(500, "internal_error", "a mistake of ours: the log has it under the `X-Request-Id`"),
    code(503, "journal_unavailable", "the journal takes no writes or cannot be read"),
    code(
        503,
        "lead_set_aside",
        "the lead cannot be rebuilt from its records: a person has to look",
    ),
    code(503, "no_room", "there is no memory for another body: try again"),
    code(503, "not_configured", "the server has no engine"),
    code(503, "reads_behind", "reads do not show yet all that was written: try again"),
    code(503, "shutting_down", "the server stops"),
    code(503, "too_many_connections", "there is no room for another connection: try again"),
    code(503, "too_many_unmatched", "as many provider events wait for a person as are kept"),
];

/// What any route under `/v1` may answer.
pub(super) const ANY: &[&str] = &[
    "invalid_query",
    "foreign_host",
    "busy",
    "journal_unavailable",
    "lead_set_aside",
    "reads_behind",
    "shutting_down",
    "malformed_request",
    "slow_head",
    "url_too_long",
    "head_too_large",
    "internal_error",
    "too_many_connections",
    "too_many_requests",
];

/// What a route that takes a key may answer besides.
pub(super) const KEY: &[&str] = &["unauthorized", "scope_missing"];

/// What a route of the operator may answer besides.
pub(super) const OPERATOR: &[&str] = &["unauthorized", "route_not_found"];

/// What any write may answer besides.
pub(super) const WRITE: &[&str] = &[
    "broken_body",
    "invalid_header",
    "cross_site",
    "slow_body",
    "body_too_large",
    "no_room",
    "too_large",
    "unsupported_content_encoding",
    "idempotency_key_reused",
];

/// What a route that reads JSON may answer besides. A write without a body reads `{}`.
pub(super) const JSON: &[&str] = &["malformed_json", "json_too_deep", "invalid_body"];

/// What is known of a code.
pub(crate) fn known(code: &str) -> Option<&'static Code> {
    CODES.iter().find(|known| known.word == code)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The codes that a source file has between quotes after a status, or alone in brackets.
    fn codes_in(source: &str) -> BTreeSet<&str> {
        let code = source.split("#[cfg(test)]").next().unwrap();
        let quoted = code.split('"').skip(1).step_by(2);
        let snake = |text: &&str| {
            text.contains('_') && text.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase())
        };
        quoted.filter(snake).collect()
    }

    #[test]
    fn every_code_of_the_mapping_is_told_and_no_other() {
        let mut mapped = codes_in(include_str!("../error_mapping.rs"));
        mapped.extend(codes_in(include_str!("../paths.rs")));
        // What paths call a message, and no code.
        mapped.remove("provider_event");
        mapped.extend(["busy", "unauthorized", "route_not_found"]);
        let told: BTreeSet<&str> = CODES.iter().map(|code| code.word).collect();
        let untold: Vec<_> = mapped.difference(&told).collect();
        assert!(untold.is_empty(), "give each a line in CODES: {untold:?}");
        let gone: Vec<_> = told.difference(&mapped).collect();
        assert!(gone.is_empty(), "no refusal has these codes: {gone:?}");
    }

    #[test]
    fn codes_stand_once_by_status_and_name() {
        assert!(CODES.is_sorted_by(|a, b| (a.status, a.word) < (b.status, b.word)));
    }
}
