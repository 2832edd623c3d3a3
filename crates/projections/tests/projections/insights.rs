//! What happened in a workflow is counted as the streams tell it.

use std::collections::BTreeMap;

use branchline_domain::{
    call_status::CallStatus,
    graph::{Day, Edge, GraphChange},
    id::{EdgeId, NodeId, WorkflowId},
    lead::LeadEvent,
    output::Output,
    personal::Personal,
    time::Timestamp,
    workflow::{Settings, WorkflowEvent},
    zone::Zone,
};
use branchline_projections::{
    Answered, BranchTraffic, Funnel, Insights, NodeInsights, Projections, Stay,
    call_log::call_logs, history::lead_history,
};
use proptest::{collection::vec, prelude::*};

use crate::{
    story::*,
    world::{Step, World, flow},
};

const fn calls(dialled: u64, answered: u64) -> Answered {
    Answered { dialled, answered }
}

/// What an hour of the week has, from Monday 00:00.
fn at_hour(insights: &Insights, day: usize, hour: usize) -> Answered {
    let told = insights.hours[day * 24 + hour];
    assert_eq!((told.weekday, usize::from(told.hour)), (Day::ALL[day], hour));
    told.calls
}

fn dialled_at(story: &mut Story, lead: branchline_domain::id::LeadId, at: &str) {
    let events = vec![enrolled(), entered(1, CALL), requested(1), started(1)];
    story.tell_at(at.parse().unwrap(), Told::Lead(lead, events));
}

#[test]
fn a_call_that_is_answered_at_the_second_attempt_is_told_so() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled(), entered(1, CALL), requested(1), started(1)]);
    story.lead(ANN, [concluded(1, CallStatus::Busy), requested(2), started(2)]);
    let connected = CallStatus::Connected;
    let connected = LeadEvent::CallStatusChanged { call: 2, status: connected, occurred_at: None };
    story.lead(ANN, [connected]);
    story.lead(ANN, [concluded(2, CallStatus::Completed)]);
    story.lead(BOB, [enrolled(), entered(1, CALL), requested(1)]);
    story.lead(CID, [enrolled()]);

    let insights = story.read.insights(FLOW);
    assert_eq!(
        insights.funnel,
        Funnel { enrolled: 3, started: 2, dialled: 1, answered: 1, ..Funnel::default() }
    );
    assert_eq!(insights.attempts, [calls(1, 0), calls(1, 1)]);
    let node = &insights.by_node[&CALL];
    assert_eq!(node.attempts, [calls(1, 0), calls(1, 1)]);
    assert_eq!(node.calls, [(CallStatus::Busy, 1), (CallStatus::Completed, 1)].into());
    assert_eq!((node.entered, node.stay), (2, None));
    assert_eq!(insights.by_node[&WAIT], NodeInsights::default(), "a node nobody came to is there");
}

#[test]
fn attempts_of_a_visit_begin_anew_and_those_of_a_lead_go_on() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled()]);
    for visit in 1..=12 {
        story.lead(ANN, [entered(visit, CALL), requested(visit), started(visit)]);
        story.lead(
            ANN,
            [
                concluded(visit, CallStatus::DidNotPick),
                branch(visit, CALL, Output::Dnp, CALL, visit),
            ],
        );
    }
    let insights = story.read.insights(FLOW);
    let mut of_lead = vec![calls(1, 0); 9];
    of_lead.push(calls(3, 0));
    assert_eq!(insights.attempts, of_lead, "the tenth counts those beyond it");
    assert_eq!(insights.by_node[&CALL].attempts, [calls(12, 0)]);
    assert_eq!(insights.funnel.dialled, 1);
}

#[test]
fn a_call_that_nobody_was_asked_to_dial_is_no_attempt() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled(), entered(1, CALL), requested(1)]);
    story.lead(ANN, [concluded(1, CallStatus::RetryExpired), requested(2), started(2)]);
    let insights = story.read.insights(FLOW);
    assert_eq!(insights.attempts, [calls(1, 0)]);
    assert_eq!(insights.by_node[&CALL].calls, [(CallStatus::RetryExpired, 1)].into());
}

