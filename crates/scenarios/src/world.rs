//! What a scenario plays in: the bare deciders, or an engine with a journal.

use std::fmt;

use branchline_domain::{
    graph::{self, Fault},
    lead::{Explanation, LeadRejection, LeadState},
    workflow::{WorkflowRejection, WorkflowState, WorkflowStatus},
};

use crate::{command::Command, event_lines::Noted, names::Names, words::Wrong};

/// How long a hand-out of calls lasts in scenarios. Unit: seconds.
pub const LEASE_S: u32 = 600;

/// What came of a command that was not refused.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// Every event, its consequences for leads included.
    pub events: Vec<Noted>,
    /// Whether a report was taken as part of its call's story; `None` for other commands.
    pub accepted: Option<bool>,
    /// What is wrong with the graph, and what is doubtful; `None` for other commands.
    pub judged: Option<Judged>,
}

/// The judgement of a graph, a line for each fault and warning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// What blocks its activation.
    pub faults: Vec<String>,
    /// What does not.
    pub warnings: Vec<String>,
}

impl Judged {
    /// Judges the graph of a workflow, as it is.
    pub fn of(workflow: &WorkflowState, names: &Names) -> Self {
        let report = graph::validate(&workflow.graph, &workflow.variable_keys);
        let lines =
            |faults: &[Fault]| faults.iter().map(|fault| fault_line(names, fault)).collect();
        Self { faults: lines(&report.faults), warnings: lines(&report.warnings) }
    }
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The rejection's name.
    pub code: &'static str,
    /// The same in words, for messages.
    pub message: String,
    /// What is wrong with a graph, one line a fault.
    pub faults: Vec<String>,
}

/// A command is refused, or the world itself is broken.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The rules said no.
    Refused(Refusal),
    /// The story cannot go on: it asks for what is not there, or the world has a fault.
    Broken(Wrong),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(Refusal { code, message, faults }) => {
                write!(f, "refused as {code}: {message}")?;
                faults.iter().try_for_each(|fault| write!(f, "; {fault}"))
            }
            Self::Broken(wrong) => f.write_str(wrong),
        }
    }
}

impl From<Wrong> for Failure {
    fn from(wrong: Wrong) -> Self {
        Self::Broken(wrong)
    }
}

/// Plays one scenario.
pub trait World {
    /// Does what a step asks for, and waits until everything it leads to is recorded.
    ///
    /// # Errors
    ///
    /// A refusal, or what is broken.
    fn perform(&mut self, command: &Command) -> Result<Done, Failure>;

    /// The names of what is there.
    fn names(&self) -> &Names;

    /// Why a lead is where it is.
    ///
    /// # Errors
    ///
    /// When there is no such lead, or the world is broken.
    fn explain(&mut self, lead: &str) -> Result<Explanation, Wrong>;

    /// What the history of a lead adds up to.
    ///
    /// # Errors
    ///
    /// When there is no such lead, or the world is broken.
    fn lead(&mut self, name: &str) -> Result<LeadState, Wrong>;

    /// Where the workflow stands; `None` once it is deleted.
    ///
    /// # Errors
    ///
    /// When the world is broken.
    fn workflow(&mut self) -> Result<Option<WorkflowStatus>, Wrong>;

    /// What happens between two steps: a restart, where there is something to start again.
    ///
    /// # Errors
    ///
    /// When it does not start again, or records something new.
    fn between_steps(&mut self) -> Result<(), Wrong>;
}

/// The refusal of a status that is none.
pub fn unknown_status(text: &str) -> Failure {
    Failure::Refused(Refusal {
        code: "unknown_status",
        message: format!("`{text}` is no call status"),
        faults: Vec::new(),
    })
}

