//! Call logs, and what carriers say about calls.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse};
use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, LeadId, NodeId, WorkflowId},
    lead::{CallReport, Values},
    time::Timestamp,
};
use branchline_engine::{
    EngineError,
    command::{CallAction, Caller},
    ports::DialRequest,
};
use branchline_projections::{
    CallFilter, DispatchStage, ListCursor,
    call_log::{CallLog, Conflict, StatusMark},
};
use futures_util::future::try_join_all;
use serde::Serialize;
use serde_json::Value;

use crate::{
    error_mapping::Refusal,
    headers::{Write, organisation, state},
    json::Fields,
    paging::Wanted,
    paths::{Named, id, missing},
    problem::{Answer, Problem},
    query::Query,
};

/// Reports in one request at most.
const REPORTS_MAX: usize = 10_000;

/// A call log as JSON. Every field is always there; personal ones are null once they are erased.
/// Source: CONTRACT.md 9.
#[derive(Debug, Serialize)]
struct CallLogShape {
    id: CallId,
    workflow_id: WorkflowId,
    lead_id: LeadId,
    node_id: Option<NodeId>,
    to: Option<String>,
    from: String,
    agent_id: Option<String>,
    status: CallStatus,
    dispatch: DispatchStage,
    refusal: Option<String>,
    end_reason: Option<String>,
    attributes: Option<Values>,
    provider_ref: Option<String>,
    conflicts: Vec<Conflict>,
    timeline: Vec<StatusMark>,
    created_at: Timestamp,
    ended_at: Option<Timestamp>,
}

impl From<CallLog> for CallLogShape {
    fn from(log: CallLog) -> Self {
        Self {
            id: log.id,
            workflow_id: log.workflow_id,
            lead_id: log.lead_id,
            node_id: log.node_id,
            to: log.to.known().cloned(),
            from: log.from,
            agent_id: log.agent_id,
            status: log.status,
            dispatch: log.dispatch,
            refusal: log.refusal.and_then(|reason| reason.known().cloned()),
            end_reason: log.end_reason,
            attributes: log.attributes.known().cloned(),
            provider_ref: log.provider_ref,
            conflicts: log.conflicts,
            timeline: log.timeline,
            created_at: log.created_at,
            ended_at: log.ended_at,
        }
    }
}

/// The answer to a report: the log as it is now, and whether the report is part of it.
#[derive(Debug, Serialize)]
struct ReportedShape {
    accepted: bool,
    #[serde(flatten)]
    log: CallLogShape,
}

/// The answer to one of many reports.
#[derive(Debug, Serialize)]
struct ItemShape {
    call_id: String,
    /// What the report alone would have been answered with.
    http_status: u16,
    accepted: Option<bool>,
    /// The call's status now.
    status: Option<CallStatus>,
    problem: Option<Value>,
}

#[derive(Serialize)]
struct Items {
    items: Vec<ItemShape>,
}

#[derive(Serialize)]
struct Claimed {
    calls: Vec<DialRequest>,
}

/// The log of a call as it is now.
async fn log_of(request: &HttpRequest, call: CallId) -> Result<CallLogShape, Problem> {
    let logs = state(request)?.engine.calls_of_lead(organisation(request), call.lead).await;
    // Whoever asks for a call is told about the call, not about its lead.
    let logs = logs.map_err(|error| match Problem::from(error) {
        problem if problem.code == LeadId::NOT_FOUND => missing(&call),
        problem => problem,
    })?;
    let found = logs.into_iter().find(|log| log.id == call);
    found.map(CallLogShape::from).ok_or_else(|| missing(&call))
}

