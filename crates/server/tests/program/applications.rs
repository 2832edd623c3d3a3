//! `branchline serve`, with application steps that ask another system over HTTP.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    audit::sound_leads,
    client::expect,
    server::{Running, eventually},
};

/// Longest that a test waits for a request.
const PATIENCE: Duration = Duration::from_mins(1);

/// The other system: tells what it was sent, and answers what it is told to. `None` breaks the
/// connection when the test is over.
pub(crate) struct OtherSystem {
    pub(crate) address: SocketAddr,
    heard: mpsc::Receiver<String>,
}

impl OtherSystem {
    pub(crate) fn answering(answers: Vec<Option<&'static str>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (told, heard) = mpsc::channel();
        thread::spawn(move || {
            let mut silent = Vec::new();
            for answer in answers {
                let Ok((mut stream, _)) = listener.accept() else { return };
                let mut request = Vec::new();
                let mut chunk = [0; 4_096];
                // The body ends with this, in every request of these tests.
                while !request.ends_with(b"}") {
                    match stream.read(&mut chunk) {
                        Ok(count) if count > 0 => request.extend_from_slice(&chunk[..count]),
                        Ok(_) | Err(_) => break,
                    }
                }
                if told.send(String::from_utf8_lossy(&request).into_owned()).is_err() {
                    return;
                }
                let Some(body) = answer else {
                    silent.push(stream);
                    continue;
                };
                let length = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
                     Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
                );
            }
        });
        Self { address, heard }
    }

    pub(crate) fn heard(&self) -> String {
        self.heard.recv_timeout(PATIENCE).expect("the other system was asked")
    }
}

/// A workflow that asks the other system for a score, and wins whoever has more than 5; active.
fn workflow(server: SocketAddr, other: SocketAddr, headers: &Value) -> String {
    let settings = json!({"title": "Scores", "settings": {"default_country": "US"}});
    let made = expect(server, 201, "POST", "/v1/workflows", Some(&settings));
    let path = format!("/v1/workflows/{}", made["id"].as_str().unwrap());
    let node = |body: Value| {
        let node = expect(server, 201, "POST", &format!("{path}/nodes"), Some(&body));
        node["id"].as_str().unwrap().to_owned()
    };
    let ask = node(json!({
        "node_type": "APPLICATION", "label": "Score", "entry": true,
        "config": {
            "http": {
                "method": "POST",
                "url": format!("http://{other}/scores/{{{{city}}}}"),
                "headers": headers,
                "body": {"phone": "{{phone_number}}", "city": "{{city}}"},
            },
            "retry": {"max_attempts": 2, "delay_s": 1},
        }
    }));
    let field = format!("application.{ask}.score");
    let good = node(json!({
        "node_type": "CONDITIONAL", "label": "Good",
        "config": {"conditions": [{"field": field, "operator": "greater_than", "value": 5}]}
    }));
    let won = node(json!({"node_type": "CONVERTED", "label": "Won"}));
    let lost = node(json!({"node_type": "DROPPED", "label": "Lost"}));
    for (from, to, label) in [
        (&ask, &good, "success"),
        (&ask, &lost, "failure"),
        (&good, &won, "true"),
        (&good, &lost, "false"),
    ] {
        let edge = json!({"from_node_id": from, "to_node_id": to, "label": label});
        expect(server, 201, "POST", &format!("{path}/edges"), Some(&edge));
    }
    expect(server, 200, "POST", &format!("{path}/activate"), None);
    path
}

/// Enrols one lead; gives its path.
fn enrol(server: SocketAddr, workflow: &str) -> String {
    let lead = json!({"phone_number": "(212) 555-1000", "variables": {"city": "São \"Paulo\""}});
    let body = json!({"leads": [lead]});
    let answer = expect(server, 201, "POST", &format!("{workflow}/leads"), Some(&body));
    format!("{workflow}/leads/{}", answer["lead_ids"][0].as_str().unwrap())
}

fn until_ended(server: SocketAddr, lead: &str) -> String {
    eventually("the lead comes to an end", || {
        let found = expect(server, 200, "GET", lead, None);
        let status = found["status"].as_str().unwrap();
        matches!(status, "completed" | "dropped").then(|| status.to_owned())
    })
}

fn tries(server: SocketAddr, lead: &str) -> Vec<Value> {
    let told = expect(server, 200, "GET", &format!("{lead}/history"), None);
    told["visits"][0]["tries"].as_array().unwrap().clone()
}

const PRIVATE: (&str, &str) = ("BRANCHLINE_APPLICATIONS_ALLOW_PRIVATE_ADDRESSES", "true");