#[test]
fn calls_are_told_by_the_clock_of_the_workflows_zone() {
    let mut story = Story::default();
    let settings = Settings { default_timezone: "Asia/Kolkata".into(), ..Settings::default() };
    story.creates(FLOW, settings);
    // A Wednesday, 10:15 in Kolkata.
    dialled_at(&mut story, ANN, "2026-11-25T04:45:00Z");
    story.lead(ANN, [concluded(1, CallStatus::Completed)]);
    // 10:45.
    dialled_at(&mut story, BOB, "2026-11-25T05:15:00Z");
    let insights = story.read.insights(FLOW);
    assert_eq!((insights.timezone.as_str(), insights.hours.len()), ("Asia/Kolkata", 168));
    assert_eq!(at_hour(&insights, 2, 10), calls(2, 1));
    assert_eq!(insights.hours.iter().map(|hour| hour.calls.dialled).sum::<u64>(), 2);
}

#[test]
fn a_zone_that_is_set_late_moves_what_was_counted() {
    let mut story = Story::default();
    story.creates(FLOW, Settings::default());
    // A Sunday, 19:00 UTC: Monday 00:30 in Kolkata.
    dialled_at(&mut story, ANN, "2026-11-22T19:00:00Z");
    assert_eq!(at_hour(&story.read.insights(FLOW), 6, 19), calls(1, 0));
    for (zone, day, hour) in [("Asia/Kolkata", 0, 0), ("America/New_York", 6, 14), ("UTC", 6, 19)] {
        let settings = Settings { default_timezone: zone.into(), ..Settings::default() };
        let changed = WorkflowEvent::SettingsChanged { settings };
        story.tell_at("2026-11-24T08:00:00Z".parse().unwrap(), Told::Workflow(FLOW, vec![changed]));
        let insights = story.read.insights(FLOW);
        assert_eq!(
            (at_hour(&insights, day, hour), insights.timezone.as_str()),
            (calls(1, 0), zone)
        );
    }
}

#[test]
fn a_stay_is_from_the_arrival_to_the_branch_or_the_move() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled(), entered(1, CALL)]);
    let since = story.now();
    let leaves = vec![branch(1, CALL, Output::Dnp, WAIT, 1), entered(2, WAIT)];
    story.tell_at(since.plus_seconds(100), Told::Lead(ANN, leaves));
    let moved = LeadEvent::LeadMoved { visit: 2, from: WAIT, to: CALL, revision: 1 };
    story.tell_at(since.plus_seconds(7_300), Told::Lead(ANN, vec![moved, entered(3, CALL)]));
    let insights = story.read.insights(FLOW);
    for (node, truth) in [(CALL, 100_000_u64), (WAIT, 7_200_000)] {
        let Stay { visits, p50_ms, p95_ms } = insights.by_node[&node].stay.unwrap();
        assert_eq!((visits, p50_ms), (1, p95_ms));
        assert!(p50_ms.abs_diff(truth) <= truth / 16, "{truth} was told as {p50_ms}");
    }
    assert_eq!(insights.by_node[&WAIT].branches, [], "a move is no branch");
}

#[test]
fn a_branch_counts_for_the_edge_it_went_along() {
    let mut story = Story::of_an_active_workflow();
    let edge = |id, to, label| {
        let id = EdgeId::from_u128(id);
        GraphChange::EdgeAdded(Edge { id, from_node_id: CALL, to_node_id: to, label })
    };
    let changes = vec![
        edge(1, WON, Some(Output::Completed)),
        edge(2, WON, None),
        edge(3, WAIT, Some(Output::Dnp)),
        edge(4, WON, Some(Output::Dnp)),
    ];
    story.workflow(FLOW, [WorkflowEvent::GraphRevised { revision: 2, changes }]);
    story.lead(ANN, [enrolled(), entered(1, CALL)]);
    let ways =
        [(Output::Completed, WON), (Output::Failed, WON), (Output::Dnp, WAIT), (Output::Dnp, WON)];
    for (visit, (output, to)) in (1..).zip(ways) {
        story.lead(ANN, [branch(visit, CALL, output, to, visit)]);
    }
    story.lead(BOB, [enrolled(), entered(1, WAIT), branch(1, WAIT, Output::Next, CALL, 1)]);
    let taken = story.read.edge_traffic(FLOW);
    assert_eq!(taken.values().copied().collect::<Vec<_>>(), [1, 1, 1, 1]);
    let all = story.read.traffic(FLOW);
    let gone = BranchTraffic { from_node: WAIT, output: Output::Next, to_node: CALL, taken: 1 };
    assert!(all.len() == 5 && all.contains(&gone), "one that no edge leads along is told");
}

