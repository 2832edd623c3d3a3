//! Leads: lists, one lead, its history, why it is where it is.

use actix_web::{HttpRequest, HttpResponse};
use branchline_domain::{
    graph::Edge,
    id::{CallId, LeadId, NodeId, OrganisationId, WorkflowId},
    lead::{HoldCode, LeadStatus, Values},
    time::Timestamp,
    workflow::WorkflowView,
};
use branchline_engine::{EngineError, EngineHandle, LeadStory, normalise};
use branchline_projections::{
    Held, LeadFilter,
    event_shapes::NodeShape,
    history::{NamedVisit, Transition, lead_history},
};
use futures_util::future::try_join_all;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    headers::{organisation, state},
    openapi::{self, answers, names, parameters::Paging},
    paging::{Listing, RowCursor, Wanted},
    paths::{id, missing},
    problem::{Answer, Problem},
    query::Query,
    unquoted::unquoted,
    visits::VisitShape,
    workflows::find,
};

/// A lead as JSON. Every field is always there; personal ones are null once they are erased.
/// Source: CONTRACT.md 9.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Lead)]
pub(crate) struct LeadShape {
    #[schema(value_type = names::LeadId)]
    id: LeadId,
    #[schema(value_type = Option<names::WorkflowId>)]
    workflow_id: Option<WorkflowId>,
    /// E.164; null once it is erased.
    phone_number: Option<String>,
    /// What is known of the person; null once it is erased.
    #[schema(value_type = Option<names::Values>)]
    variables: Option<Values>,
    /// Null without any, and once they are erased.
    notes: Option<String>,
    #[schema(value_type = names::LeadStatus)]
    status: LeadStatus,
    /// Where it is; null while it is pending.
    #[schema(value_type = Option<names::NodeId>)]
    current_node_id: Option<NodeId>,
    /// When it came there.
    #[schema(value_type = Option<names::Timestamp>)]
    entered_at: Option<Timestamp>,
    /// When its wait ends or ended.
    #[schema(value_type = Option<names::Timestamp>)]
    release_at: Option<Timestamp>,
    /// The call that it waits or waited for there.
    #[schema(value_type = Option<names::CallId>)]
    call_id: Option<CallId>,
    /// Why it stays although its step has something to say.
    #[schema(value_type = Option<names::HoldReason>)]
    hold: Option<HoldCode>,
    /// Whether it was taken out.
    removed: bool,
    /// When what is personal was erased.
    #[schema(value_type = Option<names::Timestamp>)]
    erased_at: Option<Timestamp>,
    #[schema(value_type = names::Timestamp)]
    enrolled_at: Timestamp,
}

impl LeadShape {
    pub(crate) fn of(story: &LeadStory) -> Self {
        let lead = &story.state;
        Self {
            id: story.lead,
            workflow_id: lead.workflow,
            phone_number: lead.phone_number.known().cloned(),
            variables: lead.variables.known().cloned(),
            notes: lead.notes.known().cloned().flatten(),
            status: lead.status,
            current_node_id: lead.node,
            entered_at: lead.entered_at,
            release_at: lead.release_at,
            call_id: call_of(story),
            hold: lead.hold.as_ref().map(|hold| hold.reason.code()),
            removed: lead.removed,
            erased_at: lead.erased_at,
            enrolled_at: lead.enrolled_at,
        }
    }
}

/// The call that the lead's visit waits or waited for.
fn call_of(story: &LeadStory) -> Option<CallId> {
    story.state.call.map(|number| CallId { lead: story.lead, number })
}

/// Where a lead stands in its run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Execution)]
struct ExecutionShape {
    #[schema(value_type = Option<names::NodeId>)]
    current_node_id: Option<NodeId>,
    /// Number of the stay, from 1.
    visit: u32,
    #[schema(value_type = Option<names::Timestamp>)]
    entered_at: Option<Timestamp>,
    /// When its wait ends or ended.
    #[schema(value_type = Option<names::Timestamp>)]
    release_at: Option<Timestamp>,
    #[schema(value_type = Option<names::CallId>)]
    call_id: Option<CallId>,
    /// Why it stays although its step has something to say.
    #[schema(value_type = Option<names::HoldReason>)]
    hold: Option<HoldCode>,
}

/// The way of a lead, and the newest graph to draw it on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = History)]
struct HistoryShape {
    lead: LeadShape,
    /// Where it stands in its run; null while it is pending.
    execution: Option<ExecutionShape>,
    /// The entry, each branch and each move, in order; nothing else.
    #[schema(value_type = Vec<answers::Transition>)]
    history: Vec<Transition>,
    /// The stays at nodes, in order.
    #[schema(value_type = Vec<answers::Visit>)]
    visits: Vec<VisitShape>,
    /// The newest graph.
    #[schema(value_type = Vec<answers::Node>)]
    nodes: Vec<NodeShape>,
    #[schema(value_type = Vec<answers::Edge>)]
    edges: Vec<Edge>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = VariableKeys)]
