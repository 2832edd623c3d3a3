//! The player can say no: stories that are wrong, and what it must say about each.

use crate::support::{complaint_of, difference_of};

#[test]
fn an_event_that_does_not_come_is_missed() {
    let told = difference_of(
        r#"
title = "wrong"
source = "none"
graph = ["won: CONVERTED"]

[[step]]
when = "activate"
then = ["workflow: activated", "workflow: paused"]
"#,
    );
    let promised = "line 6: activate\n    workflow: activated\n  - workflow: paused";
    assert!(told.contains(promised), "{told}");
}

#[test]
fn an_event_that_nobody_expects_is_told() {
    let told = difference_of(
        r#"
title = "wrong"
source = "none"
graph = ["won: CONVERTED"]

[[step]]
when = "activate"
then = []
"#,
    );
    let promised = "line 6: activate\n  + workflow: activated";
    assert!(told.contains(promised), "{told}");
}

#[test]
fn events_of_one_lead_in_another_order_are_told() {
    let told = difference_of(
        r#"
title = "wrong"
source = "none"
graph = ["won: CONVERTED"]
start = "active"

[[step]]
when = "enrol asha +919812345601"
then = ["lead asha: node_entered won", "lead asha: enrolled", "lead asha: completed"]
"#,
    );
    let promised = "line 7: enrol asha +919812345601\n";
    assert!(told.contains(promised), "{told}");
}

#[test]
fn a_command_that_is_not_refused_is_told() {
    let told = difference_of(
        r#"
title = "wrong"
source = "none"
graph = ["won: CONVERTED"]

[[step]]
when = "activate"
refused = "wrong_status"
"#,
    );
    let promised = "  - refused as wrong_status\n  + workflow: activated";
    assert!(told.contains(promised), "{told}");
}

#[test]
fn a_refusal_for_another_reason_is_told() {
    let told = difference_of(
        r#"
title = "wrong"
source = "none"

[[step]]
when = "pause"
refused = "not_found"
"#,
    );
    let promised = "  - refused as not_found\n  + refused as wrong_status: ";
    assert!(told.contains(promised), "{told}");
}

#[test]
fn a_refusal_that_nobody_expects_is_told() {
    let told = difference_of(
        r#"
title = "wrong"
source = "none"

[[step]]
when = "pause"
then = []
"#,
    );
    let promised = "line 5: pause\n  + refused as wrong_status: ";
    assert!(told.contains(promised), "{told}");
}

#[test]
fn another_status_is_told() {
    let told = difference_of(
        r#"
title = "wrong"
source = "none"
graph = ["won: CONVERTED"]

[[step]]
when = "activate"
then = ["workflow: activated"]
status = { workflow = "paused" }
"#,
    );
    let promised = "  - status workflow: paused\n  + status workflow: active";
    assert!(told.contains(promised), "{told}");
}

#[test]
fn another_guard_is_told() {
    let told = difference_of(
        r#"
title = "wrong"
source = "none"
graph = ["won: CONVERTED"]

[[step]]
when = "enrol asha +919812345601"
then = ["lead asha: enrolled"]
explain = { asha = ["final"] }
"#,
    );
    let promised = "  - explain asha: final\n  + explain asha: workflow_not_active";
    assert!(told.contains(promised), "{told}");
}

#[test]
fn another_acceptance_is_told() {
    let told = difference_of(
        r#"
title = "wrong"
source = "none"
graph = ["won: CONVERTED"]

[[step]]
when = "activate"
then = ["workflow: activated"]
accepted = true
"#,
    );
    let promised = "  - accepted: true\n  + accepted: only a report is taken or not";
    assert!(told.contains(promised), "{told}");
}

#[test]
fn an_unknown_key_is_told_with_its_line() {
    let told = complaint_of(
        r#"
title = "wrong"
source = "none"
graphs = []
"#,
    );
    let promised = "story:3:1: unknown key `graphs`\n  |\n3 | graphs = []\n  | ^^^^^^\n  = did you mean `graph`?";
    assert!(told.contains(promised), "{told}");
}

#[test]
fn a_node_of_no_type_is_told_with_its_line() {
    let told = complaint_of(
        r#"
title = "wrong"
source = "none"
graph = [
    "won: CONVERTED",
    "lost: LOST",
]
"#,
    );
    let promised = "story:5:5: `LOST` is not a node type";
    assert!(told.contains(promised), "{told}");
}

#[test]
fn a_command_that_is_none_is_told_with_its_line() {
    let told = complaint_of(
        r#"
title = "wrong"
source = "none"

[[step]]
when = "stop"
then = []
"#,
    );
    let promised = "story:5:8: `stop` is no command";
    assert!(told.contains(promised), "{told}");
}

#[test]
fn a_step_without_an_expectation_is_told() {
    let told = complaint_of(
        r#"
title = "wrong"
source = "none"
graph = ["won: CONVERTED"]

[[step]]
when = "activate"
"#,
    );
    let promised = "story:6:8: a step promises something";
    assert!(told.contains(promised), "{told}");
}
