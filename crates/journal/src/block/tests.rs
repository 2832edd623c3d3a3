use proptest::{collection::vec, option, prelude::*};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::*;
use crate::{
    record::{
        Cause, Claim, ClaimChange, ClaimKind, Control, Event, Guard, IdempotencyKey,
        RECORD_BYTES_MAX, RecordBody, StreamId, StreamKind, Version,
    },
    record_format::{canonical, decode_canonical},
};

fn uuids() -> impl Strategy<Value = Uuid> {
    // Few of the values repeat, so that both new and known names are met.
    prop_oneof![(0..4_u128).prop_map(Uuid::from_u128), any::<u128>().prop_map(Uuid::from_u128)]
}

fn streams() -> impl Strategy<Value = StreamId> {
    (prop_oneof![Just(1), Just(2), any::<u16>()], uuids())
        .prop_map(|(kind, id)| StreamId { kind: StreamKind(kind), id })
}

fn texts() -> impl Strategy<Value = Arc<str>> {
    prop_oneof![Just("engine"), Just("api:key_1"), Just(""), Just("नमस्ते")]
        .prop_map(Arc::from)
        .boxed()
        .prop_union("[a-z0-9-]{0,128}".prop_map(Arc::from).boxed())
}

fn events() -> impl Strategy<Value = Event> {
    (
        prop_oneof![Just("lead.node_entered"), Just("lead.branch_taken")],
        0..3_u16,
        vec(any::<u8>(), 0..90),
    )
        .prop_map(|(name, schema, payload)| Event {
            event_type: Arc::from(name),
            schema,
            payload: payload.into(),
        })
}

fn claims() -> impl Strategy<Value = ClaimChange> {
    (any::<u16>(), any::<[u8; 16]>(), any::<bool>()).prop_map(|(kind, key, take)| {
        let claim = Claim { kind: ClaimKind(kind), key };
        if take { ClaimChange::Take(claim) } else { ClaimChange::Release(claim) }
    })
}

prop_compose! {
    fn bodies()(
        (organisation, stream, time, principal) in (uuids(), streams(), any::<i64>(), texts()),
        cause in prop_oneof![
            Just(Cause::None),
            any::<u64>().prop_map(|at| Cause::Position(Position(at))),
            texts().prop_map(Cause::Request),
        ],
        key in option::of((texts(), any::<[u8; 32]>())),
        guard in option::of((streams(), any::<u32>(), option::of(any::<u32>()))),
        control in option::of((any::<u32>(), any::<u32>())),
        claims in vec(claims(), 0..4),
        events in vec(events(), 1..5),
    ) -> RecordBody {
        RecordBody {
            organisation,
            stream,
            recorded_at: Micros(time),
            principal,
            cause,
            key: key.map(|(key, digest)| IdempotencyKey { key, digest }),
            guard: guard.map(|(stream, control_epoch, routing_revision)| Guard {
                stream,
                control_epoch,
                routing_revision,
            }),
            control: control.map(|(epoch, revision)| Control { epoch, revision }),
            claims,
            events,
        }
    }
}

prop_compose! {
    fn histories()(
        first in 1..u64::MAX / 2,
        epoch: u64,
        rows in vec((1..1_u64 << 40, option::of(any::<u64>()), bodies()), 1..60),
    ) -> Vec<Record> {
        (first..).zip(rows).map(|(position, (version, prev, body))| Record {
            position: Position(position),
            epoch,
            version: Version(version),
            prev: prev.map(|back| Position(back % position)).filter(|prev| prev.0 > 0),
            body,
        }).collect()
    }
}

