//! What a step can read of its lead, with what the same decision adds.

use std::borrow::Cow;

use super::Walk;
use crate::{
    condition::{Facts, FieldRef},
    id::NodeId,
    personal::Personal,
    value::Value,
};

impl Facts for Walk<'_> {
    fn field(&self, field: &FieldRef) -> Option<Cow<'_, Value>> {
        let call = self.state.last_call();
        let found = match field {
            FieldRef::LeadPhoneNumber => {
                Cow::Owned(Value::Text(self.state.phone_number.known()?.clone()))
            }
            FieldRef::LeadVariable(name) => Cow::Borrowed(self.state.variables.known()?.get(name)?),
            FieldRef::CallStatus => {
                let known = call.map(|call| call.status);
                let status = self.news.map_or(known, |news| Some(news.status))?;
                Cow::Owned(status.as_str().into())
            }
            FieldRef::CallEndReason => {
                let known = call.and_then(|call| call.end_reason.as_deref());
                let reason = self.news.map_or(known, |news| news.end_reason)?;
                Cow::Owned(reason.into())
            }
            FieldRef::CallAttribute(name) => {
                let new = self.news.and_then(|news| news.attributes.get(name));
                let known = || call.and_then(|call| call.attributes.known()?.get(name));
                let found = new.or_else(known).filter(|value| !value.is_missing());
                if found.is_none() {
                    self.attribute_missed.set(true);
                }
                Cow::Borrowed(found?)
            }
            FieldRef::ApplicationField { node, field } => {
                let node: NodeId = node.parse().ok()?;
                let new = self.answer.filter(|(answered, _)| *answered == node);
                let known = || self.state.answers.get(&node).and_then(Personal::known);
                Cow::Borrowed(new.map(|(_, fields)| fields).or_else(known)?.get(field)?)
            }
        };
        Some(found).filter(|value| !value.is_missing())
    }
}
