use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::graph::{FaultCode, NodeConfig, is_complete};

fn config(json: &str) -> ApplicationConfig {
    serde_json::from_str(json).unwrap()
}

fn action(json: &str) -> HttpAction {
    serde_json::from_str(json).unwrap()
}

fn request(action: &HttpAction, of: &[(&str, &str)]) -> Result<HttpRequest, FillFault> {
    let variables: Values = of.iter().map(|&(name, value)| (name.into(), value.into())).collect();
    action.request(&Fill {
        phone_number: Some("+4915112345678"),
        variables: &variables,
        secret: &|name| (name == "KEY").then(|| "s3cret".to_owned()),
    })
}

const LEAD_UPDATE: &str = r#"{
    "method": "PUT",
    "url": "https://crm.example.com/leads/{{ref}}?city={{city}}",
    "headers": {"Authorization": "Bearer {{secret:KEY}}", "X-Name": "{{name}}"},
    "body": {"phone": "{{phone_number}}", "tags": ["{{name}}", 1, null], "note": "Hi {{name}}!"}
}"#;

/// Source: CONTRACT.md 5-templates.
#[test]
fn a_request_is_filled_in_with_what_is_known_of_the_lead() {
    let of = [("ref", "a/7"), ("city", "Bad Orb"), ("name", "Zoë \"Z\"")];
    let request = request(&action(LEAD_UPDATE), &of).unwrap();
    assert_eq!(request.method, "PUT");
    assert_eq!(request.url, "https://crm.example.com/leads/a%2F7?city=Bad%20Orb");
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        request.headers,
        [
            header("Authorization", "Bearer s3cret"),
            header("X-Name", "Zoë \"Z\""),
            header("Content-Type", "application/json"),
        ]
    );
    assert_eq!(
        request.body.as_deref(),
        Some(r#"{"note":"Hi Zoë \"Z\"!","phone":"+4915112345678","tags":["Zoë \"Z\"",1,null]}"#)
    );
    let debug = format!("{request:?}");
    assert!(!debug.contains("Bad") && !debug.contains("s3cret"), "{debug}");
}

