//! What a node is told to do. Everything is optional: a node is stored even if incomplete, and
//! judged by validation and activation. Source: CONTRACT.md 5 and 6.
//!
//! The JSON form is the API's and the journal's: unknown fields and wrong types are refused.

use std::{fmt, marker::PhantomData, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::{ApplicationConfig, VoiceCallConfig};
use crate::{output::Output, value::Value};

/// The kind of step a node is. Never changes; delete the node and create another instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NodeType {
    /// Calls the lead and branches on the final call status.
    VoiceCall,
    /// Branches on what is known of the lead.
    Conditional,
    /// Waits.
    Time,
    /// Acts on another system.
    Application,
    /// The lead is won.
    Converted,
    /// The lead is lost.
    Dropped,
}

impl NodeType {
    /// Every kind of node.
    pub const ALL: [Self; 6] = [
        Self::VoiceCall,
        Self::Conditional,
        Self::Time,
        Self::Application,
        Self::Converted,
        Self::Dropped,
    ];

    /// The text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VoiceCall => "VOICE_CALL",
            Self::Conditional => "CONDITIONAL",
            Self::Time => "TIME",
            Self::Application => "APPLICATION",
            Self::Converted => "CONVERTED",
            Self::Dropped => "DROPPED",
        }
    }

    /// Whether a lead that arrives here has reached its end.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Converted | Self::Dropped)
    }
}

impl fmt::Display for NodeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no node type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a node type; the types are VOICE_CALL, CONDITIONAL, TIME, APPLICATION, CONVERTED, DROPPED"
)]
pub struct UnknownNodeType {
    text: String,
}

impl FromStr for NodeType {
    type Err = UnknownNodeType;

    fn from_str(text: &str) -> Result<Self, UnknownNodeType> {
        Self::ALL
            .into_iter()
            .find(|node_type| node_type.as_str() == text)
            .ok_or_else(|| UnknownNodeType { text: text.chars().take(80).collect() })
    }
}

/// How conditions are joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Logic {
    /// All must hold.
    #[default]
    And,
    /// One must hold.
    Or,
}

impl Logic {
    /// Both.
    pub const ALL: [Self; 2] = [Self::And, Self::Or];
}

/// What a condition asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// The field is this value.
    Equals,
    /// The field is another value, or missing.
    NotEquals,
    /// The field is there.
    Exists,
    /// The field's text has this text in it.
    Contains,
    /// The field is a number above this one.
    GreaterThan,
    /// The field is a number below this one.
    LessThan,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Self; 6] = [
        Self::Equals,
        Self::NotEquals,
        Self::Exists,
        Self::Contains,
        Self::GreaterThan,
        Self::LessThan,
    ];
}

/// One condition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// For example `lead.city` or `call.status`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<Operator>,
    /// Compared with the field; not needed for `exists`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// Config of a `CONDITIONAL` node: conditions with the outputs `true` and `false`, or a switch on
/// one field with an output for each branch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionalConfig {
    /// How the conditions are joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logic: Option<Logic>,
    /// The conditions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The field a switch reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition_field: Option<String>,
    /// The values a switch knows; each is the label of an edge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<String>,
}

/// Unit of a `TIME` node's duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeUnit {
    /// 60 seconds.
    Minutes,
    /// 60 minutes.
    Hours,
    /// 24 hours, whatever the clocks do.
    Days,
}

impl TimeUnit {
    /// Every unit.
    pub const ALL: [Self; 3] = [Self::Minutes, Self::Hours, Self::Days];

    /// Unit: seconds.
    pub const fn seconds(self) -> u64 {
        match self {
            Self::Minutes => 60,
            Self::Hours => 3_600,
            Self::Days => 86_400,
        }
    }
}

/// Where a `TIME` node takes its release time from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeSource {
    /// The node's own duration.
    Fixed,
    /// An attribute of the lead's last call.
    PostcallAnalysis,
}

impl TimeSource {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Fixed, Self::PostcallAnalysis];
}

/// Config of a `TIME` node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeConfig {
    /// How long to wait, in `unit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<i64>,
    /// Unit of `duration`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<TimeUnit>,
    /// How long to wait. Unit: hours. The short spelling of `duration` and `unit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_hours: Option<i64>,
    /// `fixed` unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_source: Option<TimeSource>,
    /// Attribute with the time in words, for `postcall_analysis`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pca_field: Option<String>,
}