/// Source: CONTRACT.md 5-application, 5-application-tries, 5-templates.
#[test]
fn a_lead_is_sent_to_another_system_and_goes_where_its_answer_says() {
    let other = OtherSystem::answering(vec![Some(r#"{"score": 7, "token": "hush"}"#)]);
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("my.toml");
    fs::write(&config, "[applications]\nsecret_hosts = [\"CRM_TOKEN 127.0.0.1\"]\n").unwrap();
    let flags = ["--config", config.to_str().unwrap()];
    let environment = [PRIVATE, ("BRANCHLINE_SECRET_CRM_TOKEN", "s3cret!")];
    let data = directory.path().join("data");
    let server = Running::start_with("serve", &data, &flags, &environment);
    let headers = json!({"Authorization": "Bearer {{secret:CRM_TOKEN}}"});
    let path = workflow(server.address, other.address, &headers);
    let lead = enrol(server.address, &path);

    let heard = other.heard();
    assert!(heard.starts_with("POST /scores/S%C3%A3o%20%22Paulo%22 HTTP/1.1"), "{heard}");
    assert!(heard.contains("authorization: Bearer s3cret!"), "{heard}");
    let id = lead.rsplit('/').next().unwrap();
    assert!(heard.contains(&format!("idempotency-key: {id}_1")), "{heard}");
    let (_, body) = heard.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body, json!({"phone": "+12125551000", "city": "São \"Paulo\""}));

    assert_eq!(until_ended(server.address, &lead), "completed");
    let tries = tries(server.address, &lead);
    assert_eq!(tries.len(), 1);
    assert_eq!((&tries[0]["attempt"], &tries[0]["outcome"]), (&json!(1), &json!("succeeded")));
    assert_eq!(tries[0]["request"]["headers"]["Authorization"], "[redacted]");
    assert_eq!(tries[0]["response"]["status"], 200);
    let shown = tries[0].to_string();
    for personal in ["s3cret!", "hush", "Paulo", "2125551000"] {
        assert!(!shown.contains(personal), "{personal} is in {shown}");
    }
    server.kill();
    let leads = sound_leads(&data);
    assert_eq!(leads.len(), 1);
}

#[test]
fn a_try_that_a_kill_interrupted_is_made_again_under_the_same_key() {
    let other = OtherSystem::answering(vec![None, Some(r#"{"score": 9}"#)]);
    let directory = tempfile::tempdir().unwrap();
    let server = Running::start_with("serve", directory.path(), &[], &[PRIVATE]);
    let path = workflow(server.address, other.address, &json!({}));
    let lead = enrol(server.address, &path);
    let key = |heard: &str| {
        let line = heard.lines().find(|line| line.starts_with("idempotency-key: "));
        line.unwrap().to_owned()
    };
    let first = key(&other.heard());
    server.kill();

    let server = Running::start_with("serve", directory.path(), &[], &[PRIVATE]);
    assert_eq!(key(&other.heard()), first);
    assert_eq!(until_ended(server.address, &lead), "completed");
    let outcomes: Vec<_> =
        tries(server.address, &lead).iter().map(|tried| tried["outcome"].clone()).collect();
    assert_eq!(outcomes, ["interrupted", "succeeded"]);
    server.kill();
    sound_leads(directory.path());
}

#[test]
fn our_own_network_is_not_asked_unless_the_configuration_says_so() {
    let other = OtherSystem::answering(vec![Some("{}")]);
    let directory = tempfile::tempdir().unwrap();
    let server = Running::start("serve", directory.path(), &[]);
    let path = workflow(server.address, other.address, &json!({}));
    let lead = enrol(server.address, &path);
    assert_eq!(until_ended(server.address, &lead), "dropped");
    let tries = tries(server.address, &lead);
    assert_eq!(tries.len(), 1, "another try would not help");
    let error = tries[0]["error"].as_str().unwrap();
    assert!(error.contains("allow_private_addresses"), "{error}");
    assert!(other.heard.try_recv().is_err());
}

#[test]
fn a_secret_without_a_host_or_a_value_is_told_at_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let refused = |config: &str, environment: &[(&str, &str)]| {
        let file = directory.path().join("my.toml");
        fs::write(&file, config).unwrap();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_branchline"))
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(&file)
            .arg("--data-dir")
            .arg(&data)
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let told = refused("", &[("BRANCHLINE_SECRET_CRM_TOKEN", "s3cret!")]);
    assert!(told.contains("secret_hosts") && !told.contains("s3cret!"), "{told}");
    let told = refused("[applications]\nsecret_hosts = [\"CRM_TOKEN e.com\"]\n", &[]);
    assert!(told.contains("BRANCHLINE_SECRET_CRM_TOKEN"), "{told}");
}
