//! Which records are wanted.

use actix_web::HttpRequest;
use branchline_domain::{
    id::{LeadId, WorkflowId},
    lead::LeadEvent,
    organisation::OrganisationEvent,
    time::Timestamp,
    workflow::WorkflowEvent,
};
use branchline_engine::{RecordedEvents, RecordedFact};
use branchline_http_api::pages::Fault;

use crate::shell::{parameter, query};

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Workflows that were made, steered or changed.
    Workflow,
    /// Graphs.
    Graph,
    /// Imports.
    Import,
    /// Leads that came, went or were changed.
    Lead,
    /// Ways that leads took, and waits.
    Step,
    /// Calls.
    Call,
    /// Leads that were held, and what people decided.
    Hold,
    /// Applications.
    Application,
    /// What providers told that fits no call, and what became of it.
    Provider,
    /// API keys, and what was refused to them.
    Key,
}

impl Kind {
    pub(super) const ALL: [Self; 10] = [
        Self::Workflow,
        Self::Graph,
        Self::Import,
        Self::Lead,
        Self::Step,
        Self::Call,
        Self::Hold,
        Self::Application,
        Self::Provider,
        Self::Key,
    ];

    /// In addresses, and as a class of `audit.css`.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Workflow => "workflow",
            Self::Graph => "graph",
            Self::Import => "import",
            Self::Lead => "lead",
            Self::Step => "step",
            Self::Call => "call",
            Self::Hold => "hold",
            Self::Application => "application",
            Self::Provider => "provider",
            Self::Key => "key",
        }
    }

    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Workflow => "workflows steered or changed",
            Self::Graph => "graphs",
            Self::Import => "imports",
            Self::Lead => "leads enrolled, edited, removed",
            Self::Step => "ways taken and waits",
            Self::Call => "calls",
            Self::Hold => "holds and decisions",
            Self::Application => "applications",
            Self::Provider => "what providers told",
            Self::Key => "keys",
        }
    }

    pub(super) const fn of_workflow(event: &WorkflowEvent) -> Self {
        match event {
            WorkflowEvent::WorkflowCreated { .. }
            | WorkflowEvent::WorkflowRenamed { .. }
            | WorkflowEvent::SettingsChanged { .. }
            | WorkflowEvent::WorkflowActivated
            | WorkflowEvent::WorkflowPaused
            | WorkflowEvent::WorkflowResumed
            | WorkflowEvent::WorkflowCompleted { .. }
            | WorkflowEvent::WorkflowCancelled
            | WorkflowEvent::WorkflowDeleted => Self::Workflow,
            WorkflowEvent::GraphRevised { .. }
            | WorkflowEvent::GraphStaged { .. }
            | WorkflowEvent::NodeReplaced { .. } => Self::Graph,
            WorkflowEvent::ImportOpened { .. }
            | WorkflowEvent::ImportClosed { .. }
            | WorkflowEvent::ImportCancelled { .. }
            | WorkflowEvent::ImportRefused { .. } => Self::Import,
        }
    }

    pub(super) const fn of_lead(event: &LeadEvent) -> Self {
        match event {
            LeadEvent::LeadEnrolled { .. }
            | LeadEvent::LeadRemoved
            | LeadEvent::LeadWithdrawn
            | LeadEvent::LeadErased { .. }
            | LeadEvent::LeadEdited { .. } => Self::Lead,
            LeadEvent::NodeEntered { .. }
            | LeadEvent::BranchTaken { .. }
            | LeadEvent::LeadMoved { .. }
            | LeadEvent::AnalysisAwaited { .. }
            | LeadEvent::ReleasePlanned { .. }
            | LeadEvent::LeadCompleted
            | LeadEvent::LeadDropped => Self::Step,
            LeadEvent::CallRequested { .. }
            | LeadEvent::CallScheduled { .. }
            | LeadEvent::CallDispatchStarted { .. }
            | LeadEvent::CallDispatched { .. }
            | LeadEvent::CallDispatchRefused { .. }
            | LeadEvent::CallDispatchUnknown { .. }
            | LeadEvent::CallStatusChanged { .. }
            | LeadEvent::CallConcluded { .. }
            | LeadEvent::CallConflictRecorded { .. }
            | LeadEvent::CallReferenced { .. }
            | LeadEvent::ProviderStatusHeard { .. }
            | LeadEvent::CallAttributesAttached { .. } => Self::Call,
            LeadEvent::RoutingHeld { .. } | LeadEvent::HoldResolved { .. } => Self::Hold,
            LeadEvent::ApplicationRequested { .. }
            | LeadEvent::ApplicationStarted { .. }
            | LeadEvent::ApplicationTried { .. }
            | LeadEvent::ApplicationAnswered { .. } => Self::Application,
        }
    }

    pub(super) const fn of_organisation(event: &OrganisationEvent) -> Self {
        match event {
            OrganisationEvent::ApiKeyCreated { .. }
            | OrganisationEvent::ApiKeyExpirySet { .. }
            | OrganisationEvent::ApiKeyRevoked { .. }
            | OrganisationEvent::ActionRefused { .. } => Self::Key,
            OrganisationEvent::ProviderEventUnmatched { .. }
            | OrganisationEvent::ProviderEventMatched { .. }
            | OrganisationEvent::ProviderEventDismissed { .. }
            | OrganisationEvent::ProviderWordsSet { .. } => Self::Provider,
        }
    }

    fn is_in(self, fact: &RecordedFact) -> bool {
        match &fact.events {
            RecordedEvents::Workflow(_, events) => {
                events.iter().any(|event| Self::of_workflow(event) == self)
            }
            RecordedEvents::Lead(_, events) => {
                events.iter().any(|event| Self::of_lead(event) == self)
            }
            RecordedEvents::Organisation(_, events) => {
                events.iter().any(|event| Self::of_organisation(event) == self)
            }
        }
    }
}

