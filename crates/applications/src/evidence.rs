//! What is told of a request and its answer, for people who look into it.

use std::collections::BTreeMap;

use branchline_domain::{graph::HttpAction, json::Json, value::Value};

use crate::{
    answer::Answer,
    redact::{self, REDACTED},
};

/// Most of an answer's body that is told. Unit: bytes.
const BODY_BYTES_MAX: usize = 1_024;
/// Longest address that is told. Unit: bytes.
const URL_BYTES_MAX: usize = 512;
/// Longest value of a header that is told. Unit: bytes.
const HEADER_BYTES_MAX: usize = 64;

fn text(text: impl Into<String>) -> Json {
    Json::Scalar(Value::Text(text.into()))
}

fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(members.into_iter().map(|(name, member)| (name.to_owned(), member)).collect())
}

/// The request as its author wrote it: with the places to fill in instead of what was filled in,
/// so nothing of the lead and no secret is in it.
pub(crate) fn of_request(action: &HttpAction, idempotency_key: &str) -> Json {
    let headers: BTreeMap<String, Json> = action
        .headers
        .iter()
        .map(|(name, value)| {
            let shown = if redact::is_sensitive(name) {
                text(REDACTED)
            } else {
                text(cut(value, HEADER_BYTES_MAX))
            };
            (name.clone(), shown)
        })
        .collect();
    object([
        ("method", text(action.method.clone().unwrap_or_default())),
        (
            "url",
            text(cut(
                &without_query_values(action.url.as_deref().unwrap_or_default()),
                URL_BYTES_MAX,
            )),
        ),
        ("headers", Json::Object(headers)),
        ("idempotency_key", text(idempotency_key)),
    ])
}

/// Query values that were written out may be keys of an account.
fn without_query_values(url: &str) -> String {
    let Some((path, query)) = url.split_once('?') else { return url.to_owned() };
    let names = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) if !value.starts_with("{{") => format!("{name}={REDACTED}"),
        Some(_) | None => pair.to_owned(),
    });
    format!("{path}?{}", names.collect::<Vec<_>>().join("&"))
}

/// The answer, without credentials. `sent_secrets` are the secrets that were in the request: an
/// answer may repeat what it was sent.
pub(crate) fn of_answer(answer: &Answer, sent_secrets: &[&str]) -> Json {
    let body = match answer.shown_document() {
        Some(document) => redact::document(&document).to_string(),
        None => redact::text(&answer.body),
    };
    let body = sent_secrets.iter().fold(body, |body, secret| body.replace(secret, REDACTED));
    let shown = cut(&body, BODY_BYTES_MAX);
    let whole = answer.whole && shown.len() == body.len();
    object([
        ("status", Json::Scalar(i64::from(answer.status).into())),
        ("body", text(shown)),
        ("body_is_whole", Json::Scalar(Value::Bool(whole))),
    ])
}

/// The beginning of a text, at most this long.
fn cut(text: &str, bytes_max: usize) -> &str {
    let end = (0..=bytes_max.min(text.len())).rev().find(|&end| text.is_char_boundary(end));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: CONTRACT.md 5-application-tries.
    #[test]
    fn a_request_is_told_as_it_was_written_without_credentials() {
        let action: HttpAction = serde_json::from_str(
            r#"{
                "method": "POST",
                "url": "https://e.com/{{ref}}?key=abc&city={{city}}&flag",
                "headers": {"Authorization": "Basic abc", "X-City": "{{city}}"},
                "body": {"password": "abc"}
            }"#,
        )
        .unwrap();
        assert_eq!(
            of_request(&action, "lead_1_2").to_string(),
            concat!(
                r#"{"headers":{"Authorization":"[redacted]","X-City":"{{city}}"},"#,
                r#""idempotency_key":"lead_1_2","method":"POST","#,
                r#""url":"https://e.com/{{ref}}?key=[redacted]&city={{city}}&flag"}"#
            )
        );
    }

    /// Source: CONTRACT.md 5-application-tries.
    #[test]
    fn an_answer_is_told_in_part_and_without_credentials() {
        let answer = |body: String, whole| Answer { status: 200, body, whole };
        let echo = answer(r#"{"token": "t", "seen": "Bearer s3cret!"}"#.into(), true);
        assert_eq!(
            of_answer(&echo, &["s3cret!"]).to_string(),
            concat!(
                r#"{"body":"{\"seen\":\"Bearer [redacted]\",\"token\":\"[redacted]\"}","#,
                r#""body_is_whole":true,"status":200}"#
            )
        );
        let long = of_answer(&answer("é".repeat(1_000), true), &[]).to_string();
        assert!(long.contains(r#""body_is_whole":false"#), "{long}");
        assert!(long.len() < 1_200);
        let half = of_answer(&answer(r#"{"token": "abc"#.into(), false), &[]).to_string();
        assert!(!half.contains("abc"), "{half}");
    }

    #[test]
    fn a_cut_keeps_whole_characters() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("aé", 3), "aé");
        assert_eq!(cut("", 0), "");
    }
}
