//! Arbitrary events of every type.

use branchline_domain::{
    call_status::CallStatus,
    graph::{CanvasPosition, Edge, GraphChange, Node},
    id::{EdgeId, ImportId, NodeId, OrganisationId, WorkflowId},
    lead::{ApplicationOutcome, BranchCause, HoldReason, LeadEvent, Outcome, Resolution, Values},
    output::Output,
    personal::Personal,
    provider::ProviderWord,
    time::Timestamp,
    value::Value,
    workflow::{ImportFault, ImportOpening, ImportRefusal, WorkflowEvent},
};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
    strategy::Union,
};

use crate::arbitrary_documents::{config, settings};

pub(crate) fn text(chars_max: usize) -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..=chars_max).prop_map(String::from_iter)
}

pub(crate) fn short() -> impl Strategy<Value = String> {
    text(30)
}

fn instant() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_micros)
}

pub(crate) fn instants() -> impl Strategy<Value = Option<Timestamp>> {
    option::of(instant())
}

fn node() -> impl Strategy<Value = NodeId> {
    any::<u128>().prop_map(NodeId::from_u128)
}

fn edge_id() -> impl Strategy<Value = EdgeId> {
    any::<u128>().prop_map(EdgeId::from_u128)
}

fn import() -> impl Strategy<Value = ImportId> {
    any::<u128>().prop_map(ImportId::from_u128)
}

pub(crate) fn status() -> impl Strategy<Value = CallStatus> {
    proptest::sample::select(CallStatus::ALL.to_vec())
}

fn output() -> impl Strategy<Value = Output> {
    prop_oneof![
        proptest::sample::select(vec![
            Output::Completed,
            Output::Dnp,
            Output::Failed,
            Output::True,
            Output::False,
            Output::Next,
            Output::Success,
            Output::Failure,
        ]),
        short().prop_map(|name| Output::Branch(name.into())),
    ]
}

/// Every number there is: up to 30 digits, up to 29 of them after the point.
pub(crate) fn value() -> impl Strategy<Value = Value> {
    let digits_end = 10_i128.pow(30);
    prop_oneof![
        short().prop_map(Value::Text),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        (1 - digits_end..digits_end, 0..=29_u32).prop_map(|(digits, places)| Value::Number(
            format!("{digits}e-{places}").parse().unwrap()
        )),
    ]
}

fn values() -> impl Strategy<Value = Values> {
    btree_map(short(), value(), 0..6)
}

fn personal<T: Clone + std::fmt::Debug>(
    known: impl Strategy<Value = T>,
) -> impl Strategy<Value = Personal<T>> {
    prop_oneof![4 => known.prop_map(Personal::Known), 1 => Just(Personal::Erased)]
}

