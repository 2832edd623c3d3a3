//! Plays a scenario in a world, and compares what comes of it with what was promised.

use std::collections::BTreeMap;

use branchline_domain::lead::LeadState;
use toml::Spanned;

use crate::{
    command::{self, Action, Command},
    event_lines,
    graph_lines::{self, EdgeLine, NodeLine},
    scenario::{Scenario, Start, Step},
    words::Wrong,
    world::{Failure, World, word_of},
};

/// The text of a scenario file, to tell lines in it.
pub struct Source<'a> {
    /// What complaints call it.
    pub path: &'a str,
    /// All of it.
    pub text: &'a str,
}

impl Source<'_> {
    /// `tests/scenarios/…:12: what is wrong`.
    fn at<T>(&self, place: &Spanned<T>, wrong: &str) -> Wrong {
        let before = self.text.get(..place.span().start).unwrap_or_default();
        format!("{}:{}: {wrong}", self.path, before.matches('\n').count() + 1)
    }
}

/// The graph as it is written in the file.
pub struct FirstGraph {
    /// In order of creation.
    pub nodes: Vec<NodeLine>,
    /// In order of creation, which is the order they are tried in.
    pub edges: Vec<EdgeLine>,
}

/// Reads the graph of a scenario.
///
/// # Errors
///
/// When a line of it is none; names the line.
pub fn graph(scenario: &Scenario, source: &Source<'_>) -> Result<FirstGraph, Wrong> {
    fn each<T>(
        lines: &[Spanned<String>],
        source: &Source<'_>,
        read: impl Fn(&str) -> Result<T, Wrong>,
    ) -> Result<Vec<T>, Wrong> {
        lines
            .iter()
            .map(|line| read(line.get_ref()).map_err(|wrong| source.at(line, &wrong)))
            .collect()
    }
    Ok(FirstGraph {
        nodes: each(&scenario.graph, source, graph_lines::node)?,
        edges: each(&scenario.edges, source, graph_lines::edge)?,
    })
}

/// Plays all steps.
///
/// # Errors
///
/// The first thing that is otherwise than promised, with its line.
pub fn play(scenario: &Scenario, source: &Source<'_>, world: &mut dyn World) -> Result<(), Wrong> {
    set_the_stage(scenario, source, world)?;
    world.between_steps()?;
    for step in &scenario.step {
        play_step(step, source, world)?;
        // After the last one too: what comes late would show here.
        world.between_steps().map_err(|wrong| source.at(&step.when, &wrong))?;
    }
    Ok(())
}

fn set_the_stage(
    scenario: &Scenario,
    source: &Source<'_>,
    world: &mut dyn World,
) -> Result<(), Wrong> {
    for lead in &scenario.leads {
        let line = format!("enrol {}", lead.get_ref());
        let command = command::parse(&line).map_err(|wrong| source.at(lead, &wrong))?;
        must(world.perform(&command)).map_err(|wrong| source.at(lead, &wrong))?;
    }
    let actions: &[Action] = match scenario.start {
        Start::Draft => &[],
        Start::Active => &[Action::Activate],
        Start::Paused => &[Action::Activate, Action::Pause],
        Start::Completed => &[Action::Activate, Action::Complete { force: true }],
        Start::Cancelled => &[Action::Activate, Action::Cancel],
        Start::Deleted => &[Action::Delete],
    };
    for action in actions {
        must(world.perform(&Command::Act(action.clone())))
            .map_err(|wrong| format!("{}: start: {action:?}: {wrong}", source.path))?;
    }
    Ok(())
}

fn must<T>(outcome: Result<T, Failure>) -> Result<T, Wrong> {
    outcome.map_err(|failure| match failure {
        Failure::Refused(refusal) => format!("refused as {}: {}", refusal.code, refusal.message),
        Failure::Broken(wrong) => wrong,
    })
}

