//! When keys were last used, over restarts: the file `api-keys-used` among the journal's derived
//! data. Not evidence and not exact: it helps to find a key that nobody uses any more. Losing it
//! costs that and nothing else, so a file that cannot be written or read is a warning.
//!
//! One line a key: its id, and the minute since 1970 in which it was last used.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use branchline_domain::id::ApiKeyId;
use branchline_journal::store::EventStore;

use super::ApiKeys;
use crate::core::Core;

const NAME: &str = "api-keys-used";

/// How often the file is written anew while the engine runs.
const EVERY: Duration = Duration::from_mins(5);

/// The file, if the journal is on a disk.
pub(crate) struct LastUsed(Option<PathBuf>);

impl LastUsed {
    pub(crate) fn of(store: &dyn EventStore) -> Self {
        Self(store.derived_dir().map(Path::to_owned))
    }

    /// Tells the keys what the file says.
    pub(crate) fn load(&self, keys: &ApiKeys) {
        let Some(path) = self.0.as_ref().map(|dir| dir.join(NAME)) else { return };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "nobody knows when keys were used");
                return;
            }
        };
        for line in text.lines() {
            let read = line.split_once(' ').and_then(|(id, minute)| {
                Some((id.parse::<ApiKeyId>().ok()?, minute.parse::<i64>().ok()?))
            });
            if let Some((id, minute)) = read {
                keys.set_last_minute(id, minute);
            }
        }
    }

    /// Writes the file as it should be.
    pub(crate) fn save(&self, keys: &ApiKeys) {
        let Some(dir) = &self.0 else { return };
        let mut used = keys.last_minutes();
        if used.is_empty() {
            return;
        }
        used.sort_unstable();
        let mut text = String::new();
        for (id, minute) in used {
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "{id} {minute}");
        }
        if let Err(error) = write(dir, &text) {
            tracing::warn!(dir = %dir.display(), %error, "the last use of keys is not kept");
        }
    }

    /// Saves every few minutes until the engine stops.
    pub(crate) async fn keep(core: Rc<Core>) {
        loop {
            tokio::select! {
                biased;
                () = core.stopping().wait() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            let (file, keys) =
                (Self::of(core.store().as_ref()), Arc::clone(core.reads().api_keys()));
            // The engine thread must not wait for the disk. A panic in there is in the log.
            let _ = tokio::task::spawn_blocking(move || file.save(&keys)).await;
        }
    }
}

/// Written aside and renamed: a reader sees the old one or the new one.
fn write(dir: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let aside = dir.join("api-keys-used.new");
    fs::write(&aside, text)?;
    fs::rename(&aside, dir.join(NAME))
}
