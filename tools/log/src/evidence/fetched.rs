//! A running server's journal as it is now, in a private file.
//!
//! It is fetched before anything is told of it: a connection that breaks off is then no answer at
//! all, whoever reads twice reads the same, and the server waits for nobody who thinks.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
};

use anyhow::{Context as _, bail};
use branchline_journal::reader::{JournalReader, PrivateDir};

use crate::{
    progress::{Chatter, Progress},
    server::Server,
};

/// Bytes read at once.
const PIECE_BYTES: usize = 256 * 1024;

/// A journal that came whole.
pub(super) struct Fetched {
    pub(super) reader: JournalReader,
    /// Where its file lies; gone with this.
    pub(super) private: PrivateDir,
}

/// Fetches the journal as a block file.
pub(super) fn fetch(server: &Server, url: &str, chatter: Chatter) -> anyhow::Result<Fetched> {
    let private = PrivateDir::make().context("cannot make a private directory")?;
    let file = private.path().join("journal.blocks");
    let mut export = server.export("blocks")?;
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
    let reader = JournalReader::open_file(&file)
        .with_context(|| format!("what {url} sent is no journal"))?;
    if reader.file_end().is_none_or(|end| end.last != export.head) {
        bail!("{url} broke off after {bytes} bytes, before the end of its journal: ask again");
    }
    Ok(Fetched { reader, private })
}
