//! What a race must have left: an exact journal, and answers that agree with it.

use std::collections::BTreeMap;

use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, WorkflowId},
    lead::{LeadEvent, LeadRejection},
    workflow::{WorkflowEvent, WorkflowRejection, WorkflowStatus},
};
use branchline_engine::{EngineError, RecordedEvents, RecordedFact, command::WorkflowAction};
use branchline_journal::record::Position;
use branchline_projections::{Invariants, Projections};

use crate::{
    races::{Answered, Move, Outcome, Race},
    world::host,
};

pub(crate) fn no_violation(facts: &[RecordedFact]) {
    let mut invariants = Invariants::new();
    for fact in facts {
        let violations = invariants.check(&fact.as_fact());
        assert!(violations.is_empty(), "{violations:?}");
    }
}

/// The control events of a workflow, by position.
fn control_events(
    workflow: WorkflowId,
    facts: &[RecordedFact],
) -> BTreeMap<Position, WorkflowEvent> {
    let mut found = BTreeMap::new();
    for fact in facts {
        let RecordedEvents::Workflow(id, events) = &fact.events else { continue };
        for event in events.iter().filter(|event| *id == workflow && is_control(event)) {
            found.insert(fact.position, event.clone());
        }
    }
    found
}

fn is_control(event: &WorkflowEvent) -> bool {
    status_after(event).is_some() || matches!(event, WorkflowEvent::WorkflowDeleted)
}

fn status_after(event: &WorkflowEvent) -> Option<WorkflowStatus> {
    match event {
        WorkflowEvent::WorkflowActivated | WorkflowEvent::WorkflowResumed => {
            Some(WorkflowStatus::Active)
        }
        WorkflowEvent::WorkflowPaused => Some(WorkflowStatus::Paused),
        WorkflowEvent::WorkflowCompleted { .. } => Some(WorkflowStatus::Completed),
        WorkflowEvent::WorkflowCancelled => Some(WorkflowStatus::Cancelled),
        WorkflowEvent::WorkflowCreated { .. }
        | WorkflowEvent::WorkflowRenamed { .. }
        | WorkflowEvent::SettingsChanged { .. }
        | WorkflowEvent::GraphRevised { .. }
        | WorkflowEvent::GraphStaged { .. }
        | WorkflowEvent::NodeReplaced { .. }
        | WorkflowEvent::WorkflowDeleted
        | WorkflowEvent::ImportOpened { .. }
        | WorkflowEvent::ImportClosed { .. }
        | WorkflowEvent::ImportCancelled { .. }
        | WorkflowEvent::ImportRefused { .. } => None,
    }
}

/// Whether this event is what the action asks for.
fn is_done(action: &WorkflowAction, event: &WorkflowEvent) -> bool {
    matches!(
        (action, event),
        (WorkflowAction::Activate, WorkflowEvent::WorkflowActivated)
            | (WorkflowAction::Pause, WorkflowEvent::WorkflowPaused)
            | (WorkflowAction::Resume, WorkflowEvent::WorkflowResumed)
            | (WorkflowAction::Cancel, WorkflowEvent::WorkflowCancelled)
            | (
                WorkflowAction::Complete { .. },
                WorkflowEvent::WorkflowCompleted { automatic: false }
            )
            | (WorkflowAction::Delete, WorkflowEvent::WorkflowDeleted)
    )
}

/// The read models as they were after a position.
fn as_of(facts: &[RecordedFact], position: Position) -> Projections {
    let mut read = Projections::new();
    for fact in facts.iter().take_while(|fact| fact.position <= position) {
        read.fold(&fact.as_fact());
    }
    read
}

