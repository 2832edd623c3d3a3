//! Names of signing keys.

use std::{fmt, str::FromStr};

use super::SigningKeyError;

/// Longest name. Unit: bytes.
const NAME_BYTES_MAX: usize = 200;

/// Name of a signing key, which is also the origin of the heads that it signs: it says whose
/// journal that is. The ecosystem recommends a URL without its scheme, such as
/// `example.com/journal`; nobody calls it.
///
/// Not empty, at most 200 bytes, without white space, `+` and control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(Box<str>);

impl KeyName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KeyName {
    type Err = SigningKeyError;

    fn from_str(name: &str) -> Result<Self, SigningKeyError> {
        let reason = if name.is_empty() {
            "it is empty"
        } else if name.len() > NAME_BYTES_MAX {
            "it is longer than 200 bytes"
        } else if name.chars().any(char::is_whitespace) {
            "it has white space"
        } else if name.contains('+') {
            "it has a `+`"
        } else if name.chars().any(char::is_control) {
            "it has a control character"
        } else {
            return Ok(Self(name.into()));
        };
        Err(SigningKeyError::Name { name: name.to_owned(), reason })
    }
}