fn blocks_of(records: &[Record]) -> Vec<SealedBlock> {
    let mut builder = BlockBuilder::default();
    let mut blocks: Vec<SealedBlock> = Vec::new();
    for record in records {
        let canonical = canonical(record);
        if !builder.push(record, &canonical) {
            let previous = blocks.last().map_or(0, |block| block.checksum);
            blocks.extend(builder.finish(previous));
            assert!(builder.push(record, &canonical));
        }
    }
    let previous = blocks.last().map_or(0, |block| block.checksum);
    blocks.extend(builder.finish(previous));
    blocks
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_record_comes_back_from_its_canonical_bytes(history in histories()) {
        for record in history {
            prop_assert_eq!(decode_canonical(&canonical(&record)), Ok(record));
        }
    }

    #[test]
    fn every_record_comes_back_from_its_block_and_the_blocks_form_a_chain(history in histories()) {
        let mut previous = 0;
        let mut back = Vec::new();
        for sealed in blocks_of(&history) {
            prop_assert!(sealed.bytes.len() <= BLOCK_BYTES_MAX);
            let block = Block::decode(&sealed.bytes).unwrap();
            prop_assert_eq!(block.header.previous, previous);
            prop_assert!(block.root_is_right());
            previous = block.header.checksum;
            back.extend(block.records.iter().map(|record| Record::clone(record)));
        }
        prop_assert_eq!(back, history);
    }

    #[test]
    fn the_records_of_one_stream_are_those_of_the_whole_block(
        history in histories(), at: prop::sample::Index,
    ) {
        let asked = at.get(&history);
        let holds = |sealed: &&SealedBlock| {
            let header = decode_header(&sealed.bytes).unwrap();
            (header.first..=header.last()).contains(&asked.position)
        };
        let sealed = blocks_of(&history).into_iter().find(|sealed| holds(&sealed)).unwrap();
        let whole = Block::decode(&sealed.bytes).unwrap();
        let expected: Vec<_> = whole
            .records
            .into_iter()
            .filter(|read| {
                read.body.stream == asked.body.stream && read.position <= asked.position
            })
            .collect();
        let found = decode_stream(&sealed.bytes, asked.body.stream, asked.position).unwrap();
        prop_assert_eq!(found, (whole.header, expected));
    }

    #[test]
    fn any_bytes_are_a_record_or_an_error(bytes in vec(any::<u8>(), 0..300)) {
        let mut framed = vec![1];
        framed.extend_from_slice(&bytes);
        for bytes in [&bytes, &framed] {
            if let Ok(record) = decode_canonical(bytes) {
                let again = canonical(&record);
                prop_assert_eq!(decode_canonical(&again), Ok(record));
            }
        }
    }

    #[test]
    fn a_body_of_any_bytes_under_a_right_checksum_is_a_block_or_an_error(
        format in 1..=2_u8, records: u16, body in vec(any::<u8>(), 0..300), history in histories(),
    ) {
        let sealed = blocks_of(&history).remove(0);
        let mut bytes = sealed.bytes[..HEADER_BYTES].to_vec();
        bytes[4] = format;
        bytes[8..10].copy_from_slice(&records.to_be_bytes());
        bytes.extend_from_slice(&body);
        let len = u16::try_from(bytes.len() + CHECKSUM_BYTES).unwrap();
        bytes[6..8].copy_from_slice(&len.to_be_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        if let Ok(block) = Block::decode(&bytes) {
            prop_assert_eq!(block.records.len(), usize::from(records));
        }
    }

    #[test]
    fn a_changed_record_under_a_right_checksum_is_an_error_or_has_another_root(
        history in histories(), packed: bool, at: prop::sample::Index, bit in 0..8_u8,
    ) {
        let sealed = blocks_of(&history).remove(0);
        let stored = if packed { sealed.bytes.to_vec() } else { of_format_1(&sealed) };
        let mut bytes = stored[..stored.len() - CHECKSUM_BYTES].to_vec();
        let at = HEADER_BYTES + at.index(bytes.len() - HEADER_BYTES);
        bytes[at] ^= 1 << bit;
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        if let Ok(block) = Block::decode(&bytes) {
            let before = Block::decode(&sealed.bytes).unwrap();
            // Other bytes may unpack to the same: a copy of what stands in two places.
            prop_assert!(block.records == before.records || !block.root_is_right());
        }
    }
}

fn fixed(position: u64, body: RecordBody) -> Record {
    Record {
        position: Position(position),
        epoch: 3,
        version: Version(position - 699),
        prev: (position > 700).then_some(Position(position - 1)),
        body,
    }
}

/// One record with every part, one with none.
fn fixture() -> [Record; 2] {
    let lead = StreamId::lead(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001));
    let workflow = StreamId::workflow(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0002));
    let claim = Claim { kind: ClaimKind::LIVE_CALL, key: [0xc1; 16] };
    let organisation = Uuid::from_u128(0x0a);
    let event = Event {
        event_type: Arc::from("lead.call_concluded"),
        schema: 1,
        payload: Box::from([0xe1, 0xe2, 0xe3]),
    };
    let whole = RecordBody {
        organisation,
        stream: lead,
        recorded_at: Micros(1_700_000_000_000_000),
        principal: Arc::from("api:key_1"),
        cause: Cause::Request(Arc::from("req-1")),
        key: Some(IdempotencyKey { key: Arc::from("k-1"), digest: [0xd1; 32] }),
        guard: Some(Guard { stream: workflow, control_epoch: 5, routing_revision: Some(300) }),
        control: Some(Control { epoch: 6, revision: 7 }),
        claims: vec![ClaimChange::Take(claim), ClaimChange::Release(claim)],
        events: vec![event.clone(), event.clone()],
    };
    let bare = RecordBody {
        organisation,
        stream: lead,
        recorded_at: Micros(1_699_999_999_999_990),
        principal: Arc::from("engine"),
        cause: Cause::Position(Position(698)),
        key: None,
        guard: None,
        control: None,
        claims: Vec::new(),
        events: vec![event],
    };
    [fixed(700, whole), fixed(701, bare)]
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

