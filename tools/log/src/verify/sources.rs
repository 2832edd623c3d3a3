//! What each kind of source shows besides its records: blocks and their chain, or lines and their
//! end.

use std::{io::BufRead, sync::Arc};

use branchline_evidence::lines::{ExportError, ExportedRecords};
use branchline_journal::{
    merkle::TreeHead,
    reader::{FileEndReport, HighWaterReport, JournalReader, Verified},
    record::{Position, Record},
    verify::RecordCheck,
};

use super::checks::{Check, Tally};

/// Sound records, on their way to the checks of their events.
pub(super) type Piece = Vec<Arc<Record>>;

/// What a source adds up to.
#[derive(Debug)]
pub(super) struct Summary {
    pub(super) tally: Tally,
    /// Records that are proven, and the root of their hash tree.
    pub(super) head: TreeHead,
    /// Root of the tree at the size of the kept head, when the journal reaches as far.
    pub(super) root_at_kept: Option<[u8; 32]>,
    pub(super) blocks: u64,
    pub(super) bytes: u64,
    /// What is not wrong, and worth knowing.
    pub(super) notes: Vec<String>,
}

/// Lines read before their records go on.
const LINES_A_PIECE: usize = 256;

/// Checks blocks, and gives the records of those that are proven to `send`, which says whether to
/// go on.
pub(super) fn blocks(
    reader: &JournalReader,
    kept: Option<TreeHead>,
    mut send: impl FnMut(Piece) -> bool,
) -> Summary {
    let mut tally = Tally::of([
        Check::Checksums,
        Check::Chain,
        Check::BlockRoots,
        Check::WriterRules,
        Check::End,
    ]);
    let (mut blocks, mut bytes) = (0, 0);
    let mut verify = reader.verify();
    if let Some(head) = kept {
        verify = verify.against(head);
    }
    for mut block in verify.by_ref() {
        blocks += 1;
        bytes += block.bytes as u64;
        if let Some(finding) = &block.finding {
            let place =
                block.offset.map_or_else(String::new, |at| format!(", byte {at} of the file"));
            let problem = format!("the block at {}{place}: {finding}", block.key);
            tally.find(Check::of(finding), block.key, problem);
        }
        if !block.records.is_empty() && !send(std::mem::take(&mut block.records)) {
            break;
        }
    }
    let verified = verify.finish();
    let notes = end_of_journal(&verified, &mut tally);
    for check in [Check::Checksums, Check::Chain, Check::BlockRoots] {
        tally.look(check, blocks);
    }
    tally.look(Check::WriterRules, verified.records);
    let root_at_kept = verified.kept.first().and_then(|head| head.found);
    Summary { tally, head: verified.tree, root_at_kept, blocks, bytes, notes }
}

/// How the end of the journal compares with what was acknowledged, or with what its file says.
fn end_of_journal(verified: &Verified, tally: &mut Tally) -> Vec<String> {
    let in_file = match &verified.file_end {
        FileEndReport::NoFile => return high_water(verified, tally),
        FileEndReport::Reached => None,
        FileEndReport::Broken => Some("the file does not end as a whole one does".to_owned()),
        FileEndReport::OtherTree { stated } => Some(format!(
            "the end of the file is of {} records with another hash tree",
            stated.size
        )),
    };
    tally.look(Check::End, 1);
    if let Some(problem) = in_file {
        tally.find(Check::End, verified.sound_until, problem);
    }
    Vec::new()
}

fn high_water(verified: &Verified, tally: &mut Tally) -> Vec<String> {
    let problem = match &verified.high_water {
        HighWaterReport::Reached { .. } => None,
        HighWaterReport::Missing if verified.blocks == 0 => {
            Some("there is neither a block nor a high-water mark: it is no journal".to_owned())
        }
        HighWaterReport::Missing => {
            let note =
                "there is no high-water mark: records cut off at the end would not be noticed";
            return vec![note.into()];
        }
        HighWaterReport::Unreadable { reason } => {
            Some(format!("the high-water mark cannot be read: {reason}"))
        }
        HighWaterReport::EndsBelow { found, acknowledged } => {
            Some(format!("the journal ends at {found}, and {acknowledged} was acknowledged"))
        }
        HighWaterReport::NotTheAcknowledged { acknowledged } => {
            Some(format!("the records at {acknowledged} are not those that were acknowledged"))
        }
    };
    tally.look(Check::End, 1);
    if let Some(problem) = problem {
        tally.find(Check::End, verified.sound_until, problem);
    }
    Vec::new()
}

/// Checks lines, and gives their records to `send`, which says whether to go on.
///
/// # Errors
///
/// When the lines cannot be read, which says nothing about what they hold.
pub(super) fn lines(
    input: impl BufRead,
    kept: Option<TreeHead>,
    mut send: impl FnMut(Piece) -> bool,
) -> anyhow::Result<Summary> {
    let mut tally = Tally::of([Check::Lines, Check::WriterRules, Check::End]);
    let mut records = ExportedRecords::new(input);
    let mut rules = RecordCheck::default();
    let mut root_at_kept = None;
    let mut piece = Vec::with_capacity(LINES_A_PIECE);
    let mut going = true;
    while let Some(record) = records.next() {
        let record = match record {
            Ok(record) => record,
            Err(ExportError::Read(error)) => return Err(error.into()),
            Err(error @ ExportError::Damaged { .. }) => {
                let next = Position(records.so_far().size).next();
                tally.look(Check::Lines, 1);
                tally.find(Check::Lines, next, error.to_string());
                going = false;
                break;
            }
        };
        tally.look(Check::Lines, 1);
        tally.look(Check::WriterRules, 1);
        if let Err(finding) = rules.add(&record) {
            tally.find(Check::of(&finding), record.position, finding.to_string());
            going = false;
            break;
        }
        if kept.is_some_and(|head| head.size == record.position.0) {
            root_at_kept = Some(records.so_far().root);
        }
        piece.push(Arc::new(record));
        if piece.len() == LINES_A_PIECE && !send(std::mem::take(&mut piece)) {
            break;
        }
    }
    if !piece.is_empty() {
        send(piece);
    }
    let mut notes = Vec::new();
    if records.ends_without_last_line() && records.so_far().size == 0 {
        tally.find(Check::Lines, Position(1), "the file is empty: it is no journal".into());
    } else if records.ends_without_last_line() {
        notes.push(
            "the export has no last line: an older release wrote it, or it was cut between two \
             records, which would not be noticed"
                .into(),
        );
    } else if going {
        tally.look(Check::End, 1);
    }
    // The rules stop at the record that breaks them, which the lines have counted already.
    Ok(Summary { tally, head: records.so_far(), root_at_kept, blocks: 0, bytes: 0, notes })
}
