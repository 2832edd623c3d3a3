//! Lists of workflows and of their imports, in some order, in pages.

use branchline_domain::{
    id::{OrganisationId, WorkflowId},
    workflow::WorkflowStatus,
};

use crate::{
    Projections,
    imports::ImportRow,
    lead_lists::of_slice,
    lists::show_workflow,
    order::{ImportSort, Order, Place, TooLongToSort, WorkflowSort},
    page::{Page, Paging, cut},
    rows::WorkflowRow,
    workflows::StoredWorkflow,
};

/// Which workflows a list shows. Deleted ones never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkflowFilter {
    /// Only those of this organisation.
    pub organisation: Option<OrganisationId>,
    /// Only those with this status.
    pub status: Option<WorkflowStatus>,
}

impl WorkflowFilter {
    fn takes(&self, stored: &StoredWorkflow) -> bool {
        stored.is_there()
            && self.organisation.is_none_or(|wanted| stored.organisation == wanted)
            && self.status.is_none_or(|wanted| stored.state.status == wanted)
    }
}

impl Projections {
    /// Workflows in order of creation.
    pub fn workflows(&self, filter: WorkflowFilter, paging: Paging) -> Page<WorkflowRow<'_>> {
        self.ordered_workflows(filter, Order::default(), paging).unwrap_or_default()
    }

    /// Workflows in some order.
    ///
    /// # Errors
    ///
    /// [`TooLongToSort`] for another order than that of creation.
    pub fn ordered_workflows(
        &self,
        filter: WorkflowFilter,
        order: Order<WorkflowSort>,
        paging: Paging,
    ) -> Result<Page<WorkflowRow<'_>>, TooLongToSort> {
        let mut rows: Vec<u32> = self
            .workflows
            .all()
            .filter(|(_, stored)| filter.takes(stored))
            .map(|(row, _)| row)
            .collect();
        let total = rows.len() as u64;
        let after = paging.after(order);
        if order.by != WorkflowSort::CreatedAt {
            TooLongToSort::check(total)?;
        }
        if order.by == WorkflowSort::Title {
            rows = self.by_title(rows, order, after);
        } else {
            let place = |row: &u32| self.workflow_place(*row, order);
            rows.retain(|row| after.is_none_or(|after| place(row) > after));
            rows.sort_by_cached_key(place);
        }
        let placed = rows
            .into_iter()
            .filter_map(|row| Some((self.workflow_place(row, order), self.workflows.get(row)?)));
        Ok(cut(placed, order, paging, total, |stored| Some(show_workflow(stored))))
    }

    fn workflow_place(&self, row: u32, order: Order<WorkflowSort>) -> Place {
        let value = self.workflows.get(row).map_or(0, |stored| match order.by {
            WorkflowSort::CreatedAt => 0,
            WorkflowSort::UpdatedAt => stored.state.updated_at.as_micros(),
            WorkflowSort::Status => stored.state.status as i64,
            WorkflowSort::Title => beginning(&folded(stored)),
        });
        order.place(value, row)
    }

    /// Sorts rows by their titles and leaves out those up to the cursor, which has only the
    /// beginning of a title. The rest is its row's title now; of one that was renamed in between, the
    /// page begins with all that begin alike: none is missed, some may come twice.
    fn by_title(
        &self,
        rows: Vec<u32>,
        order: Order<WorkflowSort>,
        after: Option<Place>,
    ) -> Vec<u32> {
        let title = |row: u32| self.workflows.get(row).map(folded).unwrap_or_default();
        let mut titled: Vec<(String, u32)> =
            rows.into_iter().map(|row| (title(row), row)).collect();
        titled.sort_unstable();
        if order.descending {
            titled.reverse();
        }
        if let Some(after) = after {
            let last = (title(after.row()), after.row());
            let is_as_it_was = self.workflow_place(after.row(), order) == after;
            titled.retain(|found| match (is_as_it_was, order.descending) {
                (true, false) => *found > last,
                (true, true) => *found < last,
                (false, _) => order.place(beginning(&found.0), 0).value >= after.value,
            });
        }
        titled.into_iter().map(|(_, row)| row).collect()
    }

    /// Imports of a workflow, in the order they began.
    pub fn imports(&self, workflow: WorkflowId, paging: Paging) -> Page<ImportRow> {
        self.ordered_imports(workflow, Order::default(), paging)
    }

    /// Imports of a workflow, in the order they began or the other way round.
    pub fn ordered_imports(
        &self,
        workflow: WorkflowId,
        order: Order<ImportSort>,
        paging: Paging,
    ) -> Page<ImportRow> {
        let Some(stored) = self.workflows.by_id(workflow) else { return Page::default() };
        let places = of_slice(&stored.imports, order, paging.after(order));
        let placed = places.filter_map(|place| Some((place, self.imports.get(place.row())?)));
        let total = stored.imports.len() as u64;
        cut(placed, order, paging, total, |import| Some(import.row.clone()))
    }
}

/// A title as it is compared.
fn folded(stored: &StoredWorkflow) -> String {
    stored.state.title.to_lowercase()
}

/// The first seven bytes of a title as a number: it sorts as they do.
fn beginning(title: &str) -> i64 {
    let bytes = title.bytes().chain(std::iter::repeat(0)).take(7);
    bytes.fold(0, |number, byte| (number << 8) | i64::from(byte))
}
