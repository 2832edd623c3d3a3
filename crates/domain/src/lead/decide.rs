//! Decides what a command makes true: one function a command, guards first, one answer last.

use std::collections::BTreeMap;

use super::{
    CallReport, Enrolment, HoldReason, LeadCommand, LeadContext, LeadEvent, LeadRejection,
    LeadState, Values,
    advance::{advance, call_off, start},
    application::{hold_application, record_application, request_application, start_application},
    dispatch::{record_dispatched, record_refused, record_unknown, start_dispatch},
    erasure::{erase, kept},
    evolve,
    moving::{move_to, stand_in},
    report::{known_call, new_attributes, report_call_status},
    resolve::{refuse_ended, resolve},
};
use crate::{decider::Recorded, personal::Personal, value::Value, workflow::WorkflowStatus};

/// Decides what a command makes true. An empty list means "nothing new".
///
/// # Errors
///
/// A [`LeadRejection`] when the rules refuse the command. Nothing is recorded then.
pub fn decide(
    state: &LeadState,
    command: &LeadCommand,
    context: &LeadContext<'_>,
) -> Result<Vec<LeadEvent>, LeadRejection> {
    if let LeadCommand::Enrol(enrolment) = command {
        return enrol(state, enrolment, context);
    }
    // A lead whose import was given up never counted, and its personal fields are there all the same.
    let is_there = !state.withdrawn || matches!(command, LeadCommand::Erase);
    if !state.exists() || !is_there {
        return Err(LeadRejection::NotFound);
    }
    match command {
        LeadCommand::Enrol(_) => Err(LeadRejection::AlreadyEnrolled),
        LeadCommand::Advance => Ok(advance(state, context)),
        LeadCommand::ReportCallStatus { call, report } => {
            let events = report_call_status(state, *call, &kept(state, report), context)?;
            Ok(look_again(state, events, context))
        }
        LeadCommand::AttachCallAttributes { call, attributes } => {
            let known = known_call(state, *call, context)?;
            if state.is_erased() && !attributes.is_empty() {
                return Err(LeadRejection::Erased);
            }
            let events = new_attributes(*call, known, attributes).into_iter().collect();
            Ok(look_again(state, events, context))
        }
        LeadCommand::StartDispatch { call, lease_until } => {
            start_dispatch(state, *call, *lease_until, context)
        }
        LeadCommand::RecordDispatched { call, provider_ref } => {
            record_dispatched(state, *call, provider_ref.as_ref(), context)
        }
        LeadCommand::RecordDispatchRefused { call, reason } => {
            let events = record_refused(state, *call, reason, context)?;
            Ok(look_again(state, events, context))
        }
        LeadCommand::RecordDispatchUnknown { call } => record_unknown(state, *call, context),
        LeadCommand::StartApplication => start_application(state, context),
        LeadCommand::RecordApplication(report) => Ok(record_application(state, report, context)),
        LeadCommand::HoldApplication => hold_application(state, context),
        LeadCommand::RequestApplication => request_application(state, context),
        LeadCommand::MoveTo { node } => move_to(state, *node, context),
        LeadCommand::Resolve(choice) => resolve(state, choice, context),
        LeadCommand::Remove => remove(state),
        LeadCommand::Withdraw => Ok(vec![LeadEvent::LeadWithdrawn]),
        LeadCommand::Erase => erase(state, context),
        LeadCommand::Edit { variables, notes } => edit(state, variables, notes.as_ref()),
    }
}

/// Enrols the lead. One that comes alone into an active workflow starts in the same record.
fn enrol(
    state: &LeadState,
    enrolment: &Enrolment,
    context: &LeadContext<'_>,
) -> Result<Vec<LeadEvent>, LeadRejection> {
    if state.exists() {
        return Err(LeadRejection::AlreadyEnrolled);
    }
    let workflow = context.workflow;
    if workflow.deleted || workflow.status.is_final() {
        return Err(LeadRejection::WorkflowEnded { status: workflow.status });
    }
    check_variables(&enrolment.variables)?;
    let enrolled = LeadEvent::LeadEnrolled {
        workflow: enrolment.workflow,
        contact_tag: enrolment.contact_tag,
        key_slot: enrolment.key_slot,
        phone_number: Personal::Known(enrolment.phone_number.clone()),
        variables: Personal::Known(enrolment.variables.clone()),
        notes: Personal::Known(enrolment.notes.clone()),
        import: enrolment.import,
    };
    let starts = workflow.status == WorkflowStatus::Active
        && workflow.settings.start_on_enrol
        && enrolment.import.is_none();
    if !starts {
        return Ok(vec![enrolled]);
    }
    let mut pending = LeadState::default();
    evolve(&mut pending, &enrolled, Recorded { at: context.now, position: 0 });
    let mut events = vec![enrolled];
    events.extend(start(&pending, context));
    Ok(events)
}

