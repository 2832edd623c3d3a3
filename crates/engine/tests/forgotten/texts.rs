//! What a person, a provider or a template said is in no file after an erasure, and the journal is
//! as sound as before.

use std::{fs, path::Path};

use branchline_domain::{lead::LeadState, personal::Personal};
use branchline_engine::LeadStory;
use branchline_journal::reader::JournalReader;
use branchline_vault::KeySlot;

use crate::{
    files::{escaped, files_with, key_bytes, key_file, place},
    world::{CITY, PHONE, TEXTS, World, host, story},
};

/// The state without what an erasure changes.
fn impersonal(state: &LeadState) -> LeadState {
    let mut state = state.clone();
    state.forget();
    (state.erased_at, state.erased_position) = (None, 0);
    state
}

/// Everything that the engine says of a lead, as text.
fn everything_told(story: &LeadStory) -> String {
    let mut told = String::new();
    let mut add = |text: Option<&String>| told.push_str(text.map_or("", String::as_str));
    add(story.state.phone_number.known());
    add(story.state.notes.known().and_then(Option::as_ref));
    let facts = || story.facts.iter().map(|fact| fact.as_fact());
    for visit in branchline_projections::history::lead_history(story.lead, facts()).visits {
        visit.tries.iter().for_each(|tried| add(tried.evidence.as_ref()));
    }
    for log in branchline_projections::call_log::call_logs(story.lead, facts()) {
        add(log.refusal.as_ref().and_then(Personal::known));
    }
    let calls = story.state.calls.values().filter_map(|call| call.attributes.known());
    let answers = story.state.answers.values().filter_map(Personal::known);
    for values in story.state.variables.known().into_iter().chain(calls).chain(answers) {
        for value in values.values() {
            told.push_str(&value.as_text());
        }
    }
    told
}

fn verify(dir: &Path) {
    let reader = JournalReader::open(&dir.join("journal")).unwrap();
    let mut check = reader.verify();
    check.by_ref().for_each(|block| assert_eq!(block.finding, None));
    let verified = check.finish();
    assert!(verified.is_sound(), "{verified:?}");
}

/// Files with one of the texts, as it is or as JSON writes it.
fn files_with_texts(dir: &Path) -> Vec<(&'static str, std::path::PathBuf)> {
    let mut found = Vec::new();
    for text in TEXTS {
        let forms = [text.to_owned(), escaped(text), format!("{text:?}").replace('"', "\\\"")];
        for form in forms {
            found.extend(files_with(dir, form.as_bytes()).into_iter().map(|file| (text, file)));
        }
    }
    found
}

/// Source: CONTRACT.md 3-erase, 3-erased-key.
#[test]
fn after_an_erasure_neither_a_text_nor_the_key_is_in_a_file_and_the_journal_is_sound() {
    story(async {
        let directory = tempfile::tempdir().unwrap();
        let dir = directory.path();
        let world = World::open(dir);
        let lead = world.ended_lead().await;
        let before = world.told(lead).await;
        let told = everything_told(&before);
        for text in [crate::world::LATER_CITY, PHONE, crate::world::EVIDENCE] {
            assert!(told.contains(text), "{text} can be read before: {told}");
        }
        let slot = KeySlot(before.state.key_slot);
        let key = key_bytes(dir, slot);
        assert_eq!(files_with(dir, &key), [key_file(dir)], "the search finds the key before");

        let erased = world.handle.erase_lead(&host(), lead).await.unwrap();

        assert!(erased.key_destroyed);
        assert_eq!(everything_told(&world.told(lead).await), "");
        world.engine.shutdown();
        drop((world.handle, world.vault));
        assert_eq!(files_with_texts(dir), []);
        for part in key.windows(8) {
            assert_eq!(files_with(dir, part), Vec::<std::path::PathBuf>::new());
        }
        verify(dir);

        // A replay from nothing, which has no key: the same but for what was personal.
        let world = World::open(dir);
        let after = world.told(lead).await;
        assert_eq!(impersonal(&after.state), impersonal(&before.state));
        assert_eq!(after.state.erased_at, Some(erased.erased_at));
        assert_eq!(after.facts.len(), before.facts.len() + 1);
        let shapes = |story: &LeadStory| {
            let facts = story.facts.iter().map(|fact| fact.as_fact());
            branchline_projections::history::lead_history(lead, facts).history
        };
        assert_eq!(shapes(&after), shapes(&before));
        world.engine.shutdown();
    });
}

