//! Whatever is written is read back the same, by who has the key; without it, all but persons.

use branchline_domain::{lead::LeadEvent, personal::Personal, value::Value};
use branchline_event_codec::{
    DecodeError, LEAD_EVENT_TYPES, ORGANISATION_EVENT_TYPES, Sealing, WORKFLOW_EVENT_TYPES,
    decode_lead, decode_organisation, decode_workflow, encode_lead, encode_organisation,
    encode_workflow, lead_event_type, organisation_event_type, workflow_event_type,
};
use branchline_vault::OpenSealError;
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

use crate::{
    arbitrary::{lead_event, workflow_event},
    arbitrary_organisation::organisation_event,
    support::{Keyed, LEAD, values_of},
};

/// The event with every personal field erased.
fn without_persons(mut event: LeadEvent) -> LeadEvent {
    use branchline_domain::lead::HoldReason;
    if let LeadEvent::LeadEnrolled { phone_number, .. } = &mut event {
        *phone_number = Personal::Erased;
    }
    if let LeadEvent::LeadEnrolled { variables, notes, .. }
    | LeadEvent::LeadEdited { variables, notes } = &mut event
    {
        *variables = Personal::Erased;
        *notes = Personal::Erased;
    }
    if let LeadEvent::ApplicationTried { evidence, .. } = &mut event {
        *evidence = Personal::Erased;
    }
    if let LeadEvent::ApplicationAnswered { fields, .. } = &mut event {
        *fields = Personal::Erased;
    }
    if let LeadEvent::CallAttributesAttached { attributes, .. } = &mut event {
        *attributes = Personal::Erased;
    }
    if let LeadEvent::CallDispatchRefused { reason, .. }
    | LeadEvent::RoutingHeld { reason: HoldReason::UnreadableTime(reason) } = &mut event
    {
        *reason = Personal::Erased;
    }
    event
}

