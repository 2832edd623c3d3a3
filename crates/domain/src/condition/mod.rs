//! Conditions over what is known of a lead: a node's config and some facts in, an output out.
//!
//! A config may be stored before it is finished, so an unfinished one is an error value here and
//! never a silent `false`. Source: CONTRACT.md 5.

mod field;
mod gap;

use std::borrow::Cow;

pub use field::{FieldRef, ParseFieldError};
pub use gap::{Incomplete, gaps};

use crate::{
    graph::{Condition, ConditionalConfig, Logic, Operator},
    output::Output,
    value::Value,
};

/// What is known of a lead at the moment of a decision.
pub trait Facts {
    /// The value of a field; `None` when there is none. An empty text counts as none.
    fn field(&self, field: &FieldRef) -> Option<Cow<'_, Value>>;
}

/// Decides the output of a `CONDITIONAL` node.
///
/// Conditions answer `true` or `false`; without `logic` all must hold. A switch answers the text of
/// its field, whether or not a branch is named so: an edge without a label serves the texts that
/// nobody foresaw. A switch on a missing field answers the empty text. No edge may be labelled with
/// that, so only an edge without a label serves it, and without one the lead is held where people
/// see it instead of taking a branch that nobody chose.
///
/// # Errors
///
/// The first [`Incomplete`] of the config, when it is unfinished: then there is no output.
pub fn decide_output(config: &ConditionalConfig, facts: &dyn Facts) -> Result<Output, Incomplete> {
    if let Some(first) = gaps(config).into_iter().next() {
        return Err(first);
    }
    if let Some(text) = &config.condition_field {
        let field = text.parse().map_err(Incomplete::SwitchField)?;
        return Ok(present(facts, &field)
            .map_or_else(|| Output::from(""), |value| Output::from(&*value.as_text())));
    }
    // What one condition settles, the ones after it are not asked: a field that analysis has not
    // told yet is waited for only where it matters.
    let settles = match config.logic.unwrap_or_default() {
        Logic::And => false,
        Logic::Or => true,
    };
    let mut answer = !settles;
    for (number, condition) in (1..).zip(&config.conditions) {
        if check(number, condition, facts)? == settles {
            answer = settles;
            break;
        }
    }
    Ok(if answer { Output::True } else { Output::False })
}

fn present<'a>(facts: &'a dyn Facts, field: &FieldRef) -> Option<Cow<'a, Value>> {
    facts.field(field).filter(|value| !value.is_missing())
}

/// Whether one condition holds.
fn check(number: usize, condition: &Condition, facts: &dyn Facts) -> Result<bool, Incomplete> {
    let (field, operator) = gap::read(number, condition)?;
    let value = present(facts, &field);
    if operator == Operator::Exists {
        return Ok(value.is_some());
    }
    let Some(wanted) = &condition.value else { return Err(Incomplete::Value { number }) };
    let Some(value) = value else {
        return Ok(operator == Operator::NotEquals);
    };
    Ok(match operator {
        Operator::Exists => true,
        Operator::Equals => equals(&value, wanted),
        Operator::NotEquals => !equals(&value, wanted),
        Operator::Contains => value.as_text().contains(&*wanted.as_text()),
        Operator::GreaterThan => numbers(&value, wanted).is_some_and(|(is, wanted)| is > wanted),
        Operator::LessThan => numbers(&value, wanted).is_some_and(|(is, wanted)| is < wanted),
    })
}

fn numbers(
    value: &Value,
    wanted: &Value,
) -> Option<(crate::value::Decimal, crate::value::Decimal)> {
    value.as_number().zip(wanted.as_number())
}

/// Numbers are compared by size as soon as one side is a number and not only text that looks like
/// one. All else is compared as text, so that `true` in a file is `true` in JSON.
fn equals(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Number(_), _) | (_, Value::Number(_)) => {
            numbers(value, wanted).is_some_and(|(is, wanted)| is == wanted)
        }
        (Value::Text(_) | Value::Bool(_), Value::Text(_) | Value::Bool(_)) => {
            value.as_text() == wanted.as_text()
        }
    }
}

#[cfg(test)]
mod tests;
