//! Events as scenario files write them.

use branchline_domain::{
    graph::GraphChange,
    id::{LeadId, WorkflowId},
    lead::{BranchCause, HoldReason, LeadEvent, Resolution, Values},
    personal::Personal,
    workflow::WorkflowEvent,
};

use crate::{command::show_instant, names::Names, words};

/// One event, and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Noted {
    /// Of a workflow.
    Workflow(WorkflowId, WorkflowEvent),
    /// Of a lead.
    Lead(LeadId, LeadEvent),
}

/// The line of an event: `lead asha: branch_taken intro --DNP--> later`.
pub fn line(names: &Names, noted: &Noted) -> String {
    match noted {
        Noted::Workflow(workflow, event) => {
            format!("{}: {}", names.of_workflow(*workflow), workflow_event(names, event))
        }
        Noted::Lead(lead, event) => {
            format!("lead {}: {}", names.of_lead(*lead), lead_event(names, event))
        }
    }
}

fn workflow_event(names: &Names, event: &WorkflowEvent) -> String {
    match event {
        WorkflowEvent::WorkflowCreated { title, .. } => format!("created {title}"),
        WorkflowEvent::WorkflowRenamed { title, .. } => format!("renamed {title}"),
        WorkflowEvent::SettingsChanged { .. } => "settings_changed".into(),
        WorkflowEvent::GraphRevised { revision, changes } => {
            let changes: Vec<String> =
                changes.iter().map(|change| graph_change(names, change)).collect();
            format!("graph_revised {revision} {}", changes.join("; "))
        }
        WorkflowEvent::GraphStaged { part, .. } => format!("graph_staged {part}"),
        WorkflowEvent::NodeReplaced { node, by } => {
            format!("node_replaced {} by {}", names.of_node(*node), names.of_node(*by))
        }
        WorkflowEvent::WorkflowActivated => "activated".into(),
        WorkflowEvent::WorkflowPaused => "paused".into(),
        WorkflowEvent::WorkflowResumed => "resumed".into(),
        WorkflowEvent::WorkflowCompleted { automatic: true } => "completed by itself".into(),
        WorkflowEvent::WorkflowCompleted { automatic: false } => "completed".into(),
        WorkflowEvent::WorkflowCancelled => "cancelled".into(),
        WorkflowEvent::WorkflowDeleted => "deleted".into(),
        WorkflowEvent::ImportOpened { opening, .. } => format!("import_opened {}", opening.rows),
        WorkflowEvent::ImportClosed { enrolled, duplicates_skipped, .. } => {
            format!("import_closed {enrolled} enrolled {duplicates_skipped} skipped")
        }
        WorkflowEvent::ImportCancelled { .. } => "import_cancelled".into(),
        WorkflowEvent::ImportRefused { refusal, .. } => {
            format!("import_refused {} rows {} reasons", refusal.rows, refusal.reasons)
        }
    }
}

fn graph_change(names: &Names, change: &GraphChange) -> String {
    match change {
        GraphChange::NodePut(node) => format!("node_put {}", names.of_node(node.id)),
        GraphChange::NodeRemoved(node) => format!("node_removed {}", names.of_node(*node)),
        GraphChange::EdgeAdded(edge) => format!("edge_added {}", names.line_of(edge)),
        GraphChange::EdgeRemoved(edge) => format!("edge_removed {}", names.of_edge(*edge)),
    }
}

