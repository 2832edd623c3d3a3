//! Bytes that are no event: an error that names the place, never a panic.

use branchline_domain::{lead::LeadEvent, workflow::WorkflowEvent};
use branchline_event_codec::{
    DecodeError, LEAD_EVENT_TYPES, ORGANISATION_EVENT_TYPES, WORKFLOW_EVENT_TYPES, decode_lead,
    decode_organisation, decode_workflow, encode_lead, encode_organisation, encode_workflow,
};
use branchline_journal::record::Event;
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::{
    arbitrary::{lead_event, workflow_event},
    arbitrary_organisation::organisation_event,
    support::{Keyed, LEAD},
};

fn event(event_type: &str, schema: u16, payload: &[u8]) -> Event {
    Event { event_type: event_type.into(), schema, payload: payload.into() }
}

/// Reads an event of any kind. All must not panic; which of them refuses does not matter here.
fn read_all_ways(keyed: &Keyed, event: &Event) -> [bool; 4] {
    [
        decode_lead(event, LEAD, None).is_ok(),
        decode_lead(event, LEAD, Some(&keyed.key)).is_ok(),
        decode_workflow(event).is_ok(),
        decode_organisation(event).is_ok(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_of_every_type_never_panic(payload in vec(any::<u8>(), 0..200)) {
        let keyed = Keyed::new(1);
        let leads_and_workflows = LEAD_EVENT_TYPES.iter().chain(WORKFLOW_EVENT_TYPES);
        for name in leads_and_workflows.chain(ORGANISATION_EVENT_TYPES) {
            let [_, _, as_workflow, as_organisation] = read_all_ways(&keyed, &event(name, 1, &payload));
            prop_assert!(!(name.starts_with("lead.") && (as_workflow || as_organisation)));
        }
    }

    #[test]
    fn an_event_cut_anywhere_is_refused(lead in lead_event(), workflow in workflow_event(), organisation in organisation_event(), at in any::<Index>()) {
        let keyed = Keyed::new(1);
        let lead = keyed.sealing(|sealing| encode_lead(&lead, sealing)).unwrap();
        let organisation = encode_organisation(&organisation).unwrap();
        for whole in [lead, encode_workflow(&workflow).unwrap(), organisation] {
            if !whole.payload.is_empty() {
                let cut = at.index(whole.payload.len());
                let part = event(&whole.event_type, 1, &whole.payload[..cut]);
                prop_assert_eq!(read_all_ways(&keyed, &part), [false; 4]);
            }
        }
    }

    #[test]
    fn a_byte_too_many_is_refused_and_counted(lead in lead_event(), workflow in workflow_event(), more in vec(any::<u8>(), 1..9)) {
        let keyed = Keyed::new(1);
        let long = |mut whole: Event| {
            whole.payload = [&whole.payload, more.as_slice()].concat().into();
            whole
        };
        let lead = long(keyed.sealing(|sealing| encode_lead(&lead, sealing)).unwrap());
        let workflow = long(encode_workflow(&workflow).unwrap());
        for refused in [
            decode_lead(&lead, LEAD, None).unwrap_err(),
            decode_lead(&lead, LEAD, Some(&keyed.key)).unwrap_err(),
            decode_workflow(&workflow).unwrap_err(),
        ] {
            let counted = matches!(refused, DecodeError::TrailingBytes { left, .. } if left == more.len());
            prop_assert!(counted, "{:?}", refused);
        }
    }

    #[test]
    fn a_changed_byte_never_panics(lead in lead_event(), workflow in workflow_event(), at in any::<Index>(), with in 1_u8..) {
        let keyed = Keyed::new(1);
        let lead = keyed.sealing(|sealing| encode_lead(&lead, sealing)).unwrap();
        for mut whole in [lead, encode_workflow(&workflow).unwrap()] {
            if !whole.payload.is_empty() {
                let place = at.index(whole.payload.len());
                whole.payload[place] ^= with;
                read_all_ways(&keyed, &whole);
            }
        }
    }
}

#[test]
fn a_schema_of_the_future_is_refused_by_its_number() {
    let keyed = Keyed::new(1);
    let mut lead = keyed.sealing(|sealing| encode_lead(&LeadEvent::LeadDropped, sealing)).unwrap();
    lead.schema = 2;
    let refused = decode_lead(&lead, LEAD, None).unwrap_err();
    let wanted = DecodeError::FromTheFuture { event_type: "lead.dropped", found: 2, newest: 1 };
    assert_eq!(refused, wanted);
    let mut workflow = encode_workflow(&WorkflowEvent::WorkflowPaused).unwrap();
    workflow.schema = u16::MAX;
    assert!(matches!(
        decode_workflow(&workflow),
        Err(DecodeError::FromTheFuture { found: u16::MAX, .. })
    ));
}

#[test]
fn schema_zero_was_never_written() {
    let refused = decode_lead(&event("lead.dropped", 0, &[]), LEAD, None).unwrap_err();
    assert_eq!(refused.to_string(), "a lead.dropped event is damaged: schemas are counted from 1");
}

#[test]
fn an_unknown_type_is_told_by_its_name() {
    for name in ["lead.teleported", "workflow.created", "", "lead.enrolled "] {
        let refused = decode_lead(&event(name, 1, &[]), LEAD, None).unwrap_err();
        assert_eq!(refused, DecodeError::UnknownType { event_type: name.into() });
    }
    let refused = decode_workflow(&event("lead.enrolled", 1, &[])).unwrap_err();
    assert_eq!(refused, DecodeError::UnknownType { event_type: "lead.enrolled".into() });
}

/// A length that claims this many bytes or entries, as bincode writes a 64-bit number.
fn length(claimed: u64) -> Vec<u8> {
    [&[253_u8], claimed.to_le_bytes().as_slice()].concat()
}

#[test]
fn a_length_that_lies_is_refused_before_anything_is_allocated() {
    for claimed in [300_000, u64::from(u32::MAX), u64::MAX / 2, u64::MAX] {
        let title = event("workflow.renamed", 1, &length(claimed));
        let refused = decode_workflow(&title).unwrap_err();
        assert!(refused.to_string().contains("beyond 262144 bytes"), "{refused}");

        let changes = event("workflow.graph_revised", 1, &[&[1], &*length(claimed)].concat());
        let refused = decode_workflow(&changes).unwrap_err();
        assert!(refused.to_string().contains("beyond 262144 bytes"), "{refused}");

        let sealed = event("lead.call_dispatch_refused", 1, &[&[1], &*length(claimed)].concat());
        let refused = decode_lead(&sealed, LEAD, None).unwrap_err();
        assert!(refused.to_string().contains("beyond 262144 bytes"), "{refused}");
    }
}

#[test]
fn a_payload_longer_than_any_event_is_not_looked_into() {
    let refused = decode_workflow(&event("workflow.renamed", 1, &vec![0; 65_537])).unwrap_err();
    let wanted =
        DecodeError::TooLong { event_type: "workflow.renamed", length: 65_537, limit: 65_536 };
    assert_eq!(refused, wanted);
}

#[test]
fn an_instant_outside_the_calendar_is_refused() {
    // The longest varint: 253, then i64::MAX as bincode folds the sign.
    let payload = [&[253_u8], (u64::MAX - 1).to_le_bytes().as_slice()].concat();
    let refused = decode_lead(&event("lead.release_planned", 1, &payload), LEAD, None).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "a lead.release_planned event is damaged: 9223372036854775807 microseconds are outside \
         the years 0 to 9999"
    );
}

/// A revision that puts one node, whose config is this document.
fn node_put(node_type: u8, config: &str, numbers: &[u8]) -> Event {
    let config_length = u8::try_from(config.len()).unwrap();
    assert!(config_length < 251, "a length of one byte");
    let mut payload = vec![1, 1, 0];
    payload.extend([7; 16]);
    payload.extend([0, 0, 0, node_type, config_length]);
    payload.extend(config.as_bytes());
    payload.push(u8::try_from(numbers.len()).unwrap());
    payload.extend(numbers);
    payload.push(0);
    event("workflow.graph_revised", 1, &payload)
}

#[test]
fn a_config_of_another_release_is_refused_with_the_field_and_the_node() {
    assert!(decode_workflow(&node_put(0, r#"{"agent_id":"a"}"#, &[])).is_ok());
    let refused = decode_workflow(&node_put(0, r#"{"voice":"a"}"#, &[])).unwrap_err().to_string();
    for told in ["workflow.graph_revised", "node_07070707", "unknown field `voice`", "agent_id"] {
        assert!(refused.contains(told), "{refused}");
    }
    for wrong in ["", "{", "7", "{}{}", r#"{"ring_timeout_s":-1}"#] {
        let refused = decode_workflow(&node_put(0, wrong, &[])).unwrap_err();
        assert!(matches!(refused, DecodeError::Malformed { .. }), "{wrong}: {refused:?}");
    }
}

#[test]
fn a_number_of_a_condition_must_be_where_it_is_said_to_be() {
    let number = r#"{"conditions":[{"value":"125e-2"}]}"#;
    assert!(decode_workflow(&node_put(1, number, &[0])).is_ok());
    for (config, numbers) in [
        (number, [1].as_slice()),
        (number, &[0, 0]),
        (r#"{"conditions":[{"value":"1.25"}]}"#, &[0]),
        (r#"{"conditions":[{"value":true}]}"#, &[0]),
        (r#"{"conditions":[{}]}"#, &[0]),
        (r#"{"conditions":[{"value":"1e-31"}]}"#, &[0]),
    ] {
        let refused = decode_workflow(&node_put(1, config, numbers)).unwrap_err();
        assert!(refused.to_string().contains("condition"), "{config}: {refused}");
    }
    assert!(decode_workflow(&node_put(4, "{}", &[0])).is_err());
}
