//! Repeats of a request under its idempotency key: answered as of the record the first one made.

use std::{rc::Rc, sync::Arc};

use branchline_domain::{
    graph::GraphChange,
    id::{CallId, EdgeId, ImportId, LeadId, NodeId, OrganisationId, WorkflowId},
    lead::LeadEvent,
    organisation::OrganisationEvent,
    workflow::WorkflowEvent,
};
use branchline_journal::record::{Position, Record, StreamKind};

use crate::{
    EngineError, RecordedEvents, asked::Asked, command::Committed, core::Core, rebuild::fact_of,
};

impl From<Position> for Committed {
    fn from(position: Position) -> Self {
        Self { position: Some(position) }
    }
}

/// The record that the first request under this key made, if there was one.
///
/// # Errors
///
/// [`EngineError::KeyReused`] when it was another request.
pub(crate) fn known(
    core: &Core,
    organisation: OrganisationId,
    asked: &Asked,
) -> Result<Option<Position>, EngineError> {
    let Some(key) = &asked.key else { return Ok(None) };
    match core.store().known_key(organisation.as_uuid(), &key.key) {
        Some(known) if known.digest == key.digest => Ok(Some(known.position)),
        Some(_) => Err(EngineError::KeyReused),
        None => Ok(None),
    }
}

/// Where a repeat is recorded; there is always such a place.
pub(crate) fn position(committed: &Committed) -> Result<Position, EngineError> {
    committed.position.ok_or_else(|| missing("a repeat without its first request"))
}

fn missing(what: &str) -> EngineError {
    tracing::error!(what, "the journal does not have what a repeat refers to");
    EngineError::Unavailable { reason: what.into() }
}

async fn record_at(core: &Rc<Core>, position: Position) -> Result<Arc<Record>, EngineError> {
    let record = core.reader.record(position).await;
    let record = record.map_err(|error| missing(&error.to_string()))?;
    record.ok_or_else(|| missing("a record that a key refers to"))
}

/// Of which kind the stream of a record is.
pub(crate) async fn stream_kind_at(
    core: &Rc<Core>,
    position: Position,
) -> Result<StreamKind, EngineError> {
    Ok(record_at(core, position).await?.body.stream.kind)
}

/// The workflow whose record this is.
pub(crate) async fn workflow_at(
    core: &Rc<Core>,
    position: Position,
) -> Result<WorkflowId, EngineError> {
    let record = record_at(core, position).await?;
    if record.body.stream.kind == StreamKind::WORKFLOW {
        Ok(WorkflowId::from_uuid(record.body.stream.id))
    } else {
        Err(EngineError::KeyReused)
    }
}

/// The last graph change of a kind in this record.
async fn change_at<T>(
    core: &Rc<Core>,
    position: Position,
    wanted: impl Fn(&GraphChange) -> Option<T>,
) -> Result<T, EngineError> {
    let record = record_at(core, position).await?;
    let fact = fact_of(&record, None).map_err(|error| missing(&error.to_string()))?;
    let Some(RecordedEvents::Workflow(_, events)) = fact.map(|fact| fact.events) else {
        return Err(EngineError::KeyReused);
    };
    let changes = events.iter().filter_map(|event| {
        if let WorkflowEvent::GraphRevised { changes, .. } = event { Some(changes) } else { None }
    });
    changes.flatten().rev().find_map(wanted).ok_or(EngineError::KeyReused)
}

/// The node that this record added.
pub(crate) async fn node_at(core: &Rc<Core>, position: Position) -> Result<NodeId, EngineError> {
    change_at(core, position, |change| match change {
        GraphChange::NodePut(node) => Some(node.id),
        GraphChange::NodeRemoved(_) | GraphChange::EdgeAdded(_) | GraphChange::EdgeRemoved(_) => {
            None
        }
    })
    .await
}

/// The edge that this record added.
pub(crate) async fn edge_at(core: &Rc<Core>, position: Position) -> Result<EdgeId, EngineError> {
    change_at(core, position, |change| match change {
        GraphChange::EdgeAdded(edge) => Some(edge.id),
        GraphChange::NodePut(_) | GraphChange::NodeRemoved(_) | GraphChange::EdgeRemoved(_) => None,
    })
    .await
}

/// The events of a record about an organisation.
pub(crate) async fn organisation_events_at(
    core: &Rc<Core>,
    position: Position,
) -> Result<Vec<OrganisationEvent>, EngineError> {
    let record = record_at(core, position).await?;
    let fact = fact_of(&record, None).map_err(|error| missing(&error.to_string()))?;
    match fact.map(|fact| fact.events) {
        Some(RecordedEvents::Organisation(_, events)) => Ok(events),
        Some(RecordedEvents::Workflow(..) | RecordedEvents::Lead(..)) | None => {
            Err(EngineError::KeyReused)
        }
    }
}

/// The import that this record opened; `None` for a record of a lead.
pub(crate) async fn import_at(
    core: &Rc<Core>,
    position: Position,
) -> Result<Option<ImportId>, EngineError> {
    let record = record_at(core, position).await?;
    if record.body.stream.kind == StreamKind::LEAD {
        return Ok(None);
    }
    let fact = fact_of(&record, None).map_err(|error| missing(&error.to_string()))?;
    let Some(RecordedEvents::Workflow(_, events)) = fact.map(|fact| fact.events) else {
        return Err(EngineError::KeyReused);
    };
    let opened = events.iter().find_map(|event| {
        if let WorkflowEvent::ImportOpened { import, .. } = event { Some(*import) } else { None }
    });
    opened.map(Some).ok_or(EngineError::KeyReused)
}

/// The call whose hand-out this record is.
pub(crate) async fn call_at(core: &Rc<Core>, position: Position) -> Result<CallId, EngineError> {
    let record = record_at(core, position).await?;
    let fact = fact_of(&record, None).map_err(|error| missing(&error.to_string()))?;
    let Some(RecordedEvents::Lead(lead, events)) = fact.map(|fact| fact.events) else {
        return Err(EngineError::KeyReused);
    };
    let number = events.iter().find_map(|event| {
        if let LeadEvent::CallDispatchStarted { call, .. } = event { Some(*call) } else { None }
    });
    number.map(|number| CallId { lead, number }).ok_or(EngineError::KeyReused)
}

/// The lead that this record enrolled, and the import it came with.
pub(crate) async fn lead_at(
    core: &Rc<Core>,
    position: Position,
) -> Result<(LeadId, Option<ImportId>), EngineError> {
    let record = record_at(core, position).await?;
    let fact = fact_of(&record, None).map_err(|error| missing(&error.to_string()))?;
    let Some(RecordedEvents::Lead(lead, events)) = fact.map(|fact| fact.events) else {
        return Err(EngineError::KeyReused);
    };
    match events.first() {
        Some(LeadEvent::LeadEnrolled { import, .. }) => Ok((lead, *import)),
        Some(_) | None => Err(EngineError::KeyReused),
    }
}
