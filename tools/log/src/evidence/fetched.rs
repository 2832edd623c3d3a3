//! A running server's journal as it is now, in a private file.
//!
//! It is fetched before anything is told of it: a connection that breaks off is then no answer at
//! all, whoever reads twice reads the same, and the server waits for nobody who thinks.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, BufWriter, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

use crate::{
    progress::{Chatter, Progress},
    server::Server,
};

/// Bytes read at once.
const PIECE_BYTES: usize = 256 * 1024;

/// Fetches the journal; the file is gone with the directory.
pub(super) fn fetch(
    server: &Server,
    url: &str,
    chatter: Chatter,
) -> anyhow::Result<(PathBuf, TempDir)> {
    let private = tempfile::Builder::new()
        .prefix("branchline-read-")
        .tempdir()
        .context("cannot make a private directory")?;
    let file = private.path().join("journal.jsonl");
    let mut export = server.export("jsonl")?;
    let mut progress = Progress::over_bytes("fetching", None, chatter);
    let room = || {
        format!(
            "cannot keep the journal of {url} in {}; set TMPDIR to a directory with room",
            std::env::temp_dir().display()
        )
    };
    let mut out = BufWriter::new(File::create_new(&file).with_context(room)?);
    let mut piece = vec![0; PIECE_BYTES];
    let mut bytes = 0;
    loop {
        let read = export.read(&mut piece)?;
        let Some(read) = piece.get(..read).filter(|read| !read.is_empty()) else { break };
        out.write_all(read).with_context(room)?;
        bytes += read.len() as u64;
        progress.at(bytes);
    }
    out.flush().with_context(room)?;
    drop(progress);
    if !ends(&file).context("cannot read what was fetched")? {
        bail!("{url} broke off after {bytes} bytes, before the end of its journal: ask again");
    }
    Ok((file, private))
}

/// Whether the last line is the one that ends an export. What it says is checked with the records.
fn ends(file: &Path) -> std::io::Result<bool> {
    let mut file = File::open(file)?;
    let length = file.seek(SeekFrom::End(0))?;
    // The last line is shorter than this.
    file.seek(SeekFrom::Start(length.saturating_sub(256)))?;
    let mut last = Vec::new();
    for line in BufReader::new(file).split(b'\n') {
        last = line?;
    }
    Ok(last.starts_with(b"{\"end\":"))
}
