//! One action on many leads of a workflow.

use actix_web::{HttpRequest, HttpResponse};
use branchline_domain::{
    id::{LeadId, NodeId, WorkflowId},
    lead::{HoldCode, LeadStatus, Resolution},
    organisation::Scope,
    output::Output,
    time::Timestamp,
};
use branchline_engine::{
    EngineError,
    batch::{BatchAnswer, BatchFilter, BatchForecast, LeadBatch},
    command::LeadAction,
};
use branchline_projections::Held;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    access,
    headers::{Write, state},
    json::Fields,
    openapi::{self, bodies, names},
    paths::id,
    problem::{Answer, Problem},
    query::Query,
};

/// Leads of a part when the caller does not say. Unit: leads.
const LIMIT_DEFAULT: usize = 100;

/// What came, or would come, of a lead's part.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LeadActionOutcome)]
enum Outcome {
    /// It is recorded.
    Done,
    /// There was nothing to do.
    Unchanged,
    /// The rules say no, or the engine could not.
    Refused,
}

/// One lead of a batch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LeadActionResult)]
struct ResultShape {
    #[schema(value_type = names::LeadId)]
    lead_id: LeadId,
    result: Outcome,
    /// Code of the problem; null unless refused.
    code: Option<&'static str>,
    /// What a request about this lead alone would have been answered with; null unless refused.
    problem: Option<Value>,
}

impl ResultShape {
    /// `outcome` says whether anything is recorded.
    fn of(lead_id: LeadId, outcome: Result<bool, EngineError>) -> Self {
        let (result, problem) = match outcome {
            Ok(true) => (Outcome::Done, None),
            Ok(false) => (Outcome::Unchanged, None),
            Err(error) => (Outcome::Refused, Some(Problem::from(error))),
        };
        let code = problem.as_ref().map(|problem| problem.code);
        Self { lead_id, result, code, problem: problem.map(|problem| problem.to_json()) }
    }
}

/// What came of a part of a batch. Source: CONTRACT.md 9.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LeadActionBatch)]
struct BatchShape {
    /// Leads from the cursor on that the filter matched before anything was done.
    matched: u64,
    /// The leads of this part, in order of id.
    results: Vec<ResultShape>,
    /// Where the next part begins; null when this was the last.
    #[schema(value_type = Option<names::LeadId>)]
    next_cursor: Option<LeadId>,
}

/// What came of it, or what it would do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = LeadActionAnswer)]
enum ActedShape {
    Done(BatchShape),
    Foretold(ForecastShape),
}

impl From<BatchAnswer> for BatchShape {
    fn from(answer: BatchAnswer) -> Self {
        let results = answer.results.into_iter().map(|batched| {
            let recorded = batched.outcome.map(|committed| committed.position.is_some());
            ResultShape::of(batched.lead, recorded)
        });
        Self { matched: answer.matched, results: results.collect(), next_cursor: answer.next }
    }
}

/// Leads that the same thing holds, and what would come of the first of them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LeadActionGroup)]
struct GroupShape {
    /// What holds them; null for nothing.
    #[schema(value_type = Option<names::HoldReason>)]
    hold: Option<HoldCode>,
    leads: u64,
    /// What would come of the first of them.
    examples: Vec<ResultShape>,
}

/// What a batch would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LeadActionForecast)]
struct ForecastShape {
    /// Leads from the cursor on that the filter matches.
    matched: u64,
    /// The same by what holds them.
    by_hold: Vec<GroupShape>,
}

impl From<BatchForecast> for ForecastShape {
    fn from(forecast: BatchForecast) -> Self {
        let by_hold = forecast.by_hold.into_iter().map(|group| {
            let examples = group.examples.into_iter();
            GroupShape {
                hold: group.hold,
                leads: group.leads,
                examples: examples.map(|seen| ResultShape::of(seen.lead, seen.outcome)).collect(),
            }
        });
        Self { matched: forecast.matched, by_hold: by_hold.collect() }
    }
}

