//! The bare decider: the same transitions through the rules alone, in memory, on one thread.

use std::time::Instant;

use anyhow::Context as _;
use branchline_domain::{
    decider::Recorded as At,
    id::{LeadId, WorkflowId},
    lead::{Enrolment, LeadCommand, LeadContext, LeadState, Values, decide, evolve},
    time::Timestamp,
    workflow::WorkflowView,
};

use crate::outcome::outcome;

/// When everything happens, in microseconds since 1970. The rules read no clock.
const NOW: i64 = 1_795_549_858_000_000;

/// What deciding took.
pub(crate) struct Decided {
    pub(crate) seconds: f64,
    /// What was decided.
    pub(crate) events: usize,
}

/// Takes every lead from its first call to its end. Only the reports are timed.
pub(crate) fn measure(
    workflow: &WorkflowView,
    leads: &[LeadId],
    calls: u32,
    seed: u64,
) -> anyhow::Result<Decided> {
    let id = workflow.id.context("the workflow has a name")?;
    let mut states = Vec::with_capacity(leads.len());
    for (number, lead) in (0_u32..).zip(leads) {
        let mut state = LeadState::default();
        let enrolment = LeadCommand::Enrol(Box::new(enrolment(id, number)));
        step(&mut state, &enrolment, workflow, *lead)?;
        step(&mut state, &LeadCommand::Advance, workflow, *lead)?;
        states.push((*lead, state));
    }
    let mut events = 0;
    let began = Instant::now();
    for (lead, state) in &mut states {
        for call in 1..=calls {
            let report = outcome(seed, *lead, call);
            let command = LeadCommand::ReportCallStatus { call, report };
            events += step(state, &command, workflow, *lead)?;
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let ended = states.iter().filter(|(_, state)| state.has_ended()).count();
    anyhow::ensure!(
        ended == leads.len(),
        "{ended} of {} leads reached their end in the bare decider",
        leads.len()
    );
    Ok(Decided { seconds, events })
}

fn enrolment(workflow: WorkflowId, number: u32) -> Enrolment {
    Enrolment {
        workflow,
        phone_number: format!("+91{}", 7_000_000_000_u64 + u64::from(number)),
        contact_tag: u128::from(number).to_be_bytes(),
        key_slot: number,
        variables: Values::new(),
        notes: None,
        import: None,
    }
}

/// Decides and takes in what was decided. Gives how many events that were.
fn step(
    state: &mut LeadState,
    command: &LeadCommand,
    workflow: &WorkflowView,
    lead: LeadId,
) -> anyhow::Result<usize> {
    let now = Timestamp::from_micros(NOW);
    let events = decide(state, command, &LeadContext { now, lead, workflow })?;
    for event in &events {
        evolve(state, event, At { at: now, position: 1 });
    }
    Ok(events.len())
}
