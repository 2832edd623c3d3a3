//! From read models to pieces.

use std::{collections::VecDeque, vec};

use branchline_domain::time::Timestamp;
use branchline_journal::record::Position;

use super::{
    Kind, Piece,
    insights::put_insights,
    organisation::put_organisation,
    provider::put_ref,
    row_format::{Before, put_call, put_id, put_lead, put_time},
    wire::{put_len, put_text, put_varint},
    words::{code_of_import, code_of_stage, put_words},
    workflow::{Facts, put_optional},
};
use crate::{
    Projections,
    arena::{Chunk, Rows},
    imports::StoredImport,
    stored::{StoredCall, StoredLead},
};

/// Bytes after which a piece of small things ends.
const PIECE_BYTES: usize = 256 * 1024;

/// The read models at one position, on their way to pieces. Independent of the read models: they go
/// on while this is written. Rows are shared with them until one of the two has no use for them.
pub struct Checkpoint {
    position: Position,
    ready: VecDeque<Piece>,
    workflows: vec::IntoIter<Facts>,
    leads: vec::IntoIter<Chunk<StoredLead>>,
    calls: vec::IntoIter<Chunk<StoredCall>>,
    /// What is small or cannot be shared: made at once.
    rest: vec::IntoIter<Vec<u8>>,
    ended: bool,
}

impl std::fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checkpoint").field("position", &self.position).finish_non_exhaustive()
    }
}

impl Projections {
    /// The read models as they are, to be written down while they go on.
    pub fn checkpoint(&self) -> Checkpoint {
        let passed = self.passed_beyond.iter();
        let passed = passed.flat_map(|(lead, nodes)| nodes.iter().map(move |node| (lead, node)));
        let rest = [
            pieces(Kind::Imports, (0..).zip(self.imports.all()), |out, (number, import)| {
                put_import(out, import, self.imports.is_unfinished(number));
            }),
            pieces(Kind::Organisations, &self.organisations, |out, (&id, stored)| {
                put_organisation(out, id, stored);
            }),
            pieces(Kind::Insights, self.workflows.all(), |out, (_, stored)| {
                put_insights(out, &stored.insights);
            }),
            pieces(Kind::ProviderRefs, self.provider_refs.all(), put_ref),
            pieces(Kind::Wakes, &self.wakes, |out, (&lead, &at)| put_row_at(out, lead, at)),
            pieces(Kind::NotBefore, &self.not_before, |out, (&call, &at)| {
                put_row_at(out, call, at);
            }),
            pieces(Kind::Applications, &self.applications, |out, (&lead, &stage)| {
                put_varint(out, u64::from(lead));
                out.push(code_of_stage(stage));
            }),
            pieces(Kind::Erased, &self.erased, |out, (&lead, &(at, position))| {
                put_row_at(out, lead, at);
                put_varint(out, position.0);
            }),
            pieces(Kind::Passed, passed, |out, (&lead, &node)| {
                put_varint(out, u64::from(lead));
                put_varint(out, u64::from(node));
            }),
        ]
        .concat();
        let workflows: Vec<Facts> = self.workflows.all().map(|(_, one)| Facts::of(one)).collect();
        Checkpoint {
            position: self.position,
            ready: VecDeque::from([Piece::Bytes(self.head())]),
            workflows: workflows.into_iter(),
            leads: Rows::clone(&self.leads).into_chunks(),
            calls: Rows::clone(&self.calls).into_chunks(),
            rest: rest.into_iter(),
            ended: false,
        }
    }

    fn head(&self) -> Vec<u8> {
        let mut out = vec![Kind::Head.code()];
        put_varint(&mut out, self.position.0);
        put_at(&mut out, self.latest_at);
        put_words(&mut out);
        put_len(&mut out, self.workflows.all().count());
        put_len(&mut out, self.imports.all().len());
        put_varint(&mut out, u64::from(self.leads.len()));
        put_varint(&mut out, u64::from(self.calls.len()));
        out
    }
}

impl Checkpoint {
    /// The last record that is in it.
    pub const fn position(&self) -> Position {
        self.position
    }
}

impl Iterator for Checkpoint {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if let Some(ready) = self.ready.pop_front() {
            return Some(ready);
        }
        if let Some(facts) = self.workflows.next() {
            let events = facts.events();
            let mut out = vec![Kind::Workflow.code()];
            facts.put(&mut out, events.len());
            self.ready.extend(events.into_iter().map(Piece::Event));
            return Some(Piece::Bytes(out));
        }
        if let Some(bytes) = self.rest.next() {
            return Some(Piece::Bytes(bytes));
        }
        if let Some(chunk) = self.leads.next() {
            return Some(Piece::Bytes(chunk_of(Kind::Leads, &chunk, put_lead)));
        }
        if let Some(chunk) = self.calls.next() {
            return Some(Piece::Bytes(chunk_of(Kind::Calls, &chunk, put_call)));
        }
        let ends = !std::mem::replace(&mut self.ended, true);
        ends.then(|| Piece::Bytes(vec![Kind::End.code()]))
    }
}

fn chunk_of<T>(kind: Kind, rows: &[T], put: impl Fn(&mut Vec<u8>, &T, &mut Before)) -> Vec<u8> {
    // A lead takes about 60 bytes, a call about 25.
    let mut out = Vec::with_capacity(1 + rows.len() * 64);
    out.push(kind.code());
    let mut before = Before::default();
    for row in rows {
        put(&mut out, row, &mut before);
    }
    out
}

/// Small things, one after the other.
fn pieces<T>(
    kind: Kind,
    items: impl IntoIterator<Item = T>,
    put: impl Fn(&mut Vec<u8>, T),
) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    let mut out = vec![kind.code()];
    for item in items {
        put(&mut out, item);
        if out.len() >= PIECE_BYTES {
            pieces.push(std::mem::replace(&mut out, vec![kind.code()]));
        }
    }
    pieces.push(out);
    pieces
}

pub(super) fn put_at(out: &mut Vec<u8>, at: Timestamp) {
    put_time(out, at, Timestamp::default());
}

fn put_row_at(out: &mut Vec<u8>, row: u32, at: Timestamp) {
    put_varint(out, u64::from(row));
    put_at(out, at);
}

fn put_import(out: &mut Vec<u8>, import: &StoredImport, unfinished: bool) {
    let row = &import.row;
    put_id(out, row.id.as_uuid().as_u128());
    put_id(out, row.workflow_id.as_uuid().as_u128());
    put_optional(out, row.file_name.as_deref(), put_text);
    put_at(out, row.at);
    out.push(code_of_import(row.status));
    for number in [row.rows, row.leads_enrolled, row.duplicates_skipped] {
        put_varint(out, u64::from(number));
    }
    put_optional(out, row.reason.as_deref(), put_text);
    put_len(out, row.faults.len());
    for fault in &row.faults {
        put_text(out, &fault.reason);
        put_len(out, fault.rows.len());
        for &row in &fault.rows {
            put_varint(out, row);
        }
    }
    out.push(u8::from(unfinished));
    put_len(out, import.leads.len());
    let mut before = 0;
    for &lead in &import.leads {
        put_varint(out, u64::from(lead - before));
        before = lead;
    }
}