/// Which records are wanted: those that fit everything that is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Of this workflow, or of its leads.
    pub(crate) workflow: Option<WorkflowId>,
    /// Of this lead.
    pub(crate) lead: Option<LeadId>,
    /// About this.
    pub(crate) kind: Option<Kind>,
    /// Asked for by this principal, or by a key with this id.
    pub(crate) by: Option<String>,
    /// Not older.
    pub(crate) from: Option<Timestamp>,
    /// Not newer.
    pub(crate) until: Option<Timestamp>,
    /// Before this position.
    pub(crate) before: Option<u64>,
}

impl Wanted {
    /// What the address of a page says.
    ///
    /// # Errors
    ///
    /// 400 naming the first thing that cannot be read.
    pub(crate) fn of(request: &HttpRequest) -> Result<Self, Fault> {
        let given = |name: &str| {
            parameter(request, name)
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        let id = |name, what| {
            move |_| Fault::invalid(format!("{name}: this is no {what}: take the whole id"))
        };
        let time = |name: &str| given(name).map(|text| utc(name, &text)).transpose();
        Ok(Self {
            workflow: given("workflow")
                .map(|text| text.parse().map_err(id("workflow", "id of a workflow")))
                .transpose()?,
            lead: given("lead")
                .map(|text| text.parse().map_err(id("lead", "id of a lead")))
                .transpose()?,
            kind: given("kind")
                .and_then(|word| Kind::ALL.into_iter().find(|kind| kind.as_str() == word)),
            by: given("by"),
            from: time("from")?,
            until: time("until")?,
            before: given("before").and_then(|text| text.parse().ok()),
        })
    }

    /// Whether a record fits. `home` is the workflow of its lead.
    pub(super) fn fits(&self, fact: &RecordedFact, home: Option<WorkflowId>) -> bool {
        let (workflow, lead) = match &fact.events {
            RecordedEvents::Workflow(workflow, _) => (Some(*workflow), None),
            RecordedEvents::Lead(lead, _) => (home, Some(*lead)),
            RecordedEvents::Organisation(..) => (None, None),
        };
        self.workflow.is_none_or(|wanted| workflow == Some(wanted))
            && self.lead.is_none_or(|wanted| lead == Some(wanted))
            && self.kind.is_none_or(|kind| kind.is_in(fact))
            && self.by.as_ref().is_none_or(|by| is_by(&fact.principal, by))
            && self.from.is_none_or(|from| fact.at >= from)
            && self.until.is_none_or(|until| fact.at <= until)
    }

    /// The address of a page that shows the same before another position.
    pub(super) fn address(&self, path: &str, before: Option<u64>) -> String {
        // A page about one workflow says so in its path.
        let workflow = self.workflow.filter(|_| !path.starts_with("/workflows/"));
        let fields = [
            ("workflow", workflow.map(|id| id.to_string())),
            ("lead", self.lead.map(|id| id.to_string())),
            ("kind", self.kind.map(|kind| kind.as_str().to_owned())),
            ("by", self.by.clone()),
            ("from", self.from.map(|at| at.to_string())),
            ("until", self.until.map(|at| at.to_string())),
            ("before", before.map(|before| before.to_string())),
        ];
        let given = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let query = query(given);
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

/// Whether a principal is the one that somebody typed: as a whole, or a key by its id.
fn is_by(principal: &str, typed: &str) -> bool {
    principal == typed || principal.strip_prefix("key:") == Some(typed)
}

/// A time as people type it, of UTC unless it says otherwise.
fn utc(name: &str, text: &str) -> Result<Timestamp, Fault> {
    let spelled = text.replacen(' ', "T", 1);
    let whole = match spelled.len() {
        10 => format!("{spelled}T00:00:00Z"),
        16 => format!("{spelled}:00Z"),
        19 => format!("{spelled}Z"),
        _ => spelled,
    };
    whole.parse().map_err(|_| {
        Fault::invalid(format!("{name}: this is no time: write it as 2026-11-25 17:30"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_people_type_it() {
        let read = |text: &str| utc("from", text);
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(read("2026-11-25").unwrap(), at("2026-11-25T00:00:00Z"));
        assert_eq!(read("2026-11-25 17:30").unwrap(), at("2026-11-25T17:30:00Z"));
        assert_eq!(read("2026-11-25T17:30:05").unwrap(), at("2026-11-25T17:30:05Z"));
        assert_eq!(read("2026-11-25T17:30:05+01:00").unwrap(), at("2026-11-25T16:30:05Z"));
        assert_eq!(read("2026-11-25T17:30:05.250Z").unwrap(), at("2026-11-25T17:30:05.250Z"));
        assert!(read("yesterday").unwrap_err().detail().contains("from"));
    }

    #[test]
    fn the_way_on_says_everything_that_was_asked_for() {
        let wanted =
            Wanted { kind: Some(Kind::Hold), by: Some("key:a b&c".into()), ..Wanted::default() };
        let address = wanted.address("/audit", Some(7));
        assert_eq!(address, "/audit?kind=hold&by=key%3Aa%20b%26c&before=7");
        assert_eq!(Wanted::default().address("/audit", None), "/audit");
    }

    #[test]
    fn a_key_is_found_by_its_id_and_nobody_by_a_part_of_a_name() {
        assert!(is_by("key:key_1", "key_1") && is_by("engine", "engine"));
        assert!(!is_by("engine", "eng") && !is_by("key:key_12", "key_1"));
    }
}
