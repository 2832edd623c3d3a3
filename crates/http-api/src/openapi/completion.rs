//! What routes do not say one by one: parameters that stand in their path, headers and problems that
//! all of them share, and the schemas that are written by hand.
//!
//! A route lists the codes of its own problems in `x-problems`; here they become answers.

use std::collections::{BTreeMap, BTreeSet};

use branchline_domain::organisation::Scope;
use serde_json::{Map, Value, json};

use super::{
    answers, bodies, insight_answers, key_bodies, names,
    notation::{Named, of},
    parameters::PATH,
    problem_schemas, problems, provider_bodies, revisions, settings,
};
use crate::{access::needs::Access, positions, routes};

/// The media type of a workbook.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Where the document keeps what is named.
const SCHEMAS: &str = "/components/schemas";

/// Completes a document.
pub(super) fn complete(document: &mut Value) {
    rename_listings(document);
    tidy(document);
    require_what_is_always_there(document);
    insert_schemas(document);
    let mut shared = Shared::default();
    if let Some(paths) = document.pointer_mut("/paths").and_then(Value::as_object_mut) {
        for (pattern, item) in paths {
            for (method, operation) in item.as_object_mut().into_iter().flatten() {
                if let Some(operation) = operation.as_object_mut() {
                    shared.complete(pattern, method, operation);
                }
            }
        }
    }
    if let Some(components) = document.pointer_mut("/components").and_then(Value::as_object_mut) {
        components.insert("responses".into(), shared.responses.into_iter().collect());
        components.insert("parameters".into(), parameters());
        components.insert("headers".into(), headers());
        components.insert("securitySchemes".into(), security_schemes());
    }
}

/// What every value of the document is asked, from the outside in.
fn walk(value: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            change(object);
            object.values_mut().for_each(|value| walk(value, change));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| walk(value, change)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Lists of one kind of row get a name that reads well, and name their row: `LeadPage` for a list
/// of `Lead`.
fn rename_listings(document: &mut Value) {
    const PREFIX: &str = "Listing_";
    walk(document, &mut |object| {
        if let Some(Value::String(target)) = object.get_mut("$ref")
            && let Some((place, name)) = target.rsplit_once('/')
            && let Some(row) = name.strip_prefix(PREFIX)
        {
            *target = format!("{place}/{row}Page");
        }
    });
    let Some(schemas) = document.pointer_mut(SCHEMAS).and_then(Value::as_object_mut) else {
        return;
    };
    for (name, mut schema) in std::mem::take(schemas) {
        let Some(row) = name.strip_prefix(PREFIX) else {
            schemas.insert(name, schema);
            continue;
        };
        if let Some(items) = schema.pointer_mut("/properties/data/items") {
            *items = json!({ "$ref": format!("#{SCHEMAS}/{row}") });
        }
        schemas.insert(format!("{row}Page"), schema);
    }
}

/// Bytes are bytes, where utoipa sees a list of numbers; sources are for readers of the code.
fn tidy(document: &mut Value) {
    walk(document, &mut |object| {
        for media_type in ["application/octet-stream", XLSX] {
            if let Some(content) = object.get_mut(media_type).and_then(Value::as_object_mut) {
                content.insert("schema".into(), json!({ "type": "string", "format": "binary" }));
            }
        }
        if let Some(Value::String(text)) = object.get_mut("description")
            && let Some((kept, _source)) = text.split_once("Source: ")
        {
            *text = kept.trim_end().to_owned();
        }
    });
}

/// A parameter that may be left out is never null.
fn not_null(parameter: &mut Value) {
    let given = parameter.pointer("/schema/oneOf").and_then(Value::as_array);
    let only = given.and_then(|choices| choices.iter().find(|choice| choice.get("$ref").is_some()));
    if let Some(only) = only.cloned()
        && let Some(schema) = parameter.get_mut("schema")
    {
        *schema = only;
    }
}

/// Every field of an answer is always there, null when there is none. Source: CONTRACT.md 9.
fn require_what_is_always_there(document: &mut Value) {
    fn require(schema: &mut Value) {
        if let Some(parts) = schema.get_mut("allOf").and_then(Value::as_array_mut) {
            parts.iter_mut().for_each(require);
        }
        let fields = schema.get("properties").and_then(Value::as_object);
        if let Some(names) = fields.map(|fields| fields.keys().cloned().collect::<Vec<_>>())
            && let Some(schema) = schema.as_object_mut()
        {
            schema.insert("required".into(), names.into());
        }
    }
    if let Some(schemas) = document.pointer_mut(SCHEMAS).and_then(Value::as_object_mut) {
        schemas.values_mut().for_each(require);
    }
}

/// All schemas that are written by hand.
pub(super) fn by_hand() -> impl Iterator<Item = Named> {
    [
        names::all(),
        settings::all(),
        bodies::all(),
        key_bodies::all(),
        provider_bodies::all(),
        answers::all(),
        insight_answers::all(),
        problem_schemas::all(),
    ]
    .into_iter()
    .flatten()
}

fn insert_schemas(document: &mut Value) {
    if let Some(schemas) = document.pointer_mut(SCHEMAS).and_then(Value::as_object_mut) {
        schemas.extend(by_hand().map(|Named { name, schema }| (name.to_owned(), schema)));
    }
}

/// Parameters that many routes have by their nature.
fn parameters() -> Value {
    let mut parameters = Map::new();
    for (segment, what, schema) in PATH {
        parameters.insert(
            (*segment).into(),
            json!({
                "name": segment, "in": "path", "required": true, "description": what,
                "schema": { "$ref": format!("#{SCHEMAS}/{schema}") },
            }),
        );
    }
    parameters.insert(
        "Idempotency-Key".into(),
        json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "The caller's name for this request, visible ASCII. Sent again with the \
                            same body it gets the same answer and nothing happens twice; with another \
                            one it is refused.",
            "schema": { "type": "string", "pattern": "^[ \\t]*[!-~]([ \\t!-~]{0,126}[!-~])?[ \\t]*$" },
        }),
    );
    parameters.insert(
        "X-Request-Id".into(),
        json!({
            "name": "X-Request-Id", "in": "header", "required": false,
            "description": "Name of this request in logs and in the journal: 1 to 128 bytes, visible \
                            ASCII. One is made up without it, and in place of another one.",
            "schema": { "type": "string" },
        }),
    );
    parameters.insert(
        "Branchline-At-Least".into(),
        json!({
            "name": "Branchline-At-Least", "in": "header", "required": false,
            "description": "A `Branchline-Position` of an earlier answer, of any process: 503 while the \
                            journal does not have it.",
            "schema": { "type": "integer", "minimum": 0, "maximum": positions::AT_LEAST_MAX },
        }),
    );
    parameters.insert(
        "traceparent".into(),
        json!({
            "name": "traceparent", "in": "header", "required": false,
            "description": "W3C trace context: the request becomes a part of that trace. What is \
                            malformed is ignored.",
            "schema": { "type": "string" },
        }),
    );
    parameters.into()
}

