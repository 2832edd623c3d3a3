//! Events as they happen, of every type and every kind of content.

use branchline_domain::{
    call_status::CallStatus,
    graph::{
        ApplicationConfig, CanvasPosition, Condition, ConditionalConfig, Edge, GraphChange, Logic,
        Node, NodeConfig, Operator, TimeConfig, TimeUnit, VoiceCallConfig,
    },
    id::{
        ApiKeyId, CallId, EdgeId, ImportId, LeadId, NodeId, OrganisationId, ProviderEventId,
        WorkflowId,
    },
    lead::{ApplicationOutcome, BranchCause, HoldReason, LeadEvent, Outcome, Resolution},
    organisation::{OrganisationEvent, ProviderTold, Scope, Scopes, SecretDigest, UnmatchedReason},
    output::Output,
    personal::Personal,
    provider::{ProviderWord, WordMeaning, Words},
    time::Timestamp,
    value::Value,
    workflow::{ImportFault, ImportOpening, ImportRefusal, Settings, WorkflowEvent},
};

use crate::support::values_of;

pub(crate) const A: NodeId = NodeId::from_u128(0x0192_f3a1_0000_7000_8000_0000_0000_000a);
pub(crate) const B: NodeId = NodeId::from_u128(0x0192_f3a1_0000_7000_8000_0000_0000_000b);
const IMPORT: ImportId = ImportId::from_u128(0x0192_f3a1_0000_7000_8000_0000_0000_0011);
const WORKFLOW: WorkflowId = WorkflowId::from_u128(0x0192_f3a1_0000_7000_8000_0000_0000_0012);
const KEY: ApiKeyId = ApiKeyId::from_u128(0x0192_f3a1_0000_7000_8000_0000_0000_0013);
pub(crate) const AT: Timestamp = Timestamp::from_micros(1_795_512_600_000_000);

fn known(text: &str) -> Personal<String> {
    Personal::Known(text.into())
}

fn outcome(output: Output) -> Outcome {
    Outcome { output, cause: BranchCause::Call(2) }
}

/// What happens to a lead that is called twice, event by event.
pub(crate) fn two_visits() -> Vec<LeadEvent> {
    let from = "+498912345678".to_owned();
    let entered =
        |visit, node| LeadEvent::NodeEntered { visit, node, revision: 1, release_at: None };
    let called = |call, status: CallStatus, seconds: u64| {
        let moved = |status, after| LeadEvent::CallStatusChanged {
            call,
            status,
            occurred_at: Some(AT.plus_seconds(seconds + after)),
        };
        [
            LeadEvent::CallRequested {
                call,
                from: from.clone(),
                agent_id: Some("agent_7".into()),
                ring_timeout_s: Some(30),
            },
            LeadEvent::CallDispatchStarted { call, lease_until: None },
            LeadEvent::CallDispatched { call, provider_ref: Some(format!("CA00{call}")) },
            moved(CallStatus::Initiated, 1),
            moved(CallStatus::Connected, 9),
            LeadEvent::CallConcluded {
                call,
                status,
                end_reason: Some("user_hangup".into()),
                occurred_at: Some(AT.plus_seconds(seconds + 60)),
            },
        ]
    };
    let branch = |visit, from, output, to| LeadEvent::BranchTaken {
        visit,
        from,
        output,
        to,
        cause: BranchCause::Call(visit),
        revision: 1,
    };
    let mut events = vec![
        LeadEvent::LeadEnrolled {
            workflow: WORKFLOW,
            contact_tag: [0xc7; 16],
            key_slot: 41,
            phone_number: known("+4915112345678"),
            variables: Personal::Known(values_of([
                ("city", Value::from("Ulm")),
                ("score", Value::Number("7.25".parse().unwrap())),
                ("vip", Value::Bool(true)),
            ])),
            notes: Personal::Known(None),
            import: Some(IMPORT),
        },
        entered(1, A),
    ];
    events.extend(called(1, CallStatus::Busy, 0));
    events.extend([branch(1, A, Output::Dnp, B), entered(2, B)]);
    events.extend(called(2, CallStatus::Completed, 3_600));
    events.extend([
        LeadEvent::CallAttributesAttached {
            call: 2,
            attributes: Personal::Known(values_of([("outcome", Value::from("interested"))])),
        },
        branch(2, B, Output::Completed, A),
        entered(3, A),
        LeadEvent::LeadCompleted,
    ]);
    events
}

