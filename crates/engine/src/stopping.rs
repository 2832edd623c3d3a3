//! The sign that the engine stops.

use tokio::sync::watch;

/// The sign that the engine stops; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Stopping {
    sign: watch::Receiver<bool>,
}

impl Stopping {
    /// A sign, and who gives it.
    pub(crate) fn new() -> (watch::Sender<bool>, Self) {
        let (giver, sign) = watch::channel(false);
        (giver, Self { sign })
    }

    /// Whether it was given.
    pub(crate) fn is_set(&self) -> bool {
        *self.sign.borrow()
    }

    /// Waits until it is given. The giver's end counts as the sign.
    pub(crate) async fn wait(&self) {
        let mut sign = self.sign.clone();
        // An error means that the giver is gone: that is the sign too.
        let _ = sign.wait_for(|given| *given).await;
    }
}
