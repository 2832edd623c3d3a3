//! The same request twice under one key, and another one under the same key.

use branchline_domain::{
    call_status::CallStatus,
    graph::{CanvasPosition, NodeConfig},
    workflow::Settings,
};
use branchline_engine::{
    EngineError,
    command::{NewNode, WorkflowAction},
};
use branchline_journal::store::EventStore;
use branchline_projections::{Paging, WorkflowFilter};

use crate::world::{World, call, config, keyed, lead, list, report, story};

/// A request may hold a phone number: its plain digest would tell whether a guess is right.
#[test]
fn the_digest_of_a_request_is_kept_under_a_key() {
    story(async {
        let world = World::start(config());
        let campaign = world.draft().await;
        let request = list(vec![lead(1)]);
        let caller = keyed("enrol", 3);
        world.handle().enrol(&caller, campaign.workflow, request).await.unwrap();
        let organisation = caller.organisation.as_uuid();
        let known = world.store.known_key(organisation, "enrol").unwrap();
        assert_ne!(known.digest, [3; 32]);
        let key = world.vault.organisation_key(organisation).unwrap();
        assert_eq!(known.digest, key.request_tag([3; 32]));
    });
}

#[test]
fn a_repeat_is_answered_as_the_first_was_and_makes_nothing_new() {
    story(async {
        let world = World::start(config());
        let handle = world.handle();
        let create = || {
            let handle = handle.clone();
            async move {
                handle.create_workflow(&keyed("create", 1), "Spring", "", Settings::default()).await
            }
        };
        let (first, second) = tokio::join!(create(), create());
        let workflow = first.unwrap();
        assert_eq!(second, Ok(workflow), "also when both are under way at once");
        assert_eq!(create().await, Ok(workflow));
        let node = || NewNode {
            label: "end".into(),
            position: CanvasPosition::default(),
            config: NodeConfig::Converted,
            entry: true,
        };
        let added = handle.add_node(&keyed("node", 2), workflow, node()).await.unwrap();
        assert_eq!(handle.add_node(&keyed("node", 2), workflow, node()).await, Ok(added));
        let enrol = || {
            let request = list(vec![lead(1)]);
            let handle = handle.clone();
            async move { handle.enrol(&keyed("enrol", 3), workflow, request).await.unwrap() }
        };
        let enrolled = enrol().await;
        assert_eq!(enrol().await, enrolled);
        let totals = handle.read(|read| {
            let graph = read.workflow(workflow).unwrap().state.graph.nodes().len();
            (
                read.workflows(WorkflowFilter::default(), Paging::first(9)).total,
                graph,
                read.counts(workflow).by_status.enrolled(),
            )
        });
        assert_eq!(totals.await, Ok((1, 1, 1)));
    });
}

#[test]
fn another_request_under_a_used_key_is_refused() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let handle = world.handle();
        let pause = handle
            .act_on_workflow(&keyed("k", 1), campaign.workflow, WorkflowAction::Pause)
            .await
            .unwrap();
        let again =
            handle.act_on_workflow(&keyed("k", 1), campaign.workflow, WorkflowAction::Pause).await;
        assert_eq!(again, Ok(pause), "a repeat of the pause is no second pause");
        for digest in [2, 3] {
            let caller = keyed("k", digest);
            let other = handle.act_on_workflow(&caller, campaign.workflow, WorkflowAction::Resume);
            assert_eq!(other.await, Err(EngineError::KeyReused));
        }
        let create = handle.create_workflow(&keyed("k", 2), "x", "", Settings::default()).await;
        assert_eq!(create, Err(EngineError::KeyReused));
    });
}

#[test]
fn a_report_under_a_key_is_recorded_once_and_a_refusal_is_not_remembered() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let lead = world.enrol_one(campaign.workflow, 1).await;
        let handle = world.handle();
        let tell = |number| {
            let report = report(CallStatus::Completed);
            let handle = handle.clone();
            async move { handle.report_call_status(&keyed("r", 1), call(lead, number), report).await }
        };
        assert!(tell(2).await.is_err());
        let first = tell(1).await.unwrap();
        let head = handle.health().position;
        assert_eq!(tell(1).await, Ok(first));
        assert_eq!(handle.health().position, head);
    });
}
