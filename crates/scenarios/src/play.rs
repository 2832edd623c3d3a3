//! Plays a story in a world, and compares what comes of it with what was promised.

use std::collections::BTreeMap;

use branchline_domain::lead::{HoldingGuard, LeadState};

use crate::{
    command::{Action, Command, show_instant},
    counts,
    decider_world::DeciderWorld,
    difference::{self, DiffLine, Difference, Mark},
    event_lines,
    passage::Straight,
    scenario::{Start, Step},
    story::{Story, StoryStep, Told},
    world::{Failure, World, word_of},
};

/// Plays a story on the rules alone.
///
/// # Errors
///
/// The first step of which something else came than was promised.
pub fn rehearse(story: &Story) -> Result<(), Difference> {
    let world = DeciderWorld::new(&story.settings, &story.graph, Box::new(Straight));
    let mut world = world.map_err(|wrong| broken(1, "the workflow", wrong))?;
    play(story, &mut world)
}

/// Plays all steps.
///
/// # Errors
///
/// The first step of which something else came than was promised.
pub fn play(story: &Story, world: &mut dyn World) -> Result<(), Difference> {
    set_the_stage(story, world)?;
    world.between_steps().map_err(|wrong| broken(1, "the first step", wrong))?;
    for step in &story.steps {
        play_step(step, world)?;
        // After the last one too: what comes late would show here.
        let between = world.between_steps();
        between.map_err(|wrong| broken(step.when.line, &step.when.text, wrong))?;
    }
    Ok(())
}

fn broken(line: usize, when: &str, wrong: impl Into<String>) -> Difference {
    let lines = vec![DiffLine { mark: Mark::Unexpected, text: wrong.into() }];
    Difference { line, when: when.into(), lines }
}

fn set_the_stage(story: &Story, world: &mut dyn World) -> Result<(), Difference> {
    for lead in &story.leads {
        must(lead, world)?;
    }
    let actions: &[Action] = match story.start {
        Start::Draft => &[],
        Start::Active => &[Action::Activate],
        Start::Paused => &[Action::Activate, Action::Pause],
        Start::Completed => &[Action::Activate, Action::Complete { force: true }],
        Start::Cancelled => &[Action::Activate, Action::Cancel],
        Start::Deleted => &[Action::Delete],
    };
    for action in actions {
        let command = Command::Act(action.clone());
        must(&Told { line: 1, text: format!("start: {action:?}"), command }, world)?;
    }
    story.given.iter().try_for_each(|told| must(told, world))
}

/// What nobody promises anything of must at least not be refused.
fn must(told: &Told, world: &mut dyn World) -> Result<(), Difference> {
    match world.perform(&told.command) {
        Ok(_) => Ok(()),
        Err(failure) => Err(broken(told.line, &told.text, failure.to_string())),
    }
}

fn play_step(step: &StoryStep, world: &mut dyn World) -> Result<(), Difference> {
    let Told { line, text, command } = &step.when;
    let differs = |lines| Difference { line: *line, when: text.clone(), lines };
    let mut lines = match world.perform(command) {
        Err(Failure::Broken(wrong)) => return Err(broken(*line, text, wrong)),
        outcome => compare_outcome(&step.promises, outcome, world),
    };
    // Where a story has gone another way, what stands there afterwards says nothing new.
    if lines.is_empty() {
        lines = compare_afterwards(&step.promises, world)
            .map_err(|wrong| broken(*line, text, wrong))?;
    }
    if lines.is_empty() { Ok(()) } else { Err(differs(lines)) }
}

fn compare_outcome(
    promises: &Step,
    outcome: Result<crate::world::Done, Failure>,
    world: &dyn World,
) -> Vec<DiffLine> {
    let texts = |lines: &[toml::Spanned<String>]| -> Vec<String> {
        lines.iter().map(|line| line.get_ref().clone()).collect()
    };
    match (&promises.refused, outcome) {
        (None, Ok(done)) => {
            let came: Vec<String> =
                done.events.iter().map(|noted| event_lines::line(world.names(), noted)).collect();
            let mut lines = Vec::new();
            if let Some(then) = &promises.then {
                let then = texts(then).iter().map(|line| with_instants(line)).collect::<Vec<_>>();
                lines.extend(compare_events(&then, &came));
            }
            if let Some(judged) = &done.judged {
                let of = |lines: &Option<Vec<_>>| texts(lines.as_deref().unwrap_or_default());
                lines.extend(compare_judged("fault", &of(&promises.faults), &judged.faults));
                lines.extend(compare_judged("warning", &of(&promises.warnings), &judged.warnings));
            }
            if let Some(promised) = promises.accepted.as_ref().map(|accepted| *accepted.get_ref())
                && done.accepted != Some(promised)
            {
                let found = done.accepted.map_or_else(
                    || "accepted: only a report is taken or not".to_owned(),
                    |accepted| format!("accepted: {accepted}"),
                );
                lines.extend(difference::instead(format!("accepted: {promised}"), found));
            }
            lines
        }
        (Some(code), Err(failure)) => match &failure {
            Failure::Refused(refusal) if refusal.code == code.get_ref() => {
                let promised = promises.faults.as_deref().map(texts);
                promised
                    .map(|promised| compare_events(&promised, &refusal.faults))
                    .unwrap_or_default()
            }
            Failure::Refused(_) | Failure::Broken(_) => {
                let promised = format!("refused as {}", code.get_ref());
                difference::instead(promised, failure.to_string()).into()
            }
        },
        (None, Err(failure)) => {
            let promised = promises.then.as_deref().map(texts).unwrap_or_default();
            difference::between(&promised, &[failure.to_string()])
        }
        (Some(code), Ok(done)) => {
            let mut came: Vec<String> =
                done.events.iter().map(|noted| event_lines::line(world.names(), noted)).collect();
            if came.is_empty() {
                came.push("not refused, and nothing came of it".into());
            }
            difference::between(&[format!("refused as {}", code.get_ref())], &came)
        }
    }
}

