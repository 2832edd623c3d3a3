//! `branchline-log export`: the records in one file, which is read without sled: as lines of JSON
//! ([`branchline_evidence::lines`]), or as the journal's own blocks
//! ([`branchline_journal::block_file`]).

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use branchline_evidence::lines::LineWriter;
use branchline_journal::{
    block::Block,
    block_file::{BlockFileError, BlockFileWriter},
    reader::JournalReader,
    record::Position,
};

use crate::{AsOf, Evidence, Fault, Soundness, evidence::Reading, progress::Progress};

/// Bytes gathered for one write.
const BUFFER_BYTES: usize = 256 * 1024;

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum FileForm {
    /// A line of JSON for each record: for other programs, and for people.
    Jsonl,
    /// The blocks byte for byte: smaller, and faster to verify. Only of a journal that has them.
    Blocks,
}

impl FileForm {
    /// The form that a file's name asks for; lines for `-`.
    ///
    /// # Errors
    ///
    /// [`Fault::Misused`] when it asks for none.
    pub fn of(file: &Path) -> Result<Self, Fault> {
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("jsonl") => Ok(Self::Jsonl),
            Some("blocks") => Ok(Self::Blocks),
            Some(_) | None if file == Path::new("-") => Ok(Self::Jsonl),
            Some(_) | None => Err(Fault::Misused(format!(
                "{} ends neither with .jsonl nor with .blocks: say which is meant with `--format`",
                file.display()
            ))),
        }
    }
}

/// Writes the records up to a moment to a new file, or to `out` for `-`.
///
/// An export of damaged evidence has what is before the damage, and not the end that a whole one
/// has. Any other failure leaves no file.
///
/// # Errors
///
/// When the file is there already, or cannot be written; [`Fault::Misused`] for blocks of what has
/// none, and for a moment inside a block.
pub fn run(
    evidence: &Evidence,
    file: &Path,
    form: FileForm,
    until: AsOf,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    if file == Path::new("-") {
        return form.write(evidence, until, out);
    }
    let mut created = NewFile::create(file)?;
    let mut buffer = BufWriter::with_capacity(BUFFER_BYTES, &mut created.file);
    let soundness = form.write(evidence, until, &mut buffer)?;
    buffer.flush().with_context(|| format!("cannot write {}", file.display()))?;
    drop(buffer);
    created.keep()?;
    Ok(soundness)
}

impl FileForm {
    fn write(
        self,
        evidence: &Evidence,
        until: AsOf,
        out: &mut dyn Write,
    ) -> anyhow::Result<Soundness> {
        let progress = evidence.progress("exporting");
        match (self, evidence.reading()?) {
            (Self::Jsonl, _) => write_lines(evidence, until, progress, out),
            (Self::Blocks, Reading::Blocks(reader)) => write_blocks(reader, until, progress, out),
            (Self::Blocks, Reading::Lines(_)) => Err(Fault::Misused(
                "lines have no blocks: `branchline-log import` makes a journal of them, which has"
                    .into(),
            )
            .into()),
        }
    }
}

fn write_lines(
    evidence: &Evidence,
    until: AsOf,
    mut progress: Progress,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let mut lines = LineWriter::new(out);
    let mut damage = None;
    for record in evidence.records() {
        match record {
            Ok(record) if until.is_before(&record) => break,
            Ok(record) => {
                lines.write(&record)?;
                progress.at(record.position.0);
            }
            Err(error) => {
                damage = Some(error);
                break;
            }
        }
    }
    drop(progress);
    let records = Position(lines.end().size);
    reached(until, records, damage.is_none())?;
    match damage {
        None => drop(lines.finish()?),
        Some(_) => drop(lines.into_unfinished()),
    }
    Ok(told(records, damage.as_ref()))
}

fn write_blocks(
    reader: &JournalReader,
    until: AsOf,
    mut progress: Progress,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let mut file = BlockFileWriter::new(out)?;
    let mut damage = None;
    for bytes in reader.block_bytes() {
        let pushed = match bytes {
            Ok(bytes) => {
                if until != AsOf::Head && !wants(until, &bytes)? {
                    break;
                }
                file.push(&bytes)
            }
            Err(error) => {
                damage = Some(anyhow::Error::from(error));
                break;
            }
        };
        match pushed {
            Ok(()) => progress.at(file.last().0),
            Err(BlockFileError::Io(error)) => return Err(error.into()),
            Err(error @ BlockFileError::Damaged { .. }) => {
                damage = Some(error.into());
                break;
            }
        }
    }
    drop(progress);
    let records = file.last();
    // With a moment given, what is missing at the end may be after it.
    let is_short =
        until == AsOf::Head || matches!(until, AsOf::Position(wanted) if wanted > records);
    if damage.is_none() && is_short {
        damage = crate::evidence::missing_end(reader, records).map(anyhow::Error::from);
    }
    reached(until, records, damage.is_none())?;
    if damage.is_none() {
        file.finish()?;
    }
    Ok(told(records, damage.as_ref()))
}

/// Whether a block is wanted.
fn wants(until: AsOf, bytes: &[u8]) -> anyhow::Result<bool> {
    // What is not sound is told by who writes it.
    let Ok(block) = Block::decode(bytes) else { return Ok(true) };
    let wanted = block.records.iter().take_while(|record| !until.is_before(record)).count();
    if wanted == 0 || wanted == block.records.len() {
        return Ok(wanted > 0);
    }
    let (first, last) = (block.header.first, block.header.last());
    let (before, cut) = (first.0 - 1, Position(first.0 + wanted as u64 - 1));
    Err(Fault::Misused(format!(
        "record {cut} is inside the block of {first} to {last}, and blocks are kept whole: end at \
         {before} or at {last}, or export lines, which end anywhere"
    ))
    .into())
}

/// Refuses a position that a sound journal does not reach: whoever names one expects it to be there.
fn reached(until: AsOf, last: Position, is_sound: bool) -> anyhow::Result<()> {
    match until {
        AsOf::Position(wanted) if is_sound && wanted > last => {
            anyhow::bail!("position {wanted} is beyond the journal's end at {last}")
        }
        AsOf::Head | AsOf::Position(_) | AsOf::Time(_) => Ok(()),
    }
}

fn told(records: Position, damage: Option<&anyhow::Error>) -> Soundness {
    match damage {
        None => {
            eprintln!("{records} records");
            Soundness::Sound
        }
        Some(error) => {
            eprintln!(
                "{error:#}; the {records} records before that were written, without the end that a \
                 whole export has"
            );
            Soundness::Damaged
        }
    }
}

/// A file that is gone again unless it is kept.
struct NewFile {
    path: PathBuf,
    file: File,
    kept: bool,
}

impl NewFile {
    fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create_new(path).with_context(|| {
            let there = if path.exists() { ": it is there already, and is left" } else { "" };
            format!("cannot make {}{there}", path.display())
        })?;
        Ok(Self { path: path.to_owned(), file, kept: false })
    }

    /// Keeps it, on the disk.
    fn keep(mut self) -> anyhow::Result<()> {
        let synced = self.file.sync_all().and_then(|()| sync_directory(&self.path));
        synced.with_context(|| format!("cannot sync {}", self.path.display()))?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = fs::remove_file(&self.path)
        {
            eprintln!("{} is not whole, and cannot be deleted: {error}", self.path.display());
        }
    }
}

/// The name of a new file is on the disk only with its directory.
fn sync_directory(file: &Path) -> io::Result<()> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or_else(|| Path::new(".")))?.sync_all()
}
