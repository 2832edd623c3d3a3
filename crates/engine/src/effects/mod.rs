//! What follows from committed records: dials, tries of applications, timers, sweeps, hand-outs.
//!
//! Nothing here keeps anything of its own that a crash could lose: each part looks at the read
//! models for what is to be done, does it through the actors, and looks again when they went on.
//! What has an outside effect is a fact in the journal before it begins.

mod application_report;
mod applications;
mod asking;
mod claims;
mod in_hand;
mod outbox;
mod pace;
mod recovery;
mod sweeps;
mod timers;

use std::{
    cell::{Cell, RefCell},
    future::Future,
    rc::Rc,
    sync::Arc,
};

use branchline_domain::id::CallId;
use branchline_projections::Projections;

use crate::{applications::Applications, core::Core, ports::Phones};

pub(crate) use claims::claim;
use in_hand::InHand;
use pace::Pace;
use timers::Timers;

/// What effects share on the engine thread.
#[derive(Default)]
pub(crate) struct Shared {
    /// Whether a host or its worker dials.
    external: Cell<bool>,
    /// Calls that are being handed out at this moment.
    handed_out: RefCell<InHand<CallId>>,
}

/// Starts everything that follows from committed records. Called once, after what a crash left
/// half done was mended. A carrier of our own is attached already.
pub(crate) fn start(core: &Rc<Core>, phones: Phones, applications: Applications) {
    core.effects.external.set(matches!(phones, Phones::External));
    // Looked at before anything new can be begun: what is found is what the last run left.
    let workflows = core.reads().take_changed_workflows();
    let left = recovery::Left::find(core, workflows.keys().copied());
    let interrupted = core.reads().look(Projections::started_applications);
    let pace = Rc::new(Pace::new(core.config().drain_per_s));
    watch(core, "sweeps", sweeps::run(Rc::clone(core), Rc::clone(&pace), workflows));
    let errands = applications::run(Rc::clone(core), applications, interrupted);
    watch(core, "applications", errands);
    match &phones {
        Phones::External => {
            watch(core, "timers", timers::run(Rc::clone(core), pace, Timers::All));
        }
        Phones::InProcess(carrier) => {
            let polls = Timers::Deadlines(Arc::clone(carrier));
            let releases = timers::run(Rc::clone(core), Rc::clone(&pace), Timers::WithoutDeadlines);
            watch(core, "timers", releases);
            watch(core, "deadlines", timers::run(Rc::clone(core), pace, polls));
        }
    }
    let dialling = {
        let core = Rc::clone(core);
        async move {
            left.record_unknown(&core).await;
            if let Phones::InProcess(carrier) = phones {
                let known = left.into_live();
                watch(
                    &core,
                    "recovery",
                    recovery::ask(Rc::clone(&core), carrier.clone(), known.clone()),
                );
                outbox::run(core, carrier, known).await;
            }
        }
    };
    watch(core, "outbox", dialling);
}

/// Runs one part until the engine stops. A panic in it is a bug: the engine fails visibly, and a
/// restart takes up from the journal.
fn watch(core: &Rc<Core>, part: &'static str, run: impl Future<Output = ()> + 'static) {
    let core = Rc::clone(core);
    actix::spawn(async move {
        let mut running = actix::spawn(run);
        let ended = tokio::select! {
            biased;
            ended = &mut running => ended,
            () = core.stopping().wait() => {
                // What it began goes on under its own hold; the part itself begins nothing more.
                running.abort();
                return;
            }
        };
        if let Err(error) = ended {
            core.reads().fail(&format!("{part} ended: {error}").into());
        }
    });
}
