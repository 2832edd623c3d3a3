//! A small journal in which every type of event happens: two workflows, three leads, a day in March.
//!
//! It is told by hand, not by the rules: what the tool prints is looked at, not what may happen.

use std::{
    path::Path,
    sync::{Arc, mpsc},
};

use branchline_domain::{
    call_status::CallStatus,
    graph::{CanvasPosition, Edge, GraphChange, Node, NodeConfig, NodeType},
    id::{
        ApiKeyId, CallId, EdgeId, ImportId, LeadId, NodeId, OrganisationId, ProviderEventId,
        WorkflowId,
    },
    lead::{ApplicationOutcome, BranchCause, HoldReason, LeadEvent, Outcome, Resolution, Values},
    organisation::{OrganisationEvent, ProviderTold, Scope, SecretDigest, UnmatchedReason},
    output::Output,
    personal::Personal,
    provider::{ProviderWord, WordMeaning},
    time::Timestamp,
    workflow::{ImportFault, ImportOpening, ImportRefusal, Settings, WorkflowEvent},
};
use branchline_event_codec::{Sealing, encode_lead, encode_organisation, encode_workflow};
use branchline_journal::{
    record::{Cause, Event, IdempotencyKey, NewRecord, Position, StreamId},
    sled_store::{SledOptions, SledStore},
    store::EventStore,
};
use branchline_vault::{KeySlot, SeededEntropy, Vault};

use crate::world::record;

const fn id(number: u128) -> u128 {
    0x0195_6a11_0000_7000_8000_0000_0000_0000 + number
}

pub(crate) const FLOW: WorkflowId = WorkflowId::from_u128(id(1));
const OTHER: WorkflowId = WorkflowId::from_u128(id(2));
pub(crate) const ANN: LeadId = LeadId::from_u128(id(0x11));
pub(crate) const BEN: LeadId = LeadId::from_u128(id(0x12));
const CID: LeadId = LeadId::from_u128(id(0x13));
const LEADS: [LeadId; 3] = [ANN, BEN, CID];
const CALL: NodeId = NodeId::from_u128(id(0xa1));
const WAIT: NodeId = NodeId::from_u128(id(0xa2));
const TELL: NodeId = NodeId::from_u128(id(0xa3));
const WON: NodeId = NodeId::from_u128(id(0xa4));
const LOST: NodeId = NodeId::from_u128(id(0xa5));
const OLD: NodeId = NodeId::from_u128(id(0xa6));
const IMPORT: ImportId = ImportId::from_u128(id(0xb1));

/// 2026-03-02 at this minute after 09:00 UTC.
fn minute(minute: i64) -> Timestamp {
    Timestamp::from_micros((1_772_442_000 + minute * 60) * 1_000_000)
}

/// The records so far, and the versions of their streams.
struct Telling {
    vault: Vault,
    records: Vec<NewRecord>,
    versions: std::collections::BTreeMap<StreamId, u64>,
}

impl Telling {
    fn add(&mut self, stream: StreamId, at: i64, by: &str, events: Vec<Event>) -> &mut NewRecord {
        let version = self.versions.entry(stream).or_default();
        let mut record = record(stream, *version, minute(at).as_micros(), events);
        record.body.principal = by.into();
        *version += record.body.events.len() as u64;
        self.records.push(record);
        self.records.last_mut().unwrap()
    }

    fn workflow(&mut self, id: WorkflowId, at: i64, events: &[WorkflowEvent]) -> &mut NewRecord {
        let events = events.iter().map(|event| encode_workflow(event).unwrap()).collect();
        self.add(StreamId::workflow(id.as_uuid()), at, "api:key_1", events)
    }

    fn organisation(&mut self, at: i64, by: &str, events: &[OrganisationEvent]) {
        let events = events.iter().map(|event| encode_organisation(event).unwrap()).collect();
        let stream = StreamId::organisation(OrganisationId::DEFAULT.as_uuid());
        self.add(stream, at, by, events);
    }

    fn lead(&mut self, id: LeadId, at: i64, events: &[LeadEvent]) -> &mut NewRecord {
        // Keys are made in the order in which leads come; a lead's number is its slot.
        let slot =
            KeySlot(u32::try_from(LEADS.iter().position(|lead| *lead == id).unwrap()).unwrap());
        let key = self.vault.key(slot, id.as_uuid()).unwrap().unwrap();
        let nonce = || self.vault.nonce();
        let sealing = Sealing { lead: id, key: Some(&key), nonce: &nonce };
        let events = events.iter().map(|event| encode_lead(event, &sealing).unwrap()).collect();
        self.add(StreamId::lead(id.as_uuid()), at, "engine", events)
    }
}

