//! What differs between two JSON documents, field by field.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct FieldChange {
    /// Its name, below the names of what it is in: `settings.call_deadline_s`, `calls[0].status`.
    pub(super) field: String,
    /// What it was; `null` where it was not there.
    pub(super) from: Value,
    /// What it is; `null` where it is not there.
    pub(super) to: Value,
}

/// The fields that differ, in order of their names. What is new or gone as a whole is taken apart
/// too: its fields were, or are, `null`.
pub(super) fn changes(from: &Value, to: &Value) -> Vec<FieldChange> {
    let mut found = Vec::new();
    compare(String::new(), from, to, &mut found);
    found
}

fn compare(field: String, from: &Value, to: &Value, found: &mut Vec<FieldChange>) {
    if from == to {
        return;
    }
    match (members(from), members(to)) {
        (Some(before), Some(after)) => {
            let names: BTreeSet<&Key> = before.iter().chain(&after).map(|(key, _)| key).collect();
            for name in names {
                let of = |members: &[(Key, Value)]| {
                    let found = members.iter().find(|(key, _)| key == name);
                    found.map_or(Value::Null, |(_, value)| value.clone())
                };
                compare(name.below(&field), &of(&before), &of(&after), found);
            }
        }
        // A leaf on one side at least, and not nothing on the other.
        (None, _) | (_, None) => {
            found.push(FieldChange { field, from: from.clone(), to: to.clone() });
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Name(String),
    Place(usize),
}

impl Key {
    fn below(&self, field: &str) -> String {
        match self {
            Self::Name(name) if field.is_empty() => name.clone(),
            Self::Name(name) => format!("{field}.{name}"),
            Self::Place(place) => format!("{field}[{place}]"),
        }
    }
}

/// What a value has inside; nothing at all has nothing inside. `None` for a leaf.
fn members(value: &Value) -> Option<Vec<(Key, Value)>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::Object(fields) => Some(
            fields.iter().map(|(name, value)| (Key::Name(name.clone()), value.clone())).collect(),
        ),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            Some(items.map(|(place, item)| (Key::Place(place), item.clone())).collect())
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(from: &Value, to: &Value) -> Vec<String> {
        let changes = changes(from, to).into_iter();
        changes.map(|change| format!("{} {} {}", change.field, change.from, change.to)).collect()
    }

    #[test]
    fn only_what_differs_is_told_with_the_way_to_it() {
        let from = json!({"a": 1, "b": {"c": [1, {"d": "x"}], "e": null}});
        let to = json!({"a": 1, "b": {"c": [1, {"d": "y"}, 2], "e": true}});
        assert_eq!(told(&from, &to), [r#"b.c[1].d "x" "y""#, "b.c[2] null 2", "b.e null true"]);
        assert_eq!(told(&from, &from), Vec::<String>::new());
    }

    #[test]
    fn what_is_new_or_gone_is_taken_apart() {
        let some = json!({"a": {"b": 1}, "c": 2});
        assert_eq!(told(&Value::Null, &some), ["a.b null 1", "c null 2"]);
        assert_eq!(told(&some, &json!({"c": 2})), ["a.b 1 null"]);
    }

    #[test]
    fn what_has_another_kind_is_told_whole() {
        assert_eq!(told(&json!({"a": [1]}), &json!({"a": "x"})), [r#"a [1] "x""#]);
    }
}
