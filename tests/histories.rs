//! Journals of old releases replay for ever: each is read without a fault, keeps every promise, and
//! says what it always said. Source: `histories/README.md`.
//!
//! `BLESS=1` writes the state digest of a history that has none. Nothing that is there is rewritten.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use branchline_domain::lead::LeadEvent;
use branchline_event_codec::{RecordedEvents, decode_record};
use branchline_journal::record::{Record, StreamId};
use branchline_log::{
    AsOf, Evidence, Format, Soundness, Subject, World,
    check::{self, Trusted},
    consistency::{self, Heads},
    kept::{KeptHead, read_key},
    replay::{self, Wanted, WholeStanding},
    verify::{self, Kept},
};
use branchline_vault::{KeySlot, LeadKey, Vault};
use serde_json::Value;

/// One journal of an old release.
struct History {
    name: String,
    folder: PathBuf,
}

impl History {
    fn evidence(&self) -> Evidence {
        Evidence::open(&self.folder.join("journal.jsonl")).unwrap()
    }

    /// Every record, each with the hash that it was written with.
    fn records(&self) -> Vec<Arc<Record>> {
        let evidence = self.evidence();
        let records = evidence
            .records()
            .map(|record| record.unwrap_or_else(|fault| panic!("{}: {fault:#}", self.name)));
        records.collect()
    }
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// Every history of every release.
fn histories() -> Vec<History> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("histories");
    let history = |folder: PathBuf| {
        let name = folder.strip_prefix(&root).unwrap().display().to_string();
        History { name, folder }
    };
    let of_release = |release: PathBuf| {
        let histories = folders(&release);
        assert!(!histories.is_empty(), "{} has no history", release.display());
        histories
    };
    let histories: Vec<_> = folders(&root).into_iter().flat_map(of_release).map(history).collect();
    assert!(!histories.is_empty(), "{} has no release", root.display());
    histories
}

/// The events of a record; a journal of ours has no stream of an unknown kind.
fn events(history: &History, record: &Record, key: Option<&LeadKey>) -> RecordedEvents {
    match decode_record(record, key) {
        Ok(Some(events)) => events,
        Ok(None) => panic!("{}: record {}: of an unknown kind", history.name, record.position),
        Err(fault) => panic!("{}: record {}: {fault}", history.name, record.position),
    }
}

#[test]
fn every_event_is_read_without_keys_and_with_them() {
    for history in histories() {
        let vault = Vault::open_read_only(&history.folder.join("keys")).unwrap();
        let mut keys = BTreeMap::<StreamId, LeadKey>::new();
        let (mut opened, mut erased, mut recorded) = (0, BTreeSet::new(), BTreeSet::new());
        for record in history.records() {
            let sealed = events(&history, &record, None);
            if let RecordedEvents::Lead(lead, events) = &sealed
                && let Some(LeadEvent::LeadEnrolled { key_slot, .. }) = events.first()
            {
                match vault.key(KeySlot(*key_slot), lead.as_uuid()).unwrap() {
                    Some(key) => drop(keys.insert(record.body.stream, key)),
                    None => drop(erased.insert(*lead)),
                }
            }
            let open = events(&history, &record, keys.get(&record.body.stream));
            if let RecordedEvents::Lead(_, events) = &open
                && let Some(LeadEvent::LeadEnrolled { phone_number, .. }) = events.first()
                && phone_number.known().is_some()
            {
                opened += 1;
            }
            if let RecordedEvents::Lead(lead, events) = &open
                && matches!(events.last(), Some(LeadEvent::LeadErased { .. }))
            {
                recorded.insert(*lead);
            }
        }
        assert_eq!(opened, keys.len(), "{}", history.name);
        assert_eq!(erased, recorded, "{}: whose keys are gone, and who was erased", history.name);
    }
}

