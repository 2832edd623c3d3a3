//! `branchline demo`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    audit::sound_leads,
    client::ask,
    server::{Running, eventually},
};

const FLAGS: [&str; 6] = ["--leads", "200", "--speed", "7200", "--exit-when-done", "--seed=7"];

fn ended_so_far(demo: &Running) -> Option<u64> {
    let (_, list) = ask(demo.address, "GET", "/v1/workflows", None)?;
    let workflow = list.pointer("/data/0/id")?.as_str()?.to_owned();
    let path = format!("/v1/workflows/{workflow}/counts");
    let (_, counts) = ask(demo.address, "GET", &path, None)?;
    let count = |name: &str| counts.pointer(&format!("/by_status/{name}")).and_then(Value::as_u64);
    Some(count("completed")? + count("dropped")?)
}

#[test]
fn a_demo_killed_in_the_middle_goes_on_and_ends_with_nobody_called_twice_in_a_visit() {
    let directory = tempfile::tempdir().unwrap();
    let demo = Running::start("demo", directory.path(), &FLAGS);
    eventually("some leads have ended", || ended_so_far(&demo).filter(|&ended| ended >= 20));
    demo.kill();

    let before = sound_leads(directory.path());
    let demo = Running::start("demo", directory.path(), &FLAGS);
    assert!(demo.wait().success());

    let after = sound_leads(directory.path());
    assert_eq!(after.len(), 200);
    for (lead, state) in &after {
        assert!(state.status.is_final(), "{lead} is {}", state.status);
        let mut calls_of_visit: BTreeMap<u32, u32> = BTreeMap::new();
        for call in state.calls.values() {
            *calls_of_visit.entry(call.visit).or_default() += 1;
        }
        assert!(calls_of_visit.values().all(|&calls| calls == 1), "{lead}: {calls_of_visit:?}");
    }
    for (lead, earlier) in before.iter().filter(|(_, state)| state.status.is_final()) {
        assert_eq!(after.get(lead), Some(earlier), "what had ended has not changed");
    }

    let demo = Running::start("demo", directory.path(), &FLAGS);
    assert!(demo.wait().success());
    assert_eq!(sound_leads(directory.path()), after, "a finished campaign stays as it is");
}
