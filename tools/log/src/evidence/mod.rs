//! The evidence: where records come from, and the records.

mod decoded;
mod fetched;
mod place;

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, bail};
use branchline_evidence::lines::ExportedRecords;
use branchline_journal::{
    reader::{JournalReader, Origin, PrivateDir},
    record::{Position, Record},
    sled_store::OpenError,
};
use branchline_vault::Vault;

pub(crate) use self::decoded::{Decoded, decode, is_about, key_of};
pub use self::place::{Place, url};
use crate::{
    Fault,
    progress::{Chatter, Progress},
    server::{Server, TokenSource},
};

/// Records opened as evidence.
#[derive(Debug)]
pub struct Evidence {
    source: Source,
    chatter: Chatter,
}

/// The form in which the records lie, for who checks more than the records.
pub(crate) enum Reading<'a> {
    /// Blocks, with their chain and a mark of how far they were acknowledged.
    Blocks(&'a JournalReader),
    /// Lines of an export.
    Lines(Box<dyn BufRead + Send>),
}

/// How evidence is reached.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The file with the token of a running server's operator; else the environment has it, see
    /// [`crate::server::TOKEN_VARIABLE`].
    pub token_file: Option<PathBuf>,
    /// Whether long readings show how far they are.
    pub chatter: Chatter,
}

/// Where the records are.
#[derive(Debug)]
enum Source {
    /// In blocks. Those that a server was asked for lie in a private directory.
    Journal { reader: Box<JournalReader>, keys: Option<PathBuf>, _private: Option<PrivateDir> },
    /// In lines that `export` wrote.
    Export(PathBuf),
}

impl Evidence {
    /// Opens a data directory, the journal's directory in it, a file that was exported, or a running
    /// server by its URL, whose journal is fetched as it is now. `place` is only read, and never
    /// copied to where others may read it.
    ///
    /// # Errors
    ///
    /// When there is none of these, or somebody has the journal open; [`crate::Fault::Damaged`]
    /// when it is something else.
    pub fn open(place: &Path) -> anyhow::Result<Self> {
        Self::open_with(place, &Access::default())
    }

    /// [`Self::open`], with what a server wants to hear and whether progress is shown.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn open_with(place: &Path, access: &Access) -> anyhow::Result<Self> {
        let source = match Place::find(place)? {
            Place::Directory { journal, data } => directory(&journal, &data)?,
            Place::Lines(file) => Source::Export(file),
            Place::Blocks(file) => block_file(&file)?,
            Place::Server(url) => {
                let server = Server::new(&url, TokenSource::find(access.token_file.as_deref())?)?;
                let fetched = fetched::fetch(&server, &url, access.chatter)?;
                Source::Journal {
                    reader: Box::new(fetched.reader),
                    keys: None,
                    _private: Some(fetched.private),
                }
            }
        };
        Ok(Self { source, chatter: access.chatter })
    }

    /// The records in the form in which they lie.
    ///
    /// # Errors
    ///
    /// When the file of an export cannot be opened.
    pub(crate) fn reading(&self) -> anyhow::Result<Reading<'_>> {
        Ok(match &self.source {
            Source::Journal { reader, .. } => Reading::Blocks(reader),
            Source::Export(file) => {
                let opened = File::open(file);
                let opened = opened.with_context(|| format!("cannot read {}", file.display()))?;
                Reading::Lines(Box::new(BufReader::new(opened)))
            }
        })
    }

    /// Every record, in order, up to the first that is damaged. A line of an export is damaged when
    /// it does not have the hash that it was written with.
    pub fn records(&self) -> Box<dyn Iterator<Item = anyhow::Result<Arc<Record>>> + '_> {
        match &self.source {
            Source::Journal { reader, .. } => Box::new(records_of_blocks(reader)),
            Source::Export(file) => match File::open(file) {
                Ok(opened) => Box::new(records_of_lines(opened)),
                Err(error) => {
                    let error = anyhow::Error::from(error);
                    let error = error.context(format!("cannot read {}", file.display()));
                    Box::new(std::iter::once(Err(error)))
                }
            },
        }
    }

    /// How many records there are, as far as that is known before they are read: what a reading of
    /// all of them measures itself by.
    pub fn size_hint(&self) -> Option<u64> {
        match &self.source {
            Source::Journal { reader, .. } => match reader.file_end() {
                Some(end) => Some(end.last.0),
                None => reader.acknowledged().ok().flatten().map(|last| last.0),
            },
            Source::Export(_) => None,
        }
    }

    /// How far a reading of all records is; `what` is said before the numbers.
    pub fn progress(&self, what: &'static str) -> Progress {
        Progress::over_records(what, self.size_hint(), self.chatter)
    }

    /// The keys beside the journal, for reading only.
    ///
    /// # Errors
    ///
    /// When there are none, or they cannot be read.
    pub fn vault(&self) -> anyhow::Result<Vault> {
        match &self.source {
            Source::Journal { keys: Some(keys), .. } => Vault::open_read_only(keys)
                .with_context(|| format!("cannot read the keys in {}", keys.display())),
            Source::Journal { keys: None, .. } | Source::Export(_) => {
                bail!("there are no keys beside an export")
            }
        }
    }

    /// The keys, where nothing needs them: without them personal fields read as erased, which is
    /// told on standard error.
    pub fn vault_if_there(&self) -> Option<Vault> {
        let vault = self.vault();
        if let Err(error) = &vault {
            eprintln!("{error:#}; personal fields read as erased");
        }
        vault.ok()
    }
}

