//! Folds events into the state of a workflow.

use std::sync::Arc;

use super::{WorkflowEvent, WorkflowState, WorkflowStatus};
use crate::{
    decider::Recorded,
    graph::{Graph, GraphChange},
};

/// Takes one more event into the state. Total: an event has already happened.
pub fn evolve(state: &mut WorkflowState, event: &WorkflowEvent, recorded: Recorded) {
    state.updated_at = recorded.at;
    match event {
        WorkflowEvent::WorkflowCreated { organisation, title, description, settings, source } => {
            state.exists = true;
            state.organisation = Some(*organisation);
            state.title.clone_from(title);
            state.description.clone_from(description);
            state.settings = settings.clone();
            state.source = *source;
            state.created_at = recorded.at;
            Arc::make_mut(&mut state.revisions)
                .insert(state.graph.revision(), Arc::clone(&state.graph));
        }
        WorkflowEvent::WorkflowRenamed { title, description } => {
            state.title.clone_from(title);
            state.description.clone_from(description);
        }
        WorkflowEvent::SettingsChanged { settings } => {
            state.settings = settings.clone();
            next_epoch(state);
        }
        WorkflowEvent::GraphStaged { part, changes } => {
            if *part == 1 {
                state.staged.clear();
            }
            state.staged.extend_from_slice(changes);
        }
        WorkflowEvent::GraphRevised { revision, changes } => revise(state, *revision, changes),
        WorkflowEvent::NodeReplaced { node, by } => {
            Arc::make_mut(&mut state.replaced).insert(*node, *by);
        }
        WorkflowEvent::WorkflowActivated | WorkflowEvent::WorkflowResumed => {
            turn(state, WorkflowStatus::Active);
            state.freed_at = Some(recorded.position);
        }
        WorkflowEvent::WorkflowPaused => turn(state, WorkflowStatus::Paused),
        WorkflowEvent::WorkflowCompleted { .. } => turn(state, WorkflowStatus::Completed),
        WorkflowEvent::WorkflowCancelled => turn(state, WorkflowStatus::Cancelled),
        WorkflowEvent::WorkflowDeleted => {
            state.deleted = true;
            next_epoch(state);
        }
        WorkflowEvent::ImportOpened { import, opening } => {
            state.open_imports.insert(*import, opening.clone());
        }
        WorkflowEvent::ImportClosed { import, .. } => {
            if let Some(opening) = state.open_imports.remove(import) {
                state.variable_keys.extend(opening.variable_keys);
            }
        }
        WorkflowEvent::ImportCancelled { import, .. } => {
            state.open_imports.remove(import);
        }
        WorkflowEvent::ImportRefused { import, .. } => state.last_refused_import = Some(*import),
    }
}

fn turn(state: &mut WorkflowState, status: WorkflowStatus) {
    state.status = status;
    next_epoch(state);
}

/// Whatever a lead decided under the epoch before is refused from now on. Wraps: an epoch is only
/// compared with the one it was read from.
const fn next_epoch(state: &mut WorkflowState) {
    state.control_epoch = state.control_epoch.wrapping_add(1);
}

