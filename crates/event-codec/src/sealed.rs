//! Personal fields on their way through the seal.

use std::borrow::Cow;

use branchline_domain::{
    id::LeadId,
    lead::Values,
    personal::Personal,
    value::{Decimal, Value},
};
use branchline_vault::LeadKey;

use crate::{DecodeError, EncodeError, binary, lead_v1 as v1, limits};

/// A kind of field that goes into the journal sealed.
///
/// Its number is bound into the seal, so one kind of field never opens as another. Numbers are
/// storage format: one is added, never changed or reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedField {
    /// What [`LeadKey::seal`] takes as the field.
    pub number: u8,
    /// What errors call it.
    pub name: &'static str,
    /// How large it may be before it is sealed. Unit: bytes.
    pub bytes_max: usize,
}

/// Phone number of an enrolment: its text.
pub(crate) const PHONE_NUMBER: SealedField =
    SealedField { number: 1, name: "phone_number", bytes_max: 64 };
/// Variables of an enrolment or an edit: names and values.
pub(crate) const VARIABLES: SealedField =
    SealedField { number: 2, name: "variables", bytes_max: 8 * 1_024 };
/// Notes of an enrolment or an edit: their text.
pub(crate) const NOTES: SealedField =
    SealedField { number: 3, name: "notes", bytes_max: 2 * 1_024 };
/// Attributes of a call: names and values.
pub(crate) const ATTRIBUTES: SealedField =
    SealedField { number: 4, name: "attributes", bytes_max: 8 * 1_024 };
/// Why a carrier refused a call: its text.
pub(crate) const REFUSAL_REASON: SealedField =
    SealedField { number: 5, name: "reason", bytes_max: 1_024 };
/// A time to release at that cannot be read: its text.
pub(crate) const UNREADABLE_TIME: SealedField =
    SealedField { number: 6, name: "unreadable_time", bytes_max: 1_024 };
/// What was sent to an application and came back, redacted: JSON text.
pub(crate) const EVIDENCE: SealedField =
    SealedField { number: 7, name: "evidence", bytes_max: 4 * 1_024 };
/// Fields of an application's answer: names and values.
pub(crate) const ANSWER: SealedField =
    SealedField { number: 8, name: "fields", bytes_max: 4 * 1_024 };

/// Every kind of sealed field, in the order of their numbers.
pub const SEALED_FIELDS: [SealedField; 8] =
    [PHONE_NUMBER, VARIABLES, NOTES, ATTRIBUTES, REFUSAL_REASON, UNREADABLE_TIME, EVIDENCE, ANSWER];

/// What it takes to seal the personal fields of one lead.
#[derive(Clone, Copy)]
pub struct Sealing<'a> {
    /// Whose fields they are.
    pub lead: LeadId,
    /// The lead's key. Without one, after an erasure, every personal field is written as erased.
    pub key: Option<&'a LeadKey>,
    /// A fresh nonce for every field that is sealed; see [`branchline_vault::Vault::nonce`].
    pub nonce: &'a dyn Fn() -> [u8; 24],
}

impl std::fmt::Debug for Sealing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealing")
            .field("lead", &self.lead)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl Sealing<'_> {
    fn seal(
        &self,
        event_type: &'static str,
        field: SealedField,
        plain: &[u8],
    ) -> Result<Vec<u8>, EncodeError> {
        limits::within(event_type, field.name, plain.len(), field.bytes_max)?;
        Ok(self.key.map_or_else(Vec::new, |key| {
            key.seal(self.lead.as_uuid(), field.number, (self.nonce)(), plain)
        }))
    }

    /// The sealed bytes of a text; none when it is erased.
    pub(crate) fn text(
        &self,
        event_type: &'static str,
        field: SealedField,
        value: &Personal<String>,
    ) -> Result<Vec<u8>, EncodeError> {
        match value {
            Personal::Known(text) => self.seal(event_type, field, text.as_bytes()),
            Personal::Erased => Ok(Vec::new()),
        }
    }

    /// The sealed bytes of a text; `None` when there is no text.
    pub(crate) fn optional_text(
        &self,
        event_type: &'static str,
        field: SealedField,
        value: &Personal<Option<String>>,
    ) -> Result<Option<Vec<u8>>, EncodeError> {
        match value {
            Personal::Known(Some(text)) => self.seal(event_type, field, text.as_bytes()).map(Some),
            // Nothing tells an absent text from an erased one once the key is gone.
            Personal::Known(None) => Ok(self.key.is_none().then(Vec::new)),
            Personal::Erased => Ok(Some(Vec::new())),
        }
    }

    /// The sealed bytes of names and values; `None` when there are none.
    pub(crate) fn values(
        &self,
        event_type: &'static str,
        field: SealedField,
        values: &Personal<Values>,
    ) -> Result<Option<Vec<u8>>, EncodeError> {
        match values {
            Personal::Known(values) if values.is_empty() => Ok(self.key.is_none().then(Vec::new)),
            Personal::Known(values) => {
                let layout: v1::Values<'_> = values
                    .iter()
                    .map(|(name, value)| (name.as_str(), write_value(value)))
                    .collect();
                let plain = binary::write(event_type, layout)?;
                self.seal(event_type, field, &plain).map(Some)
            }
            Personal::Erased => Ok(Some(Vec::new())),
        }
    }
}

