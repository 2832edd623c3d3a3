//! What projections fold: one committed record, decoded.

use branchline_domain::{
    id::{LeadId, OrganisationId, WorkflowId},
    lead::LeadEvent,
    organisation::OrganisationEvent,
    time::Timestamp,
    workflow::WorkflowEvent,
};
use branchline_journal::record::{Cause, Position, Version};

/// One committed record, decoded. Borrowed: a fold keeps only what it answers with.
#[derive(Clone, Copy, Debug)]
pub struct Fact<'a> {
    /// Its place in the journal.
    pub position: Position,
    /// When it was decided.
    pub at: Timestamp,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Who asked for it.
    pub principal: &'a str,
    /// What made it come about.
    pub cause: &'a Cause,
    /// Version of its first event in its stream.
    pub version: Version,
    /// Its events, in order.
    pub events: FactEvents<'a>,
}

/// The events of one record, and the stream they belong to.
#[derive(Clone, Copy, Debug)]
pub enum FactEvents<'a> {
    /// Of a workflow.
    Workflow(WorkflowId, &'a [WorkflowEvent]),
    /// Of a lead and its calls.
    Lead(LeadId, &'a [LeadEvent]),
    /// Of an organisation.
    Organisation(OrganisationId, &'a [OrganisationEvent]),
}
