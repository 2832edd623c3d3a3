//! What the journal keeps: records, and the words around them. No storage engine is named here.

use std::{fmt, sync::Arc};

use uuid::Uuid;

/// Largest encoded record. Unit: bytes. A record must fit a block of 16 KiB with room for the
/// block's own tables; a larger one is refused before anything is written.
pub const RECORD_BYTES_MAX: usize = 12 * 1024;

/// Place of a record in the journal. The first record has position 1; positions have no gaps, so
/// the number of records is the last position. 0 stands for "before the first record".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

impl Position {
    /// Before the first record: reading after it reads everything.
    pub const START: Self = Self(0);

    /// The position after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Count of events in a stream: the first event brings it to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Microseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub i64);

/// What a stream is about. Open: a reader keeps kinds that it does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamKind(pub u16);

impl StreamKind {
    /// One workflow: its lifecycle, settings and graph.
    pub const WORKFLOW: Self = Self(1);
    /// One lead and all of its calls.
    pub const LEAD: Self = Self(2);
    /// One organisation: its API keys, and what was refused to them.
    pub const ORGANISATION: Self = Self(3);
}

/// Name of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// What the stream is about.
    pub kind: StreamKind,
    /// Which one.
    pub id: Uuid,
}

impl StreamId {
    /// The stream of a workflow.
    pub const fn workflow(id: Uuid) -> Self {
        Self { kind: StreamKind::WORKFLOW, id }
    }

    /// The stream of a lead.
    pub const fn lead(id: Uuid) -> Self {
        Self { kind: StreamKind::LEAD, id }
    }

    /// The stream of an organisation.
    pub const fn organisation(id: Uuid) -> Self {
        Self { kind: StreamKind::ORGANISATION, id }
    }
}

impl fmt::Display for StreamId {
    /// The public id: `wf_…`, `lead_…`, `org_…`, or `stream<kind>_…` for a kind of a newer release.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            StreamKind::WORKFLOW => write!(f, "wf_{}", self.id.hyphenated()),
            StreamKind::LEAD => write!(f, "lead_{}", self.id.hyphenated()),
            StreamKind::ORGANISATION => write!(f, "org_{}", self.id.hyphenated()),
            StreamKind(other) => write!(f, "stream{other}_{}", self.id.hyphenated()),
        }
    }
}

/// What the writer of a record believes its stream is at. There is no `Any`: a blind write has no
/// business here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedVersion {
    /// The stream does not exist yet.
    NoStream,
    /// The stream has exactly this many events.
    Exact(Version),
}

/// What made a record come about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cause {
    /// Nothing outside: a command without a request id.
    #[default]
    None,
    /// The record at this position, for example a pause that a sweep follows.
    Position(Position),
    /// A request from outside, by its id. At most 128 bytes.
    Request(Arc<str>),
}

/// A caller's name for one intent, with a digest of what was asked. The same key with the same
/// digest is the same request; with another digest it is a mistake of the caller.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IdempotencyKey {
    /// The caller's text, at most 128 bytes. Scoped to the record's organisation.
    pub key: Arc<str>,
    /// SHA-256 of the request.
    pub digest: [u8; 32],
}

/// What a decision read of another stream's control state. The writer refuses the record when the
/// stream has moved on, so a movement decided before a pause cannot be recorded after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    /// The stream read, a workflow.
    pub stream: StreamId,
    /// Its control epoch as the decision saw it.
    pub control_epoch: u32,
    /// Its graph revision as the decision saw it, when the decision read edges.
    pub routing_revision: Option<u32>,
}

/// The control state that a record gives its own stream. Guards are compared with the newest one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Control {
    /// Counts changes of status and settings.
    pub epoch: u32,
    /// The newest graph revision.
    pub revision: u32,
}

/// What kind of thing a claim reserves. Open, like [`StreamKind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimKind(pub u16);

impl ClaimKind {
    /// The one live call to a number in an organisation; the key is the contact tag.
    pub const LIVE_CALL: Self = Self(1);
    /// The one enrolment of a number in a workflow; the key is the enrolment tag.
    pub const ENROLLED: Self = Self(2);
}

/// A thing that at most one stream may hold at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claim {
    /// Kind of thing.
    pub kind: ClaimKind,
    /// Which one.
    pub key: [u8; 16],
}

/// A claim taken or given back by a record, for the record's own stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimChange {
    /// Refused when another stream holds it; a repeat by the holder changes nothing.
    Take(Claim),
    /// Changes nothing when the stream does not hold it.
    Release(Claim),
}

/// One event: its type's stable name, the number of its payload's layout, and the payload, which
/// the journal never looks into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Stable name, for example `lead.branch_taken`. At most 64 bytes.
    pub event_type: Arc<str>,
    /// Layout of the payload.
    pub schema: u16,
    /// The encoded event.
    pub payload: Box<[u8]>,
}

/// What one actor step adds to one stream: all of it or nothing. Common to records on their way in
/// and records read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordBody {
    /// Whose record it is.
    pub organisation: Uuid,
    /// The stream that grows.
    pub stream: StreamId,
    /// When it was decided.
    pub recorded_at: Micros,
    /// Who asked for it, for example `api:key_1` or `engine`. At most 128 bytes.
    pub principal: Arc<str>,
    /// What made it come about.
    pub cause: Cause,
    /// The caller's key, if there was one.
    pub key: Option<IdempotencyKey>,
    /// What the decision read of its workflow.
    pub guard: Option<Guard>,
    /// The control state this record gives its own stream.
    pub control: Option<Control>,
    /// Claims taken and given back, in order.
    pub claims: Vec<ClaimChange>,
    /// The events, in order; never empty.
    pub events: Vec<Event>,
}

/// A record on its way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecord {
    /// Optimistic lock on the stream.
    pub expected: ExpectedVersion,
    /// Everything else.
    pub body: RecordBody,
}

/// A record as the journal holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Place in the journal.
    pub position: Position,
    /// Which opening of the journal wrote it; grows by one with each opening for writing.
    pub epoch: u64,
    /// Version that the record's first event brought the stream to.
    pub version: Version,
    /// Position of the stream's record before this one.
    pub prev: Option<Position>,
    /// Everything else.
    pub body: RecordBody,
}

impl Record {
    /// The stream's version after this record.
    pub fn last_version(&self) -> Version {
        Version(self.version.0 + self.body.events.len() as u64 - 1)
    }
}
