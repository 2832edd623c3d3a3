//! Workflows: create, read, list, change, act, count.

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use branchline_domain::{
    id::{OrganisationId, WorkflowId},
    time::Timestamp,
    workflow::{Control, Settings, WorkflowStatus},
};
use branchline_engine::command::WorkflowAction;
use branchline_projections::{Counts, Projections, WorkflowFilter, WorkflowRow};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    error_mapping::Refusal,
    headers::{Write, organisation, state},
    openapi::{self, answers, bodies, names, parameters::Paging, settings},
    paging::{Listing, Wanted, too_long_to_sort},
    paths::{id, missing},
    problem::{Answer, Problem},
    query::Query,
};

/// A workflow as JSON. Every field is always there. Source: CONTRACT.md 9.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Workflow)]
pub(crate) struct WorkflowShape {
    #[schema(value_type = names::WorkflowId)]
    pub(crate) id: WorkflowId,
    /// What people call it.
    pub(crate) title: String,
    /// What it is for.
    description: Option<String>,
    #[schema(value_type = names::WorkflowStatus)]
    pub(crate) status: WorkflowStatus,
    #[schema(value_type = settings::Settings)]
    settings: Settings,
    /// Counts changes of its graph.
    revision: u32,
    node_count: usize,
    edge_count: usize,
    /// Leads that were ever enrolled, removed ones too.
    enrolled_leads: u64,
    /// Whether leads move.
    can_process_leads: bool,
    /// The button that it has; null when it has ended.
    #[schema(value_type = Option<names::WorkflowControl>)]
    control: Option<Control>,
    /// Why the button is what it is.
    control_reason: &'static str,
    #[schema(value_type = names::Timestamp)]
    created_at: Timestamp,
    #[schema(value_type = names::Timestamp)]
    updated_at: Timestamp,
}

impl WorkflowShape {
    pub(crate) fn of(row: &WorkflowRow<'_>) -> Self {
        let found = row.state;
        Self {
            id: row.id,
            title: found.title.clone(),
            description: Some(found.description.clone()).filter(|text| !text.is_empty()),
            status: found.status,
            settings: found.settings.clone(),
            revision: found.graph.revision(),
            node_count: found.graph.nodes().len(),
            edge_count: found.graph.edges().len(),
            enrolled_leads: row.leads.enrolled(),
            can_process_leads: found.status.can_process_leads(),
            control: found.status.control(),
            control_reason: found.status.control_reason(),
            created_at: found.created_at,
            updated_at: found.updated_at,
        }
    }
}

/// The counts of a workflow as JSON.
#[derive(Debug, Serialize)]
struct CountsShape {
    as_of: Timestamp,
    #[serde(flatten)]
    counts: Counts,
}

/// A workflow of this organisation.
pub(crate) fn find(
    projections: &Projections,
    organisation: OrganisationId,
    workflow: WorkflowId,
) -> Result<WorkflowRow<'_>, Problem> {
    projections
        .workflow(workflow)
        .filter(|row| row.organisation == organisation)
        .ok_or_else(|| missing(&workflow))
}

/// Answers with the workflow as it is now.
async fn shown(
    request: &HttpRequest,
    workflow: WorkflowId,
    mut response: HttpResponseBuilder,
) -> Answer {
    let organisation = organisation(request);
    let shape = state(request)?
        .engine
        .read(|projections| {
            find(projections, organisation, workflow).map(|row| WorkflowShape::of(&row))
        })
        .await??;
    Ok(response.json(shape))
}

/// Workflows, in order of creation unless `sort` says otherwise.
///
/// `running` is read as `active`.
#[utoipa::path(
    get, path = "/v1/workflows", operation_id = "listWorkflows", tag = openapi::WORKFLOWS,
    params(("status" = Option<names::WorkflowStatus>, Query, description = "Only those with this status."), ("sort" = Option<names::WorkflowSort>, Query, description = "In which order."), Paging),
    responses((status = 200, description = "A page.", body = Listing<WorkflowShape>)),
)]
pub(crate) async fn list(request: HttpRequest) -> Answer {
    let mut query = Query::of(&request)?;
    let filter = WorkflowFilter {
        organisation: Some(organisation(&request)),
        status: query.value("status"),
    };
    let (wanted, order) = Wanted::in_order(&mut query);
    query.finish()?;
    let listing = state(&request)?
        .engine
        .read(|projections| {
            let page = projections.ordered_workflows(filter, order, wanted.paging())?;
            let rows = page.items.iter().map(WorkflowShape::of).collect();
            Ok(wanted.listing(page.total, page.next, rows))
        })
        .await?
        .map_err(|error| too_long_to_sort(error, "sort them by created_at"))?;
    Ok(HttpResponse::Ok().json(listing))
}

