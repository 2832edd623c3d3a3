//! What somebody points at as evidence: told by what is in it, not by what it is called.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

use crate::Fault;

/// How much of a file is looked at. Unit: bytes.
const LOOK_BYTES: u64 = 512;

/// Beginnings of files that people take for evidence, and what they are.
const STRANGERS: &[(&[u8], &str)] = &[
    (b"\x1f\x8b", "it is compressed with gzip: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "it is compressed with zstd: unpack it first"),
    (b"\xfd7zXZ\0", "it is compressed with xz: unpack it first"),
    (b"BZh", "it is compressed with bzip2: unpack it first"),
    (b"PK\x03\x04", "it is a zip archive: unpack it first"),
    (b"BRLNLEAD", "it holds the keys of leads: name the data directory"),
    (b"BRLNORGS", "it holds the keys of organisations: name the data directory"),
    (b"BLBK", "it is a block without its file"),
    (b"SQLite format 3\0", "it is a SQLite database"),
    (b"\x7fELF", "it is a program"),
];

/// Where records are said to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A running server.
    Server(String),
    /// A stopped server's data directory, or the journal's directory in it.
    Directory {
        /// The journal's directory.
        journal: PathBuf,
        /// The directory around it, with the keys.
        data: PathBuf,
    },
    /// A file of lines, one a record.
    Lines(PathBuf),
    /// A block file.
    Blocks(PathBuf),
}

impl Place {
    /// Looks what is there.
    ///
    /// # Errors
    ///
    /// When there is nothing, or it cannot be read; [`Fault::Damaged`] when it is something else,
    /// which is told.
    pub fn find(given: &Path) -> anyhow::Result<Self> {
        if let Some(url) = url(given) {
            return Ok(Self::Server(url.to_owned()));
        }
        if given.is_dir() {
            let inside = given.join("journal");
            return Ok(if inside.is_dir() {
                Self::Directory { journal: inside, data: given.to_owned() }
            } else {
                Self::Directory { journal: given.to_owned(), data: given.join("..") }
            });
        }
        if !given.exists() {
            bail!("there is no {}", given.display());
        }
        if !given.is_file() {
            bail!("{} is neither a file nor a directory", given.display());
        }
        let begin = beginning(given).with_context(|| format!("cannot read {}", given.display()))?;
        look(given, &begin).map_err(|seen| {
            let place = given.display();
            Fault::Damaged(format!("{place} is no journal, nor an export of one: {seen}")).into()
        })
    }
}

/// The text, when it is a URL.
pub fn url(given: &Path) -> Option<&str> {
    given.to_str().filter(|text| text.starts_with("http://") || text.starts_with("https://"))
}

fn beginning(file: &Path) -> io::Result<Vec<u8>> {
    let mut begin = Vec::new();
    File::open(file)?.take(LOOK_BYTES).read_to_end(&mut begin)?;
    Ok(begin)
}

/// What a file is by its first bytes, or what it looks like. Where the first bytes say nothing, the
/// name does: a file whose beginning was damaged is still what it was.
fn look(file: &Path, begin: &[u8]) -> Result<Place, String> {
    let named = |extension: &str| file.extension().is_some_and(|found| found == extension);
    if begin.starts_with(b"BLBF") {
        return Ok(Place::Blocks(file.to_owned()));
    }
    if begin.starts_with(b"{\"cause\":") || begin.starts_with(b"{\"end\":") {
        return Ok(Place::Lines(file.to_owned()));
    }
    if let Some((_, what)) = STRANGERS.iter().find(|(magic, _)| begin.starts_with(magic)) {
        return Err((*what).into());
    }
    if begin.is_empty() {
        return Err("it is empty".into());
    }
    if named("blocks") {
        return Ok(Place::Blocks(file.to_owned()));
    }
    if named("jsonl") {
        return Ok(Place::Lines(file.to_owned()));
    }
    let is_of_the_store =
        file.file_name().is_some_and(|name| name == "db") && file.with_file_name("conf").is_file();
    if is_of_the_store {
        return Err("it is one of the files of a journal: name the directory".into());
    }
    Err(match std::str::from_utf8(begin.get(..begin.len().min(64)).unwrap_or_default()) {
        Ok(text) if text.trim_start().starts_with('{') => "it is another JSON document".into(),
        Ok(text) if !text.chars().any(|c| c.is_control() && !c.is_whitespace()) => {
            format!("it is a text that begins with {:?}", text.chars().take(24).collect::<String>())
        }
        Ok(_) | Err(_) => {
            let bytes: Vec<String> =
                begin.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            format!("it begins with the bytes {}", bytes.join(" "))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(name: &str, begin: &[u8]) -> Result<Place, String> {
        look(Path::new(name), begin)
    }

    #[test]
    fn a_file_is_what_is_in_it_whatever_it_is_called() {
        let blocks = |name: &str| Ok(Place::Blocks(name.into()));
        let lines = |name: &str| Ok(Place::Lines(name.into()));
        assert_eq!(seen("all.jsonl", b"BLBF\x01\0\0\0BLBK"), blocks("all.jsonl"));
        assert_eq!(seen("all.blocks", b"{\"cause\":null"), lines("all.blocks"));
        assert_eq!(seen("all", b"{\"end\":{\"records\":0"), lines("all"));
    }

    #[test]
    fn a_damaged_beginning_is_still_what_its_name_says() {
        assert_eq!(seen("a.blocks", b"BLBG\x01"), Ok(Place::Blocks("a.blocks".into())));
        assert_eq!(seen("a.jsonl", b"{\"caus"), Ok(Place::Lines("a.jsonl".into())));
    }

    #[test]
    fn a_stranger_is_told_by_what_it_looks_like() {
        for (name, begin, words) in [
            ("all.jsonl", &b""[..], "empty"),
            ("all.jsonl", b"\x1f\x8b\x08", "gzip"),
            ("leads.keys", b"BRLNLEAD\x01", "keys"),
            ("notes.txt", b"Dear auditor,\n", "\"Dear auditor,"),
            ("dossier.json", b"{\n  \"lead\": 1", "another JSON document"),
            ("photo", b"\x89PNG\r\n\x1a\n", "89 50 4e 47"),
        ] {
            let told = seen(name, begin).unwrap_err();
            assert!(told.contains(words), "{name}: {told}");
        }
    }

    #[test]
    fn only_http_is_a_url() {
        assert_eq!(url(Path::new("http://127.0.0.1:8080")), Some("http://127.0.0.1:8080"));
        assert_eq!(url(Path::new("https://calls.example.com")), Some("https://calls.example.com"));
        assert_eq!(url(Path::new("ftp://x")), None);
        assert_eq!(url(Path::new("data/http://x")), None);
    }
}
