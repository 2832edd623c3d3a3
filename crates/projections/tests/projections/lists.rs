use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, LeadId, OrganisationId},
    lead::{HoldCode, HoldReason, LeadEvent, LeadStatus},
    workflow::{Settings, WorkflowEvent, WorkflowStatus},
};
use branchline_projections::{
    CallFilter, DispatchStage, Held, LeadFilter, PageStart, Paging, WorkflowFilter,
};

use crate::story::*;

#[test]
fn workflows_are_listed_in_order_of_creation_and_deleted_ones_are_gone() {
    let mut story = Story::of_an_active_workflow();
    story.creates(OTHER_FLOW, Settings::default());
    let list = |story: &Story, filter| ids(&story.read.workflows(filter, ALL), |row| row.id);
    assert_eq!(list(&story, WorkflowFilter::default()), [FLOW, OTHER_FLOW]);
    let drafts = WorkflowFilter { status: Some(WorkflowStatus::Draft), ..Default::default() };
    assert_eq!(list(&story, drafts), [OTHER_FLOW]);
    let foreign = OrganisationId::from_u128(9);
    let foreign = WorkflowFilter { organisation: Some(foreign), ..Default::default() };
    assert_eq!(list(&story, foreign), []);

    story.workflow(OTHER_FLOW, [WorkflowEvent::WorkflowDeleted]);
    assert_eq!(list(&story, WorkflowFilter::default()), [FLOW]);
    assert!(story.read.workflow(OTHER_FLOW).is_none());
    assert!(story.read.workflow_or_deleted(OTHER_FLOW).is_some());
}

#[test]
fn a_workflow_knows_where_its_status_changed_last() {
    let mut story = Story::of_an_active_workflow();
    story.workflow(FLOW, [WorkflowEvent::WorkflowPaused]);
    let paused_at = story.read.position();
    let renamed =
        WorkflowEvent::WorkflowRenamed { title: "Fall".into(), description: String::new() };
    story.workflow(FLOW, [renamed]);
    let row = story.read.workflow(FLOW).unwrap();
    assert_eq!((row.status_position, row.state.title.as_str()), (paused_at, "Fall"));
    assert_eq!(row.view().status, WorkflowStatus::Paused);
}

#[test]
fn a_lead_is_shown_with_its_node_its_call_and_its_hold() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled(), entered(1, CALL), requested(1)]);
    story.lead(ANN, [started(1)]);
    story.lead(ANN, [LeadEvent::CallDispatchUnknown { call: 1 }]);

    let row = story.read.lead(ANN).unwrap();
    assert_eq!((row.workflow_id, row.status, row.visit), (FLOW, LeadStatus::Active, 1));
    assert_eq!((row.current_node_id, row.entered_at), (Some(CALL), Some(minute(3))));
    assert_eq!((row.contact_tag, row.key_slot), ([7; 16], 3));
    assert_eq!(row.hold, Some(HoldCode::DialOutcomeUnknown));
    let call = row.call.unwrap();
    assert_eq!((call.id, call.dispatch), (CallId { lead: ANN, number: 1 }, DispatchStage::Unknown));
    assert_eq!(call.dispatch_started_at, Some(minute(4)));
    assert_eq!(story.read.call(call.id), Some(call));

    // Whatever was doubtful about dialling is cleared by news of the call.
    story.lead(
        ANN,
        [LeadEvent::CallStatusChanged {
            call: 1,
            status: CallStatus::Connected,
            occurred_at: None,
        }],
    );
    assert_eq!(story.read.lead(ANN).unwrap().hold, None);
}

#[test]
fn leads_are_listed_in_order_of_enrolment_under_any_filter() {
    let mut story = Story::of_an_active_workflow();
    story.lead(CID, [enrolled(), entered(1, CALL), held(HoldReason::NodeIncomplete)]);
    story.lead(ANN, [enrolled(), entered(1, CALL), held(HoldReason::DialRefused)]);
    story.lead(BOB, [enrolled()]);
    story.lead(ANN, [LeadEvent::LeadRemoved]);

    let list = |filter| {
        let page = story.read.leads(FLOW, filter, ALL);
        assert_eq!(page.total, page.items.len() as u64, "{filter:?}");
        let whole: Vec<_> = page.items.iter().map(|row| (row.id, row.hold)).collect();
        assert_eq!(story.read.matching_leads(FLOW, filter), whole, "{filter:?}");
        ids(&page, |row| row.id)
    };
    let filter = LeadFilter::default();
    assert_eq!(list(filter), [CID, ANN, BOB]);
    assert_eq!(list(LeadFilter { removed: Some(false), ..filter }), [CID, BOB]);
    assert_eq!(list(LeadFilter { removed: Some(true), ..filter }), [ANN]);
    assert_eq!(list(LeadFilter { status: Some(LeadStatus::Pending), ..filter }), [BOB]);
    assert_eq!(list(LeadFilter { status: Some(LeadStatus::Active), ..filter }), [CID, ANN]);
    let active_only =
        LeadFilter { status: Some(LeadStatus::Active), removed: Some(false), ..filter };
    assert_eq!(list(active_only), [CID]);
    assert_eq!(list(LeadFilter { node: Some(CALL), ..filter }), [CID, ANN]);
    assert_eq!(list(LeadFilter { node: Some(WON), ..filter }), []);
    assert_eq!(list(LeadFilter { held: Some(Held::Any), ..filter }), [CID]);
    let refused = LeadFilter { held: Some(Held::With(HoldCode::DialRefused)), ..filter };
    assert_eq!(list(refused), []);
    let incomplete = LeadFilter { held: Some(Held::With(HoldCode::NodeIncomplete)), ..filter };
    assert_eq!(list(incomplete), [CID]);
    assert_eq!(list(LeadFilter { removed: Some(true), ..incomplete }), []);
}