/// Does one thing with every lead that a filter matches, or tells what it would do.
///
/// A part of them with each request: `next_cursor` says where the next part begins.
#[utoipa::path(
    post, path = "/v1/workflows/{workflow}/leads/actions", operation_id = "actOnLeads", tag = openapi::LEADS,
    request_body = bodies::LeadActions,
    responses((status = 200, description = "A result for each lead of this part; with `dry_run` the number of leads by what holds them.", body = ActedShape)),
    extensions(("x-problems" = json!(["invalid_value", "wrong_resolution", "node_not_found", "workflow_ended", "wrong_status", "workflow_not_active"]))),
)]
pub(crate) async fn act(request: HttpRequest, write: Write) -> Answer {
    let workflow: WorkflowId = id(&request)?;
    Query::of(&request)?.finish()?;
    let mut fields = write.fields()?;
    let asked = read_batch(&mut fields);
    let (batch, dry_run) = fields.finish(asked)?;
    // A look at what would be done is for whoever may do it.
    access::require(&request, &[scope_of(&batch.action)])?;
    let engine = &state(&request)?.engine;
    if dry_run {
        let organisation = write.caller.organisation;
        let forecast = engine.forecast_leads(organisation, workflow, &batch).await?;
        return Ok(HttpResponse::Ok().json(ActedShape::Foretold(forecast.into())));
    }
    let answer = engine.act_on_leads(&write.caller, workflow, batch).await?;
    Ok(HttpResponse::Ok().json(ActedShape::Done(answer.into())))
}

/// Who may do this with many leads: what a person decides about one is the same for many.
const fn scope_of(action: &LeadAction) -> Scope {
    match action {
        LeadAction::Resolve(_) | LeadAction::MoveTo { .. } => Scope::Resolve,
        LeadAction::Remove | LeadAction::Edit { .. } => Scope::Operate,
    }
}

/// Reads what is asked, and whether only to tell what it would do.
fn read_batch(fields: &mut Fields) -> Option<(LeadBatch, bool)> {
    let filter = fields.object("filter", filter);
    let action = action(fields);
    let dry_run = fields.required::<bool>("dry_run");
    let after = fields.optional::<LeadId>("cursor");
    let limit = fields.optional::<usize>("limit").unwrap_or(LIMIT_DEFAULT);
    Some((LeadBatch { filter: filter?, action: action?, after, limit }, dry_run?))
}

fn filter(fields: &mut Fields) -> Option<BatchFilter> {
    let all = fields.optional::<bool>("all").unwrap_or_default();
    let status = fields.optional::<LeadStatus>("status");
    let node = fields.optional::<NodeId>("node");
    let held = held(fields);
    if !all {
        return Some(BatchFilter::Matching { status, node, held });
    }
    if status.is_some() || node.is_some() || held.is_some() {
        fields.fault("all", "stands for every lead: leave status, node and held out");
        return None;
    }
    Some(BatchFilter::All)
}

/// Reads `held`: true for any reason, or the code of one.
fn held(fields: &mut Fields) -> Option<Held> {
    let code = match fields.optional::<Value>("held")? {
        Value::Bool(true) => return Some(Held::Any),
        Value::String(code) => HoldCode::ALL.into_iter().find(|known| known.as_str() == code),
        Value::Null
        | Value::Bool(false)
        | Value::Number(_)
        | Value::Array(_)
        | Value::Object(_) => None,
    };
    if code.is_none() {
        let codes = HoldCode::ALL.map(HoldCode::as_str).join(", ");
        fields.fault("held", &format!("must be true or one of {codes}"));
    }
    code.map(Held::With)
}

