//! Layouts that were worked out before.
//!
//! The layout of a graph depends on nothing but its revision: counts and states that change while a
//! campaign runs have their room from the start.

use std::sync::{Arc, Mutex, PoisonError};

use branchline_domain::id::WorkflowId;

use super::{Direction, Layout, LayoutInput, Placement, arrange};

/// Graphs that are kept. The largest takes about a megabyte.
const KEPT_MAX: usize = 64;

/// What a layout was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    workflow: WorkflowId,
    revision: u32,
    direction: Direction,
    placement: Placement,
}

/// The layouts that were asked for last.
#[derive(Debug, Default)]
pub struct LayoutCache {
    /// The last one asked for is at the end.
    kept: Mutex<Vec<(Key, Arc<Layout>)>>,
}

impl LayoutCache {
    /// The layout of a revision, from the cache or worked out now. `input` is asked only when the
    /// layout is not there; its direction and placement are replaced by those given here.
    pub fn layout(
        &self,
        workflow: WorkflowId,
        revision: u32,
        (direction, placement): (Direction, Placement),
        input: impl FnOnce() -> LayoutInput,
    ) -> Arc<Layout> {
        let key = Key { workflow, revision, direction, placement };
        if let Some(layout) = self.kept(key) {
            return layout;
        }
        // Without the lock: two who ask at once work it out twice, and nobody waits.
        let layout = Arc::new(arrange(&LayoutInput { direction, placement, ..input() }));
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(other, _)| *other != key);
        if kept.len() >= KEPT_MAX {
            kept.remove(0);
        }
        kept.push((key, Arc::clone(&layout)));
        layout
    }

    fn kept(&self, key: Key) -> Option<Arc<Layout>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(other, _)| *other == key)?;
        let entry = kept.remove(at);
        let layout = Arc::clone(&entry.1);
        kept.push(entry);
        Some(layout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_is_worked_out_once_and_the_oldest_makes_room() {
        let cache = LayoutCache::default();
        let tidy = (Direction::Down, Placement::Tidy);
        let workflow = WorkflowId::from_u128(1);
        let first = cache.layout(workflow, 1, tidy, LayoutInput::default);
        let again = cache.layout(workflow, 1, tidy, || panic!("it is there"));
        assert!(Arc::ptr_eq(&first, &again));
        for revision in 2..=u32::try_from(KEPT_MAX).unwrap() + 1 {
            cache.layout(workflow, revision, tidy, LayoutInput::default);
        }
        assert_eq!(cache.kept.lock().unwrap().len(), KEPT_MAX);
        let anew = cache.layout(workflow, 1, tidy, LayoutInput::default);
        assert!(!Arc::ptr_eq(&first, &anew));
    }
}
