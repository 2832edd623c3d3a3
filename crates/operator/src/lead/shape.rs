//! Leads as the API shows them, as far as tables need it.

use clap::Args;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    client::{Answer, Server, ServerFlags},
    fault::Fault,
    names,
    out::{Out, Rows, or_dash, when},
};
use branchline_domain::id::{LeadId, WorkflowId};

/// Which lead.
#[derive(Debug, Args)]
pub(super) struct LeadFlags {
    /// The lead: its id, or its phone number.
    #[arg(value_name = "LEAD")]
    lead: String,
    /// Its workflow: id, beginning of the id, or title; else it is looked for in all of them.
    #[arg(long, short, value_name = "WORKFLOW")]
    workflow: Option<String>,
    #[command(flatten)]
    pub(super) server: ServerFlags,
}

/// A lead of a server.
pub(super) struct Found {
    pub(super) server: Server,
    pub(super) workflow: WorkflowId,
    pub(super) lead: LeadId,
}

impl LeadFlags {
    /// The lead that is meant.
    pub(super) fn find(&self) -> Result<Found, Fault> {
        let server = self.server.server()?;
        let (workflow, lead) = names::lead(&server, &self.lead, self.workflow.as_deref())?;
        Ok(Found { server, workflow, lead })
    }
}

impl Found {
    /// Its address, below `/v1`.
    pub(super) fn path(&self) -> String {
        let Self { workflow, lead, .. } = self;
        format!("/workflows/{workflow}/leads/{lead}")
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Lead {
    pub(super) id: String,
    pub(super) workflow_id: Option<String>,
    pub(super) phone_number: Option<String>,
    variables: Option<Box<RawValue>>,
    notes: Option<String>,
    #[serde(default)]
    pub(super) status: String,
    pub(super) current_node_id: Option<String>,
    entered_at: Option<String>,
    release_at: Option<String>,
    call_id: Option<String>,
    pub(super) hold: Option<String>,
    #[serde(default)]
    removed: bool,
    erased_at: Option<String>,
    enrolled_at: Option<String>,
}

impl Lead {
    /// Its status as counts and filters call it.
    pub(super) fn standing(&self) -> String {
        if self.removed { "removed".to_owned() } else { self.status.clone() }
    }
}

/// Columns of a list of leads.
pub(super) const COLUMNS: [&str; 6] = ["id", "phone number", "status", "held", "node", "enrolled"];

/// A lead's row of a list.
pub(super) fn cells(lead: Lead) -> [String; 6] {
    let status = lead.standing();
    let enrolled = lead.enrolled_at.as_deref().map(when);
    [
        lead.id,
        or_dash(lead.phone_number),
        status,
        or_dash(lead.hold),
        or_dash(lead.current_node_id),
        or_dash(enrolled),
    ]
}

/// Shows a lead whole.
pub(super) fn show(answer: &Answer, json: bool) -> Result<(), Fault> {
    let mut out = Out::standard(json);
    if json {
        out.document(&answer.raw()?)?;
        return out.flush();
    }
    let lead: Lead = answer.read()?;
    let status = lead.standing();
    let mut rows = Rows::bare();
    rows.field("id", Some(lead.id));
    rows.field("workflow", lead.workflow_id);
    rows.field("phone number", lead.phone_number);
    rows.field("status", Some(status));
    rows.field("held", lead.hold);
    rows.field("node", lead.current_node_id);
    rows.field("entered", lead.entered_at.as_deref().map(when));
    rows.field("release", lead.release_at.as_deref().map(when));
    rows.field("call", lead.call_id);
    rows.field("variables", lead.variables.map(|variables| variables.get().to_owned()));
    rows.field("notes", lead.notes);
    rows.field("enrolled", lead.enrolled_at.as_deref().map(when));
    rows.field("erased", lead.erased_at.as_deref().map(when));
    out.table(rows)?;
    out.flush()
}
