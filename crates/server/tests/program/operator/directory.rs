//! A data directory with leads in it, as a worker of a campaign would leave it.

use std::{
    net::SocketAddr,
    path::Path,
    process::{Command, Output},
};

use branchline_testkit::legible;
use serde_json::{Value, json};

use crate::{
    client::expect,
    server::{Running, eventually},
};

/// Runs `branchline` with these arguments and the directory.
pub(super) fn branchline(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_branchline"))
        .args(arguments)
        .arg("--data-dir")
        .arg(directory)
        .output()
        .unwrap()
}

/// What it printed, when it went well.
#[track_caller]
pub(crate) fn done(directory: &Path, arguments: &[&str]) -> String {
    let output = branchline(directory, arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Why it was refused.
#[track_caller]
pub(super) fn refused(directory: &Path, arguments: &[&str]) -> String {
    let output = branchline(directory, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// An active workflow of one call with two ends; gives its path.
pub(crate) fn workflow(address: SocketAddr) -> String {
    let settings = json!({"title": "Spring", "settings": {"default_country": "US"}});
    let made = expect(address, 201, "POST", "/v1/workflows", Some(&settings));
    let path = format!("/v1/workflows/{}", made["id"].as_str().unwrap());
    let node = |body: Value| {
        let node = expect(address, 201, "POST", &format!("{path}/nodes"), Some(&body));
        node["id"].as_str().unwrap().to_owned()
    };
    let call = node(json!({
        "node_type": "VOICE_CALL", "label": "Intro", "entry": true,
        "config": {"from_phone_number": "+12025550100"}
    }));
    let won = node(json!({"node_type": "CONVERTED", "label": "Won"}));
    let lost = node(json!({"node_type": "DROPPED", "label": "Lost"}));
    for (to, label) in [(won, json!("COMPLETED")), (lost, Value::Null)] {
        let edge = json!({"from_node_id": call, "to_node_id": to, "label": label});
        expect(address, 201, "POST", &format!("{path}/edges"), Some(&edge));
    }
    expect(address, 200, "POST", &format!("{path}/activate"), None);
    path
}

/// Enrols a lead of this name, calls it, and has it end; gives its id.
pub(super) fn ended_lead(address: SocketAddr, workflow: &str, number: usize, name: &str) -> String {
    let lead = json!({
        "phone_number": format!("(212) 555-{number:04}"),
        "variables": {"name": name}, "notes": format!("{name} likes roses"),
    });
    let path = format!("{workflow}/leads");
    let enrolled = expect(address, 201, "POST", &path, Some(&json!({"leads": [lead]})));
    let id = enrolled["lead_ids"][0].as_str().unwrap().to_owned();
    let path = format!("{workflow}/leads/{id}");
    let call = eventually("the lead has a call", || {
        let claim = json!({"max": 100, "lease_s": 600});
        expect(address, 200, "POST", "/v1/call-logs/claim", Some(&claim));
        expect(address, 200, "GET", &path, None)["call_id"].as_str().map(ToOwned::to_owned)
    });
    let status = json!({"status": "completed", "attributes": {"mood": format!("{name} is glad")}});
    expect(address, 200, "POST", &format!("/v1/call-logs/{call}/status"), Some(&status));
    eventually("the lead has ended", || {
        let lead = expect(address, 200, "GET", &path, None);
        (lead["status"] == "completed").then_some(())
    });
    id
}

/// A running server with these leads, each ended; gives the ids.
pub(crate) fn with_leads(directory: &Path, names: &[&str]) -> (Running, String, Vec<String>) {
    let server = Running::start("serve", directory, &[]);
    let path = workflow(server.address);
    let ids = (1..).zip(names);
    let ids = ids.map(|(number, name)| ended_lead(server.address, &path, number, name)).collect();
    (server, path, ids)
}

/// Whether any file under the directory has these bytes, as they are or in a block.
pub(super) fn contains(directory: &Path, needle: &[u8]) -> Option<std::path::PathBuf> {
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if legible(std::fs::read(&path).unwrap())
                .windows(needle.len())
                .any(|window| window == needle)
            {
                return Some(path);
            }
        }
    }
    None
}
