//! Everything recorded of one workflow.

use branchline_domain::id::{OrganisationId, WorkflowId};
use branchline_journal::record::StreamId;

use crate::{
    EngineError,
    handle::EngineHandle,
    rebuild::{RebuildError, fact_of, unreadable},
    recorded::RecordedFact,
};

impl EngineHandle {
    /// Every record of a workflow, the oldest first; none of its leads'. Empty for a workflow that
    /// there is not, and for those of others. A deleted one has its records still.
    ///
    /// # Errors
    ///
    /// [`EngineError::Unavailable`] when the journal cannot be read.
    #[expect(clippy::unused_async, reason = "a store on another machine will have to wait")]
    pub async fn workflow_facts(
        &self,
        organisation: OrganisationId,
        workflow: WorkflowId,
    ) -> Result<Vec<RecordedFact>, EngineError> {
        let records = self.reads.store().read_stream(StreamId::workflow(workflow.as_uuid()));
        let records = records.map_err(|error| unreadable(&RebuildError::Read(error)))?;
        let mut facts = Vec::with_capacity(records.len());
        for record in &records {
            let fact = fact_of(record, None).map_err(|error| unreadable(&error))?;
            facts.extend(fact.filter(|fact| fact.organisation == organisation));
        }
        Ok(facts)
    }
}
