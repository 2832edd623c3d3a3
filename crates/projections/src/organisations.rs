//! Organisations, each with its keys and the newest of what was refused to them.

use std::collections::{BTreeMap, VecDeque};

use branchline_domain::{
    decider::Recorded,
    id::{ApiKeyId, OrganisationId},
    organisation::{self, ApiKey, OrganisationEvent, OrganisationState},
};
use branchline_journal::record::Position;

use crate::{
    Projections,
    fact::Fact,
    order::{ApiKeySort, Order, Place, RefusalSort, SortKey},
    page::{Page, Paging, cut},
};

/// Refused actions of an organisation that can be listed, the newest ones. The journal has them all.
pub const REFUSED_ACTIONS_MAX: usize = 10_000;

/// One organisation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct StoredOrganisation {
    pub(crate) state: OrganisationState,
    /// Records with a refused action, oldest first. What they say is in the journal.
    pub(crate) refused: VecDeque<Position>,
}

/// All organisations that have or had a key, or were told something by a provider.
pub(crate) type Organisations = BTreeMap<OrganisationId, StoredOrganisation>;

impl StoredOrganisation {
    pub(crate) fn note_refusal(&mut self, position: Position) {
        if self.refused.len() >= REFUSED_ACTIONS_MAX {
            self.refused.pop_front();
        }
        self.refused.push_back(position);
    }
}

impl Projections {
    pub(crate) fn fold_organisation(
        &mut self,
        id: OrganisationId,
        events: &[OrganisationEvent],
        fact: &Fact<'_>,
    ) {
        let stored = self.organisations.entry(id).or_default();
        let recorded = Recorded { at: fact.at, position: fact.position.0 };
        for event in events {
            organisation::evolve(&mut stored.state, event, recorded);
        }
        if events.iter().any(|event| matches!(event, OrganisationEvent::ActionRefused { .. })) {
            stored.note_refusal(fact.position);
        }
    }

    /// Every organisation that has or had a key, or that a provider told something.
    pub fn organisations(&self) -> impl Iterator<Item = (OrganisationId, &OrganisationState)> {
        self.organisations.iter().map(|(&id, stored)| (id, &stored.state))
    }

    /// An organisation that has or had a key, or that a provider told something.
    pub fn organisation(&self, id: OrganisationId) -> Option<&OrganisationState> {
        self.organisations.get(&id).map(|stored| &stored.state)
    }

    /// The keys of an organisation, ended ones too, as they were made or the newest first.
    pub fn api_keys(
        &self,
        id: OrganisationId,
        order: Order<ApiKeySort>,
        paging: Paging,
    ) -> Page<(ApiKeyId, &ApiKey)> {
        let Some(state) = self.organisation(id) else { return Page::default() };
        let total = state.keys.len() as u64;
        let rows = (1..).zip(&state.keys).map(|(number, row)| (order.place(number, 0), row));
        let show = |(&id, key)| Some((id, key));
        if order.descending {
            // A place is found from the front only: ids do not count themselves.
            let rows: Vec<_> = rows.collect();
            cut(beyond(rows.into_iter().rev(), order, paging), order, paging, total, show)
        } else {
            cut(beyond(rows, order, paging), order, paging, total, show)
        }
    }

    /// Records with what was refused to keys of an organisation, oldest or newest first: the last
    /// [`REFUSED_ACTIONS_MAX`].
    pub fn refused_actions(
        &self,
        id: OrganisationId,
        order: Order<RefusalSort>,
        paging: Paging,
    ) -> Page<Position> {
        let Some(stored) = self.organisations.get(&id) else { return Page::default() };
        let total = stored.refused.len() as u64;
        let place = |&at: &Position| (order.place(at.0.cast_signed(), 0), at);
        if order.descending {
            let rows = stored.refused.iter().rev().map(place);
            cut(beyond(rows, order, paging), order, paging, total, Some)
        } else {
            let rows = stored.refused.iter().map(place);
            cut(beyond(rows, order, paging), order, paging, total, Some)
        }
    }
}

/// The rows behind the cursor, if there is one.
pub(crate) fn beyond<S: SortKey, R>(
    rows: impl Iterator<Item = (Place, R)>,
    order: Order<S>,
    paging: Paging,
) -> impl Iterator<Item = (Place, R)> {
    let after = paging.after(order);
    rows.skip_while(move |(place, _)| after.is_some_and(|after| *place <= after))
}