/// The same search over a directory that seals nothing: it finds what is there, so that finding
/// nothing elsewhere says something.
#[test]
fn without_sealing_every_text_stays_in_the_journal_and_the_answer_says_so() {
    story(async {
        let directory = tempfile::tempdir().unwrap();
        let dir = directory.path();
        World::without_sealing(dir);
        let world = World::open(dir);
        let lead = world.ended_lead().await;
        let erased = world.handle.erase_lead(&host(), lead).await.unwrap();
        assert!(!erased.key_destroyed);
        assert!(erased.remains.unwrap().contains("clear text"));
        assert_eq!(everything_told(&world.told(lead).await), "", "readers show nothing");
        world.engine.shutdown();
        drop((world.handle, world.vault));
        let found = files_with_texts(dir);
        for text in TEXTS {
            assert!(found.iter().any(|(known, _)| *known == text), "{text} is found nowhere");
        }
        assert!(escaped(CITY).contains("\\\"north"));
        verify(dir);
    });
}

/// A key that cannot be destroyed: the erasure is recorded, the answer and the health tell, and
/// the start after the mend destroys it.
#[test]
fn a_key_that_cannot_be_destroyed_is_told_and_destroyed_by_the_start_after_its_mend() {
    story(async {
        let directory = tempfile::tempdir().unwrap();
        let dir = directory.path();
        let world = World::open(dir);
        let lead = world.ended_lead().await;
        let slot = KeySlot(world.state(lead).await.key_slot);
        let sound = fs::read(key_file(dir)).unwrap();
        // The state of a slot as a newer release may write it: this one does not touch it.
        let mut newer = sound.clone();
        newer[place(slot)][0] = 7;
        let checksum = crc32(&[&slot.0.to_le_bytes(), &newer[place(slot)][..60]].concat());
        newer[place(slot)][60..].copy_from_slice(&checksum.to_le_bytes());
        fs::write(key_file(dir), &newer).unwrap();

        let erased = world.handle.erase_lead(&host(), lead).await.unwrap();

        assert!(!erased.key_destroyed);
        let remains = erased.remains.unwrap();
        assert!(
            remains.contains("the erasure is recorded, and the key is not destroyed"),
            "{remains}"
        );
        assert_eq!(world.handle.health().keys_kept.len(), 1);
        assert_eq!(everything_told(&world.told(lead).await), "");
        world.engine.shutdown();
        drop((world.handle, world.vault));

        let world = World::open(dir);
        let kept = world.handle.health().keys_kept;
        assert_eq!(kept.iter().map(|kept| kept.lead).collect::<Vec<_>>(), [lead]);
        assert!(kept[0].reason.contains("slot"), "{}", kept[0].reason);
        world.engine.shutdown();
        drop((world.handle, world.vault));

        fs::write(key_file(dir), &sound).unwrap();
        let key = key_bytes(dir, slot);
        let world = World::open(dir);
        assert_eq!(world.handle.health().keys_kept, []);
        assert_eq!(files_with(dir, &key), Vec::<std::path::PathBuf>::new());
        let again = world.handle.erase_lead(&host(), lead).await.unwrap();
        assert_eq!((again.position, again.key_destroyed), (erased.position, true));
        world.engine.shutdown();
    });
}

/// CRC-32 (ISO-HDLC), bit by bit, as `branchline_vault` says that slots are checked.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 }
        })
    })
}
