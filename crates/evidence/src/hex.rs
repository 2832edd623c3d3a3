//! Bytes as hexadecimal text, two lower-case digits a byte.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Visitor};

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The text of bytes.
pub fn text(bytes: &[u8]) -> String {
    let digit = |value: u8| DIGITS.get(usize::from(value)).copied().map_or('?', char::from);
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0xf));
    }
    text
}

/// The bytes of a text; `None` when it is not what [`text`] writes.
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(value(*high)? << 4 | value(*low)?)).collect()
}

/// Bytes that are hexadecimal text in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hex<'a>(pub(crate) Cow<'a, [u8]>);

impl<'a> Hex<'a> {
    /// The text of bytes that are somewhere else.
    pub(crate) const fn of(bytes: &'a [u8]) -> Self {
        Self(Cow::Borrowed(bytes))
    }

    /// As many bytes as there must be; `None` when there are more or fewer.
    pub(crate) fn array<const N: usize>(&self) -> Option<[u8; N]> {
        self.0.as_ref().try_into().ok()
    }
}

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(&self.0))
    }
}

impl<'de> Deserialize<'de> for Hex<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(HexText)
    }
}

/// Reads the text without a copy of it.
struct HexText;

impl Visitor<'_> for HexText {
    type Value = Hex<'static>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes in lower-case hexadecimal")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let bytes = bytes(text).ok_or_else(|| E::custom("bytes are not in hexadecimal"))?;
        Ok(Hex(Cow::Owned(bytes)))
    }
}
