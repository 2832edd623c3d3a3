//! Texts in and out of the program.

use std::{fs, io::Write as _, path::Path};

use anyhow::Context as _;
use branchline_scenarios::source_text::{Complaint, SourceText};

/// Writes to the standard output. A reader that has seen enough, such as `head`, is no error.
pub(crate) fn out(text: &str) -> anyhow::Result<()> {
    bytes(text.as_bytes())
}

/// The same with bytes.
pub(crate) fn bytes(text: &[u8]) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Err(wrong) if wrong.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to the standard output"),
    }
}

/// The text of a file.
pub(crate) fn text_of(path: &Path) -> Result<String, Complaint> {
    let name = path.display().to_string();
    let bytes = fs::read(path)
        .map_err(|wrong| Complaint::of_file(&name, format!("it cannot be read: {wrong}")))?;
    String::from_utf8(bytes).map_err(|wrong| {
        let at = wrong.utf8_error().valid_up_to();
        let right = String::from_utf8_lossy(wrong.as_bytes().get(..at).unwrap_or_default());
        let source = SourceText { name: &name, text: &right };
        let complaint = source.complain(&(at..at + 1), "this byte is not UTF-8");
        complaint.with_help("save the file as UTF-8")
    })
}
