//! Workflows: create, read, list, change, act, count.

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use branchline_domain::{
    id::{OrganisationId, WorkflowId},
    time::Timestamp,
    workflow::{Control, Settings, WorkflowStatus},
};
use branchline_engine::command::WorkflowAction;
use branchline_projections::{Counts, ListCursor, Projections, WorkflowFilter, WorkflowRow};
use serde::Serialize;

use crate::{
    error_mapping::Refusal,
    headers::{Write, organisation, state},
    paging::Wanted,
    paths::{id, missing},
    problem::{Answer, Problem},
    query::Query,
};

/// A workflow as JSON. Every field is always there. Source: CONTRACT.md 9.
#[derive(Debug, Serialize)]
pub(crate) struct WorkflowShape {
    pub(crate) id: WorkflowId,
    pub(crate) title: String,
    description: Option<String>,
    pub(crate) status: WorkflowStatus,
    settings: Settings,
    revision: u32,
    node_count: usize,
    edge_count: usize,
    enrolled_leads: u64,
    can_process_leads: bool,
    control: Option<Control>,
    control_reason: &'static str,
    created_at: Timestamp,
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

/// `GET /v1/workflows?status=`
///
/// 200 with a page, in order of creation; `running` is read as `active`.
pub(crate) async fn list(request: HttpRequest) -> Answer {
    let mut query = Query::of(&request)?;
    let filter = WorkflowFilter {
        organisation: Some(organisation(&request)),
        status: query.value("status"),
    };
    let wanted = Wanted::<ListCursor>::of(&mut query);
    query.finish()?;
    let listing = state(&request)?
        .engine
        .read(|projections| {
            let page = projections.workflows(filter, wanted.paging());
            let rows = page.items.iter().map(WorkflowShape::of).collect();
            wanted.listing(page.total, page.next, rows)
        })
        .await?;
    Ok(HttpResponse::Ok().json(listing))
}

/// `POST /v1/workflows`
///
/// 201 with the workflow, always a draft; 400.
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

/// `GET /v1/workflows/{workflow}`
///
/// 200 with the workflow; 404.
pub(crate) async fn one(request: HttpRequest) -> Answer {
    let workflow = id(&request)?;
    Query::of(&request)?.finish()?;
    shown(&request, workflow, HttpResponse::Ok()).await
}

/// `PATCH /v1/workflows/{workflow}`
///
/// 200 with the workflow; settings that are left out stay as they are. 400; 404; 409 when the
/// status shall be set: the actions do that.
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

/// `POST /v1/workflows/{workflow}/activate`
///
/// 200 with the workflow; 400 with every fault of the graph; 404; 409.
pub(crate) async fn activate(request: HttpRequest, write: Write) -> Answer {
    Query::of(&request)?.finish()?;
    act(request, write, WorkflowAction::Activate).await
}

/// `POST /v1/workflows/{workflow}/pause`
///
/// 200 with the workflow; 404; 409.
pub(crate) async fn pause(request: HttpRequest, write: Write) -> Answer {
    Query::of(&request)?.finish()?;
    act(request, write, WorkflowAction::Pause).await
}

/// `POST /v1/workflows/{workflow}/resume`
///
/// 200 with the workflow; 404; 409.
pub(crate) async fn resume(request: HttpRequest, write: Write) -> Answer {
    Query::of(&request)?.finish()?;
    act(request, write, WorkflowAction::Resume).await
}

/// `POST /v1/workflows/{workflow}/cancel`
///
/// 200 with the workflow; 404; 409.
pub(crate) async fn cancel(request: HttpRequest, write: Write) -> Answer {
    Query::of(&request)?.finish()?;
    act(request, write, WorkflowAction::Cancel).await
}

/// `POST /v1/workflows/{workflow}/complete?force=`
///
/// 200 with the workflow; 404; 409, also while leads are under way unless forced.
pub(crate) async fn complete(request: HttpRequest, write: Write) -> Answer {
    let mut query = Query::of(&request)?;
    let force = query.flag("force");
    query.finish()?;
    act(request, write, WorkflowAction::Complete { force }).await
}

/// `POST /v1/workflows/{workflow}/duplicate`
///
/// 201 with the copy, a draft; 404.
pub(crate) async fn duplicate(request: HttpRequest, write: Write) -> Answer {
    let workflow = id(&request)?;
    Query::of(&request)?.finish()?;
    write.no_body()?;
    let copy = state(&request)?.engine.duplicate_workflow(&write.caller, workflow).await?;
    shown(&request, copy, HttpResponse::Created()).await
}

/// `DELETE /v1/workflows/{workflow}`
///
/// 204; 404; 409 while it is active or a call is in progress.
pub(crate) async fn delete(request: HttpRequest, write: Write) -> Answer {
    let workflow = id(&request)?;
    Query::of(&request)?.finish()?;
    write.no_body()?;
    let engine = &state(&request)?.engine;
    engine.act_on_workflow(&write.caller, workflow, WorkflowAction::Delete).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `GET /v1/workflows/{workflow}/counts`
///
/// 200 with its leads by status and by node; 404.
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
