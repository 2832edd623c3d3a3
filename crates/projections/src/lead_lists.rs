//! Lists of a workflow's leads: filtered, in some order, in pages. Each order and each filter has
//! rows kept for it, so that a page of a million leads costs as much as one of a hundred.

use std::{
    collections::BTreeSet,
    ops::Bound::{Excluded, Unbounded},
};

use branchline_domain::{
    id::{LeadId, NodeId, WorkflowId},
    lead::{HoldCode, LeadStatus},
};

use crate::{
    Projections,
    arena::NONE,
    order::{LeadSort, Order, Part, Place, merged},
    page::{Page, Paging, cut},
    rows::LeadRow,
    standing::Bucket,
    standing_rows::Entered,
    stored::StoredLead,
    workflows::StoredWorkflow,
};

/// Rows that are sorted for a page where no kept order fits. Unit: rows; about a millisecond.
const GATHERED_MAX: usize = 10_000;

/// What holds the leads of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Anything.
    Any,
    /// This.
    With(HoldCode),
}

/// Which leads of a workflow a list shows. Those of an open import, or withdrawn ones, never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeadFilter {
    /// Only those with this status; for a removed lead, its last one.
    pub status: Option<LeadStatus>,
    /// Only those at this node.
    pub node: Option<NodeId>,
    /// Only those that are held. A removed lead is not.
    pub held: Option<Held>,
    /// Only removed ones, or only others; `None` for both.
    pub removed: Option<bool>,
}

impl Projections {
    /// Leads of a workflow in order of enrolment.
    pub fn leads(&self, workflow: WorkflowId, filter: LeadFilter, paging: Paging) -> Page<LeadRow> {
        self.ordered_leads(workflow, filter, Order::default(), paging)
    }

    /// Leads of a workflow in some order.
    pub fn ordered_leads(
        &self,
        workflow: WorkflowId,
        filter: LeadFilter,
        order: Order<LeadSort>,
        paging: Paging,
    ) -> Page<LeadRow> {
        let Some(stored) = self.workflows.by_id(workflow) else { return Page::default() };
        let Some(sieve) = Sieve::of(stored, filter) else { return Page::default() };
        let total = known_total(stored, &sieve).unwrap_or_else(|| self.count(stored, &sieve));
        let places = self.places(stored, &sieve, order, paging.after(order));
        let matching = places.filter_map(|place| {
            let lead = self.leads.get(place.row()).filter(|lead| sieve.takes(lead))?;
            Some((place, lead))
        });
        cut(matching, order, paging, total, |lead| self.show_lead(lead))
    }

    /// Every lead of a workflow that a filter matches, with what holds it, in order of enrolment.
    pub fn matching_leads(
        &self,
        workflow: WorkflowId,
        filter: LeadFilter,
    ) -> Vec<(LeadId, Option<HoldCode>)> {
        let Some(stored) = self.workflows.by_id(workflow) else { return Vec::new() };
        let Some(sieve) = Sieve::of(stored, filter) else { return Vec::new() };
        self.places(stored, &sieve, Order::default(), None)
            .filter_map(|place| self.leads.get(place.row()))
            .filter(|lead| sieve.takes(lead))
            .map(|lead| (lead.id, lead.hold))
            .collect()
    }

    /// How many leads a filter shows, where the kept counts do not tell.
    fn count(&self, stored: &StoredWorkflow, sieve: &Sieve) -> u64 {
        let rows = Narrowest::of(stored, sieve).rows(stored);
        let matching =
            rows.filter(|&row| self.leads.get(row).is_some_and(|lead| sieve.takes(lead)));
        matching.count() as u64
    }

