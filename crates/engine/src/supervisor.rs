//! Which actors live, who waits for them, and who leaves memory. Ours, not actix's: an actor that
//! is gone is rebuilt from the journal, never restarted with the state it died with.

use std::{
    rc::Rc,
    sync::{Arc, atomic::Ordering},
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
    live_leads::{LeadSlot, Live, Stay},
    metrics::Mailbox,
    rebuild::{RebuiltLead, RebuiltWorkflow},
    workflow_actor::{WorkflowActor, WorkflowTask},
    workflow_cell::WorkflowCell,
};

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

/// Actors that are looked at to make room for one: when all of them are busy, the number grows for a
/// while.
const LOOKS: usize = 4;

impl Core {
    /// Gives a message to a lead, now or after it was rebuilt.
    pub(crate) fn post_lead(self: &Rc<Self>, lead: LeadId, task: LeadTask) {
        self.post(lead, task, Stay::Wanted);
    }

    /// The same, for a lead that is one of many and has no need to stay in memory afterwards. Who
    /// asked says [`Self::visit_ended`] when it has its answer.
    pub(crate) fn visit_lead(self: &Rc<Self>, lead: LeadId, task: LeadTask) {
        self.post(lead, task, Stay::Visited);
    }

    /// Lets leads that were visited leave memory.
    pub(crate) fn visit_ended(&self) {
        let mut leads = self.leads.borrow_mut();
        leads.make_room(self.config().lead_actors_max, LOOKS);
        self.reads().set_lead_actors(leads.live());
    }

    fn post(self: &Rc<Self>, lead: LeadId, task: LeadTask, stay: Stay) {
        let now_ms = self.idle_clock_ms();
        let mut leads = self.leads.borrow_mut();
        leads.asked(lead, stay, now_ms);
        let task = match leads.slot(lead) {
            Some(LeadSlot::Live(live)) => match live.send(task, now_ms) {
                Some(task) => task,
                None => return,
            },
            Some(LeadSlot::Rebuilding(waiting, known)) => {
                if stay == Stay::Wanted {
                    *known = Stay::Wanted;
                }
                return waiting.push(task);
            }
            Some(LeadSlot::SetAside(reason)) => {
                let reason = Arc::clone(reason);
                return task.refuse(EngineError::SetAside { lead, reason });
            }
            None => task,
        };
        if self.store().stream_head(StreamId::lead(lead.as_uuid())).is_none() {
            return task.refuse(EngineError::LeadNotFound(lead));
        }
        leads.put(lead, LeadSlot::Rebuilding(vec![task], stay));
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
                    for task in self.take_waiting(lead).0 {
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
        for task in self.take_waiting(lead).0 {
            task.refuse(EngineError::SetAside { lead, reason: Arc::clone(&reason) });
        }
        self.reads().set_lead_aside(lead, &reason);
        self.leads.borrow_mut().put(lead, LeadSlot::SetAside(reason));
    }

    /// Takes out who waits for a lead, and its slot; and says how long the lead is to stay.
    fn take_waiting(&self, lead: LeadId) -> (Vec<LeadTask>, Stay) {
        match self.leads.borrow_mut().take(lead) {
            Some(LeadSlot::Rebuilding(waiting, stay)) => (waiting, stay),
            Some(LeadSlot::Live(_) | LeadSlot::SetAside(_)) | None => (Vec::new(), Stay::Wanted),
        }
    }

    fn install_lead(self: &Rc<Self>, lead: LeadId, rebuilt: RebuiltLead) -> Result<(), Arc<str>> {
        let workflow = rebuilt.state.workflow.and_then(|workflow| self.workflow_cell(workflow));
        let workflow = workflow.ok_or_else(|| Arc::from("its workflow is not in the journal"))?;
        let mailbox = Mailbox::new(Arc::clone(self.metrics()));
        let actor =
            LeadActor::new(lead, rebuilt, workflow, Rc::clone(&self.services), mailbox.clone());
        // The edge bounds what is under way, so the mailbox never has to refuse anything.
        let capacity = self.config().host_channel_capacity.saturating_mul(2).max(1_024);
        let addr = LeadActor::create(|ctx| {
            ctx.set_mailbox_capacity(capacity);
            actor
        });
        let now_ms = self.idle_clock_ms();
        let (waiting, stay) = self.take_waiting(lead);
        let mut live = Live { addr, mailbox, used_ms: now_ms, stay };
        for task in waiting {
            // A fresh mailbox is open and empty.
            if let Some(task) = live.send(task, now_ms) {
                task.refuse(EngineError::Busy);
            }
        }
        self.metrics().rebuilds.fetch_add(1, Ordering::Relaxed);
        let mut leads = self.leads.borrow_mut();
        leads.add(lead, live);
        leads.make_room(self.config().lead_actors_max, LOOKS);
        self.reads().set_lead_actors(leads.live());
        Ok(())
    }

    /// Lets idle leads leave memory, and those beyond the limit that were busy when others came, for
    /// as long as the engine runs.
    pub(crate) async fn passivate(self: Rc<Self>) {
        const LOOK: Duration = Duration::from_secs(1);
        let idle_ms = self.config().lead_idle_ms;
        let pause_ms = (idle_ms / 2).clamp(20, 30_000);
        let mut walked_ms = 0;
        loop {
            tokio::select! {
                biased;
                () = self.stopping().wait() => return,
                () = tokio::time::sleep(LOOK.min(Duration::from_millis(pause_ms))) => {}
            }
            let now_ms = self.idle_clock_ms();
            let mut leads = self.leads.borrow_mut();
            let before = leads.live();
            leads.make_room(self.config().lead_actors_max, before);
            if now_ms.saturating_sub(walked_ms) >= pause_ms {
                walked_ms = now_ms;
                leads.leave(|used_ms| now_ms.saturating_sub(used_ms) >= idle_ms);
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
