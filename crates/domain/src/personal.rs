//! What a person, provider or template supplied, and may have to be forgotten.

use std::fmt;

/// A personal value, or the mark that it cannot be read any more.
///
/// In the journal it is sealed with a key of its lead. A reader without keys, and every reader
/// after an erasure, sees [`Personal::Erased`]. Rules must give an answer for both.
#[derive(Clone, PartialEq, Eq)]
pub enum Personal<T> {
    /// The value.
    Known(T),
    /// The key is gone, or this reader has none.
    Erased,
}

impl<T> Personal<T> {
    /// The value, unless erased.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Erased => None,
        }
    }
}

impl<T: Default> Default for Personal<T> {
    fn default() -> Self {
        Self::Known(T::default())
    }
}

impl<T> fmt::Debug for Personal<T> {
    /// Never the value: debug output ends up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Known(_) => "Known(…)",
            Self::Erased => "Erased",
        })
    }
}