fn put(id: NodeId, node_type: NodeType, label: &str) -> GraphChange {
    let position = CanvasPosition { x_milli: 1_500, y_milli: 0 };
    let mut config = NodeConfig::empty(node_type);
    if let NodeConfig::VoiceCall(call) = &mut config {
        call.from_phone_number = Some("+12025550100".into());
    }
    GraphChange::NodePut(Node { id, label: label.into(), position, config, entry: id == CALL })
}

fn edge(number: u128, from: NodeId, label: Option<&str>, to: NodeId) -> GraphChange {
    GraphChange::EdgeAdded(Edge {
        id: EdgeId::from_u128(id(0xe0 + number)),
        from_node_id: from,
        to_node_id: to,
        label: label.map(Output::from),
    })
}

fn values(name: &str, value: &str) -> Personal<Values> {
    Personal::Known(Values::from([(name.into(), value.into())]))
}

fn enrolled(slot: u32, phone: &str, import: Option<ImportId>) -> LeadEvent {
    LeadEvent::LeadEnrolled {
        workflow: FLOW,
        contact_tag: [u8::try_from(slot).unwrap(); 16],
        key_slot: slot,
        phone_number: Personal::Known(phone.into()),
        variables: values("name", "Ann \"A\" Lee"),
        notes: Personal::Known(Some("calls back\nafter five".into())),
        import,
    }
}

fn entered(visit: u32, node: NodeId, release_at: Option<Timestamp>) -> LeadEvent {
    LeadEvent::NodeEntered { visit, node, revision: 2, release_at }
}

fn requested(call: u32) -> LeadEvent {
    LeadEvent::CallRequested {
        call,
        from: "+12025550100".into(),
        agent_id: Some("agent-1".into()),
        ring_timeout_s: Some(30),
    }
}

fn branch(visit: u32, from: NodeId, output: Output, to: NodeId, cause: BranchCause) -> LeadEvent {
    LeadEvent::BranchTaken { visit, from, output, to, cause, revision: 2 }
}

/// The first workflow until its leads come.
fn set_up(telling: &mut Telling) {
    let created = |title: &str, source| WorkflowEvent::WorkflowCreated {
        organisation: OrganisationId::DEFAULT,
        title: title.into(),
        description: "Calls about solar panels".into(),
        settings: Settings::default(),
        source,
    };
    let first = telling.workflow(FLOW, 0, &[created("Spring", None)]);
    first.body.cause = Cause::Request("request-1".into());
    first.body.key = Some(IdempotencyKey { key: "create 1".into(), digest: [7; 32] });
    let nodes = [
        put(CALL, NodeType::VoiceCall, "First call"),
        put(WAIT, NodeType::Time, "An hour later"),
        put(TELL, NodeType::Application, "Tell the CRM"),
        put(OLD, NodeType::Dropped, "Not wanted"),
    ];
    telling.workflow(
        FLOW,
        1,
        &[WorkflowEvent::GraphRevised { revision: 1, changes: nodes.into() }],
    );
    let ends = vec![put(WON, NodeType::Converted, "Won"), put(LOST, NodeType::Dropped, "Lost")];
    telling.workflow(FLOW, 2, &[WorkflowEvent::GraphStaged { part: 1, changes: ends }]);
    let edges = vec![
        edge(1, CALL, Some("COMPLETED"), TELL),
        edge(2, CALL, Some("DNP"), WAIT),
        edge(3, WAIT, None, CALL),
        edge(4, TELL, Some("success"), WON),
        edge(5, TELL, Some("failure"), LOST),
        GraphChange::NodeRemoved(OLD),
    ];
    telling.workflow(
        FLOW,
        2,
        &[
            WorkflowEvent::GraphRevised { revision: 2, changes: edges },
            WorkflowEvent::NodeReplaced { node: OLD, by: LOST },
        ],
    );
    telling.workflow(FLOW, 3, &[WorkflowEvent::WorkflowActivated]);
    let opening = ImportOpening {
        file_name: Some("leads.csv".into()),
        rows: 2,
        duplicates_skipped: 1,
        variable_keys: vec!["name".into()],
    };
    telling.workflow(FLOW, 4, &[WorkflowEvent::ImportOpened { import: IMPORT, opening }]);
    telling.lead(ANN, 4, &[enrolled(0, "+12125550101", Some(IMPORT))]);
    telling.lead(BEN, 4, &[enrolled(1, "+12125550102", Some(IMPORT))]);
    let closed = WorkflowEvent::ImportClosed { import: IMPORT, enrolled: 2, duplicates_skipped: 1 };
    telling.workflow(FLOW, 4, &[closed]);
    telling.workflow(OTHER, 5, &[created("Copy\nof Spring", Some(FLOW))]);
}

