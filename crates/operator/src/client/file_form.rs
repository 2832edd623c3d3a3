//! A file in a form (`multipart/form-data`), read anew for each time it is sent.

use std::{
    fs::File,
    io::{self, Cursor, Read, Seek as _},
    path::Path,
};

use indicatif::ProgressBar;
use reqwest::blocking::Body;

use crate::{fault::Fault, progress};

/// A file that is sent.
#[derive(Debug)]
pub(crate) struct FileForm {
    file: File,
    bytes: u64,
    head: Vec<u8>,
    tail: Vec<u8>,
    boundary: String,
    /// What is said when the file cannot be read.
    place: String,
    /// How far the sending is. Unit: bytes.
    bar: ProgressBar,
}

impl FileForm {
    /// A file by its path, or the standard input for `-`.
    ///
    /// # Errors
    ///
    /// [`Fault::Failed`] when it cannot be read.
    pub(crate) fn open(path: &Path, boundary: &str) -> Result<Self, Fault> {
        let place = path.display().to_string();
        let unread = |error: io::Error| Fault::io(&format!("cannot read {place}"), &error);
        if path == Path::new("-") {
            // It is kept, without a name, so that it can be sent again.
            let mut kept = tempfile::tempfile().map_err(unread)?;
            io::copy(&mut io::stdin().lock(), &mut kept).map_err(unread)?;
            return Self::of(kept, "stdin", "standard input", boundary);
        }
        let file = File::open(path).map_err(unread)?;
        if file.metadata().map_err(unread)?.is_dir() {
            return Err(Fault::Failed(format!("cannot read {place}: it is a directory")));
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Self::of(file, &name.unwrap_or_default(), &place, boundary)
    }

    fn of(file: File, name: &str, place: &str, boundary: &str) -> Result<Self, Fault> {
        let found = file.metadata();
        let bytes =
            found.map_err(|error| Fault::io(&format!("cannot read {place}"), &error))?.len();
        let head = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{}\"\r\n\
             content-type: application/octet-stream\r\n\r\n",
            escaped(name)
        );
        Ok(Self {
            file,
            bytes,
            head: head.into_bytes(),
            tail: format!("\r\n--{boundary}--\r\n").into_bytes(),
            boundary: boundary.to_owned(),
            place: place.to_owned(),
            bar: progress::bytes("sending", bytes),
        })
    }

    pub(super) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// The form from its beginning.
    pub(super) fn body(&self) -> Result<Body, Fault> {
        let unread = |error: io::Error| Fault::io(&format!("cannot read {}", self.place), &error);
        let mut file = self.file.try_clone().map_err(unread)?;
        file.rewind().map_err(unread)?;
        self.bar.reset();
        // A file that grows meanwhile is sent as long as it was.
        let counted = self.bar.wrap_read(file.take(self.bytes));
        let whole =
            Cursor::new(self.head.clone()).chain(counted).chain(Cursor::new(self.tail.clone()));
        let length = self.head.len() as u64 + self.bytes + self.tail.len() as u64;
        Ok(Body::sized(whole, length))
    }
}

impl Drop for FileForm {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A file's name between quotes, as browsers write it. Source: HTML, multipart/form-data encoding.
fn escaped(name: &str) -> String {
    name.chars()
        .map(|c| match c {
            '"' => "%22".to_owned(),
            '\r' => "%0D".to_owned(),
            '\n' => "%0A".to_owned(),
            other => other.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        assert_eq!(escaped("a\"b\r\nc.csv"), "a%22b%0D%0Ac.csv");
        assert_eq!(escaped("März.csv"), "März.csv");
    }
}
