//! `branchline-log verify`: is the journal sound?

use std::{collections::BTreeSet, io::Write, time::Instant};

use branchline_journal::{
    reader::{HighWaterReport, Verified},
    record::{Position, StreamId},
};
use branchline_projections::Invariants;

use crate::{Evidence, Soundness, evidence::decode};

/// Findings that are written one by one; the rest is counted.
const SHOWN_MAX: u64 = 100;

/// What the second pass, over the events, found.
#[derive(Debug, Default)]
struct EventCheck {
    streams: BTreeSet<StreamId>,
    undecodable: u64,
    violations: u64,
    unknown_kinds: u64,
}

/// Checks the whole journal and writes what is wrong with it, and a line that sums it up.
///
/// # Errors
///
/// When the evidence is an export, or `out` takes no more.
pub fn run(evidence: &Evidence, out: &mut dyn Write) -> anyhow::Result<Soundness> {
    let began = Instant::now();
    let mut blocks = evidence.journal()?.verify();
    let (mut shown, mut bytes) = (0, 0);
    for block in blocks.by_ref() {
        bytes += block.bytes as u64;
        if let Some(finding) = &block.finding {
            shown += 1;
            if shown <= SHOWN_MAX {
                writeln!(out, "block at {}: {finding}", block.key)?;
            }
        }
    }
    let verified = blocks.finish();
    mark_line(&verified, out)?;
    let events = check_events(evidence, verified.sound_until, out)?;
    writeln!(
        out,
        "{} events  {} records  {} streams  {} blocks  {} damaged  {} undecodable  \
         {} violations  sound until {}",
        verified.events,
        verified.records,
        events.streams.len(),
        verified.blocks,
        verified.unsound_blocks,
        events.undecodable,
        events.violations,
        verified.sound_until
    )?;
    if events.unknown_kinds > 0 {
        eprintln!(
            "{} records are of streams that this version does not know; their events were not \
             looked at",
            events.unknown_kinds
        );
    }
    let seconds = began.elapsed().as_secs_f64().max(0.001);
    #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
    let rate = verified.events as f64 / seconds;
    eprintln!("{bytes} bytes in blocks; {rate:.0} events/s");
    let sound = verified.is_sound() && events.undecodable == 0 && events.violations == 0;
    Ok(if sound { Soundness::Sound } else { Soundness::Damaged })
}

/// How the end of the journal compares with what was acknowledged.
fn mark_line(verified: &Verified, out: &mut dyn Write) -> anyhow::Result<()> {
    match &verified.high_water {
        HighWaterReport::Reached { .. } => {}
        HighWaterReport::Missing => {
            eprintln!(
                "there is no high-water mark: records cut off at the end would not be noticed"
            );
        }
        HighWaterReport::Unreadable { reason } => {
            writeln!(out, "the high-water mark cannot be read: {reason}")?;
        }
        HighWaterReport::EndsBelow { found, acknowledged } => {
            writeln!(out, "the journal ends at {found}, and {acknowledged} was acknowledged")?;
        }
        HighWaterReport::NotTheAcknowledged { acknowledged } => {
            writeln!(out, "the records at {acknowledged} are not those that were acknowledged")?;
        }
    }
    Ok(())
}

/// Decodes every event up to the last sound record and checks what must hold.
fn check_events(
    evidence: &Evidence,
    sound_until: Position,
    out: &mut dyn Write,
) -> anyhow::Result<EventCheck> {
    let mut check = EventCheck::default();
    let mut invariants = Invariants::new();
    for record in evidence.records() {
        // Damage was told by the first pass.
        let Ok(record) = record else { break };
        let position = record.position;
        if position > sound_until {
            break;
        }
        check.streams.insert(record.body.stream);
        match decode(record, None) {
            Ok(Some(decoded)) => {
                for violation in invariants.check(&decoded.fact()) {
                    check.violations += 1;
                    if check.violations <= SHOWN_MAX {
                        let (stream, problem) = (&violation.stream, &violation.problem);
                        writeln!(out, "record {position}: {stream} {problem}")?;
                    }
                }
            }
            Ok(None) => check.unknown_kinds += 1,
            Err(error) => {
                check.undecodable += 1;
                if check.undecodable <= SHOWN_MAX {
                    writeln!(out, "record {position}: {error}")?;
                }
            }
        }
    }
    Ok(check)
}
