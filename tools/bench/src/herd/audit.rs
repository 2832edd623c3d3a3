//! What the journal says of the herd: each lead left the wait once, and none before its time.

use std::{collections::HashMap, path::Path};

use anyhow::Context as _;
use branchline_domain::{
    id::{LeadId, NodeId},
    lead::LeadEvent,
    time::Timestamp,
};
use branchline_engine::DataDirectory;
use branchline_event_codec::{RecordedEvents, decode_record};
use branchline_journal::record::{ExpectedVersion, NewRecord, Position, Record, Version};
use serde::Serialize;

use super::stage::Staged;

/// Records read at once.
const READ_RECORDS: usize = 4_096;

/// What was counted. Names are the benchmark's interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Audit {
    /// Leads that entered the wait.
    pub(super) entered: u64,
    /// Of those, with exactly one branch out of it.
    pub(super) left_once: u64,
    /// With none.
    pub(super) left_never: u64,
    /// With more than one.
    pub(super) left_again: u64,
    /// Branches recorded before the wait was over.
    pub(super) early: u64,
}

impl Audit {
    /// Whether each lead left the wait exactly once and in time.
    pub(super) const fn is_sound(self, leads: u32) -> bool {
        self.entered == leads as u64
            && self.left_once == self.entered
            && self.left_never == 0
            && self.left_again == 0
            && self.early == 0
    }
}

/// Reads the whole journal and counts. Also gives the records after the stage, to be written again
/// by a journal alone.
pub(super) fn audit(data: &Path, staged: &Staged) -> anyhow::Result<(Audit, Vec<NewRecord>)> {
    let DataDirectory { store, .. } = DataDirectory::open(data)?;
    let mut count = Count { wait: staged.wait, leads: HashMap::new(), early: 0 };
    let mut after_stage = Vec::new();
    let mut after = Position::START;
    loop {
        let records = store.read_all(after, READ_RECORDS)?;
        let Some(last) = records.last().map(|record| record.position) else { break };
        for record in &records {
            let at = Timestamp::from_micros(record.body.recorded_at.0);
            let events = decode_record(record, None).context("a record cannot be read")?;
            if let Some(RecordedEvents::Lead(lead, events)) = events {
                count.take(lead, &events, at);
            }
            if record.position.0 > staged.head {
                after_stage.push(again(record));
            }
        }
        after = last;
    }
    store.close();
    Ok((count.sum(), after_stage))
}

fn again(record: &Record) -> NewRecord {
    let expected = match record.version.0 {
        0 | 1 => ExpectedVersion::NoStream,
        version => ExpectedVersion::Exact(Version(version - 1)),
    };
    NewRecord { expected, body: record.body.clone() }
}

struct Count {
    wait: NodeId,
    /// When the wait of a lead is over, and how often it left.
    leads: HashMap<LeadId, (Option<Timestamp>, u32)>,
    early: u64,
}

impl Count {
    fn take(&mut self, lead: LeadId, events: &[LeadEvent], at: Timestamp) {
        for event in events {
            if let LeadEvent::NodeEntered { node, release_at, .. } = event
                && *node == self.wait
            {
                self.leads.insert(lead, (*release_at, 0));
            }
            if let LeadEvent::BranchTaken { from, .. } = event
                && *from == self.wait
            {
                let (release_at, left) = self.leads.entry(lead).or_default();
                *left += 1;
                self.early += u64::from(release_at.is_none_or(|release_at| at < release_at));
            }
        }
    }

    fn sum(self) -> Audit {
        let mut audit =
            Audit { entered: self.leads.len() as u64, early: self.early, ..Audit::default() };
        for (_, left) in self.leads.into_values() {
            match left {
                0 => audit.left_never += 1,
                1 => audit.left_once += 1,
                2.. => audit.left_again += 1,
            }
        }
        audit
    }
}

#[cfg(test)]
mod tests {
    use branchline_domain::{lead::BranchCause, output::Output};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    #[test]
    fn a_lead_that_leaves_twice_or_early_or_never_is_seen() {
        let wait = NodeId::from_u128(1);
        let lead = LeadId::from_u128;
        let entered =
            LeadEvent::NodeEntered { visit: 1, node: wait, revision: 1, release_at: Some(at(10)) };
        let left = LeadEvent::BranchTaken {
            visit: 1,
            from: wait,
            output: Output::from(""),
            to: NodeId::from_u128(2),
            cause: BranchCause::Release,
            revision: 1,
        };
        let mut count = Count { wait, leads: HashMap::new(), early: 0 };
        for number in 1..=4 {
            count.take(lead(number), std::slice::from_ref(&entered), at(0));
        }
        for (number, second) in [(1, 10), (2, 11), (2, 12), (3, 9)] {
            count.take(lead(number), std::slice::from_ref(&left), at(second));
        }
        let audit = count.sum();
        let expected = Audit { entered: 4, left_once: 2, left_never: 1, left_again: 1, early: 1 };
        assert_eq!(audit, expected);
        assert!(!audit.is_sound(4));
        assert!(Audit { entered: 4, left_once: 4, ..Audit::default() }.is_sound(4));
    }
}
