//! One action on many leads: what it says before, what it does, and what a second sending does.

use branchline_domain::{
    call_status::CallStatus,
    graph::{ConditionalConfig, NodeConfig, TimeConfig},
    id::{LeadId, NodeId, WorkflowId},
    lead::{HoldCode, LeadRejection, LeadStatus, Resolution},
    output::Output,
    time::Timestamp,
    workflow::NodePatch,
};
use branchline_engine::{
    EngineConfig, EngineError,
    batch::{BATCH_MAX, BatchAnswer, BatchFilter, LeadBatch},
    command::{CallAction, LeadAction, WorkflowAction},
};
use branchline_projections::Held;

use crate::world::{Campaign, World, call, config, host, keyed, lead, list, report, story};

const REVIEW: BatchFilter = BatchFilter::Matching {
    status: None,
    node: None,
    held: Some(Held::With(HoldCode::ReviewRequired)),
};

const fn take(output: Output) -> LeadAction {
    LeadAction::Resolve(Resolution::Output(output))
}

const fn batch(filter: BatchFilter, action: LeadAction) -> LeadBatch {
    LeadBatch { filter, action, after: None, limit: BATCH_MAX }
}

const REDIAL: LeadAction = LeadAction::Resolve(Resolution::Redial);

const UNCHANGED: NodePatch =
    NodePatch { label: None, x_milli: None, y_milli: None, config: None, entry: None };

/// Enrols leads and tells that their calls were cancelled, so that a person has to decide.
async fn in_review(world: &World, campaign: &Campaign, count: u64) -> Vec<LeadId> {
    let request = list((0..count).map(lead).collect());
    let enrolled = world.handle().enrol(host(), campaign.workflow, request).await.unwrap();
    let mut leads = enrolled.lead_ids;
    leads.sort_unstable();
    world.until(campaign.workflow, |counts| counts.active >= count).await;
    tell_all(world, &leads, 1, CallStatus::Cancelled).await;
    leads
}

async fn tell_all(world: &World, leads: &[LeadId], number: u32, status: CallStatus) {
    for some in leads.chunks(1_000) {
        let actions = some
            .iter()
            .map(|&lead| (call(lead, number), CallAction::Report(report(status))))
            .collect();
        let told = world.handle().tell_of_calls(host(), actions).await.unwrap();
        assert!(told.into_iter().all(|answer| answer.unwrap().accepted));
    }
}

fn ids(answer: &BatchAnswer) -> Vec<LeadId> {
    answer.results.iter().map(|batched| batched.lead).collect()
}

async fn act_under(
    world: &World,
    key: (&str, u8),
    workflow: WorkflowId,
    batch: LeadBatch,
) -> Result<BatchAnswer, EngineError> {
    world.handle().act_on_leads(&keyed(key.0, key.1), workflow, batch).await
}

async fn act(world: &World, workflow: WorkflowId, batch: LeadBatch) -> BatchAnswer {
    world.handle().act_on_leads(host(), workflow, batch).await.unwrap()
}

#[test]
fn what_is_foreseen_is_what_then_happens() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let review = in_review(&world, &campaign, 12).await;
        let waiting = world.enrol_one(campaign.workflow, 90).await;
        let done = world.enrol_one(campaign.workflow, 91).await;
        tell_all(&world, &[done], 1, CallStatus::Completed).await;
        let removed = world.enrol_one(campaign.workflow, 92).await;
        world.handle().act_on_lead(host(), removed, LeadAction::Remove).await.unwrap();

        let everybody = batch(BatchFilter::All, take(Output::Dnp));
        let head = world.handle().health().position;
        let organisation = host().organisation;
        let forecast = world
            .handle()
            .forecast_leads(organisation, campaign.workflow, &everybody)
            .await
            .unwrap();
        assert_eq!(world.handle().health().position, head, "nothing was recorded");
        let groups: Vec<_> = forecast
            .by_hold
            .iter()
            .map(|group| (group.hold, group.leads, group.examples.len()))
            .collect();
        assert_eq!(groups, [(None, 2, 2), (Some(HoldCode::ReviewRequired), 12, 5)]);

        let answer = act(&world, campaign.workflow, everybody).await;
        assert_eq!(answer.matched, forecast.matched);
        assert_eq!(answer.results.len(), 14, "the removed lead is left out");
        let happened = |lead| {
            let mut results = answer.results.iter();
            results.find(|batched| batched.lead == lead).unwrap().outcome.clone()
        };
        for example in forecast.by_hold.iter().flat_map(|group| &group.examples) {
            let recorded = happened(example.lead).map(|committed| committed.position.is_some());
            assert_eq!(recorded, example.outcome);
        }
        assert_eq!(happened(waiting), Err(EngineError::Lead(LeadRejection::NotHeld)));
        let ended = LeadRejection::Ended { state: "completed" };
        assert_eq!(happened(done), Err(EngineError::Lead(ended)));
        for lead in review {
            assert!(happened(lead).unwrap().position.is_some());
            assert_eq!(world.state(lead).await.status, LeadStatus::Dropped);
        }
    });
}

