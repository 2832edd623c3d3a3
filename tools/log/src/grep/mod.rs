//! `branchline-log grep`: the records that fit, out of the whole journal.

mod event_types;
mod filter;
mod matching;
mod pattern;
mod phones;

use std::io::Write;

use self::matching::Matcher;
pub use self::{
    event_types::{EventTypePattern, UnknownEventType},
    filter::Filter,
    pattern::Pattern,
    phones::{Phones, check as check_phone_number},
};
use crate::{Evidence, Format, Soundness, told::tell};

/// What is written of the records that fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Each of them.
    Records(Format),
    /// How many there are.
    Count,
}

/// Writes the records that fit. How many there were is told on standard error.
///
/// Memory grows with the leads that a filter by workflow, number or node has to remember, 16 bytes
/// and the overhead of a set each, and with nothing else.
///
/// # Errors
///
/// When `out` takes no more.
pub fn run(
    evidence: &Evidence,
    filter: Filter,
    answer: Answer,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let mut matcher = Matcher::new(filter);
    let mut progress = evidence.progress("searching");
    let mut soundness = Soundness::Sound;
    let (mut looked_at, mut records, mut events) = (0_u64, 0_u64, 0);
    for record in evidence.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                progress.say(&format!("{error:#}; only what is before that was searched"));
                soundness = Soundness::Damaged;
                break;
            }
        };
        if matcher.filter.ends_before(&record) {
            break;
        }
        looked_at += 1;
        progress.at(looked_at);
        let fitting = match matcher.events_that_fit(&record) {
            Ok(fitting) => fitting,
            Err(error) => {
                progress.say(&format!("record {}: {error}", record.position));
                soundness = Soundness::Damaged;
                continue;
            }
        };
        if fitting == 0 {
            continue;
        }
        records += 1;
        events += fitting;
        if let Answer::Records(format) = answer {
            let told = progress.beside(out, |out| tell(&record, format, out))?;
            if told == Soundness::Damaged {
                soundness = Soundness::Damaged;
            }
        }
    }
    drop(progress);
    if answer == Answer::Count {
        writeln!(out, "{records}")?;
    }
    if let Some(remark) = matcher.filter.phones.as_ref().and_then(Phones::remark) {
        eprintln!("{remark}");
    }
    eprintln!("{records} of {looked_at} records fit, by {events} events");
    Ok(soundness)
}