/// Whether answers of a route say where the journal stood. Those of the operator have their own.
fn is_positioned(pattern: &str) -> bool {
    pattern.starts_with("/v1/") && !pattern.starts_with("/v1/admin/")
}

/// The scopes of which one opens a route; none for a route of the operator.
fn scopes(method: &str, pattern: &str) -> Option<&'static [Scope]> {
    let line = routes::all().find(|line| line.pattern == pattern && line.method == method)?;
    match line.access {
        Access::Key(needs) => Some(needs.any_of),
        Access::Everybody | Access::Local | Access::Operator => None,
    }
}

/// Who may ask: a key with one of the scopes, or the operator.
fn security(scopes: Option<&[Scope]>) -> Value {
    match scopes {
        Some(scopes) => scopes.iter().map(|scope| json!({ "apiKey": [scope.as_str()] })).collect(),
        None => json!([{ "operatorToken": [] }]),
    }
}

fn security_schemes() -> Value {
    json!({
        "apiKey": {
            "type": "http", "scheme": "bearer", "bearerFormat": "key_…:<secret>",
            "description": "A key of an organisation, with scopes. A server that has no key at all and \
                            listens on its own machine only asks for none.",
        },
        "operatorToken": {
            "type": "http", "scheme": "bearer",
            "description": "The text of `admin-token` in the server's data directory.",
        },
    })
}

fn headers() -> Value {
    json!({
        "X-Request-Id": {
            "description": "Name of the request in logs and in the journal.",
            "required": true, "schema": { "type": "string" },
        },
        "Branchline-Position": {
            "description": "Position in the journal: of the record that a write made or found; of a read, \
                            one whose records, and all before it, it shows.",
            "required": true, "schema": { "type": "integer", "minimum": 0 },
        },
        "traceparent": {
            "description": "W3C trace context: the trace, and this request in it.",
            "required": true,
            "schema": { "type": "string", "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$" },
        },
        "Retry-After": {
            "description": "When to try again. Unit: seconds.",
            "required": true, "schema": { "type": "integer", "minimum": 1 },
        },
        "WWW-Authenticate": {
            "description": "How to show who asks.",
            "required": true, "schema": { "type": "string", "enum": ["Bearer"] },
        },
    })
}

/// Answers that several routes share.
#[derive(Default)]
struct Shared {
    responses: BTreeMap<String, Value>,
}

