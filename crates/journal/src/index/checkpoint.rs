//! The index as bytes, so that an opening need not read the whole journal.
//!
//! Derived data: every checkpoint can be made again from the journal, and one that is not sound is
//! left aside. Numbers are varints as in [`crate::record_format`] unless said otherwise.
//!
//! ```text
//! "BLIX", format 2 and three zero bytes
//! position of the last record · epoch · checksum of its block (4 bytes, big-endian)
//! streams:  count, each: stream, last position, version
//! controls: count, each: stream, epoch, revision
//! claims:   count, each: kind, key (16 bytes), holder's stream
//! tree:     count of complete groups, the root of each (32 bytes); count of the leaves after them, the
//!           hash of each (32 bytes)
//! keys:     newest time (signed), count, each: time (signed), position, fingerprint (16), digest (32)
//! CRC-32 of everything before, 4 bytes, big-endian
//! ```
//!
//! A stream is its kind and 16 bytes. Groups are those of [`Tree`]. Format 1 had no tree; it is left
//! aside.

use std::collections::HashMap;

use uuid::Uuid;

use super::{Index, KeyRetention, id_hash::IdHash, keys::Keys};
use crate::{
    merkle::{Hash, Tree},
    record::{Claim, ClaimKind, Control, Position, StreamId, StreamKind, Version},
    store::StreamHead,
    wire::{FormatError, Input, put_len, put_varint},
};

const MAGIC: [u8; 8] = *b"BLIX\x02\0\0\0";

/// What a checkpoint stands for.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    pub(crate) index: Index,
    /// The hash tree over the same records.
    pub(crate) tree: Tree,
    /// Epoch of the last block.
    pub(crate) epoch: u64,
    /// Checksum of the last block.
    pub(crate) chain: u32,
}

fn put_stream(out: &mut Vec<u8>, stream: StreamId) {
    put_varint(out, u64::from(stream.kind.0));
    out.extend_from_slice(stream.id.as_bytes());
}

fn read_stream(input: &mut Input<'_>) -> Result<StreamId, FormatError> {
    let kind = StreamKind(input.small()?);
    Ok(StreamId { kind, id: Uuid::from_bytes(input.array()?) })
}

/// The bytes of an index, the hash tree over the same records, and epoch and checksum of their last
/// block.
pub(crate) fn encode(index: &Index, tree: &Tree, epoch: u64, chain: u32) -> Vec<u8> {
    let hashes = tree.groups().len() + tree.tail().len();
    let bytes = 64 + index.streams.len() * 28 + index.claims.len() * 36 + hashes * 32;
    let mut out = Vec::with_capacity(bytes);
    out.extend_from_slice(&MAGIC);
    put_varint(&mut out, index.head.0);
    put_varint(&mut out, epoch);
    out.extend_from_slice(&chain.to_be_bytes());
    put_len(&mut out, index.streams.len());
    for (stream, head) in &index.streams {
        put_stream(&mut out, *stream);
        put_varint(&mut out, head.position.0);
        put_varint(&mut out, head.version.0);
    }
    put_len(&mut out, index.controls.len());
    for (stream, control) in &index.controls {
        put_stream(&mut out, *stream);
        put_varint(&mut out, u64::from(control.epoch));
        put_varint(&mut out, u64::from(control.revision));
    }
    put_len(&mut out, index.claims.len());
    for (claim, holder) in &index.claims {
        put_varint(&mut out, u64::from(claim.kind.0));
        out.extend_from_slice(&claim.key);
        put_stream(&mut out, *holder);
    }
    put_hashes(&mut out, tree.groups());
    put_hashes(&mut out, tree.tail());
    index.keys.put(&mut out);
    let checksum = crc32fast::hash(&out);
    out.extend_from_slice(&checksum.to_be_bytes());
    out
}

/// Reads a checkpoint.
pub(crate) fn decode(bytes: &[u8], retention: KeyRetention) -> Result<Checkpoint, FormatError> {
    let (covered, checksum) =
        bytes.split_last_chunk::<4>().ok_or(FormatError("the bytes end early"))?;
    if crc32fast::hash(covered) != u32::from_be_bytes(*checksum) {
        return Err(FormatError("the checksum is wrong"));
    }
    let mut input = Input::new(covered);
    if input.array()? != MAGIC {
        return Err(FormatError("it is not a checkpoint of format 2"));
    }
    let head = Position(input.varint()?);
    let epoch = input.varint()?;
    let chain = u32::from_be_bytes(input.array()?);
    let streams = table(&mut input, |input| {
        let stream = read_stream(input)?;
        let position = Position(input.varint()?);
        Ok((stream, StreamHead { position, version: Version(input.varint()?) }))
    })?;
    let controls = table(&mut input, |input| {
        let stream = read_stream(input)?;
        Ok((stream, Control { epoch: input.small()?, revision: input.small()? }))
    })?;
    let claims = table(&mut input, |input| {
        let kind = ClaimKind(input.small()?);
        Ok((Claim { kind, key: input.array()? }, read_stream(input)?))
    })?;
    let groups = read_hashes(&mut input)?;
    let tree = Tree::from_parts(groups, read_hashes(&mut input)?)
        .filter(|tree| tree.size() == head.0)
        .ok_or(FormatError("the hash tree is not of as many records as the index"))?;
    let keys = Keys::read(&mut input, retention)?;
    if input.left() > 0 {
        return Err(FormatError("bytes are left over"));
    }
    let index = Index { head, streams, controls, claims, keys };
    Ok(Checkpoint { index, tree, epoch, chain })
}

fn put_hashes(out: &mut Vec<u8>, hashes: &[Hash]) {
    put_len(out, hashes.len());
    out.extend(hashes.iter().flatten());
}

fn read_hashes(input: &mut Input<'_>) -> Result<Vec<Hash>, FormatError> {
    let count: usize = input.small()?;
    let mut hashes = Vec::with_capacity(count.min(input.left() / size_of::<Hash>()));
    for _ in 0..count {
        hashes.push(input.array()?);
    }
    Ok(hashes)
}

fn table<K: Eq + std::hash::Hash, V>(
    input: &mut Input<'_>,
    entry: impl Fn(&mut Input<'_>) -> Result<(K, V), FormatError>,
) -> Result<HashMap<K, V, IdHash>, FormatError> {
    let count: usize = input.small()?;
    // An entry takes at least 18 bytes, so a wrong count reserves no more than the file's size.
    let mut map =
        HashMap::with_capacity_and_hasher(count.min(input.left() / 18), IdHash::default());
    for _ in 0..count {
        let (key, value) = entry(input)?;
        map.insert(key, value);
    }
    Ok(map)
}
