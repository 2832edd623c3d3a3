//! Which call a provider's name stands for.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
};

use branchline_domain::id::{CallId, OrganisationId};

use crate::{Projections, stored::StoredLead};

/// Names that are remembered, the newest ones: about 150 bytes each. A provider speaks of a call
/// within hours; of one that is forgotten here, a person says which it was.
pub const PROVIDER_REFS_MAX: usize = 100_000;

/// Names that providers gave calls, each with the row of its call; of two calls with one name, the
/// newer.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct ProviderRefs {
    calls: BTreeMap<OrganisationId, HashMap<Arc<str>, u32>>,
    /// In the order they came, the oldest first.
    order: VecDeque<(OrganisationId, Arc<str>, u32)>,
}

impl ProviderRefs {
    pub(crate) fn note(&mut self, organisation: OrganisationId, name: &str, call: u32) {
        let calls = self.calls.entry(organisation).or_default();
        if calls.get(name) == Some(&call) {
            return;
        }
        let name: Arc<str> = name.into();
        calls.insert(Arc::clone(&name), call);
        self.order.push_back((organisation, name, call));
        if self.order.len() > PROVIDER_REFS_MAX {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((organisation, name, call)) = self.order.pop_front() else { return };
        let Some(calls) = self.calls.get_mut(&organisation) else { return };
        // A name that stands for a newer call by now is not the one to forget.
        if calls.get(&name) == Some(&call) {
            calls.remove(&name);
        }
    }

    fn call(&self, organisation: OrganisationId, name: &str) -> Option<u32> {
        self.calls.get(&organisation)?.get(name).copied()
    }

    /// All of them, the oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = (OrganisationId, &str, u32)> {
        self.order.iter().map(|(organisation, name, call)| (*organisation, &**name, *call))
    }
}

impl Projections {
    pub(crate) fn note_provider_ref(&mut self, lead: &StoredLead, call: u32, name: &str) {
        let organisation = self.workflows.get(lead.workflow).map(|stored| stored.organisation);
        if let (Some(organisation), Some(row)) = (organisation, self.call_row(lead, call)) {
            self.provider_refs.note(organisation, name, row);
        }
    }

    /// The call that a provider calls by this name, in an organisation: of the last
    /// [`PROVIDER_REFS_MAX`] names.
    pub fn call_of_provider(&self, organisation: OrganisationId, name: &str) -> Option<CallId> {
        let call = self.calls.get(self.provider_refs.call(organisation, name)?)?;
        let lead = self.leads.get(call.lead)?;
        Some(CallId { lead: lead.id, number: call.number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: OrganisationId = OrganisationId::DEFAULT;

    #[test]
    fn a_name_is_of_its_organisation_and_of_its_newest_call() {
        let mut refs = ProviderRefs::default();
        refs.note(OURS, "CA1", 1);
        refs.note(OURS, "CA1", 1);
        refs.note(OURS, "CA1", 2);
        assert_eq!(refs.call(OURS, "CA1"), Some(2));
        assert_eq!(refs.call(OrganisationId::from_u128(9), "CA1"), None);
        assert_eq!(refs.all().count(), 2);
        refs.forget_oldest();
        assert_eq!(refs.call(OURS, "CA1"), Some(2), "the older call of the name is forgotten");
        refs.forget_oldest();
        assert_eq!(refs.call(OURS, "CA1"), None);
    }

    #[test]
    fn the_number_of_names_is_bounded() {
        let mut refs = ProviderRefs::default();
        for call in 0..=u32::try_from(PROVIDER_REFS_MAX).unwrap() {
            refs.note(OURS, &format!("CA{call}"), call);
        }
        assert_eq!(refs.all().count(), PROVIDER_REFS_MAX);
        assert_eq!((refs.call(OURS, "CA0"), refs.call(OURS, "CA1")), (None, Some(1)));
    }
}