/// Reads the action and what belongs to it.
fn action(fields: &mut Fields) -> Option<LeadAction> {
    let action = fields.required::<String>("action");
    let output = fields.optional::<Output>("output");
    let release_at = fields.optional::<Timestamp>("release_at");
    let node = fields.optional::<NodeId>("node");
    for (name, given, owner) in [
        ("output", output.is_some(), "resolve"),
        ("release_at", release_at.is_some(), "resolve"),
        ("node", node.is_some(), "move_to"),
    ] {
        if given && action.as_deref().is_some_and(|action| action != owner) {
            fields.fault(name, &format!("belongs to the action `{owner}`"));
        }
    }
    match action.as_deref()? {
        "resolve" => match (output, release_at) {
            (Some(output), None) => Some(LeadAction::Resolve(Resolution::Output(output))),
            (None, Some(at)) => Some(LeadAction::Resolve(Resolution::ReleaseAt(at))),
            (None, None) | (Some(_), Some(_)) => {
                fields.fault("output", "give one of output and release_at");
                None
            }
        },
        "redial" => Some(LeadAction::Resolve(Resolution::Redial)),
        "remove" => Some(LeadAction::Remove),
        "move_to" => {
            if node.is_none() && !fields.is_at_fault("node") {
                fields.fault("node", "is missing: say where the leads go");
            }
            node.map(|node| LeadAction::MoveTo { node })
        }
        _ => {
            fields.fault("action", "must be resolve, redial, remove or move_to");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<(LeadBatch, bool), Vec<String>> {
        let mut fields = Fields::of_body(body.as_bytes()).unwrap();
        let asked = read_batch(&mut fields);
        fields.finish(asked).map_err(|problem| {
            problem.errors.into_iter().map(|fault| fault.pointer.unwrap()).collect()
        })
    }

    #[test]
    fn a_batch_is_read_whole() {
        let lead = LeadId::from_u128(7);
        let body = format!(
            r#"{{"filter": {{"held": "review_required", "status": "active"}}, "action": "resolve",
                 "output": "DNP", "dry_run": false, "cursor": "{lead}", "limit": 5}}"#
        );
        let filter = BatchFilter::Matching {
            status: Some(LeadStatus::Active),
            node: None,
            held: Some(Held::With(HoldCode::ReviewRequired)),
        };
        let action = LeadAction::Resolve(Resolution::Output(Output::Dnp));
        let batch = LeadBatch { filter, action, after: Some(lead), limit: 5 };
        assert_eq!(read(&body), Ok((batch, false)));
        let all = r#"{"filter": {"all": true}, "action": "remove", "dry_run": true}"#;
        let batch = LeadBatch {
            filter: BatchFilter::All,
            action: LeadAction::Remove,
            after: None,
            limit: LIMIT_DEFAULT,
        };
        assert_eq!(read(all), Ok((batch, true)));
    }

    #[test]
    fn what_does_not_fit_together_is_named() {
        for (body, wrong) in [
            (r"{}", &["/filter", "/action", "/dry_run"][..]),
            (
                r#"{"filter": {"all": true, "held": true}, "action": "remove", "dry_run": true}"#,
                &["/filter/all"],
            ),
            (
                r#"{"filter": {"held": "tired", "state": 1}, "action": "dance", "dry_run": 1}"#,
                &["/filter/held", "/filter/state", "/action", "/dry_run"],
            ),
            (
                r#"{"filter": {"held": false}, "action": "resolve", "dry_run": true}"#,
                &["/filter/held", "/output"],
            ),
            (
                r#"{"filter": {"held": true}, "action": "remove", "output": "DNP", "dry_run": true}"#,
                &["/output"],
            ),
            (
                r#"{"filter": {"held": true}, "action": "resolve", "output": "DNP",
                    "release_at": "2026-11-24T10:00:00Z", "dry_run": true}"#,
                &["/output"],
            ),
            (r#"{"filter": {"held": true}, "action": "move_to", "dry_run": true}"#, &["/node"]),
            (
                r#"{"filter": {"held": true}, "action": "move_to", "node": "x", "dry_run": true}"#,
                &["/node"],
            ),
            (
                r#"{"filter": {"held": true}, "action": "redial", "dry_run": true,
                    "node": "node_00000000-0000-0000-0000-000000000009"}"#,
                &["/node"],
            ),
            (
                r#"{"filter": [], "action": "redial", "dry_run": true, "cursor": "x", "limit": -1}"#,
                &["/filter", "/cursor", "/limit"],
            ),
        ] {
            assert_eq!(read(body), Err(wrong.iter().map(ToString::to_string).collect()), "{body}");
        }
    }
}
