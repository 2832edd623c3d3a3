//! What CONTRACT.md says of one workflow and its leads, as plainly as it can be said: maps, one thing
//! after the other, nothing clever. Written from the contract and not from the deciders, with which
//! it shares only the words: statuses of workflows, leads and calls.

mod call;
mod desk;
mod graph;
mod lead;

use std::collections::{BTreeMap, BTreeSet};

use branchline_domain::{call_status::CallStatus, lead::LeadStatus, workflow::WorkflowStatus};

pub(crate) use graph::{Ask, Config, Drawing, Edge, Kind, Retry, kind};

use crate::step::Step;

/// The name of a node.
pub(crate) type Name = &'static str;

/// What a workflow's owner chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) start_on_enrol: bool,
    pub(crate) auto_complete: bool,
    pub(crate) late_final_resolves: bool,
    pub(crate) deadline_s: u64,
    /// How long a step waits for an attribute of the call; 0 where it does not.
    pub(crate) analysis_s: u64,
}

/// How far the dialling of a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialling {
    Requested,
    Started { lease_until_s: u64 },
    Dispatched,
    Refused,
    Unknown,
}

/// One call of a lead.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) node: Name,
    pub(crate) visit: u32,
    pub(crate) requested_step: u64,
    /// When it is too late to dial it.
    pub(crate) expires_s: Option<u64>,
    pub(crate) dialling: Dialling,
    pub(crate) started_s: Option<u64>,
    pub(crate) status: CallStatus,
    pub(crate) ended: bool,
    pub(crate) ended_s: Option<u64>,
    pub(crate) conflicts: Vec<CallStatus>,
    pub(crate) interested: Option<&'static str>,
}

/// Why a lead stays, and the output that waits if one is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) code: &'static str,
    pub(crate) output: Option<&'static str>,
    pub(crate) by_person: bool,
}

/// One lead.
#[derive(Clone, Debug)]
pub(crate) struct Lead {
    pub(crate) phone: u8,
    pub(crate) city: Option<&'static str>,
    pub(crate) enrolled_step: u64,
    pub(crate) status: LeadStatus,
    pub(crate) removed: bool,
    pub(crate) erased: bool,
    pub(crate) node: Option<Name>,
    pub(crate) visit: u32,
    pub(crate) entered_revision: usize,
    pub(crate) release_s: Option<u64>,
    /// Until when its step waits for an attribute of the call.
    pub(crate) analysis_s: Option<u64>,
    /// The call that the visit waits or waited for.
    pub(crate) call: Option<u32>,
    pub(crate) hold: Option<Hold>,
    pub(crate) calls: BTreeMap<u32, Call>,
    /// Nodes left by a branch.
    pub(crate) passed: BTreeSet<Name>,
}

impl Lead {
    pub(crate) fn has_ended(&self) -> bool {
        self.removed || matches!(self.status, LeadStatus::Completed | LeadStatus::Dropped)
    }
}

/// What whoever asked is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    Enrolled { new: usize, skipped: usize },
    Told { accepted: bool },
    Claimed(BTreeSet<(usize, u32)>),
    Refused(&'static str),
}

/// One workflow and its leads.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    /// Whether the engine that is compared keeps its journal on disk.
    pub(crate) on_disk: bool,
    /// Time since the story began. Unit: seconds.
    pub(crate) now_s: u64,
    /// Counts what was asked, to tell what came before what.
    pub(crate) step: u64,
    pub(crate) status: WorkflowStatus,
    pub(crate) choice: Choice,
    /// The graph in all its revisions; the last one is the newest.
    pub(crate) drawings: Vec<Drawing>,
    /// The last activation or resumption.
    pub(crate) freed_step: Option<u64>,
    pub(crate) leads: Vec<Lead>,
    /// Numbers with a live call: of which lead, and which of its calls.
    pub(crate) lines: BTreeMap<u8, (usize, u32)>,
    /// The answer to the last step.
    pub(crate) answer: Answer,
}

impl Model {
    /// A draft with this graph, made of one edit after the other.
    pub(crate) fn new(on_disk: bool, choice: Choice, first: &Drawing) -> Self {
        Self {
            on_disk,
            now_s: 0,
            step: 0,
            status: WorkflowStatus::Draft,
            choice,
            drawings: first.history(),
            freed_step: None,
            leads: Vec::new(),
            lines: BTreeMap::new(),
            answer: Answer::Done,
        }
    }

    pub(crate) fn graph(&self) -> &Drawing {
        self.drawings.last().expect("there is the empty graph at least")
    }

    pub(crate) fn revision(&self) -> usize {
        self.drawings.len() - 1
    }

    pub(crate) fn has_stopped(&self) -> bool {
        matches!(self.status, WorkflowStatus::Completed | WorkflowStatus::Cancelled)
    }

    /// Does a step and everything that follows from it.
    pub(crate) fn take(&mut self, step: &Step) {
        self.step += 1;
        self.answer = self.answer_to(step).unwrap_or_else(Answer::Refused);
        self.settle();
    }

    fn answer_to(&mut self, step: &Step) -> Result<Answer, &'static str> {
        match step {
            Step::Activate => self.activate(),
            Step::Pause => self.pause(),
            Step::Resume => self.resume(),
            Step::Cancel => self.cancel(),
            Step::Complete { force } => self.complete(*force),
            Step::Choose(choice) => self.choose(*choice),
            Step::AddNode(name) => self.add_node(name),
            Step::Configure { node, config } => self.configure(node, *config),
            Step::MarkEntry { node, entry } => self.mark_entry(node, *entry),
            Step::RemoveNode(name) => self.remove_node(name),
            Step::AddEdge(edge) => self.add_edge(*edge),
            Step::RemoveEdge(edge) => self.remove_edge(*edge),
            Step::Enrol { phones, duplicates, city } => self.enrol(phones, *duplicates, *city),
            Step::Remove(lead) => self.remove(*lead),
            Step::Erase(lead) => self.erase(*lead),
            Step::Resolve { lead, output } => self.resolve(*lead, output),
            Step::Redial(lead) => self.redial(*lead),
            Step::ReleaseIn { lead, seconds } => self.release_at(*lead, self.now_s + seconds),
            Step::EditCity { lead, city } => self.edit_city(*lead, *city),
            Step::Report { call, status, interested } => self.report(*call, *status, *interested),
            Step::Attach { call, interested } => self.attach(*call, interested),
            Step::Dispatched(call) => self.dispatched(*call),
            Step::DialRefused(call) => self.dial_refused(*call),
            Step::Claim { max, lease_s } => Ok(self.claim(*max, *lease_s)),
            Step::Wait(seconds) | Step::Restart { down_s: seconds, .. } => {
                self.now_s += seconds;
                Ok(Answer::Done)
            }
        }
    }

    /// Whatever happens by itself, until nothing is left to happen.
    fn settle(&mut self) {
        loop {
            let mut changed = false;
            for lead in 0..self.leads.len() {
                self.expire_leases(lead);
                while self.go_on(lead) {
                    changed = true;
                }
            }
            changed |= self.complete_by_itself();
            if !changed {
                return;
            }
        }
    }

    /// Source: CONTRACT.md 2: at least one lead is enrolled and all are final.
    fn complete_by_itself(&mut self) -> bool {
        let all_ended = !self.leads.is_empty() && self.leads.iter().all(Lead::has_ended);
        let completes =
            self.status == WorkflowStatus::Active && self.choice.auto_complete && all_ended;
        if completes {
            self.status = WorkflowStatus::Completed;
        }
        completes
    }
}
