//! `branchline-log export`: every record as one line of JSON, readable without sled and without
//! this tool.
//!
//! [`branchline_evidence::lines`] says what is in a line.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use anyhow::Context as _;
use branchline_evidence::lines::LineWriter;

use crate::{AsOf, Evidence, Soundness};

/// Writes the records up to a moment to a new file, or to `out` for `-`.
///
/// # Errors
///
/// When the file is there already, or cannot be written.
pub fn run(
    evidence: &Evidence,
    file: &Path,
    until: AsOf,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    if file == Path::new("-") {
        return export(evidence, until, out);
    }
    let created = File::create_new(file)
        .with_context(|| format!("cannot make {}; a file that is there is left", file.display()))?;
    let mut lines = BufWriter::new(created);
    let soundness = export(evidence, until, &mut lines)?;
    let written = lines.into_inner().context("the last lines were not written")?;
    written.sync_all().with_context(|| format!("cannot sync {}", file.display()))?;
    Ok(soundness)
}

fn export(evidence: &Evidence, until: AsOf, out: &mut dyn Write) -> anyhow::Result<Soundness> {
    let mut lines = LineWriter::new(out);
    let mut soundness = Soundness::Sound;
    for record in evidence.records() {
        match record {
            Ok(record) if until.is_before(&record) => break,
            Ok(record) => lines.write(&record)?,
            Err(error) => {
                eprintln!("{error}; the records before that were written, without a last line");
                soundness = Soundness::Damaged;
                break;
            }
        }
    }
    eprintln!("{} records", lines.end().records);
    match soundness {
        Soundness::Sound => drop(lines.finish()?),
        Soundness::Damaged => drop(lines.into_unfinished()),
    }
    Ok(soundness)
}
