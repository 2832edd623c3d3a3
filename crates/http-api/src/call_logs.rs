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
    CallFilter, DispatchStage,
    call_log::{CallLog, Conflict, HeardWord, StatusMark},
};
use futures_util::future::try_join_all;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    error_mapping::Refusal,
    headers::{Write, organisation, state},
    json::Fields,
    openapi::{self, answers, bodies, names, parameters::Paging},
    paging::{Listing, Wanted, too_long_to_sort},
    paths::{Named, id, missing},
    problem::{Answer, Problem},
    query::Query,
};

/// Reports in one request at most.
const REPORTS_MAX: usize = 10_000;

/// A call log as JSON. Every field is always there; personal ones are null once they are erased.
/// Source: CONTRACT.md 9.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallLog)]
struct CallLogShape {
    #[schema(value_type = names::CallId)]
    id: CallId,
    #[schema(value_type = names::WorkflowId)]
    workflow_id: WorkflowId,
    #[schema(value_type = names::LeadId)]
    lead_id: LeadId,
    /// The node that it was made for.
    #[schema(value_type = Option<names::NodeId>)]
    node_id: Option<NodeId>,
    /// Number it goes to, E.164; null once it is erased.
    to: Option<String>,
    /// Number it comes from, E.164.
    from: String,
    /// Who or what talks.
    agent_id: Option<String>,
    /// The furthest; the first final one wins.
    #[schema(value_type = names::CallStatus)]
    status: CallStatus,
    /// How far dialling has come.
    #[schema(value_type = names::CallDispatch)]
    dispatch: DispatchStage,
    /// Why the provider refused to dial, in its words.
    refusal: Option<String>,
    /// Why it ended, in the word of the provider.
    end_reason: Option<String>,
    /// What analysis found; null once it is erased.
    #[schema(value_type = Option<names::Values>)]
    attributes: Option<Values>,
    /// The provider's name for it.
    provider_ref: Option<String>,
    /// Other final statuses, in the order they were reported. They moved nothing.
    #[schema(value_type = Vec<answers::StatusConflict>)]
    conflicts: Vec<Conflict>,
    /// Statuses that were told in a provider's word, in the order they were recorded.
    #[schema(value_type = Vec<answers::HeardWord>)]
    heard: Vec<HeardWord>,
    /// The statuses it came to, `created` first.
    #[schema(value_type = Vec<answers::StatusMark>)]
    timeline: Vec<StatusMark>,
    #[schema(value_type = names::Timestamp)]
    created_at: Timestamp,
    #[schema(value_type = Option<names::Timestamp>)]
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
            heard: log.heard,
            timeline: log.timeline,
            created_at: log.created_at,
            ended_at: log.ended_at,
        }
    }
}

/// The answer to a report: the log as it is now, and whether the report is part of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportedCall)]
struct ReportedShape {
    /// Whether the report is part of the story: another final status than the first is not.
    accepted: bool,
    #[serde(flatten)]
    log: CallLogShape,
}

/// The answer to one of many reports.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallReportAnswer)]
struct ItemShape {
    call_id: String,
    /// What the report alone would have been answered with.
    http_status: u16,
    /// Whether the report is part of the story; null when it was refused.
    accepted: Option<bool>,
    /// The call's status now.
    #[schema(value_type = Option<names::CallStatus>)]
    status: Option<CallStatus>,
    /// Why it was refused.
    problem: Option<Value>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CallReportAnswers)]
struct Items {
    items: Vec<ItemShape>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ClaimedCalls)]
struct Claimed {
    #[schema(value_type = Vec<answers::ClaimedCall>)]
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

/// Calls, in order of request unless `sort` says otherwise. They outlive their workflow and lead.
#[utoipa::path(
    get, path = "/v1/call-logs", operation_id = "listCalls", tag = openapi::CALLS,
    params(("workflow" = Option<names::WorkflowId>, Query, description = "Only of this workflow."), ("lead" = Option<names::LeadId>, Query, description = "Only of this lead."), ("status" = Option<names::CallStatus>, Query, description = "Only those with this status."), ("sort" = Option<names::CallSort>, Query, description = "In which order."), Paging),
    responses((status = 200, description = "A page.", body = Listing<CallLogShape>)),
)]
pub(crate) async fn list(request: HttpRequest) -> Answer {
    let mut query = Query::of(&request)?;
    let organisation = organisation(&request);
    let filter = CallFilter {
        organisation: Some(organisation),
        workflow: query.value("workflow"),
        lead: query.value("lead"),
        status: query.value("status"),
    };
    let (wanted, order) = Wanted::in_order(&mut query);
    query.finish()?;
    let engine = &state(&request)?.engine;
    let page = engine
        .read(|projections| projections.ordered_calls(filter, order, wanted.paging()))
        .await?
        .map_err(|error| {
            too_long_to_sort(error, "name a workflow or a lead, or sort them by created_at")
        })?;
    let leads: std::collections::BTreeSet<_> = page.items.iter().map(|row| row.id.lead).collect();
    let logs = leads.into_iter().map(|lead| engine.calls_of_lead(organisation, lead));
    let mut logs: BTreeMap<CallId, CallLog> =
        try_join_all(logs).await?.into_iter().flatten().map(|log| (log.id, log)).collect();
    let rows: Vec<_> =
        page.items.iter().filter_map(|row| logs.remove(&row.id)).map(CallLogShape::from).collect();
    Ok(HttpResponse::Ok().json(wanted.listing(page.total, page.next, rows)))
}

