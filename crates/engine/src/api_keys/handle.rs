//! What hosts ask about keys.

use std::sync::Arc;

use branchline_domain::{id::OrganisationId, organisation::OrganisationEvent};
use branchline_journal::record::Position;
use branchline_projections::{Order, Page, Paging, RefusalSort};
use tokio::sync::oneshot;

use super::{ApiKeys, KeyAction, KeyAnswer, KnownKey};
use crate::{
    EngineError, EngineHandle, RecordedEvents, RecordedFact,
    command::{Answer, Caller, HostCommand, HostRequest},
    handle::mismatch,
    read_side::ReadSide,
    rebuild::{RebuildError, fact_of, unreadable},
};

impl EngineHandle {
    /// The keys of all organisations, as requests need them.
    pub fn api_keys(&self) -> &ApiKeys {
        self.reads.api_keys()
    }

    /// Makes, rotates, dates or ends a key of the caller's organisation. When it answers, requests
    /// find the keys as they are now.
    ///
    /// # Errors
    ///
    /// [`EngineError::Organisation`]; those of [`Self::ask`].
    pub async fn act_on_keys(
        &self,
        caller: &Caller,
        action: KeyAction,
    ) -> Result<KeyAnswer, EngineError> {
        let answer = self.ask(caller, HostCommand::Keys { action }).await?;
        let Answer::Key(answer) = answer else {
            return Err(mismatch(&answer));
        };
        Ok(answer)
    }

    /// Records that something was refused to a key, without waiting for it: at most
    /// [`REFUSALS_A_MINUTE`](super::REFUSALS_A_MINUTE) a key, and what is beyond is counted in the
    /// log. A stop in order waits for it.
    pub fn note_refusal(
        &self,
        key: &KnownKey,
        request_id: Option<Arc<str>>,
        (action, target, code): (&str, String, &str),
    ) {
        if !key.may_note_refusal(self.api_keys().now()) {
            return;
        }
        let caller = Caller {
            organisation: key.organisation,
            principal: Arc::clone(&key.principal),
            request_id,
            ..Caller::host()
        };
        let (action, code) = (action.to_owned(), code.to_owned());
        let command = HostCommand::Keys { action: KeyAction::NoteRefusal { action, target, code } };
        // Nobody waits: what could not be recorded is in the journal's own errors.
        let (reply, _) = oneshot::channel();
        let request = HostRequest { caller, command, reply };
        if let Err(error) = self.commands().try_send(request) {
            tracing::warn!(key = %key.id, %error, "a refused action is not recorded");
        }
    }

    /// What was refused to keys of an organisation, the newest ones.
    ///
    /// # Errors
    ///
    /// As [`Self::read`]; [`EngineError::Unavailable`] when the journal cannot be read.
    pub async fn refused_actions(
        &self,
        organisation: OrganisationId,
        order: Order<RefusalSort>,
        paging: Paging,
    ) -> Result<Page<RecordedFact>, EngineError> {
        let page = self.read(|read| read.refused_actions(organisation, order, paging)).await?;
        let mut items = Vec::with_capacity(page.items.len());
        for position in page.items {
            items.extend(self.reads.record_at(position)?);
        }
        Ok(Page { items, total: page.total, next: page.next })
    }
}

impl ReadSide {
    /// The keys of all organisations, as requests need them.
    pub(crate) const fn api_keys(&self) -> &Arc<ApiKeys> {
        &self.api_keys
    }

    /// The record at a position, decoded without any key.
    fn record_at(&self, position: Position) -> Result<Option<RecordedFact>, EngineError> {
        let read = self.store().read_all(Position(position.0.saturating_sub(1)), 1);
        let records = read.map_err(|error| unreadable(&RebuildError::Read(error)))?;
        let Some(record) = records.first() else { return Ok(None) };
        fact_of(record, None).map_err(|error| unreadable(&error))
    }
}

/// The refused actions in a record, each as its action, target and code.
pub fn refusals_of(fact: &RecordedFact) -> impl Iterator<Item = (&str, &str, &str)> {
    let events = match &fact.events {
        RecordedEvents::Organisation(_, events) => events.as_slice(),
        RecordedEvents::Workflow(..) | RecordedEvents::Lead(..) => &[],
    };
    events.iter().filter_map(|event| match event {
        OrganisationEvent::ActionRefused { action, target, code } => {
            Some((action.as_str(), target.as_str(), code.as_str()))
        }
        OrganisationEvent::ApiKeyCreated { .. }
        | OrganisationEvent::ApiKeyExpirySet { .. }
        | OrganisationEvent::ApiKeyRevoked { .. }
        | OrganisationEvent::ProviderEventUnmatched { .. }
        | OrganisationEvent::ProviderEventMatched { .. }
        | OrganisationEvent::ProviderEventDismissed { .. }
        | OrganisationEvent::ProviderWordsSet { .. } => None,
    })
}
