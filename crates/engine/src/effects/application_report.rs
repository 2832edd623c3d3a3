//! What is recorded of the reply of an application: as much as there is room for.

use std::collections::BTreeMap;

use branchline_domain::{
    json::Json,
    lead::{ApplicationOutcome, ApplicationReport},
    value::Value,
};

use crate::applications::{ApplicationEnd, ApplicationReply};

/// Largest evidence of a try. A record has room for it, for the fields of the answer, and for the
/// steps that follow. Unit: bytes.
const EVIDENCE_BYTES_MAX: usize = 3 * 1_024;
/// Longest sentence about what went wrong. Unit: characters.
const ERROR_CHARS_MAX: usize = 300;
/// Most fields of an answer that are kept.
const FIELDS_MAX: usize = 30;
/// Longest field. Unit: bytes.
const FIELD_BYTES_MAX: usize = 1_024;
/// All fields together. Unit: bytes.
const FIELDS_BYTES_MAX: usize = 4 * 1_024;
/// Names of missing fields that are kept, all together. Unit: bytes.
const MISSING_BYTES_MAX: usize = 1_024;
/// Longest name of a field. Unit: characters.
const NAME_CHARS_MAX: usize = 64;

/// What is recorded of a reply.
pub(super) fn report(
    attempt: u32,
    latency_ms: u32,
    missing_fields: Vec<String>,
    reply: ApplicationReply,
) -> ApplicationReport {
    let ApplicationReply { end, fields, request, response, error } = reply;
    let outcome = match end {
        ApplicationEnd::Success => ApplicationOutcome::Succeeded,
        ApplicationEnd::Failure { retryable: true } => ApplicationOutcome::Unavailable,
        ApplicationEnd::Failure { retryable: false } => ApplicationOutcome::Failed,
    };
    let error = error.map(|error| error.chars().take(ERROR_CHARS_MAX).collect::<String>());
    let error = error.map(|error| Json::Scalar(Value::Text(error)));
    let mut said = [("error", error), ("request", request), ("response", response)];
    // The longest parts go first.
    while evidence(&said).len() > EVIDENCE_BYTES_MAX {
        let longest = said
            .iter_mut()
            .max_by_key(|(_, part)| part.as_ref().map_or(0, |part| part.to_string().len()));
        let Some((_, part)) = longest else { break };
        *part = None;
    }
    let mut bytes = 0;
    let kept = |(name, value): &(String, Value)| {
        let size = name.len() + value.as_text().len();
        let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count())
            && size <= FIELD_BYTES_MAX
            && bytes + size <= FIELDS_BYTES_MAX;
        bytes += if fits { size } else { 0 };
        fits
    };
    let fields = fields.into_iter().filter(kept).take(FIELDS_MAX).collect();
    let evidence = evidence(&said);
    let missing_fields = within(missing_fields, MISSING_BYTES_MAX);
    ApplicationReport { attempt, outcome, latency_ms, missing_fields, evidence, fields }
}

/// The parts that are there, as one JSON object; empty when nothing was said.
fn evidence(said: &[(&str, Option<Json>)]) -> String {
    let there = said.iter().filter_map(|(name, part)| Some(((*name).into(), part.clone()?)));
    let there: BTreeMap<String, Json> = there.collect();
    if there.is_empty() { String::new() } else { Json::Object(there).to_string() }
}

/// The first names that fit.
fn within(names: Vec<String>, bytes_max: usize) -> Vec<String> {
    let mut bytes = 0;
    let fits = |name: &String| {
        bytes += name.len();
        bytes <= bytes_max
    };
    names.into_iter().take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: usize) -> Json {
        Json::Scalar(Value::Text("x".repeat(bytes)))
    }

    #[test]
    fn a_reply_is_recorded_within_the_room_of_a_record() {
        let mut reply = ApplicationReply::success();
        reply.request = Some(text(1_500));
        reply.response = Some(text(2_000));
        reply.error = Some("e".repeat(1_000));
        for number in 0..50 {
            reply.fields.insert(format!("field_{number:02}"), Value::Text("x".repeat(100)));
        }
        reply.fields.insert("a_long".into(), Value::Text("x".repeat(2_000)));
        reply.fields.insert(String::new(), Value::Bool(true));
        let report = report(3, 20, vec!["city".into(), "x".repeat(1_024)], reply);
        assert_eq!(report.missing_fields, ["city"]);
        assert_eq!((report.attempt, report.latency_ms), (3, 20));
        assert_eq!(report.outcome, ApplicationOutcome::Succeeded);
        assert!(report.evidence.len() <= EVIDENCE_BYTES_MAX);
        let has = |part: &str| report.evidence.contains(part);
        assert!(has("\"error\"") && has("\"request\"") && !has("\"response\""));
        let bytes: usize =
            report.fields.iter().map(|(name, value)| name.len() + value.as_text().len()).sum();
        assert!(bytes <= FIELDS_BYTES_MAX && report.fields.len() <= FIELDS_MAX);
        assert!(report.fields.contains_key("field_00"), "a field that is too long costs no room");
        assert!(!report.fields.contains_key("a_long") && !report.fields.contains_key(""));
    }

    #[test]
    fn a_reply_that_says_nothing_leaves_no_evidence() {
        let said_nothing = report(1, 0, Vec::new(), ApplicationReply::success());
        assert_eq!(said_nothing.evidence, "");
        let failed = report(1, 0, Vec::new(), ApplicationReply::unavailable("busy"));
        assert_eq!(failed.evidence, r#"{"error":"busy"}"#);
        assert_eq!(failed.outcome, ApplicationOutcome::Unavailable);
    }
}
