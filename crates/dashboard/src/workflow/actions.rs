//! What can be done with a workflow: each action of the API as a form. A refusal is shown on the
//! page that the form is on, with its reason.

use actix_web::{HttpRequest, http::StatusCode};
use branchline_domain::{id::WorkflowId, organisation::Scope};
use branchline_engine::{EngineError, command::WorkflowAction};
use branchline_http_api::pages::{self, Fault, Visitor};

use super::{page, preflight, statement};
use crate::shell::{Form, PageAnswer, PageError, done, id};

/// What became of a form.
pub(super) enum Outcome {
    /// It is done; whether anything was recorded.
    Done(bool),
    /// It was refused, for a reason that the page of the form tells.
    Refused(Fault),
}

/// Does something with a workflow for whoever may steer, and notes it when it is refused.
///
/// # Errors
///
/// What is not for the page of the form: no such workflow, not theirs to do, not just now.
pub(super) async fn act(
    request: &HttpRequest,
    form: &Form,
    workflow: WorkflowId,
    (name, action): (&'static str, WorkflowAction),
) -> Result<Outcome, PageError> {
    let visitor = Visitor::of(request)?;
    visitor.check(request, name, &[Scope::Operate])?;
    let caller = form.caller(&visitor, request);
    let answer = pages::engine(request)?.act_on_workflow(&caller, workflow, action).await;
    outcome(request, &visitor, name, answer.map(|committed| committed.position.is_some()))
}

/// Sorts what the engine answered.
pub(super) fn outcome(
    request: &HttpRequest,
    visitor: &Visitor,
    name: &'static str,
    answer: Result<bool, EngineError>,
) -> Result<Outcome, PageError> {
    match answer {
        Ok(recorded) => Ok(Outcome::Done(recorded)),
        Err(error) => {
            let fault = Fault::from(error);
            visitor.note(request, name, &fault);
            let is_told_here = fault.status().is_client_error()
                && ![StatusCode::NOT_FOUND, StatusCode::TOO_MANY_REQUESTS]
                    .contains(&fault.status());
            if is_told_here { Ok(Outcome::Refused(fault)) } else { Err(fault.into()) }
        }
    }
}

fn path(workflow: WorkflowId) -> String {
    format!("/workflows/{workflow}")
}

/// `POST /workflows/{workflow}/activate`
pub(crate) async fn activate(request: HttpRequest, form: Form) -> PageAnswer {
    let workflow = id(&request, "workflow", "workflow")?;
    let action = ("workflow.activate", WorkflowAction::Activate);
    match act(&request, &form, workflow, action).await? {
        Outcome::Done(_) => Ok(done(&path(workflow), "activated")),
        Outcome::Refused(fault) => preflight::show(&request, workflow, Some(&fault)).await,
    }
}

/// `POST /workflows/{workflow}/resume`
pub(crate) async fn resume(request: HttpRequest, form: Form) -> PageAnswer {
    let workflow = id(&request, "workflow", "workflow")?;
    match act(&request, &form, workflow, ("workflow.resume", WorkflowAction::Resume)).await? {
        Outcome::Done(_) => Ok(done(&path(workflow), "resumed")),
        Outcome::Refused(fault) => page::show(&request, workflow, Some(&fault)).await,
    }
}

/// `POST /workflows/{workflow}/duplicate`
pub(crate) async fn duplicate(request: HttpRequest, form: Form) -> PageAnswer {
    const NAME: &str = "workflow.duplicate";
    let workflow: WorkflowId = id(&request, "workflow", "workflow")?;
    let visitor = Visitor::of(&request)?;
    visitor.check(&request, NAME, &[Scope::Operate])?;
    let caller = form.caller(&visitor, &request);
    let copy = pages::engine(&request)?.duplicate_workflow(&caller, workflow).await;
    match copy {
        Ok(copy) => Ok(done(&path(copy), "duplicated")),
        Err(error) => match outcome(&request, &visitor, NAME, Err(error))? {
            Outcome::Done(_) => Ok(done(&path(workflow), "unchanged")),
            Outcome::Refused(fault) => page::show(&request, workflow, Some(&fault)).await,
        },
    }
}

/// `POST /workflows/{workflow}/pause`
pub(crate) async fn pause(request: HttpRequest, form: Form) -> PageAnswer {
    end(request, form, statement::Ending::Pause).await
}

/// `POST /workflows/{workflow}/cancel`
pub(crate) async fn cancel(request: HttpRequest, form: Form) -> PageAnswer {
    end(request, form, statement::Ending::Cancel).await
}

/// `POST /workflows/{workflow}/complete`
pub(crate) async fn complete(request: HttpRequest, form: Form) -> PageAnswer {
    end(request, form, statement::Ending::Complete).await
}

/// `POST /workflows/{workflow}/delete`
pub(crate) async fn delete(request: HttpRequest, form: Form) -> PageAnswer {
    end(request, form, statement::Ending::Delete).await
}

async fn end(request: HttpRequest, form: Form, ending: statement::Ending) -> PageAnswer {
    let workflow = id(&request, "workflow", "workflow")?;
    let action = (ending.action_name(), ending.action(form.has("force")));
    match act(&request, &form, workflow, action).await? {
        Outcome::Done(_) if ending == statement::Ending::Delete => Ok(done("/", ending.notice())),
        Outcome::Done(_) => Ok(done(&path(workflow), ending.notice())),
        Outcome::Refused(fault) => statement::show(&request, workflow, ending, Some(&fault)).await,
    }
}
