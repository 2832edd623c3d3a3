//! A workflow's leads in parts, for whoever reads all of them and keeps nobody waiting.

use branchline_domain::id::{ImportId, LeadId, WorkflowId};
use branchline_journal::record::Position;

use crate::{
    Projections,
    imports::ImportStatus,
    lead_lists::{LeadFilter, Sieve},
};

/// Where a reading of a workflow's leads goes on; the default is its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeadPlace(usize);

/// Part of a workflow's leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeadPart {
    /// In order of enrolment.
    pub rows: Vec<PartRow>,
    /// Where the next part begins.
    pub next: LeadPlace,
}

/// One lead of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartRow {
    /// Which.
    pub id: LeadId,
    /// The import it came with.
    pub import: Option<ImportId>,
    /// Whether the filter shows it as it is now.
    pub matches: bool,
}

impl Projections {
    /// The next leads of a workflow that lists may show, out of at most `limit`, up to one that was
    /// enrolled after `until`. `None` when there is none any more.
    pub fn leads_part(
        &self,
        workflow: WorkflowId,
        filter: LeadFilter,
        LeadPlace(from): LeadPlace,
        until: Position,
        limit: usize,
    ) -> Option<LeadPart> {
        let stored = self.workflows.by_id(workflow)?;
        // A node that no lead has come to yet shows none as it is now.
        let sieve = Sieve::of(stored, filter);
        let rest = stored.leads.get(from..).unwrap_or_default().iter().take(limit);
        let leads = rest.filter_map(|&row| self.leads.get(row));
        let leads: Vec<_> = leads.take_while(|lead| lead.enrolled_position <= until.0).collect();
        if leads.is_empty() {
            return None;
        }
        let next = LeadPlace(from + leads.len());
        let shown = leads.into_iter().filter(|lead| lead.is_shown());
        let rows = shown.map(|lead| PartRow {
            id: lead.id,
            import: self.imports.get(lead.import).map(|import| import.row.id),
            matches: sieve.as_ref().is_some_and(|sieve| sieve.takes(lead)),
        });
        Some(LeadPart { rows: rows.collect(), next })
    }

    /// Imports of a workflow whose leads do not count yet.
    pub fn running_imports(&self, workflow: WorkflowId) -> std::collections::BTreeSet<ImportId> {
        let unfinished = self.imports.unfinished().map(|(_, import)| &import.row);
        let running = unfinished
            .filter(|row| row.workflow_id == workflow && row.status == ImportStatus::Running);
        running.map(|row| row.id).collect()
    }
}
