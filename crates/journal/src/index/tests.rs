//! The index against a plain model of its rules: maps that own their keys, and a list of keys that
//! is searched from the start.

use std::{collections::HashMap, time::Duration};

use proptest::prelude::*;

use super::*;
use crate::{
    merkle::Tree,
    record::{Cause, ClaimKind, Event, IdempotencyKey, Micros, StreamKind},
};

const TTL_MICROS: i64 = 40;
const KEYS_MAX: usize = 3;
const ORGANISATION: Uuid = Uuid::from_u128(7);

/// What was recorded, kept as simply as can be.
#[derive(Default)]
struct Model {
    head: u64,
    streams: HashMap<StreamId, StreamHead>,
    controls: HashMap<StreamId, Control>,
    claims: HashMap<Claim, StreamId>,
    newest: Option<i64>,
    /// Time, key, and what is known of it; oldest first.
    keys: Vec<(i64, String, KnownKey)>,
    /// Keys of the open group: times do not move on within one.
    group: Vec<(i64, Option<(String, KnownKey)>)>,
}

impl Model {
    fn key(&self, key: &str) -> Option<KnownKey> {
        let open = self.group.iter().filter_map(|(_, entry)| entry.as_ref());
        let in_group = open.rev().find(|(known, _)| known == key).map(|(_, known)| *known);
        in_group.or_else(|| self.durable_key(key))
    }

    fn durable_key(&self, key: &str) -> Option<KnownKey> {
        self.keys.iter().rev().find(|(_, known, _)| known == key).map(|(_, _, known)| *known)
    }

    /// Version and position that a record would get.
    fn check(&self, new: &NewRecord) -> Result<Place, AppendError> {
        let body = &new.body;
        if let Some(known) = body.key.as_ref().and_then(|key| self.key(&key.key)) {
            return Err(AppendError::KeyKnown { known });
        }
        let head = self.streams.get(&body.stream);
        let actual = head.map_or(Version(0), |head| head.version);
        let is_expected = match new.expected {
            ExpectedVersion::NoStream => actual == Version(0),
            ExpectedVersion::Exact(version) => actual == version,
        };
        if !is_expected {
            let (stream, expected) = (body.stream, new.expected);
            return Err(AppendError::WrongExpectedVersion { stream, expected, actual });
        }
        if let Some(guard) = body.guard {
            let actual = self.controls.get(&guard.stream).copied().unwrap_or_default();
            let is_other = |revision| revision != actual.revision;
            if guard.control_epoch != actual.epoch || guard.routing_revision.is_some_and(is_other) {
                return Err(AppendError::GuardMoved { guard, actual });
            }
        }
        for change in &body.claims {
            if let ClaimChange::Take(claim) = change
                && let Some(&holder) = self.claims.get(claim)
                && holder != body.stream
            {
                return Err(AppendError::ClaimTaken { claim: *claim, holder });
            }
        }
        let position = Position(self.head + 1);
        let prev = head.map(|head| head.position);
        Ok(Place { position, version: Version(actual.0 + 1), prev })
    }

    fn take(&mut self, record: &Record) {
        let body = &record.body;
        self.head = record.position.0;
        let head = StreamHead { position: record.position, version: record.last_version() };
        self.streams.insert(body.stream, head);
        if let Some(control) = body.control {
            self.controls.insert(body.stream, control);
        }
        for change in &body.claims {
            match change {
                ClaimChange::Take(claim) => {
                    self.claims.insert(*claim, body.stream);
                }
                ClaimChange::Release(claim) => {
                    if self.claims.get(claim) == Some(&body.stream) {
                        self.claims.remove(claim);
                    }
                }
            }
        }
        let known = body.key.as_ref().map(|key| {
            (key.key.to_string(), KnownKey { position: record.position, digest: key.digest })
        });
        self.group.push((body.recorded_at.0, known));
    }

    fn end_group(&mut self) {
        for (at, key) in std::mem::take(&mut self.group) {
            let newest = self.newest.map_or(at, |newest| newest.max(at));
            self.newest = Some(newest);
            self.keys.extend(key.map(|(key, known)| (newest, key, known)));
            let too_many = self.keys.len().saturating_sub(KEYS_MAX);
            self.keys.drain(..too_many);
            self.keys.retain(|(recorded, _, _)| *recorded >= newest - TTL_MICROS);
        }
    }
}

fn stream() -> impl Strategy<Value = StreamId> {
    (1..4_u16, 0..5_u128)
        .prop_map(|(kind, id)| StreamId { kind: StreamKind(kind), id: Uuid::from_u128(id) })
}

fn claim_change() -> impl Strategy<Value = ClaimChange> {
    (1..3_u16, 0..4_u8, any::<bool>()).prop_map(|(kind, key, is_taken)| {
        let claim = Claim { kind: ClaimKind(kind), key: [key; 16] };
        if is_taken { ClaimChange::Take(claim) } else { ClaimChange::Release(claim) }
    })
}