impl Shared {
    fn complete(&mut self, pattern: &str, method: &str, operation: &mut Map<String, Value>) {
        let writes = method != "get";
        let under_v1 = pattern.starts_with("/v1/");
        let mut codes: BTreeSet<String> = own_problems(operation);
        let mut parameters = Vec::new();
        for segment in pattern.split('/').filter_map(|part| part.strip_prefix('{')) {
            let segment = segment.trim_end_matches('}');
            parameters.push(json!({ "$ref": format!("#/components/parameters/{segment}") }));
            // Any provider has words, one that nobody heard of too.
            if segment != "provider" {
                codes.insert(format!("{segment}_not_found"));
            }
        }
        codes.insert("foreign_host".into());
        let also = |codes: &mut BTreeSet<String>, more: &[&str]| {
            codes.extend(more.iter().map(|code| (*code).to_owned()));
        };
        if under_v1 {
            also(&mut codes, problems::ANY);
            let scopes = scopes(method, pattern);
            also(&mut codes, if scopes.is_some() { problems::KEY } else { problems::OPERATOR });
            operation.insert("security".into(), security(scopes));
        }
        if writes {
            also(&mut codes, problems::WRITE);
            also(&mut codes, problems::JSON);
            if operation.contains_key("requestBody") {
                codes.insert("unsupported_media_type".into());
            }
            parameters.push(json!({ "$ref": "#/components/parameters/Idempotency-Key" }));
        }
        parameters.extend(revisions::condition(method, pattern));
        if revisions::takes_condition(method, pattern) {
            also(&mut codes, &[revisions::STALE, "invalid_header"]);
        }
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            revisions::complete(method, pattern, responses);
        }
        if is_positioned(pattern) {
            codes.insert("invalid_header".into());
            parameters.push(json!({ "$ref": "#/components/parameters/Branchline-At-Least" }));
        }
        parameters.push(json!({ "$ref": "#/components/parameters/X-Request-Id" }));
        parameters.push(json!({ "$ref": "#/components/parameters/traceparent" }));
        add_parameters(operation, parameters);
        self.add_problems(operation, &codes, is_positioned(pattern));
    }

    fn add_problems(
        &mut self,
        operation: &mut Map<String, Value>,
        codes: &BTreeSet<String>,
        positioned: bool,
    ) {
        let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
            return;
        };
        for (status, response) in responses.iter_mut() {
            label(response, "X-Request-Id");
            label(response, "traceparent");
            if positioned && status.starts_with('2') {
                label(response, "Branchline-Position");
            }
        }
        let mut by_status: BTreeMap<u16, Vec<&problems::Code>> = BTreeMap::new();
        for code in codes.iter().filter_map(|code| problems::known(code)) {
            by_status.entry(code.status).or_default().push(code);
        }
        for (status, codes) in by_status {
            let (name, response) = problem_response(status, &codes);
            let target = format!("#/components/responses/{name}");
            // A status of the route's own, such as a 503 that is no problem document, stays.
            responses.entry(status.to_string()).or_insert_with(|| json!({ "$ref": target }));
            self.responses.insert(name, response);
        }
    }
}

/// The codes that a route names itself.
fn own_problems(operation: &mut Map<String, Value>) -> BTreeSet<String> {
    let named = operation.remove("x-problems");
    let named = named.as_ref().and_then(Value::as_array).into_iter().flatten();
    named.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Those of the path first, those of the route, then those of every route.
fn add_parameters(operation: &mut Map<String, Value>, shared: Vec<Value>) {
    let own = operation.remove("parameters");
    let mut own = own.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    own.iter_mut().for_each(not_null);
    let (path, every): (Vec<_>, Vec<_>) = shared.into_iter().partition(|parameter| {
        let target = parameter.get("$ref").and_then(Value::as_str).unwrap_or_default();
        PATH.iter().any(|(segment, ..)| target.ends_with(&format!("/{segment}")))
    });
    let all: Vec<Value> = path.into_iter().chain(own).chain(every).collect();
    operation.insert("parameters".into(), all.into());
}

/// An answer has a header.
fn label(response: &mut Value, name: &str) {
    if let Some(response) = response.as_object_mut() {
        let headers = response.entry("headers").or_insert_with(|| json!({}));
        if let Some(headers) = headers.as_object_mut() {
            headers.insert(name.into(), json!({ "$ref": format!("#/components/headers/{name}") }));
        }
    }
}

/// The answer with one of these codes, and a name that is the same for the same codes.
fn problem_response(status: u16, codes: &[&problems::Code]) -> (String, Value) {
    let words: Vec<&str> = codes.iter().map(|code| code.word).collect();
    let lines: Vec<String> =
        codes.iter().map(|code| format!("- `{}`: {}", code.word, code.meaning)).collect();
    let mut response = json!({
        "description": lines.join("\n"),
        "content": { "application/problem+json": { "schema": {
            "allOf": [
                of::<problem_schemas::Problem>(),
                { "properties": {
                    "status": { "enum": [status] },
                    "code": { "enum": words },
                } },
            ],
        } } },
    });
    label(&mut response, "X-Request-Id");
    let further = match status {
        401 => Some("WWW-Authenticate"),
        429 | 503 => Some("Retry-After"),
        _ => None,
    };
    if let Some(name) = further
        && let Some(headers) = response.get_mut("headers").and_then(Value::as_object_mut)
    {
        headers.insert(name.into(), json!({ "$ref": format!("#/components/headers/{name}") }));
    }
    (format!("{status}.{}", words.join(".")), response)
}
