//! What can be read in a file of a data directory by whoever wants to.

use branchline_journal::{block::Block, record_format::canonical};

/// How a block begins, and where it says its length. Source: `branchline_journal::block`.
const MAGIC: &[u8] = b"BLBK";
const LENGTH_AT: usize = 6;

/// The bytes of a file, and after them the canonical bytes of the records in every block that begins
/// anywhere in the file, left-over copies included: blocks are packed, so a text that is in them
/// need not be in the file as it is. A search for personal values looks through both.
pub fn legible(file: Vec<u8>) -> Vec<u8> {
    let block_at = |start: usize| {
        let rest = file.get(start..)?;
        let length = u16::from_be_bytes(*rest.get(LENGTH_AT..)?.first_chunk()?);
        Block::decode(rest.get(..usize::from(length))?).ok()
    };
    let starts = file.windows(MAGIC.len()).enumerate().filter(|(_, window)| *window == MAGIC);
    let records: Vec<u8> = starts
        .filter_map(|(start, _)| block_at(start))
        .flat_map(|block| block.records)
        .flat_map(|record| canonical(&record))
        .collect();
    [file, records].concat()
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use branchline_journal::{
        memory::MemoryStore,
        record::{
            Cause, Event, ExpectedVersion, Micros, NewRecord, Position, RecordBody, StreamId,
        },
        store::EventStore,
    };
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_text_that_packing_has_taken_apart_is_found() {
        let text = b"Lakshmi and Lakshmi and Lakshmi";
        let body = RecordBody {
            organisation: Uuid::nil(),
            stream: StreamId::lead(Uuid::from_u128(1)),
            recorded_at: Micros(0),
            principal: Arc::from("host"),
            cause: Cause::None,
            key: None,
            guard: None,
            control: None,
            claims: Vec::new(),
            events: vec![Event {
                event_type: Arc::from("lead.test"),
                schema: 1,
                payload: text.repeat(4).into(),
            }],
        };
        let store = MemoryStore::new();
        store.append(vec![NewRecord { expected: ExpectedVersion::NoStream, body }], Box::new(drop));
        store.wait_beyond(Position::START, Duration::from_secs(1));
        let (_, block) = store.read_blocks(Position::START, 1).unwrap().remove(0);
        let file = [&b"something before BLBK"[..], &block, b"and after"].concat();
        let has = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        assert!(!has(&file), "it repeats itself, so it is packed");
        assert!(has(&legible(file)));
        let twice = [&block[..], &block[..9]].concat();
        assert_eq!(legible(block.clone()).len() + 9, legible(twice).len());
    }
}