/// Each answer to a control action names the record that did it, each such record was answered
/// once, and each refusal names a status that the workflow had while it was asked.
pub(crate) fn controls_are_as_answered(
    workflow: WorkflowId,
    facts: &[RecordedFact],
    answers: &[Answered],
) {
    let mut events = control_events(workflow, facts);
    let all = events.clone();
    let statuses_between = |before: Position, after: Position| {
        let at_first = all.range(..=before).rev().find_map(|(_, event)| status_after(event));
        let meanwhile = all.range(before..=after).filter_map(|(_, event)| status_after(event));
        let mut statuses: Vec<_> = meanwhile.collect();
        statuses.push(at_first.unwrap_or_default());
        statuses
    };
    // That of the set-up.
    events.pop_first();
    for Answered { asked, before, after, outcome } in answers {
        let (Move::Control(action), Outcome::Controlled(outcome)) = (asked, outcome) else {
            continue;
        };
        match outcome {
            Ok(committed) => {
                let position = committed.position.unwrap();
                let event = events.remove(&position).unwrap();
                assert!(is_done(action, &event), "{action:?}: {event:?}");
                let read = as_of(facts, position);
                let row = read.workflow_or_deleted(workflow).unwrap();
                if *action == (WorkflowAction::Complete { force: false }) {
                    assert_eq!((row.leads.pending, row.leads.active), (0, 0));
                }
            }
            Err(EngineError::Workflow(WorkflowRejection::WrongStatus { status, .. })) => {
                let had = statuses_between(*before, *after);
                assert!(had.contains(status), "{asked:?} found {status}, there was {had:?}");
            }
            Err(EngineError::Workflow(WorkflowRejection::LeadsUnderWay { pending, active })) => {
                assert_eq!(*action, WorkflowAction::Complete { force: false });
                assert!(pending + active > 0);
            }
            Err(EngineError::Workflow(WorkflowRejection::CallsInProgress { calls })) => {
                assert!(*action == WorkflowAction::Delete && *calls > 0);
            }
            Err(EngineError::WorkflowNotFound(_)) => {
                let deleted =
                    |event: &WorkflowEvent| matches!(event, WorkflowEvent::WorkflowDeleted);
                assert!(all.range(..=*after).any(|(_, event)| deleted(event)), "{asked:?}");
            }
            Err(other) => panic!("{asked:?}: {other}"),
        }
    }
    for (position, event) in events {
        let automatic = matches!(event, WorkflowEvent::WorkflowCompleted { automatic: true });
        assert!(automatic, "nobody was answered for {event:?}");
        let leads = as_of(facts, position).workflow_or_deleted(workflow).unwrap().leads;
        assert_eq!((leads.pending, leads.active), (0, 0));
    }
}

/// Each answer about a call and a lead agrees with what is recorded of it.
pub(crate) async fn calls_are_as_answered(
    race: &Race,
    facts: &[RecordedFact],
    answers: &[Answered],
) {
    let at = |position: Position| facts.iter().find(|fact| fact.position == position).unwrap();
    let first_finals = first_finals(facts);
    let deleted = |read: &Projections| read.workflow(race.workflow).is_none();
    let deleted = race.handle.read(deleted).await.unwrap();
    for Answered { asked, outcome, .. } in answers {
        match outcome {
            Outcome::Told(call, Ok(answer)) => {
                let Move::Report { status, .. } = asked else { panic!("{asked:?}") };
                if let Some(position) = answer.committed.position {
                    let lead = matches!(at(position).events, RecordedEvents::Lead(id, _) if id == call.lead);
                    assert!(lead, "{asked:?} is recorded with another lead");
                }
                if status.is_final() {
                    let first = first_finals.get(call).copied();
                    assert_eq!(answer.accepted, first == Some(*status), "{asked:?}: {first:?}");
                } else {
                    assert!(answer.accepted);
                }
            }
            Outcome::Told(call, Err(EngineError::CallNotFound(named))) => assert_eq!(call, named),
            Outcome::Acted(lead, Ok(committed)) => {
                if let Some(position) = committed.position {
                    let of_lead =
                        matches!(at(position).events, RecordedEvents::Lead(id, _) if id == *lead);
                    assert!(of_lead, "{asked:?} is recorded with another lead");
                }
            }
            Outcome::Acted(lead, Err(EngineError::Lead(refused))) => {
                let state = race.handle.lead(host().organisation, *lead).await.unwrap().state;
                let fits = match refused {
                    LeadRejection::Ended { .. } => state.removed || state.status.is_final(),
                    LeadRejection::WorkflowEnded { status } => status.is_final() || deleted,
                    LeadRejection::NotHeld | LeadRejection::WrongResolution { .. } => true,
                    LeadRejection::NotFound
                    | LeadRejection::AlreadyEnrolled
                    | LeadRejection::CallNotFound { .. }
                    | LeadRejection::CallNotRequested { .. }
                    | LeadRejection::WorkflowNotActive { .. }
                    | LeadRejection::OutsideCallingWindow { .. }
                    | LeadRejection::ApplicationNotAsked { .. }
                    | LeadRejection::CannotMove { .. }
                    | LeadRejection::CannotErase { .. }
                    | LeadRejection::Erased
                    | LeadRejection::InvalidVariables { .. } => false,
                };
                assert!(fits, "{asked:?}: {refused}, and the lead is {:?}", state.status);
            }
            Outcome::Controlled(_) | Outcome::Waited => {}
            Outcome::Told(_, Err(other)) | Outcome::Acted(_, Err(other)) => {
                panic!("{asked:?}: {other}")
            }
        }
    }
    // The read models agree with the journal about every call.
    for (call, status) in first_finals {
        let row = race.handle.read(|read| read.call(call)).await.unwrap().unwrap();
        assert_eq!((row.status, row.concluded), (status, true));
    }
}

fn first_finals(facts: &[RecordedFact]) -> BTreeMap<CallId, CallStatus> {
    let mut found = BTreeMap::new();
    for fact in facts {
        let RecordedEvents::Lead(lead, events) = &fact.events else { continue };
        for event in events {
            if let LeadEvent::CallConcluded { call, status, .. } = event {
                found.entry(CallId { lead: *lead, number: *call }).or_insert(*status);
            }
        }
    }
    found
}
