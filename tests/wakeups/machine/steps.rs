//! What each step does. Each says whether it could be taken.

use branchline_domain::{
    decider::Recorded,
    id::OrganisationId,
    lead::{self, LeadCommand, LeadContext, LeadState, Reads},
    workflow::{self, WorkflowContext, WorkflowState},
};
use branchline_journal::record::{Cause, Position, Version};
use branchline_projections::{Fact, FactEvents, Projections, SweepPlace};
use branchline_testkit::{ASHA, workflow_id};

use super::{Ask, Control, Events, Flaw, Guard, Machine, Sweep, TICK_S, Write};

impl Machine {
    pub(super) fn workflow_decides(&mut self) -> bool {
        if self.workflow_write != Write::None {
            return false;
        }
        let lead_is_done = self.to_lead.is_empty() && self.lead_is_idle();
        if matches!(self.to_workflow.front(), Some(Ask::AfterTheLead(_))) && !lead_is_done {
            return false;
        }
        let Some(Ask::Tell(command) | Ask::AfterTheLead(command)) = self.to_workflow.pop_front()
        else {
            return false;
        };
        let context = WorkflowContext::default();
        let events = workflow::decide(&self.workflow, &command, &context);
        let events = events.expect("the stories ask for nothing that is refused");
        if !events.is_empty() {
            self.workflow_write = Write::Sent { command, events, guard: Guard::default() };
        }
        true
    }

    pub(super) fn workflow_is_written(&mut self) -> bool {
        let Write::Sent { events, .. } = std::mem::replace(&mut self.workflow_write, Write::None)
        else {
            return false;
        };
        let position = self.append(Events::Workflow(events.clone()));
        let mut after = self.workflow.clone();
        for event in &events {
            workflow::evolve(&mut after, event, Recorded { at: self.now, position });
        }
        self.control = Control { epoch: after.control_epoch, revision: after.graph.revision() };
        self.workflow_write = Write::Kept { events, position };
        true
    }

    pub(super) fn workflow_is_shown(&mut self) -> bool {
        let Write::Kept { events, position } =
            std::mem::replace(&mut self.workflow_write, Write::None)
        else {
            return false;
        };
        for event in &events {
            workflow::evolve(&mut self.workflow, event, Recorded { at: self.now, position });
        }
        true
    }

    fn lead_is_idle(&self) -> bool {
        self.lead_write == Write::None && self.mailbox.is_empty()
    }

    /// A host asks one thing after the other.
    pub(super) fn host_asks_the_lead(&mut self) -> bool {
        if !self.lead_is_idle() {
            return false;
        }
        let Some(command) = self.to_lead.pop_front() else { return false };
        self.mailbox.push_back(command);
        true
    }

    pub(super) fn lead_decides(&mut self) -> bool {
        if self.lead_write != Write::None {
            return false;
        }
        let Some(command) = self.mailbox.pop_front() else { return false };
        self.decide(command);
        true
    }

    fn decide(&mut self, command: LeadCommand) {
        let view = self.view();
        let context = LeadContext { now: self.now, lead: ASHA, workflow: &view };
        let events = lead::decide(&self.lead, &command, &context).unwrap_or_default();
        if events.is_empty() {
            self.lead_write = Write::None;
            return;
        }
        let epoch = Some(view.control_epoch);
        let guard = match lead::reads(&events) {
            Reads::Nothing => Guard::default(),
            Reads::Control => Guard { epoch, revision: None },
            Reads::Routing => Guard { epoch, revision: Some(view.graph.revision()) },
        };
        self.lead_write = Write::Sent { command, events, guard };
    }

    pub(super) fn lead_is_written(&mut self) -> bool {
        if !matches!(self.lead_write, Write::Sent { .. }) {
            return false;
        }
        let Write::Sent { command, events, guard } =
            std::mem::replace(&mut self.lead_write, Write::None)
        else {
            return false;
        };
        let holds = guard.epoch.is_none_or(|epoch| epoch == self.control.epoch)
            && guard.revision.is_none_or(|revision| revision == self.control.revision);
        if holds || self.flaw == Flaw::NoGuards {
            let position = self.append(Events::Lead(events.clone()));
            self.lead_write = Write::Kept { events, position };
        } else {
            self.refusals += 1;
            self.lead_write = Write::Refused { command, wanted: self.control };
        }
        true
    }

    pub(super) fn lead_hears(&mut self) -> bool {
        if !matches!(self.lead_write, Write::Kept { .. }) {
            return false;
        }
        let Write::Kept { events, position } = std::mem::replace(&mut self.lead_write, Write::None)
        else {
            return false;
        };
        for event in &events {
            lead::evolve(&mut self.lead, event, Recorded { at: self.now, position });
        }
        true
    }

