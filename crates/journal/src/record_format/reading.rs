//! Records out of bytes, in two steps: what the bytes say, without allocating, and then the record.
//! Who looks for the records of one stream in a block needs the second step for those only.

use std::sync::Arc;

use uuid::Uuid;

use super::{
    CAUSE_MASK, CAUSE_POSITION, CAUSE_REQUEST, CLAIMS_MAX, EVENT_TYPE_BYTES_MAX, EVENTS_MAX,
    HAS_CLAIMS, HAS_CONTROL, HAS_GUARD, HAS_GUARD_REVISION, HAS_KEY, HAS_PREV, TEXT_BYTES_MAX,
};
use crate::{
    record::{
        Cause, Claim, ClaimChange, ClaimKind, Control, Event, Guard, IdempotencyKey, Micros,
        Position, Record, RecordBody, StreamId, StreamKind, Version,
    },
    wire::{FormatError, Input},
};

/// A name in the bytes, and shared once it was asked for.
#[derive(Debug)]
struct Name<'a> {
    text: &'a str,
    shared: Option<Arc<str>>,
}

impl<'a> Name<'a> {
    const fn new(text: &'a str) -> Self {
        Self { text, shared: None }
    }

    fn share(&mut self) -> Arc<str> {
        Arc::clone(self.shared.get_or_insert_with(|| Arc::from(self.text)))
    }
}

/// Names met so far in a block, and the parts of the record parsed last.
#[derive(Debug, Default)]
pub(crate) struct KnownNames<'a> {
    organisations: Vec<Uuid>,
    streams: Vec<StreamId>,
    texts: Vec<Name<'a>>,
    types: Vec<(Name<'a>, u16)>,
    claims: Vec<ClaimChange>,
    events: Vec<(usize, &'a [u8])>,
}

/// What the bytes of a record say. Texts are places in their table.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) stream: StreamId,
    pub(crate) recorded_at: Micros,
    organisation: Uuid,
    version: Version,
    prev: Option<Position>,
    principal: usize,
    cause: ParsedCause,
    key: Option<(usize, [u8; 32])>,
    guard: Option<Guard>,
    control: Option<Control>,
}

#[derive(Debug)]
enum ParsedCause {
    None,
    Position(Position),
    Request(usize),
}

const NO_NAME: FormatError = FormatError("a name number has no name");

/// The place of a known name, or `None` when a new one follows.
fn known(input: &mut Input<'_>, names: usize) -> Result<Option<usize>, FormatError> {
    match input.small::<usize>()?.checked_sub(1) {
        Some(at) if at >= names => Err(NO_NAME),
        place => Ok(place),
    }
}

impl<'a> KnownNames<'a> {
    /// Reads the record at `position`; `before` is the time of the record before it in the block.
    pub(crate) fn parse(
        &mut self,
        input: &mut Input<'a>,
        position: Position,
        before: Micros,
    ) -> Result<Parsed, FormatError> {
        let flags = input.byte()?;
        let organisation = self.organisation(input)?;
        let stream = self.stream(input)?;
        let recorded_at = Micros(before.0.wrapping_add(input.signed()?));
        let version = Version(input.varint()?);
        let prev = if flags & HAS_PREV == 0 { None } else { Some(read_prev(input, position)?) };
        let principal = self.text(input)?;
        let cause = match flags & CAUSE_MASK {
            0 => ParsedCause::None,
            CAUSE_POSITION => {
                let back = input.signed()?.cast_unsigned();
                ParsedCause::Position(Position(position.0.wrapping_sub(back)))
            }
            CAUSE_REQUEST => ParsedCause::Request(self.text(input)?),
            _ => return Err(FormatError("the cause is of no known kind")),
        };
        let key =
            if flags & HAS_KEY == 0 { None } else { Some((self.text(input)?, input.array()?)) };
        let guard = self.guard(input, flags)?;
        let control = if flags & HAS_CONTROL == 0 {
            None
        } else {
            Some(Control { epoch: input.small()?, revision: input.small()? })
        };
        self.read_claims(input, flags)?;
        self.read_events(input)?;
        if version.0 == 0 || version.0.checked_add(self.events.len() as u64).is_none() {
            return Err(FormatError("the version is out of range"));
        }
        Ok(Parsed {
            stream,
            recorded_at,
            organisation,
            version,
            prev,
            principal,
            cause,
            key,
            guard,
            control,
        })
    }

