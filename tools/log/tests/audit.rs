//! The tool as an auditor runs it: over a directory, with its exit codes.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    sync::{Arc, mpsc},
};

use branchline_domain::{
    call_status::CallStatus,
    id::{LeadId, NodeId, OrganisationId, WorkflowId},
    lead::{BranchCause, LeadEvent},
    output::Output as NodeOutput,
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

const WORKFLOW: WorkflowId = WorkflowId::from_u128(0x0192_f3a1_0000_7000_8000_0000_0000_0001);
const LEAD: LeadId = LeadId::from_u128(0x0192_f3a1_0000_7000_8000_0000_0000_0002);
const NODE: NodeId = NodeId::from_u128(0x0192_f3a1_0000_7000_8000_0000_0000_0003);
const PHONE: &str = "+12125550123";

fn record(stream: StreamId, version: u64, at: i64, events: Vec<Event>) -> NewRecord {
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
        LeadEvent::NodeEntered { visit: 1, node: NODE, revision: 1, release_at: None },
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
fn journal_with(directory: &Path, more: &[LeadEvent]) {
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
    let (sender, answers) = mpsc::channel();
    store.append(records, Box::new(move |outcome| sender.send(outcome).unwrap()));
    for outcome in answers.recv().unwrap() {
        outcome.unwrap();
    }
    store.close();
}

fn tool(arguments: &[&str], directory: &Path) -> Output {
    let [command, rest @ ..] = arguments else { panic!("a command") };
    Command::new(env!("CARGO_BIN_EXE_branchline-log"))
        .arg(command)
        .arg(directory)
        .args(rest)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn list_names_each_stream_with_its_public_id_and_where_it_stands() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let output = tool(&["list"], directory.path());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines = text(&output.stdout);
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with(&WORKFLOW.to_string()) && lines[0].contains("active"));
    assert!(lines[1].starts_with(&LEAD.to_string()) && lines[1].contains(&NODE.to_string()));
}

#[test]
fn show_prints_a_leads_events_and_its_phone_number_only_when_asked() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let lead = LEAD.to_string();
    let output = tool(&["show", &lead], directory.path());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    assert!(shown.contains("busy") && shown.contains("state: active at"), "{shown}");
    assert!(!shown.contains(PHONE) && shown.contains("(hidden)"), "{shown}");
    let call = format!("call_{}_1", LEAD.as_uuid());
    let output = tool(&["show", &call, "--phone-numbers"], directory.path());
    assert!(text(&output.stdout).contains(PHONE), "{}", text(&output.stderr));
}

#[test]
fn show_without_keys_says_that_personal_fields_cannot_be_read() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    fs::remove_dir_all(directory.path().join("keys")).unwrap();
    let lead = LEAD.to_string();
    let output = tool(&["show", &lead], directory.path());
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("(erased)"), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("keys"), "{}", text(&output.stderr));
    assert_eq!(tool(&["show", &lead, "--phone-numbers"], directory.path()).status.code(), Some(1));
}

#[test]
fn what_is_not_there_is_told_and_is_no_success() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let unknown = LeadId::from_u128(9).to_string();
    for (arguments, words) in [
        (vec!["show", unknown.as_str()], "there is no lead_"),
        (vec!["show", "nonsense"], "is no id"),
    ] {
        let output = tool(&arguments, directory.path());
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
    }
    let output = tool(&["list"], &directory.path().join("nowhere"));
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("nowhere"));
}

#[test]
fn verify_finds_a_sound_journal_sound_and_leaves_it_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let database = directory.path().join("journal/db/db");
    let before = fs::read(&database).unwrap();
    let output = tool(&["verify"], directory.path());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("6 events  6 records  2 streams"));
    assert_eq!(fs::read(&database).unwrap(), before);
}

#[test]
fn verify_tells_a_branch_that_no_call_explains() {
    let directory = tempfile::tempdir().unwrap();
    let branch = LeadEvent::BranchTaken {
        visit: 1,
        from: NODE,
        output: NodeOutput::Completed,
        to: NODE,
        cause: BranchCause::Call(1),
        revision: 1,
    };
    journal_with(directory.path(), &[branch]);
    let output = tool(&["verify"], directory.path());
    assert_eq!(output.status.code(), Some(5));
    assert!(text(&output.stdout).contains("took COMPLETED, which no status of call 1 leads to"));
}

#[test]
fn verify_tells_damaged_bytes_and_shows_what_is_before_them() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let database = directory.path().join("journal/db/db");
    let mut bytes = fs::read(&database).unwrap();
    let block = bytes.windows(4).rposition(|window| window == b"BLBK").unwrap();
    bytes[block + 200] ^= 1;
    fs::write(&database, bytes).unwrap();
    let output = tool(&["verify"], directory.path());
    assert_eq!(output.status.code(), Some(5), "{}", text(&output.stdout));
}

#[test]
fn export_writes_a_line_a_record_and_never_over_a_file_that_is_there() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let file = directory.path().join("export.jsonl");
    let path = file.to_str().unwrap();
    let output = tool(&["export", path, "--until", "5"], directory.path());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines = fs::read_to_string(&file).unwrap();
    let records: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), 5);
    assert_eq!(records[2]["stream"], LEAD.to_string());
    assert_eq!(records[2]["events"][0]["type"], "lead.enrolled");
    assert!(!lines.contains(PHONE), "personal fields stay sealed");
    let again = tool(&["export", path], directory.path());
    assert_eq!(again.status.code(), Some(1));
    assert_eq!(fs::read_to_string(&file).unwrap(), lines);
    let whole = tool(&["export", "-"], directory.path());
    assert_eq!(text(&whole.stdout).lines().count(), 6);
}

#[test]
fn a_journal_in_use_is_left_alone_and_its_owner_named() {
    let directory = tempfile::tempdir().unwrap();
    journal_with(directory.path(), &[]);
    let _open = SledStore::open(&SledOptions::new(directory.path().join("journal"))).unwrap();
    let output = tool(&["verify"], directory.path());
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains(&std::process::id().to_string()), "{told}");
}
