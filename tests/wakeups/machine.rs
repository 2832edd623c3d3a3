//! The engine's protocol in small: who decides, writes, shows, looks and asks, one step at a time,
//! in any order. Rules, events and read models are the real ones.

mod steps;

use std::collections::VecDeque;

use branchline_domain::{
    graph::GraphChange,
    id::OrganisationId,
    lead::{self, LeadCommand, LeadContext, LeadEvent, LeadState, Surroundings},
    time::Timestamp,
    workflow::{Settings, WorkflowCommand, WorkflowEvent, WorkflowState, WorkflowView},
};
use branchline_projections::Projections;
use branchline_testkit::{ASHA, START, workflow_id};

/// How long the clock moves when it moves. Unit: seconds.
const TICK_S: u64 = 100_000;

/// A protocol that is wrong in one place: what the search must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// None: the engine's own.
    None,
    /// The writer takes records whatever the workflow is by now.
    NoGuards,
    /// A sweep does not wait until the workflow's actor has shown the change.
    SweepsTooEarly,
    /// A change that comes during a sweep is not swept.
    ForgetsChanges,
    /// Read models are not looked at again after a start.
    NoSweepAfterStart,
}

/// One thing that hosts ask of the workflow.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ask {
    Tell(WorkflowCommand),
    /// Only once the lead has answered everything it was asked.
    AfterTheLead(WorkflowCommand),
}

/// A record that an actor has on its way.
#[derive(Clone, Debug, PartialEq)]
enum Write<C, E> {
    None,
    /// Sent to the journal.
    Sent {
        command: C,
        events: Vec<E>,
        guard: Guard,
    },
    /// In the journal; its actor has not heard of it.
    Kept {
        events: Vec<E>,
        position: u64,
    },
    /// Refused by its guard; decided anew once the view is as new as this.
    Refused {
        command: C,
        wanted: Control,
    },
}

/// What a record says its decision read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Guard {
    epoch: Option<u32>,
    revision: Option<u32>,
}

/// The workflow as the journal has it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Control {
    epoch: u32,
    revision: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Sweep {
    None,
    /// Waits for the turn of the workflow's actor.
    Waits,
    /// Knows whether the lead is to be asked.
    Asks(bool),
}

#[derive(Clone, Debug, PartialEq)]
enum Events {
    Workflow(Vec<WorkflowEvent>),
    Lead(Vec<LeadEvent>),
}

/// One state of everything.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) flaw: Flaw,
    pub(crate) to_workflow: VecDeque<Ask>,
    pub(crate) to_lead: VecDeque<LeadCommand>,
    /// Times the clock may still move.
    pub(crate) ticks: u32,
    /// Times the engine may still be killed.
    pub(crate) kills: u32,
    /// Records that were refused by their guard.
    pub(crate) refusals: u32,
    now: Timestamp,
    records: Vec<(Timestamp, Events)>,
    control: Control,
    workflow: WorkflowState,
    workflow_write: Write<WorkflowCommand, WorkflowEvent>,
    lead: LeadState,
    lead_write: Write<LeadCommand, LeadEvent>,
    mailbox: VecDeque<LeadCommand>,
    read: Projections,
    folded: usize,
    changed: bool,
    sweep: Sweep,
}

/// Everything that may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    WorkflowDecides,
    WorkflowIsWritten,
    WorkflowIsShown,
    HostAsksTheLead,
    LeadDecides,
    LeadIsWritten,
    LeadHears,
    LeadDecidesAnew,
    ReadModelsFold,
    SweepBegins,
    SweepLooks,
    SweepAsks,
    TimerAsks,
    ClockMoves,
    Killed,
}

const STEPS: [Step; 15] = [
    Step::WorkflowDecides,
    Step::WorkflowIsWritten,
    Step::WorkflowIsShown,
    Step::HostAsksTheLead,
    Step::LeadDecides,
    Step::LeadIsWritten,
    Step::LeadHears,
    Step::LeadDecidesAnew,
    Step::ReadModelsFold,
    Step::SweepBegins,
    Step::SweepLooks,
    Step::SweepAsks,
    Step::TimerAsks,
    Step::ClockMoves,
    Step::Killed,
];

