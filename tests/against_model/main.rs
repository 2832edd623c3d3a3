//! The engine against a plain model of CONTRACT.md: random stories, and after each step the engine
//! must answer and show what the model does.
//!
//! `BRANCHLINE_CASES` says how many stories are told, `BRANCHLINE_SEED` which ones. A failure names
//! both, and the shortest story that shows it.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a story names only what is there, and a test that cannot go on has failed"
)]

mod asks;
mod model;
mod picture;
#[path = "../runner/reopened.rs"]
mod reopened;
mod step;
mod subject;

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{RngAlgorithm, TestCaseError, TestRng, TestRunner},
};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use crate::{
    model::{Answer, Model},
    step::Step,
    subject::{Subject, WENT_WRONG},
};

/// Stories when nobody says how many: about half a minute on two cores.
const CASES: u32 = 600;
/// Steps of one story.
const STEPS: std::ops::Range<usize> = 1..40;
/// Stories told at the same time. An engine mostly waits: for the clock, for its own threads.
const AT_ONCE: u32 = 8;
/// Of so many stories one is kept on disk.
const ON_DISK: u32 = 25;

/// The model as it drives the stories.
struct Reference;

impl ReferenceStateMachine for Reference {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        let on_disk = proptest::bool::weighted(1.0 / f64::from(ON_DISK));
        (on_disk, step::choices_of_owner(), step::first_drawings())
            .prop_map(|(on_disk, choice, drawing)| Model::new(on_disk, choice, &drawing))
            .boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Step> {
        step::steps(model)
    }

    fn apply(mut model: Model, step: &Step) -> Model {
        model.take(step);
        model
    }

    fn preconditions(model: &Model, step: &Step) -> bool {
        step.fits(model)
    }
}

/// The engine as it follows them.
struct AgainstModel;

impl StateMachineTest for AgainstModel {
    type SystemUnderTest = Subject;
    type Reference = Reference;

    fn init_test(model: &Model) -> Subject {
        Subject::new(model)
    }

    fn apply(mut subject: Subject, model: &Model, step: Step) -> Subject {
        subject.take(&step, model);
        subject
    }

    fn teardown(subject: Subject, model: Model) {
        subject.finish(&model);
    }
}

fn number_from(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is `{text}`, which is no number")))
}

fn runner(cases: u32, seed: u64) -> TestRunner {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        max_shrink_iters: 400,
        max_local_rejects: 1_000_000,
        ..ProptestConfig::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

#[test]
fn the_engine_answers_and_shows_what_the_model_does() {
    let cases = number_from("BRANCHLINE_CASES")
        .map_or(CASES, |cases| u32::try_from(cases).expect("BRANCHLINE_CASES fits 32 bits"));
    let seed = number_from("BRANCHLINE_SEED").unwrap_or(2_026);
    let steps_taken = AtomicUsize::new(0);
    let begun = std::time::Instant::now();
    let share = cases.div_ceil(AT_ONCE);
    let problems: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..u64::from(AT_ONCE))
            .map(|thread| {
                let steps_taken = &steps_taken;
                scope.spawn(move || tell(share, seed * 1_000 + thread, steps_taken))
            })
            .collect();
        threads.into_iter().filter_map(|thread| thread.join().expect("it does not panic")).collect()
    });
    let taken = steps_taken.load(Ordering::Relaxed);
    eprintln!("{} stories with {taken} steps in {:?}", share * AT_ONCE, begun.elapsed());
    assert!(
        problems.is_empty(),
        "BRANCHLINE_CASES={cases} BRANCHLINE_SEED={seed}:\n{}",
        problems.join("\n")
    );
}

/// Tells stories until one goes wrong; says which, as short as it can be made.
fn tell(cases: u32, seed: u64, steps_taken: &AtomicUsize) -> Option<String> {
    let mut runner = runner(cases, seed);
    let config = runner.config().clone();
    // Whether the failure is this thread's: it goes on, to make the story shorter.
    let mine = AtomicBool::new(false);
    let outcome = runner.run(&Reference::sequential_strategy(STEPS), |(model, steps, seen)| {
        if WENT_WRONG.load(Ordering::Relaxed) && !mine.load(Ordering::Relaxed) {
            return Ok(());
        }
        steps_taken.fetch_add(steps.len(), Ordering::Relaxed);
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            AgainstModel::test_sequential(config.clone(), model, steps, seen);
        }));
        told.map_err(|panic| {
            WENT_WRONG.store(true, Ordering::Relaxed);
            mine.store(true, Ordering::Relaxed);
            let text = panic.downcast_ref::<String>().cloned();
            TestCaseError::fail(text.unwrap_or_else(|| "it panicked".into()))
        })
    });
    outcome.err().map(|error| match error {
        proptest::test_runner::TestError::Fail(reason, (model, steps, _)) => {
            let steps: Vec<String> = steps.iter().map(|step| format!("  {step:?}")).collect();
            let first = model.graph();
            format!("{reason}\n{first:?}\n{:?}\n{}", model.choice, steps.join("\n"))
        }
        proptest::test_runner::TestError::Abort(reason) => format!("no story was told: {reason}"),
    })
}

/// The comparison says nothing about what no story reaches.
#[test]
fn the_stories_reach_every_hold_every_status_and_every_refusal() {
    let mut runner = runner(1, 7);
    let strategy = Reference::sequential_strategy(STEPS);
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    for _ in 0..1_500 {
        let (mut model, steps, _) = strategy.new_tree(&mut runner).expect("a story").current();
        for step in &steps {
            model.take(step);
            reached.insert(model.status.as_str());
            if let Answer::Refused(word) = &model.answer {
                reached.insert(word);
            }
            for lead in &model.leads {
                reached.insert(lead.status.as_str());
                reached.extend(lead.hold.map(|hold| hold.code));
                reached.extend(lead.removed.then_some("removed"));
                reached.extend(lead.erased.then_some("erased"));
                reached.extend(lead.analysis_s.map(|_| "analysis awaited"));
                reached.extend(lead.calls.values().map(|call| call.status.as_str()));
            }
        }
    }
    let wanted = [
        "draft",
        "paused",
        "completed",
        "cancelled",
        "pending",
        "active",
        "dropped",
        "removed",
        "workflow_paused",
        "missing_output",
        "review_required",
        "analysis awaited",
        "node_incomplete",
        "call_overdue",
        "dial_outcome_unknown",
        "dial_refused",
        "application_review",
        "endless_loop",
        "wrong_status",
        "invalid_graph",
        "leads_under_way",
        "leads_at_node",
        "edge_exists",
        "workflow_ended",
        "call_not_found",
        "not_requested",
        "ended",
        "erased",
        "cannot_erase",
        "lead_erased",
        "not_held",
        "wrong_resolution",
        "rows",
        "created",
        "initiated",
        "sent",
        "received",
        "connected",
        "waiting",
        "did_not_pick",
        "busy",
        "failed",
        "no_answer",
        "retry_expired",
    ];
    let missed: Vec<&str> = wanted.into_iter().filter(|word| !reached.contains(word)).collect();
    assert_eq!(missed, Vec::<&str>::new());
}