    /// The record that was parsed last.
    pub(crate) fn build(
        &mut self,
        parsed: &Parsed,
        position: Position,
        epoch: u64,
    ) -> Result<Record, FormatError> {
        let cause = match parsed.cause {
            ParsedCause::None => Cause::None,
            ParsedCause::Position(position) => Cause::Position(position),
            ParsedCause::Request(at) => Cause::Request(self.share(at)?),
        };
        let key = match parsed.key {
            None => None,
            Some((at, digest)) => Some(IdempotencyKey { key: self.share(at)?, digest }),
        };
        let principal = self.share(parsed.principal)?;
        let mut events = Vec::with_capacity(self.events.len());
        for (at, payload) in &self.events {
            let (name, schema) = self.types.get_mut(*at).ok_or(NO_NAME)?;
            let payload = Box::from(*payload);
            events.push(Event { event_type: name.share(), schema: *schema, payload });
        }
        let body = RecordBody {
            organisation: parsed.organisation,
            stream: parsed.stream,
            recorded_at: parsed.recorded_at,
            principal,
            cause,
            key,
            guard: parsed.guard,
            control: parsed.control,
            claims: self.claims.clone(),
            events,
        };
        Ok(Record { position, epoch, version: parsed.version, prev: parsed.prev, body })
    }

    fn share(&mut self, at: usize) -> Result<Arc<str>, FormatError> {
        self.texts.get_mut(at).map(Name::share).ok_or(NO_NAME)
    }

    fn organisation(&mut self, input: &mut Input<'a>) -> Result<Uuid, FormatError> {
        if let Some(at) = known(input, self.organisations.len())? {
            return self.organisations.get(at).copied().ok_or(NO_NAME);
        }
        let id = Uuid::from_bytes(input.array()?);
        self.organisations.push(id);
        Ok(id)
    }

    fn stream(&mut self, input: &mut Input<'a>) -> Result<StreamId, FormatError> {
        if let Some(at) = known(input, self.streams.len())? {
            return self.streams.get(at).copied().ok_or(NO_NAME);
        }
        let kind = StreamKind(input.small()?);
        let stream = StreamId { kind, id: Uuid::from_bytes(input.array()?) };
        self.streams.push(stream);
        Ok(stream)
    }

    fn text(&mut self, input: &mut Input<'a>) -> Result<usize, FormatError> {
        if let Some(at) = known(input, self.texts.len())? {
            return Ok(at);
        }
        self.texts.push(Name::new(input.text(TEXT_BYTES_MAX)?));
        Ok(self.texts.len() - 1)
    }

    fn event_type(&mut self, input: &mut Input<'a>) -> Result<usize, FormatError> {
        if let Some(at) = known(input, self.types.len())? {
            return Ok(at);
        }
        let name = Name::new(input.text(EVENT_TYPE_BYTES_MAX)?);
        self.types.push((name, input.small()?));
        Ok(self.types.len() - 1)
    }

    fn guard(&mut self, input: &mut Input<'a>, flags: u8) -> Result<Option<Guard>, FormatError> {
        if flags & HAS_GUARD == 0 {
            return if flags & HAS_GUARD_REVISION == 0 {
                Ok(None)
            } else {
                Err(FormatError("a guard revision without a guard"))
            };
        }
        let stream = self.stream(input)?;
        let control_epoch = input.small()?;
        let routing_revision =
            if flags & HAS_GUARD_REVISION == 0 { None } else { Some(input.small()?) };
        Ok(Some(Guard { stream, control_epoch, routing_revision }))
    }

    fn read_claims(&mut self, input: &mut Input<'a>, flags: u8) -> Result<(), FormatError> {
        self.claims.clear();
        if flags & HAS_CLAIMS == 0 {
            return Ok(());
        }
        let count: usize = input.small()?;
        if count == 0 || count > CLAIMS_MAX {
            return Err(FormatError("the number of claims is out of range"));
        }
        for _ in 0..count {
            let tagged: u32 = input.small()?;
            let kind = u16::try_from(tagged >> 1)
                .map_err(|_| FormatError("a claim's kind is larger than its field"))?;
            let claim = Claim { kind: ClaimKind(kind), key: input.array()? };
            let taken = tagged & 1 == 0;
            self.claims.push(if taken {
                ClaimChange::Take(claim)
            } else {
                ClaimChange::Release(claim)
            });
        }
        Ok(())
    }

    fn read_events(&mut self, input: &mut Input<'a>) -> Result<(), FormatError> {
        self.events.clear();
        let count: usize = input.small()?;
        if count == 0 || count > EVENTS_MAX {
            return Err(FormatError("the number of events is out of range"));
        }
        for _ in 0..count {
            let event_type = self.event_type(input)?;
            let len: usize = input.small()?;
            self.events.push((event_type, input.take(len)?));
        }
        Ok(())
    }
}

fn read_prev(input: &mut Input<'_>, position: Position) -> Result<Position, FormatError> {
    match position.0.checked_sub(input.varint()?) {
        Some(prev) if prev > 0 && prev < position.0 => Ok(Position(prev)),
        Some(_) | None => Err(FormatError("the record before is not before")),
    }
}