/// A record, whether it names the version that its stream has, and what happens after it: the group
/// goes on, ends, or ends with a restart from a checkpoint.
fn step() -> impl Strategy<Value = (RecordBody, bool, u8)> {
    let key = proptest::option::weighted(0.5, (0..6_u8, any::<u8>()));
    let guard =
        proptest::option::weighted(0.3, (stream(), 0..2_u32, proptest::option::of(0..2_u32)));
    let control = proptest::option::weighted(0.2, (0..2_u32, 0..2_u32));
    let claims = proptest::collection::vec(claim_change(), 0..3);
    let of_record = (stream(), 0..100_i64, 1..3_usize, key, guard, control, claims);
    (of_record, proptest::bool::weighted(0.9), 0..8_u8).prop_map(|(parts, is_right, after)| {
        let (stream, at, events, key, guard, control, claims) = parts;
        let event = Event { event_type: "e".into(), schema: 1, payload: [].into() };
        let body = RecordBody {
            organisation: ORGANISATION,
            stream,
            recorded_at: Micros(at),
            principal: "test".into(),
            cause: Cause::None,
            key: key.map(|(key, digest)| IdempotencyKey {
                key: key.to_string().into(),
                digest: [digest; 32],
            }),
            guard: guard.map(|(stream, control_epoch, routing_revision)| Guard {
                stream,
                control_epoch,
                routing_revision,
            }),
            control: control.map(|(epoch, revision)| Control { epoch, revision }),
            claims,
            events: vec![event; events],
        };
        (body, is_right, after)
    })
}

fn retention() -> KeyRetention {
    let ttl = Duration::from_micros(TTL_MICROS.unsigned_abs());
    KeyRetention { ttl, keys_max: KEYS_MAX }
}

/// The index that a restart would begin with.
fn restarted(index: &Index) -> Index {
    let mut tree = Tree::default();
    tree.extend((0..index.head().0).map(|_| [0; 32]));
    let bytes = checkpoint::encode(Vec::new(), index, &tree, 3, 4).unwrap();
    let found = checkpoint::decode(&bytes[..], bytes.len() as u64, retention()).unwrap();
    assert_eq!((found.epoch, found.chain, found.tree.size()), (3, 4, index.head().0));
    let again = checkpoint::encode(Vec::new(), &found.index, &tree, 3, 4).unwrap();
    assert_eq!(again.len(), bytes.len());
    found.index
}

fn same(index: &Index, model: &Model) -> Result<(), TestCaseError> {
    prop_assert_eq!(index.head(), Position(model.head));
    for kind in 1..4 {
        for id in 0..5 {
            let stream = StreamId { kind: StreamKind(kind), id: Uuid::from_u128(id) };
            prop_assert_eq!(index.stream_head(stream), model.streams.get(&stream).copied());
            let claim = Claim { kind: ClaimKind(kind), key: [u8::try_from(id).unwrap(); 16] };
            prop_assert_eq!(index.claim_holder(claim), model.claims.get(&claim).copied());
        }
    }
    for key in 0..6 {
        let key = key.to_string();
        prop_assert_eq!(index.known_key(ORGANISATION, &key), model.durable_key(&key));
    }
    Ok(())
}

proptest! {
    #[test]
    fn the_index_answers_like_a_plain_model(steps in proptest::collection::vec(step(), 1..150)) {
        let mut model = Model::default();
        let mut index = Index::new(retention());
        let mut pending = Pending::default();
        let mut group = Vec::new();
        for (body, is_right, after) in steps {
            let actual = model.streams.get(&body.stream).map(|head| head.version);
            let expected = match actual {
                Some(version) if is_right => ExpectedVersion::Exact(version),
                Some(version) => ExpectedVersion::Exact(Version(version.0 + 1)),
                None => ExpectedVersion::NoStream,
            };
            let new = NewRecord { expected, body };
            let place = index.check(&pending, &new);
            prop_assert_eq!(place.clone(), model.check(&new));
            if let Ok(Place { position, version, prev }) = place {
                let record = Record { position, epoch: 1, version, prev, body: new.body };
                pending.add(&index, &record);
                model.take(&record);
                group.push(record);
            }
            if after > 1 {
                continue;
            }
            for record in group.drain(..) {
                index.apply(&record);
            }
            pending.clear();
            model.end_group();
            same(&index, &model)?;
            if after == 0 {
                index = restarted(&index);
                same(&index, &model)?;
            }
        }
    }
}

#[test]
fn a_checkpoint_that_was_changed_or_cut_is_left_out() {
    let mut index = Index::new(retention());
    for id in 0..5_000 {
        let stream = StreamId::lead(Uuid::from_u128(id));
        let head = StreamHead { position: Position(0), version: Version(1) };
        index.streams.set(stream, head);
    }
    let bytes = checkpoint::encode(Vec::new(), &index, &Tree::default(), 1, 2).unwrap();
    let decode = |bytes: &[u8]| checkpoint::decode(bytes, bytes.len() as u64, retention());
    assert_eq!(decode(&bytes).unwrap().index.streams.len(), 5_000);
    for place in (0..bytes.len()).step_by(997) {
        let mut changed = bytes.clone();
        changed[place] ^= 0x20;
        assert!(decode(&changed).is_err(), "changed at {place}");
        assert!(decode(&bytes[..place]).is_err(), "cut to {place}");
    }
    let mut longer = bytes;
    longer.push(0);
    assert!(decode(&longer).is_err());
}
