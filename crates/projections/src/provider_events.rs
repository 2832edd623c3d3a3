//! Lists of what providers told and nobody could use.

use branchline_domain::{
    id::OrganisationId,
    organisation::{KeptEvent, ProviderEventState, UnmatchedReason},
    provider::WordTables,
};

use crate::{
    Projections,
    order::{Order, ProviderEventSort},
    organisations::beyond,
    page::{Page, Paging, cut},
};

/// Which messages of providers are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderEventFilter {
    /// Only those of this provider.
    pub provider: Option<String>,
    /// Only those that could not be used for this reason.
    pub reason: Option<UnmatchedReason>,
    /// Only those of which this became.
    pub state: Option<ProviderEventState>,
}

impl ProviderEventFilter {
    fn takes(&self, event: &KeptEvent) -> bool {
        self.provider.as_ref().is_none_or(|provider| *provider == event.told.provider)
            && self.reason.is_none_or(|reason| reason == event.reason)
            && self.state.is_none_or(|state| state == event.state())
    }
}

impl Projections {
    /// What providers told an organisation and nobody could use, as it came or the newest first; each
    /// with the position of its record.
    pub fn provider_events(
        &self,
        id: OrganisationId,
        filter: &ProviderEventFilter,
        order: Order<ProviderEventSort>,
        paging: Paging,
    ) -> Page<(u64, &KeptEvent)> {
        let Some(state) = self.organisation(id) else { return Page::default() };
        let rows = || state.provider.events().filter(|(_, event)| filter.takes(event));
        let total = rows().count() as u64;
        let place = |row: (u64, _)| (order.place(row.0.cast_signed(), 0), row);
        if order.descending {
            let rows = rows().rev().map(place);
            cut(beyond(rows, order, paging), order, paging, total, Some)
        } else {
            cut(beyond(rows().map(place), order, paging), order, paging, total, Some)
        }
    }

    /// The words of providers that an organisation set.
    pub fn word_tables(&self, id: OrganisationId) -> Option<&WordTables> {
        self.organisation(id).map(|state| &state.provider.words)
    }

    /// How many messages of providers wait for a person, in all organisations.
    pub fn unmatched_provider_events(&self) -> usize {
        self.organisations().map(|(_, state)| state.provider.unmatched()).sum()
    }
}
