//! The engine thread's way to the journal: what actors append in one turn of the loop goes over in
//! few pieces, and the answers of a piece come back together.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{self, Poll},
};

use branchline_journal::{
    record::NewRecord,
    store::{AppendError, Appended, EventStore},
};
use tokio::sync::{Notify, oneshot};

use crate::read_side::ReadSide;

/// What came of one record.
pub(crate) type AppendOutcome = Result<Appended, AppendError>;

/// Records that go over at once, without waiting for the end of the turn: the journal then writes
/// the first ones while the next are being decided. Unit: records.
const PIECE: usize = 256;

type Waiting = oneshot::Sender<AppendOutcome>;

/// Gives what came of one record. [`AppendError::Closed`] when the journal went away with the
/// record: then whether it is durable is unknown.
pub(crate) struct AppendAnswer(oneshot::Receiver<AppendOutcome>);

impl Future for AppendAnswer {
    type Output = AppendOutcome;

    fn poll(mut self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<AppendOutcome> {
        Pin::new(&mut self.0).poll(task).map(|outcome| outcome.unwrap_or(Err(AppendError::Closed)))
    }
}

/// Collects records and sends them in groups. Lives on the engine thread.
///
/// Each record of a lead awaits its answer before the next one is decided, so what waits here is
/// bounded by the commands that may be under way.
pub(crate) struct JournalPort {
    store: Arc<dyn EventStore>,
    reads: Arc<ReadSide>,
    collected: RefCell<(Vec<NewRecord>, Vec<Waiting>)>,
    /// Whether a flush is on its way.
    scheduled: Cell<bool>,
    /// Groups that were sent and not answered.
    unanswered: Cell<usize>,
    idle: Notify,
}

impl JournalPort {
    pub(crate) fn new(store: Arc<dyn EventStore>, reads: Arc<ReadSide>) -> Self {
        Self {
            store,
            reads,
            collected: RefCell::default(),
            scheduled: Cell::new(false),
            unanswered: Cell::new(0),
            idle: Notify::new(),
        }
    }

    /// Queues a record at once; the future gives what came of it.
    pub(crate) fn append(self: &Rc<Self>, record: NewRecord) -> AppendAnswer {
        let (reply, answer) = oneshot::channel();
        let collected = {
            let mut collected = self.collected.borrow_mut();
            collected.0.push(record);
            collected.1.push(reply);
            collected.0.len()
        };
        if collected >= PIECE {
            self.hand_over();
        } else {
            self.schedule();
        }
        AppendAnswer(answer)
    }

    /// Queues many records at once, and waits for all.
    pub(crate) async fn append_all(self: &Rc<Self>, records: Vec<NewRecord>) -> Vec<AppendOutcome> {
        let answers: Vec<_> = records.into_iter().map(|record| self.append(record)).collect();
        let mut outcomes = Vec::with_capacity(answers.len());
        for answer in answers {
            outcomes.push(answer.await);
        }
        outcomes
    }

    /// Waits until nothing is under way to the journal.
    pub(crate) async fn idle(&self) {
        while self.scheduled.get() || self.unanswered.get() > 0 {
            self.idle.notified().await;
        }
    }

    /// The task runs after everything that is ready in this turn of the loop, so that what does
    /// not fill a piece goes over together.
    fn schedule(self: &Rc<Self>) {
        if !self.scheduled.replace(true) {
            let port = Rc::clone(self);
            actix::spawn(async move {
                port.scheduled.set(false);
                port.hand_over();
                port.wake_waiting();
            });
        }
    }

    /// Sends what was collected; the answers follow by themselves.
    fn hand_over(self: &Rc<Self>) {
        if self.collected.borrow().0.is_empty() {
            return;
        }
        let (records, waiting) = self.collected.replace_with(|(records, _)| {
            // The next group is likely as large as this one.
            (Vec::with_capacity(records.len()), Vec::with_capacity(records.len()))
        });
        self.unanswered.set(self.unanswered.get() + 1);
        let (reply, answer) = oneshot::channel();
        let count = records.len();
        let span = tracing::debug_span!("journal.append", records = count);
        span.in_scope(|| {
            self.store.append(
                records,
                Box::new(move |outcomes| {
                    // Nobody listens when the engine was dropped; the records are durable anyway.
                    let _ = reply.send(outcomes);
                }),
            );
        });
        let port = Rc::clone(self);
        actix::spawn(async move {
            let outcomes =
                answer.await.unwrap_or_else(|_| vec![Err(AppendError::Closed); waiting.len()]);
            port.answer(waiting, outcomes);
        });
    }

    fn answer(&self, waiting: Vec<Waiting>, outcomes: Vec<AppendOutcome>) {
        self.unanswered.set(self.unanswered.get() - 1);
        for (waiting, outcome) in waiting.into_iter().zip(outcomes) {
            if let Err(AppendError::Poisoned { reason }) = &outcome {
                self.reads.fail(reason);
            }
            // A caller that went away does not undo what is durable.
            let _ = waiting.send(outcome);
        }
        self.wake_waiting();
    }

    fn wake_waiting(&self) {
        self.idle.notify_waiters();
        self.idle.notify_one();
    }
}