/// A call.
#[utoipa::path(
    get, path = "/v1/call-logs/{call}", operation_id = "getCall", tag = openapi::CALLS,
    responses((status = 200, description = "The call.", body = CallLogShape)),
)]
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
        heard: None,
    };
    Some(CallReport { status: status?, ..report })
}

/// Tells the engine, and answers with the log.
async fn tell(request: &HttpRequest, write: &Write, call: CallId, action: CallAction) -> Answer {
    let answer = state(request)?.engine.tell_of_call(&write.caller, call, action).await?;
    let log = log_of(request, call).await?;
    Ok(HttpResponse::Ok().json(ReportedShape { accepted: answer.accepted, log }))
}

/// Reports a status of a call.
///
/// A repeat and a conflict are answered like any other report: `accepted` says whether it is part
/// of the story.
#[utoipa::path(
    post, path = "/v1/call-logs/{call}/status", operation_id = "reportCall", tag = openapi::CALLS,
    request_body = bodies::CallReport,
    responses((status = 200, description = "The call as it is now.", body = ReportedShape)),
    extensions(("x-problems" = json!(["invalid_value", "lead_erased", "outside_calling_window"]))),
)]
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

/// Reports about many calls, each answered by itself.
///
/// One that is refused does not hold up the others. A report is its own idempotency: it may be sent
/// again.
#[utoipa::path(
    post, path = "/v1/call-logs/status", operation_id = "reportCalls", tag = openapi::CALLS,
    request_body = bodies::CallReports,
    responses((status = 200, description = "An answer for each report, in order.", body = Items)),
    extensions(("x-problems" = json!(["invalid_value"]))),
)]
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

/// Adds attributes that analysis found.
#[utoipa::path(
    post, path = "/v1/call-logs/{call}/attributes", operation_id = "attachCallAttributes", tag = openapi::CALLS,
    request_body = bodies::CallAttributes,
    responses((status = 200, description = "The call as it is now.", body = ReportedShape)),
    extensions(("x-problems" = json!(["invalid_value", "lead_erased"]))),
)]
pub(crate) async fn attach(request: HttpRequest, write: Write) -> Answer {
    let call = id(&request)?;
    Query::of(&request)?.finish()?;
    let mut fields = write.fields()?;
    let attributes = fields.required_values("attributes");
    let attributes = fields.finish(attributes)?;
    tell(&request, &write, call, CallAction::AttachAttributes(attributes)).await
}

/// Takes requested calls in hand, each handed out once.
///
/// Dial them and report. A call of which nothing is heard before its lease ends is never handed out
/// again.
#[utoipa::path(
    post, path = "/v1/call-logs/claim", operation_id = "claimCalls", tag = openapi::CALLS,
    request_body = bodies::CallClaim,
    responses((status = 200, description = "Calls to dial now.", body = Claimed)),
    extensions(("x-problems" = json!(["invalid_value"]))),
)]
pub(crate) async fn claim(request: HttpRequest, write: Write) -> Answer {
    Query::of(&request)?.finish()?;
    let mut fields = write.fields()?;
    let max = fields.required::<usize>("max");
    let lease_s = fields.required::<u32>("lease_s");
    let (max, lease_s) = fields.finish(max.zip(lease_s))?;
    let calls = state(&request)?.engine.claim_calls(&write.caller, max, lease_s).await?;
    Ok(HttpResponse::Ok().json(Claimed { calls }))
}

/// Says that the provider took a call.
#[utoipa::path(
    post, path = "/v1/call-logs/{call}/dispatched", operation_id = "callDispatched", tag = openapi::CALLS,
    request_body = bodies::CallDispatched,
    responses((status = 200, description = "The call as it is now.", body = ReportedShape)),
    extensions(("x-problems" = json!(["call_not_requested", "invalid_value", "lead_erased", "outside_calling_window"]))),
)]
pub(crate) async fn dispatched(request: HttpRequest, write: Write) -> Answer {
    let call = id(&request)?;
    Query::of(&request)?.finish()?;
    let mut fields = write.fields()?;
    let provider_ref = fields.optional("provider_ref");
    fields.finish(Some(()))?;
    tell(&request, &write, call, CallAction::Dispatched { provider_ref }).await
}

/// Says that the provider surely did not dial.
#[utoipa::path(
    post, path = "/v1/call-logs/{call}/refused", operation_id = "callRefused", tag = openapi::CALLS,
    request_body = bodies::CallRefused,
    responses((status = 200, description = "The call as it is now.", body = ReportedShape)),
    extensions(("x-problems" = json!(["call_not_requested", "invalid_value", "lead_erased", "outside_calling_window"]))),
)]
pub(crate) async fn refused(request: HttpRequest, write: Write) -> Answer {
    let call = id(&request)?;
    Query::of(&request)?.finish()?;
    let mut fields = write.fields()?;
    let reason = fields.required::<String>("reason");
    let reason = fields.finish(reason)?;
    tell(&request, &write, call, CallAction::Refused { reason }).await
}
