//! `branchline workflow` of a server.

use serde_json::{Value, json};

use super::{Asked, DEMO, masked};

#[test]
fn a_workflow_is_made_changed_and_ended() {
    let asked = Asked::start();
    let id = asked.done(&[
        "workflow",
        "create",
        "--title",
        "Spring",
        "--set",
        "default_country=US",
        "--description",
        "Calls everybody",
    ]);
    let id = id.trim();
    assert!(id.starts_with("wf_"), "{id}");
    asked.done(&["workflow", "graph", "put", "Spring", DEMO]);
    let edited =
        asked.done(&["workflow", "edit", id, "--title", "Summer", "--set", "auto_complete:=true"]);
    assert!(edited.contains("Summer"), "{edited}");
    let shown = &asked.json(&["workflow", "show", "Summer"])[0];
    assert_eq!(shown["settings"]["auto_complete"], true);
    assert_eq!(shown["settings"]["default_country"], "US", "what is not named stays");
    assert_eq!(shown["description"], "Calls everybody");
    let shown = &asked.json(&["workflow", "edit", "Summer", "--no-description"])[0];
    assert_eq!(shown["description"], Value::Null);
    for (action, status) in [("activate", "active"), ("pause", "paused"), ("resume", "active")] {
        let said = asked.done(&["workflow", action, "Summer"]);
        assert!(said.starts_with(&format!("{id} is {status}")), "{said}");
    }
    assert!(asked.done(&["workflow", "complete", "Summer"]).contains("is completed"));
    let copy = asked.done(&["workflow", "duplicate", "Summer"]);
    let copy = copy.trim();
    assert!(asked.done(&["workflow", "cancel", copy, "--yes"]).contains("is cancelled"));
    assert_eq!(asked.done(&["workflow", "delete", copy, "--yes"]), format!("{copy} is deleted\n"));
    assert_eq!(asked.json(&["workflow", "list"]).len(), 1);
    assert!(asked.json(&["workflow", "list", "--status", "running"]).is_empty());
}

#[test]
fn a_list_is_a_table_for_people_and_lines_for_programs() {
    let asked = Asked::start();
    for title in ["Spring", "Sommer \u{fc}ber alles"] {
        asked.done(&["workflow", "create", "--title", title]);
    }
    assert_eq!(
        masked(&asked.done(&["workflow", "list"])),
        "id title status leads nodes updated\nwf_# Spring draft 0 0 T\nwf_# Sommer \u{fc}ber alles draft 0 0 T"
    );
    let table = asked.done(&["workflow", "list"]);
    let columns: Vec<usize> = table.lines().map(|line| line.find("draft").unwrap_or(0)).collect();
    let umlaut = 1;
    assert_eq!(columns[1] + umlaut, columns[2], "columns line up\n{table}");
    let raw = asked.done(&["workflow", "list", "--json"]);
    assert!(
        raw.lines().all(|line| line.starts_with("{\"id\":\"wf_")),
        "as the API wrote it: {raw}"
    );
    let sorted = asked.json(&["workflow", "list", "--sort", "-title"]);
    assert_eq!(sorted[0]["title"], "Spring");
    let told = asked.refused(1, &["workflow", "list", "--sort", "titel"]);
    assert!(told.contains("did you mean `title`"), "{told}");
    let output = asked.run(&["workflow", "list", "--limit", "1"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("1 of 2 are shown"));
    assert_eq!(asked.json(&["workflow", "list", "--limit", "1"]).len(), 1);
}

#[test]
fn a_graph_goes_out_and_in_and_keeps_what_somebody_else_did() {
    let asked = Asked::start();
    asked.done(&["workflow", "create", "--file", DEMO]);
    let table = asked.done(&["workflow", "graph", "get", "Spring offer"]);
    assert!(table.starts_with("revision 1\n") && table.contains("Introduce the offer"), "{table}");
    let got = asked.done(&["workflow", "graph", "get", "Spring offer", "--json"]);
    let mut graph: Value = serde_json::from_str(&got).unwrap();
    let same = asked.file("same.json", &got);
    let put = &asked.json(&["workflow", "graph", "put", "Spring offer", &same])[0];
    assert_eq!(put["revision"], 1, "nothing has changed");

    graph["nodes"][0]["label"] = json!("Say hello");
    let changed = asked.file("changed.json", graph.to_string());
    let put = asked.done(&["workflow", "graph", "put", "Spring offer", &changed]);
    assert!(put.starts_with("revision 2\n") && put.contains("Say hello"), "{put}");
    let told = asked.refused(1, &["workflow", "graph", "put", "Spring offer", &same]);
    assert!(told.contains("(stale_revision)"), "{told}");
    let put =
        &asked.json(&["workflow", "graph", "put", "Spring offer", &same, "--revision", "2"])[0];
    assert_eq!(put["revision"], 3);
}

#[test]
fn a_graph_is_checked_and_every_fault_has_a_line() {
    let asked = Asked::start();
    let file =
        asked.file("w.toml", "title = \"W\"\n[[nodes]]\nkey = \"a\"\nnode_type = \"VOICE_CALL\"\n");
    asked.done(&["workflow", "create", "--file", &file]);
    let output = asked.run(&["workflow", "graph", "check", "W"]);
    assert_eq!(output.status.code(), Some(1));
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains("fault missing_number at node_"), "{table}");
    let told = asked.refused(1, &["workflow", "activate", "W"]);
    assert!(told.contains("(invalid_graph)"), "{told}");
    assert!(told.contains("\n  missing_number at node_"), "{told}");
    asked.done(&["workflow", "graph", "put", "W", DEMO]);
    assert!(asked.done(&["workflow", "graph", "check", "W"]).contains(": valid; 0 faults"));
}

