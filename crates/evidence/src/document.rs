//! JSON documents that are taken only as they were written.

use serde::{Serialize, de::DeserializeOwned};

/// Largest document that is read. Unit: bytes. A stream of ten thousand large records fits.
pub const DOCUMENT_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Why bytes are not a document of ours.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// No document is that large.
    #[error("it is larger than {DOCUMENT_BYTES_MAX} bytes")]
    TooLarge,
    /// It is no JSON, or of something else.
    #[error("it is not what is expected here: {0}")]
    Json(#[from] serde_json::Error),
    /// The values can be read, and the bytes are not those that are written for them.
    #[error("it is not as it was written, from its line {line} on")]
    NotAsWritten {
        /// First line that differs, from 1.
        line: usize,
    },
}

/// The bytes of a document: a field a line, and a line feed at the end.
pub(crate) fn text(document: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    Ok(text)
}

/// Reads a document and compares its bytes with those that would be written, so that no changed
/// byte goes unnoticed, not even in white space.
pub(crate) fn read<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, DocumentError> {
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Err(DocumentError::TooLarge);
    }
    let document: T = serde_json::from_slice(bytes)?;
    let expected = text(&document)?;
    if bytes == expected.as_bytes() {
        return Ok(document);
    }
    let ends = bytes.iter().zip(expected.as_bytes()).take_while(|(a, b)| a == b);
    let line = ends.filter(|(byte, _)| **byte == b'\n').count() + 1;
    Err(DocumentError::NotAsWritten { line })
}
