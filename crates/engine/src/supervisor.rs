//! Which actors live, who waits for them, and who leaves memory. Ours, not actix's: an actor that
//! is gone is rebuilt from the journal, never restarted with the state it died with.

use std::{
    cell::Cell,
    collections::{HashMap, VecDeque},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use actix::{Actor, Addr, dev::SendError};
use branchline_domain::{
    id::{LeadId, OrganisationId, WorkflowId},
    workflow::{WorkflowState, WorkflowView},
};
use branchline_journal::record::{StreamId, Version};

use crate::{
    EngineError,
    core::Core,
    lead_actor::LeadActor,
    lead_task::LeadTask,
    rebuild::{RebuiltLead, RebuiltWorkflow},
    workflow_actor::{WorkflowActor, WorkflowTask},
    workflow_cell::WorkflowCell,
};

/// A lead actor in memory.
struct Live {
    /// The only address: dropping it ends the actor.
    addr: Addr<LeadActor>,
    /// Messages that were sent and not answered.
    under_way: Rc<Cell<u32>>,
    /// When it last got a message, on the idle clock.
    used_ms: u64,
}

enum LeadSlot {
    Live(Live),
    /// Being read; these wait, bounded by the commands that may be under way.
    Rebuilding(Vec<LeadTask>),
    /// Could not be rebuilt.
    SetAside(Arc<str>),
}

/// The leads that somebody asked for lately.
#[derive(Default)]
pub(crate) struct Leads {
    slots: HashMap<LeadId, LeadSlot>,
    /// Live leads, about in the order of their last use: who comes to the front and was used since
    /// goes to the back again.
    by_use: VecDeque<(LeadId, u64)>,
}

impl Leads {
    /// Lead actors in memory.
    pub(crate) fn live(&self) -> usize {
        self.by_use.len()
    }

    /// Looks at the lead that was used longest ago; takes it out when `leaves` says so, and nothing
    /// is under way to it. False when there was none to take.
    fn evict(&mut self, leaves: impl Fn(u64) -> bool) -> bool {
        let Some((lead, seen_ms)) = self.by_use.pop_front() else { return false };
        let Some(LeadSlot::Live(live)) = self.slots.get(&lead) else { return true };
        if live.under_way.get() == 0 && live.used_ms == seen_ms && leaves(live.used_ms) {
            self.slots.remove(&lead);
            return true;
        }
        self.by_use.push_back((lead, live.used_ms));
        false
    }
}

/// A workflow actor, and what it shares with its leads.
pub(crate) struct WorkflowSlot {
    cell: Rc<WorkflowCell>,
    actor: WorkflowActorSlot,
}

enum WorkflowActorSlot {
    Live(Addr<WorkflowActor>),
    Rebuilding(Vec<WorkflowTask>),
    /// It could not be rebuilt; the next message tries again.
    Gone,
}

impl Core {
    /// Gives a message to a lead, now or after it was rebuilt.
    pub(crate) fn post_lead(self: &Rc<Self>, lead: LeadId, task: LeadTask) {
        let now_ms = self.idle_clock_ms();
        let mut leads = self.leads.borrow_mut();
        let task = match leads.slots.get_mut(&lead) {
            Some(LeadSlot::Live(live)) => match send(live, task, now_ms) {
                Some(task) => task,
                None => return,
            },
            Some(LeadSlot::Rebuilding(waiting)) => return waiting.push(task),
            Some(LeadSlot::SetAside(reason)) => {
                let reason = Arc::clone(reason);
                return task.refuse(EngineError::SetAside { lead, reason });
            }
            None => task,
        };
        if self.store().stream_head(StreamId::lead(lead.as_uuid())).is_none() {
            return task.refuse(EngineError::LeadNotFound(lead));
        }
        leads.slots.insert(lead, LeadSlot::Rebuilding(vec![task]));
        drop(leads);
        actix::spawn(Rc::clone(self).rebuild_lead(lead));
    }

    async fn rebuild_lead(self: Rc<Self>, lead: LeadId) {
        let mut reason: Arc<str> = "it was never tried".into();
        for attempt in 1..=self.config().lead_rebuilds_max {
            match self.reader.lead(lead).await {
                Ok(Some(rebuilt)) => match self.install_lead(lead, rebuilt) {
                    Ok(()) => return,
                    Err(missing) => reason = missing,
                },
                Ok(None) => {
                    for task in self.take_waiting(lead) {
                        task.refuse(EngineError::LeadNotFound(lead));
                    }
                    return;
                }
                Err(error) => {
                    tracing::warn!(%lead, %error, attempt, "a lead could not be rebuilt");
                    reason = error.to_string().into();
                }
            }
            tokio::time::sleep(Duration::from_millis(10) * attempt).await;
        }
        tracing::error!(%lead, %reason, "a lead is set aside");
        for task in self.take_waiting(lead) {
            task.refuse(EngineError::SetAside { lead, reason: Arc::clone(&reason) });
        }
        self.reads().set_lead_aside(lead, &reason);
        self.leads.borrow_mut().slots.insert(lead, LeadSlot::SetAside(reason));
    }

    /// Takes out who waits for a lead, and its slot.
    fn take_waiting(&self, lead: LeadId) -> Vec<LeadTask> {
        match self.leads.borrow_mut().slots.remove(&lead) {
            Some(LeadSlot::Rebuilding(waiting)) => waiting,
            Some(LeadSlot::Live(_) | LeadSlot::SetAside(_)) | None => Vec::new(),
        }
    }

    fn install_lead(self: &Rc<Self>, lead: LeadId, rebuilt: RebuiltLead) -> Result<(), Arc<str>> {
        let workflow = rebuilt.state.workflow.and_then(|workflow| self.workflow_cell(workflow));
        let workflow = workflow.ok_or_else(|| Arc::from("its workflow is not in the journal"))?;
        let under_way = Rc::new(Cell::new(0));
        let actor = LeadActor::new(
            lead,
            rebuilt,
            workflow,
            Rc::clone(&self.services),
            Rc::clone(&under_way),
        );
        // The edge bounds what is under way, so the mailbox never has to refuse anything.
        let capacity = self.config().host_channel_capacity.saturating_mul(2).max(1_024);
        let addr = LeadActor::create(|ctx| {
            ctx.set_mailbox_capacity(capacity);
            actor
        });
        let now_ms = self.idle_clock_ms();
        let mut live = Live { addr, under_way, used_ms: now_ms };
        let waiting = self.take_waiting(lead);
        for task in waiting {
            // A fresh mailbox is open and empty.
            if let Some(task) = send(&mut live, task, now_ms) {
                task.refuse(EngineError::Busy);
            }
        }
        let mut leads = self.leads.borrow_mut();
        leads.slots.insert(lead, LeadSlot::Live(live));
        leads.by_use.push_back((lead, now_ms));
        // A few looks only: one that finds everybody busy lets the number grow for a while.
        for _ in 0..4 {
            if leads.live() <= self.config().lead_actors_max {
                break;
            }
            leads.evict(|_| true);
        }
        self.reads().set_lead_actors(leads.live());
        Ok(())
    }

    /// Lets idle leads leave memory, for as long as the engine runs.
    pub(crate) async fn passivate(self: Rc<Self>) {
        let idle_ms = self.config().lead_idle_ms;
        let pause = Duration::from_millis((idle_ms / 2).clamp(20, 30_000));
        loop {
            tokio::select! {
                biased;
                () = self.stopping().wait() => return,
                () = tokio::time::sleep(pause) => {}
            }
            let now_ms = self.idle_clock_ms();
            let mut leads = self.leads.borrow_mut();
            let before = leads.live();
            for _ in 0..before {
                leads.evict(|used_ms| now_ms.saturating_sub(used_ms) >= idle_ms);
            }
            let left = before - leads.live();
            self.reads().set_lead_actors(leads.live());
            if left > 0 {
                tracing::debug!(left, live = leads.live(), "idle leads left memory");
            }
        }
    }

    /// What a workflow's actor and its leads share; `None` when there is no such workflow.
    pub(crate) fn workflow_cell(&self, id: WorkflowId) -> Option<Rc<WorkflowCell>> {
        if let Some(slot) = self.workflows.borrow().get(&id) {
            return Some(Rc::clone(&slot.cell));
        }
        // Nobody has asked for it since the start, so the read models, which showed everything
        // recorded before, have it as it is.
        let (organisation, state) = self.reads().look(|read| {
            read.workflow_or_deleted(id).map(|row| (row.organisation, row.state.clone()))
        })?;
        let head = self.store().stream_head(StreamId::workflow(id.as_uuid()))?;
        let rebuilt = RebuiltWorkflow { state, version: head.version };
        Some(self.install_workflow(id, organisation, rebuilt))
    }

    /// Makes the actor of a workflow that does not exist yet. [`Self::forget_workflow`] takes it
    /// away again when its creation is refused.
    pub(crate) fn plan_workflow(&self, id: WorkflowId, organisation: OrganisationId) {
        let nothing =
            RebuiltWorkflow { state: WorkflowState::default(), version: Version::default() };
        self.install_workflow(id, organisation, nothing);
    }

    pub(crate) fn forget_workflow(&self, id: WorkflowId) {
        self.workflows.borrow_mut().remove(&id);
    }

    fn install_workflow(
        &self,
        id: WorkflowId,
        organisation: OrganisationId,
        rebuilt: RebuiltWorkflow,
    ) -> Rc<WorkflowCell> {
        let view = WorkflowView::of(id, &rebuilt.state);
        let cell = Rc::new(WorkflowCell::new(id, organisation, view));
        let actor = WorkflowActorSlot::Live(self.start_workflow(&cell, rebuilt));
        let slot = WorkflowSlot { cell: Rc::clone(&cell), actor };
        self.workflows.borrow_mut().insert(id, slot);
        cell
    }

    fn start_workflow(
        &self,
        cell: &Rc<WorkflowCell>,
        rebuilt: RebuiltWorkflow,
    ) -> Addr<WorkflowActor> {
        let actor = WorkflowActor::new(rebuilt, Rc::clone(cell), Rc::clone(&self.services));
        let capacity = self.config().host_channel_capacity.saturating_mul(2).max(1_024);
        WorkflowActor::create(|ctx| {
            ctx.set_mailbox_capacity(capacity);
            actor
        })
    }

    /// Gives a message to a workflow, now or after it was rebuilt.
    pub(crate) fn post_workflow(self: &Rc<Self>, id: WorkflowId, task: WorkflowTask) {
        if self.workflow_cell(id).is_none() {
            return task.refuse(EngineError::WorkflowNotFound(id));
        }
        let mut workflows = self.workflows.borrow_mut();
        let Some(slot) = workflows.get_mut(&id) else {
            return task.refuse(EngineError::WorkflowNotFound(id));
        };
        match &mut slot.actor {
            WorkflowActorSlot::Live(addr) => match addr.try_send(task) {
                Ok(()) => return,
                Err(SendError::Full(task)) => return task.refuse(EngineError::Busy),
                Err(SendError::Closed(task)) => {
                    slot.actor = WorkflowActorSlot::Rebuilding(vec![task]);
                }
            },
            WorkflowActorSlot::Rebuilding(waiting) => return waiting.push(task),
            WorkflowActorSlot::Gone => slot.actor = WorkflowActorSlot::Rebuilding(vec![task]),
        }
        let cell = Rc::clone(&slot.cell);
        drop(workflows);
        actix::spawn(Rc::clone(self).rebuild_workflow(cell));
    }

    async fn rebuild_workflow(self: Rc<Self>, cell: Rc<WorkflowCell>) {
        let rebuilt = self.reader.workflow(cell.id).await;
        let mut workflows = self.workflows.borrow_mut();
        let Some(slot) = workflows.get_mut(&cell.id) else { return };
        let waiting = match std::mem::replace(&mut slot.actor, WorkflowActorSlot::Gone) {
            WorkflowActorSlot::Rebuilding(waiting) => waiting,
            WorkflowActorSlot::Live(_) | WorkflowActorSlot::Gone => Vec::new(),
        };
        match rebuilt {
            Ok(rebuilt) => {
                cell.publish(WorkflowView::of(cell.id, &rebuilt.state));
                let addr = self.start_workflow(&cell, rebuilt);
                for task in waiting {
                    if let Err(SendError::Full(task) | SendError::Closed(task)) =
                        addr.try_send(task)
                    {
                        task.refuse(EngineError::Busy);
                    }
                }
                slot.actor = WorkflowActorSlot::Live(addr);
            }
            Err(error) => {
                tracing::error!(workflow = %cell.id, %error, "a workflow could not be rebuilt");
                let reason: Arc<str> = error.to_string().into();
                for task in waiting {
                    task.refuse(EngineError::Unavailable { reason: Arc::clone(&reason) });
                }
            }
        }
    }
}

/// Sends a message to a live lead. Gives it back when the actor is gone.
fn send(live: &mut Live, task: LeadTask, now_ms: u64) -> Option<LeadTask> {
    live.used_ms = now_ms;
    match live.addr.try_send(task) {
        Ok(()) => {
            live.under_way.set(live.under_way.get() + 1);
            None
        }
        Err(SendError::Full(task)) => {
            task.refuse(EngineError::Busy);
            None
        }
        Err(SendError::Closed(task)) => Some(task),
    }
}
