//! Each rule, with a journal that breaks it.

mod calls;
mod erasure;
mod leads;
mod organisations;
mod workflows;

use branchline_domain::{
    call_status::CallStatus,
    id::{ImportId, NodeId, OrganisationId},
    lead::{BranchCause, LeadEvent, Resolution},
    organisation::OrganisationEvent,
    personal::Personal,
    workflow::{ImportOpening, Settings, WorkflowEvent},
};
use branchline_journal::record::{Cause, Claim, ClaimKind, Position, Version};

use super::*;

pub(super) const WORKFLOW: WorkflowId = WorkflowId::from_u128(1);
pub(super) const LEAD: LeadId = LeadId::from_u128(2);
pub(super) const NODE: NodeId = NodeId::from_u128(3);
pub(super) const OTHER: NodeId = NodeId::from_u128(4);
pub(super) const IMPORT: ImportId = ImportId::from_u128(5);
pub(super) const TAG: [u8; 16] = [7; 16];

/// One record.
pub(super) enum Step {
    Workflow(WorkflowEvent),
    Lead(Vec<LeadEvent>),
    Organisation(OrganisationId, Vec<OrganisationEvent>),
    /// With the claims it takes and gives back.
    Claiming(Vec<LeadEvent>, Vec<ClaimChange>),
}

/// What is told of a story, each with its rule.
pub(super) fn violations(steps: &[Step]) -> Vec<(Rule, String)> {
    judged(steps).1
}

fn judged(steps: &[Step]) -> (Invariants, Vec<(Rule, String)>) {
    let mut invariants = Invariants::new();
    let mut found = Vec::new();
    for (index, step) in (1..).zip(steps) {
        let fact = |events| Fact {
            position: Position(index),
            at: Timestamp::from_micros(1_000),
            organisation: OrganisationId::DEFAULT,
            principal: "test",
            cause: &Cause::None,
            version: Version(1),
            events,
        };
        let seen = match step {
            Step::Workflow(event) => {
                invariants.check(&fact(FactEvents::Workflow(WORKFLOW, std::slice::from_ref(event))))
            }
            Step::Organisation(id, events) => {
                invariants.check(&fact(FactEvents::Organisation(*id, events)))
            }
            Step::Lead(events) => invariants.check(&fact(FactEvents::Lead(LEAD, events))),
            Step::Claiming(events, claims) => {
                invariants.check_with_claims(&fact(FactEvents::Lead(LEAD, events)), claims)
            }
        };
        assert!(seen.iter().all(|violation| violation.position == Position(index)));
        found.extend(seen.into_iter().map(|violation| (violation.rule, violation.problem)));
    }
    (invariants, found)
}

/// Asserts that a story breaks this one rule, in these words.
pub(super) fn breaks(steps: &[Step], rule: Rule, words: &str) {
    assert_eq!(violations(steps), [(rule, words.to_owned())]);
}

pub(super) fn created() -> WorkflowEvent {
    WorkflowEvent::WorkflowCreated {
        organisation: OrganisationId::DEFAULT,
        title: String::new(),
        description: String::new(),
        settings: Settings::default(),
        source: None,
    }
}

pub(super) fn revised(revision: u32) -> WorkflowEvent {
    WorkflowEvent::GraphRevised { revision, changes: Vec::new() }
}

pub(super) fn opened() -> WorkflowEvent {
    let opening = ImportOpening {
        file_name: None,
        rows: 1,
        duplicates_skipped: 0,
        variable_keys: Vec::new(),
    };
    WorkflowEvent::ImportOpened { import: IMPORT, opening }
}

pub(super) fn closed(enrolled: u32) -> WorkflowEvent {
    WorkflowEvent::ImportClosed { import: IMPORT, enrolled, duplicates_skipped: 0 }
}

pub(super) fn enrolled(import: Option<ImportId>) -> LeadEvent {
    LeadEvent::LeadEnrolled {
        workflow: WORKFLOW,
        contact_tag: TAG,
        key_slot: 0,
        phone_number: Personal::Erased,
        variables: Personal::Erased,
        notes: Personal::Erased,
        import,
    }
}

