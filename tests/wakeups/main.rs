//! No wake-up is lost: whatever a change of the workflow races with, no lead is left standing that
//! could go on. Every order of every step of a small model of the engine's protocol is tried.

#![expect(clippy::expect_used, reason = "a test stops at the first surprise")]

mod machine;

use std::collections::{BTreeSet, HashSet};

use branchline_domain::{
    call_status::CallStatus,
    graph::{GraphChange, NodeConfig, VoiceCallConfig},
    id::ImportId,
    lead::{CallReport, Enrolment, LeadCommand, Values},
    workflow::{ImportOpening, NodePatch, Settings, WorkflowCommand},
};
use branchline_testkit::{FROM, GraphBuilder, contact_tag, edge, node_id, workflow_id};

use crate::machine::{Ask, Flaw, Machine, Step};

/// What every order of steps came to.
#[derive(Debug, Default)]
struct Explored {
    states: usize,
    /// Where the lead came to rest, over all orders.
    rests: BTreeSet<String>,
    /// Records that were refused by their guard, over all states.
    refusals: u32,
    /// The first order that left the lead standing.
    lost: Option<String>,
}

/// Tries every order, depth first. A state that was met before is not gone on from again.
fn explore(start: Machine) -> Explored {
    let mut explored = Explored::default();
    let mut met = HashSet::from([start.key()]);
    let mut open: Vec<(Machine, Vec<Step>)> = vec![(start, Vec::new())];
    while let Some((machine, path)) = open.pop() {
        explored.states += 1;
        explored.refusals = explored.refusals.max(machine.refusals);
        let next = machine.successors();
        if next.is_empty() {
            explored.rests.insert(machine.rest());
            if let Some(forgotten) = machine.forgotten() {
                explored.lost = Some(format!("after {path:?}\n{forgotten}"));
                return explored;
            }
        }
        for (step, next) in next {
            if met.insert(next.key()) {
                let mut path = path.clone();
                path.push(step);
                open.push((next, path));
            }
        }
    }
    explored
}

/// A call that leads to a good end.
fn call() -> GraphBuilder {
    GraphBuilder::new().call("intro").as_entry().converted("won").edge("intro", "COMPLETED", "won")
}

fn enrol(import: Option<ImportId>) -> LeadCommand {
    LeadCommand::Enrol(Box::new(Enrolment {
        workflow: workflow_id("story"),
        phone_number: "+919812345601".into(),
        contact_tag: contact_tag("+919812345601"),
        key_slot: 7,
        variables: Values::new(),
        notes: None,
        import,
    }))
}

fn report(status: CallStatus) -> LeadCommand {
    LeadCommand::ReportCallStatus {
        call: 1,
        report: CallReport {
            status,
            occurred_at: None,
            end_reason: None,
            attributes: Values::new(),
            provider_ref: None,
            heard: None,
        },
    }
}

/// An active workflow with this graph, and a lead whose call is under way.
fn calling(graph: GraphBuilder) -> Machine {
    let mut machine = Machine::draft(graph.changes(), Settings::default());
    machine.settle_workflow(WorkflowCommand::Activate);
    machine.settle_lead(enrol(None));
    machine.settle_lead(report(CallStatus::Initiated));
    machine
}

fn patch(node: &str, config: NodeConfig) -> WorkflowCommand {
    WorkflowCommand::PatchNode {
        node: node_id(node),
        patch: NodePatch {
            label: None,
            x_milli: None,
            y_milli: None,
            config: Some(config),
            entry: None,
        },
    }
}

fn racing(mut machine: Machine, workflow: &[WorkflowCommand], lead: &[LeadCommand]) -> Machine {
    machine.to_workflow.extend(workflow.iter().cloned().map(Ask::Tell));
    machine.to_lead.extend(lead.iter().cloned());
    machine
}

/// A final status, a pause and a resumption.
fn pause_and_resume() -> Machine {
    racing(
        calling(call()),
        &[WorkflowCommand::Pause, WorkflowCommand::Resume],
        &[report(CallStatus::Completed)],
    )
}

/// A final status, a pause, an edge for it, and a resumption.
fn mended_while_paused() -> Machine {
    racing(
        calling(call()),
        &[
            WorkflowCommand::Pause,
            WorkflowCommand::AddEdge(edge("intro", Some("DNP"), "won")),
            WorkflowCommand::Resume,
        ],
        &[report(CallStatus::Busy)],
    )
}

/// A final status without an edge, and the edge.
fn an_edge_is_added() -> Machine {
    racing(
        calling(call()),
        &[WorkflowCommand::AddEdge(edge("intro", Some("DNP"), "won"))],
        &[report(CallStatus::Busy)],
    )
}

/// The way to a call node without a number, and the number.
fn a_node_is_mended() -> Machine {
    let graph = call().call_without_number("second").edge("intro", "DNP", "second");
    let mut machine = Machine::draft(call().changes(), Settings::default());
    machine.settle_workflow(WorkflowCommand::Activate);
    machine.settle_lead(enrol(None));
    machine.settle_lead(report(CallStatus::Initiated));
    for change in graph.changes() {
        match change {
            GraphChange::NodePut(node) if node.id == node_id("second") => {
                machine.settle_workflow(WorkflowCommand::AddNode(node));
            }
            GraphChange::EdgeAdded(edge) if edge.to_node_id == node_id("second") => {
                machine.settle_workflow(WorkflowCommand::AddEdge(edge));
            }
            GraphChange::NodePut(_)
            | GraphChange::EdgeAdded(_)
            | GraphChange::NodeRemoved(_)
            | GraphChange::EdgeRemoved(_) => {}
        }
    }
    let config =
        VoiceCallConfig { from_phone_number: Some(FROM.into()), ..VoiceCallConfig::default() };
    let mend = patch("second", NodeConfig::VoiceCall(config));
    racing(machine, &[mend], &[report(CallStatus::Busy)])
}

