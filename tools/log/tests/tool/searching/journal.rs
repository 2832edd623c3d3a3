//! What is searched.

use std::{path::Path, sync::Arc};

use branchline_domain::{
    call_status::CallStatus,
    graph::{CanvasPosition, GraphChange, Node, NodeConfig, NodeType},
    id::{LeadId, NodeId, OrganisationId, WorkflowId},
    lead::{BranchCause, LeadEvent},
    output::Output,
    personal::Personal,
    workflow::{Settings, WorkflowEvent},
};
use branchline_event_codec::{Sealing, encode_lead, encode_workflow};
use branchline_journal::{
    record::{Cause, Event, IdempotencyKey, NewRecord, Position, StreamId},
    sled_store::{SledOptions, SledStore},
    store::EventStore as _,
};
use branchline_vault::{SeededEntropy, Vault};

use crate::world::{append, record};

pub(crate) const SPRING: WorkflowId = WorkflowId::from_u128(0xa1);
pub(crate) const AUTUMN: WorkflowId = WorkflowId::from_u128(0xa2);
pub(crate) const ANN: LeadId = LeadId::from_u128(0xb1);
pub(crate) const BEN: LeadId = LeadId::from_u128(0xb2);
/// Ann's number, in the other workflow.
pub(crate) const ANN_AGAIN: LeadId = LeadId::from_u128(0xb3);
pub(crate) const CALL: NodeId = NodeId::from_u128(0xc1);
pub(crate) const WAIT: NodeId = NodeId::from_u128(0xc2);
pub(crate) const ANNS_NUMBER: &str = "+12125550123";
pub(crate) const BENS_NUMBER: &str = "+12125550199";

/// A journal of ten records, one a line of [`of_workflows`] and [`of_leads`], so that tests can
/// name positions.
pub(crate) fn journal(directory: &Path) {
    let store = SledStore::open(&SledOptions::new(directory.join("journal"))).unwrap();
    let vault = Vault::open(&directory.join("keys"), Arc::new(SeededEntropy::new(1))).unwrap();
    // Three groups: three blocks.
    append(&store, of_workflows());
    append(
        &store,
        vec![
            enrolled(&vault, ANN, SPRING, ANNS_NUMBER),
            enrolled(&vault, BEN, SPRING, BENS_NUMBER),
            enrolled(&vault, ANN_AGAIN, AUTUMN, ANNS_NUMBER),
        ],
    );
    append(&store, of_leads());
    store.close();
}

/// Positions 1 to 3.
fn of_workflows() -> Vec<NewRecord> {
    let put = GraphChange::NodePut(Node {
        id: WAIT,
        label: "later".into(),
        position: CanvasPosition::default(),
        config: NodeConfig::empty(NodeType::Converted),
        entry: false,
    });
    let revised = WorkflowEvent::GraphRevised { revision: 1, changes: vec![put] };
    vec![
        of_workflow(SPRING, 0, 1_000_000, &created()),
        of_workflow(AUTUMN, 0, 1_000_000, &created()),
        of_workflow(SPRING, 1, 1_500_000, &revised),
    ]
}

/// Positions 7 to 10.
fn of_leads() -> Vec<NewRecord> {
    let entered =
        |visit, node| LeadEvent::NodeEntered { visit, node, revision: 1, release_at: None };
    let requested = LeadEvent::CallRequested {
        call: 1,
        from: "+12025550100".into(),
        agent_id: None,
        ring_timeout_s: None,
    };
    let concluded = LeadEvent::CallConcluded {
        call: 1,
        status: CallStatus::Busy,
        end_reason: None,
        occurred_at: None,
    };
    let taken = LeadEvent::BranchTaken {
        visit: 1,
        from: CALL,
        output: Output::Dnp,
        to: WAIT,
        cause: BranchCause::Call(1),
        revision: 1,
    };
    let request = |id: &str| Cause::Request(id.into());
    let key = IdempotencyKey { key: "once".into(), digest: [1; 32] };
    let mut called = of_lead(ANN, 1, 3_000_000, &[entered(1, CALL), requested]);
    called.body.principal = "api:key_1".into();
    called.body.cause = request("req_1");
    let waits = of_lead(BEN, 1, 4_000_000, &[entered(1, WAIT)]);
    let mut busy = of_lead(ANN, 3, 5_000_000, &[concluded, taken, entered(2, WAIT)]);
    busy.body.principal = "api:key_1".into();
    busy.body.cause = request("req_2");
    busy.body.key = Some(key);
    let mut removed = of_lead(BEN, 2, 6_000_000, &[LeadEvent::LeadRemoved]);
    removed.body.cause = Cause::Position(Position(9));
    vec![called, waits, busy, removed]
}

fn created() -> WorkflowEvent {
    WorkflowEvent::WorkflowCreated {
        organisation: OrganisationId::DEFAULT,
        title: "Calls".into(),
        description: String::new(),
        settings: Settings::default(),
        source: None,
    }
}

fn of_workflow(workflow: WorkflowId, version: u64, at: i64, event: &WorkflowEvent) -> NewRecord {
    let event = encode_workflow(event).unwrap();
    record(StreamId::workflow(workflow.as_uuid()), version, at, vec![event])
}

fn of_lead(lead: LeadId, version: u64, at: i64, events: &[LeadEvent]) -> NewRecord {
    let nonce = || [0; 24];
    let sealing = Sealing { lead, key: None, nonce: &nonce };
    let events: Vec<Event> =
        events.iter().map(|event| encode_lead(event, &sealing).unwrap()).collect();
    record(StreamId::lead(lead.as_uuid()), version, at, events)
}

fn enrolled(vault: &Vault, lead: LeadId, workflow: WorkflowId, number: &str) -> NewRecord {
    let (slot, key) = vault.create_keys(&[lead.as_uuid()]).unwrap().pop().unwrap();
    let tag = vault.contact_tag(OrganisationId::DEFAULT.as_uuid(), number).unwrap();
    let nonce = || vault.nonce();
    let event = LeadEvent::LeadEnrolled {
        workflow,
        contact_tag: tag,
        key_slot: slot.0,
        phone_number: Personal::Known(number.into()),
        variables: Personal::default(),
        notes: Personal::default(),
        import: None,
    };
    let sealing = Sealing { lead, key: Some(&key), nonce: &nonce };
    let stream = StreamId::lead(lead.as_uuid());
    record(stream, 0, 2_000_000, vec![encode_lead(&event, &sealing).unwrap()])
}
