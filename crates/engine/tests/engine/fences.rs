//! Every command to an actor that somebody has overtaken: its record is refused by the version of
//! the stream, and its successor does what was asked, once, after what the other one wrote.

use std::{collections::BTreeMap, time::Duration};

use branchline_domain::{
    call_status::CallStatus,
    graph::{CanvasPosition, NodeConfig, NodeType},
    id::{CallId, LeadId},
    lead::{Dispatch, HoldCode, LeadState, LeadStatus, Resolution, Values},
    output::Output,
    personal::Personal,
    workflow::{NodePatch, Settings, WorkflowState, WorkflowStatus},
};
use branchline_engine::command::{
    CallAction, EnrolRequest, LeadAction, NewEdge, NewNode, WorkflowAction,
};

use crate::{
    twin,
    world::{Campaign, World, call, config, host, lead, list, report, story},
};

/// What comes to a lead from outside, by the name of the command that it becomes.
#[derive(Clone, Copy, Debug)]
enum ToLead {
    Advance,
    ReportCallStatus,
    AttachCallAttributes,
    StartDispatch,
    RecordDispatched,
    RecordDispatchRefused,
    RecordDispatchUnknown,
    MoveTo,
    Resolve,
    Remove,
    Edit,
}

const TO_LEAD: [ToLead; 11] = [
    ToLead::Advance,
    ToLead::ReportCallStatus,
    ToLead::AttachCallAttributes,
    ToLead::StartDispatch,
    ToLead::RecordDispatched,
    ToLead::RecordDispatchRefused,
    ToLead::RecordDispatchUnknown,
    ToLead::MoveTo,
    ToLead::Resolve,
    ToLead::Remove,
    ToLead::Edit,
];

fn interested(answer: &str) -> Values {
    Values::from([("interested".into(), answer.into())])
}

/// Where the command makes sense.
async fn prepare(world: &World, campaign: &Campaign, id: LeadId, command: ToLead) {
    let tell = |action| world.handle().tell_of_call(host(), call(id, 1), action);
    match command {
        ToLead::Advance => {
            world.act(campaign.workflow, WorkflowAction::Pause).await;
            tell(CallAction::Report(report(CallStatus::Completed))).await.unwrap();
        }
        ToLead::RecordDispatchUnknown => {
            assert_eq!(world.handle().claim_calls(host(), 1, 60).await.unwrap().len(), 1);
        }
        ToLead::MoveTo | ToLead::Resolve => {
            tell(CallAction::Report(report(CallStatus::Cancelled))).await.unwrap();
        }
        // The actor is in memory from here on.
        ToLead::ReportCallStatus
        | ToLead::AttachCallAttributes
        | ToLead::StartDispatch
        | ToLead::RecordDispatched
        | ToLead::RecordDispatchRefused
        | ToLead::Remove
        | ToLead::Edit => {
            tell(CallAction::AttachAttributes(interested("perhaps"))).await.unwrap();
        }
    }
}

async fn ask(world: &World, campaign: &Campaign, id: LeadId, command: ToLead) {
    let tell = |action| world.handle().tell_of_call(host(), call(id, 1), action);
    let decide = |action| world.handle().act_on_lead(host(), id, action);
    match command {
        ToLead::Advance => world.act(campaign.workflow, WorkflowAction::Resume).await,
        ToLead::ReportCallStatus => {
            tell(CallAction::Report(report(CallStatus::Connected))).await.map(drop).unwrap();
        }
        ToLead::AttachCallAttributes => {
            tell(CallAction::AttachAttributes(interested("yes"))).await.map(drop).unwrap();
        }
        ToLead::StartDispatch => {
            let claimed = world.handle().claim_calls(host(), 1, 60).await.unwrap();
            assert_eq!(
                claimed.iter().map(|call| call.call_id).collect::<Vec<CallId>>(),
                [call(id, 1)]
            );
        }
        ToLead::RecordDispatched => {
            tell(CallAction::Dispatched { provider_ref: None }).await.map(drop).unwrap();
        }
        ToLead::RecordDispatchRefused => {
            tell(CallAction::Refused { reason: "no route".into() }).await.map(drop).unwrap();
        }
        ToLead::RecordDispatchUnknown => world.clock.advance(Duration::from_secs(61)),
        ToLead::Resolve => {
            let choice = Resolution::Output(Output::Completed);
            decide(LeadAction::Resolve(choice)).await.map(drop).unwrap();
        }
        ToLead::MoveTo => {
            let node = campaign.converted;
            decide(LeadAction::MoveTo { node }).await.map(drop).unwrap();
        }
        ToLead::Remove => decide(LeadAction::Remove).await.map(drop).unwrap(),
        ToLead::Edit => {
            let variables = BTreeMap::from([("city".into(), Some("Pune".into()))]);
            decide(LeadAction::Edit { variables, notes: None }).await.map(drop).unwrap();
        }
    }
}

