//! `branchline-log tail`: the last records.

use std::{collections::VecDeque, io::Write, sync::Arc};

use branchline_journal::record::Record;

use crate::{Evidence, Format, Soundness, told::tell};

/// Writes the last `count` records. The whole journal is read for that: only the chain from the
/// first block on says that the last ones are what was written.
///
/// # Errors
///
/// When `out` takes no more.
pub fn run(
    evidence: &Evidence,
    count: u64,
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let mut soundness = Soundness::Sound;
    let mut last: VecDeque<Arc<Record>> = VecDeque::new();
    let mut progress = evidence.progress("reading");
    for record in evidence.records() {
        match record {
            Ok(record) => {
                progress.at(record.position.0);
                last.push_back(record);
                if last.len() as u64 > count {
                    last.pop_front();
                }
            }
            Err(error) => {
                progress.say(&format!("{error:#}; the last records before that follow"));
                soundness = Soundness::Damaged;
                break;
            }
        }
    }
    drop(progress);
    for record in &last {
        if tell(record, format, out)? == Soundness::Damaged {
            soundness = Soundness::Damaged;
        }
    }
    Ok(soundness)
}