pub(crate) fn further_lead_events() -> Vec<(&'static str, LeadEvent)> {
    let hold = |reason| LeadEvent::RoutingHeld { reason };
    let choice = |choice| LeadEvent::HoldResolved { choice };
    vec![
        (
            "waiting",
            LeadEvent::NodeEntered { visit: 300, node: A, revision: 70_000, release_at: Some(AT) },
        ),
        ("leased", LeadEvent::CallDispatchStarted { call: 1, lease_until: Some(AT) }),
        ("known", LeadEvent::CallDispatchRefused { call: 1, reason: known("no credit") }),
        ("erased", LeadEvent::CallDispatchRefused { call: 1, reason: Personal::Erased }),
        ("", LeadEvent::CallDispatchUnknown { call: 1 }),
        (
            "",
            LeadEvent::CallConflictRecorded {
                call: 1,
                status: CallStatus::NoAnswer,
                end_reason: Some("ring_no_answer".into()),
            },
        ),
        ("", LeadEvent::CallReferenced { call: 1, provider_ref: "CA0042".into() }),
        ("", heard(None)),
        ("with its id", heard(Some("EV7"))),
        (
            "to a branch",
            LeadEvent::BranchTaken {
                visit: 1,
                from: A,
                output: Output::Branch("gold".into()),
                to: B,
                cause: BranchCause::Condition,
                revision: 2,
            },
        ),
        ("paused", hold(HoldReason::WorkflowPaused(outcome(Output::Dnp)))),
        ("output", hold(HoldReason::MissingOutput(outcome(Output::Branch("gold".into()))))),
        ("review", hold(HoldReason::ReviewRequired(CallStatus::Cancelled))),
        ("incomplete", hold(HoldReason::NodeIncomplete)),
        ("overdue", hold(HoldReason::CallOverdue)),
        ("dial unknown", hold(HoldReason::DialOutcomeUnknown)),
        ("dial refused", hold(HoldReason::DialRefused)),
        ("time", hold(HoldReason::UnreadableTime(known("next moon")))),
        ("application", hold(HoldReason::ApplicationReview)),
        ("loop", hold(HoldReason::EndlessLoop)),
        ("output", choice(Resolution::Output(Output::Completed))),
        ("redial", choice(Resolution::Redial)),
        ("release", choice(Resolution::ReleaseAt(AT))),
        ("", LeadEvent::ReleasePlanned { release_at: Timestamp::from_micros(-1) }),
        ("", LeadEvent::LeadDropped),
        ("", LeadEvent::LeadRemoved),
        ("", LeadEvent::LeadWithdrawn),
        ("", LeadEvent::LeadErased { key_slot: 70_000 }),
        (
            "",
            LeadEvent::LeadEdited {
                variables: Personal::Known(values_of([])),
                notes: Personal::Known(Some("call after five".into())),
            },
        ),
    ]
    .into_iter()
    .chain(errand_events())
    .collect()
}

