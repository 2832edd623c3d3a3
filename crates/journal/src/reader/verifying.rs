//! The full check of a journal, block by block.

use std::{collections::VecDeque, sync::Arc};

use super::SCAN_BLOCKS;
use crate::{
    block::{Block, BlockHeader, decode_header},
    block_file::FileEnd,
    index::KeyRetention,
    merkle::{Hash, Tree, TreeHead},
    record::{Position, Record},
    sled_store::{OpenError, high_water::Mark},
    storage::BlockSource,
    verify::{ChainCheck, Finding},
};

/// What the check says about one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockReport {
    /// Position that the block is kept under.
    pub key: Position,
    /// Its size. Unit: bytes. 0 when it could not be read.
    pub bytes: usize,
    /// Where it begins in a block file. Unit: bytes. `None` in a directory.
    pub offset: Option<u64>,
    /// What it says about itself, when its checksum is right.
    pub header: Option<BlockHeader>,
    /// Whether everything before it is sound too. Blocks after the first finding are only looked at
    /// one by one; where they belong is not proven.
    pub proven: bool,
    /// What is wrong with it.
    pub finding: Option<Finding>,
    /// Its records, when it is proven.
    pub records: Vec<Arc<Record>>,
}

/// How the journal compares with its high-water mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HighWaterReport {
    /// There is no mark to compare with.
    Missing,
    /// The mark cannot be read.
    Unreadable {
        /// Why.
        reason: Arc<str>,
    },
    /// Everything acknowledged is there.
    Reached {
        /// Last position that was acknowledged, as far as the mark says.
        acknowledged: Position,
    },
    /// Acknowledged records are missing at the end, or lie behind damage.
    EndsBelow {
        /// Last sound position.
        found: Position,
        /// Last position that was acknowledged.
        acknowledged: Position,
    },
    /// The records at the mark are not those that were acknowledged.
    NotTheAcknowledged {
        /// Last position that was acknowledged.
        acknowledged: Position,
    },
}

/// How the journal compares with what the end of its block file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileEndReport {
    /// It is not a block file.
    NoFile,
    /// The file has no sound end, or blocks before it are damaged; the blocks' findings say where.
    Broken,
    /// Records and hash tree are those that the end names.
    Reached,
    /// The hash tree is another one than the end names.
    OtherTree {
        /// What the end says.
        stated: TreeHead,
    },
}

/// A head of the hash tree that was kept elsewhere, and what the journal says to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptHead {
    /// Size and root as they were kept.
    pub kept: TreeHead,
    /// Root of the journal's first `kept.size` records; `None` when it has fewer sound ones.
    pub found: Option<Hash>,
}

impl KeptHead {
    /// Whether the journal begins with what was kept.
    pub fn holds(&self) -> bool {
        self.found == Some(self.kept.root)
    }
}

/// What the check found in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Last position up to which everything is sound.
    pub sound_until: Position,
    /// Blocks that were looked at.
    pub blocks: u64,
    /// Blocks with a finding.
    pub unsound_blocks: u64,
    /// Records in sound blocks.
    pub records: u64,
    /// Events in sound blocks.
    pub events: u64,
    /// Checksum of the last sound block.
    pub chain: u32,
    /// Epoch of the last sound block.
    pub epoch: u64,
    /// Size and root of the hash tree over the sound records.
    pub tree: TreeHead,
    /// Comparison with the high-water mark.
    pub high_water: HighWaterReport,
    /// Comparison with the end of the block file.
    pub file_end: FileEndReport,
    /// Comparison with the heads of [`Verify::against`], in the order of their sizes.
    pub kept: Vec<KeptHead>,
}