pub(crate) fn bytes_of(hex: &str) -> Vec<u8> {
    let digits = hex.trim().as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

/// The same block as a release before format 2 wrote it.
fn of_format_1(sealed: &SealedBlock) -> Vec<u8> {
    let opened = open(&sealed.bytes).unwrap();
    let mut bytes = sealed.bytes[..HEADER_BYTES].to_vec();
    bytes[4] = BLOCK_FORMAT;
    bytes.extend_from_slice(&opened.body().unwrap());
    let len = u16::try_from(bytes.len() + CHECKSUM_BYTES).unwrap();
    bytes[6..8].copy_from_slice(&len.to_be_bytes());
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
    bytes
}

/// These bytes are in journals out there. A change of them is a new format, never a correction.
#[test]
fn the_bytes_of_format_1_are_these() {
    let [whole, bare] = fixture();
    assert_eq!(hex(&canonical(&whole)), include_str!("fixtures/record_v1_whole.hex").trim());
    assert_eq!(hex(&canonical(&bare)), include_str!("fixtures/record_v1_bare.hex").trim());
    let block = Block::decode(&bytes_of(include_str!("fixtures/block_v1.hex"))).unwrap();
    let again = of_format_1(&blocks_of(&fixture())[0]);
    assert_eq!(hex(&again), include_str!("fixtures/block_v1.hex").trim());
    assert_eq!(block.records, fixture().map(Arc::new));
    assert!(block.root_is_right());
}

/// A packer may pack differently one day; what it once packed is read for ever.
#[test]
fn the_bytes_of_format_2_are_read_as_the_same_records() {
    let bytes = bytes_of(include_str!("fixtures/block_v2.hex"));
    let block = Block::decode(&bytes).unwrap();
    assert_eq!(bytes[4], BLOCK_FORMAT_PACKED);
    assert_eq!(block.records, fixture().map(Arc::new));
    assert!(block.root_is_right());
}

#[test]
fn a_block_is_packed_when_that_is_shorter_and_only_then() {
    let [_, mut bare] = fixture();
    let noise = |n: u32| Sha256::digest(n.to_be_bytes());
    bare.body.events[0].payload = (0..400).flat_map(noise).collect();
    let block = blocks_of(&[bare.clone()]).remove(0);
    assert_eq!(block.bytes[4], BLOCK_FORMAT);
    assert!(block.bytes.len() > 12_800);
    assert_eq!(Block::decode(&block.bytes).unwrap().records, [Arc::new(bare.clone())]);

    bare.body.events[0].payload = vec![7; 12_000].into();
    let block = blocks_of(&[bare.clone()]).remove(0);
    assert_eq!(block.bytes[4], BLOCK_FORMAT_PACKED);
    assert!(block.bytes.len() < 400, "{} bytes", block.bytes.len());
    assert_eq!(Block::decode(&block.bytes).unwrap().records, [Arc::new(bare)]);
}

#[test]
fn a_packed_block_that_is_not_what_it_says_is_refused() {
    let sealed = blocks_of(&fixture()).remove(0);
    let unpacks = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = sealed.bytes[..sealed.bytes.len() - CHECKSUM_BYTES].to_vec();
        change(&mut bytes);
        let len = u16::try_from(bytes.len() + CHECKSUM_BYTES).unwrap();
        bytes[6..8].copy_from_slice(&len.to_be_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        Block::decode(&bytes).map(|_| ()).map_err(|error| error.0)
    };
    let cannot = Err("the block's records cannot be unpacked");
    assert_eq!(unpacks(&|_| {}), Ok(()));
    let length = u16::from_be_bytes([sealed.bytes[70], sealed.bytes[71]]);
    for other in [length - 1, length + 1, 0] {
        let other = other.to_be_bytes();
        assert_eq!(unpacks(&|bytes| bytes[70..72].copy_from_slice(&other)), cannot, "{other:?}");
    }
    assert_eq!(
        unpacks(&|bytes| bytes[70..72].copy_from_slice(&[0xff, 0xff])),
        Err("the block is larger than 16 KiB when it is unpacked")
    );
    assert_eq!(unpacks(&|bytes| bytes.truncate(bytes.len() - 1)), cannot);
    assert_eq!(unpacks(&|bytes| bytes.truncate(71)), Err("the bytes end early"));
    assert_eq!(
        unpacks(&|bytes| bytes[4] = 3),
        Err("the block is of a newer format than this release reads")
    );
}

#[test]
fn each_flipped_bit_of_a_block_is_found() {
    let sealed = blocks_of(&fixture()).remove(0);
    for at in 0..sealed.bytes.len() {
        for bit in 0..8 {
            let mut bytes = sealed.bytes.to_vec();
            bytes[at] ^= 1 << bit;
            assert!(Block::decode(&bytes).is_err(), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn a_block_cut_anywhere_or_longer_than_it_was_is_refused() {
    let sealed = blocks_of(&fixture()).remove(0);
    for len in 0..sealed.bytes.len() {
        assert!(Block::decode(&sealed.bytes[..len]).is_err(), "cut to {len}");
    }
    let mut longer = sealed.bytes.to_vec();
    longer.push(0);
    assert!(Block::decode(&longer).is_err());
    assert!(Block::decode(&vec![0; 1 << 20]).is_err());
}

#[test]
fn the_largest_record_with_the_most_names_fits_a_block() {
    let [_, bare] = fixture();
    let mut record = bare;
    // Each event has a type of its own, the costliest case for the tables of names.
    record.body.events = (0..crate::record_format::EVENTS_MAX)
        .map(|n| Event {
            event_type: Arc::from(format!("{n:x}")),
            schema: 1,
            payload: Box::from([]),
        })
        .collect();
    while canonical(&record).len() < RECORD_BYTES_MAX - 1 {
        let missing = RECORD_BYTES_MAX - 1 - canonical(&record).len();
        record.body.events[0].payload = vec![0; missing.max(1)].into();
        if missing < 3 {
            break;
        }
    }
    let small = {
        let [_, mut small] = fixture();
        small.position = Position(record.position.0 - 1);
        small.prev = None;
        small
    };
    let blocks = blocks_of(&[small, record]);
    assert!(blocks.iter().all(|block| block.bytes.len() <= BLOCK_BYTES_MAX));
    assert!(blocks.iter().all(|block| Block::decode(&block.bytes).is_ok()));
}
