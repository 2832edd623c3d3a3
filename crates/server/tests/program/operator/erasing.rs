//! `branchline lead erase`, on running and on stopped directories.

use std::fs;

use branchline_domain::id::LeadId;
use branchline_journal::{reader::JournalReader, record::Position};
use serde_json::Value;

use super::directory::{branchline, contains, done, refused, with_leads};
use crate::{audit::sound_leads, client::expect, server::Running};

/// The bytes of the key in a slot of the leads' file.
fn key_bytes(data: &std::path::Path, slot: usize) -> Vec<u8> {
    fs::read(data.join("keys/leads.keys")).unwrap()[(slot + 1) * 64..][20..52].to_vec()
}

#[test]
fn a_lead_is_erased_while_its_server_runs_and_when_it_is_stopped() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let (server, path, leads) = with_leads(&data, &["Asha", "Bala", "Chitra"]);
    let doomed = [key_bytes(&data, 0), key_bytes(&data, 1)];
    let kept = key_bytes(&data, 2);

    let told = done(&data, &["lead", "erase", &leads[0], "--yes"]);
    for part in ["is erased: recorded at position", "destroyed  the key", "the contact tag"] {
        assert!(told.contains(part), "{part} in {told}");
    }
    let shown = expect(server.address, 200, "GET", &format!("{path}/leads/{}", leads[0]), None);
    assert_eq!((&shown["phone_number"], &shown["notes"]), (&Value::Null, &Value::Null));
    assert_eq!(shown["status"], "completed");
    // Once more says the same.
    assert_eq!(done(&data, &["lead", "erase", &leads[0], "--yes"]), told);
    assert!(server.stop().success());

    let told = done(&data, &["lead", "erase", &leads[1], "--yes"]);
    assert!(told.contains("destroyed  the key"), "{told}");
    for key in &doomed {
        assert_eq!(contains(&data, key), None);
    }
    assert!(contains(&data, &kept).is_some(), "the third one keeps its key");
    for name in ["Asha", "Bala", "Chitra"] {
        assert_eq!(contains(&data, name.as_bytes()), None, "{name} is in clear");
    }

    // The journal is sound, everybody is where they were, and a server shows who is left.
    let states = sound_leads(&data);
    assert!(states.values().all(|lead| lead.status.is_final()));
    let server = Running::start("serve", &data, &[]);
    let names: Vec<Value> = leads
        .iter()
        .map(|lead| expect(server.address, 200, "GET", &format!("{path}/leads/{lead}"), None))
        .map(|lead| lead["variables"].clone())
        .collect();
    assert_eq!(names, [Value::Null, Value::Null, serde_json::json!({"name": "Chitra"})]);
}

#[test]
fn what_cannot_be_erased_is_told_and_nobody_is_erased_by_accident() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let told = refused(&data, &["lead", "erase", &LeadId::from_u128(9).to_string(), "--yes"]);
    assert!(told.contains("no data directory"), "{told}");
    assert!(!data.exists());

    let (server, path, leads) = with_leads(&data, &["Asha"]);
    let told = refused(&data, &["lead", "erase", &leads[0]]);
    assert!(told.contains("--yes"), "{told}");
    let body = serde_json::json!({"leads": [{"phone_number": "(212) 555-0199"}]});
    let path = format!("{path}/leads");
    let waiting = expect(server.address, 201, "POST", &path, Some(&body));
    let waiting = waiting["lead_ids"][0].as_str().unwrap();
    let told = refused(&data, &["lead", "erase", waiting, "--yes"]);
    assert!(told.contains("cannot_erase"), "{told}");
    let nobody = LeadId::from_u128(9).to_string();
    let told = refused(&data, &["lead", "erase", &nobody, "--yes"]);
    assert!(told.contains("lead_not_found"), "{told}");
    let wrong = branchline(&data, &["lead", "erase", "Asha", "--yes"]);
    assert_eq!(wrong.status.code(), Some(2));

    assert!(server.stop().success());
    for lead in [waiting, &nobody] {
        refused(&data, &["lead", "erase", lead, "--yes"]);
    }
    let reader = JournalReader::open(&data.join("journal")).unwrap();
    let erased = reader
        .records(Position::START)
        .flat_map(|record| record.unwrap().body.events.clone())
        .filter(|event| &*event.event_type == "lead.erased")
        .count();
    assert_eq!(erased, 0);
}
