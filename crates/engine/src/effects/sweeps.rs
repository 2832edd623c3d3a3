//! What a change of a workflow frees: after an activation, a resumption, an edit or an import its
//! leads are asked to go on; after its end, to call off what nobody has dialled. And completes a
//! workflow whose leads have all ended, when it wants that.
//!
//! Which leads that are is derived from the read models, after they show the change. So a sweep
//! that a crash cut short is made again by the first look after the start.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use branchline_domain::{
    id::WorkflowId,
    lead::LeadCommand,
    workflow::{WorkflowCommand, WorkflowStatus},
};
use branchline_journal::record::Position;
use branchline_projections::SweepPlace;
use tokio::{
    sync::{Notify, Semaphore},
    task::JoinSet,
};

use crate::{
    asked::Asked,
    core::Core,
    effects::{
        asking::{Told, visit},
        pace::Pace,
    },
};

/// Records that come within this time are looked at together.
const GATHER: Duration = Duration::from_millis(1);
/// Pause before a sweep is made again because the engine was too busy for some of its leads, and
/// before a workflow is asked again whether it completes.
const AGAIN: Duration = Duration::from_millis(50);
/// Leads that are looked up at once. Unit: leads. The read models are kept from others meanwhile,
/// some tens of microseconds.
const PART: usize = 1_024;

struct Sweeps {
    core: Rc<Core>,
    pace: Rc<Pace>,
    /// Bounds what all sweeps have under way together.
    room: Arc<Semaphore>,
    /// Workflows being swept, and the change that came meanwhile.
    running: RefCell<BTreeMap<WorkflowId, Option<Position>>>,
    /// Workflows being asked to complete.
    completing: RefCell<BTreeSet<WorkflowId>>,
    answered: Notify,
}

/// What follows a sweep.
enum Next {
    /// The workflow changed meanwhile, with the record at this position.
    Changed(Position),
    /// Some leads could not be asked.
    Again,
    Done,
}

/// Sweeps until the engine stops; first these workflows, each with its newest record.
pub(super) async fn run(
    core: Rc<Core>,
    pace: Rc<Pace>,
    mut changed: BTreeMap<WorkflowId, Position>,
) {
    let mut progress = core.reads().progress();
    let sweeps = Rc::new(Sweeps {
        room: Arc::new(Semaphore::new(core.config().sweep_in_flight.max(1))),
        core,
        pace,
        running: RefCell::default(),
        completing: RefCell::default(),
        answered: Notify::new(),
    });
    // Workflows that complete by themselves.
    let mut automatic = BTreeSet::new();
    // What came since these were listed and before anybody listened.
    changed.extend(sweeps.core.reads().take_changed_workflows());
    loop {
        for (&workflow, &position) in &changed {
            if sweeps.is_automatic(workflow) {
                automatic.insert(workflow);
            } else {
                automatic.remove(&workflow);
            }
            sweeps.sweep(workflow, position);
        }
        sweeps.complete_quiet(&automatic);
        let went_on = tokio::select! {
            biased;
            went_on = progress.changed() => went_on.is_ok(),
            () = sweeps.answered.notified() => true,
        };
        if !went_on || progress.borrow().ended {
            return;
        }
        tokio::time::sleep(GATHER).await;
        // Before the list is taken: a change that comes between the two is heard of again.
        progress.borrow_and_update();
        changed = sweeps.core.reads().take_changed_workflows();
    }
}

impl Sweeps {
    fn is_automatic(&self, workflow: WorkflowId) -> bool {
        self.core.reads().look(|read| {
            read.workflow(workflow).is_some_and(|row| {
                row.state.status == WorkflowStatus::Active && row.state.settings.auto_complete
            })
        })
    }

