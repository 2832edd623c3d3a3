//! The only code that writes. One thread, one group at a time, one sync a group.
//!
//! A sync costs the same for one record as for a thousand, so appends that arrive while one is
//! running share the next (group commit). Nobody is answered, and no reader sees anything, before
//! the group is on disk. After a failed write or sync nothing more is written: what the disk holds
//! then is unknown, and a second sync that succeeds would prove nothing.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use super::{
    checkpoints::Checkpoints,
    high_water::{HighWater, Mark},
    queue::{Job, Next},
    shared::Shared,
};
use crate::{
    block::{BlockBuilder, SealedBlock},
    block_cache::Records,
    index::Pending,
    record::{NewRecord, RECORD_BYTES_MAX, Record},
    record_format::{Names, put_canonical},
    store::{AppendError, Appended},
};

/// Most events in one group.
const GROUP_EVENTS_MAX: usize = 8_192;

/// Most bytes in one group. sled rewrites leaves while blocks go in, about four bytes for each of
/// ours; a group may not fill a segment (2 MiB), so that none is used again before what replaced
/// it is on disk.
const GROUP_BYTES_MAX: usize = 512 * 1024;

pub(super) struct Writer {
    chain: u32,
    high_water: HighWater,
    checkpoints: Checkpoints,
    pending: Pending,
    builder: BlockBuilder,
    names: Names,
    canonical: Vec<u8>,
    /// A job larger than a group, begun.
    begun: Option<Job>,
}

/// Records that share a sync, and the jobs that end with it.
#[derive(Default)]
struct Group {
    jobs: Vec<Job>,
    blocks: Vec<(SealedBlock, Records)>,
    open: Vec<Arc<Record>>,
    events: usize,
    bytes: usize,
}

impl Group {
    const fn is_full(&self) -> bool {
        self.events >= GROUP_EVENTS_MAX || self.bytes >= GROUP_BYTES_MAX
    }
}

impl Writer {
    pub(super) fn new(chain: u32, high_water: HighWater, checkpoints: Checkpoints) -> Self {
        Self {
            chain,
            high_water,
            checkpoints,
            pending: Pending::default(),
            builder: BlockBuilder::default(),
            names: Names::default(),
            canonical: Vec::new(),
            begun: None,
        }
    }

    /// Works until the journal is closed. A panic of the writer itself stops the journal like a
    /// failed write, and leaves nobody waiting.
    pub(super) fn run_guarded(self, shared: &Shared) {
        if catch_unwind(AssertUnwindSafe(|| self.run(shared))).is_err() {
            let error = shared.queue.poison("the writer panicked");
            while let Next::Work(job) = shared.queue.take() {
                job.refuse(&error);
            }
        }
        shared.end();
    }

    fn run(mut self, shared: &Shared) {
        loop {
            let job = match self.begun.take() {
                Some(job) => job,
                None => match shared.queue.wait(self.patience()) {
                    Next::Work(job) => job,
                    Next::Closed => break,
                    Next::Idle => {
                        self.rest(shared);
                        continue;
                    }
                },
            };
            self.serve(shared, job);
            self.checkpoint(shared, false);
        }
        self.checkpoint(shared, true);
        if let Err(error) = self.high_water.sync() {
            tracing::error!(%error, "the high-water mark is not on disk");
        }
    }

    /// What is put off until there is nothing else to do.
    fn rest(&mut self, shared: &Shared) {
        if let Err(error) = self.high_water.sync_if_due() {
            shared.queue.poison(&format!("the high-water mark: {error}"));
            shared.wake();
        }
        self.checkpoint(shared, true);
    }

    fn checkpoint(&mut self, shared: &Shared, quiet: bool) {
        // After a failed write the chain here is ahead of what is durable.
        if self.checkpoints.due(shared.head(), quiet) && shared.queue.poisoned().is_none() {
            let tree = shared.tree();
            self.checkpoints.save(&shared.index(), &tree, shared.epoch, self.chain);
        }
    }