#[test]
fn parts_go_through_every_lead_once_whatever_the_leads_before_did() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let leads = in_review(&world, &campaign, 10).await;
        let mut part = LeadBatch { limit: 4, ..batch(REVIEW, REDIAL) };
        let mut asked = Vec::new();
        let mut matched = Vec::new();
        loop {
            let answer = act(&world, campaign.workflow, part.clone()).await;
            matched.push(answer.matched);
            asked.extend(ids(&answer));
            // They are in review again, and so before the cursor.
            tell_all(&world, &ids(&answer), 2, CallStatus::Cancelled).await;
            match answer.next {
                Some(next) => part.after = Some(next),
                None => break,
            }
        }
        assert_eq!(asked, leads);
        assert_eq!(matched, [10, 6, 2]);
    });
}

#[test]
fn a_part_that_a_crash_cut_is_finished_by_sending_it_again() {
    story(async {
        let world = World::start(EngineConfig { sweep_in_flight: 4, ..config() });
        let campaign = world.active().await;
        let leads = in_review(&world, &campaign, 10).await;
        let part = || LeadBatch { limit: 6, ..batch(REVIEW, REDIAL) };
        world.store.shut();
        let cut = tokio::spawn({
            let (handle, workflow) = (world.handle().clone(), campaign.workflow);
            async move { handle.act_on_leads(&keyed("b", 1), workflow, part()).await }
        });
        while world.store.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        // What is on its way reaches the disk; who asked is not told.
        let world = world.crash_and_restart();
        assert!(cut.await.unwrap().is_err());
        let calls = async |lead| world.state(lead).await.calls.len();
        let mut redialled = Vec::new();
        for &lead in &leads {
            if calls(lead).await == 2 {
                redialled.push(lead);
            }
        }
        assert!((1..6).contains(&redialled.len()), "it was cut: {redialled:?}");
        // One of them has come to where it was before.
        tell_all(&world, &redialled[..1], 2, CallStatus::Cancelled).await;

        let again = act_under(&world, ("b", 1), campaign.workflow, part()).await.unwrap();
        assert_eq!(ids(&again), leads[..6], "nobody takes the place of one that was asked");
        assert!(again.results.iter().all(|batched| batched.outcome.is_ok()));
        assert_eq!((again.matched, again.next), (10, Some(leads[5])));
        for (place, &lead) in leads.iter().enumerate() {
            assert_eq!(calls(lead).await, if place < 6 { 2 } else { 1 }, "lead {place}");
        }
        let head = world.handle().health().position;
        let third = act_under(&world, ("b", 1), campaign.workflow, part()).await;
        assert_eq!(third.unwrap(), again);
        assert_eq!(world.handle().health().position, head);
        let other = act_under(&world, ("b", 2), campaign.workflow, part()).await;
        assert_eq!(other, Err(EngineError::KeyReused));
    });
}

#[test]
fn while_paused_an_outcome_is_taken_and_waits() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let leads = in_review(&world, &campaign, 3).await;
        world.act(campaign.workflow, WorkflowAction::Pause).await;
        let decide = || batch(BatchFilter::All, take(Output::Completed));
        let answer = act(&world, campaign.workflow, decide()).await;
        let recorded = |answer: &BatchAnswer| {
            let outcomes = answer.results.iter().map(|batched| batched.outcome.as_ref());
            outcomes.map(|outcome| outcome.unwrap().position.is_some()).collect::<Vec<_>>()
        };
        assert_eq!(recorded(&answer), [true; 3]);
        for &lead in &leads {
            let hold = world.state(lead).await.hold.unwrap();
            assert_eq!(hold.reason.code(), HoldCode::WorkflowPaused);
        }
        let again = act(&world, campaign.workflow, decide()).await;
        assert_eq!(recorded(&again), [false; 3], "they are held for that very outcome");
        world.act(campaign.workflow, WorkflowAction::Resume).await;
        world.until(campaign.workflow, |counts| counts.completed == 3).await;
    });
}

