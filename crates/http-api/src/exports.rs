//! Leads and calls as CSV files, as they stood at one place in the journal.
//!
//! A thread of its own reads a few rows at a time and writes them as fast as the caller reads. So an
//! export takes no more memory than those rows, and keeps neither reports nor reads waiting.

use std::{collections::BTreeMap, io, sync::Arc};

use actix_web::{HttpRequest, HttpResponse, http::header};
use branchline_domain::{
    id::{CallId, LeadId, NodeId, WorkflowId},
    lead::{LeadState, Values},
};
use branchline_engine::{
    EngineError,
    as_of::{CallsAsOf, LeadsAsOf},
};
use branchline_journal::record::Position;
use branchline_projections::{CallFilter, call_log::CallLog};
use serde_json::{Map, Value};

use crate::{
    csv_table::CsvTable,
    headers::{organisation, state},
    lead_columns::{OWN_PREFIX, PHONE_COLUMN},
    leads,
    openapi::{self, names},
    paths::id,
    positions,
    problem::{Answer, Problem},
    query::Query,
    workflows::find,
    written::{self, Pieces},
};

/// Exports at once. Each has a thread; beyond that the engine is busy.
pub(crate) const AT_ONCE: usize = 8;
/// Rows looked at before the next piece is written. Unit: rows.
const ROWS: usize = 200;

/// Leads as CSV.
///
/// All leads that the filter shows, as of `Branchline-Position`, in order of enrolment: `phone_number`,
/// a column for each variable, then `branchline.…` for what the engine knows. Erased fields are empty.
/// A cell that a spreadsheet would run gets a `'` in front unless `raw` is true; a raw file can be
/// enrolled again, and then columns with that prefix are passed over, but for the notes.
#[utoipa::path(
    get, path = "/v1/workflows/{workflow}/leads.csv", operation_id = "exportLeads", tag = openapi::LEADS,
    params(("status" = Option<names::LeadStatusFilter>, Query, description = "Only those with this status."), ("node" = Option<names::NodeId>, Query, description = "Only those at this node."), ("held" = Option<names::HeldFilter>, Query, description = "Only those that are held: for any reason (`true`), or for this one."), ("raw" = Option<bool>, Query, description = "Whether cells are left as they are, also where a spreadsheet would run them.")),
    responses((status = 200, description = "A line for each lead; the first has the names of the columns.", content((String = "text/csv")))),
)]
pub(crate) async fn of_leads(request: HttpRequest) -> Answer {
    let workflow: WorkflowId = id(&request)?;
    let mut query = Query::of(&request)?;
    let filter = leads::filter(&mut query);
    let raw = query.flag("raw");
    query.finish()?;
    let organisation = organisation(&request);
    let engine = &state(&request)?.engine;
    let look = |projections: &_| {
        let row = find(projections, organisation, workflow)?;
        let labels = row.state.graph.nodes().iter().map(|node| (node.id, node.label.clone()));
        Ok::<_, Problem>((row.state.variable_keys.iter().cloned().collect(), labels.collect()))
    };
    let rows = engine.leads_as_of_now(organisation, workflow, filter).await?;
    let (variables, labels): (Vec<String>, BTreeMap<NodeId, String>) = engine.read(look).await??;
    let columns = LeadColumns { workflow, variables, labels };
    let position = rows.position();
    answer(&request, position, &format!("leads-{workflow}.csv"), move |out| {
        columns.write(rows, CsvTable::new(out, raw))
    })
}

/// Call logs as CSV.
///
/// All calls that the filter shows, as of `Branchline-Position`, in order of request, with the fields
/// of a call log as columns; `attributes` and `conflicts` are JSON. Erased fields are empty. A cell that
/// a spreadsheet would run gets a `'` in front unless `raw` is true.
#[utoipa::path(
    get, path = "/v1/call-logs.csv", operation_id = "exportCalls", tag = openapi::CALLS,
    params(("workflow" = Option<names::WorkflowId>, Query, description = "Only of this workflow."), ("lead" = Option<names::LeadId>, Query, description = "Only of this lead."), ("status" = Option<names::CallStatus>, Query, description = "Only those with this status."), ("raw" = Option<bool>, Query, description = "Whether cells are left as they are, also where a spreadsheet would run them.")),
    responses((status = 200, description = "A line for each call; the first has the names of the columns.", content((String = "text/csv")))),
)]
pub(crate) async fn of_calls(request: HttpRequest) -> Answer {
    let mut query = Query::of(&request)?;
    let organisation = organisation(&request);
    let filter = CallFilter {
        organisation: Some(organisation),
        workflow: query.value("workflow"),
        lead: query.value("lead"),
        status: query.value("status"),
    };
    let raw = query.flag("raw");
    query.finish()?;
    let rows = state(&request)?.engine.calls_as_of_now(organisation, filter).await?;
    let position = rows.position();
    answer(&request, position, "call-logs.csv", move |out| {
        write_calls(rows, CsvTable::new(out, raw))
    })
}