/// An enrolment and an activation.
fn enrolled_while_activated() -> Machine {
    let machine = Machine::draft(call().changes(), Settings::default());
    racing(machine, &[WorkflowCommand::Activate], &[enrol(None)])
}

/// An enrolment into a workflow that starts leads only when it is activated.
fn enrolled_for_the_next_start() -> Machine {
    let settings = Settings { start_on_enrol: false, ..Settings::default() };
    let mut machine = Machine::draft(call().changes(), settings.clone());
    machine.settle_workflow(WorkflowCommand::Activate);
    let start = Settings { start_on_enrol: true, ..settings };
    let edit = WorkflowCommand::Edit { title: None, description: None, settings: Some(start) };
    racing(machine, &[edit, WorkflowCommand::Pause, WorkflowCommand::Resume], &[enrol(None)])
}

/// An import that ends while the workflow is paused and resumed.
fn an_import_ends() -> Machine {
    let mut machine = Machine::draft(call().changes(), Settings::default());
    machine.settle_workflow(WorkflowCommand::Activate);
    let import = ImportId::from_u128(9);
    let opening = ImportOpening {
        file_name: None,
        rows: 1,
        duplicates_skipped: 0,
        variable_keys: Vec::new(),
    };
    machine.settle_workflow(WorkflowCommand::OpenImport { import, opening });
    let mut machine =
        racing(machine, &[WorkflowCommand::Pause, WorkflowCommand::Resume], &[enrol(Some(import))]);
    machine.to_workflow.push_back(Ask::AfterTheLead(WorkflowCommand::CloseImport {
        import,
        enrolled: 1,
        duplicates_skipped: 0,
    }));
    machine
}

/// A wait that ends while the workflow is paused and resumed.
fn a_wait_ends() -> Machine {
    let graph = GraphBuilder::new()
        .wait_hours("pause", 1)
        .as_entry()
        .converted("won")
        .any_edge("pause", "won");
    let mut machine = Machine::draft(graph.changes(), Settings::default());
    machine.settle_workflow(WorkflowCommand::Activate);
    machine.settle_lead(enrol(None));
    let mut machine = racing(machine, &[WorkflowCommand::Pause, WorkflowCommand::Resume], &[]);
    machine.ticks = 1;
    machine
}

/// A cycle without a wait, and the edit that breaks it.
fn a_cycle_is_broken() -> Machine {
    let graph = call()
        .condition("check", "call.status", branchline_domain::graph::Operator::Equals, "busy")
        .edge("intro", "DNP", "check")
        .edge("check", "false", "won");
    let mut machine = calling(graph);
    let circle = edge("check", Some("true"), "check");
    machine.settle_workflow(WorkflowCommand::AddEdge(circle.clone()));
    racing(
        machine,
        &[
            WorkflowCommand::RemoveEdge { edge: circle.id },
            WorkflowCommand::AddEdge(edge("check", Some("true"), "won")),
        ],
        &[report(CallStatus::Busy)],
    )
}

/// A lead that starts, and the end of its workflow: its call is called off.
fn cancelled_while_it_starts() -> Machine {
    let mut machine = Machine::draft(call().changes(), Settings::default());
    machine.settle_workflow(WorkflowCommand::Activate);
    racing(machine, &[WorkflowCommand::Cancel], &[enrol(None)])
}

fn races() -> Vec<(&'static str, Machine)> {
    vec![
        ("pause and resume", pause_and_resume()),
        ("mended while paused", mended_while_paused()),
        ("an edge is added", an_edge_is_added()),
        ("a node is mended", a_node_is_mended()),
        ("enrolled while activated", enrolled_while_activated()),
        ("enrolled for the next start", enrolled_for_the_next_start()),
        ("an import ends", an_import_ends()),
        ("a wait ends", a_wait_ends()),
        ("a cycle is broken", a_cycle_is_broken()),
        ("cancelled while it starts", cancelled_while_it_starts()),
    ]
}

#[test]
fn no_order_of_steps_leaves_a_lead_standing() {
    for (name, machine) in races() {
        let explored = explore(machine);
        assert_eq!(explored.lost, None, "{name}");
        assert!(explored.states > 50, "{name} is no race: {explored:?}");
        assert!(explored.rests.iter().all(|rest| rest.ends_with("None")), "{name}: {explored:?}");
        assert!(
            explored.refusals > 0 || name == "an import ends",
            "{name}: no record met its guard: {explored:?}"
        );
    }
}

#[test]
fn no_kill_between_two_steps_leaves_a_lead_standing() {
    for (name, mut machine) in races() {
        machine.kills = 1;
        let explored = explore(machine);
        assert_eq!(explored.lost, None, "{name}");
    }
}

/// The search finds what it is for: each flaw of the protocol loses a wake-up in some race.
#[test]
fn a_protocol_with_a_flaw_leaves_a_lead_standing() {
    for (flaw, kills) in [
        (Flaw::NoGuards, 0),
        (Flaw::SweepsTooEarly, 0),
        (Flaw::ForgetsChanges, 0),
        (Flaw::NoSweepAfterStart, 1),
    ] {
        let found = races().into_iter().any(|(_, mut machine)| {
            (machine.flaw, machine.kills) = (flaw, kills);
            explore(machine).lost.is_some()
        });
        assert!(found, "{flaw:?} is not found");
    }
}
