//! Everything as it stood right after one record: the whole journal, folded from nothing.
//!
//! Events are not kept: memory grows with leads and calls, not with the length of the journal.

use std::{iter::Peekable, sync::Arc};

use anyhow::ensure;
use branchline_domain::time::Timestamp;
use branchline_journal::record::{Position, Record};
use branchline_projections::{Fact, Projections};

use crate::{AsOf, Evidence, Soundness, answer::AsOfRecord, evidence::decode, progress::Progress};

/// Everything as it stood right after one record.
#[derive(Clone, Debug, Default)]
pub struct World {
    read: Projections,
    position: Position,
    at: Timestamp,
    events: u64,
}

impl World {
    /// The world as of a record. Damage is told on standard error: what is given is as of the last
    /// record before it.
    ///
    /// # Errors
    ///
    /// When the position is beyond the last record.
    pub fn of(evidence: &Evidence, as_of: AsOf) -> anyhow::Result<(Self, Soundness)> {
        let mut world = Self::default();
        let mut reading = Reading::of(evidence, "replaying");
        reading.advance(&mut world, as_of, |_, _| {})?;
        Ok((world, reading.soundness))
    }

    /// The read models.
    pub const fn projections(&self) -> &Projections {
        &self.read
    }

    /// The last record that was taken in.
    pub const fn as_of(&self) -> AsOfRecord {
        AsOfRecord { position: self.position.0, at: self.at }
    }

    /// How many events there were. Those of streams that this version does not know count too.
    pub const fn events(&self) -> u64 {
        self.events
    }
}

/// The records of a journal on their way into a world, with stops.
pub(crate) struct Reading<'e> {
    records: Peekable<Box<dyn Iterator<Item = anyhow::Result<Arc<Record>>> + 'e>>,
    progress: Progress,
    pub(crate) soundness: Soundness,
}

impl<'e> Reading<'e> {
    /// Before the first record; `what` is said before the progress.
    pub(crate) fn of(evidence: &'e Evidence, what: &'static str) -> Self {
        Self {
            records: evidence.records().peekable(),
            progress: evidence.progress(what),
            soundness: Soundness::Sound,
        }
    }

    /// Takes every record up to a moment into the world, and shows each to `watch` before, with its
    /// events where they can be read.
    ///
    /// # Errors
    ///
    /// When the position is beyond the last record.
    pub(crate) fn advance(
        &mut self,
        world: &mut World,
        as_of: AsOf,
        mut watch: impl FnMut(&Record, Option<&Fact<'_>>),
    ) -> anyhow::Result<()> {
        let wanted = |next: &anyhow::Result<Arc<Record>>| {
            !next.as_ref().is_ok_and(|record| as_of.is_before(record))
        };
        while let Some(next) = self.records.next_if(wanted) {
            let record = match next {
                Ok(record) => record,
                Err(damage) => {
                    self.progress.say(&format!(
                        "{damage:#}; what is told is as of record {}",
                        world.position
                    ));
                    self.soundness = Soundness::Damaged;
                    break;
                }
            };
            self.take(world, &record, &mut watch);
        }
        if let (AsOf::Position(wanted), Soundness::Sound) = (as_of, self.soundness) {
            let head = world.position;
            ensure!(wanted <= head, "position {wanted} is beyond the journal's end at {head}");
        }
        Ok(())
    }

    fn take(
        &mut self,
        world: &mut World,
        record: &Arc<Record>,
        watch: &mut dyn FnMut(&Record, Option<&Fact<'_>>),
    ) {
        let position = record.position;
        world.position = position;
        world.at = Timestamp::from_micros(record.body.recorded_at.0);
        world.events += record.body.events.len() as u64;
        self.progress.at(position.0);
        // Nothing personal is folded, so no seal is opened.
        match decode(Arc::clone(record), None) {
            Ok(Some(decoded)) => {
                let fact = decoded.fact();
                watch(record, Some(&fact));
                world.read.fold(&fact);
            }
            Ok(None) => watch(record, None),
            Err(error) => {
                watch(record, None);
                self.progress.say(&format!("record {position}: {error}"));
                self.soundness = Soundness::Damaged;
            }
        }
    }
}