impl Verified {
    /// Whether nothing at all is wrong. A missing mark is not wrong, only less proof.
    pub fn is_sound(&self) -> bool {
        let mark_is_good = match self.high_water {
            HighWaterReport::Missing | HighWaterReport::Reached { .. } => true,
            HighWaterReport::Unreadable { .. }
            | HighWaterReport::EndsBelow { .. }
            | HighWaterReport::NotTheAcknowledged { .. } => false,
        };
        let end_is_good = match self.file_end {
            FileEndReport::NoFile | FileEndReport::Reached => true,
            FileEndReport::Broken | FileEndReport::OtherTree { .. } => false,
        };
        let heads_hold = self.kept.iter().all(KeptHead::holds);
        self.unsound_blocks == 0 && mark_is_good && end_is_good && heads_hold
    }
}

/// A running check: an iterator over the blocks, and then [`Verify::finish`].
pub struct Verify<'a> {
    source: &'a dyn BlockSource,
    mark: Result<Option<Mark>, OpenError>,
    met_mark: bool,
    file_end: Option<FileEnd>,
    kept: Vec<KeptHead>,
    check: ChainCheck,
    ready: VecDeque<(Position, Vec<u8>)>,
    /// Where the next blocks are looked for.
    from: Option<Position>,
    done: bool,
    broken: bool,
    blocks: u64,
    unsound_blocks: u64,
    events: u64,
}

impl std::fmt::Debug for Verify<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verify").field("from", &self.from).finish_non_exhaustive()
    }
}

impl<'a> Verify<'a> {
    pub(super) fn new(
        source: &'a dyn BlockSource,
        mark: Result<Option<Mark>, OpenError>,
        file_end: Option<FileEnd>,
    ) -> Self {
        Self {
            source,
            mark,
            met_mark: false,
            file_end,
            kept: Vec::new(),
            check: ChainCheck::new(KeyRetention::default()),
            ready: VecDeque::new(),
            from: Some(Position(0)),
            done: false,
            broken: false,
            blocks: 0,
            unsound_blocks: 0,
            events: 0,
        }
    }

    /// Compares the journal with a head that was kept elsewhere, in the same pass. To be called
    /// before the first block is looked at.
    #[must_use]
    pub fn against(mut self, kept: TreeHead) -> Self {
        let found = (kept.size == 0).then(|| self.check.chain.tree.root());
        self.kept.push(KeptHead { kept, found });
        self.kept.sort_by_key(|head| head.kept.size);
        self
    }

    /// Checks what has not been looked at yet and sums up.
    pub fn finish(self) -> Verified {
        self.finish_with_tree().0
    }

    /// [`Self::finish`], with the hash tree over the sound records, for proofs.
    pub fn finish_with_tree(mut self) -> (Verified, Tree) {
        while self.next().is_some() {}
        let sound_until = self.check.index.head();
        let tree = self.check.chain.tree.head();
        let high_water = self.compare_mark(sound_until);
        let verified = Verified {
            sound_until,
            blocks: self.blocks,
            unsound_blocks: self.unsound_blocks,
            records: sound_until.0,
            events: self.events,
            chain: self.check.chain.checksum,
            epoch: self.check.chain.epoch,
            tree,
            high_water,
            file_end: self.compare_end(tree),
            kept: self.kept,
        };
        (verified, self.check.chain.tree)
    }

    fn compare_end(&self, tree: TreeHead) -> FileEndReport {
        match &self.file_end {
            None => FileEndReport::NoFile,
            Some(Ok(end)) if end.tree_head() == tree => FileEndReport::Reached,
            Some(Ok(end)) if !self.broken => FileEndReport::OtherTree { stated: end.tree_head() },
            Some(Ok(_) | Err(_)) => FileEndReport::Broken,
        }
    }

    /// Adds the leaves of a sound block, and looks at the root wherever a kept head ends.
    fn grow(&mut self, header: &BlockHeader, leaves: Vec<Hash>) {
        let sizes = self.check.chain.tree.size() + 1..=header.last().0;
        let (from, to) = (
            self.kept.partition_point(|head| head.kept.size < *sizes.start()),
            self.kept.partition_point(|head| head.kept.size <= *sizes.end()),
        );
        if let Some(due) = self.kept.get_mut(from..to).filter(|due| !due.is_empty()) {
            let mut tree = self.check.chain.tree.clone();
            let mut due = due.iter_mut().peekable();
            for leaf in &leaves {
                tree.push(*leaf);
                while let Some(head) = due.next_if(|head| head.kept.size == tree.size()) {
                    head.found = Some(tree.root());
                }
            }
        }
        self.check.chain.add(header, leaves);
    }