/// `GET /v1/call-logs?workflow=&lead=&status=`
///
/// 200 with a page, in order of request. Calls outlive their workflow and lead.
pub(crate) async fn list(request: HttpRequest) -> Answer {
    let mut query = Query::of(&request)?;
    let organisation = organisation(&request);
    let filter = CallFilter {
        organisation: Some(organisation),
        workflow: query.value("workflow"),
        lead: query.value("lead"),
        status: query.value("status"),
    };
    let wanted = Wanted::<ListCursor>::of(&mut query);
    query.finish()?;
    let engine = &state(&request)?.engine;
    let page = engine.read(|projections| projections.calls(filter, wanted.paging())).await?;
    let leads: std::collections::BTreeSet<_> = page.items.iter().map(|row| row.id.lead).collect();
    let logs = leads.into_iter().map(|lead| engine.calls_of_lead(organisation, lead));
    let mut logs: BTreeMap<CallId, CallLog> =
        try_join_all(logs).await?.into_iter().flatten().map(|log| (log.id, log)).collect();
    let rows: Vec<_> =
        page.items.iter().filter_map(|row| logs.remove(&row.id)).map(CallLogShape::from).collect();
    Ok(HttpResponse::Ok().json(wanted.listing(page.total, page.next, rows)))
}

/// `GET /v1/call-logs/{call}`
///
/// 200 with the log; 404.
pub(crate) async fn one(request: HttpRequest) -> Answer {
    let call = id(&request)?;
    Query::of(&request)?.finish()?;
    Ok(HttpResponse::Ok().json(log_of(&request, call).await?))
}

/// Reads a report; `None` means that its faults are noted.
fn read_report(fields: &mut Fields) -> Option<CallReport> {
    let status = fields.required("status");
    let report = CallReport {
        status: CallStatus::default(),
        occurred_at: fields.optional("occurred_at"),
        end_reason: fields.optional("end_reason"),
        attributes: fields.values("attributes"),
        provider_ref: fields.optional("provider_ref"),
    };
    Some(CallReport { status: status?, ..report })
}

/// Tells the engine, and answers with the log.
async fn tell(request: &HttpRequest, write: &Write, call: CallId, action: CallAction) -> Answer {
    let answer = state(request)?.engine.tell_of_call(&write.caller, call, action).await?;
    let log = log_of(request, call).await?;
    Ok(HttpResponse::Ok().json(ReportedShape { accepted: answer.accepted, log }))
}

/// `POST /v1/call-logs/{call}/status`
///
/// 200 with the log, also for a repeat or a conflict, and whether the report was accepted; 400; 404.
pub(crate) async fn report(request: HttpRequest, write: Write) -> Answer {
    let call = id(&request)?;
    Query::of(&request)?.finish()?;
    let mut fields = write.fields()?;
    let report = read_report(&mut fields);
    let report = fields.finish(report)?;
    tell(&request, &write, call, CallAction::Report(report)).await
}

/// The call that one report of many names, as it was written.
fn named_call(item: &Value) -> String {
    let text = item.get("call_id").and_then(Value::as_str).unwrap_or_default();
    text.chars().take(80).collect()
}

/// One report of many; what is wrong with it is its own answer.
fn read_item(item: Value) -> Result<(CallId, CallAction), Problem> {
    let fields = Fields::of(item, String::new());
    let mut fields = fields.map_err(|fault| Problem::invalid(Refusal::InvalidBody, vec![fault]))?;
    let call = fields.required::<String>("call_id");
    let report = read_report(&mut fields);
    let (text, report) = fields.finish(call.zip(report))?;
    let call =
        text.parse().map_err(|_| Problem::not_found(CallId::NOT_FOUND, CallId::NOUN, &text))?;
    Ok((call, CallAction::Report(report)))
}

