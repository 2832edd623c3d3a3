//! Calls as the API shows them, as far as tables need it.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    client::Answer,
    fault::Fault,
    out::{Out, Rows, or_dash, when},
};

#[derive(Deserialize)]
pub(super) struct Call {
    id: String,
    lead_id: Option<String>,
    workflow_id: Option<String>,
    node_id: Option<String>,
    to: Option<String>,
    from: Option<String>,
    agent_id: Option<String>,
    #[serde(default)]
    status: String,
    dispatch: Option<String>,
    refusal: Option<String>,
    end_reason: Option<String>,
    attributes: Option<Box<RawValue>>,
    provider_ref: Option<String>,
    #[serde(default)]
    conflicts: Vec<Mark>,
    #[serde(default)]
    timeline: Vec<Mark>,
    created_at: Option<String>,
    ended_at: Option<String>,
    /// Only in the answer to a report.
    accepted: Option<bool>,
}

#[derive(Deserialize)]
struct Mark {
    #[serde(default)]
    status: String,
    #[serde(default)]
    at: String,
    end_reason: Option<String>,
}

/// Columns of a list of calls.
pub(super) const COLUMNS: [&str; 6] = ["id", "to", "status", "end reason", "created", "ended"];

/// A call's row of a list.
pub(super) fn cells(call: Call) -> [String; 6] {
    let instant = |at: Option<String>| or_dash(at.as_deref().map(when));
    [
        call.id,
        or_dash(call.to),
        call.status,
        or_dash(call.end_reason),
        instant(call.created_at),
        instant(call.ended_at),
    ]
}

/// Shows a call whole.
pub(super) fn show(answer: &Answer, json: bool) -> Result<(), Fault> {
    let mut out = Out::standard(json);
    if json {
        out.document(&answer.raw()?)?;
        return out.flush();
    }
    let call: Call = answer.read()?;
    let mut rows = Rows::bare();
    rows.field("id", Some(call.id));
    rows.field("workflow", call.workflow_id);
    rows.field("lead", call.lead_id);
    rows.field("node", call.node_id);
    rows.field("to", call.to);
    rows.field("from", call.from);
    rows.field("agent", call.agent_id);
    rows.field("status", Some(call.status));
    rows.field("dispatch", call.dispatch);
    rows.field("refusal", call.refusal);
    rows.field("end reason", call.end_reason);
    rows.field("attributes", call.attributes.map(|attributes| attributes.get().to_owned()));
    rows.field("carrier's name", call.provider_ref);
    rows.field("created", call.created_at.as_deref().map(when));
    rows.field("ended", call.ended_at.as_deref().map(when));
    for (name, marks) in [("timeline", &call.timeline), ("conflict", &call.conflicts)] {
        for mark in marks {
            let reason = mark.end_reason.as_ref().map(|reason| format!(" ({reason})"));
            let reason = reason.unwrap_or_default();
            rows.field(name, Some(format!("{}  {}{reason}", when(&mark.at), mark.status)));
        }
    }
    out.table(rows)?;
    out.flush()?;
    if call.accepted == Some(false) {
        eprintln!("branchline: the report moves nothing: the call had its final status already");
    }
    Ok(())
}
