//! Files of leads, and one action on many of them.

use std::fmt::Write as _;

use super::{Asked, masked, told};

/// A file of this many leads of New York.
fn file(leads: u32) -> String {
    file_of("+1212555", leads)
}

fn file_of(begins: &str, leads: u32) -> String {
    let mut text = "phone_number,name\n".to_owned();
    for lead in 0..leads {
        writeln!(text, "{begins}{lead:04},Lead {lead}").unwrap();
    }
    text
}

#[test]
fn a_short_file_is_enrolled_at_once_and_a_long_one_is_waited_for() {
    let asked = Asked::start_with("[engine]\nimport_wait_rows = 100\n");
    asked.spring();
    let short = asked.file("short.csv", file(3));
    assert_eq!(
        asked.done(&["lead", "import", "Spring", &short]),
        "3 leads enrolled, 0 duplicates skipped\n"
    );
    let long = asked.file("long.csv", file(400));
    assert_eq!(
        asked.done(&["lead", "import", "Spring", &long]),
        "397 leads enrolled, 3 duplicates skipped\n"
    );
    let all = asked.json(&["lead", "list", "Spring"]);
    assert_eq!(all.len(), 400, "more than a page");
    let enrolled = asked
        .run_with(&["lead", "import", "Spring", "-", "--duplicates", "allow", "--json"], &file(1));
    assert_eq!(
        serde_json::from_slice::<serde_json::Value>(&enrolled.stdout).unwrap()["leads_enrolled"],
        1
    );
    let others = asked.file("others.csv", file_of("+1312555", 400));
    let id = asked.done(&["lead", "import", "Spring", &others, "--no-wait"]);
    assert!(id.starts_with("import_"), "{id}");
    let imports = asked.json(&["lead", "imports", "Spring", "--sort", "-at"]);
    assert_eq!((imports.len(), imports[0]["id"].as_str()), (4, Some(id.trim())), "{imports:?}");
    assert_eq!(imports[0]["file_name"], "others.csv");
}

#[test]
fn a_file_with_faults_enrols_nobody_and_names_its_rows() {
    let asked = Asked::start();
    asked.spring();
    let bad = asked.file("bad.csv", "phone_number\n+12125550100\nnot a number\n12\n");
    let told = asked.refused(1, &["lead", "import", "Spring", &bad]);
    assert!(told.contains("(faulty_rows)") && told.contains("row 3"), "{told}");
    let noise = asked.file("noise.csv", [0xff, 0xfe, 0x00, 0x80]);
    let told = asked.refused(1, &["lead", "import", "Spring", &noise]);
    assert!(told.contains("branchline: "), "{told}");
    let told = asked.refused(1, &["lead", "import", "Spring", "none.csv"]);
    assert!(told.contains("cannot read none.csv"), "{told}");
    assert!(asked.json(&["lead", "list", "Spring"]).is_empty());
    let refused = masked(&asked.done(&["lead", "imports", "Spring"]));
    assert!(refused.contains("import_# bad.csv T refused "), "{refused}");
}

#[test]
fn an_action_on_many_is_shown_first_and_done_in_parts() {
    let asked = Asked::start();
    asked.spring();
    let csv = asked.file("leads.csv", file(5));
    asked.done(&["lead", "import", "Spring", &csv]);
    // All calls are refused, so that every lead is held.
    let calls = asked.json(&["call", "list"]);
    let claimed = asked.json(&["call", "claim", "--max", "5"]);
    assert_eq!((calls.len(), claimed.len()), (5, 5));
    for call in &claimed {
        let call = call["call_id"].as_str().unwrap();
        asked.done(&["call", "refused", call, "--reason", "no line"]);
    }
    let act = ["lead", "act", "Spring", "resolve", "--held", "--output", "DNP"];
    let preview = asked.done(&[&act[..], &["--dry-run"]].concat());
    assert_eq!(masked(&preview), "held leads would be\ndial_refused 5 done\n5 leads in all");
    let told = told(&asked.run(&act), 1);
    assert!(told.contains("This will resolve 5 leads") && told.contains("add --yes"), "{told}");
    assert_eq!(asked.json(&["lead", "list", "Spring", "--held", "dial_refused"]).len(), 5);

    let parts = [&act[..], &["--yes", "--part", "2", "--idempotency-key", "k"]].concat();
    assert_eq!(masked(&asked.done(&parts)), "result leads code for example\ndone 5 -");
    assert!(asked.json(&["lead", "list", "Spring", "--held"]).is_empty());
    let output = asked.run(&act);
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("no lead is meant"));

    let remove = ["lead", "act", "Spring", "remove", "--every", "--yes"];
    let output = asked.run(&remove);
    assert_eq!(output.status.code(), Some(1), "leads that have ended are refused: {output:?}");
    let table = masked(&String::from_utf8_lossy(&output.stdout));
    assert!(table.contains("\nrefused 5 lead_ended "), "{table}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("5 leads not done"));
}

#[test]
fn leads_and_calls_go_into_files_that_can_be_enrolled_again() {
    let asked = Asked::start();
    asked.spring();
    let csv = asked.file("leads.csv", file(250));
    asked.done(&["lead", "import", "Spring", &csv]);
    let out = asked.directory.path().join("all.csv");
    let line = ["lead", "export", "Spring", "--raw", "--out", out.to_str().unwrap()];
    assert_eq!(asked.done(&line), "");
    let exported = std::fs::read_to_string(&out).unwrap();
    assert_eq!(exported.lines().count(), 251, "more than a page");
    assert!(exported.contains("+12125550007,Lead 7,"), "{exported}");
    let told = asked.refused(1, &line);
    assert!(told.contains("left as it is"), "{told}");
    asked.done(&["workflow", "create", "--title", "Again"]);
    let again = asked.done(&["lead", "import", "Again", out.to_str().unwrap()]);
    assert_eq!(again, "250 leads enrolled, 0 duplicates skipped\n");
    assert_eq!(asked.done(&["lead", "export", "Spring", "--held"]).lines().count(), 1);
    let calls = asked.done(&["call", "export", "--workflow", "Spring", "--status", "created"]);
    assert_eq!(calls.lines().count(), 251);
    let told = asked.refused(2, &["call", "export", "--json"]);
    assert!(told.contains("call list --json"), "{told}");
}

#[test]
fn leads_are_put_at_the_node_that_people_name() {
    let asked = Asked::start();
    asked.spring();
    asked.done(&["lead", "add", "Spring", "2125550123"]);
    let line = ["lead", "act", "Spring", "move-to", "--node", "Intro", "--to", "Lost", "--yes"];
    let results = asked.json(&line);
    assert_eq!(results[0]["result"], "done", "{results:?}");
    assert_eq!(asked.json(&["lead", "find", "+12125550123"])[0]["status"], "dropped");
    let told = asked.refused(1, &["lead", "list", "Spring", "--node", "Nowhere"]);
    assert!(told.contains("has no node `Nowhere`") && told.contains("Intro"), "{told}");
}
