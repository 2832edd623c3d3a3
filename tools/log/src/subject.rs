//! Whom or what a question is about, from the text that names it.

use std::{collections::BTreeSet, fmt};

use branchline_domain::id::{
    ApiKeyId, CallId, EdgeId, ImportId, LeadId, NodeId, OrganisationId, WorkflowId,
};
use branchline_journal::record::StreamId;

use crate::Fault;

/// Characters in which an id may differ from one that is there to be offered in its place: a slip
/// of the hand, not another lead.
const SLIPS_MAX: usize = 4;

/// Whom or what a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A workflow.
    Workflow(WorkflowId),
    /// A lead, named by itself or by one of its calls.
    Lead(LeadId),
    /// An organisation, with its keys and what was refused to them.
    Organisation(OrganisationId),
}

impl Subject {
    /// Reads a public id. A call's id means its lead: the call's events are in its stream.
    ///
    /// # Errors
    ///
    /// When it is no id, or of a kind that has no stream; says what would be one.
    pub fn parse(id: &str) -> anyhow::Result<Self> {
        // The prefix decides; a bare UUID could be anything.
        if id.starts_with(WorkflowId::PREFIX) {
            return Ok(Self::Workflow(id.parse().map_err(misused)?));
        }
        if id.starts_with(LeadId::PREFIX) {
            return Ok(Self::Lead(id.parse().map_err(misused)?));
        }
        if id.starts_with("call_") {
            return Ok(Self::Lead(id.parse::<CallId>().map_err(misused)?.lead));
        }
        if id.starts_with(OrganisationId::PREFIX) {
            return Ok(Self::Organisation(id.parse().map_err(misused)?));
        }
        let shown: String = id.chars().take(80).collect();
        let expected = "expected wf_…, lead_…, call_… or org_…, as `branchline-log list` prints";
        Err(misused(match kind_of(id) {
            Some(kind) => {
                format!("`{shown}` is {kind}, which has no history of its own: {expected}")
            }
            None => format!("`{shown}` is no id: {expected}"),
        }))
    }

    /// The call that an id names; `None` when it names something else.
    pub fn parse_call(id: &str) -> Option<CallId> {
        id.starts_with("call_").then(|| id.parse().ok()).flatten()
    }

    /// Reads the id of a lead or of one of its calls.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`], and when it is the id of something else.
    pub fn parse_lead(id: &str) -> anyhow::Result<LeadId> {
        match Self::parse(id)? {
            Self::Lead(lead) => Ok(lead),
            Self::Workflow(workflow) => Err(misused(format!(
                "`{workflow}` is a workflow, and this is asked about a lead: \
                 `branchline-log list` shows its leads"
            ))),
            Self::Organisation(organisation) => Err(misused(format!(
                "`{organisation}` is an organisation, and this is asked about a lead: \
                 `branchline-log list` shows all leads"
            ))),
        }
    }

    /// The stream that has the events.
    pub const fn stream(self) -> StreamId {
        match self {
            Self::Workflow(workflow) => StreamId::workflow(workflow.as_uuid()),
            Self::Lead(lead) => StreamId::lead(lead.as_uuid()),
            Self::Organisation(id) => StreamId::organisation(id.as_uuid()),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workflow(workflow) => workflow.fmt(f),
            Self::Lead(lead) => lead.fmt(f),
            Self::Organisation(organisation) => organisation.fmt(f),
        }
    }
}

/// A slip of who asks, found before anything is read.
fn misused(slip: impl fmt::Display) -> anyhow::Error {
    Fault::Misused(slip.to_string()).into()
}

/// What an id without a stream names.
fn kind_of(id: &str) -> Option<&'static str> {
    [
        (NodeId::PREFIX, "a node"),
        (EdgeId::PREFIX, "an edge"),
        (ImportId::PREFIX, "an import"),
        (ApiKeyId::PREFIX, "a key of an organisation"),
    ]
    .into_iter()
    .find_map(|(prefix, kind)| id.starts_with(prefix).then_some(kind))
}

/// The stream of the same kind whose id differs from the wanted one by the fewest characters, if
/// it could be meant.
pub(crate) fn nearest(wanted: StreamId, there: &BTreeSet<StreamId>) -> Option<StreamId> {
    let digits = wanted.id.simple().to_string();
    there
        .iter()
        .filter(|stream| stream.kind == wanted.kind)
        .map(|stream| {
            let other = stream.id.simple().to_string();
            (digits.chars().zip(other.chars()).filter(|(a, b)| a != b).count(), *stream)
        })
        .min()
        .filter(|(slips, _)| *slips <= SLIPS_MAX)
        .map(|(_, stream)| stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_told_of_with_its_lead() {
        let lead = LeadId::from_u128(7);
        let call = CallId { lead, number: 3 };
        assert_eq!(Subject::parse(&call.to_string()).unwrap(), Subject::Lead(lead));
        assert_eq!(Subject::parse_lead(&call.to_string()).unwrap(), lead);
    }

    #[test]
    fn what_is_no_id_is_refused_with_what_would_be_one() {
        for text in ["", "7", "node_00000000-0000-0000-0000-000000000007", "lead_", "wf_x"] {
            assert!(Subject::parse(text).is_err(), "{text}");
        }
        let node = Subject::parse(&NodeId::from_u128(7).to_string()).unwrap_err().to_string();
        assert!(node.contains("is a node") && node.contains("lead_"), "{node}");
        let workflow = WorkflowId::from_u128(7).to_string();
        let refused = Subject::parse_lead(&workflow).unwrap_err().to_string();
        assert!(refused.contains("is a workflow"), "{refused}");
    }

    #[test]
    fn a_slip_finds_the_id_that_is_meant_and_no_stranger() {
        let there: BTreeSet<StreamId> = [0x1234_5678_u128, 0xffff_0000]
            .into_iter()
            .map(|id| Subject::Lead(LeadId::from_u128(id)).stream())
            .collect();
        let near = |id| nearest(Subject::Lead(LeadId::from_u128(id)).stream(), &there);
        assert_eq!(near(0x1235_5678).map(|stream| stream.id.as_u128()), Some(0x1234_5678));
        assert_eq!(near(0xaaaa_aaaa), None);
        let workflow = Subject::Workflow(WorkflowId::from_u128(0x1234_5678)).stream();
        assert_eq!(nearest(workflow, &there), None, "of another kind");
    }
}
