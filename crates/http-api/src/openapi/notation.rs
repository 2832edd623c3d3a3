//! How schemas are written down: JSON Schema 2020-12, the dialect of OpenAPI 3.1, as JSON. What is
//! the same in many of them has a word here.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// A schema and the name it has in the document.
pub(crate) struct Named {
    pub(crate) name: &'static str,
    pub(crate) schema: Value,
}

/// Declares schemas that are written by hand, for what belongs to crates that know no HTTP. Each
/// gets a type, so that a route and another schema can name it, and a line in `all`. The doc
/// comment is the description.
macro_rules! schemas {
    ($($(#[doc = $doc:literal])+ $name:ident = $schema:expr;)+) => {
        $(
            $(#[doc = $doc])+
            pub(crate) struct $name;

            impl utoipa::PartialSchema for $name {
                /// A place that [`super::completion`] fills: utoipa has no words for all of JSON
                /// Schema.
                fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                    utoipa::openapi::schema::Object::new().into()
                }
            }

            impl utoipa::ToSchema for $name {
                fn name() -> std::borrow::Cow<'static, str> {
                    stringify!($name).into()
                }
            }
        )+

        /// Every schema of this file.
        pub(super) fn all() -> Vec<$crate::openapi::notation::Named> {
            vec![$($crate::openapi::notation::Named {
                name: stringify!($name),
                schema: $crate::openapi::notation::told(concat!($($doc, "\n"),+), $schema),
            }),+]
        }
    };
}
pub(crate) use schemas;

/// Says in words what something is; the text of a doc comment, whose lines begin with a space.
pub(crate) fn told(text: &str, mut schema: Value) -> Value {
    let lines: Vec<&str> = text.trim().lines().map(str::trim).collect();
    if let Some(object) = schema.as_object_mut() {
        object.insert("description".into(), lines.join("\n").into());
    }
    schema
}

/// The schema of another name.
pub(crate) fn of<T: ToSchema>() -> Value {
    json!({ "$ref": format!("#/components/schemas/{}", T::name()) })
}

/// This, or null.
pub(crate) fn nullable(schema: Value) -> Value {
    match schema.get("type").and_then(Value::as_str) {
        Some(kind) => {
            let kinds = json!([kind, "null"]);
            let mut schema = schema;
            if let Some(object) = schema.as_object_mut() {
                object.insert("type".into(), kinds);
                if let Some(words) = object.get_mut("enum").and_then(Value::as_array_mut) {
                    words.push(Value::Null);
                }
            }
            schema
        }
        None => json!({ "anyOf": [schema, { "type": "null" }] }),
    }
}

/// Another name's, or null.
pub(crate) fn maybe<T: ToSchema>() -> Value {
    nullable(of::<T>())
}

/// A list.
pub(crate) fn list(items: Value) -> Value {
    object([("type", "array".into()), ("items", items)])
}

/// Any text.
pub(crate) fn text() -> Value {
    json!({ "type": "string" })
}

/// A text of so many characters.
pub(crate) fn chars(least: usize, most: usize) -> Value {
    json!({ "type": "string", "minLength": least, "maxLength": most })
}

/// One of these words.
pub(crate) fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Value {
    json!({ "type": "string", "enum": words.into_iter().collect::<Vec<_>>() })
}

/// A whole number within limits.
pub(crate) fn integer(least: i64, most: i64) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

/// A count, or a place in a sequence.
pub(crate) fn count() -> Value {
    json!({ "type": "integer", "format": "int64", "minimum": 0 })
}

pub(crate) fn boolean() -> Value {
    json!({ "type": "boolean" })
}

/// An object of an answer: every field is always there.
pub(crate) fn answer(properties: Value) -> Value {
    answer_with(properties, json!({}))
}

/// An object of an answer, with further fields that are there only when there is something to say.
pub(crate) fn answer_with(always: Value, sometimes: Value) -> Value {
    let mut properties = fields(always);
    let required: Vec<Value> = properties.keys().map(|name| name.as_str().into()).collect();
    properties.extend(fields(sometimes));
    object([
        ("type", "object".into()),
        ("required", required.into()),
        ("properties", properties.into()),
    ])
}

/// An object that somebody sends: a field that is not among these is refused.
pub(crate) fn body(required: Value, optional: Value) -> Value {
    let mut schema = answer_with(required, optional);
    if let Some(object) = schema.as_object_mut() {
        object.insert("additionalProperties".into(), false.into());
        if object.get("required").and_then(Value::as_array).is_some_and(Vec::is_empty) {
            object.remove("required");
        }
    }
    schema
}

/// A schema with examples, each a value that the server takes.
pub(crate) fn such_as(mut schema: Value, examples: Value) -> Value {
    if let Some(object) = schema.as_object_mut() {
        object.insert("examples".into(), examples);
    }
    schema
}

/// An object out of its members, which json! would copy.
pub(crate) fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn fields(properties: Value) -> Map<String, Value> {
    match properties {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}