/// `POST /v1/call-logs/status` with `{items: [{call_id, status, …}]}`
///
/// 200 with an answer for each item, in order; one that is refused does not hold up the others. 400
/// when the list itself cannot be read.
pub(crate) async fn report_many(request: HttpRequest, write: Write) -> Answer {
    Query::of(&request)?.finish()?;
    let mut fields = write.fields()?;
    let items = fields.required::<Vec<Value>>("items");
    if items.as_ref().is_some_and(|items| items.len() > REPORTS_MAX) {
        fields.fault("items", &format!("has more than {REPORTS_MAX} reports: send several lists"));
    }
    let items = fields.finish(items)?;
    let (mut read, mut actions) = (Vec::with_capacity(items.len()), Vec::new());
    for item in items {
        let name = named_call(&item);
        let refused = match read_item(item) {
            Ok(action) => {
                actions.push(action);
                None
            }
            Err(problem) => Some(problem),
        };
        read.push((name, refused));
    }
    let calls: Vec<CallId> = actions.iter().map(|(call, _)| *call).collect();
    let engine = &state(&request)?.engine;
    // A report is its own idempotency; one key cannot stand for many records.
    let caller = Caller { idempotency: None, ..write.caller };
    let answers = engine.tell_of_calls(&caller, actions).await?;
    let statuses: Vec<_> = engine
        .read(|projections| {
            let rows = calls.iter().map(|call| projections.call(*call));
            rows.map(|row| row.map(|row| row.status)).collect()
        })
        .await?;
    let mut told = answers.into_iter().zip(statuses);
    let items = read.into_iter().map(|(call_id, refused)| {
        let told = refused
            .map_or_else(|| told.next().ok_or_else(|| EngineError::ShuttingDown.into()), Err);
        match told {
            Ok((Ok(answer), status)) => ItemShape {
                call_id,
                http_status: 200,
                accepted: Some(answer.accepted),
                status,
                problem: None,
            },
            Ok((Err(error), _)) => refused_item(call_id, &error.into()),
            Err(problem) => refused_item(call_id, &problem),
        }
    });
    Ok(HttpResponse::Ok().json(Items { items: items.collect() }))
}

fn refused_item(call_id: String, problem: &Problem) -> ItemShape {
    ItemShape {
        call_id,
        http_status: problem.status.as_u16(),
        accepted: None,
        status: None,
        problem: Some(problem.to_json()),
    }
}

/// `POST /v1/call-logs/{call}/attributes`
///
/// 200 with the log; 400; 404.
pub(crate) async fn attach(request: HttpRequest, write: Write) -> Answer {
    let call = id(&request)?;
    Query::of(&request)?.finish()?;
    let mut fields = write.fields()?;
    let attributes = fields.required_values("attributes");
    let attributes = fields.finish(attributes)?;
    tell(&request, &write, call, CallAction::AttachAttributes(attributes)).await
}

/// `POST /v1/call-logs/claim`
///
/// 200 with calls that the caller may dial now, each once; 400.
pub(crate) async fn claim(request: HttpRequest, write: Write) -> Answer {
    Query::of(&request)?.finish()?;
    let mut fields = write.fields()?;
    let max = fields.required::<usize>("max");
    let lease_s = fields.required::<u32>("lease_s");
    let (max, lease_s) = fields.finish(max.zip(lease_s))?;
    let calls = state(&request)?.engine.claim_calls(&write.caller, max, lease_s).await?;
    Ok(HttpResponse::Ok().json(Claimed { calls }))
}

/// `POST /v1/call-logs/{call}/dispatched`
///
/// 200 with the log; 404; 409 when the call was not handed out.
pub(crate) async fn dispatched(request: HttpRequest, write: Write) -> Answer {
    let call = id(&request)?;
    Query::of(&request)?.finish()?;
    let mut fields = write.fields()?;
    let provider_ref = fields.optional("provider_ref");
    fields.finish(Some(()))?;
    tell(&request, &write, call, CallAction::Dispatched { provider_ref }).await
}

/// `POST /v1/call-logs/{call}/refused`
///
/// 200 with the log; 400; 404; 409 when the call was not handed out.
pub(crate) async fn refused(request: HttpRequest, write: Write) -> Answer {
    let call = id(&request)?;
    Query::of(&request)?.finish()?;
    let mut fields = write.fields()?;
    let reason = fields.required::<String>("reason");
    let reason = fields.finish(reason)?;
    tell(&request, &write, call, CallAction::Refused { reason }).await
}
