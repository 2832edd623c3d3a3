//! How many streams of events are open: each holds a connection for as long as its reader likes.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{error_mapping::Refusal, limits::Limits, problem::Problem};

/// The streams that are open, by who opened them.
#[derive(Debug, Default)]
pub(crate) struct EventStreams(Mutex<BTreeMap<Arc<str>, usize>>);

impl EventStreams {
    fn open(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, usize>> {
        // Counts are changed in one step: nobody can leave them half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens one more. `reader` has a limit of its own, when there is one.
    ///
    /// # Errors
    ///
    /// 429 when there are too many.
    pub(crate) fn enter(
        self: &Arc<Self>,
        reader: Arc<str>,
        has_limit: bool,
        limits: &Limits,
    ) -> Result<EventStreamPlace, Problem> {
        let mut open = self.open();
        let own = open.get(&reader).copied().unwrap_or(0);
        let refused = |whose, most| {
            let detail = format!("{whose} {most} streams of events open: close one of them first");
            Err(Problem::later(Refusal::TooManyStreams, detail))
        };
        if has_limit && own >= limits.streams_per_key_max {
            return refused("this key has", limits.streams_per_key_max);
        }
        if open.values().sum::<usize>() >= limits.streams_max {
            return refused("the server has", limits.streams_max);
        }
        open.insert(Arc::clone(&reader), own + 1);
        Ok(EventStreamPlace { streams: Arc::clone(self), reader })
    }
}

/// One open stream, until it is dropped.
#[derive(Debug)]
pub(crate) struct EventStreamPlace {
    streams: Arc<EventStreams>,
    reader: Arc<str>,
}

impl Drop for EventStreamPlace {
    fn drop(&mut self) {
        let mut open = self.streams.open();
        match open.get_mut(&self.reader) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => drop(open.remove(&self.reader)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_has_so_many_and_all_of_them_so_many() {
        let limits = Limits { streams_per_key_max: 2, streams_max: 3, ..Limits::embedded() };
        let streams = Arc::new(EventStreams::default());
        let enter = |name: &str, has_limit| streams.enter(name.into(), has_limit, &limits);
        let (first, _second) = (enter("key:a", true).unwrap(), enter("key:a", true).unwrap());
        let refused = enter("key:a", true).unwrap_err();
        assert_eq!((refused.status.as_u16(), refused.code), (429, "too_many_streams"));
        assert!(refused.detail.contains("this key has 2"), "{}", refused.detail);
        let _third = enter("key:b", true).unwrap();
        assert!(enter("key:b", true).unwrap_err().detail.contains("the server has 3"));
        drop(first);
        drop(enter("key:a", true).unwrap());
        let _everybody = enter("api", false).unwrap();
        assert_eq!(streams.open().len(), 3);
    }
}
