//! Workflows as the API shows them, as far as tables need it.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    client::Answer,
    fault::Fault,
    out::{Out, Rows, when},
};

#[derive(Debug, Deserialize)]
pub(super) struct Workflow {
    pub(super) id: String,
    #[serde(default)]
    pub(super) title: String,
    description: Option<String>,
    #[serde(default)]
    pub(super) status: String,
    settings: Option<Box<RawValue>>,
    #[serde(default)]
    revision: u64,
    #[serde(default)]
    pub(super) node_count: u64,
    #[serde(default)]
    edge_count: u64,
    #[serde(default)]
    pub(super) enrolled_leads: u64,
    control_reason: Option<String>,
    #[serde(default)]
    created_at: String,
    #[serde(default)]
    pub(super) updated_at: String,
}

/// Shows a workflow whole.
pub(super) fn show(answer: &Answer, out: &mut Out) -> Result<(), Fault> {
    if out.is_json() {
        out.document(&answer.raw()?)?;
        return out.flush();
    }
    let found: Workflow = answer.read()?;
    let mut rows = Rows::bare();
    rows.field("id", Some(found.id));
    rows.field("title", Some(found.title));
    rows.field("description", found.description);
    rows.field("status", Some(found.status));
    rows.field("", found.control_reason);
    rows.field("leads", Some(found.enrolled_leads.to_string()));
    let (nodes, edges, revision) = (found.node_count, found.edge_count, found.revision);
    rows.field("graph", Some(format!("{nodes} nodes, {edges} edges, revision {revision}")));
    rows.field("settings", found.settings.map(|settings| settings.get().to_owned()));
    rows.field("created", Some(when(&found.created_at)));
    rows.field("updated", Some(when(&found.updated_at)));
    out.table(rows)?;
    out.flush()
}

/// Says in a line where a workflow stands.
pub(super) fn standing(answer: &Answer, out: &mut Out) -> Result<(), Fault> {
    if out.is_json() {
        out.document(&answer.raw()?)?;
    } else {
        let found: Workflow = answer.read()?;
        let reason = found.control_reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        out.line(&format!("{} is {}{reason}", found.id, found.status))?;
    }
    out.flush()
}

/// Shows a new workflow: to people its id alone, which scripts take as it is.
pub(super) fn made(answer: &Answer, out: &mut Out) -> Result<(), Fault> {
    if out.is_json() {
        out.document(&answer.raw()?)?;
    } else {
        let found: Workflow = answer.read()?;
        out.line(&found.id)?;
    }
    out.flush()
}
