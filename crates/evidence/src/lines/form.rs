//! The JSON object of a record's line. Fields are in the alphabetical order in which they are
//! written.

use std::borrow::Cow;

use branchline_domain::{id::OrganisationId, time::Timestamp};
use branchline_journal::{
    merkle::Hash,
    record::{
        Cause, Claim, ClaimChange, ClaimKind, Control, Event, Guard, IdempotencyKey, Micros,
        Position, Record, RecordBody, Version,
    },
};
use serde::{Deserialize, Serialize};

use crate::{hex::Hex, stream_name};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordForm<'a> {
    #[serde(borrow)]
    cause: Option<CauseForm<'a>>,
    claims: Vec<ClaimForm<'a>>,
    control: Option<ControlForm>,
    epoch: u64,
    events: Vec<EventForm<'a>>,
    guard: Option<GuardForm<'a>>,
    idempotency_key: Option<KeyForm<'a>>,
    leaf: Hex<'a>,
    organisation: OrganisationId,
    position: u64,
    prev: Option<u64>,
    principal: Cow<'a, str>,
    recorded_at: Timestamp,
    recorded_at_micros: i64,
    stream: Cow<'a, str>,
    version: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CauseForm<'a> {
    Position(u64),
    Request(#[serde(borrow)] Cow<'a, str>),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimForm<'a> {
    action: Action,
    #[serde(borrow)]
    key: Hex<'a>,
    kind: u16,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Take,
    Release,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ControlForm {
    epoch: u32,
    revision: u32,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventForm<'a> {
    #[serde(borrow)]
    payload: Hex<'a>,
    schema: u16,
    #[serde(rename = "type", borrow)]
    event_type: Cow<'a, str>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GuardForm<'a> {
    control_epoch: u32,
    routing_revision: Option<u32>,
    #[serde(borrow)]
    stream: Cow<'a, str>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyForm<'a> {
    #[serde(borrow)]
    digest: Hex<'a>,
    #[serde(borrow)]
    key: Cow<'a, str>,
}

impl<'a> RecordForm<'a> {
    pub(super) fn of(record: &'a Record, leaf: &'a Hash) -> Self {
        let body = &record.body;
        let cause = match &body.cause {
            Cause::None => None,
            Cause::Position(position) => Some(CauseForm::Position(position.0)),
            Cause::Request(request) => Some(CauseForm::Request(Cow::Borrowed(request))),
        };
        let event = |event: &'a Event| EventForm {
            payload: Hex::of(&event.payload),
            schema: event.schema,
            event_type: Cow::Borrowed(&event.event_type),
        };
        Self {
            cause,
            claims: body.claims.iter().map(ClaimForm::of).collect(),
            control: body
                .control
                .map(|control| ControlForm { epoch: control.epoch, revision: control.revision }),
            epoch: record.epoch,
            events: body.events.iter().map(event).collect(),
            guard: body.guard.map(|guard| GuardForm {
                control_epoch: guard.control_epoch,
                routing_revision: guard.routing_revision,
                stream: Cow::Owned(guard.stream.to_string()),
            }),
            idempotency_key: body
                .key
                .as_ref()
                .map(|key| KeyForm { digest: Hex::of(&key.digest), key: Cow::Borrowed(&key.key) }),
            leaf: Hex::of(leaf),
            organisation: OrganisationId::from_uuid(body.organisation),
            position: record.position.0,
            prev: record.prev.map(|prev| prev.0),
            principal: Cow::Borrowed(&body.principal),
            recorded_at: Timestamp::from_micros(body.recorded_at.0),
            recorded_at_micros: body.recorded_at.0,
            stream: Cow::Owned(body.stream.to_string()),
            version: record.version.0,
        }
    }

    /// The hash that the line says; `None` when it is no hash.
    pub(super) fn leaf(&self) -> Option<Hash> {
        self.leaf.array()
    }

    /// The record, or what is wrong with a field. Instants as text are not looked at: they repeat
    /// the microseconds, and a line that is not written again to the same bytes is refused.
    pub(super) fn record(&self) -> Result<Record, &'static str> {
        let claims = self.claims.iter().map(ClaimForm::change).collect::<Result<_, _>>()?;
        let cause = match &self.cause {
            None => Cause::None,
            Some(CauseForm::Position(position)) => Cause::Position(Position(*position)),
            Some(CauseForm::Request(request)) => Cause::Request(request.as_ref().into()),
        };
        let key = self.idempotency_key.as_ref().map(KeyForm::key).transpose()?;
        let event = |event: &EventForm<'_>| Event {
            event_type: event.event_type.as_ref().into(),
            schema: event.schema,
            payload: event.payload.0.as_ref().into(),
        };
        Ok(Record {
            position: Position(self.position),
            epoch: self.epoch,
            version: Version(self.version),
            prev: self.prev.map(Position),
            body: RecordBody {
                organisation: self.organisation.as_uuid(),
                stream: stream_name::parse(&self.stream)?,
                recorded_at: Micros(self.recorded_at_micros),
                principal: self.principal.as_ref().into(),
                cause,
                key,
                guard: self.guard.as_ref().map(GuardForm::guard).transpose()?,
                control: self
                    .control
                    .as_ref()
                    .map(|control| Control { epoch: control.epoch, revision: control.revision }),
                claims,
                events: self.events.iter().map(event).collect(),
            },
        })
    }
}

impl<'a> ClaimForm<'a> {
    fn of(change: &'a ClaimChange) -> Self {
        let (action, claim) = match change {
            ClaimChange::Take(claim) => (Action::Take, claim),
            ClaimChange::Release(claim) => (Action::Release, claim),
        };
        Self { action, key: Hex::of(&claim.key), kind: claim.kind.0 }
    }

    fn change(&self) -> Result<ClaimChange, &'static str> {
        let key = self.key.array().ok_or("the key of a claim is not of 16 bytes")?;
        let claim = Claim { kind: ClaimKind(self.kind), key };
        Ok(match self.action {
            Action::Take => ClaimChange::Take(claim),
            Action::Release => ClaimChange::Release(claim),
        })
    }
}

impl GuardForm<'_> {
    fn guard(&self) -> Result<Guard, &'static str> {
        let (control_epoch, routing_revision) = (self.control_epoch, self.routing_revision);
        Ok(Guard { stream: stream_name::parse(&self.stream)?, control_epoch, routing_revision })
    }
}

impl KeyForm<'_> {
    fn key(&self) -> Result<IdempotencyKey, &'static str> {
        let digest = self.digest.array().ok_or("the digest of a key is not of 32 bytes")?;
        Ok(IdempotencyKey { key: self.key.as_ref().into(), digest })
    }
}
