//! Cuts at the boundaries of records: what a crash right after an acknowledgement leaves.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::Context as _;
use branchline_journal::{
    reader::PrivateDir, record::Position, sled_store::SledStore, store::EventStore,
};
use branchline_projections::Projections;

use super::{
    Cut, Failure, Options, Outcome, Random,
    store::{Expected, GROUP, append, as_new, copy_image, fold, judge, options},
};
use crate::Evidence;

/// The journal as the real store wrote it once more, closed.
#[derive(Debug)]
pub(super) struct Grown {
    /// Holds `journal`.
    pub(super) place: PrivateDir,
    pub(super) last: Position,
    pub(super) root: [u8; 32],
    pub(super) read: Projections,
}

/// Which boundaries are cut: all of them, or as many as wanted, the first and the last among them.
fn boundaries(last: u64, wanted: &Options) -> BTreeSet<u64> {
    match wanted.only {
        Some(Cut::Prefix(position)) => return BTreeSet::from([position]),
        Some(Cut::Tail(_)) => return BTreeSet::new(),
        None => {}
    }
    if last <= wanted.cuts {
        return (1..=last).collect();
    }
    let mut random = Random(wanted.seed);
    let mut cuts = BTreeSet::from([1, last]);
    while (cuts.len() as u64) < wanted.cuts.min(last) {
        cuts.insert(random.below(last) + 1);
    }
    cuts
}

/// Writes the journal once more, and at each boundary opens a copy of the files as they lie there.
pub(super) fn run(
    evidence: &Evidence,
    last: u64,
    wanted: &Options,
    outcome: &mut Outcome,
) -> anyhow::Result<Grown> {
    let place = PrivateDir::make()?;
    let directory = place.path().join("journal");
    let store = SledStore::open(&options(&directory)).context("a copy cannot be made")?;
    let cuts = boundaries(last, wanted);
    let mut progress = evidence.progress("cutting");
    let mut read = Projections::new();
    let mut group = Vec::with_capacity(GROUP);
    let mut records = evidence
        .records()
        .take_while(|record| record.as_ref().is_ok_and(|record| record.position.0 <= last));
    let mut next = records.next().transpose()?;
    while let Some(record) = next {
        next = records.next().transpose()?;
        progress.at(record.position.0);
        fold(&mut read, &record);
        group.push(as_new(&record));
        let cut = cuts.contains(&record.position.0);
        if cut || group.len() == GROUP || next.is_none() {
            append(&store, std::mem::take(&mut group))
                .with_context(|| format!("the store refuses a record up to {}", record.position))?;
        }
        if cut {
            let expected = Expected {
                last: record.position,
                root: store.tree_head().root,
                read: &read,
                next: next.as_deref(),
            };
            let image = place.path().join("image");
            copy_image(&directory, &image)?;
            if let Err(error) = open_and_judge(&image, &expected) {
                let cut = Cut::Prefix(record.position.0);
                let problem = format!("cut after record {}: {error:#}", record.position);
                outcome.failures.push(Failure { cut: Some(cut), problem });
            }
            fs::remove_dir_all(&image)?;
        }
    }
    let (last, root) = (store.head(), store.tree_head().root);
    store.close();
    drop(store);
    outcome.lines.push(format!(
        "prefixes: {} cuts of {last} boundaries; each opened, folded and appended to",
        cuts.len()
    ));
    Ok(Grown { place, last, root, read })
}

fn open_and_judge(image: &Path, expected: &Expected<'_>) -> anyhow::Result<()> {
    let store = SledStore::open(&options(image)).context("it does not open")?;
    judge(&store, expected)
}