impl Machine {
    /// A workflow in draft with this graph and these settings, everything at rest.
    pub(crate) fn draft(graph: Vec<GraphChange>, settings: Settings) -> Self {
        let mut machine = Self {
            flaw: Flaw::None,
            to_workflow: VecDeque::new(),
            to_lead: VecDeque::new(),
            ticks: 0,
            kills: 0,
            refusals: 0,
            now: START,
            records: Vec::new(),
            control: Control::default(),
            workflow: WorkflowState::default(),
            workflow_write: Write::None,
            lead: LeadState::default(),
            lead_write: Write::None,
            mailbox: VecDeque::new(),
            read: Projections::new(),
            folded: 0,
            changed: false,
            sweep: Sweep::None,
        };
        machine.settle_workflow(WorkflowCommand::Create {
            organisation: OrganisationId::DEFAULT,
            title: "Spring".into(),
            description: String::new(),
            settings,
            graph,
            source: None,
        });
        machine
    }

    /// Something that happened long before: everybody has heard of it.
    pub(crate) fn settle_workflow(&mut self, command: WorkflowCommand) {
        self.to_workflow.push_back(Ask::Tell(command));
        self.settle();
    }

    /// As [`Self::settle_workflow`].
    pub(crate) fn settle_lead(&mut self, command: LeadCommand) {
        self.to_lead.push_back(command);
        self.settle();
    }

    fn settle(&mut self) {
        while let Some(next) = STEPS.into_iter().find_map(|step| self.after(step)) {
            *self = next;
        }
    }

    /// What the leads see of the workflow: what its actor has shown.
    fn view(&self) -> WorkflowView {
        WorkflowView::of(workflow_id("story"), &self.workflow)
    }

    /// Every state that may come next, with the step that leads there.
    pub(crate) fn successors(&self) -> Vec<(Step, Self)> {
        STEPS.into_iter().filter_map(|step| Some((step, self.after(step)?))).collect()
    }

    /// Two machines with the same key go on in the same ways.
    pub(crate) fn key(&self) -> String {
        format!(
            "{:?}",
            (
                (&self.to_workflow, &self.to_lead, self.ticks, self.kills, self.now),
                (&self.records, &self.workflow_write, &self.lead_write, &self.mailbox),
                (self.folded, self.changed, self.sweep),
            )
        )
    }

    /// What was forgotten, in a state where nothing happens any more.
    pub(crate) fn forgotten(&self) -> Option<String> {
        if !self.lead.exists() {
            return None;
        }
        let view = self.view();
        let context = LeadContext { now: self.now, lead: ASHA, workflow: &view };
        let more = lead::decide(&self.lead, &LeadCommand::Advance, &context);
        let told = self.read.explain(
            ASHA,
            &self.lead,
            Surroundings { now: self.now, ..Surroundings::default() },
        );
        let due = told
            .iter()
            .flat_map(|told| &told.guards)
            .any(|guard| guard.code == lead::GuardCode::Due);
        match more {
            Ok(events) if events.is_empty() && !due => None,
            more => Some(format!("the lead would go on with {more:?}: {told:#?}")),
        }
    }

    /// Where the lead came to rest.
    pub(crate) fn rest(&self) -> String {
        let hold = self.lead.hold.as_ref().map(|hold| hold.reason.code());
        format!("{} visit {} {hold:?}", self.lead.status, self.lead.visit)
    }

    /// The state after a step; `None` when it cannot be taken now.
    fn after(&self, step: Step) -> Option<Self> {
        let mut next = self.clone();
        let taken = match step {
            Step::WorkflowDecides => next.workflow_decides(),
            Step::WorkflowIsWritten => next.workflow_is_written(),
            Step::WorkflowIsShown => next.workflow_is_shown(),
            Step::HostAsksTheLead => next.host_asks_the_lead(),
            Step::LeadDecides => next.lead_decides(),
            Step::LeadIsWritten => next.lead_is_written(),
            Step::LeadHears => next.lead_hears(),
            Step::LeadDecidesAnew => next.lead_decides_anew(),
            Step::ReadModelsFold => next.read_models_fold(),
            Step::SweepBegins => next.sweep_begins(),
            Step::SweepLooks => next.sweep_looks(),
            Step::SweepAsks => next.sweep_asks(),
            Step::TimerAsks => next.timer_asks(),
            Step::ClockMoves => next.clock_moves(),
            Step::Killed => next.killed(),
        };
        taken.then_some(next)
    }
}