#[test]
fn pages_and_cursors_of_leads_give_each_lead_once() {
    let mut story = Story::of_an_active_workflow();
    for number in 1..=25 {
        story.lead(LeadId::from_u128(number), [enrolled()]);
    }
    for filter in [
        LeadFilter::default(),
        LeadFilter { node: None, status: Some(LeadStatus::Pending), ..Default::default() },
    ] {
        let mut walked = Vec::new();
        let mut paging = Paging::first(10);
        loop {
            let page = story.read.leads(FLOW, filter, paging);
            assert_eq!(page.total, 25);
            walked.extend(ids(&page, |row| row.id));
            let Some(next) = page.next else { break };
            paging.start = PageStart::After(next);
        }
        assert_eq!(walked, ids(&story.read.leads(FLOW, filter, ALL), |row| row.id));
        let third = Paging { start: PageStart::Page(3), limit: 10 };
        assert_eq!(story.read.leads(FLOW, filter, third).items.len(), 5);
    }
}

#[test]
fn a_person_is_found_over_all_workflows_that_are_there() {
    let mut story = Story::of_an_active_workflow();
    story.creates(OTHER_FLOW, Settings::default());
    story.lead(BOB, [enrolled()]);
    story.lead(ANN, [enrolled_in(OTHER_FLOW, None)]);
    let list = |story: &Story, org, tag: u8| {
        story.read.leads_of_contact(org, [tag; 16]).iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(list(&story, ORG, 7), [BOB, ANN]);
    assert_eq!(list(&story, ORG, 8), []);
    assert_eq!(list(&story, OrganisationId::from_u128(9), 7), []);
    story.workflow(FLOW, [WorkflowEvent::WorkflowDeleted]);
    assert_eq!(list(&story, ORG, 7), [ANN]);
}

#[test]
fn calls_are_listed_in_order_of_request_and_outlive_their_workflow() {
    let mut story = Story::of_an_active_workflow();
    story.creates(OTHER_FLOW, Settings::default());
    story.lead(BOB, [enrolled(), entered(1, CALL), requested(1)]);
    story.lead(ANN, [enrolled_in(OTHER_FLOW, None), entered(1, CALL), requested(1)]);
    story.lead(BOB, [started(1), concluded(1, CallStatus::Busy), entered(2, CALL), requested(2)]);
    story.workflow(OTHER_FLOW, [WorkflowEvent::WorkflowDeleted]);

    let call = |lead, number| CallId { lead, number };
    let list = |filter| {
        let page = story.read.calls(filter, ALL);
        assert_eq!(page.total, page.items.len() as u64, "{filter:?}");
        ids(&page, |row| row.id)
    };
    let filter = CallFilter::default();
    assert_eq!(list(filter), [call(BOB, 1), call(ANN, 1), call(BOB, 2)]);
    assert_eq!(list(CallFilter { organisation: Some(ORG), ..filter }).len(), 3);
    assert_eq!(list(CallFilter { lead: Some(BOB), ..filter }), [call(BOB, 1), call(BOB, 2)]);
    assert_eq!(list(CallFilter { workflow: Some(OTHER_FLOW), ..filter }), [call(ANN, 1)]);
    let busy = CallFilter { workflow: Some(FLOW), status: Some(CallStatus::Busy), ..filter };
    assert_eq!(list(busy), [call(BOB, 1)]);
    let not_of_this = CallFilter { workflow: Some(OTHER_FLOW), lead: Some(BOB), ..filter };
    assert_eq!(list(not_of_this), []);
    assert_eq!(story.read.call(call(BOB, 3)), None);
}

#[test]
fn a_record_that_is_delivered_again_changes_nothing() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled(), entered(1, CALL), requested(1)]);
    let once = story.read.clone();
    for fact in story.facts.clone() {
        story.read.fold(&fact.as_fact());
    }
    assert_eq!(story.read, once);
}

#[test]
fn events_of_a_lead_whose_enrolment_was_not_seen_are_passed_over() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [entered(1, CALL), requested(1), LeadEvent::LeadRemoved]);
    assert_eq!(story.read.lead(ANN), None);
    assert_eq!(story.read.calls(CallFilter::default(), ALL).total, 0);
}
