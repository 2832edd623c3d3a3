//! A field at its limit is written and read; one byte more is refused with its name.

use branchline_domain::{
    graph::{Edge, GraphChange},
    id::{EdgeId, ImportId, NodeId, WorkflowId},
    lead::{LeadEvent, Values},
    output::Output,
    personal::Personal,
    value::Value,
    workflow::{
        ImportFault, ImportOpening, ImportRefusal, REFUSAL_FAULTS_MAX, REFUSAL_ROWS_MAX,
        WorkflowEvent,
    },
};
use branchline_event_codec::{
    AGENT_ID_BYTES_MAX, BRANCH_BYTES_MAX, DESCRIPTION_BYTES_MAX, EncodeError, FILE_NAME_BYTES_MAX,
    IMPORT_REASON_BYTES_MAX, PAYLOAD_BYTES_MAX, PROVIDER_REF_BYTES_MAX, REFUSAL_REASON_BYTES_MAX,
    SEALED_FIELDS, TITLE_BYTES_MAX, VARIABLE_KEYS_BYTES_MAX, decode_lead, decode_workflow,
    encode_lead, encode_workflow,
};

use crate::support::{Keyed, LEAD, values_of};

/// Writes an event whose field has exactly so many bytes, and one more.
fn at_the_limit_of_a_lead(field: &str, limit: usize, event: impl Fn(usize) -> LeadEvent) {
    let keyed = Keyed::new(1);
    let largest = event(limit);
    let written = keyed.sealing(|sealing| encode_lead(&largest, sealing)).unwrap();
    assert_eq!(decode_lead(&written, LEAD, Some(&keyed.key)), Ok(largest));
    let refused = keyed.sealing(|sealing| encode_lead(&event(limit + 1), sealing)).unwrap_err();
    assert_refusal(&refused, field, limit);
}

fn at_the_limit_of_a_workflow(field: &str, limit: usize, event: impl Fn(usize) -> WorkflowEvent) {
    let largest = event(limit);
    let written = encode_workflow(&largest).unwrap();
    assert_eq!(decode_workflow(&written), Ok(largest));
    assert_refusal(&encode_workflow(&event(limit + 1)).unwrap_err(), field, limit);
}

fn assert_refusal(refused: &EncodeError, wanted_field: &str, wanted_limit: usize) {
    let EncodeError::TooLarge { field, size, limit, .. } = refused else {
        panic!("{refused:?}");
    };
    assert_eq!((*field, *size, *limit), (wanted_field, wanted_limit + 1, wanted_limit));
}

fn text(bytes: usize) -> String {
    "x".repeat(bytes)
}

/// One text variable, as large as all variables together may be: `1 | length 1 | a | text 0 |
/// length 3 | text` leaves seven bytes less than the limit.
fn values_of_bytes(bytes: usize) -> Personal<Values> {
    Personal::Known(values_of([("a", Value::Text(text(bytes - 7)))]))
}

#[test]
fn sealed_fields_have_limits() {
    let [phone, variables, notes, attributes, reason, unreadable, evidence, answer] =
        SEALED_FIELDS.map(|field| field.bytes_max);
    at_the_limit_of_a_lead("evidence", evidence, |bytes| LeadEvent::ApplicationTried {
        attempt: 1,
        outcome: branchline_domain::lead::ApplicationOutcome::Succeeded,
        latency_ms: 1,
        missing_fields: Vec::new(),
        evidence: Personal::Known(text(bytes)),
    });
    at_the_limit_of_a_lead("fields", answer, |bytes| LeadEvent::ApplicationAnswered {
        node: branchline_domain::id::NodeId::from_u128(1),
        fields: values_of_bytes(bytes),
    });
    at_the_limit_of_a_lead("phone_number", phone, |bytes| LeadEvent::LeadEnrolled {
        workflow: WorkflowId::from_u128(1),
        contact_tag: [1; 16],
        key_slot: 1,
        phone_number: Personal::Known(text(bytes)),
        variables: values_of_bytes(variables),
        notes: Personal::Known(Some(text(notes))),
        import: Some(ImportId::from_u128(1)),
    });
    at_the_limit_of_a_lead("variables", variables, |bytes| LeadEvent::LeadEdited {
        variables: values_of_bytes(bytes),
        notes: Personal::Known(Some(text(notes))),
    });
    at_the_limit_of_a_lead("notes", notes, |bytes| LeadEvent::LeadEdited {
        variables: values_of_bytes(variables),
        notes: Personal::Known(Some(text(bytes))),
    });
    at_the_limit_of_a_lead("attributes", attributes, |bytes| LeadEvent::CallAttributesAttached {
        call: 1,
        attributes: values_of_bytes(bytes),
    });
    at_the_limit_of_a_lead("reason", reason, |bytes| LeadEvent::CallDispatchRefused {
        call: 1,
        reason: Personal::Known(text(bytes)),
    });
    at_the_limit_of_a_lead("unreadable_time", unreadable, |bytes| LeadEvent::RoutingHeld {
        reason: branchline_domain::lead::HoldReason::UnreadableTime(Personal::Known(text(bytes))),
    });
}