#[test]
fn throughput_is_of_the_last_hour_and_of_one_organisation() {
    let mut story = Story::of_an_active_workflow();
    story.creates(OTHER_FLOW, Settings::default());
    story.lead(ANN, [enrolled(), entered(1, CALL), branch(1, CALL, Output::Completed, WON, 1)]);
    let other = enrolled_in(OTHER_FLOW, None);
    story.lead(BOB, [other, entered(1, CALL), branch(1, CALL, Output::Dnp, WON, 1)]);
    let hour = story.read.throughput(ORG, story.now());
    assert_eq!((hour[58].positive, hour[58].total()), (1, 1));
    assert_eq!((hour[59].unreached, hour[59].total()), (1, 1));
    let of_one = story.read.workflow_throughput(OTHER_FLOW, story.now());
    assert_eq!(of_one.iter().map(branchline_projections::MinuteCounts::total).sum::<u64>(), 1);
    let stranger = branchline_domain::id::OrganisationId::from_u128(9);
    assert!(story.read.throughput(stranger, story.now()).iter().all(|one| one.total() == 0));
    let later = story.now().plus_seconds(3_600);
    assert!(story.read.throughput(ORG, later).iter().all(|one| one.total() == 0));
}

#[test]
fn a_workflow_that_there_is_not_has_no_insights() {
    let read = Story::default().read;
    assert_eq!(read.insights(FLOW), Insights::default());
    assert!(read.traffic(FLOW).is_empty() && read.edge_traffic(FLOW).is_empty());
}

/// The same, from the readers of single streams.
fn recounted(world: &World, workflow: WorkflowId) -> (Funnel, BTreeMap<NodeId, NodeInsights>, u64) {
    let mut funnel = Funnel::default();
    let mut nodes: BTreeMap<NodeId, NodeInsights> = BTreeMap::new();
    let mut stays: BTreeMap<NodeId, Vec<i64>> = BTreeMap::new();
    let mut hours = 0;
    for (&id, lead) in world.leads.iter().filter(|(_, lead)| lead.workflow == Some(workflow)) {
        let told = lead_history(id, world.story.facts());
        funnel.started += u64::from(!told.visits.is_empty());
        funnel.converted +=
            u64::from(lead.status == branchline_domain::lead::LeadStatus::Completed);
        funnel.dropped += u64::from(lead.status == branchline_domain::lead::LeadStatus::Dropped);
        for visit in &told.visits {
            nodes.entry(visit.node_id).or_default().entered += 1;
            if let Some(exited) = visit.exited_at {
                let stay = exited.micros_since(visit.entered_at) / 1_000;
                stays.entry(visit.node_id).or_default().push(stay);
            }
        }
        for step in &told.history {
            let (Some(from_node), Some(output)) = (step.from_node, &step.output) else { continue };
            let to_node = step.to_node;
            let branches = &mut nodes.entry(from_node).or_default().branches;
            let same = |one: &&mut BranchTraffic| one.to_node == to_node && one.output == *output;
            if let Some(branch) = branches.iter_mut().find(same) {
                branch.taken += 1;
            } else {
                let output = output.clone();
                branches.push(BranchTraffic { from_node, output, to_node, taken: 1 });
            }
        }
        let (mut dialled, mut answered) = (false, false);
        for log in call_logs(id, world.story.facts()) {
            let node = nodes.entry(log.node_id.unwrap()).or_default();
            if log.ended_at.is_some() {
                *node.calls.entry(log.status).or_default() += 1;
            }
            let was = lead.calls[&log.id.number].dispatch_started_at.is_some();
            (dialled, hours) = (dialled || was, hours + u64::from(was));
            answered |= was
                && log.timeline.iter().any(|mark| {
                    [CallStatus::Connected, CallStatus::Waiting, CallStatus::Completed]
                        .contains(&mark.status)
                });
        }
        funnel.dialled += u64::from(dialled);
        funnel.answered += u64::from(answered);
    }
    for (node, mut all) in stays {
        all.sort_unstable();
        let at = |percent: usize| u64::try_from(all[(all.len() * percent).div_ceil(100) - 1]);
        let (p50_ms, p95_ms) = (at(50).unwrap(), at(95).unwrap());
        nodes.entry(node).or_default().stay =
            Some(Stay { visits: all.len() as u64, p50_ms, p95_ms });
    }
    (funnel, nodes, hours)
}