#[test]
fn counts_name_the_nodes() {
    let asked = Asked::start();
    asked.spring();
    asked.done(&["lead", "add", "Spring", "212 555 0123"]);
    assert_eq!(
        masked(&asked.done(&["workflow", "counts", "Spring"])),
        "status leads\npending 0\nactive 1\ncompleted 0\ndropped 0\nremoved 0\n\n\
         node label type here held passed\nnode_# Intro VOICE_CALL 1 0 0\nnode_# Won CONVERTED 0 0 0\n\
         node_# Lost DROPPED 0 0 0"
    );
    assert_eq!(asked.json(&["workflow", "counts", "Spring"])[0]["by_status"]["active"], 1);
}

#[test]
fn insights_tell_how_far_leads_came() {
    let asked = Asked::start();
    asked.spring();
    asked.done(&["lead", "add", "Spring", "212 555 0123"]);
    let call = asked.json(&["call", "claim", "--max", "1"])[0]["call_id"].clone();
    asked.done(&["call", "report", call.as_str().unwrap(), "completed"]);
    let told = masked(&asked.done(&["workflow", "insights", "Spring"]));
    let (funnel, rest) = told.split_once("\n\n").unwrap();
    assert!(funnel.starts_with("stage leads of all\nenrolled 1 100.0 %\n"), "{told}");
    assert!(funnel.contains("\nanswered 1 100.0 %\nconverted 1 100.0 %"), "{told}");
    assert!(rest.contains("\nnode_# Intro VOICE_CALL 1 1 1 "), "{told}");
    assert_eq!(asked.json(&["workflow", "insights", "Spring"])[0]["funnel"]["converted"], 1);
    let hours = asked.done(&["workflow", "insights", "Spring", "--csv", "hours"]);
    assert!(
        hours.starts_with("weekday,hour,timezone,dialled,answered\r\nmonday,0,UTC,"),
        "{hours}"
    );
    let refused = asked.refused(2, &["workflow", "insights", "Spring", "--csv", "hour"]);
    assert!(refused.contains("hours"), "{refused}");
}

#[test]
fn a_command_that_is_sent_again_under_its_key_is_done_once() {
    let asked = Asked::start();
    let line = ["workflow", "create", "--title", "Spring", "--idempotency-key", "nightly-1"];
    let first = asked.done(&line);
    assert_eq!(asked.done(&line), first);
    assert_eq!(asked.json(&["workflow", "list"]).len(), 1);
}
