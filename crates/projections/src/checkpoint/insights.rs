//! What happened in the workflows, one after the other in their order, in a checkpoint.
//!
//! ```text
//! started · answered · converted · dropped · attempts
//! count of nodes, each: entered · branches: output, node, taken · ended calls: status, count
//!                       attempts · durations: bucket by how far it lies behind the one before, count, sum
//! count of quarters of an hour, each: number, dialled, answered
//! 0, or 1 · newest minute · 60 minutes: positive, unreached, negative, onward
//! ```
//!
//! Attempts are a count and, for each, dialled and answered.

use super::{
    row_format::{put_row, read_row},
    wire::{FormatError, Input, put_len, put_signed, put_text, put_varint},
    words::{Words, place_of_call_status},
    workflow::TEXT_BYTES_MAX,
};
use crate::insights::{
    ATTEMPTS_TOLD, Answered, Bucket, Histogram, MinuteCounts, Minutes, OutcomeGroup, StoredBranch,
    StoredInsights, StoredNode, THROUGHPUT_MINUTES,
};

const UNKNOWN: FormatError = FormatError("there is no such time or duration");

pub(super) fn put_insights(out: &mut Vec<u8>, insights: &StoredInsights) {
    let StoredInsights { started, answered, converted, dropped, attempts, nodes, hours, minutes } =
        insights;
    for &count in [started, answered, converted, dropped] {
        put_varint(out, count);
    }
    put_attempts(out, attempts);
    put_len(out, nodes.iter().len());
    for node in nodes.iter() {
        put_node(out, node);
    }
    put_len(out, hours.used().count());
    for (quarter, dialled, answered) in hours.used() {
        put_len(out, quarter);
        put_varint(out, u64::from(dialled));
        put_varint(out, u64::from(answered));
    }
    let kept = minutes.kept();
    out.push(u8::from(kept.is_some()));
    if let Some((newest, slots)) = kept {
        put_signed(out, newest);
        for counts in slots {
            for group in OutcomeGroup::ALL {
                put_varint(out, u64::from(counts.of(group)));
            }
        }
    }
}

fn put_attempts(out: &mut Vec<u8>, attempts: &[Answered]) {
    put_len(out, attempts.len());
    for attempt in attempts {
        put_varint(out, attempt.dialled);
        put_varint(out, attempt.answered);
    }
}

fn put_node(out: &mut Vec<u8>, node: &StoredNode) {
    let StoredNode { entered, branches, ended, attempts, stay } = node;
    put_varint(out, *entered);
    put_len(out, branches.len());
    for StoredBranch { output, to, taken } in branches {
        put_text(out, output.as_str());
        put_row(out, *to);
        put_varint(out, *taken);
    }
    put_len(out, ended.len());
    for &(status, count) in ended {
        out.push(place_of_call_status(status));
        put_varint(out, count);
    }
    put_attempts(out, attempts);
    put_len(out, stay.buckets().len());
    let mut before = 0;
    for &Bucket { number, count, sum } in stay.buckets() {
        put_varint(out, u64::from(number - before));
        put_varint(out, u64::from(count));
        put_varint(out, sum);
        before = number;
    }
}

/// Reads what happened in one workflow.
pub(super) fn read_insights(
    input: &mut Input<'_>,
    words: &Words,
) -> Result<StoredInsights, FormatError> {
    let mut insights = StoredInsights {
        started: input.varint()?,
        answered: input.varint()?,
        converted: input.varint()?,
        dropped: input.varint()?,
        attempts: read_attempts(input)?,
        ..StoredInsights::default()
    };
    for number in 0..input.small()? {
        *insights.nodes.slot(number) = read_node(input, words)?;
    }
    for _ in 0..input.small::<u32>()? {
        let (quarter, dialled, answered) = (input.small()?, input.small()?, input.small()?);
        if !insights.hours.restore(quarter, dialled, answered) {
            return Err(UNKNOWN);
        }
    }
    match input.byte()? {
        0 => {}
        1 => insights.minutes = read_minutes(input)?,
        _ => return Err(FormatError("a mark is neither 0 nor 1")),
    }
    Ok(insights)
}

fn read_attempts(input: &mut Input<'_>) -> Result<Vec<Answered>, FormatError> {
    let count: usize = input.small()?;
    if count > ATTEMPTS_TOLD {
        return Err(FormatError("there are too many attempts"));
    }
    let one = |_| Ok(Answered { dialled: input.varint()?, answered: input.varint()? });
    (0..count).map(one).collect()
}

fn read_node(input: &mut Input<'_>, words: &Words) -> Result<StoredNode, FormatError> {
    let mut node = StoredNode { entered: input.varint()?, ..StoredNode::default() };
    for _ in 0..input.small::<u32>()? {
        let output = input.text(TEXT_BYTES_MAX)?.into();
        node.branches.push(StoredBranch { output, to: read_row(input)?, taken: input.varint()? });
    }
    for _ in 0..input.small::<u32>()? {
        node.ended.push((words.call_status(input.byte()?)?, input.varint()?));
    }
    node.attempts = read_attempts(input)?;
    let mut buckets = Vec::new();
    let mut before = 0_u16;
    for _ in 0..input.small::<u32>()? {
        before = before.checked_add(input.small()?).ok_or(UNKNOWN)?;
        let (count, sum) = (input.small()?, input.varint()?);
        buckets.push(Bucket { number: before, count, sum });
    }
    node.stay = Histogram::of(buckets).ok_or(UNKNOWN)?;
    Ok(node)
}

fn read_minutes(input: &mut Input<'_>) -> Result<Minutes, FormatError> {
    let newest = input.signed()?;
    let mut slots = Vec::with_capacity(THROUGHPUT_MINUTES);
    for _ in 0..THROUGHPUT_MINUTES {
        let mut counts = MinuteCounts::default();
        for group in OutcomeGroup::ALL {
            *counts.of_mut(group) = input.small()?;
        }
        slots.push(counts);
    }
    Minutes::of(newest, slots).ok_or(UNKNOWN)
}
