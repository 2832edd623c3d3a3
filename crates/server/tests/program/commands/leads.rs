//! `branchline lead` of a server, one lead at a time.

use serde_json::json;

use super::{Asked, masked};

#[test]
fn a_lead_is_added_found_edited_and_removed() {
    let asked = Asked::start();
    asked.spring();
    let id = asked.done(&[
        "lead",
        "add",
        "Spring",
        "(212) 555-0123",
        "--var",
        "name=Asha",
        "--var",
        "age:=42",
        "--notes",
        "call late",
    ]);
    let id = id.trim();
    let found = &asked.json(&["lead", "find", "+12125550123"])[0];
    assert_eq!(found["id"], id);
    assert_eq!(found["variables"], json!({"age": 42, "name": "Asha"}));
    assert_eq!(asked.json(&["lead", "find", "212 555 0123", "--country", "US"])[0]["id"], id);
    for name in [id, "+12125550123", "+1 (212) 555-0123"] {
        assert_eq!(asked.json(&["lead", "show", name])[0]["id"], id, "{name}");
    }
    let edited =
        asked.done(&["lead", "edit", id, "--var", "city=Pune", "--unset", "age", "--no-notes"]);
    assert!(edited.contains(r#"{"city":"Pune","name":"Asha"}"#), "{edited}");
    assert!(!edited.contains("call late"), "{edited}");
    assert_eq!(
        masked(&asked.done(&["lead", "list", "Spring"])),
        "id phone number status held node enrolled\nlead_# +12125550123 active - Intro T"
    );
    assert!(asked.json(&["lead", "list", "Spring", "--held"]).is_empty());
    assert_eq!(asked.json(&["lead", "list", "Spring", "--node", "Intro"]).len(), 1);
    let removed = asked.done(&["lead", "remove", id, "--workflow", "Spring", "--yes"]);
    assert!(removed.contains("removed"), "{removed}");
    assert_eq!(asked.json(&["lead", "list", "Spring", "--status", "removed"]).len(), 1);
}

#[test]
fn a_number_that_is_there_already_is_refused_unless_it_is_wanted_again() {
    let asked = Asked::start();
    asked.spring();
    asked.done(&["lead", "add", "Spring", "2125550123"]);
    let told = asked.refused(1, &["lead", "add", "Spring", "2125550123"]);
    assert!(told.contains("row 1: the number is in the workflow already"), "{told}");
    let second = asked.done(&["lead", "add", "Spring", "2125550123", "--duplicates", "allow"]);
    let told = asked.refused(1, &["lead", "show", "+12125550123"]);
    assert!(told.contains("belongs to 2 leads") && told.contains(second.trim()), "{told}");
}

#[test]
fn a_held_lead_is_explained_and_resolved_and_its_way_is_told() {
    let asked = Asked::start();
    asked.spring();
    let id = asked.done(&["lead", "add", "Spring", "2125550123"]);
    let id = id.trim();
    let call = asked.call();
    asked.done(&["call", "report", &call, "cancelled"]);
    let why = asked.done(&["lead", "explain", id]);
    assert!(why.contains("\n  review_required: "), "{why}");
    assert!(why.contains("\n    evidence  record "), "{why}");
    assert!(why.contains("\nnext: resolve the lead"), "{why}");
    let told = asked.refused(1, &["lead", "resolve", id, "--output", "true"]);
    assert!(told.contains("(wrong_resolution)"), "{told}");
    let resolved = asked.done(&["lead", "resolve", id, "--output", "COMPLETED"]);
    assert!(resolved.contains("completed"), "{resolved}");
    let told = asked.refused(1, &["lead", "resolve", id, "--redial"]);
    assert!(told.contains("(lead_ended)") || told.contains("(lead_not_held)"), "{told}");
    let way = masked(&asked.done(&["lead", "history", id]));
    assert!(way.contains("\nT Intro COMPLETED Won person - "), "{way}");
    assert!(way.contains("\n1 Intro VOICE_CALL cancelled T T - 0"), "{way}");
    assert_eq!(asked.json(&["lead", "history", id])[0]["lead"]["status"], "completed");
}

#[test]
fn a_lead_is_found_by_its_id_alone_also_before_its_first_call() {
    let asked = Asked::start();
    asked.done(&["workflow", "create", "--title", "Other"]);
    asked.done(&["workflow", "create", "--title", "Draft", "--set", "default_country=US"]);
    let id = asked.done(&["lead", "add", "Draft", "2125550123"]);
    assert_eq!(asked.json(&["lead", "show", id.trim()])[0]["status"], "pending");
    let unknown = "lead_0192f3a1-0000-7000-8000-000000000002";
    let told = asked.refused(1, &["lead", "show", unknown]);
    assert!(told.contains("there is no lead lead_0192f3a1"), "{told}");
    let told = asked.refused(1, &["lead", "show", unknown, "--workflow", "Draft"]);
    assert!(told.contains("(lead_not_found)"), "{told}");
}
