//! The index as bytes, so that an opening need not read the whole journal.
//!
//! Derived data: every checkpoint can be made again from the journal, and one that is not sound is
//! left aside. Numbers are varints as in [`crate::record_format`] unless said otherwise.
//!
//! ```text
//! "BLIX", format 3 and three zero bytes
//! position of the last record · epoch · checksum of its block (4 bytes, big-endian)
//! streams:  count, each: stream, last position, version
//! controls: count, each: stream, epoch, revision
//! claims:   count, each: kind, key (16 bytes), number of the holder among the streams, from 0
//! tree:     count of complete groups, the root of each (32 bytes); count of the leaves after them, the
//!           hash of each (32 bytes)
//! keys:     newest time (signed), count, each: time (signed), position, fingerprint (16), digest (32)
//! CRC-32 of everything before, 4 bytes, big-endian
//! ```
//!
//! A stream is its kind and 16 bytes. Groups are those of [`Tree`]. Written and read piece by piece:
//! that of a million leads is 45 MB. Formats 1 and 2, of other layouts, are left aside.

use std::io::{self, Read, Write};

use uuid::Uuid;

use super::{Index, KeyRetention, claims::Claims, keys::Keys, streams::Streams};
use crate::{
    merkle::{Hash, Tree},
    record::{Claim, ClaimKind, Control, Position, StreamId, StreamKind, Version},
    store::StreamHead,
    wire::{
        FormatError, Input,
        flow::{FlowError, Inflow, Outflow},
        put_len, put_varint,
    },
};

const MAGIC: [u8; 8] = *b"BLIX\x03\0\0\0";

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

/// Writes an index, the hash tree over the same records, and epoch and checksum of their last block.
pub(crate) fn encode<W: Write>(
    to: W,
    index: &Index,
    tree: &Tree,
    epoch: u64,
    chain: u32,
) -> io::Result<W> {
    let mut out = Outflow::new(to);
    let piece = out.piece()?;
    piece.extend_from_slice(&MAGIC);
    put_varint(piece, index.head.0);
    put_varint(piece, epoch);
    piece.extend_from_slice(&chain.to_be_bytes());
    put_varint(piece, u64::from(index.streams.len()));
    for (stream, head) in index.streams.iter() {
        let piece = out.piece()?;
        put_stream(piece, stream);
        put_varint(piece, head.position.0);
        put_varint(piece, head.version.0);
    }
    put_len(out.piece()?, index.controls.len());
    for (stream, control) in &index.controls {
        let piece = out.piece()?;
        put_stream(piece, *stream);
        put_varint(piece, u64::from(control.epoch));
        put_varint(piece, u64::from(control.revision));
    }
    put_varint(out.piece()?, u64::from(index.claims.len()));
    for (claim, holder) in index.claims.iter() {
        let piece = out.piece()?;
        put_varint(piece, u64::from(claim.kind.0));
        piece.extend_from_slice(&claim.key);
        put_varint(piece, u64::from(holder));
    }
    put_hashes(&mut out, tree.groups())?;
    put_hashes(&mut out, tree.tail())?;
    index.keys.put(&mut out)?;
    out.finish()
}

/// Reads a checkpoint of `len` bytes.
pub(crate) fn decode(
    from: impl Read,
    len: u64,
    retention: KeyRetention,
) -> Result<Checkpoint, FlowError> {
    let mut flow = Inflow::new(from, len)?;
    let (head, epoch, chain) = flow.piece(|input| {
        if input.array()? != MAGIC {
            return Err(FormatError("it is not a checkpoint of format 3"));
        }
        let head = Position(input.varint()?);
        Ok((head, input.varint()?, u32::from_be_bytes(input.array()?)))
    })?;
    let streams = read_streams(&mut flow)?;
    let mut index = Index { head, streams, ..Index::new(retention) };
    for _ in 0..flow.number::<u64>()? {
        let (stream, control) = flow.piece(|input| {
            let stream = read_stream(input)?;
            Ok((stream, Control { epoch: input.small()?, revision: input.small()? }))
        })?;
        index.controls.insert(stream, control);
    }
    index.claims = read_claims(&mut flow, index.streams.len())?;
    let groups = read_hashes(&mut flow)?;
    let tree = Tree::from_parts(groups, read_hashes(&mut flow)?)
        .filter(|tree| tree.size() == head.0)
        .ok_or(FormatError("the hash tree is not of as many records as the index"))?;
    index.keys = Keys::read(&mut flow, retention)?;
    flow.finish()?;
    Ok(Checkpoint { index, tree, epoch, chain })
}

fn read_streams(flow: &mut Inflow<impl Read>) -> Result<Streams, FlowError> {
    let mut streams = Streams::default();
    for number in 0..flow.number::<u32>()? {
        let (stream, head) = flow.piece(|input| {
            let stream = read_stream(input)?;
            let position = Position(input.varint()?);
            Ok((stream, StreamHead { position, version: Version(input.varint()?) }))
        })?;
        if streams.set(stream, head) != number {
            return Err(FormatError("a stream is there twice").into());
        }
    }
    Ok(streams)
}

fn read_claims(flow: &mut Inflow<impl Read>, streams: u32) -> Result<Claims, FlowError> {
    let mut claims = Claims::default();
    for _ in 0..flow.number::<u32>()? {
        let (claim, holder) = flow.piece(|input| {
            let kind = ClaimKind(input.small()?);
            Ok((Claim { kind, key: input.array()? }, input.small::<u32>()?))
        })?;
        if holder >= streams {
            return Err(FormatError("a claim is held by no stream").into());
        }
        claims.take(claim, holder);
    }
    Ok(claims)
}

fn put_hashes(out: &mut Outflow<impl Write>, hashes: &[Hash]) -> io::Result<()> {
    put_len(out.piece()?, hashes.len());
    for hash in hashes {
        out.piece()?.extend_from_slice(hash);
    }
    Ok(())
}

fn read_hashes(flow: &mut Inflow<impl Read>) -> Result<Vec<Hash>, FlowError> {
    let count = flow.number::<u64>()?;
    let mut hashes = Vec::new();
    for _ in 0..count {
        hashes.push(flow.array()?);
    }
    Ok(hashes)
}