struct Keys {
    keys: Vec<String>,
}

/// The stories of many leads. One that is gone in between is left out.
async fn stories(
    engine: &EngineHandle,
    organisation: OrganisationId,
    leads: impl IntoIterator<Item = LeadId>,
) -> Result<Vec<LeadStory>, EngineError> {
    let found = leads.into_iter().map(|lead| async move {
        match engine.lead(organisation, lead).await {
            Ok(story) => Ok(Some(story)),
            Err(EngineError::LeadNotFound(_)) => Ok(None),
            Err(other) => Err(other),
        }
    });
    Ok(try_join_all(found).await?.into_iter().flatten().collect())
}

/// Says whether the path names a lead that is to be seen: of this workflow, and counted.
pub(crate) async fn check_path(
    request: &HttpRequest,
) -> Result<(WorkflowId, LeadId, WorkflowView), Problem> {
    let (workflow, lead) = (id(request)?, id(request)?);
    let organisation = organisation(request);
    let view = state(request)?
        .engine
        .read(|projections| {
            let view = find(projections, organisation, workflow)?.view();
            let row = projections.lead(lead).filter(|row| row.workflow_id == workflow);
            row.map(|_| view).ok_or_else(|| missing(&lead))
        })
        .await??;
    Ok((workflow, lead, view))
}

/// Answers with a lead as it is now.
pub(crate) async fn shown(request: &HttpRequest, lead: LeadId) -> Answer {
    let story = state(request)?.engine.lead(organisation(request), lead).await?;
    Ok(HttpResponse::Ok().json(LeadShape::of(&story)))
}

/// Reads `held`: `true` and `any` mean any reason, else the code of one.
fn held(query: &mut Query) -> Option<Held> {
    let text = query.text("held")?;
    if text == "true" || text == "any" {
        return Some(Held::Any);
    }
    let code = HoldCode::ALL.into_iter().find(|code| code.as_str() == text);
    if code.is_none() {
        let codes = HoldCode::ALL.map(HoldCode::as_str).join(", ");
        query.fault("held", &format!("must be true or one of {codes}"));
    }
    code.map(Held::With)
}

/// Reads `status`: a lead's status, or `removed`.
fn status(query: &mut Query) -> (Option<LeadStatus>, Option<bool>) {
    let Some(text) = query.text("status") else { return (None, None) };
    if text == "removed" {
        return (None, Some(true));
    }
    match text.parse() {
        // Counts show a removed lead as removed only, and so does this filter.
        Ok(status) => (Some(status), Some(false)),
        Err(error) => {
            let error: branchline_domain::lead::UnknownLeadStatus = error;
            query.fault("status", &format!("{}, removed", unquoted(&error.to_string())));
            (None, None)
        }
    }
}

/// Reads `status`, `node` and `held`.
pub(crate) fn filter(query: &mut Query) -> LeadFilter {
    let (status, removed) = status(query);
    LeadFilter { status, node: query.value("node"), held: held(query), removed }
}

/// Leads of a workflow, in order of enrolment unless `sort` says otherwise.
#[utoipa::path(
    get, path = "/v1/workflows/{workflow}/leads", operation_id = "listLeads", tag = openapi::LEADS,
    params(("status" = Option<names::LeadStatusFilter>, Query, description = "Only those with this status."), ("node" = Option<names::NodeId>, Query, description = "Only those at this node."), ("held" = Option<names::HeldFilter>, Query, description = "Only those that are held: for any reason (`true`), or for this one."), ("sort" = Option<names::LeadSort>, Query, description = "In which order."), Paging),
    responses((status = 200, description = "A page.", body = Listing<LeadShape>)),
)]
pub(crate) async fn list(request: HttpRequest) -> Answer {
    let workflow: WorkflowId = id(&request)?;
    let mut query = Query::of(&request)?;
    let filter = filter(&mut query);
    let (wanted, order) = Wanted::in_order(&mut query);
    query.finish()?;
    let organisation = organisation(&request);
    let engine = &state(&request)?.engine;
    let page = engine
        .read(|projections| {
            find(projections, organisation, workflow)?;
            Ok::<_, Problem>(projections.ordered_leads(workflow, filter, order, wanted.paging()))
        })
        .await??;
    let stories = stories(engine, organisation, page.items.iter().map(|row| row.id)).await?;
    let rows = stories.iter().map(LeadShape::of).collect();
    Ok(HttpResponse::Ok().json(wanted.listing(page.total, page.next, rows)))
}

