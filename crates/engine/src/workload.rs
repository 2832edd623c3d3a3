//! What is under way, which a stop waits for; and what an actor left undone.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::{Notify, mpsc};

use crate::{
    EngineError,
    answers::{Answers, Reply},
    command::Answer,
    host_reply::HostAsk,
};

/// Asks that an actor left unanswered, for its successor.
pub(crate) type SecondAsks = mpsc::UnboundedReceiver<(HostAsk, UnderWay)>;

/// Counts commands of hosts and what effects hold. Only the engine thread uses it; it is shared
/// like between threads because it lies in messages, and actix wants those to be able to travel.
#[derive(Debug)]
pub(crate) struct Workload {
    under_way: AtomicUsize,
    settled: Notify,
    answers: Arc<Answers>,
    /// Bounded by what may be under way.
    unanswered: mpsc::UnboundedSender<(HostAsk, UnderWay)>,
}

/// Work that a stop waits for, as long as this lives.
#[derive(Debug)]
pub(crate) struct UnderWay {
    workload: Arc<Workload>,
    weight: usize,
}

impl UnderWay {
    /// The work is done: its answer goes to the host.
    pub(crate) fn answer(self, reply: Reply, answer: Result<Answer, EngineError>) {
        self.workload.answers.put(reply, answer);
    }

    /// Puts an ask that an actor left unanswered in line for the actor's successor. It stays under
    /// way there.
    pub(crate) fn ask_again(self, ask: HostAsk) {
        let unanswered = self.workload.unanswered.clone();
        // When the engine has ended there is no successor; the dropped reply says so.
        let _ = unanswered.send((ask, self));
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let before = self.workload.under_way.fetch_sub(self.weight, Ordering::Relaxed);
        if before == self.weight {
            self.workload.settled.notify_waiters();
        }
    }
}

impl Workload {
    pub(crate) fn new(answers: Arc<Answers>) -> (Arc<Self>, SecondAsks) {
        let (unanswered, second_asks) = mpsc::unbounded_channel();
        let under_way = AtomicUsize::new(0);
        (Arc::new(Self { under_way, settled: Notify::new(), answers, unanswered }), second_asks)
    }

    /// How much is under way.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }

    /// Marks work that a stop waits for.
    pub(crate) fn hold(self: &Arc<Self>, weight: usize) -> UnderWay {
        self.under_way.fetch_add(weight, Ordering::Relaxed);
        UnderWay { workload: Arc::clone(self), weight }
    }

    /// Waits until nothing is under way.
    pub(crate) async fn settled(&self) {
        while self.under_way() > 0 {
            self.settled.notified().await;
        }
    }
}