/// The journal in a directory, through a private copy.
fn directory(journal: &Path, data: &Path) -> anyhow::Result<Source> {
    let reader = JournalReader::open(journal).map_err(|error| {
        let copies = matches!(&error, OpenError::Io { action, .. } if action.contains("copy"));
        let told = anyhow::Error::from(error);
        let told = if copies { told.context(room_needed(journal)) } else { told };
        told.context(format!("cannot read the journal in {}", journal.display()))
    })?;
    if let Origin::Salvaged { reason } = reader.origin() {
        eprintln!(
            "its blocks were looked for in its file, and those at the end may never have been \
             acknowledged, because the storage engine does not open it: {reason}"
        );
    }
    Ok(Source::Journal { reader: Box::new(reader), keys: Some(data.join("keys")), _private: None })
}

/// The journal in a block file, which is read where it lies: that writes nothing.
fn block_file(file: &Path) -> anyhow::Result<Source> {
    let reader = JournalReader::open_file(file)
        .with_context(|| format!("cannot read the journal in {}", file.display()))?;
    Ok(Source::Journal { reader: Box::new(reader), keys: None, _private: None })
}

/// What a private copy takes.
fn room_needed(journal: &Path) -> String {
    let bytes = size_of(&journal.join("db"));
    let (megabytes, place) = (bytes.div_ceil(1 << 20), std::env::temp_dir());
    format!(
        "the private copy of it needs {megabytes} MiB in {}; set TMPDIR to a directory with room",
        place.display()
    )
}

/// Size of all files in a directory, as far as they can be looked at. Unit: bytes.
fn size_of(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() => size_of(&entry.path()),
        Ok(found) => found.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}

/// The records of blocks. Blocks that are missing at the end of a directory leave no gap, so the last
/// of them is compared with what was acknowledged.
fn records_of_blocks(
    reader: &JournalReader,
) -> impl Iterator<Item = anyhow::Result<Arc<Record>>> + '_ {
    let mut records = reader.records(Position::START);
    let (mut last, mut ended) = (Position::START, false);
    std::iter::from_fn(move || {
        if ended {
            return None;
        }
        let next = records.next();
        match &next {
            Some(Ok(record)) => last = record.position,
            Some(Err(_)) | None => ended = true,
        }
        match next {
            Some(record) => Some(record.map_err(anyhow::Error::from)),
            None => missing_end(reader, last).map(|fault| Err(fault.into())),
        }
    })
}

/// What is missing after the last block, as far as the high-water mark knows.
pub(crate) fn missing_end(reader: &JournalReader, last: Position) -> Option<Fault> {
    match reader.acknowledged() {
        Ok(Some(acknowledged)) if acknowledged > last => Some(Fault::Damaged(format!(
            "the journal ends at record {last}, and {acknowledged} was acknowledged: records are \
             missing at its end"
        ))),
        // A mark that cannot be read says nothing; `verify` tells of it.
        Ok(_) | Err(_) => None,
    }
}

/// The records of an export; when they end without a last line, that is told on standard error.
fn records_of_lines(file: File) -> impl Iterator<Item = anyhow::Result<Arc<Record>>> {
    let mut lines = ExportedRecords::new(BufReader::new(file));
    std::iter::from_fn(move || {
        let next = lines.next();
        if next.is_none() && lines.ends_without_last_line() {
            let records = lines.so_far().size;
            eprintln!(
                "the export has no last line: an older release wrote it, or it was cut after \
                 record {records}"
            );
        }
        next.map(|record| record.map(Arc::new).map_err(anyhow::Error::from))
    })
}