/// A person's leads over all workflows, oldest first.
#[utoipa::path(
    get, path = "/v1/leads", operation_id = "listLeadsOfPerson", tag = openapi::LEADS,
    params(("phone_number" = String, Query, description = "As people write it; with its country code unless `country` is given.", example = "+12125550123"), ("country" = Option<String>, Query, description = "Country of a number without a country code, ISO 3166-1 alpha-2.", pattern = "^[A-Z]{2}$"), Paging),
    responses((status = 200, description = "A page.", body = Listing<LeadShape>)),
)]
pub(crate) async fn of_person(request: HttpRequest) -> Answer {
    let mut query = Query::of(&request)?;
    let number = query.text("phone_number");
    if number.is_none() {
        query.fault("phone_number", "is missing");
    }
    let country = query.text("country");
    let is_country = |country: &String| {
        country.len() == 2 && country.bytes().all(|letter| letter.is_ascii_uppercase())
    };
    if country.as_ref().is_some_and(|country| !is_country(country)) {
        query.fault("country", "must be two capital letters of ISO 3166-1, such as US");
    }
    let number = number.and_then(|number| {
        // A `+` that was not escaped arrives as a space.
        let number = match number.strip_prefix(' ') {
            Some(digits) => format!("+{}", digits.trim_start()),
            None => number,
        };
        normalise(&number, country.as_deref())
            .map_err(|problem| query.fault("phone_number", &problem.to_string()))
            .ok()
    });
    let wanted = Wanted::<RowCursor>::of(&mut query);
    query.finish()?;
    let number = number.unwrap_or_default();
    let organisation = organisation(&request);
    let engine = &state(&request)?.engine;
    let leads = engine.leads_of_person(organisation, &number).await?;
    let listing = wanted.cut(leads);
    let stories = stories(engine, organisation, listing.rows().iter().copied()).await?;
    let listing = listing.map_rows(|_| stories.iter().map(LeadShape::of).collect());
    Ok(HttpResponse::Ok().json(listing))
}

/// A lead, also a removed one.
#[utoipa::path(
    get, path = "/v1/workflows/{workflow}/leads/{lead}", operation_id = "getLead", tag = openapi::LEADS,
    responses((status = 200, description = "The lead.", body = LeadShape)),
)]
pub(crate) async fn one(request: HttpRequest) -> Answer {
    let (_, lead, _) = check_path(&request).await?;
    Query::of(&request)?.finish()?;
    shown(&request, lead).await
}

/// The way of a lead: its transitions, the same as visits, and the graph.
#[utoipa::path(
    get, path = "/v1/workflows/{workflow}/leads/{lead}/history", operation_id = "getLeadHistory", tag = openapi::LEADS,
    responses((status = 200, description = "The history.", body = HistoryShape)),
)]
pub(crate) async fn history(request: HttpRequest) -> Answer {
    let (_, lead, view) = check_path(&request).await?;
    Query::of(&request)?.finish()?;
    let story = state(&request)?.engine.lead(organisation(&request), lead).await?;
    let told = lead_history(lead, story.facts.iter().map(|fact| fact.as_fact()));
    let found = &story.state;
    let execution = (found.status != LeadStatus::Pending).then(|| ExecutionShape {
        current_node_id: found.node,
        visit: found.visit,
        entered_at: found.entered_at,
        release_at: found.release_at,
        call_id: call_of(&story),
        hold: found.hold.as_ref().map(|hold| hold.reason.code()),
    });
    let shape = HistoryShape {
        lead: LeadShape::of(&story),
        execution,
        history: told.history,
        visits: NamedVisit::of(told.visits, &view).into_iter().map(VisitShape::of).collect(),
        nodes: view.graph.nodes().iter().map(|node| NodeShape::of(node)).collect(),
        edges: view.graph.edges().to_vec(),
    };
    Ok(HttpResponse::Ok().json(shape))
}

/// Why a lead is where it is: every guard that holds it, and what would move it.
#[utoipa::path(
    get, path = "/v1/workflows/{workflow}/leads/{lead}/explain", operation_id = "explainLead", tag = openapi::LEADS,
    responses((status = 200, description = "The explanation.", body = answers::Explanation)),
)]
pub(crate) async fn explain(request: HttpRequest) -> Answer {
    let (_, lead, _) = check_path(&request).await?;
    Query::of(&request)?.finish()?;
    let explanation = state(&request)?.engine.explain(organisation(&request), lead).await?;
    Ok(HttpResponse::Ok().json(explanation))
}

/// The names of all variables that leads were ever enrolled with.
#[utoipa::path(
    get, path = "/v1/workflows/{workflow}/leads/variable-keys", operation_id = "listVariableKeys", tag = openapi::LEADS,
    responses((status = 200, description = "The names.", body = Keys)),
)]
pub(crate) async fn variable_keys(request: HttpRequest) -> Answer {
    let workflow: WorkflowId = id(&request)?;
    Query::of(&request)?.finish()?;
    let organisation = organisation(&request);
    let keys = state(&request)?
        .engine
        .read(|projections| {
            find(projections, organisation, workflow)?;
            Ok::<_, Problem>(projections.variable_keys(workflow))
        })
        .await??;
    Ok(HttpResponse::Ok().json(Keys { keys }))
}
