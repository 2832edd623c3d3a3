//! The names of what a condition may ask about.

use std::{fmt, str::FromStr};

/// What a condition or a switch reads. Source: CONTRACT.md 5.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FieldRef {
    /// `lead.phone_number`.
    LeadPhoneNumber,
    /// `lead.<variable>`: the rest of the text, dots and spaces included.
    LeadVariable(String),
    /// `call.status` of the lead's most recent call.
    CallStatus,
    /// `call.end_reason` of the lead's most recent call.
    CallEndReason,
    /// `call.<attribute>` of the lead's most recent call.
    CallAttribute(String),
    /// `application.<node>.<field>`: what the step at that node was answered.
    ApplicationField {
        /// The node, up to the first dot.
        node: String,
        /// The field, dots included.
        field: String,
    },
}

/// A text that names no field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a field; fields are lead.<variable>, call.<attribute> and application.<node>.<field>"
)]
pub struct ParseFieldError {
    text: String,
}

impl FromStr for FieldRef {
    type Err = ParseFieldError;

    fn from_str(text: &str) -> Result<Self, ParseFieldError> {
        let refuse = || ParseFieldError { text: text.chars().take(80).collect() };
        let (of, name) = text.split_once('.').ok_or_else(refuse)?;
        match (of, name) {
            (_, "") => Err(refuse()),
            ("lead", "phone_number") => Ok(Self::LeadPhoneNumber),
            ("lead", variable) => Ok(Self::LeadVariable(variable.into())),
            ("call", "status") => Ok(Self::CallStatus),
            ("call", "end_reason") => Ok(Self::CallEndReason),
            ("call", attribute) => Ok(Self::CallAttribute(attribute.into())),
            ("application", path) => match path.split_once('.') {
                Some((node, field)) if !node.is_empty() && !field.is_empty() => {
                    Ok(Self::ApplicationField { node: node.into(), field: field.into() })
                }
                Some(_) | None => Err(refuse()),
            },
            (_, _) => Err(refuse()),
        }
    }
}

impl fmt::Display for FieldRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeadPhoneNumber => f.write_str("lead.phone_number"),
            Self::LeadVariable(name) => write!(f, "lead.{name}"),
            Self::CallStatus => f.write_str("call.status"),
            Self::CallEndReason => f.write_str("call.end_reason"),
            Self::CallAttribute(name) => write!(f, "call.{name}"),
            Self::ApplicationField { node, field } => write!(f, "application.{node}.{field}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_reads_back_from_its_text() {
        let application = |node: &str, field: &str| FieldRef::ApplicationField {
            node: node.into(),
            field: field.into(),
        };
        for (text, field) in [
            ("lead.phone_number", FieldRef::LeadPhoneNumber),
            ("lead.city", FieldRef::LeadVariable("city".into())),
            ("lead.First Name", FieldRef::LeadVariable("First Name".into())),
            ("lead.a.b", FieldRef::LeadVariable("a.b".into())),
            ("call.status", FieldRef::CallStatus),
            ("call.end_reason", FieldRef::CallEndReason),
            ("call.interested", FieldRef::CallAttribute("interested".into())),
            ("application.crm.deal.id", application("crm", "deal.id")),
        ] {
            assert_eq!(text.parse(), Ok(field.clone()));
            assert_eq!(field.to_string(), text);
        }
    }

    #[test]
    fn what_names_no_field_is_refused_and_told_which_there_are() {
        for text in
            ["", ".", "city", "lead", "lead.", "Lead.city", " lead.city", "person.city", "call."]
        {
            assert!(text.parse::<FieldRef>().is_err(), "{text}");
        }
        for text in [
            "application",
            "application.",
            "application.crm",
            "application.crm.",
            "application..id",
        ] {
            assert!(text.parse::<FieldRef>().is_err(), "{text}");
        }
        let long = "x".repeat(1_000).parse::<FieldRef>().unwrap_err().to_string();
        assert!(long.len() < 200, "an error quotes no more than 80 characters: {long}");
    }
}