fn dispatch_started(call: u32) -> LeadEvent {
    LeadEvent::CallDispatchStarted { call, lease_until: Some(minute(8)) }
}

fn concluded(call: u32, status: CallStatus, reason: Option<&str>) -> LeadEvent {
    let end_reason = reason.map(Into::into);
    LeadEvent::CallConcluded { call, status, end_reason, occurred_at: None }
}

/// Ann does not pick up, then she does.
fn ann_is_called(telling: &mut Telling) {
    let step = telling.lead(ANN, 5, &[entered(1, CALL, None), requested(1)]);
    step.body.cause = Cause::Position(Position(9));
    let scheduled =
        LeadEvent::CallScheduled { call: 1, not_before: minute(6), expires_at: Some(minute(60)) };
    telling.lead(ANN, 5, &[scheduled]);
    telling.lead(ANN, 6, &[dispatch_started(1)]);
    let dispatched = LeadEvent::CallDispatched { call: 1, provider_ref: None };
    let referenced = LeadEvent::CallReferenced { call: 1, provider_ref: "prov 1".into() };
    telling.lead(ANN, 6, &[dispatched, referenced]);
    let waits = LeadEvent::ReleasePlanned { release_at: minute(67) };
    let heard = ProviderWord {
        provider: "acme".into(),
        word: "Rang out\n8".into(),
        event_id: Some("EV 1".into()),
    };
    let status = CallStatus::DidNotPick;
    telling.lead(
        ANN,
        7,
        &[
            LeadEvent::ProviderStatusHeard { call: 1, heard: Box::new(heard), status },
            concluded(1, CallStatus::DidNotPick, Some("no answer\n8 lead_removed")),
            branch(1, CALL, Output::Dnp, WAIT, BranchCause::Call(1)),
            entered(2, WAIT, None),
            waits,
        ],
    );
    telling.lead(
        ANN,
        67,
        &[
            branch(2, WAIT, Output::Branch("released".into()), CALL, BranchCause::Release),
            entered(3, CALL, None),
            requested(2),
        ],
    );
    let ringing = LeadEvent::CallStatusChanged {
        call: 2,
        status: CallStatus::Connected,
        occurred_at: Some(minute(68)),
    };
    telling.lead(ANN, 68, &[dispatch_started(2), ringing]);
    telling.lead(
        ANN,
        70,
        &[
            concluded(2, CallStatus::Completed, None),
            branch(3, CALL, Output::Completed, TELL, BranchCause::Call(2)),
            entered(4, TELL, None),
            LeadEvent::AnalysisAwaited { until: minute(71) },
        ],
    );
}

/// Ann's CRM hears of her at the second try, and she is won.
fn ann_is_won(telling: &mut Telling) {
    let found = values("interest", "high");
    telling.lead(ANN, 70, &[LeadEvent::CallAttributesAttached { call: 2, attributes: found }]);
    let conflict =
        LeadEvent::CallConflictRecorded { call: 2, status: CallStatus::Failed, end_reason: None };
    telling.lead(ANN, 71, &[conflict, LeadEvent::ApplicationRequested { attempt: 1 }]);
    telling.lead(ANN, 71, &[LeadEvent::ApplicationStarted { attempt: 1 }]);
    let tried = |attempt, outcome, missing: &[&str]| LeadEvent::ApplicationTried {
        attempt,
        outcome,
        latency_ms: 120,
        missing_fields: missing.iter().map(|name| (*name).into()).collect(),
        evidence: Personal::Known("{}".into()),
    };
    telling.lead(ANN, 71, &[tried(1, ApplicationOutcome::Unavailable, &["zip"])]);
    telling.lead(ANN, 72, &[LeadEvent::ApplicationStarted { attempt: 2 }]);
    let answered = LeadEvent::ApplicationAnswered { node: TELL, fields: values("ticket", "T-1") };
    telling.lead(
        ANN,
        72,
        &[
            tried(2, ApplicationOutcome::Succeeded, &[]),
            answered,
            branch(4, TELL, Output::Success, WON, BranchCause::Application),
            entered(5, WON, None),
            LeadEvent::LeadCompleted,
        ],
    );
}