#[test]
fn a_batch_that_an_edit_overtakes_routes_by_the_edited_graph_also_when_it_has_to_try_again() {
    story(async {
        // A decision that is overtaken once is given up, so the batch has to ask again.
        let world = World::start(EngineConfig { decide_attempts_max: 1, ..config() });
        let campaign = world.active().await;
        let leads = in_review(&world, &campaign, 20).await;
        let handle = world.handle();
        let elsewhere = world.node(campaign.workflow, NodeConfig::Dropped).await;
        let to_converted = handle
            .read(|read| {
                let graph = &read.workflow(campaign.workflow).unwrap().state.graph;
                graph.outgoing(campaign.intro).next().unwrap().id
            })
            .await
            .unwrap();
        world.store.shut();
        let edit = handle.act_on_workflow(
            host(),
            campaign.workflow,
            WorkflowAction::RemoveEdge { edge: to_converted },
        );
        let acting = async {
            while world.store.waiting() < 1 {
                tokio::task::yield_now().await;
            }
            let decide = batch(REVIEW, take(Output::Completed));
            handle.act_on_leads(host(), campaign.workflow, decide).await.unwrap()
        };
        let open = async {
            while world.store.waiting() < 2 {
                tokio::task::yield_now().await;
            }
            world.store.open();
        };
        let (edited, answer, ()) = tokio::join!(edit, acting, open);
        let edited = edited.unwrap().position;
        for batched in &answer.results {
            let position = batched.outcome.as_ref().unwrap().position;
            assert!(position > edited, "{batched:?}");
        }
        assert_eq!(ids(&answer), leads);
        let dropped = world.state(leads[0]).await;
        assert_eq!(dropped.status, LeadStatus::Dropped, "the edge for every output is left");
        assert_ne!(dropped.node, Some(elsewhere));
    });
}

#[test]
fn ten_thousand_leads_are_resolved_in_parts_and_a_second_sending_changes_nothing() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let leads = in_review(&world, &campaign, 10_000).await;
        let (mut asked, mut parts) = (Vec::new(), Vec::new());
        let mut part = batch(REVIEW, take(Output::Dnp));
        loop {
            let key = format!("part {}", parts.len());
            let answer =
                act_under(&world, (&key, 1), campaign.workflow, part.clone()).await.unwrap();
            assert!(answer.results.iter().all(|batched| batched.outcome.is_ok()));
            asked.extend(ids(&answer));
            let next = answer.next;
            parts.push((key, part.clone(), answer));
            match next {
                Some(next) => part.after = Some(next),
                None => break,
            }
        }
        assert_eq!((parts.len(), asked.len()), (10, leads.len()));
        assert!(asked == leads, "each lead once, in order of id");
        world.until(campaign.workflow, |counts| counts.dropped == 10_000).await;
        let head = world.handle().health().position;
        let (key, part, answer) = parts.swap_remove(3);
        let again = act_under(&world, (&key, 1), campaign.workflow, part).await;
        let again = again.unwrap();
        assert!(again.results == answer.results, "each is answered as before");
        assert_eq!((again.matched, again.next), (1_000, None), "the others are done");
        assert_eq!(world.handle().health().position, head);
    });
}

/// The field and the words of a batch that is refused as a whole.
async fn refusal(world: &World, workflow: WorkflowId, batch: LeadBatch) -> (&'static str, String) {
    let foreseen = world.handle().forecast_leads(host().organisation, workflow, &batch).await;
    let refused = world.handle().act_on_leads(host(), workflow, batch).await.unwrap_err();
    assert_eq!(foreseen.unwrap_err(), refused, "a forecast is refused as the batch is");
    let EngineError::Invalid { field, problem } = refused else { panic!("{refused:?}") };
    (field, problem)
}

#[test]
fn a_name_that_is_nowhere_in_the_workflow_is_told_with_its_place_and_the_fix() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let leads = in_review(&world, &campaign, 2).await;
        let workflow = campaign.workflow;
        let at = |node| BatchFilter::Matching { status: None, node: Some(node), held: None };
        let nowhere = NodeId::from_u128(4);
        let nothing = BatchFilter::Matching { status: None, node: None, held: None };
        let later = LeadAction::Resolve(Resolution::ReleaseAt(Timestamp::from_micros(0)));
        for (wrong, place, words) in [
            (batch(nothing, LeadAction::Remove), "filter", "\"all\": true"),
            (batch(at(nowhere), LeadAction::Remove), "filter/node", "no node node_"),
            (batch(REVIEW, take(Output::True)), "output", "use one of: COMPLETED, DNP, FAILED"),
            (batch(at(campaign.converted), take(Output::Dnp)), "output", "there are none to take"),
            (batch(at(campaign.converted), REDIAL), "action", "VOICE_CALL"),
            (batch(REVIEW, later), "release_at", "this workflow has none"),
            (batch(REVIEW, LeadAction::MoveTo { node: nowhere }), "node", "no node node_"),
            (LeadBatch { limit: 0, ..batch(REVIEW, REDIAL) }, "limit", "1 to 1000"),
            (LeadBatch { limit: 1_001, ..batch(REVIEW, REDIAL) }, "limit", "1 to 1000"),
        ] {
            let (field, problem) = refusal(&world, workflow, wrong).await;
            assert_eq!(field, place, "{problem}");
            assert!(problem.contains(words), "{field}: {problem}");
        }
        let unknown = WorkflowId::from_u128(9);
        let refused = world.handle().act_on_leads(host(), unknown, batch(REVIEW, REDIAL)).await;
        assert_eq!(refused, Err(EngineError::WorkflowNotFound(unknown)));
        assert!(world.state(leads[0]).await.hold.is_some(), "nothing happened");
    });
}

