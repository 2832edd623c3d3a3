//! Checkpoints of the index on disk: `<dir>/index/heads`.
//!
//! Written aside and renamed, only up to what is durable, and used only when the journal holds the
//! very block it ends with. Losing it costs time at the next opening, nothing else, so a checkpoint
//! that cannot be written is a warning.

use std::{
    fs::{self, File},
    io::{ErrorKind, Result as IoResult},
    path::{Path, PathBuf},
};

use crate::{
    block::decode_header,
    index::{
        Index, KeyRetention,
        checkpoint::{self, Checkpoint},
    },
    merkle::Tree,
    record::Position,
    storage::BlockSource,
    wire::flow::FlowError,
};

/// The directory of a journal for what is derived from it.
pub(super) const DIR: &str = "index";

/// The checkpoint file of a journal, and when it is due again.
#[derive(Debug)]
pub(super) struct Checkpoints {
    dir: PathBuf,
    saved: Position,
    /// Records after which a new one is worth its while.
    every: u64,
}

impl Checkpoints {
    pub(super) fn new(journal: &Path, every: u64) -> Self {
        Self { dir: journal.join(DIR), saved: Position::START, every }
    }

    /// The newest checkpoint, if there is one that fits the journal.
    pub(super) fn load(
        &mut self,
        source: &dyn BlockSource,
        retention: KeyRetention,
    ) -> Option<Checkpoint> {
        let path = self.dir.join("heads");
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "the index is built from the journal");
                return None;
            }
        };
        let decoded = file
            .metadata()
            .map_err(FlowError::from)
            .and_then(|metadata| checkpoint::decode(&file, metadata.len(), retention));
        match decoded {
            Ok(found) if ends_with(source, found.index.head(), found.chain) => {
                self.saved = found.index.head();
                Some(found)
            }
            Ok(_) => {
                tracing::warn!(path = %path.display(), "the index is of another journal, and left out");
                None
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "the index is left out, and built again");
                None
            }
        }
    }

    /// Whether enough was written since the last one; a quiet moment lowers the bar.
    pub(super) const fn due(&self, head: Position, quiet: bool) -> bool {
        let since = head.0.saturating_sub(self.saved.0);
        since > 0 && since >= if quiet { self.every } else { self.every.saturating_mul(20) }
    }

    /// Writes a checkpoint of the durable index and hash tree.
    pub(super) fn save(&mut self, index: &Index, tree: &Tree, epoch: u64, chain: u32) {
        match self.write(|file| checkpoint::encode(file, index, tree, epoch, chain).map(drop)) {
            Ok(()) => self.saved = index.head(),
            Err(error) => {
                tracing::warn!(dir = %self.dir.display(), %error, "no checkpoint of the index");
            }
        }
    }

    fn write(&self, put: impl FnOnce(&File) -> IoResult<()>) -> IoResult<()> {
        fs::create_dir_all(&self.dir)?;
        let aside = self.dir.join("heads.new");
        let file = File::create(&aside)?;
        put(&file)?;
        file.sync_all()?;
        fs::rename(&aside, self.dir.join("heads"))?;
        File::open(&self.dir)?.sync_all()
    }
}

/// Whether a block of the journal ends at the position and has the checksum.
pub(super) fn ends_with(source: &dyn BlockSource, position: Position, chain: u32) -> bool {
    let Ok(Some((_, bytes))) = source.at_or_before(position) else { return false };
    decode_header(&bytes).is_ok_and(|header| header.last() == position && header.checksum == chain)
}
