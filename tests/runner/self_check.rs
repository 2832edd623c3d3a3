//! The runner can say no: stories that are wrong, and what it must say about each.

use branchline_scenarios::{
    decider_world::DeciderWorld,
    passage::Straight,
    play::{self, Source},
    scenario::Scenario,
};
use libtest_mimic::{Failed, Trial};

/// What is wrong with a story, its text, and a piece of the complaint.
const WRONG: &[(&str, &str, &str)] = &[
    (
        "an_event_that_does_not_come_is_missed",
        r#"
            title = "wrong"
            source = "none"
            graph = ["won: CONVERTED"]

            [[step]]
            when = "activate"
            then = ["workflow: activated", "workflow: paused"]
        "#,
        "story:7: activate: \n  expected:\n    workflow: activated\n    workflow: paused\n  recorded:\n    workflow: activated",
    ),
    (
        "an_event_that_nobody_expects_is_told",
        r#"
            title = "wrong"
            source = "none"
            graph = ["won: CONVERTED"]

            [[step]]
            when = "activate"
            then = []
        "#,
        "recorded:\n    workflow: activated",
    ),
    (
        "events_of_one_lead_in_another_order_are_told",
        r#"
            title = "wrong"
            source = "none"
            graph = ["won: CONVERTED"]
            start = "active"

            [[step]]
            when = "enrol asha +919812345601"
            then = ["lead asha: node_entered won", "lead asha: enrolled", "lead asha: completed"]
        "#,
        "story:8: enrol asha",
    ),
    (
        "a_command_that_is_not_refused_is_told",
        r#"
            title = "wrong"
            source = "none"
            graph = ["won: CONVERTED"]

            [[step]]
            when = "activate"
            refused = "wrong_status"
        "#,
        "story:8: not refused",
    ),
    (
        "a_refusal_for_another_reason_is_told",
        r#"
            title = "wrong"
            source = "none"

            [[step]]
            when = "pause"
            refused = "not_found"
        "#,
        "story:7: refused as wrong_status",
    ),
    (
        "a_refusal_that_nobody_expects_is_told",
        r#"
            title = "wrong"
            source = "none"

            [[step]]
            when = "pause"
            then = []
        "#,
        "story:6: pause: refused as wrong_status",
    ),
    (
        "another_status_is_told",
        r#"
            title = "wrong"
            source = "none"
            graph = ["won: CONVERTED"]

            [[step]]
            when = "activate"
            then = ["workflow: activated"]
            status = { workflow = "paused" }
        "#,
        "status of workflow: expected `paused`, found `active`",
    ),
    (
        "another_guard_is_told",
        r#"
            title = "wrong"
            source = "none"
            graph = ["won: CONVERTED"]

            [[step]]
            when = "enrol asha +919812345601"
            then = ["lead asha: enrolled"]
            explain = { asha = ["final"] }
        "#,
        "explain asha: expected [\"final\"], found [\"workflow_not_active\"]",
    ),
    (
        "another_acceptance_is_told",
        r#"
            title = "wrong"
            source = "none"
            graph = ["won: CONVERTED"]

            [[step]]
            when = "activate"
            then = ["workflow: activated"]
            accepted = true
        "#,
        "accepted is None",
    ),
    (
        "an_unknown_key_is_told_with_its_line",
        r#"
            title = "wrong"
            source = "none"
            graphs = []
        "#,
        "line 4",
    ),
    (
        "a_node_of_no_type_is_told_with_its_line",
        r#"
            title = "wrong"
            source = "none"
            graph = [
                "won: CONVERTED",
                "lost: LOST",
            ]
        "#,
        "story:6: `LOST` is not a node type",
    ),
    (
        "a_command_that_is_none_is_told_with_its_line",
        r#"
            title = "wrong"
            source = "none"

            [[step]]
            when = "stop"
            then = []
        "#,
        "story:6: stop: `stop` is no command",
    ),
    (
        "a_step_without_an_expectation_is_told",
        r#"
            title = "wrong"
            source = "none"
            graph = ["won: CONVERTED"]

            [[step]]
            when = "activate"
        "#,
        "story:7: activate: a step has either `then` or `refused`",
    ),
];

pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    WRONG.iter().map(|&(name, text, complaint)| {
        Trial::test(format!("runner/{name}"), move || check(text, complaint))
    })
}

fn check(text: &str, complaint: &str) -> Result<(), Failed> {
    match played(text) {
        Err(told) if told.contains(complaint) => Ok(()),
        Err(told) => Err(format!("it says `{told}`, without `{complaint}`").into()),
        Ok(()) => Err("a wrong story was taken for right".into()),
    }
}

fn played(text: &str) -> Result<(), String> {
    let scenario: Scenario = toml::from_str(text).map_err(|wrong| wrong.to_string())?;
    let source = Source { path: "story", text };
    let graph = play::graph(&scenario, &source)?;
    let mut world = DeciderWorld::new(&scenario.settings, &graph, Box::new(Straight))?;
    play::play(&scenario, &source, &mut world)
}
