//! A checkpoint of the read models as a file.
//!
//! ```text
//! "BLRM", format 5 and three zero bytes
//! position of the last record (8) · root of the journal's hash tree over the records up to it (32)
//! CRC-32 of the above (4)
//! frames: kind (1) · length (4) · that many bytes · CRC-32 of everything before it in the file (4)
//! ```
//!
//! Numbers are big-endian. A frame of kind 0 holds a piece of bytes, of kind 1 an event: its type as
//! a text, its schema and its payload, see [`branchline_journal::wire`] and
//! `branchline-event-codec`. Frames end with the file, and the last piece says that it is the last.
//! What pieces are, [`branchline_projections::checkpoint`] says. Another format is left aside: read
//! models of format 1 know no API keys, those of formats 2 and 3 lack insights or parts of them, those
//! of format 4 names that providers gave calls, and none must stand for a journal that has some.

use std::io::{Error as IoError, ErrorKind, Read, Result as IoResult, Write};

use branchline_event_codec::{DecodeError, EncodeError, decode_workflow, encode_workflow};
use branchline_journal::{
    merkle::Hash,
    record::{Event, Position},
    wire::{FormatError, Input, put_text, put_varint},
};
use branchline_projections::{
    Projections,
    checkpoint::{Checkpoint, CheckpointReader, Piece},
};

const MAGIC: [u8; 8] = *b"BLRM\x05\0\0\0";

const BYTES: u8 = 0;
const EVENT: u8 = 1;

/// Longest frame. Unit: bytes. An import of all leads there can be takes less.
const FRAME_BYTES_MAX: u32 = 256 * 1024 * 1024;

/// Bytes read at once, so that a damaged length claims no memory that the file does not fill.
const READ_BYTES: u64 = 1024 * 1024;

/// Longest name of an event's type. Unit: bytes.
const TYPE_BYTES_MAX: usize = 64;