/// Lets the lead go on in the same decision where the news is what it stood for: a step that waits
/// for analysis of a call or could not read what it found, and a lead whose node was taken away and
/// that only waited for its call to end.
fn look_again(
    state: &LeadState,
    mut events: Vec<LeadEvent>,
    context: &LeadContext<'_>,
) -> Vec<LeadEvent> {
    let unreadable = state
        .hold
        .as_ref()
        .is_some_and(|hold| matches!(hold.reason, HoldReason::UnreadableTime(_)));
    let attached =
        events.iter().any(|event| matches!(event, LeadEvent::CallAttributesAttached { .. }));
    let analysed = attached && (unreadable || state.analysis_until.is_some());
    if events.is_empty() || !(analysed || stand_in(state, context).is_some()) {
        return events;
    }
    let mut heard = state.clone();
    for event in &events {
        evolve(&mut heard, event, Recorded { at: context.now, position: 0 });
    }
    events.extend(advance(&heard, context));
    events
}

/// Takes the lead out. A call that is under way may finish; one that nobody dials is called off.
fn remove(state: &LeadState) -> Result<Vec<LeadEvent>, LeadRejection> {
    refuse_ended(state)?;
    let mut events = call_off(state);
    events.push(LeadEvent::LeadRemoved);
    Ok(events)
}

/// Longest name of a variable. Unit: characters.
const NAME_CHARS_MAX: usize = 64;
/// Most variables of one lead. Unit: variables.
const VARIABLES_MAX: usize = 100;

/// Changes variables or notes.
fn edit(
    state: &LeadState,
    changes: &BTreeMap<String, Option<Value>>,
    notes: Option<&Option<String>>,
) -> Result<Vec<LeadEvent>, LeadRejection> {
    let (Some(known), Some(old_notes)) = (state.variables.known(), state.notes.known()) else {
        return Err(LeadRejection::Erased);
    };
    if state.removed {
        return Err(LeadRejection::Ended { state: "removed" });
    }
    let mut variables = known.clone();
    for (name, value) in changes {
        match value {
            Some(value) => variables.insert(name.clone(), value.clone()),
            None => variables.remove(name),
        };
    }
    check_variables(&variables)?;
    let notes = notes.unwrap_or(old_notes);
    if &variables == known && notes == old_notes {
        return Ok(Vec::new());
    }
    Ok(vec![LeadEvent::LeadEdited {
        variables: Personal::Known(variables),
        notes: Personal::Known(notes.clone()),
    }])
}

/// Refuses variables that are out of their limits.
///
/// # Errors
///
/// [`LeadRejection::InvalidVariables`] that names the limit.
fn check_variables(variables: &Values) -> Result<(), LeadRejection> {
    if variables.len() > VARIABLES_MAX {
        return Err(LeadRejection::InvalidVariables {
            problem: format!("{} variables; at most {VARIABLES_MAX} are kept", variables.len()),
        });
    }
    match variables.keys().find(|name| name.is_empty() || name.chars().count() > NAME_CHARS_MAX) {
        Some(name) => Err(LeadRejection::InvalidVariables {
            problem: format!(
                "`{}`: a name has 1 to {NAME_CHARS_MAX} characters",
                name.chars().take(80).collect::<String>()
            ),
        }),
        None => Ok(()),
    }
}

/// Whether a report is part of the call's story: another final status than the first is not.
pub fn accepts(state: &LeadState, call: u32, report: &CallReport) -> bool {
    state.calls.get(&call).is_none_or(|known| {
        !(known.concluded && report.status.is_final() && known.status != report.status)
    })
}
