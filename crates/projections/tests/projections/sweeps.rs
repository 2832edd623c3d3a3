use branchline_domain::{
    call_status::CallStatus,
    graph::GraphChange,
    lead::{BranchCause, HoldReason, LeadEvent, Outcome},
    output::Output,
    workflow::{Settings, WorkflowEvent},
};

use crate::story::*;

#[test]
fn a_sweep_of_an_active_workflow_names_pending_leads_and_holds_that_may_clear() {
    let mut story = Story::of_an_active_workflow();
    let outcome = Outcome { output: Output::Failed, cause: BranchCause::Call(1) };
    story.lead(CID, [enrolled(), entered(1, CALL), held(HoldReason::MissingOutput(outcome))]);
    story.lead(BOB, [enrolled(), entered(1, CALL), held(HoldReason::DialRefused)]);
    story.lead(ANN, [enrolled()]);
    assert_eq!(swept(&story.read, FLOW), [CID, ANN]);

    story.workflow(FLOW, [WorkflowEvent::WorkflowPaused]);
    assert_eq!(swept(&story.read, FLOW), []);
}

#[test]
fn a_release_that_fell_due_in_a_pause_is_due_after_the_resumption_and_no_business_of_the_sweep() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled(), waits(1, minute(5))]);
    story.lead(BOB, [enrolled(), waits(1, minute(50))]);
    story.workflow(FLOW, [WorkflowEvent::WorkflowPaused]);
    assert_eq!(story.read.due(minute(6), 9), []);
    story.workflow(FLOW, [WorkflowEvent::WorkflowResumed]);
    assert_eq!(story.now(), minute(6));
    assert_eq!(story.read.due(story.now(), 9), [(minute(5), ANN)]);
    assert_eq!(swept(&story.read, FLOW), []);
}

#[test]
fn a_lead_that_waits_for_the_next_activation_is_swept_after_it() {
    let mut story = Story::default();
    story.creates(FLOW, Settings { start_on_enrol: false, ..Settings::default() });
    story.workflow(FLOW, [WorkflowEvent::WorkflowActivated]);
    story.lead(ANN, [enrolled()]);
    assert_eq!(swept(&story.read, FLOW), []);
    story.workflow(FLOW, [WorkflowEvent::WorkflowPaused]);
    story.workflow(FLOW, [WorkflowEvent::WorkflowResumed]);
    assert_eq!(swept(&story.read, FLOW), [ANN]);
}

#[test]
fn a_sweep_of_an_ended_workflow_names_leads_whose_call_nobody_took() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled(), entered(1, CALL), requested(1)]);
    story.lead(BOB, [enrolled(), entered(1, CALL), requested(1), started(1)]);
    story.lead(CID, [enrolled()]);
    story.workflow(FLOW, [WorkflowEvent::WorkflowCancelled]);
    assert_eq!(swept(&story.read, FLOW), [ANN]);
    assert_eq!(story.read.workflows_to_sweep(), [FLOW]);
    story.lead(ANN, [concluded(1, CallStatus::Cancelled)]);
    assert_eq!(swept(&story.read, FLOW), []);
    assert_eq!(story.read.workflows_to_sweep(), []);
}

#[test]
fn a_removed_lead_is_never_swept() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled(), entered(1, CALL), held(HoldReason::NodeIncomplete)]);
    story.lead(BOB, [enrolled()]);
    story.lead(ANN, [LeadEvent::LeadRemoved]);
    story.lead(BOB, [LeadEvent::LeadRemoved]);
    assert_eq!(swept(&story.read, FLOW), []);
}

#[test]
fn a_sweep_names_the_leads_of_a_node_that_another_one_stands_in_for() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled(), entered(1, CALL), requested(1)]);
    story.lead(BOB, [enrolled(), waits(1, minute(500))]);
    story.lead(CID, [enrolled(), entered(1, CALL), LeadEvent::LeadDropped]);
    assert_eq!(swept(&story.read, FLOW), []);
    let gone = GraphChange::NodeRemoved(CALL);
    let revised = WorkflowEvent::GraphRevised { revision: 2, changes: vec![gone] };
    let replaced = WorkflowEvent::NodeReplaced { node: CALL, by: WAIT };
    story.workflow(FLOW, [replaced, revised]);
    assert_eq!(swept(&story.read, FLOW), [ANN]);
    story.workflow(FLOW, [WorkflowEvent::WorkflowPaused]);
    assert_eq!(swept(&story.read, FLOW), []);
    story.workflow(FLOW, [WorkflowEvent::WorkflowResumed]);
    assert_eq!(swept(&story.read, FLOW), [ANN]);
}
