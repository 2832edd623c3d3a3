//! The text of a checkpoint: origin, size, root.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use branchline_journal::merkle::TreeHead;

use super::HeadError;

/// What a head says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Checkpoint {
    pub(super) origin: String,
    pub(super) head: TreeHead,
}

impl Checkpoint {
    pub(super) fn new(origin: &str, head: TreeHead) -> Self {
        Self { origin: origin.to_owned(), head }
    }

    /// The three lines.
    pub(super) fn to_text(&self) -> String {
        let TreeHead { size, root } = self.head;
        format!("{}\n{size}\n{}\n", self.origin, STANDARD.encode(root))
    }

    /// Reads the lines. Those after the root may say anything, and are only seen not to be empty.
    pub(super) fn parse(text: &str) -> Result<Self, HeadError> {
        let wrong = |line, reason| HeadError::Form { line, reason };
        let mut lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
        let origin = lines.next().unwrap_or_default();
        if origin.is_empty() {
            return Err(wrong(1, "the origin is empty"));
        }
        let size = lines.next().and_then(number);
        let size = size.ok_or_else(|| wrong(2, "it is no number of records"))?;
        let root = lines.next().and_then(|line| STANDARD.decode(line).ok());
        let root = root.and_then(|root| root.try_into().ok());
        let root = root.ok_or_else(|| wrong(3, "it is no hash of 32 bytes in base64"))?;
        if let Some(at) = lines.position(str::is_empty) {
            return Err(wrong(4 + at, "it is empty"));
        }
        Ok(Self { origin: origin.to_owned(), head: TreeHead { size, root } })
    }
}

/// A number as it is written: digits, and no leading zero.
fn number(line: &str) -> Option<u64> {
    let number: u64 = line.parse().ok()?;
    (number.to_string() == line).then_some(number)
}