    /// The places of rows that can match, growing, those behind `after` only.
    fn places<'a>(
        &'a self,
        stored: &'a StoredWorkflow,
        sieve: &Sieve,
        order: Order<LeadSort>,
        after: Option<Place>,
    ) -> Part<'a> {
        let narrowest = Narrowest::of(stored, sieve);
        let is_kept = match order.by {
            LeadSort::EnrolledAt => !matches!(narrowest, Narrowest::Node(_)),
            LeadSort::EnteredAt => matches!(narrowest, Narrowest::Node(_) | Narrowest::All),
            LeadSort::Status => matches!(narrowest, Narrowest::Buckets(_) | Narrowest::All),
        };
        if !is_kept && narrowest.len(stored) <= GATHERED_MAX {
            return self.gathered(stored, &narrowest, order, after);
        }
        match order.by {
            LeadSort::EnrolledAt => narrowest.by_row(stored, order, after),
            LeadSort::EnteredAt => self.by_arrival(stored, sieve, order, after),
            LeadSort::Status => {
                let parts = sieve.buckets().into_iter().map(|bucket| {
                    let rows = stored.rows.in_bucket(bucket);
                    of_rows(rows, bucket.rank(), order, after)
                });
                merged(parts.collect())
            }
        }
    }

    /// Few rows, sorted here.
    fn gathered<'a>(
        &self,
        stored: &StoredWorkflow,
        narrowest: &Narrowest,
        order: Order<LeadSort>,
        after: Option<Place>,
    ) -> Part<'a> {
        let place = |row: u32| Some(place_of(self.leads.get(row)?, row, order));
        let mut places: Vec<Place> = narrowest.rows(stored).filter_map(place).collect();
        places.retain(|place| after.is_none_or(|after| *place > after));
        places.sort_unstable();
        Box::new(places.into_iter())
    }

    /// By arrival at the node: node by node where the filter's leads can be, and then those that
    /// are at none.
    fn by_arrival<'a>(
        &'a self,
        stored: &'a StoredWorkflow,
        sieve: &Sieve,
        order: Order<LeadSort>,
        after: Option<Place>,
    ) -> Part<'a> {
        let filter = sieve.filter;
        let has_some = |node: u32| {
            let counts = stored.by_node.get(node).copied().unwrap_or_default();
            let waiting = stored.waiting.get(node).copied().unwrap_or_default();
            filter.held.is_none_or(|_| counts.held > 0)
                && match sieve.only_bucket() {
                    None | Some(Bucket::Removed) => true,
                    Some(Bucket::With(LeadStatus::Pending)) => false,
                    Some(Bucket::With(LeadStatus::Active)) => waiting > 0,
                    Some(Bucket::With(LeadStatus::Completed | LeadStatus::Dropped)) => {
                        counts.here > waiting
                    }
                }
        };
        let nodes = stored.rows.at_nodes().filter(|&(node, there)| {
            !there.is_empty() && sieve.node.map_or_else(|| has_some(node), |wanted| wanted == node)
        });
        let mut parts: Vec<Part<'a>> =
            nodes.map(|(_, there)| of_arrivals(there, order, after)).collect();
        if sieve.node.is_none() && filter.held.is_none() {
            for bucket in [Bucket::With(LeadStatus::Pending), Bucket::Removed] {
                let nowhere = of_rows(stored.rows.in_bucket(bucket), i64::MAX, order, after);
                let is_nowhere = |place: &Place| {
                    self.leads.get(place.row()).is_some_and(|lead| lead.node == NONE)
                };
                parts.push(Box::new(nowhere.filter(is_nowhere)));
            }
        }
        merged(parts)
    }
}

/// A filter, its node named by its number.
pub(crate) struct Sieve {
    filter: LeadFilter,
    node: Option<u32>,
}

impl Sieve {
    /// `None` for a node that no lead ever came to: it has no number, and no leads.
    pub(crate) fn of(stored: &StoredWorkflow, filter: LeadFilter) -> Option<Self> {
        let node = match filter.node {
            Some(id) => Some(stored.nodes.number(id)?),
            None => None,
        };
        Some(Self { filter, node })
    }

    pub(crate) fn takes(&self, lead: &StoredLead) -> bool {
        let held = match self.filter.held {
            None => true,
            Some(Held::Any) => lead.hold.is_some() && !lead.removed,
            Some(Held::With(code)) => lead.hold == Some(code) && !lead.removed,
        };
        lead.is_shown()
            && held
            && self.filter.status.is_none_or(|wanted| lead.status == wanted)
            && self.filter.removed.is_none_or(|wanted| lead.removed == wanted)
            && self.node.is_none_or(|wanted| lead.node == wanted)
    }

