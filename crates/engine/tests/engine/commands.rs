//! Every kind of command: recorded, refused, ignored when it comes again.

use branchline_domain::{
    call_status::CallStatus,
    id::{LeadId, OrganisationId, WorkflowId},
    lead::{LeadRejection, LeadStatus, Resolution},
    output::Output,
    workflow::{Settings, WorkflowRejection, WorkflowStatus},
};
use branchline_engine::{
    EngineError,
    command::{CallAction, Caller, LeadAction, WorkflowAction},
};

use branchline_projections::{Paging, WorkflowFilter};

use crate::world::{World, call, config, host, report, story};

#[test]
fn a_campaign_goes_from_draft_to_a_converted_lead() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let lead = world.enrol_one(campaign.workflow, 1).await;
        let state = world.state(lead).await;
        assert_eq!((state.status, state.node), (LeadStatus::Active, Some(campaign.intro)));
        for status in [CallStatus::Initiated, CallStatus::Connected] {
            let answer =
                world.handle().report_call_status(host(), call(lead, 1), report(status)).await;
            assert!(answer.unwrap().committed.position.is_some());
        }
        let done = report(CallStatus::Completed);
        let answer = world.handle().report_call_status(host(), call(lead, 1), done).await.unwrap();
        assert!(answer.accepted);
        let state = world.state(lead).await;
        assert_eq!((state.status, state.node), (LeadStatus::Completed, Some(campaign.converted)));
        let counts = world.handle().read(|read| read.counts(campaign.workflow)).await.unwrap();
        assert_eq!((counts.by_status.completed, counts.by_status.active), (1, 0));
    });
}

#[test]
fn a_report_that_comes_again_changes_nothing_and_another_final_one_is_a_conflict() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let lead = world.enrol_one(campaign.workflow, 1).await;
        let tell = |status| {
            let handle = world.handle().clone();
            async move {
                handle.report_call_status(host(), call(lead, 1), report(status)).await.unwrap()
            }
        };
        let first = tell(CallStatus::Completed).await;
        let again = tell(CallStatus::Completed).await;
        assert!(first.accepted && again.accepted);
        assert_eq!(again.committed.position, None);
        let other = tell(CallStatus::Failed).await;
        assert!(!other.accepted);
        assert!(other.committed.position > first.committed.position, "the conflict is kept");
        assert_eq!(world.state(lead).await.status, LeadStatus::Completed);
    });
}

#[test]
fn what_is_not_there_or_belongs_to_another_organisation_is_not_found() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let lead = world.enrol_one(campaign.workflow, 1).await;
        let handle = world.handle();
        let stranger = Caller { organisation: OrganisationId::from_u128(9), ..Caller::host() };
        let nobody = LeadId::from_u128(4);
        let done = || report(CallStatus::Completed);
        for (caller, call) in
            [(host(), call(nobody, 1)), (host(), call(lead, 2)), (&stranger, call(lead, 1))]
        {
            let answer = handle.report_call_status(caller, call, done()).await;
            assert_eq!(answer, Err(EngineError::CallNotFound(call)));
        }
        let removed = handle.act_on_lead(&stranger, lead, LeadAction::Remove).await;
        assert_eq!(removed, Err(EngineError::LeadNotFound(lead)));
        assert!(handle.lead(stranger.organisation, lead).await.is_err());
        let paused =
            handle.act_on_workflow(&stranger, campaign.workflow, WorkflowAction::Pause).await;
        assert_eq!(paused, Err(EngineError::WorkflowNotFound(campaign.workflow)));
        let unknown = WorkflowId::from_u128(5);
        let paused = handle.act_on_workflow(host(), unknown, WorkflowAction::Pause).await;
        assert_eq!(paused, Err(EngineError::WorkflowNotFound(unknown)));
        assert_eq!(world.state(lead).await.status, LeadStatus::Active);
    });
}

#[test]
fn a_workflow_refuses_what_its_status_forbids() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let handle = world.handle();
        world.act(campaign.workflow, WorkflowAction::Pause).await;
        let again = handle.act_on_workflow(host(), campaign.workflow, WorkflowAction::Pause).await;
        let refused =
            WorkflowRejection::WrongStatus { action: "pause", status: WorkflowStatus::Paused };
        assert_eq!(again, Err(EngineError::Workflow(refused)));
        let empty = handle.create_workflow(host(), "  ", "", Settings::default()).await;
        assert!(matches!(empty, Err(EngineError::Workflow(WorkflowRejection::Invalid { .. }))));
        let shown =
            handle.read(|read| read.workflows(WorkflowFilter::default(), Paging::first(9)).total);
        assert_eq!(shown.await, Ok(1), "a refused creation leaves nothing");
    });
}