fn play_step(step: &Step, source: &Source<'_>, world: &mut dyn World) -> Result<(), Wrong> {
    let tell = |wrong: String| source.at(&step.when, &format!("{}: {wrong}", step.when.get_ref()));
    let command = command::parse(step.when.get_ref()).map_err(tell)?;
    let outcome = world.perform(&command);
    match (&step.then, &step.refused, outcome) {
        (_, _, Err(Failure::Broken(wrong))) => return Err(tell(wrong)),
        (Some(expected), None, Ok(done)) => {
            let lines = done.events.iter().map(|noted| event_lines::line(world.names(), noted));
            let expected = expected.iter().map(|line| line.get_ref().clone());
            compare(expected, lines).map_err(tell)?;
            if step.accepted.is_some() && step.accepted != done.accepted {
                return Err(tell(format!("accepted is {:?}", done.accepted)));
            }
        }
        (None, Some(code), Err(Failure::Refused(refusal))) => {
            if code.get_ref() != refusal.code {
                let told = format!("refused as {}: {}", refusal.code, refusal.message);
                return Err(source.at(code, &told));
            }
            if let Some(expected) = &step.faults {
                let expected = expected.iter().map(|line| line.get_ref().clone());
                compare(expected, refusal.faults.into_iter()).map_err(tell)?;
            }
        }
        (Some(_), None, Err(Failure::Refused(refusal))) => {
            return Err(tell(format!("refused as {}: {}", refusal.code, refusal.message)));
        }
        (None, Some(code), Ok(done)) => {
            let lines: Vec<String> =
                done.events.iter().map(|noted| event_lines::line(world.names(), noted)).collect();
            return Err(source.at(code, &format!("not refused; recorded {lines:#?}")));
        }
        (Some(_), Some(_), _) | (None, None, _) => {
            return Err(tell("a step has either `then` or `refused`".into()));
        }
    }
    check_afterwards(step, world).map_err(tell)
}

/// Compares what is recorded of each workflow and each lead, in order. Between two of them there is
/// no order: an engine moves many leads at once.
fn compare(
    expected: impl Iterator<Item = String>,
    found: impl Iterator<Item = String>,
) -> Result<(), Wrong> {
    fn by_subject(lines: impl Iterator<Item = String>) -> BTreeMap<String, Vec<String>> {
        let mut sorted = BTreeMap::<String, Vec<String>>::new();
        for line in lines {
            let subject = line.split(": ").next().unwrap_or_default().to_owned();
            sorted.entry(subject).or_default().push(line);
        }
        sorted
    }
    let (expected, found) = (by_subject(expected), by_subject(found));
    if expected == found {
        return Ok(());
    }
    let show = |lines: BTreeMap<String, Vec<String>>| {
        lines.into_values().flatten().collect::<Vec<_>>().join("\n    ")
    };
    Err(format!("\n  expected:\n    {}\n  recorded:\n    {}", show(expected), show(found)))
}

fn check_afterwards(step: &Step, world: &mut dyn World) -> Result<(), Wrong> {
    for (lead, expected) in &step.explain {
        let explanation = world.explain(lead)?;
        let codes: Vec<String> =
            explanation.guards.iter().map(|guard| word_of(&guard.code)).collect();
        if *expected != codes {
            return Err(format!("explain {lead}: expected {expected:?}, found {codes:?}"));
        }
        if explanation.guards.is_empty() {
            return Err(format!("explain {lead} says nothing"));
        }
    }
    for (subject, expected) in &step.status {
        let found = if subject == "workflow" {
            world.workflow()?.map_or_else(|| "gone".into(), |status| status.to_string())
        } else {
            standing(&world.lead(subject)?, world)
        };
        if *expected != found {
            return Err(format!("status of {subject}: expected `{expected}`, found `{found}`"));
        }
    }
    Ok(())
}

/// `active at intro`, `pending`, `completed at won`, `removed, active at intro`.
fn standing(lead: &LeadState, world: &dyn World) -> String {
    let removed = if lead.removed { "removed, " } else { "" };
    let place = lead.node.map(|node| format!(" at {}", world.names().of_node(node)));
    format!("{removed}{}{}", lead.status, place.unwrap_or_default())
}