/// Ben's calls go wrong in every way, and a person ends it.
fn ben(telling: &mut Telling) {
    telling.lead(BEN, 5, &[entered(1, CALL, None), requested(1)]);
    let started = LeadEvent::CallDispatchStarted { call: 1, lease_until: None };
    telling.lead(BEN, 6, &[started]);
    let refused =
        LeadEvent::CallDispatchRefused { call: 1, reason: Personal::Known("blocked".into()) };
    telling.lead(BEN, 6, &[refused]);
    telling.lead(BEN, 8, &[LeadEvent::HoldResolved { choice: Resolution::Redial }, requested(2)]);
    telling.lead(BEN, 9, &[LeadEvent::CallDispatchUnknown { call: 2 }]);
    let edited = LeadEvent::LeadEdited {
        variables: values("name", "Benjamin"),
        notes: Personal::Known(None),
    };
    telling.lead(BEN, 10, &[edited]);
    let moved = LeadEvent::LeadMoved { visit: 1, from: CALL, to: TELL, revision: 2 };
    telling.lead(BEN, 20, &[moved, entered(2, TELL, None)]);
    let outcome = Outcome { output: Output::Failure, cause: BranchCause::Application };
    telling.lead(
        BEN,
        21,
        &[LeadEvent::RoutingHeld { reason: HoldReason::WorkflowPaused(outcome) }],
    );
    telling.lead(
        BEN,
        73,
        &[
            LeadEvent::HoldResolved { choice: Resolution::Output(Output::Failure) },
            branch(2, TELL, Output::Failure, LOST, BranchCause::Person),
            entered(3, LOST, None),
            LeadEvent::LeadDropped,
        ],
    );
    telling.lead(BEN, 80, &[LeadEvent::LeadErased { key_slot: 1 }]);
}

/// The rest of the day.
fn the_rest(telling: &mut Telling) {
    telling.lead(CID, 90, &[enrolled(2, "+12125550103", None)]);
    telling.lead(CID, 91, &[entered(1, WAIT, Some(minute(500)))]);
    let unread = HoldReason::UnreadableTime(Personal::Known("sometime".into()));
    telling.lead(CID, 92, &[LeadEvent::RoutingHeld { reason: unread }]);
    let paused = telling.workflow(FLOW, 93, &[WorkflowEvent::WorkflowPaused]);
    paused.body.cause = Cause::Request("request-2".into());
    telling.workflow(FLOW, 94, &[WorkflowEvent::WorkflowResumed]);
    let settings = Settings { call_deadline_s: 3_600, ..Settings::default() };
    let renamed = WorkflowEvent::WorkflowRenamed {
        title: "Spring 2".into(),
        description: "Calls about solar panels".into(),
    };
    telling.workflow(FLOW, 95, &[renamed, WorkflowEvent::SettingsChanged { settings }]);
    telling.lead(CID, 96, &[LeadEvent::LeadRemoved]);
    let given_up = ImportId::from_u128(id(0xb2));
    let opening = ImportOpening {
        file_name: None,
        rows: 9,
        duplicates_skipped: 0,
        variable_keys: Vec::new(),
    };
    telling.workflow(FLOW, 97, &[WorkflowEvent::ImportOpened { import: given_up, opening }]);
    let cancelled =
        WorkflowEvent::ImportCancelled { import: given_up, reason: "the engine stopped".into() };
    telling.workflow(FLOW, 98, &[cancelled]);
    let fault = ImportFault { reason: "phone_number is missing".into(), rows: vec![2, 5] };
    let refusal = ImportRefusal { file_name: None, rows: 5, faults: vec![fault], reasons: 1 };
    let refused = ImportId::from_u128(id(0xb3));
    telling.workflow(FLOW, 99, &[WorkflowEvent::ImportRefused { import: refused, refusal }]);
    telling.workflow(FLOW, 100, &[WorkflowEvent::WorkflowCompleted { automatic: false }]);
    telling.workflow(OTHER, 101, &[WorkflowEvent::WorkflowCancelled]);
    telling.workflow(OTHER, 102, &[WorkflowEvent::WorkflowDeleted]);
    telling.lead(CID, 103, &[LeadEvent::LeadWithdrawn]);
}

