//! Somebody who writes to a stream past its actor, as a second process would: the actor in memory
//! does not know, and its next record is fenced.

use branchline_domain::{
    id::{LeadId, WorkflowId},
    lead::{LeadEvent, Values},
    personal::Personal,
    workflow::WorkflowEvent,
};
use branchline_event_codec::{Sealing, encode_lead, encode_workflow};
use branchline_journal::{
    record::{Cause, Event, ExpectedVersion, Micros, NewRecord, RecordBody, StreamId},
    store::EventStore,
};
use branchline_vault::{KeySlot, LeadKey};
use tokio::sync::oneshot;

use crate::world::{World, host};

/// What a twin leaves in the notes of a lead, and as the title of a workflow.
pub(crate) const BY_A_TWIN: &str = "by a twin";

pub(crate) async fn key_of(world: &World, lead: LeadId) -> Option<LeadKey> {
    let slot = world.state(lead).await.key_slot;
    world.vault.key(KeySlot(slot), lead.as_uuid()).unwrap()
}

/// Writes to a lead's stream past its actor, sealed with this key.
pub(crate) async fn write_to_lead(world: &World, lead: LeadId, key: Option<&LeadKey>) {
    let edited = LeadEvent::LeadEdited {
        variables: Personal::Known(Values::new()),
        notes: Personal::Known(Some(BY_A_TWIN.into())),
    };
    let nonce = || [3; 24];
    let sealing = Sealing { lead, key, nonce: &nonce };
    let event = encode_lead(&edited, &sealing).unwrap();
    write(world, StreamId::lead(lead.as_uuid()), event).await;
}

/// Writes to a workflow's stream past its actor.
pub(crate) async fn write_to_workflow(world: &World, workflow: WorkflowId) {
    let renamed =
        WorkflowEvent::WorkflowRenamed { title: BY_A_TWIN.into(), description: String::new() };
    let event = encode_workflow(&renamed).unwrap();
    write(world, StreamId::workflow(workflow.as_uuid()), event).await;
}

/// Writes to the default organisation's stream past its desk.
pub(crate) async fn write_to_organisation(world: &World, event: Event) {
    write(world, StreamId::organisation(host().organisation.as_uuid()), event).await;
}

async fn write(world: &World, stream: StreamId, event: Event) {
    let record = NewRecord {
        expected: ExpectedVersion::Exact(world.store.stream_head(stream).unwrap().version),
        body: RecordBody {
            organisation: host().organisation.as_uuid(),
            stream,
            recorded_at: Micros(1_800_000_000_000_000),
            principal: "twin".into(),
            cause: Cause::None,
            key: None,
            guard: None,
            control: None,
            claims: Vec::new(),
            events: vec![event],
        },
    };
    let (reply, written) = oneshot::channel();
    world.store.append(vec![record], Box::new(move |outcome| drop(reply.send(outcome))));
    assert!(written.await.unwrap()[0].is_ok());
}