/// What calls that are put off, applications and moves add.
fn errand_events() -> Vec<(&'static str, LeadEvent)> {
    vec![
        ("", LeadEvent::LeadMoved { visit: 3, from: A, to: B, revision: 4 }),
        ("", LeadEvent::CallScheduled { call: 2, not_before: AT, expires_at: None }),
        ("expiring", LeadEvent::CallScheduled { call: 2, not_before: AT, expires_at: Some(AT) }),
        ("", LeadEvent::AnalysisAwaited { until: AT }),
        ("", LeadEvent::ApplicationRequested { attempt: 1 }),
        ("", LeadEvent::ApplicationStarted { attempt: 2 }),
        ("succeeded", tried(ApplicationOutcome::Succeeded, &[])),
        ("failed", tried(ApplicationOutcome::Failed, &["email", "city"])),
        ("unavailable", tried(ApplicationOutcome::Unavailable, &[])),
        ("interrupted", tried(ApplicationOutcome::Interrupted, &[])),
        (
            "",
            LeadEvent::ApplicationAnswered {
                node: A,
                fields: Personal::Known(values_of([("crm_id", "c-17".into())])),
            },
        ),
    ]
}

fn tried(outcome: ApplicationOutcome, missing: &[&str]) -> LeadEvent {
    LeadEvent::ApplicationTried {
        attempt: 1,
        outcome,
        latency_ms: 250,
        missing_fields: missing.iter().map(|&name| name.into()).collect(),
        evidence: known("{\"status\":200}"),
    }
}

fn put(id: NodeId, config: NodeConfig) -> GraphChange {
    GraphChange::NodePut(Node {
        id,
        label: "Intro".into(),
        position: CanvasPosition { x_milli: 120_500, y_milli: -1 },
        config,
        entry: id == A,
    })
}

fn graph_changes() -> Vec<GraphChange> {
    let condition = |value: &str| Condition {
        field: Some("lead.score".into()),
        operator: Some(Operator::GreaterThan),
        value: Some(Value::Number(value.parse().unwrap())),
    };
    vec![
        put(
            A,
            NodeConfig::VoiceCall(VoiceCallConfig {
                from_phone_number: Some("+498912345678".into()),
                agent_id: Some("agent_7".into()),
                ring_timeout_s: Some(30),
                ..VoiceCallConfig::default()
            }),
        ),
        put(
            B,
            NodeConfig::Conditional(ConditionalConfig {
                logic: Some(Logic::Or),
                conditions: vec![condition("7"), condition("7.25")],
                condition_field: None,
                branches: vec!["gold".into()],
            }),
        ),
        put(
            B,
            NodeConfig::Time(TimeConfig {
                duration: Some(3),
                unit: Some(TimeUnit::Hours),
                ..TimeConfig::default()
            }),
        ),
        put(B, NodeConfig::Application(ApplicationConfig::default())),
        put(B, NodeConfig::Converted),
        put(B, NodeConfig::Dropped),
        GraphChange::NodeRemoved(B),
        GraphChange::EdgeAdded(Edge {
            id: EdgeId::from_u128(1),
            from_node_id: A,
            to_node_id: B,
            label: Some(Output::Dnp),
        }),
        GraphChange::EdgeRemoved(EdgeId::from_u128(1)),
    ]
}

fn heard(event_id: Option<&str>) -> LeadEvent {
    let heard = ProviderWord {
        provider: "twilio".into(),
        word: "No-Answer".into(),
        event_id: event_id.map(Into::into),
    };
    LeadEvent::ProviderStatusHeard {
        call: 1,
        heard: Box::new(heard),
        status: CallStatus::DidNotPick,
    }
}

/// What providers told, and what became of it.
fn provider_events() -> Vec<(&'static str, OrganisationEvent)> {
    let event = ProviderEventId::from_u128(0xe7);
    let call = CallId { lead: LeadId::from_u128(0x1e), number: 3 };
    let bare = ProviderTold {
        provider: "acme".into(),
        word: "rang out".into(),
        ..ProviderTold::default()
    };
    let whole = ProviderTold {
        provider_call_id: Some("CA0042".into()),
        call: Some(call),
        event_id: Some("EV7".into()),
        end_reason: Some("no_user".into()),
        occurred_at: Some(AT),
        facts: [("HangupCause".into(), "NO_ANSWER".into())].into(),
        ..bare.clone()
    };
    let unmatched = |reason, told| OrganisationEvent::ProviderEventUnmatched {
        event,
        reason,
        told: Box::new(told),
    };
    let words = |words| OrganisationEvent::ProviderWordsSet { provider: "acme".into(), words };
    vec![
        ("bare", unmatched(UnmatchedReason::UnknownWord, bare)),
        ("whole", unmatched(UnmatchedReason::UnknownCall, whole)),
        (
            "",
            OrganisationEvent::ProviderEventMatched { event, call, status: CallStatus::DidNotPick },
        ),
        ("", OrganisationEvent::ProviderEventDismissed { event, note: "a test call".into() }),
        (
            "",
            words(
                [
                    ("rang out".into(), WordMeaning::Status(CallStatus::DidNotPick)),
                    ("ping".into(), WordMeaning::Ignore),
                ]
                .into(),
            ),
        ),
        ("none", words(Words::new())),
    ]
}

