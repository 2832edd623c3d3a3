//! `branchline serve`, with a worker that dials.

use std::{net::SocketAddr, path::Path};

use branchline_domain::{call_status::CallStatus, id::CallId};
use serde_json::{Value, json};

use crate::{
    audit::sound_leads,
    client::{ask, expect},
    server::{Running, eventually},
};

/// A workflow of one call with two ends, active; gives its path.
fn workflow(address: SocketAddr) -> String {
    let settings = json!({"title": "Spring", "settings": {"default_country": "US"}});
    let made = expect(address, 201, "POST", "/v1/workflows", Some(&settings));
    let path = format!("/v1/workflows/{}", made["id"].as_str().unwrap());
    let node = |body: &Value| {
        let node = expect(address, 201, "POST", &format!("{path}/nodes"), Some(body));
        node["id"].as_str().unwrap().to_owned()
    };
    let call = node(&json!({
        "node_type": "VOICE_CALL", "label": "Intro", "entry": true,
        "config": {"from_phone_number": "+12025550100"}
    }));
    let won = node(&json!({"node_type": "CONVERTED", "label": "Won"}));
    let lost = node(&json!({"node_type": "DROPPED", "label": "Lost"}));
    for (to, label) in [(won, json!("COMPLETED")), (lost, Value::Null)] {
        let edge = json!({"from_node_id": call, "to_node_id": to, "label": label});
        expect(address, 201, "POST", &format!("{path}/edges"), Some(&edge));
    }
    expect(address, 200, "POST", &format!("{path}/activate"), None);
    path
}

fn enrol(address: SocketAddr, workflow: &str, count: usize) {
    let leads: Vec<Value> = (0..count)
        .map(|number| json!({"phone_number": format!("(212) 555-{:04}", 1_000 + number)}))
        .collect();
    let body = json!({"leads": leads});
    let answer = expect(address, 201, "POST", &format!("{workflow}/leads"), Some(&body));
    assert_eq!(answer["leads_enrolled"], count);
}

fn claim(address: SocketAddr, max: usize) -> Vec<String> {
    let body = json!({"max": max, "lease_s": 600});
    let (status, answer) = ask(address, "POST", "/v1/call-logs/claim", Some(&body)).unwrap();
    assert_eq!(status, 200, "{answer}");
    // The list of calls is the answer, or under its one name.
    let calls =
        answer.as_array().or_else(|| answer.as_object()?.values().find_map(Value::as_array));
    calls
        .unwrap()
        .iter()
        .map(|call| {
            call.get("call_id").or_else(|| call.get("id")).unwrap().as_str().unwrap().into()
        })
        .collect()
}

#[test]
fn what_was_answered_before_a_kill_is_there_after_it() {
    const LEADS: usize = 60;
    let directory = tempfile::tempdir().unwrap();
    let server = Running::start("serve", directory.path(), &[]);
    let address = server.address;
    let path = workflow(address);
    enrol(address, &path, LEADS);
    let mut calls = Vec::new();
    eventually("every call is handed out", || {
        calls.extend(claim(address, 100));
        (calls.len() == LEADS).then_some(())
    });
    let mut answered = Vec::new();
    for call in calls.iter().take(LEADS / 2) {
        let body = json!({"status": "completed"});
        let report = format!("/v1/call-logs/{call}/status");
        if let Some((200, answer)) = ask(address, "POST", &report, Some(&body)) {
            assert_eq!(answer["accepted"], true, "{answer}");
            answered.push(call.clone());
        }
    }
    server.kill();

    let server = Running::start("serve", directory.path(), &[]);
    for call in &answered {
        let log = expect(server.address, 200, "GET", &format!("/v1/call-logs/{call}"), None);
        assert_eq!(log["status"], "completed");
    }
    assert_eq!(claim(server.address, 100), Vec::<String>::new(), "nothing is handed out twice");
    server.kill();
    ended(directory.path(), &answered);
}

fn ended(directory: &Path, answered: &[String]) {
    let leads = sound_leads(directory);
    for call in answered {
        let call: CallId = call.parse().unwrap();
        let state = &leads[&call.lead];
        assert_eq!(state.calls[&call.number].status, CallStatus::Completed);
        assert!(state.status.is_final());
    }
}

#[test]
fn a_second_server_on_the_same_directory_is_told_who_has_it() {
    let directory = tempfile::tempdir().unwrap();
    let server = Running::start("serve", directory.path(), &[]);
    let second = std::process::Command::new(env!("CARGO_BIN_EXE_branchline"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(directory.path())
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(1));
    let told = String::from_utf8_lossy(&second.stderr);
    assert!(told.contains("process"), "{told}");
    let alive = expect(server.address, 200, "GET", "/healthz", None);
    drop(alive);
}
