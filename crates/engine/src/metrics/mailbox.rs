//! How much waits in the mailbox of a lead, and in all of them.

use std::{cell::Cell, rc::Rc, sync::atomic::Ordering};

use super::SharedMetrics;

/// Messages to one lead actor that were sent and not answered. The supervisor and the actor hold the
/// same one.
#[derive(Clone)]
pub(crate) struct Mailbox {
    waiting: Rc<Cell<u32>>,
    all: SharedMetrics,
}

impl Mailbox {
    pub(crate) fn new(all: SharedMetrics) -> Self {
        Self { waiting: Rc::default(), all }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.get() == 0
    }

    /// A message was sent.
    pub(crate) fn sent(&self) {
        self.waiting.set(self.waiting.get() + 1);
        self.all.mailboxes.fetch_add(1, Ordering::Relaxed);
    }

    /// A message was seen through.
    pub(crate) fn done(&self) {
        if let Some(left) = self.waiting.get().checked_sub(1) {
            self.waiting.set(left);
            self.all.mailboxes.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// The actor is gone, and what was in its mailbox with it.
    pub(crate) fn abandon(&self) {
        self.all.mailboxes.fetch_sub(self.waiting.take().into(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::metrics::EngineMetrics;

    #[test]
    fn the_sum_follows_each_mailbox_and_an_actor_that_dies_takes_its_own_along() {
        let all: SharedMetrics = Arc::new(EngineMetrics::new());
        let (one, two) = (Mailbox::new(Arc::clone(&all)), Mailbox::new(Arc::clone(&all)));
        for mailbox in [&one, &one, &two] {
            mailbox.sent();
        }
        one.done();
        assert_eq!(all.mailboxes.load(Ordering::Relaxed), 2);
        two.abandon();
        // Its last message was under way when it died.
        two.done();
        assert!(two.is_empty() && !one.is_empty());
        assert_eq!(all.mailboxes.load(Ordering::Relaxed), 1);
    }
}