fn revise(state: &mut WorkflowState, revision: u32, changes: &[GraphChange]) {
    let mut all = std::mem::take(&mut state.staged);
    all.extend_from_slice(changes);
    let graph: Arc<Graph> = Arc::new(state.graph.revised(revision, &all));
    Arc::make_mut(&mut state.revisions).insert(revision, Arc::clone(&graph));
    state.graph = graph;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        graph::{CanvasPosition, Node, NodeConfig, NodeType},
        id::{ImportId, NodeId, OrganisationId},
        time::Timestamp,
        workflow::{ImportOpening, ImportRefusal, Settings},
    };

    const NODE: NodeId = NodeId::from_u128(1);
    const IMPORT: ImportId = ImportId::from_u128(1);

    fn created() -> WorkflowEvent {
        WorkflowEvent::WorkflowCreated {
            organisation: OrganisationId::DEFAULT,
            title: "Spring".into(),
            description: String::new(),
            settings: Settings::default(),
            source: None,
        }
    }

    /// Event number n is recorded at position n and second n.
    fn folded(events: &[WorkflowEvent]) -> WorkflowState {
        let mut state = WorkflowState::default();
        for (position, event) in (0..).zip(events) {
            let at = Timestamp::default().plus_seconds(position);
            evolve(&mut state, event, Recorded { at, position });
        }
        state
    }

    #[test]
    fn every_change_of_status_or_settings_moves_the_epoch_and_nothing_else_does() {
        let moves = [
            WorkflowEvent::WorkflowActivated,
            WorkflowEvent::WorkflowPaused,
            WorkflowEvent::WorkflowResumed,
            WorkflowEvent::WorkflowCompleted { automatic: true },
            WorkflowEvent::WorkflowCancelled,
            WorkflowEvent::WorkflowDeleted,
            WorkflowEvent::SettingsChanged { settings: Settings::default() },
        ];
        for event in moves {
            assert_eq!(folded(&[created(), event.clone()]).control_epoch, 1, "{event:?}");
        }
        let opening = ImportOpening {
            file_name: None,
            rows: 1,
            duplicates_skipped: 0,
            variable_keys: Vec::new(),
        };
        let stays = [
            WorkflowEvent::WorkflowRenamed { title: "Autumn".into(), description: String::new() },
            WorkflowEvent::GraphRevised { revision: 1, changes: Vec::new() },
            WorkflowEvent::GraphStaged { part: 1, changes: Vec::new() },
            WorkflowEvent::NodeReplaced { node: NODE, by: NodeId::from_u128(2) },
            WorkflowEvent::ImportOpened { import: IMPORT, opening },
            WorkflowEvent::ImportClosed { import: IMPORT, enrolled: 1, duplicates_skipped: 0 },
            WorkflowEvent::ImportCancelled { import: IMPORT, reason: String::new() },
            WorkflowEvent::ImportRefused { import: IMPORT, refusal: ImportRefusal::default() },
        ];
        for event in stays {
            assert_eq!(folded(&[created(), event.clone()]).control_epoch, 0, "{event:?}");
        }
    }

    #[test]
    fn leads_are_freed_where_the_workflow_was_last_activated_or_resumed() {
        let activated = [created(), WorkflowEvent::WorkflowActivated];
        assert_eq!(folded(&activated).freed_at, Some(1));
        let [created, activated] = activated;
        let paused = [created.clone(), activated.clone(), WorkflowEvent::WorkflowPaused];
        assert_eq!(folded(&paused).freed_at, Some(1));
        let resumed =
            [created, activated, WorkflowEvent::WorkflowPaused, WorkflowEvent::WorkflowResumed];
        assert_eq!(folded(&resumed).freed_at, Some(3));
    }

    fn put(id: u128) -> GraphChange {
        GraphChange::NodePut(Node {
            id: NodeId::from_u128(id),
            label: String::new(),
            position: CanvasPosition::default(),
            config: NodeConfig::empty(NodeType::Time),
            entry: false,
        })
    }

    fn staged(part: u32, id: u128) -> WorkflowEvent {
        WorkflowEvent::GraphStaged { part, changes: vec![put(id)] }
    }

    #[test]
    fn staged_parts_become_one_revision_together_with_its_own_changes() {
        let revised = WorkflowEvent::GraphRevised { revision: 1, changes: vec![put(3)] };
        let mut events = vec![created(), staged(1, 1), staged(2, 2)];
        assert_eq!(folded(&events).graph, Arc::default(), "parts alone are nothing");
        events.push(revised);
        let state = folded(&events);
        assert_eq!((state.graph.revision(), state.graph.nodes().len()), (1, 3));
        assert_eq!((state.staged.len(), state.revisions.len()), (0, 2));
    }

    #[test]
    fn the_first_part_discards_what_a_crash_left_behind() {
        let revised = WorkflowEvent::GraphRevised { revision: 1, changes: vec![] };
        let state = folded(&[created(), staged(1, 1), staged(2, 2), staged(1, 3), revised]);
        let nodes: Vec<NodeId> = state.graph.nodes().iter().map(|node| node.id).collect();
        assert_eq!(nodes, [NodeId::from_u128(3)]);
    }

    #[test]
    fn parts_before_the_beginning_are_the_first_revision_of_a_workflow_that_is_not_there_yet() {
        assert!(!folded(&[staged(1, 1)]).exists);
        let revised = WorkflowEvent::GraphRevised { revision: 1, changes: vec![put(2)] };
        let state = folded(&[staged(1, 1), created(), revised]);
        assert_eq!((state.revisions[&0].nodes().len(), state.graph.nodes().len()), (0, 2));
    }

    #[test]
    fn every_revision_is_kept_as_it_was_from_the_empty_one_on() {
        let state = folded(&[
            created(),
            WorkflowEvent::GraphRevised { revision: 1, changes: vec![put(1)] },
            WorkflowEvent::GraphRevised {
                revision: 2,
                changes: vec![GraphChange::NodeRemoved(NODE)],
            },
        ]);
        let nodes = |revision| state.revisions[&revision].nodes().len();
        assert_eq!((nodes(0), nodes(1), nodes(2)), (0, 1, 0));
        assert_eq!(state.graph.revision(), 2);
        assert_eq!(state.revisions[&2], state.graph);
    }

    #[test]
    fn the_times_of_a_workflow_are_those_of_its_records() {
        let state = folded(&[created(), WorkflowEvent::WorkflowActivated]);
        assert_eq!(state.created_at, Timestamp::default());
        assert_eq!(state.updated_at, Timestamp::default().plus_seconds(1));
    }
}