    pub(super) fn lead_decides_anew(&mut self) -> bool {
        let Write::Refused { command, wanted } = &self.lead_write else { return false };
        let shown = self.workflow.control_epoch >= wanted.epoch
            && self.workflow.graph.revision() >= wanted.revision;
        if !shown {
            return false;
        }
        let command = command.clone();
        self.decide(command);
        true
    }

    pub(super) fn read_models_fold(&mut self) -> bool {
        let Some((at, events)) = self.records.get(self.folded).cloned() else { return false };
        self.folded += 1;
        let fact = Fact {
            position: Position(self.folded as u64),
            at,
            organisation: OrganisationId::DEFAULT,
            principal: "host",
            cause: &Cause::None,
            version: Version(0),
            events: match &events {
                Events::Workflow(events) => FactEvents::Workflow(workflow_id("story"), events),
                Events::Lead(events) => FactEvents::Lead(ASHA, events),
            },
        };
        self.read.fold(&fact);
        self.changed |= matches!(events, Events::Workflow(_));
        true
    }

    pub(super) fn sweep_begins(&mut self) -> bool {
        if !self.changed || self.sweep != Sweep::None {
            return false;
        }
        self.changed = false;
        self.sweep = Sweep::Waits;
        true
    }

    pub(super) fn sweep_looks(&mut self) -> bool {
        let turn = self.workflow_write == Write::None || self.flaw == Flaw::SweepsTooEarly;
        if self.sweep != Sweep::Waits || !turn {
            return false;
        }
        let part = self.read.sweep(workflow_id("story"), SweepPlace::default(), usize::MAX);
        self.sweep = Sweep::Asks(part.leads.contains(&ASHA));
        true
    }

    /// After a newer change nobody is asked: the list is another one.
    pub(super) fn sweep_asks(&mut self) -> bool {
        let Sweep::Asks(wanted) = self.sweep else { return false };
        if wanted && !self.changed {
            self.mailbox.push_back(LeadCommand::Advance);
        }
        if self.flaw == Flaw::ForgetsChanges {
            self.changed = false;
        }
        self.sweep = Sweep::None;
        true
    }

    pub(super) fn timer_asks(&mut self) -> bool {
        let due = self.read.due(self.now, 1).first().is_some_and(|(_, lead)| *lead == ASHA);
        if !due || !self.lead_is_idle() || self.folded < self.records.len() {
            return false;
        }
        self.mailbox.push_back(LeadCommand::Advance);
        true
    }

    pub(super) fn clock_moves(&mut self) -> bool {
        if self.ticks == 0 {
            return false;
        }
        self.ticks -= 1;
        self.now = self.now.plus_seconds(TICK_S);
        true
    }

    /// Whatever was in memory is gone. Hosts ask again for what was not answered; the next engine
    /// folds everything and looks at every workflow that may free somebody.
    pub(super) fn killed(&mut self) -> bool {
        if self.kills == 0 {
            return false;
        }
        self.kills -= 1;
        if let Write::Sent { command, .. } = &self.workflow_write {
            self.to_workflow.push_front(Ask::Tell(command.clone()));
        }
        if let Write::Sent { command, .. } | Write::Refused { command, .. } = &self.lead_write
            && *command != LeadCommand::Advance
        {
            self.to_lead.push_front(command.clone());
        }
        for command in self.mailbox.drain(..).filter(|command| *command != LeadCommand::Advance) {
            self.to_lead.push_front(command);
        }
        (self.workflow_write, self.lead_write) = (Write::None, Write::None);
        (self.workflow, self.lead) = (WorkflowState::default(), LeadState::default());
        for (number, (at, events)) in (1..).zip(&self.records) {
            let recorded = Recorded { at: *at, position: number };
            match events {
                Events::Workflow(events) => {
                    for event in events {
                        workflow::evolve(&mut self.workflow, event, recorded);
                    }
                }
                Events::Lead(events) => {
                    for event in events {
                        lead::evolve(&mut self.lead, event, recorded);
                    }
                }
            }
        }
        (self.read, self.folded) = (Projections::new(), 0);
        while self.read_models_fold() {}
        let to_sweep = self.read.workflows_to_sweep().contains(&workflow_id("story"));
        self.changed = to_sweep && self.flaw != Flaw::NoSweepAfterStart;
        self.sweep = Sweep::None;
        true
    }

    fn append(&mut self, events: Events) -> u64 {
        self.records.push((self.now, events));
        self.records.len() as u64
    }
}
