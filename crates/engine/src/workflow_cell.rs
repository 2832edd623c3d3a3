//! What the actors of one workflow and of its leads share on the engine thread.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use branchline_domain::{
    id::{OrganisationId, WorkflowId},
    workflow::WorkflowView,
};
use branchline_journal::record::{Control, Guard, Position, StreamId};
use tokio::sync::Notify;

/// What leads see of their workflow, replaced by its actor the moment a change is durable.
pub(crate) struct WorkflowCell {
    pub(crate) id: WorkflowId,
    pub(crate) organisation: OrganisationId,
    view: RefCell<Arc<WorkflowView>>,
    changed: Notify,
    /// Enrolments under way.
    enrolling: Cell<u32>,
    /// Last record of an enrolment that has ended: counts older than that miss its leads.
    last_enrolled: Cell<Position>,
}

impl WorkflowCell {
    /// How long a decision waits for the view that the journal already has. Only a workflow actor
    /// that is being rebuilt takes longer than a turn of the loop.
    const VIEW_WAIT: Duration = Duration::from_secs(2);

    pub(crate) fn new(id: WorkflowId, organisation: OrganisationId, view: WorkflowView) -> Self {
        Self {
            id,
            organisation,
            view: RefCell::new(Arc::new(view)),
            changed: Notify::new(),
            enrolling: Cell::new(0),
            last_enrolled: Cell::new(Position::START),
        }
    }

    /// The workflow as it is.
    pub(crate) fn view(&self) -> Arc<WorkflowView> {
        Arc::clone(&self.view.borrow())
    }

    /// Shows a newer view.
    pub(crate) fn publish(&self, view: WorkflowView) {
        *self.view.borrow_mut() = Arc::new(view);
        self.changed.notify_waiters();
    }

    /// The guard of a decision that read this view.
    pub(crate) fn guard(&self, view: &WorkflowView, read_routing: bool) -> Guard {
        Guard {
            stream: StreamId::workflow(self.id.as_uuid()),
            control_epoch: view.control_epoch,
            routing_revision: read_routing.then(|| view.graph.revision()),
        }
    }

    /// Waits until the view is as new as the journal was when it refused a guard. False when that
    /// takes too long.
    pub(crate) async fn caught_up(self: Rc<Self>, actual: Control) -> bool {
        let shown = async {
            loop {
                // Made before the look, so that no change between the two is missed.
                let changed = self.changed.notified();
                let view = self.view();
                if view.control_epoch >= actual.epoch && view.graph.revision() >= actual.revision {
                    return;
                }
                changed.await;
            }
        };
        tokio::time::timeout(Self::VIEW_WAIT, shown).await.is_ok()
    }

    /// Marks an enrolment as under way for as long as the permit lives.
    pub(crate) fn begin_enrolment(self: &Rc<Self>) -> Enrolling {
        self.enrolling.set(self.enrolling.get() + 1);
        Enrolling { cell: Rc::clone(self) }
    }

    /// Whether leads are being enrolled at this moment.
    pub(crate) fn is_enrolling(&self) -> bool {
        self.enrolling.get() > 0
    }

    /// Last record of an enrolment that has ended.
    pub(crate) fn last_enrolled(&self) -> Position {
        self.last_enrolled.get()
    }
}

/// An enrolment under way: while there is one, the workflow does not complete over its leads.
pub(crate) struct Enrolling {
    cell: Rc<WorkflowCell>,
}

impl Enrolling {
    /// Tells of a record that enrolled somebody.
    pub(crate) fn recorded(&self, position: Position) {
        self.cell.last_enrolled.set(self.cell.last_enrolled.get().max(position));
    }
}

impl Drop for Enrolling {
    fn drop(&mut self) {
        self.cell.enrolling.set(self.cell.enrolling.get().saturating_sub(1));
    }
}
