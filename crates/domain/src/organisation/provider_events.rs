//! Messages of telephony providers that could not be used: what is kept of them, and until when.

use std::collections::{BTreeMap, VecDeque};

use crate::{
    call_status::CallStatus,
    decider::Recorded,
    id::{CallId, ProviderEventId},
    provider::WordTables,
    time::Timestamp,
};

/// Settled messages that are remembered, the newest ones: so that one that is sent again late is
/// known, and that a person can see what was decided. The journal has them all.
pub const SETTLED_EVENTS_KEPT: usize = 1_000;

/// Why a message could not be used.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum UnmatchedReason {
    /// No table says what the provider's word means.
    UnknownWord,
    /// The word is known; which call it is about is not.
    UnknownCall,
}

impl UnmatchedReason {
    /// Every reason.
    pub const ALL: [Self; 2] = [Self::UnknownWord, Self::UnknownCall];

    /// The text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownWord => "unknown_word",
            Self::UnknownCall => "unknown_call",
        }
    }
}

/// What became of a message that could not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderEventState {
    /// It waits for a person.
    Unmatched,
    /// It was reported of a call.
    Matched,
    /// Nothing has to come of it.
    Dismissed,
}

impl ProviderEventState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Unmatched, Self::Matched, Self::Dismissed];

    /// The text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unmatched => "unmatched",
            Self::Matched => "matched",
            Self::Dismissed => "dismissed",
        }
    }
}

/// What a provider told of a call, without anything that names a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderTold {
    /// Who told it, for example `twilio`.
    pub provider: String,
    /// Its word for the status, as it came.
    pub word: String,
    /// Its name for the call.
    pub provider_call_id: Option<String>,
    /// Our name for the call, where it was sent along.
    pub call: Option<CallId>,
    /// Its name for this message.
    pub event_id: Option<String>,
    /// Why the call ended, in its word.
    pub end_reason: Option<String>,
    /// When it came about, as the provider says.
    pub occurred_at: Option<Timestamp>,
    /// What else it said of how the call went: see
    /// [`says_how_it_went`](crate::provider::says_how_it_went).
    pub facts: BTreeMap<String, String>,
}

/// What a person decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It was reported of a call.
    Matched {
        /// Which.
        call: CallId,
        /// As this status.
        status: CallStatus,
    },
    /// Nothing has to come of it.
    Dismissed {
        /// Why.
        note: String,
    },
}

/// A message that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEvent {
    /// Its name.
    pub id: ProviderEventId,
    /// Why it could not be used.
    pub reason: UnmatchedReason,
    /// What the provider told.
    pub told: ProviderTold,
    /// When it was recorded.
    pub received_at: Timestamp,
    /// What a person decided, when, and the position of the record that says so.
    pub settled: Option<(Settled, Timestamp, u64)>,
}

impl KeptEvent {
    /// What became of it.
    pub const fn state(&self) -> ProviderEventState {
        match &self.settled {
            None => ProviderEventState::Unmatched,
            Some((Settled::Matched { .. }, ..)) => ProviderEventState::Matched,
            Some((Settled::Dismissed { .. }, ..)) => ProviderEventState::Dismissed,
        }
    }
}

/// What providers told an organisation that could not be used, and what their words mean there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderDesk {
    /// The organisation's own words.
    pub words: WordTables,
    /// By the position of the record that kept each, so in the order they came.
    kept: BTreeMap<u64, KeptEvent>,
    positions: BTreeMap<ProviderEventId, u64>,
    /// Positions of those that are settled, in the order of that.
    settled: VecDeque<u64>,
}

impl ProviderDesk {
    /// One of them.
    pub fn get(&self, event: ProviderEventId) -> Option<&KeptEvent> {
        self.kept.get(self.positions.get(&event)?)
    }

    /// The position of the record that kept one of them.
    pub fn position_of(&self, event: ProviderEventId) -> Option<u64> {
        self.positions.get(&event).copied()
    }

    /// All that are remembered, in the order they came, each with the position of its record.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = (u64, &KeptEvent)> {
        self.kept.iter().map(|(&position, event)| (position, event))
    }

    /// How many wait for a person.
    pub fn unmatched(&self) -> usize {
        self.kept.len().saturating_sub(self.settled.len())
    }

    /// Those that were settled, in the order of that, by the position of the record that kept each.
    pub fn settled_order(&self) -> impl ExactSizeIterator<Item = u64> {
        self.settled.iter().copied()
    }

    /// What [`Self::events`] and [`Self::settled_order`] were made of.
    pub fn restored(
        words: WordTables,
        events: impl IntoIterator<Item = (u64, KeptEvent)>,
        settled: impl IntoIterator<Item = u64>,
    ) -> Self {
        let kept: BTreeMap<u64, KeptEvent> = events.into_iter().collect();
        let positions = kept.iter().map(|(&position, event)| (event.id, position)).collect();
        Self { words, kept, positions, settled: settled.into_iter().collect() }
    }

    pub(super) fn keep(
        &mut self,
        id: ProviderEventId,
        reason: UnmatchedReason,
        told: &ProviderTold,
        recorded: Recorded,
    ) {
        if self.positions.contains_key(&id) {
            return;
        }
        self.positions.insert(id, recorded.position);
        let kept =
            KeptEvent { id, reason, told: told.clone(), received_at: recorded.at, settled: None };
        self.kept.insert(recorded.position, kept);
    }

    pub(super) fn settle(&mut self, id: ProviderEventId, how: Settled, recorded: Recorded) {
        let Some(&position) = self.positions.get(&id) else { return };
        let Some(kept) = self.kept.get_mut(&position) else { return };
        if kept.settled.is_some() {
            return;
        }
        kept.settled = Some((how, recorded.at, recorded.position));
        self.settled.push_back(position);
        if self.settled.len() > SETTLED_EVENTS_KEPT
            && let Some(oldest) = self.settled.pop_front()
            && let Some(forgotten) = self.kept.remove(&oldest)
        {
            self.positions.remove(&forgotten.id);
        }
    }
}
