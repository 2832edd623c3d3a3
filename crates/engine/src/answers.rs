//! Answers on their way to hosts.
//!
//! A commit answers many commands at once, and whoever waits for an answer is woken when it is
//! sent. A thread that is woken often gets the processor of the one that woke it: answers that are
//! sent one by one make host and engine take turns for each of them, and a turn costs more than a
//! transition. So answers are put down first. The engine hands them out when its actors have had
//! their turn, and a host that got one hands out the rest itself, which wakes nobody who is awake.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::sync::oneshot;

use crate::{EngineError, command::Answer};

/// Takes the answer to one command.
pub(crate) type Reply = oneshot::Sender<Result<Answer, EngineError>>;

/// Answers that are handed out before the turn of the actors has ended, so that hosts work on them
/// in the meantime. Unit: answers.
const PIECE: usize = 256;

/// Answers that were put down and not handed out. Shared by the engine and its handles.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    owed: Mutex<VecDeque<(Reply, Result<Answer, EngineError>)>>,
    /// How many are owed; a hint, so that a host that finds none takes no lock.
    count: AtomicUsize,
    /// Whether the engine is about to hand out.
    scheduled: AtomicBool,
    /// Whether the engine has ended, and hands out nothing any more.
    closed: AtomicBool,
}

impl Answers {
    /// Puts an answer down. Engine thread only. It leaves at the end of this turn of the loop.
    pub(crate) fn put(self: &Arc<Self>, reply: Reply, answer: Result<Answer, EngineError>) {
        if self.closed.load(Ordering::Acquire) {
            // The caller may have gone away.
            let _ = reply.send(answer);
            return;
        }
        let owed = {
            let mut owed = self.owed();
            owed.push_back((reply, answer));
            owed.len()
        };
        self.count.store(owed, Ordering::Release);
        if owed >= PIECE {
            self.hand_out();
        } else if !self.scheduled.swap(true, Ordering::Relaxed) {
            let answers = Arc::clone(self);
            actix::spawn(async move {
                answers.scheduled.store(false, Ordering::Relaxed);
                answers.hand_out();
            });
        }
    }

    /// Hands out what is owed now. Any thread: each answer leaves once, whoever sends it.
    pub(crate) fn hand_out(&self) {
        for _ in 0..self.count.load(Ordering::Acquire) {
            let Some((reply, answer)) = self.take() else { return };
            // The caller may have gone away.
            let _ = reply.send(answer);
        }
    }

    fn take(&self) -> Option<(Reply, Result<Answer, EngineError>)> {
        let mut owed = self.owed();
        let taken = owed.pop_front();
        self.count.store(owed.len(), Ordering::Release);
        taken
    }

    fn owed(&self) -> MutexGuard<'_, VecDeque<(Reply, Result<Answer, EngineError>)>> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands everything out when the engine ends, however it does; what comes later leaves at once.
#[derive(Debug)]
pub(crate) struct HandOutAtEnd(pub(crate) Arc<Answers>);

impl Drop for HandOutAtEnd {
    fn drop(&mut self) {
        self.0.closed.store(true, Ordering::Release);
        self.0.hand_out();
    }
}