/// A refusal by the rules of a lead.
pub fn lead_refusal(rejection: &LeadRejection) -> Refusal {
    let code = match rejection {
        LeadRejection::NotFound | LeadRejection::CallNotFound { .. } => "not_found",
        LeadRejection::AlreadyEnrolled => "already_enrolled",
        LeadRejection::WorkflowEnded { .. } => "workflow_ended",
        LeadRejection::CallNotRequested { .. } => "call_not_requested",
        LeadRejection::WorkflowNotActive { .. } => "workflow_not_active",
        LeadRejection::OutsideCallingWindow { .. } => "outside_calling_window",
        LeadRejection::ApplicationNotAsked { .. } => "application_not_asked",
        LeadRejection::CannotMove { .. } => "cannot_move",
        LeadRejection::CannotErase { .. } => "cannot_erase",
        LeadRejection::Erased => "lead_erased",
        LeadRejection::Ended { .. } => "ended",
        LeadRejection::NotHeld => "not_held",
        LeadRejection::InvalidVariables { .. } => "invalid_variables",
        LeadRejection::WrongResolution { .. } => "wrong_resolution",
    };
    Refusal { code, message: rejection.to_string(), faults: Vec::new() }
}

/// A refusal by the rules of a workflow.
pub fn workflow_refusal(names: &Names, rejection: &WorkflowRejection) -> Refusal {
    let code = match rejection {
        WorkflowRejection::NotFound => "not_found",
        WorkflowRejection::AlreadyExists => "already_exists",
        WorkflowRejection::WrongStatus { .. } => "wrong_status",
        WorkflowRejection::InvalidGraph { .. } => "invalid_graph",
        WorkflowRejection::LeadsUnderWay { .. } => "leads_under_way",
        WorkflowRejection::CallsInProgress { .. } => "calls_in_progress",
        WorkflowRejection::NodeNotFound { .. } => "node_not_found",
        WorkflowRejection::NodeExists { .. } => "node_exists",
        WorkflowRejection::NodeTypeDiffers { .. } => "node_type_differs",
        WorkflowRejection::LeadsAtNodes { .. } => "leads_at_node",
        WorkflowRejection::StaleRevision { .. } => "stale_revision",
        WorkflowRejection::EdgeNotFound { .. } => "edge_not_found",
        WorkflowRejection::EdgeExists { .. } => "edge_exists",
        WorkflowRejection::Invalid { .. } => "invalid",
        WorkflowRejection::ImportNotOpen { .. } => "import_not_open",
    };
    let faults = match rejection {
        WorkflowRejection::InvalidGraph { faults } => {
            faults.iter().map(|fault| fault_line(names, fault)).collect()
        }
        WorkflowRejection::NotFound
        | WorkflowRejection::AlreadyExists
        | WorkflowRejection::WrongStatus { .. }
        | WorkflowRejection::LeadsUnderWay { .. }
        | WorkflowRejection::CallsInProgress { .. }
        | WorkflowRejection::NodeNotFound { .. }
        | WorkflowRejection::NodeExists { .. }
        | WorkflowRejection::NodeTypeDiffers { .. }
        | WorkflowRejection::LeadsAtNodes { .. }
        | WorkflowRejection::StaleRevision { .. }
        | WorkflowRejection::EdgeNotFound { .. }
        | WorkflowRejection::EdgeExists { .. }
        | WorkflowRejection::Invalid { .. }
        | WorkflowRejection::ImportNotOpen { .. } => Vec::new(),
    };
    Refusal { code, message: rejection.to_string(), faults }
}

/// `unknown_label at intro --MAYBE--> later`. One that does not say how to mend it is shown as such.
fn fault_line(names: &Names, fault: &Fault) -> String {
    let place = match (fault.edge_id, fault.node_id) {
        (Some(edge), _) => format!(" at {}", names.of_edge(edge)),
        (None, Some(node)) => format!(" at {}", names.of_node(node)),
        (None, None) => String::new(),
    };
    let helpless = if fault.fix.is_empty() { ", and no fix is told" } else { "" };
    format!("{}{place}{helpless}", word_of(&fault.code))
}

/// The serde name of a unit variant.
pub fn word_of<T: serde::Serialize>(value: &T) -> String {
    toml::Value::try_from(value)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_else(|| "?".into())
}
