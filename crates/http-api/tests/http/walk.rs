//! Every operation of the document, asked with every scope, about what is one's own, another
//! organisation's, and nobody's. What the document says of access is what happens.

use std::collections::BTreeMap;

use actix_web::{
    http::{Method, header::CONTENT_TYPE},
    test::TestRequest,
};
use branchline_domain::organisation::Scope;
use serde_json::Value;

use crate::{
    common::{Api, Reply, text},
    contract::{Places, places},
};

const DEFAULT: &str = "org_00000000-0000-7000-8000-000000000001";

/// An operation that takes a key.
struct Operation {
    method: String,
    pattern: String,
    /// The scopes of which one opens it.
    scopes: Vec<String>,
    /// Query parameters that it must have.
    query: String,
    /// The first example of its body.
    body: Option<Value>,
}

fn document() -> Value {
    serde_json::from_str(include_str!("../../openapi.json")).unwrap()
}

/// All of them: reads first, and what takes things away last, the smallest things before those
/// that they are part of.
fn operations() -> Vec<Operation> {
    let document = document();
    let mut found = Vec::new();
    for (pattern, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let ways = operation["security"].as_array().into_iter().flatten();
            let scopes: Vec<String> =
                ways.filter_map(|way| way["apiKey"].as_array()).flatten().map(text).collect();
            if scopes.is_empty() {
                continue;
            }
            found.push(Operation {
                method: method.to_uppercase(),
                pattern: pattern.clone(),
                scopes,
                query: query(operation),
                body: body(&document, operation),
            });
        }
    }
    let ends = |operation: &Operation| {
        ["/cancel", "/complete", "/erase"].iter().any(|end| operation.pattern.ends_with(end))
    };
    found.sort_by_key(|operation| {
        let deletes = operation.method == "DELETE";
        (operation.method != "GET", deletes, ends(operation), usize::MAX - operation.pattern.len())
    });
    found
}

