//! What holds for every sequence of commands, sensible or not.

use branchline_domain::{
    graph::{NodeConfig, NodeType, validate},
    id::{EdgeId, ImportId, NodeId, OrganisationId},
    workflow::{
        ImportOpening, NodePatch, Settings, WorkflowCommand, WorkflowContext, WorkflowEvent,
        WorkflowState, WorkflowStatus, decide,
    },
};
use proptest::{collection::vec, option, prelude::*};

use crate::support::{CALL, OTHER, WON, call, create, edge, node, take, valid_graph, wait};

fn node_id() -> impl Strategy<Value = NodeId> {
    (1..5_u128).prop_map(NodeId::from_u128)
}

fn import_id() -> impl Strategy<Value = ImportId> {
    (1..3_u128).prop_map(ImportId::from_u128)
}

fn config() -> impl Strategy<Value = NodeConfig> {
    prop_oneof![
        3 => Just(call()),
        3 => any::<i64>().prop_map(wait),
        3 => Just(NodeConfig::Converted),
        1 => proptest::sample::select(NodeType::ALL.to_vec()).prop_map(NodeConfig::empty),
    ]
}

fn settings() -> impl Strategy<Value = Settings> {
    let country = option::of("[A-Za-z]{1,3}");
    (country, any::<bool>(), any::<bool>(), 0..700_000_u64).prop_map(
        |(default_country, start_on_enrol, auto_complete, call_deadline_s)| Settings {
            default_country,
            start_on_enrol,
            auto_complete,
            late_final_resolves_review: false,
            call_deadline_s,
            ..Settings::default()
        },
    )
}

fn beginning() -> impl Strategy<Value = WorkflowCommand> {
    let title = prop_oneof![Just("Spring".to_owned()), ".{0,250}"];
    (title, ".{0,20}", settings(), any::<bool>()).prop_map(
        |(title, description, settings, with_graph)| WorkflowCommand::Create {
            organisation: OrganisationId::DEFAULT,
            title,
            description,
            settings,
            graph: if with_graph { valid_graph() } else { Vec::new() },
            source: None,
        },
    )
}

fn graph_edit() -> impl Strategy<Value = WorkflowCommand> {
    let label = option::of(prop_oneof![Just("DNP"), Just("next"), Just("")]);
    let patch =
        (node_id(), option::of(config()), option::of(any::<i64>()), option::of(any::<bool>()))
            .prop_map(|(node, config, x_milli, entry)| WorkflowCommand::PatchNode {
                node,
                patch: NodePatch { label: None, x_milli, y_milli: None, config, entry },
            });
    prop_oneof![
        (node_id(), config()).prop_map(|(id, config)| WorkflowCommand::AddNode(node(id, config))),
        patch,
        (node_id(), option::of(node_id()))
            .prop_map(|(node, move_to)| WorkflowCommand::RemoveNode { node, move_to }),
        whole_graph(),
        (1..6_u128, node_id(), node_id(), label)
            .prop_map(|(id, from, to, label)| WorkflowCommand::AddEdge(edge(id, from, to, label))),
        (1..6_u128).prop_map(|edge| WorkflowCommand::RemoveEdge { edge: EdgeId::from_u128(edge) }),
    ]
}

fn whole_graph() -> impl Strategy<Value = WorkflowCommand> {
    let nodes = vec((node_id(), config()).prop_map(|(id, config)| node(id, config)), 0..4);
    let edges = vec((1..6_u128, node_id(), node_id()), 0..4);
    (0..6_u32, nodes, edges, option::of((node_id(), node_id()))).prop_map(
        |(expected_revision, nodes, edges, moved)| WorkflowCommand::PutGraph {
            expected_revision,
            nodes,
            edges: edges.into_iter().map(|(id, from, to)| edge(id, from, to, None)).collect(),
            moves: moved.into_iter().collect(),
        },
    )
}

fn import() -> impl Strategy<Value = WorkflowCommand> {
    let opening = (any::<u32>(), option::of(".{0,600}")).prop_map(|(rows, file_name)| {
        ImportOpening { file_name, rows, duplicates_skipped: 0, variable_keys: Vec::new() }
    });
    prop_oneof![
        (import_id(), opening)
            .prop_map(|(import, opening)| WorkflowCommand::OpenImport { import, opening }),
        import_id().prop_map(|import| WorkflowCommand::CloseImport {
            import,
            enrolled: 1,
            duplicates_skipped: 0
        }),
        (import_id(), ".{0,300}")
            .prop_map(|(import, reason)| WorkflowCommand::CancelImport { import, reason }),
    ]
}

fn action() -> impl Strategy<Value = WorkflowCommand> {
    prop_oneof![
        6 => Just(WorkflowCommand::Activate),
        6 => Just(WorkflowCommand::Pause),
        4 => Just(WorkflowCommand::Resume),
        1 => Just(WorkflowCommand::Cancel),
        1 => any::<bool>().prop_map(|force| WorkflowCommand::Complete { force }),
        2 => Just(WorkflowCommand::AutoComplete),
        1 => Just(WorkflowCommand::Delete),
    ]
}

fn edit() -> impl Strategy<Value = WorkflowCommand> {
    (option::of(".{0,10}"), option::of(".{0,10}"), option::of(settings())).prop_map(
        |(title, description, settings)| WorkflowCommand::Edit { title, description, settings },
    )
}