/// Creates a workflow: a draft without a graph.
#[utoipa::path(
    post, path = "/v1/workflows", operation_id = "createWorkflow", tag = openapi::WORKFLOWS,
    request_body = bodies::NewWorkflow,
    responses((status = 201, description = "The workflow.", body = WorkflowShape)),
    extensions(("x-problems" = json!(["invalid_value"]))),
)]
pub(crate) async fn create(request: HttpRequest, write: Write) -> Answer {
    Query::of(&request)?.finish()?;
    let mut fields = write.fields()?;
    let title = fields.required::<String>("title");
    let description = fields.optional::<String>("description").unwrap_or_default();
    let settings = fields.optional::<Settings>("settings").unwrap_or_default();
    fields.ignore("status");
    let title = fields.finish(title)?;
    let workflow = state(&request)?
        .engine
        .create_workflow(&write.caller, title, description, settings)
        .await?;
    shown(&request, workflow, HttpResponse::Created()).await
}

/// A workflow.
#[utoipa::path(
    get, path = "/v1/workflows/{workflow}", operation_id = "getWorkflow", tag = openapi::WORKFLOWS,
    responses((status = 200, description = "The workflow.", body = WorkflowShape)),
)]
pub(crate) async fn one(request: HttpRequest) -> Answer {
    let workflow = id(&request)?;
    Query::of(&request)?.finish()?;
    shown(&request, workflow, HttpResponse::Ok()).await
}

/// Changes title, description and settings.
///
/// The status is changed by the actions, not here.
#[utoipa::path(
    patch, path = "/v1/workflows/{workflow}", operation_id = "editWorkflow", tag = openapi::WORKFLOWS,
    request_body = bodies::WorkflowEdit,
    responses((status = 200, description = "The workflow.", body = WorkflowShape)),
    extensions(("x-problems" = json!(["invalid_value", "status_not_editable", "wrong_status"]))),
)]
pub(crate) async fn edit(request: HttpRequest, write: Write) -> Answer {
    let workflow: WorkflowId = id(&request)?;
    Query::of(&request)?.finish()?;
    let mut fields = write.fields()?;
    let organisation = organisation(&request);
    let engine = &state(&request)?.engine;
    let (status, settings) = engine
        .read(|projections| {
            let row = find(projections, organisation, workflow)?;
            Ok::<_, Problem>((row.state.status, row.state.settings.clone()))
        })
        .await??;
    if fields.has("status") {
        return Err(Problem {
            current_status: Some(status.as_str()),
            ..Problem::of(
                Refusal::StatusNotEditable,
                format!(
                    "the status is {status} and is changed by activate, pause, resume, cancel and \
                     complete, not by an edit"
                ),
            )
        });
    }
    let title = fields.optional("title");
    let description = fields.nullable::<String>("description").map(Option::unwrap_or_default);
    let settings = fields.optional_as("settings", |given| merged(&settings, given));
    fields.finish(Some(()))?;
    if title.is_some() || description.is_some() || settings.is_some() {
        let action = WorkflowAction::Edit { title, description, settings };
        engine.act_on_workflow(&write.caller, workflow, action).await?;
    }
    shown(&request, workflow, HttpResponse::Ok()).await
}

/// The settings with the given ones put in their places.
fn merged<'de, D>(settings: &Settings, given: D) -> Result<Settings, D::Error>
where
    D: serde::Deserializer<'de>,
{
    use serde::{Deserialize, de::Error};
    let given = serde_json::Map::deserialize(given)?;
    let mut whole = serde_json::to_value(settings).map_err(D::Error::custom)?;
    if let Some(object) = whole.as_object_mut() {
        object.extend(given);
    }
    Settings::deserialize(whole).map_err(D::Error::custom)
}

async fn act(request: HttpRequest, write: Write, action: WorkflowAction) -> Answer {
    let workflow: WorkflowId = id(&request)?;
    write.no_body()?;
    let engine = &state(&request)?.engine;
    engine.act_on_workflow(&write.caller, workflow, action).await?;
    shown(&request, workflow, HttpResponse::Ok()).await
}

/// Starts a workflow, or lets a paused one go on.
///
/// A graph with faults is not started: the answer names all of them.
#[utoipa::path(
    post, path = "/v1/workflows/{workflow}/activate", operation_id = "activateWorkflow", tag = openapi::WORKFLOWS,
    responses((status = 200, description = "The workflow.", body = WorkflowShape)),
    extensions(("x-problems" = json!(["invalid_graph", "wrong_status"]))),
)]
pub(crate) async fn activate(request: HttpRequest, write: Write) -> Answer {
    Query::of(&request)?.finish()?;
    act(request, write, WorkflowAction::Activate).await
}