fn write_value(value: &Value) -> v1::Value<'_> {
    match value {
        Value::Text(text) => v1::Value::Text(text),
        Value::Number(number) => {
            let (digits, places) = number.parts();
            v1::Value::Number { digits, places }
        }
        Value::Bool(yes) => v1::Value::Bool(*yes),
    }
}

/// A number from its parts; `None` when they are beyond what a number may have.
pub(crate) fn number(digits: i128, places: u32) -> Option<Decimal> {
    format!("{digits}e-{places}").parse().ok()
}

/// What it takes to open the personal fields of one event.
#[derive(Clone, Copy)]
pub(crate) struct Opening<'a> {
    pub(crate) event_type: &'static str,
    pub(crate) lead: LeadId,
    pub(crate) key: Option<&'a LeadKey>,
}

impl Opening<'_> {
    /// The plain bytes; `None` when the field is erased, or for a reader without a key.
    fn open(self, field: SealedField, sealed: &[u8]) -> Result<Option<Vec<u8>>, DecodeError> {
        let Some(key) = self.key.filter(|_| !sealed.is_empty()) else {
            return Ok(None);
        };
        key.open(self.lead.as_uuid(), field.number, sealed).map(Some).map_err(|source| {
            DecodeError::Seal { event_type: self.event_type, field: field.name, source }
        })
    }

    fn damaged(self, field: SealedField, reason: impl std::fmt::Display) -> DecodeError {
        DecodeError::Malformed {
            event_type: self.event_type,
            reason: format!("{}: {reason}", field.name),
        }
    }

    pub(crate) fn text(
        self,
        field: SealedField,
        sealed: &[u8],
    ) -> Result<Personal<String>, DecodeError> {
        let Some(plain) = self.open(field, sealed)? else {
            return Ok(Personal::Erased);
        };
        // The error of `from_utf8` holds the bytes, which are personal; only its position is told.
        String::from_utf8(plain)
            .map(Personal::Known)
            .map_err(|error| self.damaged(field, error.utf8_error()))
    }

    pub(crate) fn optional_text(
        self,
        field: SealedField,
        sealed: Option<&[u8]>,
    ) -> Result<Personal<Option<String>>, DecodeError> {
        match sealed {
            Some(sealed) => Ok(match self.text(field, sealed)? {
                Personal::Known(text) => Personal::Known(Some(text)),
                Personal::Erased => Personal::Erased,
            }),
            None => Ok(self.nothing()),
        }
    }

    pub(crate) fn values(
        self,
        field: SealedField,
        sealed: Option<&[u8]>,
    ) -> Result<Personal<Values>, DecodeError> {
        let Some(sealed) = sealed else {
            return Ok(self.nothing());
        };
        let Some(plain) = self.open(field, sealed)? else {
            return Ok(Personal::Erased);
        };
        let layout: v1::Values<'_> = binary::read(self.event_type, &plain)
            .map_err(|error| self.damaged(field, Cause::of(error)))?;
        let mut values = Values::new();
        for (name, value) in layout {
            if values.last_key_value().is_some_and(|(last, _)| last.as_str() >= name) {
                return Err(self.damaged(field, "the names are not in order"));
            }
            let value =
                match value {
                    v1::Value::Text(text) => Value::Text(text.into()),
                    v1::Value::Number { digits, places } => number(digits, places)
                        .map(Value::Number)
                        .ok_or_else(|| self.damaged(field, "a number has too many digits"))?,
                    v1::Value::Bool(yes) => Value::Bool(yes),
                };
            values.insert(name.into(), value);
        }
        Ok(Personal::Known(values))
    }

    /// A field that was empty: a reader without a key does not read even that.
    fn nothing<T: Default>(self) -> Personal<T> {
        if self.key.is_some() { Personal::Known(T::default()) } else { Personal::Erased }
    }
}

/// What is wrong inside a field, without the event's name, which stands before it already.
struct Cause(Cow<'static, str>);

impl Cause {
    fn of(error: DecodeError) -> Self {
        Self(match error {
            DecodeError::Malformed { reason, .. } => reason.into(),
            DecodeError::TrailingBytes { left, .. } => format!("{left} bytes too many").into(),
            other @ (DecodeError::UnknownType { .. }
            | DecodeError::FromTheFuture { .. }
            | DecodeError::TooLong { .. }
            | DecodeError::Seal { .. }) => other.to_string().into(),
        })
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
