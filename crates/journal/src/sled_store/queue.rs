//! What waits for the writer: bounded, first come first served.

use std::{
    collections::VecDeque,
    mem::size_of,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
    vec,
};

use crate::{
    record::NewRecord,
    store::{AppendError, AppendReply, Appended},
};

/// One call of `append`.
pub(super) struct Job {
    pub(super) records: vec::IntoIter<NewRecord>,
    pub(super) outcomes: Vec<Result<Appended, AppendError>>,
    /// How many of the outcomes can no longer change.
    pub(super) settled: usize,
    pub(super) reply: AppendReply,
}

impl Job {
    fn new(records: Vec<NewRecord>, reply: AppendReply) -> Self {
        let outcomes = Vec::with_capacity(records.len());
        Self { records: records.into_iter(), outcomes, settled: 0, reply }
    }

    /// Answers what is not settled, tried or not, with one error.
    pub(super) fn refuse(mut self, error: &AppendError) {
        for outcome in self.outcomes.iter_mut().skip(self.settled) {
            *outcome = Err(error.clone());
        }
        self.outcomes.extend(self.records.map(|_| Err(error.clone())));
        answer(self.reply, self.outcomes);
    }

    /// Answers a job whose every record was tried.
    pub(super) fn finish(self) {
        answer(self.reply, self.outcomes);
    }
}

/// A reply that panics is its owner's fault and must not stop the journal.
fn answer(reply: AppendReply, outcomes: Vec<Result<Appended, AppendError>>) {
    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| reply(outcomes))).is_err() {
        tracing::error!("a reply of the journal panicked");
    }
}

/// What the writer is to do next.
pub(super) enum Next {
    Work(Job),
    /// Nothing is queued now.
    Idle,
    /// Nothing is queued and nothing will be.
    Closed,
}

pub(super) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    bytes_max: usize,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<(Job, usize)>,
    bytes: usize,
    closed: bool,
    poison: Option<Arc<str>>,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.lock();
        f.debug_struct("Queue")
            .field("jobs", &state.jobs.len())
            .field("bytes", &state.bytes)
            .field("closed", &state.closed)
            .field("poison", &state.poison)
            .finish_non_exhaustive()
    }
}

impl Queue {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { state: Mutex::default(), filled: Condvar::new(), bytes_max }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, records: Vec<NewRecord>, reply: AppendReply) {
        let job = Job::new(records, reply);
        let bytes: usize = job.records.as_slice().iter().map(weight).sum();
        let mut state = self.lock();
        if let Some(error) = state.refusal(bytes, self.bytes_max) {
            drop(state);
            return job.refuse(&error);
        }
        state.bytes += bytes;
        state.jobs.push_back((job, bytes));
        drop(state);
        self.filled.notify_one();
    }

    /// The next job at once, or [`Next::Idle`].
    pub(super) fn take(&self) -> Next {
        self.lock().take()
    }

    /// The next job; waits for one, at most `patience` when there is a limit.
    pub(super) fn wait(&self, patience: Option<Duration>) -> Next {
        let mut state = self.lock();
        loop {
            match state.take() {
                Next::Idle => {}
                next @ (Next::Work(_) | Next::Closed) => return next,
            }
            state = match patience {
                None => self.filled.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(patience) => {
                    let waited = self.filled.wait_timeout(state, patience);
                    let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
                    if timeout.timed_out() {
                        return state.take();
                    }
                    state
                }
            };
        }
    }

    /// What is queued. Unit: bytes, about.
    pub(super) fn bytes(&self) -> usize {
        self.lock().bytes
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_one();
    }

    /// Stops the journal for the first reason given.
    pub(super) fn poison(&self, reason: &str) -> AppendError {
        let mut state = self.lock();
        let reason = Arc::clone(state.poison.get_or_insert_with(|| Arc::from(reason)));
        drop(state);
        self.filled.notify_one();
        AppendError::Poisoned { reason }
    }

    pub(super) fn poisoned(&self) -> Option<Arc<str>> {
        self.lock().poison.clone()
    }
}

impl State {
    fn refusal(&self, bytes: usize, bytes_max: usize) -> Option<AppendError> {
        if let Some(reason) = &self.poison {
            return Some(AppendError::Poisoned { reason: Arc::clone(reason) });
        }
        if self.closed {
            return Some(AppendError::Closed);
        }
        // A call larger than the limit gets in alone; it could never otherwise.
        let full = self.bytes > 0 && self.bytes.saturating_add(bytes) > bytes_max;
        full.then_some(AppendError::Busy { queued: self.bytes, limit: bytes_max })
    }

    fn take(&mut self) -> Next {
        match self.jobs.pop_front() {
            Some((job, bytes)) => {
                self.bytes -= bytes;
                Next::Work(job)
            }
            None if self.closed => Next::Closed,
            None => Next::Idle,
        }
    }
}

/// Memory of a queued record, about.
fn weight(new: &NewRecord) -> usize {
    let events: usize = new.body.events.iter().map(|event| 32 + event.payload.len()).sum();
    size_of::<NewRecord>() + events + new.body.claims.len() * 20
}
