//! Holds every answer of these tests against the document: its status, its type, its fields. A field
//! that the document does not have is a fault too.

use std::{collections::BTreeSet, sync::LazyLock};

use serde_json::Value;

use crate::common::Reply;

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../openapi.json")).unwrap());

/// What the document says of a request; `None` for a path or a method that it does not have.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let given: Vec<&str> = path.split('/').collect();
    let fits = |pattern: &str| {
        let segments: Vec<&str> = pattern.split('/').collect();
        segments.len() == given.len()
            && segments.iter().zip(&given).all(|(segment, given)| {
                segment == given || (segment.starts_with('{') && !given.is_empty())
            })
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    // A word comes before an id.
    let mut found: Vec<_> = paths.iter().filter(|(pattern, _)| fits(pattern)).collect();
    found.sort_by_key(|(pattern, _)| pattern.matches('{').count());
    found.first().and_then(|(_, item)| item.get(method.to_ascii_lowercase()))
}

fn resolved(mut schema: &'static Value) -> &'static Value {
    while let Some(target) = schema.get("$ref") {
        schema = DOCUMENT.pointer(target.as_str().unwrap().trim_start_matches('#')).unwrap();
    }
    schema
}

/// Fails when an answer is not as the document says.
#[track_caller]
pub(crate) fn check(method: &str, path: &str, reply: &Reply) {
    let told = String::from_utf8_lossy(&reply.body);
    let shown: String = told.chars().take(2_000).collect();
    let Some(operation) = operation(method, path) else {
        let elsewhere = !path.starts_with("/v1/") || matches!(reply.status, 401 | 403 | 404 | 405);
        assert!(
            elsewhere,
            "{method} {path} answers {} and is in no document: {shown}",
            reply.status
        );
        return;
    };
    let responses = operation["responses"].as_object().unwrap();
    let response = responses.get(&reply.status.to_string());
    let response = response.unwrap_or_else(|| {
        panic!("{method} {path}: the document has no answer {}: {shown}", reply.status)
    });
    let response = resolved(response);
    assert!(!reply.header("x-request-id").is_empty(), "{method} {path} names no request");
    let Some(content) = response.get("content") else {
        assert!(reply.body.is_empty(), "{method} {path} has a body: {shown}");
        return;
    };
    let media_type = reply.header("content-type").split(';').next().unwrap();
    let content = content.get(media_type).unwrap_or_else(|| {
        panic!("{method} {path}: the document has no {media_type} for {}", reply.status)
    });
    if matches!(media_type, "application/json" | "application/problem+json") {
        let value: Value = serde_json::from_slice(&reply.body).unwrap();
        let mut faults = Vec::new();
        validate(&content["schema"], &value, "", true, &mut faults);
        assert!(faults.is_empty(), "{method} {path} {}: {faults:#?}\n{shown}", reply.status);
    }
}

/// Names of the fields that a schema knows, those of its parts among them.
fn known(schema: &'static Value) -> BTreeSet<&'static str> {
    let schema = resolved(schema);
    let own = schema.get("properties").and_then(Value::as_object).into_iter();
    let mut names: BTreeSet<&str> = own.flatten().map(|(name, _)| name.as_str()).collect();
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        names.extend(known(part));
    }
    names
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type of JSON Schema"),
    }
}

/// Notes what does not fit. `closed` says whether fields that the schema does not know are faults.
fn validate(
    schema: &'static Value,
    value: &Value,
    at: &str,
    closed: bool,
    faults: &mut Vec<String>,
) {
    let schema = resolved(schema);
    let kinds = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().map(|kind| kind.as_str().unwrap()).collect(),
        Some(kind) => vec![kind.as_str().unwrap()],
        None => Vec::new(),
    };
    if !kinds.is_empty() && !kinds.iter().any(|kind| is_of(kind, value)) {
        faults.push(format!("{at}: {value} is none of {kinds:?}"));
        return;
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array)
        && !words.contains(value)
    {
        faults.push(format!("{at}: {value} is none of {words:?}"));
    }
    for limit in ["minimum", "maximum"] {
        if let (Some(limited), Some(given)) =
            (schema.get(limit).and_then(Value::as_f64), value.as_f64())
            && (if limit == "minimum" { given < limited } else { given > limited })
        {
            faults.push(format!("{at}: {given} is beyond the {limit} {limited}"));
        }
    }
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        validate(part, value, at, false, faults);
    }
    for choice in ["anyOf", "oneOf"] {
        let Some(choices) = schema.get(choice).and_then(Value::as_array) else { continue };
        let fits = |choice| {
            let mut faults = Vec::new();
            validate(choice, value, at, true, &mut faults);
            faults.is_empty()
        };
        let fitting = choices.iter().filter(|choice| fits(choice)).count();
        if fitting == 0 || (choice == "oneOf" && fitting > 1) {
            faults.push(format!("{at}: {value} fits {fitting} of {choice}"));
        }
    }
    match value {
        Value::Object(object) => fields(schema, object, at, closed, faults),
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                for (index, item) in items.iter().enumerate() {
                    validate(schema, item, &format!("{at}/{index}"), true, faults);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn fields(
    schema: &'static Value,
    object: &serde_json::Map<String, Value>,
    at: &str,
    closed: bool,
    faults: &mut Vec<String>,
) {
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        if !object.contains_key(name.as_str().unwrap()) {
            faults.push(format!("{at}: {name} is missing"));
        }
    }
    let known = known(schema);
    let further = schema.get("additionalProperties");
    for (name, value) in object {
        let place = format!("{at}/{name}");
        if let Some(schema) = schema.get("properties").and_then(|fields| fields.get(name)) {
            validate(schema, value, &place, true, faults);
        } else if let Some(further) = further.filter(|further| further.is_object()) {
            validate(further, value, &place, true, faults);
        } else if closed && !known.is_empty() && !known.contains(name.as_str()) {
            faults.push(format!("{place} is in no schema"));
        }
    }
}

#[test]
fn what_is_not_as_documented_is_found() {
    let faults = |value: Value| {
        let mut faults = Vec::new();
        validate(&DOCUMENT["components"]["schemas"]["Edge"], &value, "", true, &mut faults);
        faults
    };
    let edge = |label: Value| serde_json::json!({ "id": "edge_1", "from_node_id": "a", "to_node_id": "b", "label": label });
    assert_eq!(faults(edge("DNP".into())), Vec::<String>::new());
    assert_eq!(faults(edge(Value::Null)), Vec::<String>::new());
    assert_eq!(faults(edge(7.into())).len(), 1);
    let mut more = edge(Value::Null);
    more["colour"] = "red".into();
    assert_eq!(faults(more), ["/colour is in no schema"]);
    assert_eq!(faults(serde_json::json!({ "id": "edge_1" })).len(), 3);
}