/// Pauses a workflow: no lead moves from now on.
///
/// Calls in progress finish, and what they decide is held.
#[utoipa::path(
    post, path = "/v1/workflows/{workflow}/pause", operation_id = "pauseWorkflow", tag = openapi::WORKFLOWS,
    responses((status = 200, description = "The workflow.", body = WorkflowShape)),
    extensions(("x-problems" = json!(["wrong_status"]))),
)]
pub(crate) async fn pause(request: HttpRequest, write: Write) -> Answer {
    Query::of(&request)?.finish()?;
    act(request, write, WorkflowAction::Pause).await
}

/// Lets a paused workflow go on.
#[utoipa::path(
    post, path = "/v1/workflows/{workflow}/resume", operation_id = "resumeWorkflow", tag = openapi::WORKFLOWS,
    responses((status = 200, description = "The workflow.", body = WorkflowShape)),
    extensions(("x-problems" = json!(["invalid_graph", "wrong_status"]))),
)]
pub(crate) async fn resume(request: HttpRequest, write: Write) -> Answer {
    Query::of(&request)?.finish()?;
    act(request, write, WorkflowAction::Resume).await
}

/// Stops a workflow for good.
#[utoipa::path(
    post, path = "/v1/workflows/{workflow}/cancel", operation_id = "cancelWorkflow", tag = openapi::WORKFLOWS,
    responses((status = 200, description = "The workflow.", body = WorkflowShape)),
    extensions(("x-problems" = json!(["wrong_status"]))),
)]
pub(crate) async fn cancel(request: HttpRequest, write: Write) -> Answer {
    Query::of(&request)?.finish()?;
    act(request, write, WorkflowAction::Cancel).await
}

/// Completes a workflow.
///
/// Refused while leads are under way, unless forced.
#[utoipa::path(
    post, path = "/v1/workflows/{workflow}/complete", operation_id = "completeWorkflow", tag = openapi::WORKFLOWS,
    params(("force" = Option<bool>, Query, description = "Whether leads under way do not matter.")),
    responses((status = 200, description = "The workflow.", body = WorkflowShape)),
    extensions(("x-problems" = json!(["wrong_status", "leads_under_way"]))),
)]
pub(crate) async fn complete(request: HttpRequest, write: Write) -> Answer {
    let mut query = Query::of(&request)?;
    let force = query.flag("force");
    query.finish()?;
    act(request, write, WorkflowAction::Complete { force }).await
}

/// Makes a draft with the same graph and settings.
#[utoipa::path(
    post, path = "/v1/workflows/{workflow}/duplicate", operation_id = "duplicateWorkflow", tag = openapi::WORKFLOWS,
    responses((status = 201, description = "The copy.", body = WorkflowShape)),
    extensions(("x-problems" = json!(["invalid_value"]))),
)]
pub(crate) async fn duplicate(request: HttpRequest, write: Write) -> Answer {
    let workflow = id(&request)?;
    Query::of(&request)?.finish()?;
    write.no_body()?;
    let copy = state(&request)?.engine.duplicate_workflow(&write.caller, workflow).await?;
    shown(&request, copy, HttpResponse::Created()).await
}

/// Deletes a workflow. Its history stays.
///
/// Refused while it is active or a call is in progress.
#[utoipa::path(
    delete, path = "/v1/workflows/{workflow}", operation_id = "deleteWorkflow", tag = openapi::WORKFLOWS,
    responses((status = 204, description = "It is deleted.")),
    extensions(("x-problems" = json!(["wrong_status", "calls_in_progress"]))),
)]
pub(crate) async fn delete(request: HttpRequest, write: Write) -> Answer {
    let workflow = id(&request)?;
    Query::of(&request)?.finish()?;
    write.no_body()?;
    let engine = &state(&request)?.engine;
    engine.act_on_workflow(&write.caller, workflow, WorkflowAction::Delete).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The leads of a workflow by status and by node.
#[utoipa::path(
    get, path = "/v1/workflows/{workflow}/counts", operation_id = "countLeads", tag = openapi::WORKFLOWS,
    responses((status = 200, description = "The counts.", body = answers::Counts)),
)]
pub(crate) async fn counts(request: HttpRequest) -> Answer {
    let workflow: WorkflowId = id(&request)?;
    Query::of(&request)?.finish()?;
    let organisation = organisation(&request);
    let shape = state(&request)?
        .engine
        .read(|projections| {
            find(projections, organisation, workflow)?;
            let counts = projections.counts(workflow);
            Ok::<_, Problem>(CountsShape { as_of: projections.latest_at(), counts })
        })
        .await??;
    Ok(HttpResponse::Ok().json(shape))
}