/// Whether the command has done what it does.
fn is_done(state: &LeadState, command: ToLead) -> bool {
    let call = &state.calls[&1];
    let held = state.hold.as_ref().map(|hold| hold.reason.code());
    match command {
        ToLead::Advance | ToLead::MoveTo | ToLead::Resolve => state.status == LeadStatus::Completed,
        ToLead::ReportCallStatus => call.status == CallStatus::Connected,
        ToLead::AttachCallAttributes => call.attributes == Personal::Known(interested("yes")),
        ToLead::StartDispatch => matches!(call.dispatch, Dispatch::Started { .. }),
        ToLead::RecordDispatched => call.dispatch == Dispatch::Dispatched,
        ToLead::RecordDispatchRefused => held == Some(HoldCode::DialRefused),
        ToLead::RecordDispatchUnknown => held == Some(HoldCode::DialOutcomeUnknown),
        ToLead::Remove => state.removed,
        ToLead::Edit => {
            state.variables == Personal::Known(Values::from([("city".into(), "Pune".into())]))
        }
    }
}

#[test]
fn every_command_to_a_stale_lead_is_fenced_and_its_successor_does_it() {
    for command in TO_LEAD {
        story(async move {
            let world = World::start(config());
            let campaign = world.active().await;
            let id = world.enrol_one(campaign.workflow, 1).await;
            prepare(&world, &campaign, id, command).await;
            assert!(!is_done(&world.state(id).await, command), "{command:?}");
            let key = twin::key_of(&world, id).await;
            twin::write_to_lead(&world, id, key.as_ref()).await;
            ask(&world, &campaign, id, command).await;
            // A sweep or a timer comes to it by itself.
            while !is_done(&world.state(id).await, command) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let notes = world.state(id).await.notes;
            assert_eq!(notes, Personal::Known(Some(twin::BY_A_TWIN.into())), "{command:?}");
        });
    }
}

/// What comes to a workflow from outside, by the name of the command that it becomes.
#[derive(Clone, Copy, Debug)]
enum ToWorkflow {
    Edit,
    AddNode,
    PatchNode,
    RemoveNode,
    AddEdge,
    RemoveEdge,
    Activate,
    Pause,
    Resume,
    Cancel,
    Complete,
    AutoComplete,
    Delete,
    OpenAndCloseImport,
}

const TO_WORKFLOW: [ToWorkflow; 14] = [
    ToWorkflow::Edit,
    ToWorkflow::AddNode,
    ToWorkflow::PatchNode,
    ToWorkflow::RemoveNode,
    ToWorkflow::AddEdge,
    ToWorkflow::RemoveEdge,
    ToWorkflow::Activate,
    ToWorkflow::Pause,
    ToWorkflow::Resume,
    ToWorkflow::Cancel,
    ToWorkflow::Complete,
    ToWorkflow::AutoComplete,
    ToWorkflow::Delete,
    ToWorkflow::OpenAndCloseImport,
];

impl ToWorkflow {
    /// What must have been done before. The actor is in memory from here on.
    const fn before(self) -> &'static [WorkflowAction] {
        match self {
            Self::Edit
            | Self::AddNode
            | Self::PatchNode
            | Self::RemoveNode
            | Self::AddEdge
            | Self::RemoveEdge
            | Self::Activate
            | Self::Delete
            | Self::OpenAndCloseImport => &[],
            Self::Pause | Self::Cancel | Self::Complete | Self::AutoComplete => {
                &[WorkflowAction::Activate]
            }
            Self::Resume => &[WorkflowAction::Activate, WorkflowAction::Pause],
        }
    }
}

