//! One desk an organisation: decides, records, shows the keys as they are, answers; one command at a
//! time, in the order they came.
//!
//! An actor would be one that is asked a few times a day: a lock that waits its turn is enough. Like
//! an actor it trusts nothing but the journal: when somebody else wrote to its stream it reads that
//! again, and decides anew.

use std::{cell::RefCell, collections::HashMap, rc::Rc, sync::Arc};

use branchline_domain::{
    decider::Recorded,
    id::OrganisationId,
    organisation::{
        self, OrganisationCommand, OrganisationContext, OrganisationEvent, OrganisationState,
    },
    time::Timestamp,
};
use branchline_event_codec::encode_organisation;
use branchline_journal::{
    record::{ExpectedVersion, Micros, NewRecord, RecordBody, StreamId, Version},
    store::AppendError,
};
use tokio::sync::Mutex;

use crate::{
    EngineError,
    asked::Asked,
    command::Committed,
    core::Core,
    rebuild::{RebuiltOrganisation, unreadable},
    refusals::append_failed,
    repeat,
};

/// How often a decision is made anew when somebody else wrote first.
const ATTEMPTS: u32 = 3;

/// The desks that were asked since the start.
#[derive(Default)]
pub(crate) struct Desks(RefCell<HashMap<OrganisationId, Rc<Mutex<Desk>>>>);

/// What came of a command.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) committed: Committed,
    /// Whether an earlier request with the same key is answered: its events are at the position.
    pub(crate) repeated: bool,
}

/// The desk of one organisation.
pub(crate) struct Desk {
    id: OrganisationId,
    known: RebuiltOrganisation,
}

impl Desk {
    /// The desk of an organisation. Nobody has asked it since the start when it is made, so the read
    /// models, which showed everything recorded before, have its state as it is.
    pub(crate) fn of(core: &Core, id: OrganisationId) -> Rc<Mutex<Self>> {
        let mut desks = core.desks.0.borrow_mut();
        let desk = desks.entry(id).or_insert_with(|| {
            let state = core.reads().look(|read| read.organisation(id).cloned());
            let head = core.store().stream_head(StreamId::organisation(id.as_uuid()));
            let known = RebuiltOrganisation {
                state: state.unwrap_or_default(),
                version: head.map(|head| head.version).unwrap_or_default(),
            };
            Rc::new(Mutex::new(Self { id, known }))
        });
        Rc::clone(desk)
    }

    /// What the journal says of the organisation, as far as this desk knows.
    pub(crate) const fn state(&self) -> &OrganisationState {
        &self.known.state
    }

    /// What a command would make true now. Nothing is recorded.
    pub(crate) fn forecast(
        &self,
        core: &Core,
        command: &OrganisationCommand,
    ) -> Result<Vec<OrganisationEvent>, EngineError> {
        let context = context(core, core.now());
        organisation::decide(&self.known.state, command, &context)
            .map_err(EngineError::Organisation)
    }

    /// Decides and records.
    pub(crate) async fn decide(
        &mut self,
        core: &Rc<Core>,
        command: &OrganisationCommand,
        asked: &Asked,
    ) -> Result<Outcome, EngineError> {
        for _ in 0..ATTEMPTS {
            if let Some(position) = repeat::known(core, self.id, asked)? {
                let committed = Committed { position: Some(position) };
                return Ok(Outcome { committed, repeated: true });
            }
            let now = core.now();
            let events = organisation::decide(&self.known.state, command, &context(core, now))
                .map_err(EngineError::Organisation)?;
            if events.is_empty() {
                return Ok(Outcome::default());
            }
            let record = self.record(&events, now, asked)?;
            match core.services.journal.append(record).await {
                Ok(appended) => {
                    let recorded = Recorded { at: now, position: appended.position.0 };
                    for event in &events {
                        organisation::evolve(&mut self.known.state, event, recorded);
                    }
                    self.known.version = appended.version;
                    if events.iter().any(changes_keys) {
                        // Before the answer: whoever is told of the change finds it in force.
                        core.reads().api_keys().publish(self.id, &self.known.state);
                    }
                    let committed = Committed { position: Some(appended.position) };
                    return Ok(Outcome { committed, repeated: false });
                }
                Err(AppendError::WrongExpectedVersion { .. }) => {
                    let id = self.id;
                    tracing::info!(organisation = %id, "somebody else wrote; it is read again");
                    self.reread(core).await?;
                }
                // The same request came on another way, and is answered like a repeat.
                Err(AppendError::KeyKnown { .. }) => {}
                Err(error) => return Err(append_failed(error)),
            }
        }
        Err(EngineError::Busy)
    }

    async fn reread(&mut self, core: &Rc<Core>) -> Result<(), EngineError> {
        let read = core.reader.organisation(self.id).await;
        let read = read.map_err(|error| unreadable(&error))?;
        if read.state.keys != self.known.state.keys {
            core.reads().api_keys().publish(self.id, &read.state);
        }
        self.known = read;
        Ok(())
    }

    fn record(
        &self,
        events: &[OrganisationEvent],
        now: Timestamp,
        asked: &Asked,
    ) -> Result<NewRecord, EngineError> {
        let events = events.iter().map(encode_organisation).collect::<Result<Vec<_>, _>>();
        let events =
            events.map_err(|error| EngineError::TooLarge { problem: error.to_string() })?;
        let expected = if self.known.version == Version::default() {
            ExpectedVersion::NoStream
        } else {
            ExpectedVersion::Exact(self.known.version)
        };
        Ok(NewRecord {
            expected,
            body: RecordBody {
                organisation: self.id.as_uuid(),
                stream: StreamId::organisation(self.id.as_uuid()),
                recorded_at: Micros(now.as_micros()),
                principal: Arc::clone(&asked.principal),
                cause: asked.cause.clone(),
                key: asked.key.clone(),
                guard: None,
                control: None,
                claims: Vec::new(),
                events,
            },
        })
    }
}

fn context(core: &Core, now: Timestamp) -> OrganisationContext {
    OrganisationContext { now, unmatched_max: core.config().unmatched_provider_events_max }
}

/// Whether requests have to find the keys otherwise from now on.
const fn changes_keys(event: &OrganisationEvent) -> bool {
    match event {
        OrganisationEvent::ApiKeyCreated { .. }
        | OrganisationEvent::ApiKeyExpirySet { .. }
        | OrganisationEvent::ApiKeyRevoked { .. } => true,
        OrganisationEvent::ActionRefused { .. }
        | OrganisationEvent::ProviderEventUnmatched { .. }
        | OrganisationEvent::ProviderEventMatched { .. }
        | OrganisationEvent::ProviderEventDismissed { .. }
        | OrganisationEvent::ProviderWordsSet { .. } => false,
    }
}
