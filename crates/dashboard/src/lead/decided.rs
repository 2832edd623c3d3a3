//! What a condition read when it decided.

use branchline_domain::{
    condition::FieldRef,
    graph::{Condition, ConditionalConfig, NodeConfig},
    id::NodeId,
    lead::LeadState,
    personal::Personal,
    value::Value,
};

use super::story::Story;
use crate::drawing::words::one_in_words;

/// What a condition asked, and what the lead had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Read {
    /// What was asked, in words.
    pub(super) asked: String,
    /// What the lead had, in words.
    pub(super) found: String,
}

/// What the condition at a node read of the lead as it was just before it decided; empty for other
/// nodes.
pub(super) fn read(story: &Story, before: &LeadState, node: NodeId) -> Vec<Read> {
    let node = story.node(before.entered_revision, node);
    let Some(NodeConfig::Conditional(config)) = node.map(|node| &node.config) else {
        return Vec::new();
    };
    by(config, before)
}

fn by(config: &ConditionalConfig, before: &LeadState) -> Vec<Read> {
    if let Some(field) = &config.condition_field {
        return vec![Read { asked: field.clone(), found: found(before, field) }];
    }
    let one = |condition: &Condition| Read {
        asked: one_in_words(condition),
        found: condition.field.as_deref().map_or_else(String::new, |field| found(before, field)),
    };
    config.conditions.iter().map(one).collect()
}

/// The value of a field, in words.
fn found(state: &LeadState, field: &str) -> String {
    let Ok(field) = field.parse() else { return "no such field".into() };
    match value(state, &field) {
        Personal::Erased => "erased since".into(),
        Personal::Known(None) => "not known".into(),
        Personal::Known(Some(Value::Text(text))) => format!("“{text}”"),
        Personal::Known(Some(value)) => value.as_text().into_owned(),
    }
}

/// The value of a field as conditions read it; an empty text is none.
fn value(state: &LeadState, field: &FieldRef) -> Personal<Option<Value>> {
    let call = state.last_call();
    let of = |values: Option<&Personal<branchline_domain::lead::Values>>, name: &str| match values {
        None => Personal::Known(None),
        Some(Personal::Erased) => Personal::Erased,
        Some(Personal::Known(values)) => Personal::Known(values.get(name).cloned()),
    };
    let found = match field {
        FieldRef::LeadPhoneNumber => match &state.phone_number {
            Personal::Known(number) => Personal::Known(Some(Value::Text(number.clone()))),
            Personal::Erased => Personal::Erased,
        },
        FieldRef::LeadVariable(name) => of(Some(&state.variables), name),
        FieldRef::CallStatus => Personal::Known(call.map(|call| call.status.as_str().into())),
        FieldRef::CallEndReason => {
            Personal::Known(call.and_then(|call| call.end_reason.as_deref()).map(Value::from))
        }
        FieldRef::CallAttribute(name) => of(call.map(|call| &call.attributes), name),
        FieldRef::ApplicationField { node, field } => {
            let answers = node.parse().ok().and_then(|node: NodeId| state.answers.get(&node));
            of(answers, field)
        }
    };
    match found {
        Personal::Known(value) => Personal::Known(value.filter(|value| !value.is_missing())),
        Personal::Erased => Personal::Erased,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_told_with_what_was_asked() {
        let variables = [("city".into(), "Pune".into()), ("age".into(), 41.into())];
        let mut state =
            LeadState { variables: Personal::Known(variables.into()), ..LeadState::default() };
        let config: ConditionalConfig = serde_json::from_str(
            r#"{"conditions": [{"field": "lead.city", "operator": "equals", "value": "Pune"},
                {"field": "lead.age", "operator": "greater_than", "value": 50},
                {"field": "call.interested", "operator": "exists"}]}"#,
        )
        .unwrap();
        let found: Vec<_> = by(&config, &state).into_iter().map(|read| read.found).collect();
        assert_eq!(found, ["“Pune”", "41", "not known"]);
        state.variables = Personal::Erased;
        let found: Vec<_> = by(&config, &state).into_iter().map(|read| read.found).collect();
        assert_eq!(found, ["erased since", "erased since", "not known"]);
        let switch: ConditionalConfig =
            serde_json::from_str(r#"{"condition_field": "lead.city", "branches": ["Pune"]}"#)
                .unwrap();
        state.variables = Personal::Known([("city".into(), "".into())].into());
        assert_eq!(
            by(&switch, &state),
            [Read { asked: "lead.city".into(), found: "not known".into() }]
        );
    }
}