/// A file that is written while it is read.
fn answer(
    request: &HttpRequest,
    position: Position,
    file_name: &str,
    write: impl FnOnce(&mut Pieces) -> io::Result<()> + Send + 'static,
) -> Answer {
    let state = state(request)?;
    let permit = Arc::clone(&state.exports).try_acquire_owned();
    let permit = permit.map_err(|_| Problem::from(EngineError::Busy))?;
    let body = written::written(state.shutdown.clone(), move |out| {
        let written = write(out);
        drop(permit);
        written
    });
    let mut response = HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present"))
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{file_name}\""),
        ))
        .streaming(body);
    positions::set(response.headers_mut(), position);
    Ok(response)
}

/// What is known besides a lead's own values, with a prefix that no variable should have.
const OWN: [&str; 14] = [
    "notes",
    "id",
    "workflow_id",
    "status",
    "removed",
    "current_node_id",
    "current_node_label",
    "entered_at",
    "release_at",
    "call_id",
    "hold",
    "enrolled_at",
    "erased_at",
    // Those that were set later, under names that nobody was enrolled with: as JSON.
    "other_variables",
];

struct LeadColumns {
    workflow: WorkflowId,
    variables: Vec<String>,
    labels: BTreeMap<NodeId, String>,
}

impl LeadColumns {
    fn write(&self, mut rows: LeadsAsOf, mut table: CsvTable<&mut Pieces>) -> io::Result<()> {
        table.cell(PHONE_COLUMN)?;
        self.variables.iter().try_for_each(|name| table.cell(name))?;
        OWN.iter().try_for_each(|name| table.cell(&format!("{OWN_PREFIX}{name}")))?;
        table.end_row()?;
        while let Some(part) = rows.next(ROWS).map_err(io::Error::other)? {
            part.iter().try_for_each(|(lead, state)| self.row(&mut table, *lead, state))?;
        }
        Ok(())
    }

    fn row(
        &self,
        table: &mut CsvTable<&mut Pieces>,
        lead: LeadId,
        state: &LeadState,
    ) -> io::Result<()> {
        let none = Values::new();
        let values = state.variables.known().unwrap_or(&none);
        table.maybe(state.phone_number.known())?;
        for name in &self.variables {
            table.cell(&values.get(name).map(|value| value.as_text()).unwrap_or_default())?;
        }
        table.maybe(state.notes.known().and_then(Option::as_ref))?;
        table.cell(&lead.to_string())?;
        table.cell(&self.workflow.to_string())?;
        table.cell(state.status.as_str())?;
        table.cell(if state.removed { "true" } else { "false" })?;
        table.maybe(state.node)?;
        table.maybe(state.node.and_then(|node| self.labels.get(&node)))?;
        table.maybe(state.entered_at)?;
        table.maybe(state.release_at)?;
        table.maybe(state.call.map(|number| CallId { lead, number }))?;
        table.maybe(state.hold.as_ref().map(|hold| hold.reason.code()))?;
        table.cell(&state.enrolled_at.to_string())?;
        table.maybe(state.erased_at)?;
        let others: Map<String, Value> = values
            .iter()
            .filter(|(name, _)| self.variables.binary_search(name).is_err())
            .map(|(name, value)| (name.clone(), serde_json::to_value(value).unwrap_or_default()))
            .collect();
        table.maybe((!others.is_empty()).then_some(Value::Object(others)))?;
        table.end_row()
    }
}

/// The columns of calls, as call logs have them.
const CALL_COLUMNS: [&str; 16] = [
    "id",
    "workflow_id",
    "lead_id",
    "node_id",
    "to",
    "from",
    "agent_id",
    "status",
    "dispatch",
    "refusal",
    "end_reason",
    "provider_ref",
    "created_at",
    "ended_at",
    "attributes",
    "conflicts",
];

fn write_calls(mut rows: CallsAsOf, mut table: CsvTable<&mut Pieces>) -> io::Result<()> {
    CALL_COLUMNS.iter().try_for_each(|name| table.cell(name))?;
    table.end_row()?;
    while let Some(part) = rows.next(ROWS).map_err(io::Error::other)? {
        part.iter().try_for_each(|log| write_call(&mut table, log))?;
    }
    Ok(())
}

fn write_call(table: &mut CsvTable<&mut Pieces>, log: &CallLog) -> io::Result<()> {
    table.cell(&log.id.to_string())?;
    table.cell(&log.workflow_id.to_string())?;
    table.cell(&log.lead_id.to_string())?;
    table.maybe(log.node_id)?;
    table.maybe(log.to.known())?;
    table.cell(&log.from)?;
    table.maybe(log.agent_id.as_ref())?;
    table.cell(log.status.as_str())?;
    table.cell(&word(&log.dispatch))?;
    table.maybe(log.refusal.as_ref().and_then(|reason| reason.known()))?;
    table.maybe(log.end_reason.as_ref())?;
    table.maybe(log.provider_ref.as_ref())?;
    table.cell(&log.created_at.to_string())?;
    table.maybe(log.ended_at)?;
    let attributes = log.attributes.known().filter(|found| !found.is_empty());
    table.maybe(attributes.and_then(|found| serde_json::to_string(found).ok()))?;
    let conflicts = (!log.conflicts.is_empty()).then_some(&log.conflicts);
    table.maybe(conflicts.and_then(|found| serde_json::to_string(found).ok()))?;
    table.end_row()
}

/// A word as JSON has it, without its quotes.
fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        Ok(_) | Err(_) => String::new(),
    }
}
