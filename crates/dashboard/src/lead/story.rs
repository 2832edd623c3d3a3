//! Everything about a lead, as of its newest record or an earlier one.

use branchline_domain::{
    decider::Recorded,
    graph::{Graph, Node},
    id::{LeadId, NodeId, OrganisationId, WorkflowId},
    lead::{self, LeadEvent, LeadState},
    time::Timestamp,
    workflow::WorkflowView,
};
use branchline_engine::{EngineHandle, RecordedEvents, RecordedFact};

use crate::shell::PageError;

/// A lead, as of one of its records.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    /// Which.
    pub(crate) lead: LeadId,
    /// Where it is enrolled.
    pub(crate) workflow: WorkflowId,
    /// What people call the workflow.
    pub(crate) workflow_title: String,
    /// The workflow as it is now.
    pub(crate) view: WorkflowView,
    /// What the records up to the shown one add up to. Once personal fields are erased, they are
    /// so at every record.
    pub(crate) state: LeadState,
    /// Now, by the engine's clock.
    pub(crate) now: Timestamp,
    facts: Vec<RecordedFact>,
    /// How many of the records are shown; at least one.
    shown: usize,
}

impl Story {
    /// The story as of the record at `at`, or the last one before it; of now without it.
    ///
    /// # Errors
    ///
    /// 404 for a lead that is not there or of others; what the engine answers.
    pub(crate) async fn load(
        engine: &EngineHandle,
        organisation: OrganisationId,
        lead: LeadId,
        at: Option<u64>,
    ) -> Result<Self, PageError> {
        let missing = || PageError::not_found("lead", &lead.to_string());
        let told = engine.lead(organisation, lead).await?;
        // One whose import has not ended does not count yet, and is nowhere to be seen.
        let look = |projections: &branchline_projections::Projections| {
            projections.lead(lead)?;
            let row = projections.workflow_or_deleted(told.workflow)?;
            Some((row.state.title.clone(), row.view()))
        };
        let (workflow_title, view) = engine.read(look).await?.ok_or_else(missing)?;
        let all = told.facts.len();
        let until = |at: u64| told.facts.iter().filter(|fact| fact.position.0 <= at).count();
        let shown = at.map_or(all, until).clamp(1, all.max(1));
        let mut story = Self {
            lead,
            workflow: told.workflow,
            workflow_title,
            view,
            state: told.state,
            now: engine.api_keys().now(),
            facts: told.facts,
            shown,
        };
        if story.is_past() {
            story.state = story.walk(|_, _, _| {});
        }
        Ok(story)
    }

    /// All records, oldest first, those after the shown one too.
    pub(crate) fn all_facts(&self) -> &[RecordedFact] {
        &self.facts
    }

    /// The records up to the shown one, oldest first.
    pub(crate) fn facts(&self) -> &[RecordedFact] {
        self.facts.get(..self.shown).unwrap_or_default()
    }

    /// The shown record.
    pub(crate) fn last(&self) -> Option<&RecordedFact> {
        self.facts().last()
    }

    /// Whether there are records after the shown one.
    pub(crate) fn is_past(&self) -> bool {
        self.shown < self.facts.len()
    }

    /// The time of what is shown.
    pub(crate) fn time(&self) -> Timestamp {
        if self.is_past() { self.last().map_or(self.now, |fact| fact.at) } else { self.now }
    }

    /// Goes through the events up to the shown record, each with what the ones before it add up
    /// to. What all of them add up to.
    pub(crate) fn walk(
        &self,
        mut tell: impl FnMut(&RecordedFact, &LeadEvent, &LeadState),
    ) -> LeadState {
        let mut state = LeadState::default();
        for fact in self.facts() {
            let recorded = Recorded { at: fact.at, position: fact.position.0 };
            for event in events(fact) {
                tell(fact, event, &state);
                lead::evolve(&mut state, event, recorded);
            }
        }
        state
    }

    /// A node as the lead found it, or as it is now.
    pub(crate) fn node(&self, revision: u32, node: NodeId) -> Option<&Node> {
        let then = self.view.node_at(revision, node);
        then.or_else(|| self.view.graph.node(node)).map(AsRef::as_ref)
    }

    /// What people call a node: now, or when it was last there.
    pub(crate) fn label(&self, node: NodeId) -> String {
        let newest = self.view.graph.node(node);
        let before = || self.view.revisions.values().rev().find_map(|graph| graph.node(node));
        newest.or_else(before).map_or_else(|| node.to_string(), |node| node.label.clone())
    }

    /// The graph to draw the way on: the newest one, or of then.
    pub(crate) fn graph(&self) -> &Graph {
        let then = self.is_past().then(|| self.view.revisions.get(&self.state.entered_revision));
        then.flatten().unwrap_or(&self.view.graph)
    }

    /// What people know the lead by: a name among its variables, else its number.
    pub(crate) fn name(&self) -> String {
        const NAMES: [&str; 5] = ["name", "full_name", "full name", "customer_name", "first_name"];
        let variables = self.state.variables.known();
        let named = |wanted: &&str| {
            let found = variables?.iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted));
            found.filter(|(_, value)| !value.is_missing()).map(|(_, value)| value.as_text().into())
        };
        let number = || self.state.phone_number.known().filter(|number| !number.is_empty());
        let name: Option<String> = NAMES.iter().find_map(named);
        name.or_else(|| number().cloned()).unwrap_or_else(|| "An erased lead".into())
    }

    /// Where the page of the lead is.
    pub(crate) fn path(&self) -> String {
        format!("/leads/{}", self.lead)
    }
}

/// The events of a record of a lead.
pub(crate) fn events(fact: &RecordedFact) -> &[LeadEvent] {
    match &fact.events {
        RecordedEvents::Lead(_, events) => events,
        RecordedEvents::Workflow(..) | RecordedEvents::Organisation(..) => &[],
    }
}
