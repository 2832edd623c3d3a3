//! `branchline-log verify`: is the journal what was written, and does it show only what may be?
//!
//! One reading of the journal: a thread reads, checks and decodes blocks or lines, this one reads
//! events and asks the rules. Memory grows with streams and claims, not with records.

mod checks;
mod events;
mod report;
mod sources;

use std::{io::Write, sync::mpsc, thread, time::Instant};

use branchline_journal::{
    merkle::{Hash, TreeHead},
    record::Position,
};

use self::{
    checks::Tally,
    events::EventCheck,
    sources::{Piece, Summary},
};
pub use self::{
    checks::{Check, Found, Row},
    report::Report,
};
use crate::{Evidence, Format, Soundness, evidence::Reading};

/// Pieces that wait between the two threads. A block has at most some hundred records.
const PIECES_WAITING: usize = 64;

/// What a journal is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Size and root of the hash tree, as they were kept elsewhere.
    pub head: TreeHead,
    /// Where they come from, for people.
    pub origin: String,
}

/// Checks the whole journal and writes what is wrong with it, and what was looked at.
///
/// # Errors
///
/// When the evidence cannot be read, or `out` takes no more.
pub fn run(
    evidence: &Evidence,
    kept: Option<&Kept>,
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let report = check(evidence, kept)?;
    report.write(format, out)?;
    for note in &report.notes {
        eprintln!("{note}");
    }
    let seconds = report.took.as_secs_f64().max(0.001);
    #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
    let rate = report.events as f64 / seconds;
    eprintln!("{} bytes in blocks; {rate:.0} events/s", report.bytes);
    Ok(report.soundness())
}

/// Checks the whole journal.
///
/// # Errors
///
/// When the evidence cannot be read; what is wrong with it is in the report.
pub fn check(evidence: &Evidence, kept: Option<&Kept>) -> anyhow::Result<Report> {
    let began = Instant::now();
    let reading = evidence.reading()?;
    let kept_head = kept.map(|kept| kept.head);
    let (send, pieces) = mpsc::sync_channel::<Piece>(PIECES_WAITING);
    let (summary, events) = thread::scope(|scope| {
        let read =
            thread::Builder::new().name("verify-read".into()).spawn_scoped(scope, move || {
                // Ours to drop: that is how the other thread learns that there is no more.
                let send = |piece| send.send(piece).is_ok();
                match reading {
                    Reading::Blocks(reader) => Ok(sources::blocks(reader, kept_head, send)),
                    Reading::Lines(input) => sources::lines(input, kept_head, send),
                }
            })?;
        let mut events = EventCheck::new();
        let mut progress = evidence.progress("verifying");
        for record in pieces.into_iter().flatten() {
            progress.at(record.position.0);
            events.take(&record);
        }
        let summary = read.join().map_err(|_| anyhow::anyhow!("the reading thread stopped"))?;
        anyhow::Ok((summary?, events))
    })?;
    let mut report = sum_up(summary, events, kept);
    report.took = began.elapsed();
    Ok(report)
}

fn sum_up(summary: Summary, events: EventCheck, kept: Option<&Kept>) -> Report {
    let Summary { mut tally, head, root_at_kept, blocks, bytes, notes } = summary;
    if let Some(kept) = kept {
        compare(&mut tally, head, root_at_kept, kept);
    }
    let EventCheck { records, events: seen, streams, last, .. } = events;
    tally.add(events.finish());
    tally.findings.sort_by_key(|found| found.position);
    let first = tally.findings.iter().map(|found| found.position.0).min();
    let sound_until = first.map_or(last, |first| Position(first.saturating_sub(1)).min(last));
    Report {
        rows: tally.rows().to_vec(),
        findings: std::mem::take(&mut tally.findings),
        head,
        records,
        events: seen,
        streams,
        blocks,
        bytes,
        sound_until,
        notes,
        took: std::time::Duration::ZERO,
    }
}

/// Whether the journal goes on from the head that was kept.
fn compare(tally: &mut Tally, head: TreeHead, root: Option<Hash>, kept: &Kept) {
    tally.look(Check::Root, 1);
    let Kept { head: kept, origin } = kept;
    let root = if kept.size == 0 { Some(kept.root) } else { root };
    match root {
        Some(root) if root == kept.root => {}
        Some(_) => {
            let problem = format!(
                "its first {} records are not those of the head in {origin}: another journal, or \
                 one that was changed",
                kept.size
            );
            tally.find(Check::Root, Position(kept.size), problem);
        }
        None => {
            let problem = format!(
                "it has {} proven records, and the head in {origin} is of {}: records are missing",
                head.size, kept.size
            );
            tally.find(Check::Root, Position(head.size), problem);
        }
    }
}