fn command() -> impl Strategy<Value = WorkflowCommand> {
    prop_oneof![1 => beginning(), 6 => graph_edit(), 3 => import(), 8 => action(), 2 => edit()]
}

fn context() -> impl Strategy<Value = WorkflowContext> {
    // Mostly nothing in the way, or little would ever be accepted.
    let few = || prop_oneof![4 => Just(0), 1 => 1..4_u64];
    (few(), few(), 0..3_u64, few(), few()).prop_map(
        |(pending, active, enrolled, calls_in_progress, leads)| WorkflowContext {
            pending,
            active,
            enrolled,
            calls_in_progress,
            leads_at: [CALL, WON, OTHER].map(|node| (node, leads)).into(),
        },
    )
}

/// Whether leads may move from here on; `None` where the event has nothing to say about it.
fn frees(event: &WorkflowEvent) -> Option<bool> {
    match event {
        WorkflowEvent::WorkflowActivated | WorkflowEvent::WorkflowResumed => Some(true),
        WorkflowEvent::WorkflowPaused
        | WorkflowEvent::WorkflowCompleted { .. }
        | WorkflowEvent::WorkflowCancelled => Some(false),
        WorkflowEvent::WorkflowCreated { .. }
        | WorkflowEvent::WorkflowRenamed { .. }
        | WorkflowEvent::SettingsChanged { .. }
        | WorkflowEvent::GraphRevised { .. }
        | WorkflowEvent::GraphStaged { .. }
        | WorkflowEvent::NodeReplaced { .. }
        | WorkflowEvent::WorkflowDeleted
        | WorkflowEvent::ImportOpened { .. }
        | WorkflowEvent::ImportClosed { .. }
        | WorkflowEvent::ImportCancelled { .. }
        | WorkflowEvent::ImportRefused { .. } => None,
    }
}

/// Lives through the commands. Gives the state, and every event with the state after its record.
fn live(
    commands: &[(WorkflowCommand, WorkflowContext)],
) -> (WorkflowState, Vec<(WorkflowEvent, WorkflowState)>) {
    let mut state = WorkflowState::default();
    let mut history = Vec::new();
    let beginning = (create(valid_graph()), WorkflowContext::default());
    for (command, context) in std::iter::once(&beginning).chain(commands) {
        let Ok(events) = decide(&state, command, context) else { continue };
        for event in events {
            take(&mut state, std::slice::from_ref(&event), history.len() as u64);
            history.push((event, state.clone()));
        }
    }
    (state, history)
}

proptest! {
    #[test]
    fn no_command_panics_on_a_workflow_in_any_state(
        prelude in vec((command(), context()), 0..20),
        last in command(),
        context in context(),
    ) {
        let (state, _) = live(&prelude);
        for state in [state, WorkflowState::default()] {
            let decision = decide(&state, &last, &context);
            prop_assert_eq!(&decision, &decide(&state, &last, &context), "the same twice");
            if let Err(refusal) = decision {
                prop_assert!(!refusal.to_string().is_empty());
            }
            let report = validate(&state.graph, &state.variable_keys);
            prop_assert_eq!(report.valid, report.faults.is_empty());
        }
    }

    #[test]
    fn the_events_of_accepted_commands_fold_into_the_live_state(
        commands in vec((command(), context()), 0..40),
    ) {
        let (state, history) = live(&commands);
        let mut folded = WorkflowState::default();
        for (position, (event, _)) in (0..).zip(&history) {
            take(&mut folded, std::slice::from_ref(event), position);
        }
        prop_assert_eq!(&folded, &state);
        prop_assert_eq!(state.revisions.get(&state.graph.revision()), Some(&state.graph));
        let numbers: Vec<u32> = state.revisions.keys().copied().collect();
        let counted: Vec<u32> = (0..=state.graph.revision()).collect();
        prop_assert_eq!(numbers, counted, "a revision is missing");
    }

    #[test]
    fn a_workflow_is_active_exactly_between_an_event_that_frees_its_leads_and_one_that_stops_them(
        commands in vec((command(), context()), 0..40),
    ) {
        let (_, history) = live(&commands);
        let mut last = None;
        let mut epoch = 0;
        for (event, state) in &history {
            if let Some(free) = frees(event) {
                prop_assert_ne!(state.control_epoch, epoch, "{:?} must fence", event);
                if last == Some(WorkflowStatus::Paused) && free {
                    prop_assert!(state.freed_at.is_some());
                }
                last = Some(state.status);
            }
            epoch = state.control_epoch;
            let status = last.unwrap_or_default();
            prop_assert_eq!(state.status, status, "only these events change the status");
        }
        for pair in history.windows(2) {
            let [(_, before), (event, after)] = pair else { continue };
            prop_assert!(!before.deleted, "{:?} after the end of all", event);
            if before.status.is_final() {
                prop_assert_eq!(after.status, before.status, "final is final");
                prop_assert_eq!(&after.settings, &before.settings);
                prop_assert_eq!(&after.graph, &before.graph);
            }
            if matches!(event, WorkflowEvent::WorkflowPaused) {
                prop_assert_eq!(after.status, WorkflowStatus::Paused);
            }
            if before.status == WorkflowStatus::Paused && frees(event).is_none() {
                prop_assert_eq!(after.status, WorkflowStatus::Paused);
            }
            if matches!(event, WorkflowEvent::WorkflowActivated) {
                prop_assert!(validate(&after.graph, &after.variable_keys).valid, "only a valid graph is activated");
            }
        }
    }
}