    fn compare_mark(&self, found: Position) -> HighWaterReport {
        match &self.mark {
            Err(error) => HighWaterReport::Unreadable { reason: Arc::from(error.to_string()) },
            Ok(None) => HighWaterReport::Missing,
            Ok(Some(mark)) => {
                let acknowledged = mark.position;
                if found < acknowledged {
                    HighWaterReport::EndsBelow { found, acknowledged }
                } else if self.met_mark || acknowledged == Position::START {
                    HighWaterReport::Reached { acknowledged }
                } else {
                    HighWaterReport::NotTheAcknowledged { acknowledged }
                }
            }
        }
    }

    fn refill(&mut self) -> Result<(), Finding> {
        if !self.ready.is_empty() {
            return Ok(());
        }
        // Nothing lies beyond the largest key there is.
        let Some(from) = self.from else { return Ok(()) };
        let stored = self
            .source
            .starting_at(from, SCAN_BLOCKS)
            .map_err(|error| Finding::Unreadable { reason: Arc::from(error.0) })?;
        self.ready.extend(stored);
        if let Some((last, _)) = self.ready.back() {
            self.from = last.0.checked_add(1).map(Position);
        }
        Ok(())
    }

    /// The records of a block that is proven; none of one that is only looked at by itself.
    fn judge(&mut self, key: Position, bytes: &[u8]) -> Result<Vec<Arc<Record>>, Finding> {
        if self.broken {
            return alone(key, bytes).map(|()| Vec::new());
        }
        let (block, leaves) = self.check.check(key, bytes)?;
        self.grow(&block.header, leaves);
        self.events +=
            block.records.iter().map(|record| record.body.events.len() as u64).sum::<u64>();
        self.met_mark |= matches!(&self.mark, Ok(Some(mark))
            if mark.position == block.header.last() && mark.chain == block.header.checksum);
        Ok(block.records)
    }
}

/// What a block shows without those before it.
fn alone(key: Position, bytes: &[u8]) -> Result<(), Finding> {
    let block = Block::decode(bytes).map_err(|error| Finding::Unsound { reason: error.0 })?;
    if block.header.first != key {
        return Err(Finding::Misplaced { key, first: block.header.first });
    }
    if block.root_is_right() { Ok(()) } else { Err(Finding::WrongRoot) }
}

impl Iterator for Verify<'_> {
    type Item = BlockReport;

    fn next(&mut self) -> Option<BlockReport> {
        if self.done {
            return None;
        }
        let mut report = match self.refill() {
            Ok(()) => {
                let Some((key, bytes)) = self.ready.pop_front() else {
                    self.done = true;
                    return None;
                };
                let header = decode_header(&bytes).ok();
                let (records, finding) = match self.judge(key, &bytes) {
                    Ok(records) => (records, None),
                    Err(finding) => (Vec::new(), Some(finding)),
                };
                let offset = self.source.offset_of(key);
                let (bytes, proven) = (bytes.len(), !self.broken);
                BlockReport { key, bytes, offset, header, proven, finding, records }
            }
            Err(finding) => {
                // The engine would give the same error for ever.
                self.done = true;
                let key = self.from.filter(|_| self.broken).unwrap_or_else(|| self.check.next());
                let finding = Some(finding);
                BlockReport {
                    key,
                    bytes: 0,
                    offset: None,
                    header: None,
                    proven: false,
                    finding,
                    records: Vec::new(),
                }
            }
        };
        self.blocks += 1;
        if report.finding.is_some() {
            report.proven = false;
            self.broken = true;
            self.unsound_blocks += 1;
        }
        Some(report)
    }
}
