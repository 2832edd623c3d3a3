//! The form of a node's config: the same markup on the page without a script, and as the templates
//! that the script copies.

use branchline_domain::graph::{NodeConfig, NodeType, Operator};
use maud::{Markup, html};
use serde_json::Value;

use super::config_fields::{Field, Group, Kind, groups};

/// Rows of a form without a script for conditions that are not there yet.
const SPARE_CONDITIONS: usize = 2;

/// The fields of a node's config, filled in. `prefix` makes the ids of one form unlike those of any
/// other on the page.
pub(super) fn fields(node_type: NodeType, config: &Value, prefix: &str) -> Markup {
    html! { @for group in groups(node_type) { (group_of(group, config, prefix)) } }
}

/// A template for a kind of node, empty.
pub(super) fn template(node_type: NodeType) -> Markup {
    let config = NodeConfig::empty(node_type);
    let outputs: Vec<String> = config.outputs().iter().map(ToString::to_string).collect();
    html! {
        template data-node-type=(node_type) data-outputs=(outputs.join(" ")) {
            (fields(node_type, &Value::Null, "config"))
        }
    }
}

/// The template of one condition.
pub(super) fn condition_template() -> Markup {
    html! { template data-condition { (condition(&Value::Null, "conditions.#")) } }
}

/// A config as its form shows it: the short spelling of a wait is written out.
pub(super) fn shown(config: &NodeConfig) -> Value {
    let mut value = serde_json::to_value(config).unwrap_or_default();
    if let Some(object) = value.as_object_mut()
        && let Some(hours) = object.remove("delay_hours")
        && !object.contains_key("duration")
    {
        object.insert("duration".into(), hours);
        object.insert("unit".into(), "hours".into());
    }
    value
}

fn group_of(group: &Group, config: &Value, prefix: &str) -> Markup {
    let inside = html! { @for field in group.fields { (field_of(field, config, prefix)) } };
    if group.words.is_empty() {
        return inside;
    }
    let is_used = group.fields.iter().any(|field| at(config, field.path).is_some());
    html! {
        details.b-group open[is_used] { summary { (group.words) } (inside) }
    }
}

/// What stands at a path.
pub(super) fn at<'a>(config: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(config, |value, step| value.get(step))
}

fn field_of(field: &Field, config: &Value, prefix: &str) -> Markup {
    let value = at(config, field.path);
    let id = format!("{prefix}-{}", field.path.replace('.', "-"));
    let hint = (!field.hint.is_empty()).then(|| format!("{id}-hint"));
    if let Kind::Ticks(choices) = field.kind {
        return ticks(field, choices, value);
    }
    html! {
        div.b-field {
            @if field.kind == Kind::Conditions {
                p.b-legend { (field.words) }
            } @else {
                label for=(id) { (field.words) }
            }
            (input(field, value, &id, hint.as_deref()))
            @if let Some(hint) = &hint { p.hint id=(hint) { (field.hint) } }
        }
    }
}

fn input(field: &Field, value: Option<&Value>, id: &str, hint: Option<&str>) -> Markup {
    let (name, example) = (field.path, field.example);
    let text = value.map(text_of).unwrap_or_default();
    match field.kind {
        Kind::Text => html! {
            input id=(id) name=(name) data-kind="text" value=(text) placeholder=(example) aria-describedby=[hint];
        },
        Kind::Clock => html! {
            input id=(id) name=(name) data-kind="text" type="time" value=(text) aria-describedby=[hint];
        },
        Kind::Number { min, max, unit } => html! {
            span.b-unit {
                input id=(id) name=(name) data-kind="number" type="number" min=(min) max=(max) step="1"
                    value=(text) placeholder=(example) aria-describedby=[hint];
                @if !unit.is_empty() { span { (unit) } }
            }
        },
        Kind::Choice(choices) => html! {
            select id=(id) name=(name) data-kind="text" aria-describedby=[hint] {
                option value="" selected[text.is_empty()] { "not chosen" }
                @for (value, words) in choices {
                    option value=(value) selected[text == *value] { (words) }
                }
            }
        },
        Kind::Lines => html! {
            textarea id=(id) name=(name) data-kind="lines" rows="3" placeholder=(example) aria-describedby=[hint] {
                (lines_of(value))
            }
        },
        Kind::Pairs => html! {
            textarea id=(id) name=(name) data-kind="pairs" rows="2" placeholder=(example) aria-describedby=[hint] {
                (pairs_of(value))
            }
        },
        Kind::Document => html! {
            textarea.mono id=(id) name=(name) data-kind="document" rows="4" placeholder=(example) aria-describedby=[hint] {
                (document_of(value))
            }
        },
        Kind::Conditions => conditions(value),
        Kind::Ticks(choices) => ticks(field, choices, value),
    }
}

