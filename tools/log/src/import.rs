//! `branchline-log import`: a journal out of an export, in a new directory. The one thing here that
//! writes, and never to where something is.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail, ensure};
use branchline_evidence::hex;
use branchline_journal::{
    reader::Origin,
    record::Position,
    sled_store::{Import, SledOptions},
};

use crate::{Evidence, Fault, Soundness, evidence::Reading};

/// Makes the journal of a data directory out of all records of a source: blocks byte for byte,
/// records of lines at their positions and with their hashes. Without keys: what is personal stays
/// sealed.
///
/// # Errors
///
/// When the directory is not empty, or cannot be written; [`Fault::Damaged`] and the like when the
/// source is not whole. Then nothing of it is kept.
pub fn run(evidence: &Evidence, data: &Path) -> anyhow::Result<Soundness> {
    let place = NewDirectory::make(data)?;
    let journal = data.join("journal");
    let mut import = Import::begin(&SledOptions::new(&journal))?;
    fill(&mut import, evidence)?;
    let head = import.finish()?;
    place.keep();
    eprintln!("{} records, root {}", head.size, hex::text(&head.root));
    eprintln!(
        "{} has the journal without keys: personal fields read as erased, and no server should run \
         on it; `branchline restore` makes a directory for one, with the backup of its keys",
        data.display()
    );
    Ok(Soundness::Sound)
}

fn fill(import: &mut Import, evidence: &Evidence) -> anyhow::Result<()> {
    let mut progress = evidence.progress("importing");
    let Reading::Blocks(reader) = evidence.reading()? else {
        for record in evidence.records() {
            let record = record?;
            import.record(&record)?;
            progress.at(record.position.0);
        }
        return Ok(());
    };
    for bytes in reader.block_bytes() {
        import.block(&bytes?)?;
        progress.at(import.tree_head()?.size);
    }
    let head = import.tree_head()?;
    if let Some(fault) = crate::evidence::missing_end(reader, Position(head.size)) {
        return Err(fault.into());
    }
    match (reader.origin(), reader.file_end()) {
        (Origin::BlockFile, Some(end)) if end.tree_head() != head => Err(Fault::Damaged(format!(
            "the end of the block file says root {}, and its records have {}",
            hex::text(&end.root),
            hex::text(&head.root)
        ))
        .into()),
        (Origin::BlockFile | Origin::Engine | Origin::Salvaged { .. }, _) => Ok(()),
    }
}

/// A directory that is empty, and is gone again with what was made of it unless it is kept.
struct NewDirectory {
    path: PathBuf,
    made: bool,
    kept: bool,
}

impl NewDirectory {
    fn make(path: &Path) -> anyhow::Result<Self> {
        match fs::read_dir(path) {
            Ok(mut entries) => {
                let found = entries.next().transpose();
                let found = found.with_context(|| format!("cannot read {}", path.display()))?;
                if let Some(found) = found {
                    let (dir, found) = (path.display(), found.file_name());
                    bail!(
                        "{dir} is not empty: {} is in it; import into a new directory",
                        found.display()
                    );
                }
                Ok(Self { path: path.to_owned(), made: false, kept: false })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(path)
                    .with_context(|| format!("cannot make {}", path.display()))?;
                Ok(Self { path: path.to_owned(), made: true, kept: false })
            }
            Err(error) => {
                ensure!(!path.exists() || path.is_dir(), "{} is no directory", path.display());
                Err(error).with_context(|| format!("cannot read {}", path.display()))
            }
        }
    }

    fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for NewDirectory {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        // Only what is empty goes: the import has taken back its own files.
        let _ = fs::remove_dir(self.path.join("journal"));
        if self.made {
            let _ = fs::remove_dir(&self.path);
        }
    }
}