    /// Sweeps a workflow, now or once more after the sweep that is under way.
    fn sweep(self: &Rc<Self>, workflow: WorkflowId, position: Position) {
        if let Some(meanwhile) = self.running.borrow_mut().get_mut(&workflow) {
            *meanwhile = Some(position);
            return;
        }
        self.running.borrow_mut().insert(workflow, None);
        let sweeps = Rc::clone(self);
        actix::spawn(async move {
            let mut position = position;
            while sweeps.core.reads().failure().is_none() && !sweeps.core.stopping().is_set() {
                let whole = sweeps.once(workflow, position).await;
                match sweeps.after(workflow, whole) {
                    Next::Changed(newer) => position = newer,
                    Next::Again => tokio::time::sleep(AGAIN).await,
                    Next::Done => return,
                }
            }
        });
    }

    /// Whether a change came since the sweep of a workflow began.
    fn has_changed(&self, workflow: WorkflowId) -> bool {
        self.running.borrow().get(&workflow).is_some_and(Option::is_some)
    }

    /// What follows a sweep.
    fn after(&self, workflow: WorkflowId, whole: bool) -> Next {
        let mut running = self.running.borrow_mut();
        match running.get_mut(&workflow).and_then(Option::take) {
            Some(newer) => Next::Changed(newer),
            None if whole => {
                running.remove(&workflow);
                Next::Done
            }
            None => Next::Again,
        }
    }

    /// Asks each lead that the workflow frees, once. False when the engine was too busy for some.
    async fn once(&self, workflow: WorkflowId, position: Position) -> bool {
        // The read models may show a change before its answer is back from the journal, and leads
        // see what the workflow's actor has published since. So its turn is waited for: else they
        // would decide by the workflow as it was, find nothing to do, and not be asked again. Where
        // there is no such workflow any more, its leads say so themselves.
        let _ = self.core.workflow_state(workflow).await;
        let advance = Arc::new(LeadCommand::Advance);
        let asked = Asked::engine("sweep").because_of(position);
        let mut asking = JoinSet::new();
        let mut whole = true;
        let mut place = Some(SweepPlace::default());
        'parts: while let Some(here) = place {
            let part = self.core.reads().look(|read| read.sweep(workflow, here, PART));
            place = part.next;
            if !part.leads.is_empty() {
                let leads = part.leads.len();
                tracing::debug!(%workflow, %position, leads, "leads are asked to go on");
            }
            for lead in part.leads {
                let Ok(permit) = Arc::clone(&self.room).acquire_owned().await else { break 'parts };
                self.pace.one().await;
                // After a newer change, a pause perhaps, the list is another one.
                if self.core.stopping().is_set() || self.has_changed(workflow) {
                    break 'parts;
                }
                let visited = visit(&self.core, lead, &advance, &asked);
                asking.spawn_local(async move {
                    let told = visited.await;
                    drop(permit);
                    told
                });
                while let Some(answer) = asking.try_join_next() {
                    whole &= answer.is_ok_and(|told| !matches!(told, Told::Busy(_)));
                }
            }
        }
        while let Some(answer) = asking.join_next().await {
            whole &= answer.is_ok_and(|told| !matches!(told, Told::Busy(_)));
        }
        whole
    }

    /// Asks the workflows whose leads have all ended to complete.
    fn complete_quiet(self: &Rc<Self>, automatic: &BTreeSet<WorkflowId>) {
        if automatic.is_empty() {
            return;
        }
        let mut completing = self.completing.borrow_mut();
        let quiet: Vec<WorkflowId> = self.core.reads().look(|read| {
            let waiting = automatic.iter().filter(|workflow| !completing.contains(workflow));
            waiting.copied().filter(|workflow| read.is_quiet(*workflow)).collect()
        });
        for workflow in quiet {
            completing.insert(workflow);
            let command = WorkflowCommand::AutoComplete;
            let asked = Asked::engine("auto_complete");
            let answer = self.core.perform_workflow(workflow, command, asked);
            let sweeps = Rc::clone(self);
            let held = self.core.hold(1);
            actix::spawn(async move {
                // Nothing comes of it while leads are being enrolled; then it is asked again.
                if let Err(error) = answer.await {
                    tracing::warn!(%workflow, %error, "a workflow could not complete itself");
                }
                drop(held);
                tokio::time::sleep(AGAIN).await;
                sweeps.completing.borrow_mut().remove(&workflow);
                sweeps.answered.notify_one();
            });
        }
    }
}
