use branchline_domain::{
    id::{NodeId, OrganisationId},
    personal::Personal,
};
use branchline_journal::record::{Cause, Version};

use super::*;

const WORKFLOW: WorkflowId = WorkflowId::from_u128(1);
const LEAD: LeadId = LeadId::from_u128(2);
const NODE: NodeId = NodeId::from_u128(3);

enum Step {
    Workflow(WorkflowEvent),
    Lead(Vec<LeadEvent>),
}

fn problems(steps: Vec<Step>) -> Vec<String> {
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
        let seen = match &step {
            Step::Workflow(event) => {
                invariants.check(&fact(FactEvents::Workflow(WORKFLOW, std::slice::from_ref(event))))
            }
            Step::Lead(events) => invariants.check(&fact(FactEvents::Lead(LEAD, events))),
        };
        found.extend(seen.into_iter().map(|violation| violation.problem));
    }
    found
}

fn enrolled() -> LeadEvent {
    LeadEvent::LeadEnrolled {
        workflow: WORKFLOW,
        contact_tag: [0; 16],
        key_slot: 0,
        phone_number: Personal::Erased,
        variables: Personal::Erased,
        notes: Personal::Erased,
        import: None,
    }
}

fn entered(visit: u32, release_at: Option<i64>) -> LeadEvent {
    let release_at = release_at.map(Timestamp::from_micros);
    LeadEvent::NodeEntered { visit, node: NODE, revision: 1, release_at }
}

fn requested(call: u32) -> LeadEvent {
    LeadEvent::CallRequested { call, from: String::new(), agent_id: None, ring_timeout_s: None }
}

fn concluded(call: u32, status: CallStatus) -> LeadEvent {
    LeadEvent::CallConcluded { call, status, end_reason: None, occurred_at: None }
}

fn branch(visit: u32, output: &str, cause: BranchCause) -> LeadEvent {
    LeadEvent::BranchTaken {
        visit,
        from: NODE,
        output: output.into(),
        to: NODE,
        cause,
        revision: 1,
    }
}

fn started(call: u32) -> LeadEvent {
    LeadEvent::CallDispatchStarted { call, lease_until: None }
}

fn active() -> Vec<Step> {
    vec![
        Step::Workflow(WorkflowEvent::WorkflowActivated),
        Step::Lead(vec![enrolled(), entered(1, None), requested(1)]),
    ]
}

#[test]
fn a_sound_story_shows_nothing() {
    let mut story = active();
    story.push(Step::Lead(vec![started(1)]));
    story.push(Step::Lead(vec![
        concluded(1, CallStatus::Busy),
        branch(1, "DNP", BranchCause::Call(1)),
        entered(2, None),
        LeadEvent::LeadDropped,
    ]));
    assert_eq!(problems(story), Vec::<String>::new());
}

#[test]
fn a_branch_while_paused_or_after_an_end_is_told() {
    for (event, word) in
        [(WorkflowEvent::WorkflowPaused, "paused"), (WorkflowEvent::WorkflowCancelled, "cancelled")]
    {
        let mut story = active();
        story.push(Step::Workflow(event));
        story.push(Step::Lead(vec![
            concluded(1, CallStatus::Busy),
            branch(1, "DNP", BranchCause::Call(1)),
        ]));
        assert_eq!(problems(story), [format!("took a branch while its workflow was {word}")]);
    }
}

#[test]
fn a_call_handed_out_twice_or_ended_twice_is_told() {
    let mut story = active();
    story.push(Step::Lead(vec![started(1)]));
    story.push(Step::Lead(vec![started(1)]));
    story.push(Step::Lead(vec![concluded(1, CallStatus::Busy)]));
    story.push(Step::Lead(vec![concluded(1, CallStatus::Failed)]));
    let told = problems(story);
    assert_eq!(
        told,
        ["call 1 was handed out twice", "call 1 ended as failed after it ended as busy"]
    );
}

#[test]
fn a_branch_that_its_call_does_not_explain_is_told() {
    let mut story = active();
    story.push(Step::Lead(vec![
        concluded(1, CallStatus::Busy),
        branch(1, "COMPLETED", BranchCause::Call(1)),
    ]));
    assert_eq!(problems(story), ["took COMPLETED, which no status of call 1 leads to"]);
}

#[test]
fn a_second_branch_of_one_visit_and_a_gap_in_visits_are_told() {
    let mut story = active();
    story.push(Step::Lead(vec![
        branch(1, "x", BranchCause::Person),
        branch(1, "x", BranchCause::Person),
        entered(3, None),
    ]));
    assert_eq!(problems(story), ["visit 1 took a second branch", "visit 3 follows visit 1"]);
}

#[test]
fn an_early_release_is_told() {
    let story = vec![
        Step::Workflow(WorkflowEvent::WorkflowActivated),
        Step::Lead(vec![
            enrolled(),
            entered(1, Some(2_000)),
            branch(1, "next", BranchCause::Release),
        ]),
    ];
    let told = problems(story);
    assert_eq!(told.len(), 1);
    assert!(told.iter().all(|problem| problem.starts_with("was released at")), "{told:?}");
}

#[test]
fn a_movement_after_the_end_is_told() {
    let mut story = active();
    story.push(Step::Lead(vec![LeadEvent::LeadRemoved]));
    story.push(Step::Lead(vec![branch(1, "x", BranchCause::Person)]));
    assert_eq!(problems(story), ["took a branch after it was removed"]);
}
