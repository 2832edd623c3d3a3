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

#[cfg(test)]
mod tests {
    use branchline_domain::id::WorkflowId;

    use super::*;
    use crate::command::Committed;

    fn answer(number: u128) -> Answer {
        Answer::Workflow(WorkflowId::from_u128(number), Committed::default())
    }

    /// On an engine thread, which has not come to the end of its turn when `work` is done.
    fn in_one_turn(work: impl FnOnce()) {
        actix::System::new().block_on(async { work() });
    }

    #[test]
    fn whoever_is_awake_hands_out_what_is_owed_and_each_answer_leaves_once() {
        in_one_turn(|| {
            let answers = Arc::<Answers>::default();
            let (first, mut first_answer) = oneshot::channel();
            let (second, mut second_answer) = oneshot::channel();
            answers.put(first, Ok(answer(1)));
            answers.put(second, Ok(answer(2)));
            assert!(first_answer.try_recv().is_err(), "it was put down only");

            answers.hand_out();
            answers.hand_out();
            assert_eq!(first_answer.try_recv(), Ok(Ok(answer(1))));
            assert_eq!(second_answer.try_recv(), Ok(Ok(answer(2))));
        });
    }

    #[test]
    fn the_engine_hands_out_at_the_end_of_its_turn() {
        let answers = Arc::<Answers>::default();
        let (reply, owed) = oneshot::channel();
        actix::System::new().block_on(async {
            answers.put(reply, Ok(answer(1)));
            assert_eq!(owed.await, Ok(Ok(answer(1))));
        });
    }

    #[test]
    fn a_full_piece_leaves_before_the_end_of_the_turn() {
        in_one_turn(|| {
            let answers = Arc::<Answers>::default();
            let (replies, mut owed): (Vec<_>, Vec<_>) =
                (0..PIECE).map(|_| oneshot::channel()).unzip();
            for reply in replies {
                answers.put(reply, Ok(answer(1)));
            }
            for owed in &mut owed {
                assert_eq!(owed.try_recv(), Ok(Ok(answer(1))));
            }
        });
    }

    #[test]
    fn nobody_is_left_waiting_when_the_engine_ends() {
        in_one_turn(|| {
            let answers = Arc::<Answers>::default();
            let (reply, mut owed) = oneshot::channel();
            let (late, mut late_answer) = oneshot::channel();
            let end = HandOutAtEnd(Arc::clone(&answers));
            answers.put(reply, Ok(answer(1)));
            drop(end);
            assert_eq!(owed.try_recv(), Ok(Ok(answer(1))));

            answers.put(late, Ok(answer(2)));
            assert_eq!(late_answer.try_recv(), Ok(Ok(answer(2))));
        });
    }
}
