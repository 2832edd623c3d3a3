//! A journal with one workflow and one lead, and the tool run over it.

use std::{
    path::Path,
    process::{Command, Output},
    sync::{Arc, mpsc},
};

use branchline_domain::{
    call_status::CallStatus,
    id::{LeadId, NodeId, OrganisationId, WorkflowId},
    lead::LeadEvent,
    personal::Personal,
    workflow::{Settings, WorkflowEvent},
};
use branchline_event_codec::{Sealing, encode_lead, encode_workflow};
use branchline_journal::{
    record::{Cause, Event, ExpectedVersion, Micros, NewRecord, RecordBody, StreamId, Version},
    sled_store::{SledOptions, SledStore},
    store::EventStore,
};
use branchline_vault::{SeededEntropy, Vault};

pub(crate) const WORKFLOW: WorkflowId =
    WorkflowId::from_u128(0x0192_f3a1_0000_7000_8000_0000_0000_0001);
pub(crate) const LEAD: LeadId = LeadId::from_u128(0x0192_f3a1_0000_7000_8000_0000_0000_0002);
pub(crate) const NODE: NodeId = NodeId::from_u128(0x0192_f3a1_0000_7000_8000_0000_0000_0003);
pub(crate) const PHONE: &str = "+12125550123";

/// The next record of a stream that has `version` events.
pub(crate) fn record(stream: StreamId, version: u64, at: i64, events: Vec<Event>) -> NewRecord {
    let expected = match version {
        0 => ExpectedVersion::NoStream,
        version => ExpectedVersion::Exact(Version(version)),
    };
    NewRecord {
        expected,
        body: RecordBody {
            organisation: OrganisationId::DEFAULT.as_uuid(),
            stream,
            recorded_at: Micros(at),
            principal: "test".into(),
            cause: Cause::None,
            key: None,
            guard: None,
            control: None,
            claims: Vec::new(),
            events,
        },
    }
}

fn workflow_records() -> Vec<NewRecord> {
    let stream = StreamId::workflow(WORKFLOW.as_uuid());
    let created = WorkflowEvent::WorkflowCreated {
        organisation: OrganisationId::DEFAULT,
        title: "Spring".into(),
        description: String::new(),
        settings: Settings::default(),
        source: None,
    };
    let events = [created, WorkflowEvent::WorkflowActivated];
    (0..)
        .zip(events)
        .map(|(version, event)| {
            record(stream, version, 1_000_000, vec![encode_workflow(&event).unwrap()])
        })
        .collect()
}

fn lead_events(slot: u32) -> Vec<LeadEvent> {
    vec![
        LeadEvent::LeadEnrolled {
            workflow: WORKFLOW,
            contact_tag: [7; 16],
            key_slot: slot,
            phone_number: Personal::Known(PHONE.into()),
            variables: Personal::default(),
            notes: Personal::default(),
            import: None,
        },
        LeadEvent::NodeEntered { visit: 1, node: NODE, revision: 0, release_at: None },
        LeadEvent::CallRequested {
            call: 1,
            from: "+12025550100".into(),
            agent_id: None,
            ring_timeout_s: None,
        },
        LeadEvent::CallConcluded {
            call: 1,
            status: CallStatus::Busy,
            end_reason: None,
            occurred_at: None,
        },
    ]
}

/// A data directory with one workflow and one lead, and what else a test wants to happen to it.
pub(crate) fn journal_with(directory: &Path, more: &[LeadEvent]) {
    let store = SledStore::open(&SledOptions::new(directory.join("journal"))).unwrap();
    let vault = Vault::open(&directory.join("keys"), Arc::new(SeededEntropy::new(1))).unwrap();
    let (slot, key) = vault.create_keys(&[LEAD.as_uuid()]).unwrap().pop().unwrap();
    let nonce = || vault.nonce();
    let sealing = Sealing { lead: LEAD, key: Some(&key), nonce: &nonce };
    let mut records = workflow_records();
    let stream = StreamId::lead(LEAD.as_uuid());
    for (version, event) in (0..).zip(lead_events(slot.0).iter().chain(more)) {
        let event = encode_lead(event, &sealing).unwrap();
        records.push(record(stream, version, 2_000_000, vec![event]));
    }
    append(&store, records);
    store.close();
}

/// Appends all of them and waits.
pub(crate) fn append(store: &SledStore, records: Vec<NewRecord>) {
    let (sender, answers) = mpsc::channel();
    store.append(records, Box::new(move |outcome| sender.send(outcome).unwrap()));
    for outcome in answers.recv().unwrap() {
        outcome.unwrap();
    }
}

pub(crate) fn tool(arguments: &[&str], directory: &Path) -> Output {
    let [command, rest @ ..] = arguments else { panic!("a command") };
    Command::new(env!("CARGO_BIN_EXE_branchline-log"))
        .arg(command)
        .arg(directory)
        .args(rest)
        .output()
        .unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
