//! Changes to one lead: variables and notes, a person's decision about a hold, removal.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use branchline_domain::{lead::Resolution, output::Output, time::Timestamp, value::Value};
use branchline_engine::command::LeadAction;

use crate::{
    admin::erasure::{ErasureShape, erased},
    headers::{Write, state},
    json::Fields,
    leads::{LeadShape, check_path, shown},
    openapi::{self, bodies},
    problem::Answer,
    query::Query,
};

async fn act(request: &HttpRequest, write: &Write, action: LeadAction) -> Answer {
    let (_, lead, _) = check_path(request).await?;
    state(request)?.engine.act_on_lead(&write.caller, lead, action).await?;
    shown(request, lead).await
}

/// Changes variables and notes.
///
/// A variable that is null is taken away, others stay.
#[utoipa::path(
    patch, path = "/v1/workflows/{workflow}/leads/{lead}", operation_id = "editLead", tag = openapi::LEADS,
    request_body = bodies::LeadEdit,
    responses((status = 200, description = "The lead.", body = LeadShape)),
    extensions(("x-problems" = json!(["invalid_value", "lead_ended", "lead_erased"]))),
)]
pub(crate) async fn edit(request: HttpRequest, write: Write) -> Answer {
    check_path(&request).await?;
    Query::of(&request)?.finish()?;
    let mut fields = write.fields()?;
    let variables =
        fields.optional::<BTreeMap<String, Option<Value>>>("variables").unwrap_or_default();
    let notes = fields.nullable::<String>("notes");
    fields.finish(Some(()))?;
    act(&request, &write, LeadAction::Edit { variables, notes }).await
}

/// Takes a lead out. Its history stays.
#[utoipa::path(
    delete, path = "/v1/workflows/{workflow}/leads/{lead}", operation_id = "removeLead", tag = openapi::LEADS,
    responses((status = 200, description = "The lead, removed.", body = LeadShape)),
    extensions(("x-problems" = json!(["lead_ended"]))),
)]
pub(crate) async fn remove(request: HttpRequest, write: Write) -> Answer {
    Query::of(&request)?.finish()?;
    write.no_body()?;
    act(&request, &write, LeadAction::Remove).await
}

/// Decides what a hold waits for: an output of the node, another call, or when a wait ends.
///
/// While the workflow is paused it is recorded, and moves the lead later.
#[utoipa::path(
    post, path = "/v1/workflows/{workflow}/leads/{lead}/resolve", operation_id = "resolveLead", tag = openapi::LEADS,
    request_body = bodies::Resolution,
    responses((status = 200, description = "The lead.", body = LeadShape)),
    extensions(("x-problems" = json!(["wrong_resolution", "invalid_value", "lead_not_held", "lead_ended", "workflow_ended", "workflow_not_active"]))),
)]
pub(crate) async fn resolve(request: HttpRequest, write: Write) -> Answer {
    check_path(&request).await?;
    Query::of(&request)?.finish()?;
    let mut fields = write.fields()?;
    let resolution = resolution(&mut fields);
    let resolution = fields.finish(resolution)?;
    act(&request, &write, LeadAction::Resolve(resolution)).await
}

/// Destroys the key of what is personal of a lead, for good.
///
/// Also for a lead that was erased before. Refused while the lead may still move, or has a call or
/// an application at work: remove it first.
#[utoipa::path(
    post, path = "/v1/workflows/{workflow}/leads/{lead}/erase", operation_id = "eraseOwnLead", tag = openapi::LEADS,
    responses((status = 200, description = "What was recorded and destroyed.", body = ErasureShape)),
    extensions(("x-problems" = json!(["cannot_erase"]))),
)]
pub(crate) async fn erase(request: HttpRequest, write: Write) -> Answer {
    let (_, lead, _) = check_path(&request).await?;
    Query::of(&request)?.finish()?;
    write.no_body()?;
    erased(&request, &write.caller, lead).await
}

/// Reads the one choice that is made.
fn resolution(fields: &mut Fields) -> Option<Resolution> {
    let given =
        ["output", "action", "release_at"].into_iter().filter(|name| fields.has(name)).count();
    let output = fields.optional::<Output>("output").map(Resolution::Output);
    let action = fields.optional::<String>("action");
    let release = fields.optional::<Timestamp>("release_at").map(Resolution::ReleaseAt);
    if given != 1 {
        fields.fault("output", "give exactly one of output, action and release_at");
        return None;
    }
    let redial = action.and_then(|action| {
        if action == "redial" {
            return Some(Resolution::Redial);
        }
        fields.fault("action", "must be `redial`");
        None
    });
    let choice = output.or(release).or(redial);
    if choice.is_none() {
        // Null is no choice either; a field that could not be read has a fault of its own.
        fields.fault("output", "give one of output, action and release_at a value");
    }
    choice
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Resolution, String> {
        let mut fields = Fields::of_body(body.as_bytes()).unwrap();
        let choice = resolution(&mut fields);
        fields.finish(choice).map_err(|problem| problem.detail.into())
    }

    #[test]
    fn one_choice_is_made() {
        assert_eq!(read(r#"{"output": "DNP"}"#), Ok(Resolution::Output(Output::Dnp)));
        assert_eq!(read(r#"{"action": "redial"}"#), Ok(Resolution::Redial));
        let at = "2026-11-24T10:00:00Z";
        assert_eq!(
            read(&format!(r#"{{"release_at": "{at}"}}"#)),
            Ok(Resolution::ReleaseAt(at.parse().unwrap()))
        );
    }

    #[test]
    fn none_several_and_unknown_choices_are_refused() {
        for body in [
            "{}",
            r#"{"output": null}"#,
            r#"{"output": "DNP", "action": "redial"}"#,
            r#"{"action": "dance"}"#,
            r#"{"release_at": "tomorrow"}"#,
            r#"{"outcome": "DNP"}"#,
        ] {
            assert!(read(body).is_err(), "{body}");
        }
    }
}