pub(super) fn entered(visit: u32, release_at: Option<i64>) -> LeadEvent {
    let release_at = release_at.map(Timestamp::from_micros);
    LeadEvent::NodeEntered { visit, node: NODE, revision: 1, release_at }
}

pub(super) fn requested(call: u32) -> LeadEvent {
    LeadEvent::CallRequested { call, from: String::new(), agent_id: None, ring_timeout_s: None }
}

pub(super) fn concluded(call: u32, status: CallStatus) -> LeadEvent {
    LeadEvent::CallConcluded { call, status, end_reason: None, occurred_at: None }
}

pub(super) fn branch(visit: u32, output: &str, cause: BranchCause) -> LeadEvent {
    let output = output.into();
    LeadEvent::BranchTaken { visit, from: NODE, output, to: NODE, cause, revision: 1 }
}

pub(super) fn decided(output: &str) -> LeadEvent {
    LeadEvent::HoldResolved { choice: Resolution::Output(output.into()) }
}

pub(super) fn started(call: u32) -> LeadEvent {
    LeadEvent::CallDispatchStarted { call, lease_until: None }
}

pub(super) fn dispatched(call: u32) -> LeadEvent {
    LeadEvent::CallDispatched { call, provider_ref: None }
}

pub(super) fn number(key: [u8; 16]) -> Claim {
    Claim { kind: ClaimKind::LIVE_CALL, key }
}

/// A workflow that is active.
pub(super) fn active() -> Vec<Step> {
    [created(), revised(1), WorkflowEvent::WorkflowActivated]
        .into_iter()
        .map(Step::Workflow)
        .collect()
}

/// A lead that waits for its first call in an active workflow.
pub(super) fn calling() -> Vec<Step> {
    let mut story = active();
    story.push(Step::Lead(vec![enrolled(None), entered(1, None), requested(1)]));
    story
}

/// The story with more records of the lead.
pub(super) fn then(mut story: Vec<Step>, records: Vec<Vec<LeadEvent>>) -> Vec<Step> {
    story.extend(records.into_iter().map(Step::Lead));
    story
}

/// The story with more records of the workflow.
pub(super) fn told(mut story: Vec<Step>, events: Vec<WorkflowEvent>) -> Vec<Step> {
    story.extend(events.into_iter().map(Step::Workflow));
    story
}

#[test]
fn a_sound_story_shows_nothing_and_every_rule_has_looked() {
    let mut story = told(active(), vec![opened()]);
    story.push(Step::Claiming(vec![enrolled(Some(IMPORT))], Vec::new()));
    story = told(story, vec![closed(1)]);
    story = then(story, vec![vec![entered(1, None), requested(1)]]);
    story.push(Step::Claiming(vec![started(1)], vec![ClaimChange::Take(number(TAG))]));
    let concluded = concluded(1, CallStatus::Busy);
    let moved = vec![concluded, branch(1, "DNP", BranchCause::Call(1)), entered(2, Some(900))];
    story.push(Step::Claiming(moved, vec![ClaimChange::Release(number(TAG))]));
    story = then(
        story,
        vec![
            vec![branch(2, "next", BranchCause::Release), entered(3, None)],
            vec![LeadEvent::ApplicationRequested { attempt: 1 }],
            vec![LeadEvent::ApplicationStarted { attempt: 1 }],
            vec![LeadEvent::LeadDropped],
            vec![LeadEvent::LeadErased { key_slot: 0 }],
        ],
    );
    story.push(Step::Organisation(OrganisationId::DEFAULT, vec![organisations::made()]));
    story.push(Step::Organisation(OrganisationId::DEFAULT, vec![organisations::kept()]));
    let (invariants, found) = judged(&story);
    assert_eq!(found, []);
    for rule in Rule::ALL {
        assert!(invariants.looked(rule) > 0, "{} looked at nothing", rule.as_str());
    }
}

#[test]
fn the_number_of_a_rule_is_its_place_in_the_list() {
    for (place, rule) in Rule::ALL.into_iter().enumerate() {
        assert_eq!(rule as usize, place);
    }
}