#[test]
fn every_history_is_sound() {
    for history in histories() {
        let report = verify::check(&history.evidence(), None).unwrap();
        assert_eq!(report.soundness(), Soundness::Sound, "{}: {report:?}", history.name);
        assert_eq!(report.records, history.records().len() as u64, "{}", history.name);
    }
}

/// Whether everything in `told` is in `now`, which may tell more.
fn tells(now: &Value, told: &Value) -> bool {
    match (now, told) {
        (Value::Object(now), Value::Object(told)) => {
            told.iter().all(|(name, value)| now.get(name).is_some_and(|now| tells(now, value)))
        }
        (Value::Array(now), Value::Array(told)) => {
            now.len() == told.len() && now.iter().zip(told).all(|(now, told)| tells(now, told))
        }
        (now, told) => now == told,
    }
}

#[test]
fn what_was_told_of_each_stream_is_told_alike() {
    for history in histories() {
        let told = fs::read_to_string(history.folder.join("stood.json")).unwrap();
        let told: BTreeMap<String, Value> = serde_json::from_str(&told).unwrap();
        assert!(!told.is_empty(), "{} tells of nothing", history.name);
        for (id, told) in told {
            let subject = Subject::parse(&id).unwrap();
            let wanted = Wanted { subject, call: None, personal: false };
            let mut out = Vec::new();
            replay::one(&history.evidence(), wanted, AsOf::Head, Format::Json, &mut out).unwrap();
            let now: Value = serde_json::from_slice(&out).unwrap();
            assert!(tells(&now, &told), "{}: {id}\nnow {now:#}\ntold {told:#}", history.name);
        }
    }
}

#[test]
fn the_state_digest_is_what_it_was() {
    let bless = std::env::var_os("BLESS").is_some();
    for history in histories() {
        let file = history.folder.join("state-digest");
        let (world, _) = World::of(&history.evidence(), AsOf::Head).unwrap();
        let digest = WholeStanding::of(&world).state_digest;
        match fs::read_to_string(&file) {
            Ok(known) => assert_eq!(known.trim_end(), digest, "{}", history.name),
            Err(_) if bless => fs::write(&file, format!("{digest}\n")).unwrap(),
            Err(error) => panic!("{}: {error}; BLESS=1 writes it", file.display()),
        }
    }
}

/// Heads, a dossier, a proof and a block file that were given away, in `given` of a history.
#[test]
fn what_was_given_away_still_holds() {
    let mut checked = 0;
    for history in histories() {
        let given = history.folder.join("given");
        if !given.is_dir() {
            continue;
        }
        let file = |name: &str| given.join(name);
        let (older, newer, key) = (file("older.head"), file("newer.head"), file("journal.key.pub"));
        let mut out = Vec::new();
        for head in [&older, &newer] {
            let kept = KeptHead::read(head, Some(&read_key(&key).unwrap())).unwrap();
            let kept = Kept { head: kept.tree(), origin: head.display().to_string() };
            for source in [history.folder.join("journal.jsonl"), file("journal.blocks")] {
                let evidence = Evidence::open(&source).unwrap();
                let report = verify::check(&evidence, Some(&kept)).unwrap();
                assert_eq!(report.soundness(), Soundness::Sound, "{}", history.name);
                let records: Vec<_> = evidence.records().map(|record| record.unwrap()).collect();
                assert_eq!(records, history.records(), "{}", source.display());
            }
        }
        let trusted = Trusted { head: Some(&older), key: Some(&key) };
        let dossier = check::run(&file("lead.dossier"), trusted, Format::Text, &mut out).unwrap();
        assert_eq!(dossier, Soundness::Sound, "{}", history.name);
        let heads = Heads { old: &older, new: &newer, key: Some(&key) };
        let proof = consistency::from_proof(&file("continues.proof"), heads, &mut out).unwrap();
        assert_eq!(proof, Soundness::Sound, "{}", history.name);
        checked += 1;
    }
    assert!(checked > 0, "no history has anything that was given away");
}
