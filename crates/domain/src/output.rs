//! What a step may answer; edges are labelled with it.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One output of a node. Its text is the label of the edges that serve it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Output {
    /// A call that connected and ended.
    Completed,
    /// A call that was not picked up or was busy.
    Dnp,
    /// A call that could not be made or got no answer.
    Failed,
    /// A condition that holds.
    True,
    /// A condition that does not.
    False,
    /// The one output of a wait.
    Next,
    /// An application that did its work.
    Success,
    /// An application that did not.
    Failure,
    /// A named branch of a switch.
    Branch(Arc<str>),
}

impl Output {
    /// The label.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Completed => "COMPLETED",
            Self::Dnp => "DNP",
            Self::Failed => "FAILED",
            Self::True => "true",
            Self::False => "false",
            Self::Next => "next",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Branch(name) => name,
        }
    }
}

impl From<&str> for Output {
    /// Every text is an output: one of the fixed ones, or the branch of a switch.
    fn from(label: &str) -> Self {
        match label {
            "COMPLETED" => Self::Completed,
            "DNP" => Self::Dnp,
            "FAILED" => Self::Failed,
            "true" => Self::True,
            "false" => Self::False,
            "next" => Self::Next,
            "success" => Self::Success,
            "failure" => Self::Failure,
            other => Self::Branch(other.into()),
        }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Output {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Output {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Ok(Self::from(text.as_ref()))
    }
}
