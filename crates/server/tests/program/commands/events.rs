//! `branchline events`.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use super::{Asked, branchline};

#[test]
fn events_are_listed_from_a_cursor_by_type_and_by_whose_they_are() {
    let asked = Asked::start();
    asked.spring();
    let other = asked.done(&["workflow", "create", "--title", "Other"]);
    let lead = asked.done(&["lead", "add", "Spring", "2125550123"]);
    let all = asked.json(&["events"]);
    assert_eq!(all[0]["type"], "workflow.created");
    let text = asked.done(&["events"]);
    assert_eq!(text.lines().count(), all.len());
    assert!(text.lines().next().unwrap().contains(" 1 workflow.created wf_"), "{text}");
    let second = all.iter().find(|event| event["position"] == 2).unwrap();
    let after = asked.json(&["events", "--after", all[0]["cursor"].as_str().unwrap()]);
    assert_eq!(&after[0], second);
    assert_eq!(asked.json(&["events", "--limit", "2"]).len(), 2);
    assert_eq!(asked.json(&["events", "--type", "workflow.created"]).len(), 2);
    let of_other = asked.json(&["events", "--workflow", "Other"]);
    assert!(of_other.iter().all(|event| event["workflow_id"] == other.trim()), "{of_other:?}");
    assert_eq!(of_other.len(), 1);
    let of_lead = asked.json(&["events", "--lead", lead.trim()]);
    assert!(!of_lead.is_empty() && of_lead.iter().all(|event| event["lead_id"] == lead.trim()));
    let told = asked.refused(1, &["events", "--after", "yesterday"]);
    assert!(told.contains("is not a cursor"), "{told}");
}

#[test]
fn who_follows_sees_what_is_recorded_from_then_on() {
    let asked = Asked::start();
    asked.done(&["workflow", "create", "--title", "First"]);
    let line = ["events", "--follow", "--json", "--limit", "2"];
    let mut following = branchline(asked.directory.path(), &line);
    following.env("BRANCHLINE_URL", asked.url()).stdout(Stdio::piped());
    let mut following = following.spawn().unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
    let mut next = || {
        let line = lines.next().unwrap().unwrap();
        serde_json::from_str::<serde_json::Value>(&line).unwrap()["payload"]["title"].clone()
    };
    assert_eq!(next(), "First");
    asked.done(&["workflow", "create", "--title", "Second"]);
    assert_eq!(next(), "Second");
    assert!(following.wait().unwrap().success());
}