async fn steer(world: &World, campaign: &Campaign, command: ToWorkflow, last: Option<LeadId>) {
    let workflow = campaign.workflow;
    let edit = |settings| WorkflowAction::Edit { title: None, description: None, settings };
    let action = match command {
        ToWorkflow::AddNode => {
            let node = NewNode {
                label: "one more".into(),
                position: CanvasPosition::default(),
                config: NodeConfig::empty(NodeType::Time),
                entry: false,
            };
            world.handle().add_node(host(), workflow, node).await.unwrap();
            return;
        }
        ToWorkflow::AddEdge => {
            let edge = NewEdge {
                from_node_id: campaign.intro,
                to_node_id: campaign.converted,
                label: Some(Output::Dnp),
            };
            world.handle().add_edge(host(), workflow, edge).await.unwrap();
            return;
        }
        ToWorkflow::OpenAndCloseImport => {
            let request =
                EnrolRequest { file_name: Some("leads.csv".into()), ..list(vec![lead(1)]) };
            world.handle().enrol(host(), workflow, request).await.unwrap();
            return;
        }
        ToWorkflow::AutoComplete => {
            // The last lead ends.
            let last = last.expect("a lead was enrolled");
            world.handle().act_on_lead(host(), last, LeadAction::Remove).await.unwrap();
            return;
        }
        ToWorkflow::Edit => edit(Some(Settings { call_deadline_s: 600, ..Settings::default() })),
        ToWorkflow::PatchNode => {
            let patch = NodePatch {
                label: Some("first call".into()),
                x_milli: None,
                y_milli: None,
                config: None,
                entry: None,
            };
            WorkflowAction::PatchNode { node: campaign.intro, patch }
        }
        ToWorkflow::RemoveNode => {
            WorkflowAction::RemoveNode { node: campaign.converted, move_to: None }
        }
        ToWorkflow::RemoveEdge => {
            WorkflowAction::RemoveEdge { edge: first_edge(world, campaign).await }
        }
        ToWorkflow::Activate => WorkflowAction::Activate,
        ToWorkflow::Pause => WorkflowAction::Pause,
        ToWorkflow::Resume => WorkflowAction::Resume,
        ToWorkflow::Cancel => WorkflowAction::Cancel,
        ToWorkflow::Complete => WorkflowAction::Complete { force: true },
        ToWorkflow::Delete => WorkflowAction::Delete,
    };
    world.act(workflow, action).await;
}

async fn state_of(world: &World, campaign: &Campaign) -> WorkflowState {
    let read = world
        .handle()
        .read(|read| read.workflow_or_deleted(campaign.workflow).map(|row| row.state.clone()));
    read.await.unwrap().unwrap()
}

async fn first_edge(world: &World, campaign: &Campaign) -> branchline_domain::id::EdgeId {
    state_of(world, campaign).await.graph.edges()[0].id
}

/// Whether the command has done what it does.
async fn has_steered(world: &World, campaign: &Campaign, command: ToWorkflow) -> bool {
    let state = state_of(world, campaign).await;
    let (nodes, edges) = (state.graph.nodes().len(), state.graph.edges().len());
    match command {
        ToWorkflow::Edit => state.settings.call_deadline_s == 600,
        ToWorkflow::AddNode => nodes == 4,
        ToWorkflow::PatchNode => state.graph.nodes()[0].label == "first call",
        ToWorkflow::RemoveNode => nodes == 2,
        ToWorkflow::AddEdge => edges == 3,
        ToWorkflow::RemoveEdge => edges == 1,
        ToWorkflow::Activate | ToWorkflow::Resume => state.status == WorkflowStatus::Active,
        ToWorkflow::Pause => state.status == WorkflowStatus::Paused,
        ToWorkflow::Cancel => state.status == WorkflowStatus::Cancelled,
        ToWorkflow::Complete | ToWorkflow::AutoComplete => {
            state.status == WorkflowStatus::Completed
        }
        ToWorkflow::Delete => state.deleted,
        ToWorkflow::OpenAndCloseImport => {
            let counts = world.handle().read(|read| read.counts(campaign.workflow)).await.unwrap();
            counts.by_status.pending == 1 && state.open_imports.is_empty()
        }
    }
}

#[test]
fn every_command_to_a_stale_workflow_is_fenced_and_its_successor_does_it() {
    for command in TO_WORKFLOW {
        story(async move {
            let world = World::start(config());
            let campaign = world.draft().await;
            for action in command.before() {
                world.act(campaign.workflow, action.clone()).await;
            }
            let mut last = None;
            if matches!(command, ToWorkflow::AutoComplete) {
                last = Some(world.enrol_one(campaign.workflow, 1).await);
                let settings = Some(Settings { auto_complete: true, ..Settings::default() });
                let edit = WorkflowAction::Edit { title: None, description: None, settings };
                world.act(campaign.workflow, edit).await;
            }
            assert!(!has_steered(&world, &campaign, command).await, "{command:?}");
            twin::write_to_workflow(&world, campaign.workflow).await;
            steer(&world, &campaign, command, last).await;
            while !has_steered(&world, &campaign, command).await {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            assert_eq!(state_of(&world, &campaign).await.title, twin::BY_A_TWIN, "{command:?}");
        });
    }
}
