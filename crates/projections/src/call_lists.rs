//! Lists of calls: filtered, in some order, in pages.

use branchline_domain::{
    call_status::CallStatus,
    id::{LeadId, OrganisationId, WorkflowId},
};

use crate::{
    Projections,
    arena::NONE,
    lead_lists::of_slice,
    order::{CallSort, Order, Part, Place, TooLongToSort, merged},
    page::{Page, Paging, cut},
    rows::CallRow,
    stored::StoredCall,
    workflows::StoredWorkflow,
};

/// Which calls a list shows. Those of deleted workflows and removed leads too: a call outlives
/// both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// Only those of this organisation.
    pub organisation: Option<OrganisationId>,
    /// Only those of this workflow's leads.
    pub workflow: Option<WorkflowId>,
    /// Only those of this lead.
    pub lead: Option<LeadId>,
    /// Only those whose furthest status is this.
    pub status: Option<CallStatus>,
}

impl Projections {
    /// Calls in order of request.
    pub fn calls(&self, filter: CallFilter, paging: Paging) -> Page<CallRow> {
        self.ordered_calls(filter, Order::default(), paging).unwrap_or_default()
    }

    /// Calls in some order.
    ///
    /// # Errors
    ///
    /// [`TooLongToSort`] for another order than that of request.
    pub fn ordered_calls(
        &self,
        filter: CallFilter,
        order: Order<CallSort>,
        paging: Paging,
    ) -> Result<Page<CallRow>, TooLongToSort> {
        let found = self.call_rows(filter);
        let takes = |call: &StoredCall| filter.status.is_none_or(|wanted| call.status == wanted);
        let after = paging.after(order);
        let places = match order.by {
            CallSort::CreatedAt => found.in_order(order, after),
            CallSort::EndedAt | CallSort::Status => {
                TooLongToSort::check(found.len())?;
                let rows = found.in_order(Order::<CallSort>::default(), None).map(Place::row);
                let matching = rows.filter_map(|row| Some((row, self.calls.get(row)?)));
                let matching = matching.filter(|(_, call)| takes(call));
                let mut places: Vec<Place> =
                    matching.map(|(row, call)| place_of(call, row, order)).collect();
                places.retain(|place| after.is_none_or(|after| *place > after));
                places.sort_unstable();
                Box::new(places.into_iter())
            }
        };
        let matching = places.filter_map(|place| {
            let call = self.calls.get(place.row()).filter(|call| takes(call))?;
            Some((place, call))
        });
        let total = self.total_of(&found, filter.status);
        Ok(cut(matching, order, paging, total, |call| self.show_call(call)))
    }

    fn total_of(&self, found: &CallRows<'_>, status: Option<CallStatus>) -> u64 {
        match (found, status) {
            (_, None) => found.len(),
            (CallRows::OfLead(rows), Some(status)) => {
                let calls = rows.iter().filter_map(|&row| self.calls.get(row));
                calls.filter(|call| call.status == status).count() as u64
            }
            (CallRows::OfWorkflows(workflows), Some(status)) => {
                let counts = workflows.iter().map(|stored| stored.calls_by_status.get(&status));
                counts.map(|count| count.copied().unwrap_or(0)).sum()
            }
        }
    }

    /// Where the calls of a filter are, whatever their status.
    fn call_rows(&self, filter: CallFilter) -> CallRows<'_> {
        let fits = |stored: &&StoredWorkflow| {
            filter.organisation.is_none_or(|wanted| stored.organisation == wanted)
                && filter.workflow.is_none_or(|wanted| stored.id == wanted)
        };
        if let Some(lead) = filter.lead {
            let lead = self.lead_number(lead).and_then(|row| self.leads.get(row));
            let lead = lead.filter(|lead| {
                self.workflows.get(lead.workflow).is_some_and(|stored| fits(&stored))
            });
            let mut rows: Vec<u32> =
                std::iter::successors(lead.map(|lead| lead.last_call), |&row| {
                    self.calls.get(row).map(|call| call.previous)
                })
                .take_while(|&row| row != NONE)
                .collect();
            rows.reverse();
            return CallRows::OfLead(rows);
        }
        if let Some(workflow) = filter.workflow {
            return CallRows::OfWorkflows(
                self.workflows.by_id(workflow).into_iter().filter(fits).collect(),
            );
        }
        CallRows::OfWorkflows(self.workflows.all().map(|(_, stored)| stored).filter(fits).collect())
    }
}

/// Where calls are.
enum CallRows<'a> {
    /// These, in order of request.
    OfLead(Vec<u32>),
    /// All calls of these workflows.
    OfWorkflows(Vec<&'a StoredWorkflow>),
}

impl<'a> CallRows<'a> {
    fn len(&self) -> u64 {
        match self {
            Self::OfLead(rows) => rows.len() as u64,
            Self::OfWorkflows(workflows) => {
                workflows.iter().map(|stored| stored.calls.len() as u64).sum()
            }
        }
    }

    /// In order of request, or the other way round.
    fn in_order(&self, order: Order<CallSort>, after: Option<Place>) -> Part<'a> {
        match self {
            Self::OfLead(rows) => {
                let places: Vec<Place> = of_slice(rows, order, after).collect();
                Box::new(places.into_iter())
            }
            Self::OfWorkflows(workflows) => {
                let parts = workflows.iter().map(|stored| of_slice(&stored.calls, order, after));
                merged(parts.collect())
            }
        }
    }
}

/// The place of a call.
fn place_of(call: &StoredCall, row: u32, order: Order<CallSort>) -> Place {
    match order.by {
        CallSort::CreatedAt => order.place(0, row),
        CallSort::Status => order.place(call.status as i64, row),
        CallSort::EndedAt => match call.ended_at.get() {
            Some(at) => order.place(at.as_micros(), row),
            None => order.last_place(row),
        },
    }
}
