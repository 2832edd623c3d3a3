//! Names of things. Minted outside (the domain cannot), readable in logs.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use uuid::Uuid;

/// A text that is not an id of the wanted kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id of this kind: expected `{expected}` and a UUID")]
pub struct ParseIdError {
    /// What was given, cut to 80 characters.
    pub text: String,
    /// The prefix that was expected, with its underscore.
    pub expected: &'static str,
}

fn parse_uuid(text: &str, prefix: &'static str) -> Result<Uuid, ParseIdError> {
    let bare = text.strip_prefix(prefix).unwrap_or(text);
    // Only the two forms that people copy from our own output; braces and `urn:` are refused.
    let known_length = bare.len() == 36 || bare.len() == 32;
    Uuid::try_parse(bare)
        .ok()
        .filter(|_| known_length)
        .ok_or_else(|| ParseIdError { text: text.chars().take(80).collect(), expected: prefix })
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The prefix of the text form.
            pub const PREFIX: &'static str = concat!($prefix, "_");

            /// Wraps a UUID that was minted outside.
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// For fixtures.
            pub const fn from_u128(id: u128) -> Self {
                Self(Uuid::from_u128(id))
            }

            /// The bare UUID.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.hyphenated())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            /// Accepts the prefixed text and a bare UUID.
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                parse_uuid(text, Self::PREFIX).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }
    };
}

uuid_id!(
    /// An organisation: everything belongs to one.
    OrganisationId,
    "org"
);
uuid_id!(
    /// A workflow.
    WorkflowId,
    "wf"
);
uuid_id!(
    /// A node of a workflow's graph.
    NodeId,
    "node"
);
uuid_id!(
    /// An edge of a workflow's graph.
    EdgeId,
    "edge"
);
uuid_id!(
    /// One person enrolled in one workflow.
    LeadId,
    "lead"
);
uuid_id!(
    /// One enrolment of many leads.
    ImportId,
    "import"
);
uuid_id!(
    /// An API key of an organisation. The name of the key, not its secret.
    ApiKeyId,
    "key"
);
uuid_id!(
    /// A message of a telephony provider that could not be used. Made from what it says, so that the
    /// same message has the same name however often it is sent.
    ProviderEventId,
    "pe"
);

impl OrganisationId {
    /// The organisation of a server without API keys, and of keys made for no other.
    pub const DEFAULT: Self = Self::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001);
}

/// One call attempt: the lead and the number of the call in the lead's life, from 1. It routes
/// itself, so no index from calls to leads exists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId {
    /// Whom the call is for.
    pub lead: LeadId,
    /// Counts the lead's calls over all visits, attempts and redials.
    pub number: u32,
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call_{}_{}", self.lead.as_uuid().hyphenated(), self.number)
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for CallId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let refuse = || ParseIdError {
            text: text.chars().take(80).collect(),
            expected: "call_<lead's UUID>_<n>, such as call_",
        };
        let bare = text.strip_prefix("call_").ok_or_else(refuse)?;
        let (lead, number) = bare.rsplit_once('_').ok_or_else(refuse)?;
        let lead = parse_uuid(lead, "lead_").map_err(|_| refuse())?;
        // `+1` and `01` would be second names for the same call.
        let plain = number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0');
        let number = number.parse().ok().filter(|_| plain).ok_or_else(refuse)?;
        Ok(Self { lead: LeadId(lead), number })
    }
}

impl Serialize for CallId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CallId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_its_text_and_from_the_bare_uuid() {
        let id = WorkflowId::from_u128(0x0192_f3a1_0000_7000_8000_0000_0000_0007);
        assert_eq!(id.to_string(), "wf_0192f3a1-0000-7000-8000-000000000007");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("0192f3a1-0000-7000-8000-000000000007".parse(), Ok(id));
        assert_eq!("0192f3a1000070008000000000000007".parse(), Ok(id));
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let lead = LeadId::from_u128(7).to_string();
        assert!(lead.parse::<WorkflowId>().is_err());
        assert!("wf_".parse::<WorkflowId>().is_err());
        assert!("{0192f3a1-0000-7000-8000-000000000007}".parse::<WorkflowId>().is_err());
    }

    #[test]
    fn a_call_id_names_its_lead_and_has_one_spelling() {
        let call = CallId { lead: LeadId::from_u128(7), number: 12 };
        assert_eq!(call.to_string(), "call_00000000-0000-0000-0000-000000000007_12");
        assert_eq!(call.to_string().parse(), Ok(call));
        for wrong in ["call_7_1", "00000000-0000-0000-0000-000000000007_1"] {
            assert!(wrong.parse::<CallId>().is_err(), "{wrong}");
        }
        let lead = "call_00000000-0000-0000-0000-000000000007";
        for number in ["", "_", "_0", "_01", "_+1", "_-1", "_4294967296"] {
            assert!(format!("{lead}{number}").parse::<CallId>().is_err(), "{number}");
        }
    }
}
