//! Where an engine's journal is kept between two of its lives.

use std::{path::Path, sync::Arc};

use branchline_journal::{
    sled_store::{SledOptions, SledStore},
    store::EventStore,
};
use branchline_scenarios::words::Wrong;
use tempfile::TempDir;

use crate::{reopened::Reopened, watched_store::WatchedStore};

/// Where the journal is between two lives of the engine.
pub(crate) enum Kept {
    InMemory(Arc<Reopened>),
    OnDisk(TempDir),
    /// In memory, and the engine is looked at after each record.
    Watched(Arc<WatchedStore>),
}

impl Kept {
    pub(crate) fn in_memory() -> Self {
        Self::InMemory(Arc::new(Reopened::new()))
    }

    pub(crate) fn on_disk() -> Result<Self, Wrong> {
        tempfile::tempdir().map(Self::OnDisk).map_err(|wrong| wrong.to_string())
    }

    /// Opens it for one life of the engine.
    pub(crate) fn open(&self) -> Result<Arc<dyn EventStore>, Wrong> {
        match self {
            Self::InMemory(store) => Ok(Arc::clone(store) as _),
            Self::Watched(store) => Ok(Arc::clone(store) as _),
            Self::OnDisk(directory) => open_on_disk(directory.path()),
        }
    }
}

fn open_on_disk(directory: &Path) -> Result<Arc<dyn EventStore>, Wrong> {
    let store = SledStore::open(&SledOptions::new(directory)).map_err(|wrong| wrong.to_string())?;
    Ok(Arc::new(store))
}