/// Compares the faults or warnings of a graph, all of them, in order.
fn compare_judged(kind: &str, promised: &[String], found: &[String]) -> Vec<DiffLine> {
    let named = |lines: &[String]| -> Vec<String> {
        lines.iter().map(|line| format!("{kind} {line}")).collect()
    };
    difference::between(&named(promised), &named(found))
}

/// The line with each instant in the form in which events show it.
fn with_instants(line: &str) -> String {
    let shown = |word: &str| word.parse().map_or_else(|_| word.to_owned(), show_instant);
    line.split(' ').map(shown).collect::<Vec<_>>().join(" ")
}

/// A guard as the promise at its place asks for it: with the instant at which it can clear, or
/// without.
fn guard_line(guard: &HoldingGuard, promised: Option<&String>) -> String {
    let code = word_of(&guard.code);
    match guard.clears_at {
        Some(at) if promised.is_some_and(|promised| promised.contains(" until ")) => {
            format!("{code} until {}", show_instant(at))
        }
        Some(_) | None => code,
    }
}

/// Compares what is recorded of each workflow and each lead, in order. Between two of them there is
/// no order: an engine moves many leads at once.
fn compare_events(promised: &[String], came: &[String]) -> Vec<DiffLine> {
    let subject = |line: &String| line.split(": ").next().unwrap_or_default().to_owned();
    let mut subjects: Vec<String> = Vec::new();
    let mut by_subject: BTreeMap<String, (Vec<String>, Vec<String>)> = BTreeMap::new();
    for (is_promise, line) in
        promised.iter().map(|line| (true, line)).chain(came.iter().map(|line| (false, line)))
    {
        let subject = subject(line);
        let (promised, came) = by_subject.entry(subject.clone()).or_insert_with(|| {
            subjects.push(subject);
            (Vec::new(), Vec::new())
        });
        if is_promise { promised.push(line.clone()) } else { came.push(line.clone()) }
    }
    subjects
        .iter()
        .filter_map(|subject| by_subject.get(subject))
        .flat_map(|(promised, came)| difference::between(promised, came))
        .collect()
}

/// Compares where everything stands with what was promised.
fn compare_afterwards(
    promises: &Step,
    world: &mut dyn World,
) -> Result<Vec<DiffLine>, crate::words::Wrong> {
    let mut lines = Vec::new();
    let mut compare = |what: &str, of: &str, promised: String, found: String| {
        if promised != found {
            lines.extend(difference::instead(
                format!("{what} {of}: {promised}"),
                format!("{what} {of}: {found}"),
            ));
        }
    };
    for (lead, promised) in &promises.explain {
        let explanation = world.explain(lead.get_ref())?;
        if explanation.guards.is_empty() {
            return Err(format!("explain {} says nothing", lead.get_ref()));
        }
        let asked = promised.iter().map(Some).chain(std::iter::repeat(None));
        let codes: Vec<String> = explanation
            .guards
            .iter()
            .zip(asked)
            .map(|(guard, asked)| guard_line(guard, asked))
            .collect();
        let promised: Vec<String> = promised.iter().map(|guard| with_instants(guard)).collect();
        compare("explain", lead.get_ref(), promised.join(", "), codes.join(", "));
    }
    for (subject, promised) in &promises.status {
        let subject = subject.get_ref().as_str();
        let found = if subject == "workflow" {
            world.workflow()?.map_or_else(|| "gone".into(), |status| status.to_string())
        } else {
            standing(&world.lead(subject)?, world)
        };
        compare("status", subject, promised.clone(), found);
    }
    for (lead, promised) in &promises.hold {
        let hold = world.lead(lead.get_ref())?.hold;
        let found = hold.map_or_else(|| "none".into(), |hold| event_lines::hold(&hold.reason));
        compare("hold", lead.get_ref(), promised.clone(), found);
    }
    for (kind, promised) in &promises.counts {
        let found = counts::count(kind.get_ref(), world)?;
        compare("count", kind.get_ref(), promised.to_string(), found.to_string());
    }
    Ok(lines)
}

/// `active at intro`, `pending`, `completed at won`, `removed, active at intro`.
fn standing(lead: &LeadState, world: &dyn World) -> String {
    let removed = if lead.removed { "removed, " } else { "" };
    let place = lead.node.map(|node| format!(" at {}", world.names().of_node(node)));
    format!("{removed}{}{}", lead.status, place.unwrap_or_default())
}