fn ticks(field: &Field, choices: &[(&str, &str)], value: Option<&Value>) -> Markup {
    let chosen = |word: &str| {
        value.and_then(Value::as_array).is_some_and(|list| list.iter().any(|one| one == word))
    };
    html! {
        fieldset.b-ticks {
            legend { (field.words) }
            @for (word, words) in choices {
                label.check {
                    input type="checkbox" name={ (field.path) "." (word) } data-kind="tick"
                        data-path=(field.path) value=(word) checked[chosen(word)];
                    (words)
                }
            }
            @if !field.hint.is_empty() { p.hint { (field.hint) } }
        }
    }
}

fn conditions(value: Option<&Value>) -> Markup {
    let list = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let spare = std::iter::repeat_n(&Value::Null, SPARE_CONDITIONS);
    html! {
        div.b-conditions data-conditions {
            @for (number, one) in list.iter().chain(spare).enumerate() {
                (condition(one, &format!("conditions.{number}")))
            }
        }
    }
}

fn condition(value: &Value, name: &str) -> Markup {
    let text = |field: &str| value.get(field).map(text_of).unwrap_or_default();
    let operator = text("operator");
    html! {
        div.b-condition {
            input name={ (name) ".field" } value=(text("field")) aria-label="Field" placeholder="lead.budget" list="b-known-fields";
            select name={ (name) ".operator" } aria-label="What is asked" {
                @for known in Operator::ALL {
                    @let (word, words) = operator_in_words(known);
                    option value=(word) selected[operator == word] { (words) }
                }
            }
            input name={ (name) ".value" } aria-label="Value"
                value=(value.get("value").map(scalar_of).unwrap_or_default());
        }
    }
}

/// An operator as the config spells it, and as people read it.
pub(super) const fn operator_in_words(operator: Operator) -> (&'static str, &'static str) {
    match operator {
        Operator::Equals => ("equals", "is"),
        Operator::NotEquals => ("not_equals", "is not"),
        Operator::Exists => ("exists", "is known"),
        Operator::Contains => ("contains", "contains"),
        Operator::GreaterThan => ("greater_than", "is above"),
        Operator::LessThan => ("less_than", "is below"),
    }
}

fn text_of(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    }
}

/// A value of a condition: a text that would be read as a number or a yes stands in quotation marks.
fn scalar_of(value: &Value) -> String {
    match value.as_str() {
        Some(text) if super::config_reading::scalar(text) != *value => value.to_string(),
        Some(text) => text.to_owned(),
        None => value.to_string(),
    }
}

fn lines_of(value: Option<&Value>) -> String {
    let list = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().map(text_of).collect::<Vec<_>>().join("\n")
}

fn pairs_of(value: Option<&Value>) -> String {
    let pairs = value.and_then(Value::as_object).into_iter().flatten();
    pairs.map(|(name, value)| format!("{name}: {}", text_of(value))).collect::<Vec<_>>().join("\n")
}

/// A text that would be read as JSON stands as JSON.
fn document_of(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) if serde_json::from_str::<Value>(text).is_err() => text.clone(),
        Some(value) => serde_json::to_string_pretty(value).unwrap_or_default(),
    }
}