#[test]
fn a_step_that_keeps_its_old_config_may_still_take_an_output_of_it() {
    story(async {
        let world = World::start(config());
        let campaign = world.draft().await;
        let workflow = campaign.workflow;
        let switch = |branches: &[&str]| {
            NodeConfig::Conditional(ConditionalConfig {
                condition_field: Some("lead.city".into()),
                branches: branches.iter().map(ToString::to_string).collect(),
                ..ConditionalConfig::default()
            })
        };
        let choice = world.node(workflow, switch(&["Pune", "Delhi"])).await;
        world.edge(workflow, choice, campaign.intro, "Pune").await;
        world
            .act(
                workflow,
                WorkflowAction::PatchNode {
                    node: choice,
                    patch: NodePatch { entry: Some(true), ..UNCHANGED },
                },
            )
            .await;
        let patch = NodePatch { config: Some(switch(&["Delhi"])), ..UNCHANGED };
        world.act(workflow, WorkflowAction::PatchNode { node: choice, patch }).await;
        let at = BatchFilter::Matching { status: None, node: Some(choice), held: None };
        let old = take(Output::from("Pune"));
        assert_eq!(act(&world, workflow, batch(at, old)).await.matched, 0);
        let never = take(Output::from("Oslo"));
        let (field, problem) = refusal(&world, workflow, batch(at, never)).await;
        assert_eq!(field, "output");
        assert!(problem.contains("Delhi, Pune"), "{problem}");
    });
}

#[test]
fn leads_are_put_at_another_node_and_those_whose_call_is_at_work_stay() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let review = in_review(&world, &campaign, 3).await;
        let talking = world.enrol_one(campaign.workflow, 90).await;
        tell_all(&world, &[talking], 1, CallStatus::Connected).await;
        let at_intro =
            BatchFilter::Matching { status: None, node: Some(campaign.intro), held: None };
        let away = batch(at_intro, LeadAction::MoveTo { node: campaign.converted });
        let answer = act(&world, campaign.workflow, away.clone()).await;
        for batched in &answer.results {
            let stays = batched.lead == talking;
            let refused =
                matches!(batched.outcome, Err(EngineError::Lead(LeadRejection::CannotMove { .. })));
            assert_eq!(refused, stays, "{batched:?}");
        }
        for lead in review {
            assert_eq!(world.state(lead).await.status, LeadStatus::Completed);
        }
        assert_eq!(act(&world, campaign.workflow, away).await.matched, 1, "one is left there");
    });
}

#[test]
fn a_wait_that_holds_its_leads_is_released_for_all_of_them() {
    story(async {
        let world = World::start(config());
        let campaign = world.draft().await;
        let workflow = campaign.workflow;
        let hour = TimeConfig { delay_hours: Some(1), ..TimeConfig::default() };
        let wait = world.node(workflow, NodeConfig::Time(hour)).await;
        world.edge(workflow, wait, campaign.converted, "next").await;
        let patch = |patch| world.act(workflow, WorkflowAction::PatchNode { node: wait, patch });
        patch(NodePatch { entry: Some(true), ..UNCHANGED }).await;
        world.act(workflow, WorkflowAction::Activate).await;
        let unfinished = NodeConfig::Time(TimeConfig::default());
        patch(NodePatch { config: Some(unfinished), ..UNCHANGED }).await;
        for number in 0..3 {
            world.enrol_one(workflow, number).await;
        }
        let held = Some(Held::With(HoldCode::NodeIncomplete));
        let held = BatchFilter::Matching { status: Some(LeadStatus::Active), node: None, held };
        let now = LeadAction::Resolve(Resolution::ReleaseAt(Timestamp::from_micros(0)));
        assert_eq!(act(&world, workflow, batch(held, now)).await.results.len(), 3);
        world.until(workflow, |counts| counts.completed == 3).await;
    });
}
