//! Small workflows, and how they come to be: by commands only.

use branchline_domain::{
    decider::Recorded,
    graph::{
        CanvasPosition, Edge, GraphChange, Node, NodeConfig, NodeType, TimeConfig, VoiceCallConfig,
    },
    id::{EdgeId, NodeId, OrganisationId},
    output::Output,
    time::Timestamp,
    workflow::{
        Settings, WorkflowCommand, WorkflowContext, WorkflowEvent, WorkflowRejection,
        WorkflowState, WorkflowStatus, decide, evolve,
    },
};

pub(crate) const CALL: NodeId = NodeId::from_u128(1);
pub(crate) const WON: NodeId = NodeId::from_u128(2);
pub(crate) const OTHER: NodeId = NodeId::from_u128(3);
pub(crate) const EDGE: EdgeId = EdgeId::from_u128(1);

pub(crate) type Decision = Result<Vec<WorkflowEvent>, WorkflowRejection>;

pub(crate) fn node(id: NodeId, config: NodeConfig) -> Node {
    Node { id, label: String::new(), position: CanvasPosition::default(), config, entry: false }
}

pub(crate) fn edge(id: u128, from: NodeId, to: NodeId, label: Option<&str>) -> Edge {
    Edge {
        id: EdgeId::from_u128(id),
        from_node_id: from,
        to_node_id: to,
        label: label.map(Output::from),
    }
}

pub(crate) fn call() -> NodeConfig {
    NodeConfig::VoiceCall(VoiceCallConfig {
        from_phone_number: Some("+4915112345678".into()),
        ..VoiceCallConfig::default()
    })
}

pub(crate) fn wait(hours: i64) -> NodeConfig {
    NodeConfig::Time(TimeConfig { delay_hours: Some(hours), ..TimeConfig::default() })
}

/// A graph that may be activated: a call that leads to a conversion.
pub(crate) fn valid_graph() -> Vec<GraphChange> {
    vec![
        GraphChange::NodePut(node(CALL, call())),
        GraphChange::NodePut(node(WON, NodeConfig::empty(NodeType::Converted))),
        GraphChange::EdgeAdded(edge(1, CALL, WON, None)),
    ]
}

pub(crate) fn create(graph: Vec<GraphChange>) -> WorkflowCommand {
    WorkflowCommand::Create {
        organisation: OrganisationId::DEFAULT,
        title: "Spring".into(),
        description: "Everyone who asked".into(),
        settings: Settings::default(),
        graph,
        source: None,
    }
}

/// What a command comes to when nothing is known from outside.
pub(crate) fn decided(state: &WorkflowState, command: &WorkflowCommand) -> Decision {
    decide(state, command, &WorkflowContext::default())
}

/// Takes events in as the journal would give them: one position and one second after the other.
pub(crate) fn take(state: &mut WorkflowState, events: &[WorkflowEvent], from: u64) {
    for (position, event) in (from..).zip(events) {
        let at = Timestamp::default().plus_seconds(position);
        evolve(state, event, Recorded { at, position });
    }
}

/// The workflow after these commands, which must all be accepted.
pub(crate) fn after(commands: &[WorkflowCommand]) -> WorkflowState {
    let mut state = WorkflowState::default();
    for command in commands {
        let decision = decided(&state, command);
        assert!(decision.is_ok(), "{command:?} was refused: {decision:?}");
        take(&mut state, &decision.unwrap_or_default(), 0);
    }
    state
}

/// A workflow with the valid graph that stands there.
pub(crate) fn standing(status: WorkflowStatus) -> WorkflowState {
    let mut commands = vec![create(valid_graph())];
    commands.extend(match status {
        WorkflowStatus::Draft => vec![],
        WorkflowStatus::Active => vec![WorkflowCommand::Activate],
        WorkflowStatus::Paused => vec![WorkflowCommand::Activate, WorkflowCommand::Pause],
        WorkflowStatus::Completed => {
            vec![WorkflowCommand::Activate, WorkflowCommand::Complete { force: false }]
        }
        WorkflowStatus::Cancelled => vec![WorkflowCommand::Cancel],
    });
    let state = after(&commands);
    assert_eq!(state.status, status);
    state
}

/// A workflow that was deleted, and one that never was.
pub(crate) fn gone() -> [WorkflowState; 2] {
    [after(&[create(valid_graph()), WorkflowCommand::Delete]), WorkflowState::default()]
}