fn near(told: Option<Stay>, truth: Option<Stay>) -> bool {
    let Some((told, truth)) = told.zip(truth) else { return told == truth };
    told.visits == truth.visits
        && told.p50_ms.abs_diff(truth.p50_ms) <= truth.p50_ms / 16
        && told.p95_ms.abs_diff(truth.p95_ms) <= truth.p95_ms / 16
}

fn assert_insights_agree(world: &World) {
    for number in 0..2 {
        let told = world.story.read.insights(flow(number));
        let (funnel, mut nodes, dialled) = recounted(world, flow(number));
        let enrolled = world.story.read.counts(flow(number)).by_status.enrolled();
        assert_eq!(told.funnel, Funnel { enrolled, ..funnel });
        assert_eq!(told.hours.iter().map(|hour| hour.calls.dialled).sum::<u64>(), dialled);
        assert_eq!(told.attempts.iter().map(|one| one.dialled).sum::<u64>(), dialled);
        for (id, mut node) in told.by_node {
            let mut truth = nodes.remove(&id).unwrap_or_default();
            assert!(near(node.stay, truth.stay), "{id}: {:?}, not {:?}", node.stay, truth.stay);
            (node.stay, truth.stay) = (None, None);
            // Attempts are told by hand-made stories.
            node.attempts.clear();
            node.branches.sort_by_key(|one| (one.output.clone(), one.to_node));
            truth.branches.sort_by_key(|one| (one.output.clone(), one.to_node));
            assert_eq!(node, truth, "{id}");
        }
        assert!(nodes.is_empty(), "nodes are missing: {nodes:?}");
    }
}

/// As somebody reads it who has no key of any lead.
fn sealed(told: &Told) -> Told {
    let Told::Lead(id, events) = told else { return told.clone() };
    let mut sealed = events.clone();
    for event in &mut sealed {
        if let LeadEvent::LeadEnrolled { phone_number, variables, notes, .. } = event {
            *phone_number = Personal::Erased;
            *variables = Personal::Erased;
            *notes = Personal::Erased;
        }
    }
    Told::Lead(*id, sealed)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn insights_agree_with_the_streams_whatever_happens(steps in vec(any::<Step>(), 0..200)) {
        assert_insights_agree(&World::after(&steps));
    }

    #[test]
    fn nothing_personal_is_counted_and_an_erasure_takes_nothing_back(
        steps in vec(any::<Step>(), 0..120),
    ) {
        let world = World::after(&steps);
        let mut blind = Story::default();
        for fact in &world.story.facts {
            blind.tell_at(fact.at, sealed(&fact.told));
        }
        for &lead in world.leads.keys() {
            blind.tell_at(world.now, Told::Lead(lead, vec![LeadEvent::LeadErased { key_slot: 3 }]));
        }
        for number in 0..2 {
            prop_assert_eq!(
                blind.read.insights(flow(number)),
                world.story.read.insights(flow(number))
            );
        }
    }

    #[test]
    fn every_quarter_of_a_week_is_one_hour_of_one_day(micros in 0..4_000_000_000_000_000_i64) {
        let mut story = Story::of_an_active_workflow();
        let at = Timestamp::from_micros(micros);
        story.tell_at(at, Told::Lead(ANN, vec![enrolled(), entered(1, CALL), requested(1), started(1)]));
        let hour = Zone::utc().quarter_of_week(at) / 4;
        let insights = story.read.insights(FLOW);
        prop_assert_eq!(at_hour(&insights, hour / 24, hour % 24), calls(1, 0));
    }
}

/// A checkpoint has it all; that it comes back as it was at any moment, `checkpoints` shows.
#[test]
fn insights_differ_when_read_models_do() {
    let mut story = Story::of_an_active_workflow();
    story.lead(ANN, [enrolled(), entered(1, CALL), requested(1), started(1)]);
    let before: Projections = story.read.clone();
    story.lead(ANN, [concluded(1, CallStatus::Completed)]);
    assert!(story.read != before);
}
