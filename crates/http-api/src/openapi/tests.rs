use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

use super::{complete, completion, notation::Named, pretty};
use crate::routes;

/// Routes for people, which return pages.
const PAGES: &[&str] = &["/", "/docs", "/docs/", "/docs/{file}"];

/// Every value with this name, however deep.
fn each<'a>(value: &'a Value, name: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get(name));
            object.values().for_each(|value| each(value, name, found));
        }
        Value::Array(items) => items.iter().for_each(|value| each(value, name, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn all<'a>(value: &'a Value, name: &str) -> Vec<&'a Value> {
    let mut found = Vec::new();
    each(value, name, &mut found);
    found
}

/// Method, pattern and what is said of it.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let mut found = Vec::new();
    for (pattern, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            found.push((method.clone(), pattern.clone(), operation));
        }
    }
    found
}

#[test]
fn the_document_in_the_tree_is_that_of_the_routes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let document = pretty(&complete());
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &document).unwrap();
    }
    let agreed = fs::read_to_string(&path).unwrap_or_default();
    let differs = agreed.lines().zip(document.lines()).position(|(old, new)| old != new);
    assert!(
        agreed == document,
        "crates/http-api/openapi.json differs from the routes, first at line {}: if that is meant, \
         run BLESS=1 cargo test -p branchline-http-api the_document_in_the_tree, and commit it",
        differs.map_or(0, |line| line + 1),
    );
}

#[test]
fn every_route_is_documented_and_every_documented_route_is_there() {
    let document = complete();
    let documented: BTreeSet<(String, String)> =
        operations(&document).into_iter().map(|(method, pattern, _)| (method, pattern)).collect();
    let registered: BTreeSet<(String, String)> = routes::all()
        .filter(|line| !PAGES.contains(&line.pattern))
        .map(|line| (line.method.to_owned(), line.pattern.to_owned()))
        .collect();
    let untold: Vec<_> = registered.difference(&documented).collect();
    assert!(untold.is_empty(), "no #[utoipa::path], or not in openapi/mod.rs: {untold:?}");
    let gone: Vec<_> = documented.difference(&registered).collect();
    assert!(gone.is_empty(), "not in the table of routes: {gone:?}");
}

#[test]
fn every_operation_has_its_own_id_a_summary_and_answers() {
    let document = complete();
    let mut ids = BTreeSet::new();
    for (method, pattern, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id), "{id} stands twice");
        assert!(operation["summary"].is_string(), "{method} {pattern} has no summary");
        assert!(operation["tags"][0].is_string(), "{method} {pattern} has no tag");
        assert!(operation.get("x-problems").is_none(), "{method} {pattern}");
        for (status, response) in operation["responses"].as_object().unwrap() {
            let told = response.get("$ref").or_else(|| response.get("description")).unwrap();
            assert_ne!(told, "", "{method} {pattern} {status} says nothing");
        }
    }
}

#[test]
fn every_reference_leads_somewhere_and_everything_named_is_referred_to() {
    let document = complete();
    let targets: BTreeSet<&str> =
        all(&document, "$ref").into_iter().map(|target| target.as_str().unwrap()).collect();
    for target in &targets {
        let place = target.strip_prefix('#').unwrap();
        assert!(document.pointer(place).is_some(), "{target} leads nowhere");
    }
    for kind in ["schemas", "responses", "parameters", "headers"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            let target = format!("#/components/{kind}/{name}");
            assert!(targets.contains(target.as_str()), "nothing refers to {target}");
        }
    }
}

#[test]
fn what_is_written_by_hand_stands_once_and_has_words() {
    let mut names = BTreeSet::new();
    for Named { name, schema } in completion::by_hand() {
        assert!(names.insert(name), "{name} stands twice");
        assert!(schema["description"].as_str().is_some_and(|text| text.len() > 5), "{name}");
    }
}

#[test]
fn a_route_names_only_problems_that_there_are() {
    use utoipa::OpenApi as _;
    let raw = serde_json::to_value(super::Routes::openapi()).unwrap();
    for codes in all(&raw, "x-problems") {
        for code in codes.as_array().unwrap() {
            let code = code.as_str().unwrap();
            assert!(super::problems::known(code).is_some(), "no problem has the code {code}");
        }
    }
}

/// Which fields serde knows of a type.
mod fields {
    use serde::{
        Deserialize, Deserializer,
        de::{Visitor, value::Error},
        forward_to_deserialize_any,
    };

    pub(super) struct Ask<'a>(pub(super) &'a mut &'static [&'static str]);

    impl<'de> Deserializer<'de> for Ask<'_> {
        type Error = Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
            Err(serde::de::Error::custom("only asked for its fields"))
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            visitor: V,
        ) -> Result<V::Value, Error> {
            *self.0 = fields;
            self.deserialize_any(visitor)
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit
            unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    pub(super) fn of<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
        let mut fields: &'static [&'static str] = &[];
        let _only_asked = T::deserialize(Ask(&mut fields));
        fields
    }
}

#[test]
fn schemas_of_configs_have_the_fields_of_their_types() {
    use branchline_domain::{graph, workflow};

    let document = complete();
    for (name, fields) in [
        ("Settings", fields::of::<workflow::Settings>()),
        ("VoiceCallConfig", fields::of::<graph::VoiceCallConfig>()),
        ("CallRetry", fields::of::<graph::RetryPolicy>()),
        ("CallingWindow", fields::of::<graph::CallingWindow>()),
        ("ConditionalConfig", fields::of::<graph::ConditionalConfig>()),
        ("Condition", fields::of::<graph::Condition>()),
        ("TimeConfig", fields::of::<graph::TimeConfig>()),
        ("ApplicationConfig", fields::of::<graph::ApplicationConfig>()),
        ("ApplicationRetry", fields::of::<graph::ApplicationRetry>()),
        ("HttpAction", fields::of::<graph::HttpAction>()),
    ] {
        let schema = &document["components"]["schemas"][name];
        let told: BTreeSet<&str> =
            schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(told, fields.iter().copied().collect::<BTreeSet<_>>(), "{name}");
        assert!(!fields.is_empty() && schema["additionalProperties"] == false, "{name}");
    }
}