fn enrolment() -> LeadEvent {
    LeadEvent::LeadEnrolled {
        workflow: branchline_domain::id::WorkflowId::from_u128(7),
        contact_tag: [9; 16],
        key_slot: 3,
        phone_number: Personal::Known("+4915112345678".into()),
        variables: Personal::Known(values_of([("city", Value::from("Ulm"))])),
        notes: Personal::Known(None),
        import: None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn every_lead_event_reads_back_with_its_key(event in lead_event()) {
        let keyed = Keyed::new(1);
        let written = keyed.sealing(|sealing| encode_lead(&event, sealing)).unwrap();
        prop_assert_eq!(&*written.event_type, lead_event_type(&event));
        prop_assert_eq!(decode_lead(&written, LEAD, Some(&keyed.key)), Ok(event));
    }

    #[test]
    fn without_a_key_every_personal_field_is_erased_and_all_else_is_there(event in lead_event()) {
        let keyed = Keyed::new(1);
        let written = keyed.sealing(|sealing| encode_lead(&event, sealing)).unwrap();
        prop_assert_eq!(decode_lead(&written, LEAD, None), Ok(without_persons(event)));
    }

    #[test]
    fn what_is_written_without_a_key_is_erased_for_everybody(event in lead_event()) {
        let nonce = || [0; 24];
        let written =
            encode_lead(&event, &Sealing { lead: LEAD, key: None, nonce: &nonce }).unwrap();
        let keyed = Keyed::new(1);
        prop_assert_eq!(
            decode_lead(&written, LEAD, Some(&keyed.key)),
            Ok(without_persons(event))
        );
    }

    #[test]
    fn every_workflow_event_reads_back(event in workflow_event()) {
        let written = encode_workflow(&event).unwrap();
        prop_assert_eq!(&*written.event_type, workflow_event_type(&event));
        prop_assert_eq!(decode_workflow(&written), Ok(event));
    }

    #[test]
    fn every_organisation_event_reads_back(event in organisation_event()) {
        let written = encode_organisation(&event).unwrap();
        prop_assert_eq!(&*written.event_type, organisation_event_type(&event));
        prop_assert_eq!(decode_organisation(&written), Ok(event));
    }
}

#[test]
fn the_arbitrary_events_cover_every_type() {
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..1_000 {
        seen.insert(lead_event_type(&lead_event().new_tree(&mut runner).unwrap().current()));
        let event = workflow_event().new_tree(&mut runner).unwrap().current();
        seen.insert(workflow_event_type(&event));
        let event = organisation_event().new_tree(&mut runner).unwrap().current();
        seen.insert(organisation_event_type(&event));
    }
    let all = LEAD_EVENT_TYPES.iter().chain(WORKFLOW_EVENT_TYPES).chain(ORGANISATION_EVENT_TYPES);
    let all = all.copied().collect();
    assert_eq!(seen, all);
}

#[test]
fn names_of_event_types_are_unique_prefixed_and_fit_a_record() {
    for (names, prefix) in [
        (LEAD_EVENT_TYPES, "lead."),
        (WORKFLOW_EVENT_TYPES, "workflow."),
        (ORGANISATION_EVENT_TYPES, "organisation."),
    ] {
        let unique: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(unique.len(), names.len());
        for name in names {
            assert!(name.starts_with(prefix) && name.len() <= 64, "{name}");
        }
    }
}

#[test]
fn the_key_of_another_lead_opens_nothing() {
    let written = Keyed::new(1).sealing(|sealing| encode_lead(&enrolment(), sealing)).unwrap();
    let stranger = Keyed::new(2).key;
    let refused = decode_lead(&written, LEAD, Some(&stranger)).unwrap_err();
    assert_eq!(
        refused,
        DecodeError::Seal {
            event_type: "lead.enrolled",
            field: "phone_number",
            source: OpenSealError::Broken { lead: LEAD.as_uuid(), field: 1 },
        }
    );
}

#[test]
fn a_record_copied_to_another_lead_does_not_open_there() {
    let keyed = Keyed::new(1);
    let written = keyed.sealing(|sealing| encode_lead(&enrolment(), sealing)).unwrap();
    let other = branchline_domain::id::LeadId::from_u128(8);
    let refused = decode_lead(&written, other, Some(&keyed.key)).unwrap_err();
    assert!(matches!(refused, DecodeError::Seal { field: "phone_number", .. }), "{refused:?}");
}

#[test]
fn each_kind_of_field_has_a_seal_of_its_own() {
    let keyed = Keyed::new(1);
    let refusal =
        LeadEvent::CallDispatchRefused { call: 1, reason: Personal::Known("no line".into()) };
    let mut written = keyed.sealing(|sealing| encode_lead(&refusal, sealing)).unwrap();
    // A refusal is `call | sealed`, a referenced call `call | text`, attributes are
    // `call | 1 | sealed`: with that byte the same bytes are well-formed attributes.
    let mut payload = written.payload.to_vec();
    payload.insert(1, 1);
    written.payload = payload.into();
    written.event_type = "lead.call_attributes_attached".into();
    let refused = decode_lead(&written, LEAD, Some(&keyed.key)).unwrap_err();
    assert!(matches!(refused, DecodeError::Seal { field: "attributes", .. }), "{refused:?}");
}

#[test]
fn nothing_personal_is_in_the_bytes() {
    let written = Keyed::new(1).sealing(|sealing| encode_lead(&enrolment(), sealing)).unwrap();
    for secret in ["+4915112345678", "49151", "city", "Ulm"] {
        let found = written.payload.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!found, "{secret}");
    }
}

#[test]
fn every_field_takes_a_nonce_of_its_own() {
    let keyed = Keyed::new(1);
    let drawn = std::cell::Cell::new(0);
    let nonce = || {
        drawn.set(drawn.get() + 1);
        keyed.vault.nonce()
    };
    let sealing = Sealing { lead: LEAD, key: Some(&keyed.key), nonce: &nonce };
    encode_lead(&enrolment(), &sealing).unwrap();
    assert_eq!(drawn.get(), 2, "phone number and variables; there are no notes");
}

#[test]
fn a_vault_that_seals_nothing_reads_back_too() {
    use branchline_vault::{SeededEntropy, Vault, VaultOptions};
    let entropy = std::sync::Arc::new(SeededEntropy::new(1));
    let vault = Vault::in_memory_with(entropy, VaultOptions { sealing: false });
    let (_, key) = vault.create_keys(&[LEAD.as_uuid()]).unwrap().remove(0);
    let nonce = || vault.nonce();
    for event in [
        enrolment(),
        LeadEvent::CallDispatchRefused { call: 1, reason: Personal::Known(String::new()) },
        LeadEvent::LeadEdited {
            variables: Personal::Known(values_of([])),
            notes: Personal::Known(Some(String::new())),
        },
    ] {
        let sealing = Sealing { lead: LEAD, key: Some(&key), nonce: &nonce };
        let written = encode_lead(&event, &sealing).unwrap();
        assert_eq!(decode_lead(&written, LEAD, Some(&key)), Ok(event));
    }
}