    /// How long to wait for work: no longer than until the high-water mark is due.
    fn patience(&self) -> Option<Duration> {
        self.high_water.dirty().then_some(Duration::from_secs(1))
    }

    /// Commits a group that begins with `job`.
    fn serve(&mut self, shared: &Shared, job: Job) {
        if let Some(reason) = shared.queue.poisoned() {
            return job.refuse(&AppendError::Poisoned { reason });
        }
        let mut group = self.gather(shared, job);
        if let Err(reason) = self.commit(shared, &mut group) {
            tracing::error!(%reason, "the journal stops");
            let error = shared.queue.poison(&reason);
            shared.wake();
            self.builder.discard();
            for job in group.jobs.into_iter().chain(self.begun.take()) {
                job.refuse(&error);
            }
            return;
        }
        if let Some(job) = &mut self.begun {
            job.settled = job.outcomes.len();
        }
        for job in group.jobs {
            job.finish();
        }
    }

    /// Takes what is queued, up to a group, and never waits for more.
    fn gather(&mut self, shared: &Shared, first: Job) -> Group {
        let mut group = Group::default();
        let mut job = first;
        loop {
            while !group.is_full()
                && let Some(new) = job.records.next()
            {
                let outcome = self.admit(shared, new, &mut group);
                job.outcomes.push(outcome);
            }
            if job.records.len() > 0 {
                self.begun = Some(job);
                return group;
            }
            group.jobs.push(job);
            if group.is_full() {
                return group;
            }
            match shared.queue.take() {
                Next::Work(next) => job = next,
                Next::Idle | Next::Closed => return group,
            }
        }
    }

    /// Checks a record and encodes it into the group.
    fn admit(
        &mut self,
        shared: &Shared,
        new: NewRecord,
        group: &mut Group,
    ) -> Result<Appended, AppendError> {
        let index = shared.index();
        let place = index.check(&self.pending, &new)?;
        let record = Record {
            position: place.position,
            epoch: shared.epoch,
            version: place.version,
            prev: place.prev,
            body: new.body,
        };
        self.canonical.clear();
        put_canonical(&mut self.canonical, &mut self.names, &record);
        if self.canonical.len() > RECORD_BYTES_MAX {
            let bytes = self.canonical.len();
            return Err(AppendError::TooLarge { bytes, limit: RECORD_BYTES_MAX });
        }
        self.pending.add(&index, &record);
        drop(index);
        if !self.builder.push(&record, &self.canonical) {
            self.seal(group);
            self.builder.push(&record, &self.canonical);
        }
        group.events += record.body.events.len();
        group.bytes += self.canonical.len();
        let appended = Appended { position: record.position, version: record.last_version() };
        group.open.push(Arc::new(record));
        Ok(appended)
    }

    fn seal(&mut self, group: &mut Group) {
        if let Some(block) = self.builder.finish(self.chain) {
            self.chain = block.checksum;
            group.blocks.push((block, mem::take(&mut group.open).into()));
        }
    }

    /// Makes the group durable and shows it, or says why not.
    fn commit(&mut self, shared: &Shared, group: &mut Group) -> Result<(), String> {
        self.seal(group);
        self.pending.clear();
        if group.blocks.is_empty() {
            return Ok(());
        }
        let before = shared.head();
        let (mut position, mut bytes) = (before, 0);
        for (block, records) in &group.blocks {
            shared.storage.insert(block.first, &block.bytes).map_err(|error| error.0)?;
            position = records.last().map_or(position, |last| last.position);
            bytes += block.bytes.len() as u64;
        }
        let syncing = Instant::now();
        shared.storage.sync().map_err(|error| error.0)?;
        shared.measures.sync.observe_duration(syncing.elapsed());
        shared.measures.records.observe(position.0 - before.0);
        shared.measures.block_bytes.fetch_add(bytes, Ordering::Relaxed);
        let mark = Mark { epoch: shared.epoch, position, chain: self.chain };
        self.high_water.write(mark).map_err(|error| format!("the high-water mark: {error}"))?;
        shared.publish(group.blocks.drain(..).map(|(block, records)| (records, block.leaves)));
        Ok(())
    }
}