/// Why a file gives no read models.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error("it cannot be read")]
    Io(#[from] IoError),
    #[error("it is not a checkpoint of format 5")]
    OtherFormat,
    #[error("a checksum is wrong")]
    Checksum,
    #[error("it is of another journal")]
    OtherJournal,
    #[error("{0}")]
    Format(#[from] FormatError),
    #[error("{0}")]
    Event(#[from] DecodeError),
}

/// Why a checkpoint could not be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum WriteError {
    #[error("{0}")]
    Io(#[from] IoError),
    #[error("{0}")]
    Event(#[from] EncodeError),
}

/// Writes a checkpoint. `root` is the root of the journal's hash tree at its position; `wrote` is
/// told the size of each frame.
pub(super) fn write<W: Write>(
    out: W,
    checkpoint: Checkpoint,
    root: &Hash,
    mut wrote: impl FnMut(&W, usize) -> IoResult<()>,
) -> Result<W, WriteError> {
    let mut out = Summed { inner: out, sum: crc32fast::Hasher::new() };
    out.write_all(&MAGIC)?;
    out.write_all(&checkpoint.position().0.to_be_bytes())?;
    out.write_all(root)?;
    out.put_checksum()?;
    for piece in checkpoint {
        let (kind, bytes) = match piece {
            Piece::Bytes(bytes) => (BYTES, bytes),
            Piece::Event(event) => (EVENT, event_bytes(&encode_workflow(&event)?)),
        };
        let len = u32::try_from(bytes.len()).ok().filter(|&len| len <= FRAME_BYTES_MAX);
        let len = len.ok_or_else(|| IoError::other("a piece is too large"))?;
        out.write_all(&[kind])?;
        out.write_all(&len.to_be_bytes())?;
        out.write_all(&bytes)?;
        out.put_checksum()?;
        wrote(&out.inner, bytes.len())?;
    }
    Ok(out.inner)
}

fn event_bytes(event: &Event) -> Vec<u8> {
    let mut out = Vec::new();
    put_text(&mut out, &event.event_type);
    put_varint(&mut out, u64::from(event.schema));
    out.extend_from_slice(&event.payload);
    out
}

/// Reads a checkpoint. `fits` says whether the journal has this root at this position.
pub(super) fn read(
    input: impl Read,
    fits: impl FnOnce(Position, &Hash) -> bool,
) -> Result<Projections, FileError> {
    let mut input = Summed { inner: input, sum: crc32fast::Hasher::new() };
    if input.array()? != MAGIC {
        return Err(FileError::OtherFormat);
    }
    let position = Position(u64::from_be_bytes(input.array()?));
    let root: Hash = input.array()?;
    input.check_checksum()?;
    if !fits(position, &root) {
        return Err(FileError::OtherJournal);
    }
    let mut reader = CheckpointReader::new();
    while let Some((kind, bytes)) = input.frame()? {
        reader.take(match kind {
            BYTES => Piece::Bytes(bytes),
            EVENT => Piece::Event(decode_workflow(&read_event(&bytes)?)?),
            _ => return Err(FormatError("there is no such frame").into()),
        })?;
    }
    let read = reader.finish()?;
    if read.position() == position { Ok(read) } else { Err(FileError::OtherJournal) }
}

fn read_event(bytes: &[u8]) -> Result<Event, FormatError> {
    let mut input = Input::new(bytes);
    let event_type = input.text(TYPE_BYTES_MAX)?.into();
    let schema = input.small()?;
    let payload = input.take(input.left())?.into();
    Ok(Event { event_type, schema, payload })
}

/// A file and the checksum of what went through so far.
struct Summed<T> {
    inner: T,
    sum: crc32fast::Hasher,
}

impl<W: Write> Summed<W> {
    fn write_all(&mut self, bytes: &[u8]) -> IoResult<()> {
        self.sum.update(bytes);
        self.inner.write_all(bytes)
    }

    fn put_checksum(&mut self) -> IoResult<()> {
        let sum = self.sum.clone().finalize();
        self.write_all(&sum.to_be_bytes())
    }
}

impl<R: Read> Summed<R> {
    fn array<const N: usize>(&mut self) -> IoResult<[u8; N]> {
        let mut bytes = [0; N];
        self.inner.read_exact(&mut bytes)?;
        self.sum.update(&bytes);
        Ok(bytes)
    }

    fn check_checksum(&mut self) -> Result<(), FileError> {
        let sum = self.sum.clone().finalize();
        if u32::from_be_bytes(self.array()?) == sum { Ok(()) } else { Err(FileError::Checksum) }
    }

    /// The next frame; `None` at the end of the file.
    fn frame(&mut self) -> Result<Option<(u8, Vec<u8>)>, FileError> {
        let mut kind = [0];
        if self.inner.read(&mut kind)? == 0 {
            return Ok(None);
        }
        self.sum.update(&kind);
        let len = u32::from_be_bytes(self.array()?);
        if len > FRAME_BYTES_MAX {
            return Err(FormatError("a frame is longer than any").into());
        }
        let len = u64::from(len);
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < len {
            let wanted = (len - bytes.len() as u64).min(READ_BYTES);
            if self.inner.by_ref().take(wanted).read_to_end(&mut bytes)? == 0 {
                return Err(IoError::from(ErrorKind::UnexpectedEof).into());
            }
        }
        self.sum.update(&bytes);
        self.check_checksum()?;
        let [kind] = kind;
        Ok(Some((kind, bytes)))
    }
}

#[cfg(test)]
mod tests {
    use branchline_domain::{
        graph::{CanvasPosition, GraphChange, Node, NodeConfig, NodeType},
        id::{LeadId, NodeId, OrganisationId, WorkflowId},
        lead::LeadEvent,
        personal::Personal,
        time::Timestamp,
        workflow::{Settings, WorkflowEvent},
    };
    use branchline_journal::record::{Cause, Version};
    use branchline_projections::{Fact, FactEvents};
    use proptest::prelude::*;

    use super::*;

    const ROOT: Hash = [7; 32];
    const FLOW: WorkflowId = WorkflowId::from_u128(1);

    fn fold(read: &mut Projections, position: u64, events: FactEvents<'_>) {
        read.fold(&Fact {
            position: Position(position),
            at: Timestamp::from_micros(1_700_000_000_000_000 + position.cast_signed()),
            organisation: OrganisationId::DEFAULT,
            principal: "api:key_1",
            cause: &Cause::None,
            version: Version(1),
            events,
        });
    }

    fn read_models() -> Projections {
        let mut read = Projections::new();
        let put = GraphChange::NodePut(Node {
            id: NodeId::from_u128(0xa),
            label: "step".into(),
            position: CanvasPosition::default(),
            config: NodeConfig::empty(NodeType::VoiceCall),
            entry: true,
        });
        let created = [
            WorkflowEvent::WorkflowCreated {
                organisation: OrganisationId::DEFAULT,
                title: "Spring".into(),
                description: String::new(),
                settings: Settings::default(),
                source: None,
            },
            WorkflowEvent::GraphRevised { revision: 1, changes: vec![put] },
        ];
        fold(&mut read, 1, FactEvents::Workflow(FLOW, &created));
        for number in 2..8 {
            let enrolled = [LeadEvent::LeadEnrolled {
                workflow: FLOW,
                contact_tag: u128::from(number).to_be_bytes(),
                key_slot: 3,
                phone_number: Personal::Erased,
                variables: Personal::default(),
                notes: Personal::default(),
                import: None,
            }];
            let lead = LeadId::from_u128(u128::from(number));
            fold(&mut read, number, FactEvents::Lead(lead, &enrolled));
        }
        read
    }

    fn bytes(read: &Projections) -> Vec<u8> {
        write(Vec::new(), read.checkpoint(), &ROOT, |_, _| Ok(())).unwrap()
    }

    fn fits(position: Position, root: &Hash) -> bool {
        (position, root) == (Position(7), &ROOT)
    }

    #[test]
    fn read_models_come_back_from_their_file() {
        let written = read_models();
        assert!(read(&bytes(&written)[..], fits).unwrap() == written);
    }

    #[test]
    fn a_file_of_another_journal_or_of_another_format_is_told_from_a_damaged_one() {
        let file = bytes(&read_models());
        let other = read(&file[..], |_, _| false).unwrap_err();
        assert!(matches!(other, FileError::OtherJournal), "{other}");
        for format in [1, 2, 3, 4, 6] {
            let mut file = file.clone();
            file[4] = format;
            let other = read(&file[..], fits).unwrap_err();
            assert!(matches!(other, FileError::OtherFormat), "{other}");
        }
    }

    #[test]
    fn no_part_of_a_file_is_taken_for_the_whole() {
        let file = bytes(&read_models());
        for len in 0..file.len() {
            assert!(read(&file[..len], fits).is_err(), "{len} of {} bytes", file.len());
        }
    }

    proptest! {
        #[test]
        fn a_changed_byte_is_found(place in any::<prop::sample::Index>(), change in 1..=255_u8) {
            let mut file = bytes(&read_models());
            let place = place.index(file.len());
            file[place] ^= change;
            prop_assert!(read(&file[..], fits).is_err());
        }

        #[test]
        fn any_bytes_after_a_sound_beginning_give_an_error(
            rest in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut file = bytes(&read_models());
            file.truncate(52);
            file.extend(rest);
            prop_assert!(read(&file[..], fits).is_err());
        }
    }
}
