//! What routes of the graph have in common: the revision as `ETag`, and conditions on it.

use serde_json::{Map, Value, json};

/// The codes that a condition adds to a write.
pub(super) const STALE: &str = "stale_revision";

/// Whether what a route answers is of one revision of a graph.
pub(super) fn is_of_graph(pattern: &str) -> bool {
    let below = pattern.strip_prefix("/v1/workflows/{workflow}/").unwrap_or_default();
    ["graph", "nodes", "edges"].iter().any(|part| {
        below.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Whether a write takes `If-Match`: those of a workflow itself and its graph.
pub(super) fn takes_condition(method: &str, pattern: &str) -> bool {
    let below = pattern.strip_prefix("/v1/workflows/{workflow}").unwrap_or("?");
    let acts = ["", "/activate", "/pause", "/resume", "/cancel", "/complete"];
    method != "get" && (is_of_graph(pattern) || acts.contains(&below))
}

fn schema() -> Value {
    json!({ "type": "string", "pattern": "^\"[0-9]{1,9}\"$" })
}

/// The parameter of the condition.
pub(super) fn condition(method: &str, pattern: &str) -> Option<Value> {
    if takes_condition(method, pattern) {
        let required = method == "put";
        // Where it is required, any revision will not do.
        let pattern = if required { "^\"[0-9]{1,9}\"$" } else { "^([*]|\"[0-9]{1,9}\")$" };
        return Some(json!({
            "name": "If-Match", "in": "header", "required": required,
            "description": "The revision that the graph must have, in quotes: its `ETag`.",
            "schema": { "type": "string", "pattern": pattern },
        }));
    }
    (method == "get" && is_of_graph(pattern)).then(|| {
        json!({
            "name": "If-None-Match", "in": "header", "required": false,
            "description": "The revision that the caller has, in quotes: 304 if there is no newer one. \
                            What cannot be read is passed over.",
            "schema": { "type": "string" },
        })
    })
}

/// Answers say the revision, and a read may say that it is known.
pub(super) fn complete(method: &str, pattern: &str, responses: &mut Map<String, Value>) {
    if !is_of_graph(pattern) {
        return;
    }
    let header =
        json!({ "description": "The revision, in quotes.", "required": true, "schema": schema() });
    if method == "get" {
        let known = json!({ "description": "The caller has it: the revision is the same." });
        responses.insert("304".into(), known);
    }
    for (status, response) in responses {
        if ["200", "201", "304"].contains(&status.as_str())
            && let Some(response) = response.as_object_mut()
        {
            let headers = response.entry("headers").or_insert_with(|| json!({}));
            if let Some(headers) = headers.as_object_mut() {
                headers.insert("ETag".into(), header.clone());
            }
        }
    }
}