#[test]
fn a_workflow_with_an_active_lead_completes_only_by_force() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        world.enrol_one(campaign.workflow, 1).await;
        let complete = |force| {
            let action = WorkflowAction::Complete { force };
            let handle = world.handle().clone();
            async move { handle.act_on_workflow(host(), campaign.workflow, action).await }
        };
        let refused = WorkflowRejection::LeadsUnderWay { pending: 0, active: 1 };
        assert_eq!(complete(false).await, Err(EngineError::Workflow(refused)));
        assert!(complete(true).await.is_ok());
    });
}

#[test]
fn a_removed_lead_frees_its_number_and_is_not_removed_twice() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let lead = world.enrol_one(campaign.workflow, 1).await;
        let handle = world.handle();
        handle.act_on_lead(host(), lead, LeadAction::Remove).await.unwrap();
        let again = handle.act_on_lead(host(), lead, LeadAction::Remove).await;
        assert!(matches!(again, Err(EngineError::Lead(LeadRejection::Ended { .. }))), "{again:?}");
        let second = world.enrol_one(campaign.workflow, 1).await;
        assert_ne!(second, lead);
    });
}

#[test]
fn a_person_resolves_a_review_and_without_a_hold_there_is_nothing_to_resolve() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let lead = world.enrol_one(campaign.workflow, 1).await;
        let handle = world.handle();
        let resolve = LeadAction::Resolve(Resolution::Output(Output::Completed));
        let early = handle.act_on_lead(host(), lead, resolve.clone()).await;
        assert_eq!(early, Err(EngineError::Lead(LeadRejection::NotHeld)));
        let cancelled = report(CallStatus::Cancelled);
        handle.report_call_status(host(), call(lead, 1), cancelled).await.unwrap();
        assert!(world.state(lead).await.hold.is_some());
        let explained = handle.explain(host().organisation, lead).await.unwrap();
        assert!(!explained.guards.is_empty());
        handle.act_on_lead(host(), lead, resolve).await.unwrap();
        assert_eq!(world.state(lead).await.status, LeadStatus::Completed);
    });
}

#[test]
fn a_copy_of_a_workflow_has_its_graph_and_none_of_its_leads() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        world.enrol_one(campaign.workflow, 1).await;
        let copy = world.handle().duplicate_workflow(host(), campaign.workflow).await.unwrap();
        let (title, status, nodes, leads) = world
            .handle()
            .read(|read| {
                let row = read.workflow(copy).unwrap();
                let nodes: Vec<_> = row.state.graph.nodes().iter().map(|node| node.id).collect();
                (row.state.title.clone(), row.state.status, nodes, row.leads.enrolled())
            })
            .await
            .unwrap();
        assert_eq!((title.as_str(), status), ("Spring (Copy)", WorkflowStatus::Draft));
        assert_eq!((nodes.len(), leads), (3, 0));
        assert!(!nodes.contains(&campaign.intro));
        world.act(copy, WorkflowAction::Activate).await;
    });
}

#[test]
fn a_deleted_workflow_is_gone_and_its_lead_keeps_its_history() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let lead = world.enrol_one(campaign.workflow, 1).await;
        world.act(campaign.workflow, WorkflowAction::Cancel).await;
        world.act(campaign.workflow, WorkflowAction::Delete).await;
        let handle = world.handle();
        let again = handle.act_on_workflow(host(), campaign.workflow, WorkflowAction::Delete).await;
        assert_eq!(again, Err(EngineError::WorkflowNotFound(campaign.workflow)));
        assert!(!handle.lead(host().organisation, lead).await.unwrap().facts.is_empty());
    });
}

#[test]
fn a_text_that_no_record_can_keep_is_refused_before_anything_happens() {
    story(async {
        let world = World::start(config());
        let caller = Caller { principal: "p".repeat(129).into(), ..Caller::host() };
        let made = world.handle().create_workflow(&caller, "a", "", Settings::default()).await;
        assert!(matches!(made, Err(EngineError::Invalid { field: "principal", .. })), "{made:?}");
    });
}

#[test]
fn a_bulk_of_reports_is_answered_item_by_item_in_order() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let lead = world.enrol_one(campaign.workflow, 1).await;
        let unknown = call(LeadId::from_u128(4), 1);
        let told = |status| CallAction::Report(report(status));
        let answers = world
            .handle()
            .tell_of_calls(
                host(),
                vec![
                    (call(lead, 1), told(CallStatus::Connected)),
                    (unknown, told(CallStatus::Completed)),
                    (call(lead, 1), told(CallStatus::Completed)),
                    (call(lead, 1), told(CallStatus::Failed)),
                ],
            )
            .await
            .unwrap();
        assert_eq!(answers[1], Err(EngineError::CallNotFound(unknown)));
        assert!(answers[0].as_ref().unwrap().accepted && answers[2].as_ref().unwrap().accepted);
        assert!(!answers[3].as_ref().unwrap().accepted);
        assert_eq!(world.state(lead).await.status, LeadStatus::Completed);
    });
}