fn cause() -> impl Strategy<Value = BranchCause> {
    prop_oneof![
        any::<u32>().prop_map(BranchCause::Call),
        Just(BranchCause::Condition),
        Just(BranchCause::Release),
        Just(BranchCause::Application),
        Just(BranchCause::Person),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    (output(), cause()).prop_map(|(output, cause)| Outcome { output, cause })
}

fn hold() -> impl Strategy<Value = HoldReason> {
    prop_oneof![
        outcome().prop_map(HoldReason::WorkflowPaused),
        outcome().prop_map(HoldReason::MissingOutput),
        status().prop_map(HoldReason::ReviewRequired),
        Just(HoldReason::NodeIncomplete),
        Just(HoldReason::CallOverdue),
        Just(HoldReason::DialOutcomeUnknown),
        Just(HoldReason::DialRefused),
        personal(short()).prop_map(HoldReason::UnreadableTime),
        Just(HoldReason::ApplicationReview),
        Just(HoldReason::EndlessLoop),
    ]
}

fn resolution() -> impl Strategy<Value = Resolution> {
    prop_oneof![
        output().prop_map(Resolution::Output),
        Just(Resolution::Redial),
        instant().prop_map(Resolution::ReleaseAt),
    ]
}

fn enrolled() -> impl Strategy<Value = LeadEvent> {
    (
        any::<u128>().prop_map(WorkflowId::from_u128),
        any::<[u8; 16]>(),
        any::<u32>(),
        personal(text(16)),
        personal(values()),
        personal(option::of(short())),
        option::of(import()),
    )
        .prop_map(
            |(workflow, contact_tag, key_slot, phone_number, variables, notes, import)| {
                LeadEvent::LeadEnrolled {
                    workflow,
                    contact_tag,
                    key_slot,
                    phone_number,
                    variables,
                    notes,
                    import,
                }
            },
        )
}

fn call_events() -> Vec<BoxedStrategy<LeadEvent>> {
    let call = || any::<u32>();
    vec![
        (call(), text(16), option::of(short()), option::of(any::<u32>()))
            .prop_map(|(call, from, agent_id, ring_timeout_s)| LeadEvent::CallRequested {
                call,
                from,
                agent_id,
                ring_timeout_s,
            })
            .boxed(),
        (call(), instants())
            .prop_map(|(call, lease_until)| LeadEvent::CallDispatchStarted { call, lease_until })
            .boxed(),
        (call(), option::of(short()))
            .prop_map(|(call, provider_ref)| LeadEvent::CallDispatched { call, provider_ref })
            .boxed(),
        (call(), personal(short()))
            .prop_map(|(call, reason)| LeadEvent::CallDispatchRefused { call, reason })
            .boxed(),
        call().prop_map(|call| LeadEvent::CallDispatchUnknown { call }).boxed(),
        (call(), status(), instants())
            .prop_map(|(call, status, occurred_at)| LeadEvent::CallStatusChanged {
                call,
                status,
                occurred_at,
            })
            .boxed(),
        (call(), status(), option::of(short()), instants())
            .prop_map(|(call, status, end_reason, occurred_at)| LeadEvent::CallConcluded {
                call,
                status,
                end_reason,
                occurred_at,
            })
            .boxed(),
        (call(), status(), option::of(short()))
            .prop_map(|(call, status, end_reason)| LeadEvent::CallConflictRecorded {
                call,
                status,
                end_reason,
            })
            .boxed(),
        (call(), short())
            .prop_map(|(call, provider_ref)| LeadEvent::CallReferenced { call, provider_ref })
            .boxed(),
        (call(), text(8), text(16), option::of(short()), status())
            .prop_map(|(call, provider, word, event_id, status)| LeadEvent::ProviderStatusHeard {
                call,
                heard: Box::new(ProviderWord { provider, word, event_id }),
                status,
            })
            .boxed(),
        (call(), personal(values()))
            .prop_map(|(call, attributes)| LeadEvent::CallAttributesAttached { call, attributes })
            .boxed(),
    ]
}

/// Any event of a lead; each type as likely as the others.
fn application_tried() -> impl Strategy<Value = LeadEvent> {
    let outcomes = proptest::sample::select(vec![
        ApplicationOutcome::Succeeded,
        ApplicationOutcome::Failed,
        ApplicationOutcome::Unavailable,
        ApplicationOutcome::Interrupted,
    ]);
    let missing = vec(short(), 0..3);
    (any::<u32>(), outcomes, any::<u32>(), missing, personal(short())).prop_map(
        |(attempt, outcome, latency_ms, missing_fields, evidence)| LeadEvent::ApplicationTried {
            attempt,
            outcome,
            latency_ms,
            missing_fields,
            evidence,
        },
    )
}

pub(crate) fn lead_event() -> impl Strategy<Value = LeadEvent> {
    let mut all = call_events();
    all.extend([
        enrolled().boxed(),
        (any::<u32>(), node(), any::<u32>(), instants())
            .prop_map(|(visit, node, revision, release_at)| LeadEvent::NodeEntered {
                visit,
                node,
                revision,
                release_at,
            })
            .boxed(),
        (any::<u32>(), node(), output(), node(), cause(), any::<u32>())
            .prop_map(|(visit, from, output, to, cause, revision)| LeadEvent::BranchTaken {
                visit,
                from,
                output,
                to,
                cause,
                revision,
            })
            .boxed(),
        hold().prop_map(|reason| LeadEvent::RoutingHeld { reason }).boxed(),
        resolution().prop_map(|choice| LeadEvent::HoldResolved { choice }).boxed(),
        instant().prop_map(|release_at| LeadEvent::ReleasePlanned { release_at }).boxed(),
        (any::<u32>(), node(), node(), any::<u32>())
            .prop_map(|(visit, from, to, revision)| LeadEvent::LeadMoved {
                visit,
                from,
                to,
                revision,
            })
            .boxed(),
        (any::<u32>(), instant(), instants())
            .prop_map(|(call, not_before, expires_at)| LeadEvent::CallScheduled {
                call,
                not_before,
                expires_at,
            })
            .boxed(),
        instant().prop_map(|until| LeadEvent::AnalysisAwaited { until }).boxed(),
        any::<u32>().prop_map(|attempt| LeadEvent::ApplicationRequested { attempt }).boxed(),
        any::<u32>().prop_map(|attempt| LeadEvent::ApplicationStarted { attempt }).boxed(),
        application_tried().boxed(),
        (node(), personal(values()))
            .prop_map(|(node, fields)| LeadEvent::ApplicationAnswered { node, fields })
            .boxed(),
        Just(LeadEvent::LeadCompleted).boxed(),
        Just(LeadEvent::LeadDropped).boxed(),
        Just(LeadEvent::LeadRemoved).boxed(),
        Just(LeadEvent::LeadWithdrawn).boxed(),
        any::<u32>().prop_map(|key_slot| LeadEvent::LeadErased { key_slot }).boxed(),
        (personal(values()), personal(option::of(short())))
            .prop_map(|(variables, notes)| LeadEvent::LeadEdited { variables, notes })
            .boxed(),
    ]);
    Union::new(all)
}

fn change() -> impl Strategy<Value = GraphChange> {
    prop_oneof![
        (node(), short(), any::<i64>(), any::<i64>(), config(), any::<bool>()).prop_map(
            |(id, label, x_milli, y_milli, config, entry)| GraphChange::NodePut(Node {
                id,
                label,
                position: CanvasPosition { x_milli, y_milli },
                config,
                entry,
            })
        ),
        node().prop_map(GraphChange::NodeRemoved),
        (edge_id(), node(), node(), option::of(output())).prop_map(
            |(id, from_node_id, to_node_id, label)| GraphChange::EdgeAdded(Edge {
                id,
                from_node_id,
                to_node_id,
                label,
            })
        ),
        edge_id().prop_map(GraphChange::EdgeRemoved),
    ]
}

fn import_opening() -> impl Strategy<Value = ImportOpening> {
    (option::of(short()), any::<u32>(), any::<u32>(), vec(short(), 0..5)).prop_map(
        |(file_name, rows, duplicates_skipped, variable_keys)| ImportOpening {
            file_name,
            rows,
            duplicates_skipped,
            variable_keys,
        },
    )
}

fn import_refusal() -> impl Strategy<Value = ImportRefusal> {
    let fault =
        (short(), vec(any::<u64>(), 0..5)).prop_map(|(reason, rows)| ImportFault { reason, rows });
    (option::of(short()), any::<u32>(), vec(fault, 0..5), any::<u32>()).prop_map(
        |(file_name, rows, faults, reasons)| ImportRefusal { file_name, rows, faults, reasons },
    )
}

/// Any event of a workflow; each type as likely as the others.
pub(crate) fn workflow_event() -> impl Strategy<Value = WorkflowEvent> {
    Union::new([
        (
            any::<u128>().prop_map(OrganisationId::from_u128),
            text(100),
            text(100),
            settings(),
            option::of(any::<u128>().prop_map(WorkflowId::from_u128)),
        )
            .prop_map(|(organisation, title, description, settings, source)| {
                WorkflowEvent::WorkflowCreated {
                    organisation,
                    title,
                    description,
                    settings,
                    source,
                }
            })
            .boxed(),
        (text(100), text(100))
            .prop_map(|(title, description)| WorkflowEvent::WorkflowRenamed { title, description })
            .boxed(),
        settings().prop_map(|settings| WorkflowEvent::SettingsChanged { settings }).boxed(),
        (any::<u32>(), vec(change(), 0..6))
            .prop_map(|(revision, changes)| WorkflowEvent::GraphRevised { revision, changes })
            .boxed(),
        Just(WorkflowEvent::WorkflowActivated).boxed(),
        Just(WorkflowEvent::WorkflowPaused).boxed(),
        Just(WorkflowEvent::WorkflowResumed).boxed(),
        any::<bool>().prop_map(|automatic| WorkflowEvent::WorkflowCompleted { automatic }).boxed(),
        Just(WorkflowEvent::WorkflowCancelled).boxed(),
        Just(WorkflowEvent::WorkflowDeleted).boxed(),
        (import(), import_opening())
            .prop_map(|(import, opening)| WorkflowEvent::ImportOpened { import, opening })
            .boxed(),
        (import(), any::<u32>(), any::<u32>())
            .prop_map(|(import, enrolled, duplicates_skipped)| WorkflowEvent::ImportClosed {
                import,
                enrolled,
                duplicates_skipped,
            })
            .boxed(),
        (import(), short())
            .prop_map(|(import, reason)| WorkflowEvent::ImportCancelled { import, reason })
            .boxed(),
        (import(), import_refusal())
            .prop_map(|(import, refusal)| WorkflowEvent::ImportRefused { import, refusal })
            .boxed(),
        (any::<u32>(), vec(change(), 0..6))
            .prop_map(|(part, changes)| WorkflowEvent::GraphStaged { part, changes })
            .boxed(),
        (node(), node()).prop_map(|(node, by)| WorkflowEvent::NodeReplaced { node, by }).boxed(),
    ])
}