    /// The bucket that every lead of the filter counts in, if there is one.
    fn only_bucket(&self) -> Option<Bucket> {
        match (self.filter.status, self.filter.removed) {
            (_, Some(true)) => Some(Bucket::Removed),
            (Some(status), Some(false)) => Some(Bucket::With(status)),
            (Some(_) | None, None) | (None, Some(false)) => None,
        }
    }

    /// The buckets that leads of the filter count in, in their order.
    fn buckets(&self) -> Vec<Bucket> {
        let fits = |bucket: &Bucket| match *bucket {
            Bucket::Removed => self.filter.removed != Some(false),
            Bucket::With(status) => {
                self.filter.removed != Some(true)
                    && self.filter.status.is_none_or(|wanted| wanted == status)
            }
        };
        Bucket::ALL.into_iter().filter(fits).collect()
    }
}

/// The kept rows among which all leads of a filter are: the fewest.
enum Narrowest {
    /// By what holds them.
    Holds(Vec<HoldCode>),
    /// By how they count.
    Buckets(Vec<Bucket>),
    /// By where they are; the node's number.
    Node(u32),
    /// All leads of the workflow.
    All,
}

impl Narrowest {
    fn of(stored: &StoredWorkflow, sieve: &Sieve) -> Self {
        let buckets = sieve.buckets();
        let holds = match sieve.filter.held {
            Some(Held::With(code)) => Some(vec![code]),
            Some(Held::Any) => Some(stored.held.keys().copied().collect()),
            None => None,
        };
        // All buckets together are all leads, which have a shorter way.
        let buckets = (buckets.len() < Bucket::COUNT).then_some(Self::Buckets(buckets));
        let kept = [holds.map(Self::Holds), sieve.node.map(Self::Node), buckets];
        let kept = kept.into_iter().flatten();
        kept.min_by_key(|narrow| narrow.len(stored)).unwrap_or(Self::All)
    }

    fn len(&self, stored: &StoredWorkflow) -> usize {
        match self {
            Self::Holds(codes) => {
                codes.iter().filter_map(|code| stored.held.get(code)).map(BTreeSet::len).sum()
            }
            Self::Buckets(buckets) => {
                buckets.iter().map(|&bucket| stored.rows.in_bucket(bucket).len()).sum()
            }
            Self::Node(node) => stored.rows.at_node(*node).map_or(0, BTreeSet::len),
            Self::All => stored.leads.len(),
        }
    }

    /// The rows, in no order that may be relied on.
    fn rows<'a>(&self, stored: &'a StoredWorkflow) -> Box<dyn Iterator<Item = u32> + 'a> {
        match self {
            Self::Holds(codes) => {
                let codes = codes.clone().into_iter();
                Box::new(codes.filter_map(|code| stored.held.get(&code)).flatten().copied())
            }
            Self::Buckets(buckets) => {
                let buckets = buckets.clone().into_iter();
                Box::new(buckets.flat_map(|bucket| stored.rows.in_bucket(bucket)).copied())
            }
            Self::Node(node) => {
                let there = stored.rows.at_node(*node).into_iter().flatten();
                Box::new(there.map(|entered| entered.row))
            }
            Self::All => Box::new(stored.leads.iter().copied()),
        }
    }

    /// The rows in order of enrolment. Those at a node, many of all there are, are met on the way.
    fn by_row<'a>(
        &self,
        stored: &'a StoredWorkflow,
        order: Order<LeadSort>,
        after: Option<Place>,
    ) -> Part<'a> {
        let sets: Vec<&BTreeSet<u32>> = match self {
            Self::Holds(codes) => codes.iter().filter_map(|code| stored.held.get(code)).collect(),
            Self::Buckets(buckets) => {
                buckets.iter().map(|&bucket| stored.rows.in_bucket(bucket)).collect()
            }
            Self::Node(_) | Self::All => return of_slice(&stored.leads, order, after),
        };
        merged(sets.into_iter().map(|rows| of_rows(rows, 0, order, after)).collect())
    }
}

