//! What a form of a node's config says, as the config. Empty fields are left out.

use branchline_domain::graph::{NodeConfig, NodeType};
use branchline_http_api::pages::Fault;
use serde_json::{Map, Value};

use super::config_fields::{Field, Kind, groups};
use crate::shell::Form;

/// Most conditions that a form is looked through for.
const CONDITIONS_MAX: usize = 100;

/// The config of a node of this kind.
///
/// # Errors
///
/// 400 that names the field which cannot be read.
pub(super) fn read(node_type: NodeType, form: &Form) -> Result<NodeConfig, Fault> {
    for field in fields(node_type) {
        check(field, form)?;
    }
    NodeConfig::read(node_type, as_typed(node_type, form))
        .map_err(|error| Fault::invalid(format!("the config cannot be read: {error}")))
}

/// What was typed, to be shown again whether or not it makes a config.
pub(super) fn as_typed(node_type: NodeType, form: &Form) -> Value {
    let mut config = Map::new();
    for field in fields(node_type) {
        if let Some(value) = value_of(field, form) {
            put(&mut config, field.path, value);
        }
    }
    Value::Object(config)
}

fn fields(node_type: NodeType) -> impl Iterator<Item = &'static Field> {
    groups(node_type).iter().flat_map(|group| group.fields)
}

fn check(field: &Field, form: &Form) -> Result<(), Fault> {
    let text = form.get(field.path).unwrap_or_default();
    let wrong = match field.kind {
        Kind::Number { .. } => {
            (!text.is_empty() && text.parse::<i64>().is_err()).then_some("must be a whole number")
        }
        Kind::Pairs => lines(text)
            .any(|line| !line.contains(':'))
            .then_some("each line is a name, a colon and a value"),
        Kind::Text
        | Kind::Choice(_)
        | Kind::Ticks(_)
        | Kind::Clock
        | Kind::Lines
        | Kind::Document
        | Kind::Conditions => None,
    };
    wrong.map_or(Ok(()), |wrong| Err(Fault::invalid(format!("{}: {wrong}", field.words))))
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// Puts a value at a path, with the objects in between.
fn put(config: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((first, rest)) = path.split_once('.') else {
        config.insert(path.into(), value);
        return;
    };
    let inner = config.entry(first).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(inner) = inner {
        put(inner, rest, value);
    }
}

fn value_of(field: &Field, form: &Form) -> Option<Value> {
    let text = form.get(field.path);
    match field.kind {
        Kind::Text | Kind::Clock | Kind::Choice(_) => text.map(Value::from),
        Kind::Number { .. } => {
            text.map(|text| text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from))
        }
        Kind::Ticks(choices) => {
            let ticked = |(word, _): &&(&str, &str)| form.has(&format!("{}.{word}", field.path));
            let chosen = choices.iter().filter(ticked).map(|(word, _)| Value::from(*word));
            list(chosen.collect())
        }
        Kind::Lines => list(lines(text.unwrap_or_default()).map(Value::from).collect()),
        Kind::Pairs => {
            let pair = |line: &str| {
                let (name, value) = line.split_once(':').unwrap_or((line, ""));
                (name.trim().to_owned(), Value::from(value.trim()))
            };
            let pairs: Map<_, _> = lines(text.unwrap_or_default()).map(pair).collect();
            (!pairs.is_empty()).then_some(Value::Object(pairs))
        }
        Kind::Document => {
            text.map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)))
        }
        Kind::Conditions => {
            list((0..CONDITIONS_MAX).filter_map(|number| one(form, number)).collect())
        }
    }
}

fn list(values: Vec<Value>) -> Option<Value> {
    (!values.is_empty()).then_some(Value::Array(values))
}

/// A condition, unless its row is empty.
fn one(form: &Form, number: usize) -> Option<Value> {
    let part = |name: &str| form.get(&format!("conditions.{number}.{name}"));
    let (field, value) = (part("field"), part("value"));
    field.or(value)?;
    let mut condition = Map::new();
    if let Some(field) = field {
        condition.insert("field".into(), field.into());
    }
    let operator = part("operator");
    if let Some(operator) = operator {
        condition.insert("operator".into(), operator.into());
    }
    if let Some(value) = value.filter(|_| operator != Some("exists")) {
        condition.insert("value".into(), scalar(value));
    }
    Some(Value::Object(condition))
}

/// A value as people write it: a number, `true`, `false`, or a text; a text in quotation marks is a
/// text whatever stands in it. A number is one that JSON knows: `007` is a text.
pub(super) fn scalar(text: &str) -> Value {
    match serde_json::from_str::<Value>(text) {
        Ok(value @ (Value::Number(_) | Value::Bool(_) | Value::String(_))) => value,
        Ok(Value::Null | Value::Array(_) | Value::Object(_)) | Err(_) => Value::from(text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_read_as_people_mean_it() {
        for (text, value) in [
            ("500", json!(500)),
            ("-2.5", json!(-2.5)),
            ("007", json!("007")),
            ("+4915112345678", json!("+4915112345678")),
            ("true", json!(true)),
            ("\"true\"", json!("true")),
            ("Pune", json!("Pune")),
            ("null", json!("null")),
            ("[1]", json!("[1]")),
        ] {
            assert_eq!(scalar(text), value, "{text}");
        }
    }

    #[test]
    fn a_path_is_followed_down() {
        let mut config = Map::new();
        put(&mut config, "retry.max_attempts", json!(3));
        put(&mut config, "retry.delay_minutes", json!(30));
        put(&mut config, "agent_id", json!("a"));
        let expected = json!({"agent_id": "a", "retry": {"max_attempts": 3, "delay_minutes": 30}});
        assert_eq!(Value::Object(config), expected);
    }
}
