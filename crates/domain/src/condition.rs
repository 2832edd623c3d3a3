//! Conditions over what is known of a lead.

use std::borrow::Cow;

use crate::{graph::ConditionalConfig, output::Output, value::Value};

/// A field that a condition reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldRef {
    /// `lead.phone_number`.
    LeadPhoneNumber,
    /// `lead.<variable>`.
    LeadVariable(String),
    /// `call.status`.
    CallStatus,
    /// `call.end_reason`.
    CallEndReason,
    /// `call.<attribute>`.
    CallAttribute(String),
    /// `application.<node>.<field>`.
    ApplicationField {
        /// The node.
        node: String,
        /// The field.
        field: String,
    },
}

/// What is known of a lead.
pub trait Facts {
    /// The value of a field; `None` when it is missing.
    fn field(&self, field: &FieldRef) -> Option<Cow<'_, Value>>;
}

/// The config lacks something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the condition is incomplete")]
pub struct Incomplete;

/// The output of a conditional node.
///
/// # Errors
///
/// [`Incomplete`] when the config lacks something.
pub fn decide_output(
    _config: &ConditionalConfig,
    _facts: &dyn Facts,
) -> Result<Output, Incomplete> {
    Err(Incomplete)
}
