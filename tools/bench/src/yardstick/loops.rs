//! A fixed number of records that wait for their answer: whoever is answered makes room for the next.

use std::{sync::mpsc, time::Instant};

use anyhow::Context as _;

use crate::latency::Latency;

/// When an item was sent, and what came of it.
pub(crate) type Answer = (Instant, anyhow::Result<()>);

/// What driving took.
pub(crate) struct Driven {
    seconds: f64,
    items: usize,
    pub(crate) latency: Latency,
}

impl Driven {
    /// Items answered in a second.
    pub(crate) fn per_s(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
        let items = self.items as f64;
        items / self.seconds
    }
}

/// Sends every item, never more than `in_flight` without an answer. `send` may not wait.
pub(crate) fn closed_loop<T>(
    items: Vec<T>,
    in_flight: usize,
    answers: &mpsc::Receiver<Answer>,
    mut send: impl FnMut(T),
) -> anyhow::Result<Driven> {
    let mut waits = Vec::with_capacity(items.len());
    let mut waiting = items.into_iter();
    let began = Instant::now();
    let mut under_way = 0_usize;
    for item in waiting.by_ref().take(in_flight.max(1)) {
        send(item);
        under_way += 1;
    }
    while under_way > 0 {
        let (asked, outcome) = answers.recv().context("nobody answers any more")?;
        outcome?;
        waits.push(asked.elapsed());
        under_way -= 1;
        if let Some(item) = waiting.next() {
            send(item);
            under_way += 1;
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    Ok(Driven { seconds, items: waits.len(), latency: Latency::of(waits) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_more_items_are_under_way_than_may_be_and_each_is_answered_once() {
        let (sender, answers) = mpsc::channel::<Answer>();
        let mut held = Vec::new();
        let mut most = 0;
        let driven = closed_loop((0..10).collect(), 4, &answers, |item: usize| {
            held.push((item, Instant::now()));
            most = most.max(held.len());
            // Answered when the window is full, or when nothing more comes.
            if held.len() == 4 || item >= 8 {
                for (_, asked) in held.drain(..) {
                    sender.send((asked, Ok(()))).unwrap();
                }
            }
        })
        .unwrap();
        assert_eq!((driven.items, most), (10, 4));
    }

    #[test]
    fn a_refused_item_ends_the_run() {
        let (sender, answers) = mpsc::channel::<Answer>();
        let refuse = |_| sender.send((Instant::now(), Err(anyhow::anyhow!("full")))).unwrap();
        assert!(closed_loop(vec![1, 2], 1, &answers, refuse).is_err());
    }
}
