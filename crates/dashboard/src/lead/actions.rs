//! What forms of a lead's page do. Each is a write that the API has, under the same name and for the
//! same scopes.

use actix_web::HttpRequest;
use branchline_domain::{
    id::{LeadId, NodeId, OrganisationId},
    lead::Resolution,
    organisation::Scope,
    output::Output,
    time::Timestamp,
};
use branchline_engine::{EngineHandle, command::LeadAction};
use branchline_http_api::pages::{self, Fault, Visitor};

use super::{Refused, person, show};
use crate::shell::{Form, PageAnswer, PageError, done, id};

/// A write.
struct Wish<'a> {
    /// Its name in the API.
    name: &'static str,
    /// Who may.
    scope: Scope,
    /// Whether a refusal by the state of things is noted: somebody steered at the wrong moment.
    is_control: bool,
    /// Where on the page a refusal is shown.
    refused: fn(&'a Form, Fault) -> Refused<'a>,
}

/// `POST /leads/{lead}/resolve`
pub(crate) async fn resolve(request: HttpRequest, form: Form) -> PageAnswer {
    let wish = Wish {
        name: "lead.resolve",
        scope: Scope::Resolve,
        is_control: true,
        refused: |_, fault| Refused::Steering(fault),
    };
    act(&request, &form, &wish, |form| resolution(form).map(LeadAction::Resolve)).await
}

/// `POST /leads/{lead}/move`
pub(crate) async fn move_to(request: HttpRequest, form: Form) -> PageAnswer {
    let wish = Wish {
        // The API has it for any number of leads.
        name: "lead.act_on_many",
        scope: Scope::Resolve,
        is_control: true,
        refused: |_, fault| Refused::Steering(fault),
    };
    act(&request, &form, &wish, |form| {
        let node: NodeId =
            form.required("node")?.parse().map_err(|_| Fault::invalid("node is no step"))?;
        Ok(LeadAction::MoveTo { node })
    })
    .await
}

/// `POST /leads/{lead}/remove`
pub(crate) async fn remove(request: HttpRequest, form: Form) -> PageAnswer {
    let wish = Wish {
        name: "lead.remove",
        scope: Scope::Operate,
        is_control: true,
        refused: |_, fault| Refused::Steering(fault),
    };
    act(&request, &form, &wish, |_| Ok(LeadAction::Remove)).await
}

/// `POST /leads/{lead}/edit`
pub(crate) async fn edit(request: HttpRequest, form: Form) -> PageAnswer {
    let wish = Wish {
        name: "lead.edit",
        scope: Scope::Operate,
        is_control: false,
        refused: Refused::Editing,
    };
    act(&request, &form, &wish, |form| Ok(person::edit(form))).await
}

/// `POST /leads/{lead}/erase`
pub(crate) async fn erase(request: HttpRequest, form: Form) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    visitor.check(&request, "lead.erase", &[Scope::Admin])?;
    let lead: LeadId = id(&request, "lead", "lead")?;
    let engine = pages::engine(&request)?;
    check_there(engine, visitor.organisation(), lead).await?;
    let erased = if form.has("sure") {
        engine.erase_lead(&form.caller(&visitor, &request), lead).await.map_err(Fault::from)
    } else {
        Err(Fault::invalid("tick the box: erasing cannot be undone"))
    };
    let refused = match erased {
        Ok(erasure) => match erasure.remains {
            None => return Ok(done(&format!("/leads/{lead}"), "done")),
            Some(remains) => Fault::from(branchline_engine::EngineError::Unavailable {
                reason: format!("the erasure is recorded, and the key is still there: {remains}")
                    .into(),
            }),
        },
        Err(fault) => fault,
    };
    show(&request, &visitor, lead, Some(&Refused::Steering(refused))).await
}

/// Does what a form wants, and leads back; what is refused is shown on the page.
async fn act<'a>(
    request: &HttpRequest,
    form: &'a Form,
    wish: &Wish<'a>,
    read: impl FnOnce(&Form) -> Result<LeadAction, Fault>,
) -> PageAnswer {
    let visitor = Visitor::of(request)?;
    visitor.check(request, wish.name, &[wish.scope])?;
    let lead: LeadId = id(request, "lead", "lead")?;
    let engine = pages::engine(request)?;
    check_there(engine, visitor.organisation(), lead).await?;
    let answer = match read(form) {
        Ok(action) => {
            let caller = form.caller(&visitor, request);
            engine.act_on_lead(&caller, lead, action).await.map_err(Fault::from)
        }
        Err(fault) => Err(fault),
    };
    let fault = match answer {
        Ok(committed) => {
            let word = if committed.position.is_some() { "done" } else { "unchanged" };
            return Ok(done(&format!("/leads/{lead}"), word));
        }
        Err(fault) => fault,
    };
    if wish.is_control {
        visitor.note(request, wish.name, &fault);
    }
    show(request, &visitor, lead, Some(&(wish.refused)(form, fault))).await
}

/// As in the API, a lead is there for writes while its workflow is.
async fn check_there(
    engine: &EngineHandle,
    organisation: OrganisationId,
    lead: LeadId,
) -> Result<(), PageError> {
    let there = engine.read(|projections| {
        let row = projections.lead(lead)?;
        projections.workflow(row.workflow_id).filter(|row| row.organisation == organisation)?;
        Some(())
    });
    there.await?.ok_or_else(|| PageError::not_found("lead", &lead.to_string()))
}

/// What a person decided about a hold.
fn resolution(form: &Form) -> Result<Resolution, Fault> {
    if form.get("action") == Some("redial") {
        return Ok(Resolution::Redial);
    }
    if let Some(text) = form.get("release_at") {
        return release_at(text).map(Resolution::ReleaseAt).ok_or_else(|| {
            Fault::invalid("release_at is no time: give date and time in UTC, 2026-11-25T17:30")
        });
    }
    form.required("output").map(|output| Resolution::Output(Output::from(output)))
}

/// A time as forms send it, in UTC: with seconds or without.
fn release_at(text: &str) -> Option<Timestamp> {
    let endings = ["", "Z", ":00Z"];
    endings.iter().find_map(|ending| format!("{text}{ending}").parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_forms_and_people_write_it() {
        let expected: Timestamp = "2026-11-25T17:30:00Z".parse().unwrap();
        for text in ["2026-11-25T17:30", "2026-11-25T17:30:00", "2026-11-25T17:30:00Z"] {
            assert_eq!(release_at(text), Some(expected), "{text}");
        }
        assert_eq!(release_at("tomorrow"), None);
    }
}