fn query(operation: &Value) -> String {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let needed = parameters.filter(|parameter| {
        parameter["in"] == "query"
            && (parameter["required"] == true || parameter["name"] == "limit")
    });
    let pairs = needed.map(|parameter| match parameter["example"].as_str() {
        Some(example) => format!("{}={}", text(&parameter["name"]), example.replace('+', "%2B")),
        None => format!("{}=1", text(&parameter["name"])),
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn body(document: &Value, operation: &Value) -> Option<Value> {
    let schema = &operation.get("requestBody")?["content"]["application/json"]["schema"];
    let place = schema["$ref"].as_str()?.trim_start_matches('#');
    document.pointer(place)?["examples"].get(0).cloned()
}

impl Operation {
    fn path(&self, ids: &BTreeMap<&str, String>) -> String {
        let path = ids.iter().fold(self.pattern.clone(), |path, (name, id)| {
            path.replace(&format!("{{{name}}}"), id)
        });
        assert!(!path.contains('{'), "nobody knows an id for {}", self.pattern);
        if self.query.is_empty() { path } else { format!("{path}?{}", self.query) }
    }

    async fn ask(&self, api: &Api, credentials: &str, ids: &BTreeMap<&str, String>) -> Reply {
        let mut request = TestRequest::default()
            .method(Method::from_bytes(self.method.as_bytes()).unwrap())
            .uri(&self.path(ids))
            .insert_header(("authorization", format!("Bearer {credentials}")));
        if self.method == "PUT" {
            request = request.insert_header(("if-match", "\"1\""));
        }
        if let Some(body) = &self.body {
            let json = (CONTENT_TYPE, "application/json");
            request = request.insert_header(json).set_payload(with_ids(body, ids).to_string());
        }
        api.send(request).await
    }

    fn names_something(&self) -> bool {
        self.pattern.contains('{') && !self.pattern.ends_with("{provider}")
    }

    fn shown(&self) -> String {
        format!("{} {}", self.method, self.pattern)
    }
}

/// An example, with ids that are there in the places of those that are made up.
fn with_ids(body: &Value, ids: &BTreeMap<&str, String>) -> Value {
    match body {
        Value::String(text) => {
            let kind = text.split_once('_').map_or("", |(prefix, _)| prefix);
            ids.get(kind).map_or_else(|| body.clone(), |id| Value::from(id.as_str()))
        }
        Value::Array(items) => items.iter().map(|item| with_ids(item, ids)).collect(),
        Value::Object(members) => Value::Object(
            members.iter().map(|(name, value)| (name.clone(), with_ids(value, ids))).collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) => body.clone(),
    }
}

/// Names a provider, and nothing that one organisation has and another has not.
const NO_PROVIDER: &str = "provider_x";

/// What stands for each segment of a path.
fn ids(places: &Places) -> BTreeMap<&'static str, String> {
    let named = [
        ("workflow", "{flow}"),
        ("node", "{node}"),
        ("edge", "{edge}"),
        ("lead", "{lead}"),
        ("import", "{import}"),
        ("call", "{call}"),
        ("key", "{key}"),
        ("provider_event", "{provider_event}"),
    ];
    let ids = named.into_iter().map(|(segment, place)| (segment, places[place].clone()));
    // Any provider has words; this one has none of its own.
    ids.chain([("provider", NO_PROVIDER.to_owned())]).collect()
}

/// Ids of the same kinds that name nothing.
fn nothing(ids: &BTreeMap<&'static str, String>) -> BTreeMap<&'static str, String> {
    let unknown = |id: &String| match id.split_once('_').unwrap() {
        ("provider", _) => NO_PROVIDER.to_owned(),
        ("call", _) => "call_00000000-0000-0000-0000-000000000999_1".to_owned(),
        (prefix, _) => format!("{prefix}_00000000-0000-0000-0000-000000000999"),
    };
    ids.iter().map(|(segment, id)| (*segment, unknown(id))).collect()
}

/// What an answer says, without the ids that were asked for.
fn told(reply: &Reply, ids: &BTreeMap<&'static str, String>) -> String {
    let body = String::from_utf8_lossy(&reply.body).into_owned();
    ids.iter().fold(body, |text, (segment, id)| text.replace(id.as_str(), segment))
}

#[actix_web::test]
async fn every_operation_opens_to_the_scopes_of_the_document_and_to_one_organisation() {
    let api = Api::start();
    let own = ids(&places(&api).await);
    let nobodys = nothing(&own);
    let (_, stranger) = api.key(None, &Scope::ALL.map(Scope::as_str)).await;
    let mut keys = Vec::new();
    for scope in Scope::ALL.map(Scope::as_str) {
        keys.push((scope, api.key(Some(DEFAULT), &[scope]).await.1));
    }
    let operations = operations();
    assert!(operations.len() > 50, "{} operations", operations.len());
    for operation in &operations {
        let shown = operation.shown();
        // Without a scope that opens it, what is there and what is not look the same.
        for (scope, key) in &keys {
            if operation.scopes.iter().any(|opens| opens == scope) {
                continue;
            }
            for target in [&own, &nobodys] {
                let reply = operation.ask(&api, key, target).await;
                reply.problem(403, "scope_missing");
            }
        }
        if operation.names_something() {
            let theirs = operation.ask(&api, &stranger, &own).await;
            let missing = operation.ask(&api, &stranger, &nobodys).await;
            assert_eq!((theirs.status, missing.status), (404, 404), "{shown}");
            assert_eq!(told(&theirs, &own), told(&missing, &nobodys), "{shown}");
        }
        // With it, one's own is there. What changes things is asked once.
        let opening = keys.iter().filter(|(scope, _)| operation.scopes.iter().any(|o| o == scope));
        let asked = if operation.method == "GET" { usize::MAX } else { 1 };
        for (scope, key) in opening.take(asked) {
            let reply = operation.ask(&api, key, &own).await;
            // Of several scopes one may be narrowed by the body, as for actions on leads.
            let narrowed = operation.scopes.len() > 1 && operation.method != "GET";
            // The examples of the document are sent: they work.
            let wrong = [400, 401, 404, 415, 422].contains(&reply.status);
            let refused = wrong || (reply.status == 403 && !narrowed);
            assert!(!refused, "{scope}: {shown} {}: {}", reply.status, told(&reply, &own));
        }
    }
}