/// Two keys, of which the second takes the place of the first, and something that was refused.
fn keys(telling: &mut Telling) {
    let (first, second) = (ApiKeyId::from_u128(id(0xc1)), ApiKeyId::from_u128(id(0xc2)));
    let created = |key, expires_at| OrganisationEvent::ApiKeyCreated {
        key,
        name: "Dialler \"one\"".into(),
        scopes: [Scope::Read, Scope::Ingest].into_iter().collect(),
        secret_sha256: SecretDigest([0x5e; 32]),
        expires_at,
    };
    telling.organisation(104, "operator", &[created(first, None)]);
    let refused = OrganisationEvent::ActionRefused {
        action: "workflow.pause".into(),
        target: FLOW.to_string(),
        code: "scope_missing".into(),
    };
    telling.organisation(105, &format!("key:{first}"), &[refused]);
    let end = OrganisationEvent::ApiKeyExpirySet { key: first, expires_at: Some(minute(200)) };
    telling.organisation(106, "operator", &[created(second, Some(minute(900))), end]);
    let revoked = OrganisationEvent::ApiKeyRevoked { key: first };
    telling.organisation(107, "operator", &[revoked]);
}

/// What a provider told and nobody understood: one message finds its call, another comes to nothing.
fn providers(telling: &mut Telling) {
    let words = [("rang out".into(), WordMeaning::Ignore)].into();
    let set = OrganisationEvent::ProviderWordsSet { provider: "acme".into(), words };
    telling.organisation(108, "operator", &[set]);
    let [first, second] = [0xe1, 0xe2].map(|last| ProviderEventId::from_u128(id(last)));
    let call = CallId { lead: ANN, number: 1 };
    for (event, reason) in
        [(first, UnmatchedReason::UnknownWord), (second, UnmatchedReason::UnknownCall)]
    {
        let told = ProviderTold {
            provider: "acme".into(),
            word: "gone \"away\"".into(),
            provider_call_id: Some("prov 1".into()),
            facts: [("HangupCause".into(), "no one\n9".into())].into(),
            ..ProviderTold::default()
        };
        let told = Box::new(told);
        let kept = OrganisationEvent::ProviderEventUnmatched { event, reason, told };
        telling.organisation(109, "worker", &[kept]);
    }
    let status = CallStatus::DidNotPick;
    let matched = OrganisationEvent::ProviderEventMatched { event: first, call, status };
    telling.organisation(110, "operator", &[matched]);
    let note = "a \"test\" call".into();
    let dismissed = OrganisationEvent::ProviderEventDismissed { event: second, note };
    telling.organisation(111, "operator", &[dismissed]);
}

/// Writes the story's data directory. Keys are those of before Ben's erasure: the tool is shown a
/// directory in which the erasure was recorded and the crash came before the key was destroyed.
pub(crate) fn tell(directory: &Path) {
    let vault = Vault::open(&directory.join("keys"), Arc::new(SeededEntropy::new(1))).unwrap();
    let leads = LEADS.map(LeadId::as_uuid);
    vault.create_keys(&leads).unwrap();
    let mut telling =
        Telling { vault, records: Vec::new(), versions: std::collections::BTreeMap::new() };
    set_up(&mut telling);
    ann_is_called(&mut telling);
    ann_is_won(&mut telling);
    ben(&mut telling);
    the_rest(&mut telling);
    keys(&mut telling);
    providers(&mut telling);
    // As the clock had it; a stream's own order is the same.
    telling.records.sort_by_key(|record| record.body.recorded_at);
    let store = SledStore::open(&SledOptions::new(directory.join("journal"))).unwrap();
    let (sender, answers) = mpsc::channel();
    store.append(telling.records, Box::new(move |outcome| sender.send(outcome).unwrap()));
    for outcome in answers.recv().unwrap() {
        outcome.unwrap();
    }
    store.close();
}