#[test]
fn clear_fields_of_a_lead_have_limits() {
    at_the_limit_of_a_lead("agent_id", AGENT_ID_BYTES_MAX, |bytes| LeadEvent::CallRequested {
        call: 1,
        from: text(64),
        agent_id: Some(text(bytes)),
        ring_timeout_s: None,
    });
    at_the_limit_of_a_lead("provider_ref", PROVIDER_REF_BYTES_MAX, |bytes| {
        LeadEvent::CallReferenced { call: 1, provider_ref: text(bytes) }
    });
    at_the_limit_of_a_lead("end_reason", 256, |bytes| LeadEvent::CallConflictRecorded {
        call: 1,
        status: branchline_domain::call_status::CallStatus::Busy,
        end_reason: Some(text(bytes)),
    });
    at_the_limit_of_a_lead("missing_fields", 1_024, |bytes| LeadEvent::ApplicationTried {
        attempt: 1,
        outcome: branchline_domain::lead::ApplicationOutcome::Failed,
        latency_ms: 1,
        missing_fields: vec![text(bytes - 1), text(1)],
        evidence: Personal::Erased,
    });
    at_the_limit_of_a_lead("branch", BRANCH_BYTES_MAX, |bytes| LeadEvent::HoldResolved {
        choice: branchline_domain::lead::Resolution::Output(Output::Branch(text(bytes).into())),
    });
}

#[test]
fn fields_of_a_workflow_have_limits() {
    at_the_limit_of_a_workflow("title", TITLE_BYTES_MAX, |bytes| WorkflowEvent::WorkflowRenamed {
        title: text(bytes),
        description: text(DESCRIPTION_BYTES_MAX),
    });
    at_the_limit_of_a_workflow("description", DESCRIPTION_BYTES_MAX, |bytes| {
        WorkflowEvent::WorkflowRenamed { title: text(TITLE_BYTES_MAX), description: text(bytes) }
    });
    at_the_limit_of_a_workflow("reason", IMPORT_REASON_BYTES_MAX, |bytes| {
        WorkflowEvent::ImportCancelled { import: ImportId::from_u128(1), reason: text(bytes) }
    });
    at_the_limit_of_a_workflow("reason", REFUSAL_REASON_BYTES_MAX, |bytes| {
        let rows = vec![u64::from(u32::MAX); REFUSAL_ROWS_MAX];
        refused(vec![ImportFault { reason: text(bytes), rows }; REFUSAL_FAULTS_MAX])
    });
    at_the_limit_of_a_workflow("rows", REFUSAL_ROWS_MAX, |rows| {
        refused(vec![ImportFault { reason: String::new(), rows: vec![1; rows] }])
    });
    at_the_limit_of_a_workflow("faults", REFUSAL_FAULTS_MAX, |faults| {
        refused(vec![ImportFault { reason: String::new(), rows: Vec::new() }; faults])
    });
    at_the_limit_of_a_workflow("file_name", FILE_NAME_BYTES_MAX, |bytes| {
        opened(Some(text(bytes)), vec![text(VARIABLE_KEYS_BYTES_MAX)])
    });
    at_the_limit_of_a_workflow("variable_keys", VARIABLE_KEYS_BYTES_MAX, |bytes| {
        opened(None, vec![text(10), text(bytes - 10)])
    });
}

fn refused(faults: Vec<ImportFault>) -> WorkflowEvent {
    let file_name = Some(text(FILE_NAME_BYTES_MAX));
    WorkflowEvent::ImportRefused {
        import: ImportId::from_u128(1),
        refusal: ImportRefusal { file_name, rows: u32::MAX, faults, reasons: u32::MAX },
    }
}

fn opened(file_name: Option<String>, variable_keys: Vec<String>) -> WorkflowEvent {
    let (rows, duplicates_skipped) = (u32::MAX, u32::MAX);
    WorkflowEvent::ImportOpened {
        import: ImportId::from_u128(1),
        opening: ImportOpening { file_name, rows, duplicates_skipped, variable_keys },
    }
}

#[test]
fn a_graph_that_fits_no_record_is_refused_as_a_whole() {
    let edges = |count: u128| WorkflowEvent::GraphRevised {
        revision: 1,
        changes: (0..count)
            .map(|id| {
                GraphChange::EdgeAdded(Edge {
                    id: EdgeId::from_u128(id),
                    from_node_id: NodeId::from_u128(1),
                    to_node_id: NodeId::from_u128(2),
                    label: None,
                })
            })
            .collect(),
    };
    // 2 bytes for revision and count, 50 for each edge.
    let fitting = encode_workflow(&edges(225)).unwrap();
    assert_eq!(fitting.payload.len(), 11_252);
    assert_eq!(decode_workflow(&fitting), Ok(edges(225)));
    let refused = encode_workflow(&edges(226)).unwrap_err();
    let wanted = EncodeError::TooLarge {
        event_type: "workflow.graph_revised",
        field: "event",
        size: 11_302,
        limit: PAYLOAD_BYTES_MAX,
    };
    assert_eq!(refused, wanted);
}

/// Lists of small things take the most memory for their bytes. All that can be written is read.
#[test]
fn the_longest_lists_that_can_be_written_are_read_back() {
    let removals = WorkflowEvent::GraphRevised {
        revision: 1,
        changes: (0..660).map(|id| GraphChange::EdgeRemoved(EdgeId::from_u128(id))).collect(),
    };
    let keys = opened(None, vec![String::new(); 11_230]);
    for event in [removals, keys] {
        let written = encode_workflow(&event).unwrap();
        assert!(written.payload.len() > PAYLOAD_BYTES_MAX - 60, "{}", written.payload.len());
        assert_eq!(decode_workflow(&written), Ok(event));
    }

    let keyed = Keyed::new(1);
    let name = |number: u32| char::from_u32(0x20 + number).unwrap().to_string();
    let values: Values = (0..1_650).map(|number| (name(number), Value::Bool(true))).collect();
    let event =
        LeadEvent::LeadEdited { variables: Personal::Known(values), notes: Personal::Known(None) };
    let written = keyed.sealing(|sealing| encode_lead(&event, sealing)).unwrap();
    assert!(written.payload.len() > 8_000, "{}", written.payload.len());
    assert_eq!(decode_lead(&written, LEAD, Some(&keyed.key)), Ok(event));
}