#[test]
fn a_body_of_text_escapes_values_as_its_content_type_asks() {
    let body = |content_type: &str| {
        let json = serde_json::json!({
            "method": "POST",
            "url": "https://e.com/",
            "headers": {"content-TYPE": content_type},
            "body": "<{{v}}>",
        });
        let made = request(&action(&json.to_string()), &[("v", "a&b=\"<\n")]).unwrap();
        assert_eq!(made.headers, [("content-TYPE".to_owned(), content_type.to_owned())]);
        made.body.unwrap()
    };
    assert_eq!(body("text/plain"), "<a&b=\"<\n>");
    assert_eq!(body("application/x-www-form-urlencoded"), "<a%26b%3D%22%3C%0A>");
    assert_eq!(body("Text/XML; charset=utf-8"), "<a&amp;b=&quot;&lt;\n>");
    let plain = action(r#"{"method": "POST", "url": "https://e.com/", "body": "x"}"#);
    let headers = request(&plain, &[]).unwrap().headers;
    assert_eq!(headers, [("Content-Type".into(), "text/plain; charset=utf-8".into())]);
    let empty = action(r#"{"method": "GET", "url": "https://e.com/"}"#);
    assert_eq!(request(&empty, &[]).unwrap().headers, []);
}

#[test]
fn what_cannot_be_sent_safely_is_not_sent() {
    let url = |url: &str| action(&format!(r#"{{"method": "GET", "url": "{url}"}}"#));
    let header =
        action(r#"{"method": "GET", "url": "https://e.com/", "headers": {"X-A": "{{v}}"}}"#);
    let method = action(r#"{"method": "{{v}}", "url": "https://e.com/"}"#);
    let large = action(
        r#"{"method": "POST", "url": "https://e.com/", "body": ["{{v}}", "{{v}}", "{{v}}"]}"#,
    );
    for (action, value, fault) in [
        (url("https://e.com/{{v}}/x"), "..", FillFault::PathStep),
        (url("https://e.com/a/.{{v}}?x"), ".", FillFault::PathStep),
        (header.clone(), "a\r\nX-B: c", FillFault::Header { name: "X-A".into() }),
        (method.clone(), "CONNECT", FillFault::Method),
        (method.clone(), "get", FillFault::Method),
        (large.clone(), &"x".repeat(100_000), FillFault::TooLarge),
        (
            url("https://e.com/{{secret:OTHER}}"),
            "",
            FillFault::Secret(UnknownSecret { name: "OTHER".into() }),
        ),
        (HttpAction::default(), "", FillFault::Incomplete { part: "method" }),
        (action(r#"{"method": "GET"}"#), "", FillFault::Incomplete { part: "url" }),
    ] {
        assert_eq!(request(&action, &[("v", value)]), Err(fault), "{action:?}");
    }
    assert_eq!(request(&method, &[("v", "DELETE")]).unwrap().method, "DELETE");
    assert!(request(&url("https://e.com/{{v}}"), &[("v", "...")]).is_ok());
    assert!(request(&large, &[("v", &"x".repeat(80_000))]).is_ok());
    assert!(request(&url("https://e.com/{{v"), &[]).is_err());
}

#[test]
fn the_names_that_a_node_reads_are_known() {
    let application =
        config(&format!(r#"{{"http": {LEAD_UPDATE}, "required_fields": ["budget", "name"]}}"#));
    let names: Vec<_> = application.names().into_iter().collect();
    assert_eq!(names, ["budget", "city", "name", "phone_number", "ref"]);
    let secrets = application.http.as_ref().unwrap().secrets();
    assert_eq!(secrets, BTreeSet::from(["KEY"]));
    let place = application.http.as_ref().unwrap().scheme_and_host();
    assert_eq!(place, Some(("https".into(), "crm.example.com".into())));

    let of = |names: &[&str]| -> Values {
        names.iter().map(|&name| (name.into(), "x".into())).collect()
    };
    let missing = application.missing_fields(Some("+49"), &of(&["city", "name", "Budget"]));
    assert_eq!(missing.into_iter().collect::<Vec<_>>(), ["budget", "ref"]);
    let lacking = |values: &Values| !application.missing_required(None, values).is_empty();
    assert!(lacking(&of(&["name"])));
    assert!(!lacking(&of(&["name", "budget"])));
    let mut empty = of(&["name", "budget"]);
    empty.insert("budget".into(), "".into());
    assert!(lacking(&empty), "an empty cell is a missing field");
}

#[test]
fn the_wait_before_the_next_try_doubles_up_to_an_hour() {
    let retry = |json: &str| config(&format!(r#"{{"handler": "crm", "retry": {json}}}"#));
    let usual = retry(r#"{"max_attempts": 10, "delay_s": 60}"#);
    let waits: Vec<_> = (1..=10).map(|attempts| usual.next_attempt_s(attempts)).collect();
    let expected = [60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600].map(Some);
    assert_eq!(waits.iter().flatten().count(), 9, "after the tenth try there is none");
    assert_eq!(waits.get(..9).unwrap(), expected);
    assert_eq!(retry(r#"{"max_attempts": 1, "delay_s": 60}"#).next_attempt_s(1), None);
    assert_eq!(retry(r#"{"max_attempts": 10, "delay_s": 3600}"#).next_attempt_s(9), Some(3_600));
    assert_eq!(config(r#"{"handler": "crm"}"#).next_attempt_s(1), None);
    assert_eq!(config(r#"{"handler": "crm"}"#).timeout_s(), 10);
}

/// The codes of everything that is wrong with a config.
fn codes(json: &str) -> Vec<FaultCode> {
    let config = NodeConfig::Application(config(json));
    let node = crate::graph::Node {
        id: crate::id::NodeId::from_u128(1),
        label: "crm".into(),
        position: crate::graph::CanvasPosition::default(),
        config,
        entry: false,
    };
    let faults = crate::graph::node_faults(&node);
    assert_eq!(is_complete(&node.config), faults.is_empty());
    assert!(faults.iter().all(|fault| !fault.message.is_empty() && !fault.fix.is_empty()));
    faults.into_iter().map(|fault| fault.code).collect()
}

#[test]
fn a_config_that_can_be_done_has_no_faults() {
    for json in [
        r#"{"handler": "crm"}"#,
        r#"{"handler": "crm", "timeout_s": 120, "required_fields": ["a"],
            "retry": {"max_attempts": 10, "delay_s": 3600}}"#,
        &format!(r#"{{"http": {LEAD_UPDATE}}}"#),
        r#"{"http": {"method": "{{verb}}", "url": "http://10.0.0.1:80", "body": null}}"#,
        r#"{"http": {"method": "POST", "url": "https://e.com", "body": "a={{b}}",
            "headers": {"Content-Type": "application/x-www-form-urlencoded"}}}"#,
        r#"{"http": {"method": "POST", "url": "https://e.com", "body": [1],
            "headers": {"Content-Type": "application/vnd.api+json"}}}"#,
    ] {
        assert_eq!(codes(json), [], "{json}");
    }
}

#[test]
fn everything_that_is_wrong_with_a_config_is_told() {
    use FaultCode::{BadTemplate, IncompleteApplication as Incomplete, InvalidRetry};
    let http =
        |rest: &str| format!(r#"{{"http": {{"method": "POST", "url": "https://e.com/"{rest}}}}}"#);
    for (json, expected) in [
        ("{}".to_owned(), vec![Incomplete]),
        (r#"{"handler": ""}"#.into(), vec![Incomplete]),
        (format!(r#"{{"handler": "crm", "http": {LEAD_UPDATE}}}"#), vec![Incomplete]),
        (r#"{"handler": "crm", "timeout_s": 0}"#.into(), vec![Incomplete]),
        (r#"{"handler": "crm", "timeout_s": 121}"#.into(), vec![Incomplete]),
        (r#"{"handler": "crm", "required_fields": [""]}"#.into(), vec![Incomplete]),
        (r#"{"handler": "crm", "retry": {}}"#.into(), vec![InvalidRetry]),
        (
            r#"{"handler": "crm", "retry": {"max_attempts": 11, "delay_s": 1}}"#.into(),
            vec![InvalidRetry],
        ),
        (
            r#"{"handler": "crm", "retry": {"max_attempts": 2, "delay_s": 3601}}"#.into(),
            vec![InvalidRetry],
        ),
        (r#"{"http": {}}"#.into(), vec![Incomplete, Incomplete]),
        (r#"{"http": {"method": "HEAD", "url": "https://e.com"}}"#.into(), vec![Incomplete]),
        (r#"{"http": {"method": "GET", "url": "ftp://e.com"}}"#.into(), vec![Incomplete]),
        (r#"{"http": {"method": "GET", "url": "https://{{h}}/"}}"#.into(), vec![Incomplete]),
        (r#"{"http": {"method": "GET", "url": "https://e.com/{{"}}"#.into(), vec![BadTemplate]),
        (
            r#"{"http": {"method": "GET", "url": "https://e.com", "body": "x"}}"#.into(),
            vec![Incomplete],
        ),
        (http(r#", "headers": {"Host": "x"}"#), vec![Incomplete]),
        (http(r#", "headers": {"content-length": "1"}"#), vec![Incomplete]),
        (http(r#", "headers": {"Idempotency-Key": "1"}"#), vec![Incomplete]),
        (http(r#", "headers": {"X A": "1"}"#), vec![Incomplete]),
        (http(r#", "headers": {"": "1"}"#), vec![Incomplete]),
        (http(r#", "headers": {"X-A": "1", "x-a": "2"}"#), vec![Incomplete]),
        (http(r#", "headers": {"X-A": "a\nb"}"#), vec![Incomplete]),
        (http(r#", "headers": {"X-A": "{{ }}"}"#), vec![BadTemplate]),
        (http(r#", "headers": {"Content-Type": "{{t}}"}, "body": {}"#), vec![Incomplete]),
        (
            http(r#", "headers": {"Content-Type": "application/json"}, "body": "{{t}}""#),
            vec![Incomplete],
        ),
        (http(r#", "body": {"a": {"{{b}}": 1}}"#), vec![BadTemplate]),
        (http(r#", "body": ["{{a", "{{{b}}"]"#), vec![BadTemplate, BadTemplate]),
    ] {
        assert_eq!(codes(&json), expected, "{json}");
    }
    let many: Vec<_> = (0..31).map(|number| format!(r#""X-{number}": "1""#)).collect();
    let many = http(&format!(r#", "headers": {{{}}}"#, many.join(",")));
    assert_eq!(codes(&many), [Incomplete]);
}

proptest! {
    /// No variable of a lead can change what a request is: where it goes, how many headers it has,
    /// and the shape of its body stay as they were written.
    #[test]
    fn no_value_changes_the_shape_of_a_request(value in any::<String>()) {
        let written = action(LEAD_UPDATE);
        let of = [("ref", &*value), ("city", &value), ("name", &value)];
        let Ok(made) = request(&written, &of) else { return Ok(()) };
        prop_assert!(made.url.starts_with("https://crm.example.com/leads/"));
        prop_assert_eq!(made.url.matches(['/', '?', '#', '&', '=']).count(), 6);
        prop_assert_eq!(made.headers.len(), 3);
        prop_assert!(made.headers.iter().all(|(_, value)| !value.contains(['\r', '\n'])));
        let body: serde_json::Value = serde_json::from_str(&made.body.unwrap()).unwrap();
        prop_assert_eq!(&body, &serde_json::json!({
            "phone": "+4915112345678",
            "tags": [value, 1, null],
            "note": format!("Hi {value}!"),
        }));
    }
}