#[expect(clippy::too_many_lines, reason = "one arm an event: cutting it would hide the list")]
fn lead_event(names: &Names, event: &LeadEvent) -> String {
    match event {
        LeadEvent::LeadEnrolled { .. } => "enrolled".into(),
        LeadEvent::NodeEntered { node, release_at, .. } => {
            let until =
                release_at.map(|at| format!(" until {}", show_instant(at))).unwrap_or_default();
            format!("node_entered {}{until}", names.of_node(*node))
        }
        LeadEvent::CallRequested { call, .. } => format!("call_requested {call}"),
        LeadEvent::CallDispatchStarted { call, .. } => format!("call_dispatch_started {call}"),
        LeadEvent::CallDispatched { call, provider_ref } => {
            format!("call_dispatched {call}{}", optional(provider_ref.as_deref()))
        }
        LeadEvent::CallDispatchRefused { call, reason } => {
            format!("call_dispatch_refused {call}{}", optional(reason.known().map(String::as_str)))
        }
        LeadEvent::CallDispatchUnknown { call } => format!("call_dispatch_unknown {call}"),
        LeadEvent::CallStatusChanged { call, status, .. } => {
            format!("call_status_changed {call} {status}")
        }
        LeadEvent::CallConcluded { call, status, end_reason, .. } => {
            format!("call_concluded {call} {status}{}", optional(end_reason.as_deref()))
        }
        LeadEvent::CallConflictRecorded { call, status, .. } => {
            format!("call_conflict_recorded {call} {status}")
        }
        LeadEvent::CallReferenced { call, provider_ref } => {
            format!("call_referenced {call} {provider_ref}")
        }
        LeadEvent::ProviderStatusHeard { call, heard, status } => {
            format!("provider_status_heard {call} {} {:?} {status}", heard.provider, heard.word)
        }
        LeadEvent::CallAttributesAttached { call, attributes } => {
            format!("call_attributes_attached {call} {}", values(attributes))
        }
        LeadEvent::BranchTaken { from, output, to, cause, .. } => {
            let (from, to) = (names.of_node(*from), names.of_node(*to));
            format!("branch_taken {from} --{output}--> {to}{}", by(*cause))
        }
        LeadEvent::LeadMoved { from, to, .. } => {
            format!("moved {} --> {}", names.of_node(*from), names.of_node(*to))
        }
        LeadEvent::CallScheduled { call, not_before, expires_at } => {
            let until =
                expires_at.map(|at| format!(" until {}", show_instant(at))).unwrap_or_default();
            format!("call_scheduled {call} from {}{until}", show_instant(*not_before))
        }
        LeadEvent::AnalysisAwaited { until } => {
            format!("analysis_awaited until {}", show_instant(*until))
        }
        LeadEvent::ApplicationRequested { attempt } => format!("application_requested {attempt}"),
        LeadEvent::ApplicationStarted { attempt } => format!("application_started {attempt}"),
        LeadEvent::ApplicationTried { attempt, outcome, missing_fields, .. } => {
            let missing = missing_fields.iter().map(|name| format!(" missing {name}"));
            format!(
                "application_tried {attempt} {}{}",
                outcome.as_str(),
                missing.collect::<String>()
            )
        }
        LeadEvent::ApplicationAnswered { fields, .. } => {
            format!("application_answered {}", values(fields))
        }
        LeadEvent::RoutingHeld { reason } => format!("held {}", hold(reason)),
        LeadEvent::HoldResolved { choice } => format!("hold_resolved {}", resolution(choice)),
        LeadEvent::ReleasePlanned { release_at } => {
            format!("release_planned {}", show_instant(*release_at))
        }
        LeadEvent::LeadCompleted => "completed".into(),
        LeadEvent::LeadDropped => "dropped".into(),
        LeadEvent::LeadRemoved => "removed".into(),
        LeadEvent::LeadWithdrawn => "withdrawn".into(),
        LeadEvent::LeadErased { .. } => "erased".into(),
        LeadEvent::LeadEdited { variables, .. } => format!("edited {}", values(variables)),
    }
}

fn optional(text: Option<&str>) -> String {
    text.map(|text| format!(" {text}")).unwrap_or_default()
}

fn values(values: &Personal<Values>) -> String {
    values.known().map_or_else(|| "erased".into(), words::show)
}

/// Which call decided tells its number; a person is named; what else decides is its own node.
fn by(cause: BranchCause) -> String {
    match cause {
        BranchCause::Person => " by person".into(),
        BranchCause::Call(number) => format!(" by call {number}"),
        BranchCause::Condition | BranchCause::Release | BranchCause::Application => String::new(),
    }
}

/// Why a lead is held: `missing_output DNP`.
pub(crate) fn hold(reason: &HoldReason) -> String {
    let details = match reason {
        HoldReason::WorkflowPaused(outcome) | HoldReason::MissingOutput(outcome) => {
            format!(" {}", outcome.output)
        }
        HoldReason::ReviewRequired(status) => format!(" {status}"),
        HoldReason::UnreadableTime(Personal::Known(words)) => format!(" `{words}`"),
        HoldReason::UnreadableTime(Personal::Erased)
        | HoldReason::NodeIncomplete
        | HoldReason::CallOverdue
        | HoldReason::DialOutcomeUnknown
        | HoldReason::DialRefused
        | HoldReason::ApplicationReview
        | HoldReason::EndlessLoop => String::new(),
    };
    format!("{}{details}", reason.code())
}

fn resolution(choice: &Resolution) -> String {
    match choice {
        Resolution::Output(output) => output.to_string(),
        Resolution::Redial => "redial".into(),
        Resolution::ReleaseAt(at) => format!("release {}", show_instant(*at)),
    }
}