/// Events of an organisation, each with what tells it from others of its type.
pub(crate) fn organisation_events() -> Vec<(&'static str, OrganisationEvent)> {
    let created = |scopes: Scopes, expires_at| OrganisationEvent::ApiKeyCreated {
        key: KEY,
        name: "Wählautomat".into(),
        scopes,
        secret_sha256: SecretDigest([0xa7; 32]),
        expires_at,
    };
    let keys = vec![
        ("", created(Scopes::ALL, Some(AT))),
        ("forever", created([Scope::Ingest].into_iter().collect(), None)),
        ("", OrganisationEvent::ApiKeyExpirySet { key: KEY, expires_at: Some(AT) }),
        ("never", OrganisationEvent::ApiKeyExpirySet { key: KEY, expires_at: None }),
        ("", OrganisationEvent::ApiKeyRevoked { key: KEY }),
        (
            "",
            OrganisationEvent::ActionRefused {
                action: "workflow.pause".into(),
                target: WORKFLOW.to_string(),
                code: "wrong_status".into(),
            },
        ),
    ];
    keys.into_iter().chain(provider_events()).collect()
}

pub(crate) fn workflow_events() -> Vec<WorkflowEvent> {
    let settings = Settings {
        default_country: Some("DE".into()),
        start_on_enrol: true,
        auto_complete: true,
        late_final_resolves_review: false,
        call_deadline_s: 7_200,
        ..Settings::default()
    };
    vec![
        WorkflowEvent::WorkflowCreated {
            organisation: OrganisationId::DEFAULT,
            title: "Spring".into(),
            description: "Änderung".into(),
            settings: settings.clone(),
            source: Some(WORKFLOW),
        },
        WorkflowEvent::WorkflowRenamed { title: "Summer".into(), description: String::new() },
        WorkflowEvent::SettingsChanged { settings },
        WorkflowEvent::GraphRevised { revision: 3, changes: graph_changes() },
        WorkflowEvent::WorkflowActivated,
        WorkflowEvent::WorkflowPaused,
        WorkflowEvent::WorkflowResumed,
        WorkflowEvent::WorkflowCompleted { automatic: true },
        WorkflowEvent::WorkflowCancelled,
        WorkflowEvent::WorkflowDeleted,
        WorkflowEvent::ImportOpened {
            import: IMPORT,
            opening: ImportOpening {
                file_name: Some("leads.csv".into()),
                rows: 1_000,
                duplicates_skipped: 12,
                variable_keys: vec!["city".into(), "score".into()],
            },
        },
        WorkflowEvent::ImportClosed { import: IMPORT, enrolled: 998, duplicates_skipped: 14 },
        WorkflowEvent::ImportCancelled { import: IMPORT, reason: "wrong file".into() },
        WorkflowEvent::ImportRefused {
            import: IMPORT,
            refusal: ImportRefusal {
                file_name: Some("leads.csv".into()),
                rows: 1_000,
                faults: vec![ImportFault { reason: "too short".into(), rows: vec![2, 300] }],
                reasons: 1,
            },
        },
        WorkflowEvent::GraphStaged { part: 2, changes: graph_changes() },
        WorkflowEvent::NodeReplaced { node: A, by: B },
    ]
}