/// The place of a lead.
fn place_of(lead: &StoredLead, row: u32, order: Order<LeadSort>) -> Place {
    match order.by {
        LeadSort::EnrolledAt => order.place(0, row),
        LeadSort::Status => {
            let bucket = if lead.removed { Bucket::Removed } else { Bucket::With(lead.status) };
            order.place(bucket.rank(), row)
        }
        LeadSort::EnteredAt => match lead.arrival() {
            Some(arrival) => order.place(arrival.at.as_micros(), row),
            None => order.last_place(row),
        },
    }
}

/// Rows that grow, as places with one value.
pub(crate) fn of_slice<S: crate::order::SortKey>(
    rows: &[u32],
    order: Order<S>,
    after: Option<Place>,
) -> Part<'_> {
    let place = move |&row: &u32| order.place(0, row);
    if order.descending {
        let end = after.map_or(rows.len(), |after| rows.partition_point(|&row| row < after.row()));
        Box::new(rows.iter().take(end).rev().map(place))
    } else {
        let first = after.map_or(0, |after| rows.partition_point(|&row| row <= after.row()));
        Box::new(rows.iter().skip(first).map(place))
    }
}

/// Kept rows, as places with one value.
fn of_rows(
    rows: &BTreeSet<u32>,
    value: i64,
    order: Order<LeadSort>,
    after: Option<Place>,
) -> Part<'_> {
    let place = move |&row: &u32| {
        if value == i64::MAX { order.last_place(row) } else { order.place(value, row) }
    };
    let value = place(&0).value;
    let bound = match after {
        Some(after) if after.value > value => return Box::new(std::iter::empty()),
        Some(after) if after.value == value => Excluded(after.row()),
        Some(_) | None => Unbounded,
    };
    if order.descending {
        Box::new(rows.range((Unbounded, bound)).rev().map(place))
    } else {
        Box::new(rows.range((bound, Unbounded)).map(place))
    }
}

/// Leads at a node, as places with the time they came there.
fn of_arrivals(
    there: &BTreeSet<Entered>,
    order: Order<LeadSort>,
    after: Option<Place>,
) -> Part<'_> {
    let place = move |entered: &Entered| order.place(entered.micros(), entered.row);
    let bound = match after {
        // Behind it are only leads that are at no node.
        Some(after) if after.value == i64::MAX => return Box::new(std::iter::empty()),
        Some(after) => {
            let micros = if order.descending { -after.value } else { after.value };
            Excluded(Entered::at(micros, after.row()))
        }
        None => Unbounded,
    };
    if order.descending {
        Box::new(there.range((Unbounded, bound)).rev().map(place))
    } else {
        Box::new(there.range((bound, Unbounded)).map(place))
    }
}

/// How many leads a filter shows, where the counts can tell.
fn known_total(stored: &StoredWorkflow, sieve: &Sieve) -> Option<u64> {
    let LeadFilter { status, held, removed, .. } = sieve.filter;
    let counts = |node: u32| stored.by_node.get(node).copied().unwrap_or_default();
    match (sieve.node, held, status, removed) {
        (None, None, None, _) | (None, None, Some(_), Some(false)) => {
            Some(Narrowest::Buckets(sieve.buckets()).len(stored) as u64)
        }
        (None, Some(held), None, None | Some(false)) => {
            let codes = match held {
                Held::With(code) => vec![code],
                Held::Any => stored.held.keys().copied().collect(),
            };
            Some(Narrowest::Holds(codes).len(stored) as u64)
        }
        (Some(node), None, None, None) => Some(Narrowest::Node(node).len(stored) as u64),
        (Some(node), None, None, Some(false)) => Some(counts(node).here),
        (Some(node), Some(Held::Any), None, None | Some(false)) => Some(counts(node).held),
        (Some(node), None, Some(LeadStatus::Active), Some(false)) => {
            Some(stored.waiting.get(node).copied().unwrap_or_default())
        }
        (_, _, _, _) => None,
    }
}
