//! Bytes as schema 1 writes them, for ever. `fixtures/schema_1.txt` has a line for every event
//! here; lines are added, never edited. A changed one means that journals in the field cannot be
//! read any more: make a new schema instead.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use branchline_domain::{
    call_status::CallStatus,
    graph::GraphChange,
    lead::{BranchCause, HoldReason, LeadEvent, Outcome, Resolution},
    output::Output,
    personal::Personal,
    workflow::{Settings, WorkflowEvent},
};
use branchline_event_codec::{
    LEAD_EVENT_TYPES, ORGANISATION_EVENT_TYPES, SCHEMA, WORKFLOW_EVENT_TYPES, decode_lead,
    decode_organisation, decode_workflow, encode_lead, encode_organisation, encode_workflow,
};
use branchline_journal::record::Event;

use crate::{
    examples::{A, AT, B, further_lead_events, organisation_events, two_visits, workflow_events},
    support::{Keyed, LEAD, values_of},
};

const FIXTURES: &str = include_str!("../fixtures/schema_1.txt");
const SEED: u64 = 7;

/// Each event with the same key and the same first nonce, so that its bytes are its own.
fn written(event: &LeadEvent) -> Event {
    Keyed::new(SEED).sealing(|sealing| encode_lead(event, sealing)).unwrap()
}

fn lead_events() -> Vec<(String, LeadEvent)> {
    let lived =
        two_visits().into_iter().zip(1..).map(|(event, step)| (format!("step {step}"), event));
    let further = further_lead_events().into_iter().map(|(case, event)| (case.into(), event));
    lived.chain(further).collect()
}

fn line_name(event: &Event, case: &str) -> String {
    format!("{} {case}", event.event_type).trim_end().to_owned()
}

fn hex(bytes: &[u8]) -> String {
    let mut hex = String::new();
    for byte in bytes {
        write!(hex, "{byte:02x}").unwrap();
    }
    hex
}

fn bytes(hex: &str) -> Vec<u8> {
    assert!(hex.len().is_multiple_of(2), "{hex}");
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn fixtures() -> BTreeMap<&'static str, Vec<u8>> {
    let lines = FIXTURES.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let mut fixtures = BTreeMap::new();
    for line in lines {
        let (name, hex) = line.split_once(" =").unwrap();
        assert!(fixtures.insert(name, bytes(hex.trim())).is_none(), "{name} twice");
    }
    fixtures
}

#[test]
fn every_event_is_written_as_ever() {
    let leads = lead_events().into_iter().map(|(case, event)| (case, written(&event)));
    let workflows = workflow_events()
        .into_iter()
        .map(|event| (String::new(), encode_workflow(&event).unwrap()));
    let organisations = organisation_events()
        .into_iter()
        .map(|(case, event)| (case.to_owned(), encode_organisation(&event).unwrap()));
    let fixtures = fixtures();
    let mut types = BTreeSet::new();
    let mut names = BTreeSet::new();
    let mut wrong = String::new();
    for (case, event) in leads.chain(workflows).chain(organisations) {
        assert_eq!(event.schema, SCHEMA);
        let name = line_name(&event, &case);
        if fixtures.get(&*name).map(Vec::as_slice) != Some(&*event.payload) {
            writeln!(wrong, "{name} = {}", hex(&event.payload)).unwrap();
        }
        types.insert(event.event_type);
        assert!(names.insert(name.clone()), "{name} twice");
    }
    assert!(wrong.is_empty(), "these are missing in the fixtures, or changed:\n{wrong}");
    let all = LEAD_EVENT_TYPES.iter().chain(WORKFLOW_EVENT_TYPES).chain(ORGANISATION_EVENT_TYPES);
    let all: BTreeSet<_> = all.map(|&name| name.into()).collect();
    assert_eq!(types, all, "a fixture for every type");
    assert_eq!(fixtures.len(), names.len(), "a fixture that no event here has");
}

#[test]
fn every_fixture_is_read_as_ever() {
    let fixtures = fixtures();
    let key = Keyed::new(SEED).key;
    for (case, event) in lead_events() {
        let name = line_name(&written(&event), &case);
        let recorded = Event {
            event_type: branchline_event_codec::lead_event_type(&event).into(),
            schema: 1,
            payload: fixtures[&*name].clone().into(),
        };
        assert_eq!(decode_lead(&recorded, LEAD, Some(&key)), Ok(event), "{name}");
    }
    for event in workflow_events() {
        let name = branchline_event_codec::workflow_event_type(&event);
        let payload = fixtures[name].clone().into();
        let recorded = Event { event_type: name.into(), schema: 1, payload };
        assert_eq!(decode_workflow(&recorded), Ok(event), "{name}");
    }
    for (case, event) in organisation_events() {
        let event_type = branchline_event_codec::organisation_event_type(&event);
        let name = format!("{event_type} {case}").trim_end().to_owned();
        let payload = fixtures[&*name].clone().into();
        let recorded = Event { event_type: event_type.into(), schema: 1, payload };
        assert_eq!(decode_organisation(&recorded), Ok(event), "{name}");
    }
}

