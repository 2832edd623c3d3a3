//! The stays of a lead at nodes as JSON, with the tries of application steps.

use branchline_domain::{lead::ApplicationOutcome, time::Timestamp};
use branchline_projections::history::{ApplicationTry, NamedVisit};
use serde::Serialize;

/// A stay at a node.
#[derive(Debug, Serialize)]
pub(crate) struct VisitShape {
    #[serde(flatten)]
    visit: NamedVisit,
    /// Tries of its application step.
    tries: Vec<TryShape>,
}

/// A try of an application step, with what was sent and what came back, redacted.
#[derive(Debug, Serialize)]
struct TryShape {
    attempt: u32,
    started_at: Timestamp,
    outcome: Option<ApplicationOutcome>,
    latency_ms: Option<u32>,
    missing_fields: Vec<String>,
    request: serde_json::Value,
    response: serde_json::Value,
    error: serde_json::Value,
}

impl VisitShape {
    pub(crate) fn of(mut visit: NamedVisit) -> Self {
        let tries = std::mem::take(&mut visit.visit.tries);
        Self { visit, tries: tries.into_iter().map(TryShape::of).collect() }
    }
}

impl TryShape {
    fn of(tried: ApplicationTry) -> Self {
        let evidence = tried.evidence.as_deref().unwrap_or_default();
        let mut said: serde_json::Value = serde_json::from_str(evidence).unwrap_or_default();
        let mut part =
            |name: &str| said.get_mut(name).map(serde_json::Value::take).unwrap_or_default();
        Self {
            request: part("request"),
            response: part("response"),
            error: part("error"),
            attempt: tried.attempt,
            started_at: tried.started_at,
            outcome: tried.outcome,
            latency_ms: tried.latency_ms,
            missing_fields: tried.missing_fields,
        }
    }
}
