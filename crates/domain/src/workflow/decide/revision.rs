//! A revision in events: in one piece, or in parts when one record has no room for it.

use super::limits::{CREATION_BYTES_MAX, change_bytes};
use crate::{
    graph::GraphChange,
    workflow::{WorkflowEvent, WorkflowState},
};

/// Largest changes in one record. Unit: bytes; 1.5 KiB of a record are left for who asked.
const PART_BYTES_MAX: usize = CREATION_BYTES_MAX;

/// The events of the next revision, with `beside` in the same record as its last one. `beside`
/// takes no more than `beside_bytes`.
///
/// Parts that a crash left behind are discarded first: they would become part of this revision.
pub(super) fn revised(
    state: &WorkflowState,
    changes: Vec<GraphChange>,
    beside: Vec<WorkflowEvent>,
    beside_bytes: usize,
) -> Vec<WorkflowEvent> {
    let mut parts = parts(changes, beside_bytes);
    let last = parts.pop().unwrap_or_default();
    let mut events = Vec::with_capacity(parts.len() + beside.len() + 2);
    if parts.is_empty() && !state.staged.is_empty() {
        events.push(WorkflowEvent::GraphStaged { part: 1, changes: Vec::new() });
    }
    let staged = (1..).zip(parts);
    events.extend(staged.map(|(part, changes)| WorkflowEvent::GraphStaged { part, changes }));
    events.extend(beside);
    let revision = state.graph.revision().saturating_add(1);
    events.push(WorkflowEvent::GraphRevised { revision, changes: last });
    events
}

/// The changes in pieces, each as large as a record takes; the last one, which may be empty, leaves
/// room for what stands beside it.
fn parts(changes: Vec<GraphChange>, beside_bytes: usize) -> Vec<Vec<GraphChange>> {
    let mut parts = Vec::new();
    let (mut part, mut bytes) = (Vec::new(), 0_usize);
    for change in changes {
        let more = change_bytes(&change);
        if bytes + more > PART_BYTES_MAX && !part.is_empty() {
            parts.push(std::mem::take(&mut part));
            bytes = 0;
        }
        bytes += more;
        part.push(change);
    }
    if bytes + beside_bytes > PART_BYTES_MAX && !part.is_empty() {
        parts.push(std::mem::take(&mut part));
    }
    parts.push(part);
    parts
}

/// Cuts the events of one decision into records, in order. All but the last one hold a part of a
/// revision, which means nothing on its own: the last one makes the decision true, all at once.
pub fn into_records(events: Vec<WorkflowEvent>) -> Vec<Vec<WorkflowEvent>> {
    let mut records = Vec::new();
    let mut last = Vec::new();
    for event in events {
        let alone =
            matches!(&event, WorkflowEvent::GraphStaged { changes, .. } if !changes.is_empty());
        if alone {
            records.push(vec![event]);
        } else {
            last.push(event);
        }
    }
    if !last.is_empty() {
        records.push(last);
    }
    records
}