/// Written by hand from the description of the layouts, not from what the program does.
#[test]
fn the_layouts_are_what_their_description_says() {
    let a = "0192f3a10000700080000000".to_owned() + "0000000a";
    let b = "0192f3a10000700080000000".to_owned() + "0000000b";
    // An instant is twice its microseconds, as a number of eight bytes after the mark 253.
    let at = "fd".to_owned() + &hex(&(1_795_512_600_000_000_u64 * 2).to_le_bytes());
    for (event, wanted) in [
        (
            // visit | from | DNP is variant 1 | to | a call is variant 0, its number | revision
            LeadEvent::BranchTaken {
                visit: 1,
                from: A,
                output: Output::Dnp,
                to: B,
                cause: BranchCause::Call(2),
                revision: 1,
            },
            format!("01{a}01{b}000201"),
        ),
        (
            // Numbers above 250 have a mark: 251 two bytes, 252 four bytes, little-endian.
            LeadEvent::NodeEntered { visit: 300, node: A, revision: 70_000, release_at: Some(AT) },
            format!("fb2c01{a}fc7011010001{at}"),
        ),
        (
            // call | busy is variant 8 | there is a reason, of 2 bytes | no instant
            LeadEvent::CallConcluded {
                call: 1,
                status: CallStatus::Busy,
                end_reason: Some("ok".into()),
                occurred_at: None,
            },
            "010801026f6b00".into(),
        ),
        (LeadEvent::CallDispatchRefused { call: 1, reason: Personal::Erased }, "0100".into()),
        (
            // No variables, in clear; erased notes.
            LeadEvent::LeadEdited {
                variables: Personal::Known(values_of([])),
                notes: Personal::Erased,
            },
            "000100".into(),
        ),
        (LeadEvent::LeadCompleted, String::new()),
    ] {
        assert_eq!(hex(&written(&event).payload), wanted, "{event:?}");
    }
    let removal =
        WorkflowEvent::GraphRevised { revision: 3, changes: vec![GraphChange::NodeRemoved(A)] };
    // revision | one change | variant 1 | node
    assert_eq!(hex(&encode_workflow(&removal).unwrap().payload), format!("030101{a}"));
}

#[test]
fn every_word_has_the_code_it_always_had() {
    let statuses = [
        CallStatus::Created,
        CallStatus::Initiated,
        CallStatus::Sent,
        CallStatus::Received,
        CallStatus::Connected,
        CallStatus::Waiting,
        CallStatus::Completed,
        CallStatus::DidNotPick,
        CallStatus::Busy,
        CallStatus::Failed,
        CallStatus::NoAnswer,
        CallStatus::Cancelled,
        CallStatus::RetryExpired,
    ];
    for (code, status) in (0..).zip(statuses) {
        let event = LeadEvent::RoutingHeld { reason: HoldReason::ReviewRequired(status) };
        assert_eq!(*written(&event).payload, [2, code], "{status}");
    }
    let outputs = [
        Output::Completed,
        Output::Dnp,
        Output::Failed,
        Output::True,
        Output::False,
        Output::Next,
        Output::Success,
        Output::Failure,
    ];
    for (code, output) in (0..).zip(outputs) {
        let event = LeadEvent::HoldResolved { choice: Resolution::Output(output.clone()) };
        assert_eq!(*written(&event).payload, [0, code], "{output}");
    }
    let branch = Resolution::Output(Output::Branch("x".into()));
    let event = LeadEvent::HoldResolved { choice: branch };
    assert_eq!(*written(&event).payload, [0, 8, 1, b'x']);
    let causes = [
        (BranchCause::Call(5), [0, 5].as_slice()),
        (BranchCause::Condition, &[1]),
        (BranchCause::Release, &[2]),
        (BranchCause::Application, &[3]),
        (BranchCause::Person, &[4]),
    ];
    for (cause, code) in causes {
        let reason = HoldReason::MissingOutput(Outcome { output: Output::Next, cause });
        let event = LeadEvent::RoutingHeld { reason };
        assert_eq!(*written(&event).payload, [&[1, 5], code].concat(), "{cause:?}");
    }
}

#[test]
fn a_setting_that_came_later_is_stored_where_it_is_not_as_for_a_new_workflow() {
    let stored = |settings| {
        let event = encode_workflow(&WorkflowEvent::SettingsChanged { settings }).unwrap();
        String::from_utf8_lossy(&event.payload).into_owned()
    };
    let usual = stored(Settings::default());
    assert!(!usual.contains("timezone") && !usual.contains("analysis"), "{usual}");
    let chosen = Settings {
        default_timezone: "Asia/Kolkata".into(),
        analysis_timeout_s: 0,
        ..Settings::default()
    };
    let chosen = stored(chosen);
    let ending =
        r#""call_deadline_s":7200,"default_timezone":"Asia/Kolkata","analysis_timeout_s":0}"#;
    assert!(chosen.ends_with(ending), "{chosen}");
}

#[test]
fn the_bytes_of_a_lead_with_two_visits_are_few() {
    let events = two_visits();
    let size: usize = events.iter().map(|event| written(event).payload.len()).sum();
    println!("{} events of a lead with two visits: {size} bytes of payload", events.len());
    // Of 3,000 bytes a lead may take with everything around it; 120 of them are three seals.
    assert!(size <= 800, "{size} bytes");
}