impl TimeConfig {
    /// The wait in seconds, when it is fixed, complete and above zero.
    pub fn fixed_seconds(&self) -> Option<u64> {
        if self.time_source == Some(TimeSource::PostcallAnalysis) {
            return None;
        }
        let (amount, unit) = match (self.duration, self.unit, self.delay_hours) {
            (Some(duration), Some(unit), _) => (duration, unit),
            (None, _, Some(hours)) => (hours, TimeUnit::Hours),
            (Some(_), None, _) | (None, _, None) => return None,
        };
        let amount = u64::try_from(amount).ok().filter(|&amount| amount > 0)?;
        Some(amount.saturating_mul(unit.seconds()))
    }
}

/// What a node is told to do, by its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeConfig {
    /// See [`VoiceCallConfig`].
    VoiceCall(VoiceCallConfig),
    /// See [`ConditionalConfig`].
    Conditional(ConditionalConfig),
    /// See [`TimeConfig`].
    Time(TimeConfig),
    /// See [`ApplicationConfig`].
    Application(ApplicationConfig),
    /// Takes no config.
    Converted,
    /// Takes no config.
    Dropped,
}

/// The config of a node that takes none: `{}`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoConfig {}

impl NodeConfig {
    /// The config of a new node without one.
    pub fn empty(node_type: NodeType) -> Self {
        match node_type {
            NodeType::VoiceCall => Self::VoiceCall(VoiceCallConfig::default()),
            NodeType::Conditional => Self::Conditional(ConditionalConfig::default()),
            NodeType::Time => Self::Time(TimeConfig::default()),
            NodeType::Application => Self::Application(ApplicationConfig::default()),
            NodeType::Converted => Self::Converted,
            NodeType::Dropped => Self::Dropped,
        }
    }

    /// The type of node it belongs to.
    pub const fn node_type(&self) -> NodeType {
        match self {
            Self::VoiceCall(_) => NodeType::VoiceCall,
            Self::Conditional(_) => NodeType::Conditional,
            Self::Time(_) => NodeType::Time,
            Self::Application(_) => NodeType::Application,
            Self::Converted => NodeType::Converted,
            Self::Dropped => NodeType::Dropped,
        }
    }

    /// The outputs the node can have, in the order people know them. None for a terminal node.
    /// Source: CONTRACT.md 5.
    pub fn outputs(&self) -> Vec<Output> {
        match self {
            Self::VoiceCall(_) => vec![Output::Completed, Output::Dnp, Output::Failed],
            Self::Conditional(config) if config.condition_field.is_some() => {
                config.branches.iter().map(|name| Output::from(name.as_str())).collect()
            }
            Self::Conditional(_) => vec![Output::True, Output::False],
            Self::Time(_) => vec![Output::Next],
            Self::Application(_) => vec![Output::Success, Output::Failure],
            Self::Converted | Self::Dropped => Vec::new(),
        }
    }

    /// Reads the config of a node of this type from a self-describing format such as JSON.
    ///
    /// # Errors
    ///
    /// The format's own error for an unknown field or a wrong type.
    pub fn read<'de, D: Deserializer<'de>>(
        node_type: NodeType,
        config: D,
    ) -> Result<Self, D::Error> {
        Ok(match node_type {
            NodeType::VoiceCall => Self::VoiceCall(object(config)?),
            NodeType::Conditional => Self::Conditional(object(config)?),
            NodeType::Time => Self::Time(object(config)?),
            NodeType::Application => Self::Application(object(config)?),
            NodeType::Converted => object(config).map(|NoConfig {}| Self::Converted)?,
            NodeType::Dropped => object(config).map(|NoConfig {}| Self::Dropped)?,
        })
    }
}

/// Reads an object. Derived readers take a list of the fields' values too, which nobody means.
fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(config: D) -> Result<T, D::Error> {
    struct Fields<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(fields))
        }
    }

    config.deserialize_map(Fields(PhantomData))
}

impl Serialize for NodeConfig {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::VoiceCall(config) => config.serialize(serializer),
            Self::Conditional(config) => config.serialize(serializer),
            Self::Time(config) => config.serialize(serializer),
            Self::Application(config) => config.serialize(serializer),
            Self::Converted | Self::Dropped => NoConfig {}.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_is_an_object_and_nothing_else() {
        for node_type in NodeType::ALL {
            let read = |json: &str| {
                NodeConfig::read(node_type, &mut serde_json::Deserializer::from_str(json))
            };
            assert_eq!(read("{}").unwrap(), NodeConfig::empty(node_type));
            for json in ["[]", "[\"+4915112345678\"]", "null", "7", "\"x\"", "{\"unheard_of\": 1}"]
            {
                assert!(read(json).is_err(), "{node_type} {json}");
            }
        }
    }
}
