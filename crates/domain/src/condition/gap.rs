//! What a `CONDITIONAL` node lacks. Validation tells all of it, a decision the first.

use super::{FieldRef, ParseFieldError};
use crate::{
    graph::{Condition, ConditionalConfig, Operator},
    value::Value,
};

/// One thing that a `CONDITIONAL` node lacks, so that it has no output. Conditions are counted
/// from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Incomplete {
    /// Nothing is asked.
    #[error("has neither conditions nor a switch")]
    Nothing,
    /// Two ways to decide, and only one can count.
    #[error("has both conditions and a switch")]
    Both,
    /// A condition without a field.
    #[error("condition {number} has no field")]
    Field {
        /// Which condition.
        number: usize,
    },
    /// A condition on what is no field.
    #[error("condition {number}: {error}")]
    UnknownField {
        /// Which condition.
        number: usize,
        /// What is wrong with the name.
        #[source]
        error: ParseFieldError,
    },
    /// A condition without an operator.
    #[error("condition {number} has no operator")]
    Operator {
        /// Which condition.
        number: usize,
    },
    /// A condition with nothing to compare with. An empty text is nothing: no field equals it.
    #[error("condition {number} has no value")]
    Value {
        /// Which condition.
        number: usize,
    },
    /// A comparison of size with what is no number.
    #[error("condition {number} compares with `{value}`, which is not a number")]
    NotANumber {
        /// Which condition.
        number: usize,
        /// The value, cut to 80 characters.
        value: String,
    },
    /// A switch on what is no field.
    #[error("the switch: {0}")]
    SwitchField(#[source] ParseFieldError),
    /// Branches without a field to choose by.
    #[error("has branches but no condition_field to choose by")]
    NoSwitchField,
    /// A switch that knows no branch.
    #[error("the switch has no branches")]
    NoBranches,
    /// A branch without a name: a missing field answers so, and no edge can be labelled with it.
    #[error("a branch of the switch has no name")]
    UnnamedBranch,
}

impl Incomplete {
    /// How to mend it.
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::Nothing => "add a condition, or a condition_field with branches",
            Self::Both => "keep either the conditions or the condition_field with its branches",
            Self::Field { .. }
            | Self::UnknownField { .. }
            | Self::SwitchField(_)
            | Self::NoSwitchField => {
                "name a field such as lead.city, call.status or application.<node>.<field>"
            }
            Self::Operator { .. } => {
                "choose equals, not_equals, exists, contains, greater_than or less_than"
            }
            Self::Value { .. } => "give a value to compare with, or ask exists",
            Self::NotANumber { .. } => "give a number, or choose equals or contains",
            Self::NoBranches => "add the values of the field as branches",
            Self::UnnamedBranch => "name the branch; an edge without a label serves all the rest",
        }
    }
}

/// Everything that a `CONDITIONAL` node lacks, in the order of its config. Empty: it is complete.
pub fn gaps(config: &ConditionalConfig) -> Vec<Incomplete> {
    let is_switch = config.condition_field.is_some() || !config.branches.is_empty();
    let mut found = Vec::new();
    match (is_switch, config.conditions.is_empty()) {
        (false, true) => found.push(Incomplete::Nothing),
        (true, false) => found.push(Incomplete::Both),
        (true, true) | (false, false) => {}
    }
    for (number, condition) in (1..).zip(&config.conditions) {
        condition_gaps(number, condition, &mut found);
    }
    if is_switch {
        switch_gaps(config, &mut found);
    }
    found
}

fn condition_gaps(number: usize, condition: &Condition, found: &mut Vec<Incomplete>) {
    found.extend(field_of(number, condition).err());
    let Some(operator) = condition.operator else {
        found.push(Incomplete::Operator { number });
        return;
    };
    let value = condition.value.as_ref().filter(|value| !value.is_missing());
    match operator {
        Operator::Exists => {}
        Operator::Equals | Operator::NotEquals | Operator::Contains => {
            found.extend(value.is_none().then_some(Incomplete::Value { number }));
        }
        Operator::GreaterThan | Operator::LessThan => found.extend(match value {
            None => Some(Incomplete::Value { number }),
            Some(value) => not_a_number(number, value),
        }),
    }
}

fn not_a_number(number: usize, value: &Value) -> Option<Incomplete> {
    let text = || value.as_text().chars().take(80).collect();
    value.as_number().is_none().then(|| Incomplete::NotANumber { number, value: text() })
}

fn switch_gaps(config: &ConditionalConfig, found: &mut Vec<Incomplete>) {
    match config.condition_field.as_deref() {
        None | Some("") => found.push(Incomplete::NoSwitchField),
        Some(text) => found.extend(text.parse::<FieldRef>().err().map(Incomplete::SwitchField)),
    }
    if config.branches.is_empty() {
        found.push(Incomplete::NoBranches);
    }
    if config.branches.iter().any(String::is_empty) {
        found.push(Incomplete::UnnamedBranch);
    }
}

fn field_of(number: usize, condition: &Condition) -> Result<FieldRef, Incomplete> {
    match condition.field.as_deref() {
        None | Some("") => Err(Incomplete::Field { number }),
        Some(text) => text.parse().map_err(|error| Incomplete::UnknownField { number, error }),
    }
}

/// The field and operator of a condition.
pub(super) fn read(
    number: usize,
    condition: &Condition,
) -> Result<(FieldRef, Operator), Incomplete> {
    let operator = condition.operator.ok_or(Incomplete::Operator { number })?;
    Ok((field_of(number, condition)?, operator))
}
