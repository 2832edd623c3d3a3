//! Control actions that race with call statuses, edits, removals and batches, in shuffled
//! schedules: whatever comes first, the journal is exact and every answer says what is in it.
//!
//! Source: CONTRACT.md 2.

use branchline_domain::{
    call_status::CallStatus,
    graph::{NodeConfig, VoiceCallConfig},
    id::{CallId, LeadId, WorkflowId},
    lead::{HoldCode, Resolution},
    output::Output,
    workflow::{Settings, WorkflowStatus},
};
use branchline_engine::{
    EngineError, EngineHandle,
    batch::{BatchFilter, LeadBatch},
    command::{CallAnswer, Committed, LeadAction, WorkflowAction},
};
use branchline_journal::record::Position;
use branchline_projections::{Held, LeadFilter};
use proptest::prelude::*;
use tokio::task::JoinSet;

use crate::{
    race_checks::{calls_are_as_answered, controls_are_as_answered, no_violation},
    world::{World, call, config, host, lead, list, report, story},
};

/// Leads of a shuffled schedule.
const FEW: usize = 8;

/// One thing that somebody does.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a few hundred of them")]
pub(crate) enum Move {
    Control(WorkflowAction),
    Report {
        lead: usize,
        number: u32,
        status: CallStatus,
    },
    Remove {
        lead: usize,
    },
    /// Resolves whatever is held.
    Batch,
    /// Lets the others go first.
    Wait {
        turns: u8,
    },
}

fn a_move() -> impl Strategy<Value = Move> {
    let control = prop_oneof![
        4 => Just(WorkflowAction::Pause),
        3 => Just(WorkflowAction::Resume),
        2 => Just(WorkflowAction::Activate),
        1 => any::<bool>().prop_map(|force| WorkflowAction::Complete { force }),
    ];
    let lead = || 0..FEW;
    let status = prop::sample::select(CallStatus::ALL.to_vec());
    prop_oneof![
        4 => control.prop_map(Move::Control),
        8 => (lead(), 1..=2_u32, status)
            .prop_map(|(lead, number, status)| Move::Report { lead, number, status }),
        1 => lead().prop_map(|lead| Move::Remove { lead }),
        1 => Just(Move::Batch),
        2 => (0..20_u8).prop_map(|turns| Move::Wait { turns }),
    ]
}

/// What several people do at the same time, how it ends, and whether the workflow completes by
/// itself.
#[derive(Clone, Debug)]
struct Schedule {
    leads: usize,
    people: Vec<Vec<Move>>,
    /// Sent by one more person in the middle of it.
    end: Option<WorkflowAction>,
    auto_complete: bool,
}

fn a_schedule() -> impl Strategy<Value = Schedule> {
    let people = prop::collection::vec(prop::collection::vec(a_move(), 1..12), 2..5);
    let end = prop::option::of(prop::sample::select(vec![
        WorkflowAction::Cancel,
        WorkflowAction::Complete { force: true },
        WorkflowAction::Delete,
    ]));
    (people, end, any::<bool>()).prop_map(|(people, end, auto_complete)| Schedule {
        leads: FEW,
        people,
        end,
        auto_complete,
    })
}

/// What somebody was answered, and the journal's ends before and after.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) asked: Move,
    pub(crate) before: Position,
    pub(crate) after: Position,
    pub(crate) outcome: Outcome,
}

#[derive(Debug)]
pub(crate) enum Outcome {
    Controlled(Result<Committed, EngineError>),
    Told(CallId, Result<CallAnswer, EngineError>),
    Acted(LeadId, Result<Committed, EngineError>),
    Waited,
}

#[derive(Clone)]
pub(crate) struct Race {
    pub(crate) handle: EngineHandle,
    pub(crate) workflow: WorkflowId,
    pub(crate) leads: Vec<LeadId>,
}

/// Two calls in a row: the second after DNP.
async fn set_up(world: &World, leads: usize, auto_complete: bool) -> (WorkflowId, Vec<LeadId>) {
    let settings = Settings { auto_complete, ..Settings::default() };
    let workflow = world.handle().create_workflow(host(), "Race", "", settings).await.unwrap();
    let voice = || {
        let from_phone_number = Some("+912212345678".into());
        NodeConfig::VoiceCall(VoiceCallConfig { from_phone_number, ..VoiceCallConfig::default() })
    };
    let first = world.node(workflow, voice()).await;
    let second = world.node(workflow, voice()).await;
    let won = world.node(workflow, NodeConfig::Converted).await;
    let lost = world.node(workflow, NodeConfig::Dropped).await;
    world.edge(workflow, first, second, "DNP").await;
    world.edge(workflow, first, won, "COMPLETED").await;
    world.edge(workflow, second, won, "COMPLETED").await;
    world.edge(workflow, second, lost, "").await;
    let request = list((0..leads as u64).map(lead).collect());
    let enrolled = world.handle().enrol(host(), workflow, request).await.unwrap();
    world.act(workflow, WorkflowAction::Activate).await;
    (workflow, enrolled.lead_ids)
}

impl Race {
    async fn make(&self, asked: &Move) -> Vec<Answered> {
        let handle = &self.handle;
        let before = handle.health().position;
        let outcomes = match asked {
            Move::Control(action) => {
                let done = handle.act_on_workflow(host(), self.workflow, action.clone()).await;
                vec![Outcome::Controlled(done)]
            }
            Move::Report { lead, number, status } => {
                let call = call(self.leads[*lead], *number);
                // A workflow that is paused over and over may keep a lead from deciding; whoever is
                // told so asks again, as every reporter does.
                let told = loop {
                    match handle.report_call_status(host(), call, report(*status)).await {
                        Err(EngineError::Busy) => tokio::task::yield_now().await,
                        told => break told,
                    }
                };
                vec![Outcome::Told(call, told)]
            }
            Move::Remove { lead } => {
                let lead = self.leads[*lead];
                vec![Outcome::Acted(
                    lead,
                    handle.act_on_lead(host(), lead, LeadAction::Remove).await,
                )]
            }
            Move::Batch => {
                let batch = LeadBatch {
                    filter: BatchFilter::Matching {
                        status: None,
                        node: None,
                        held: Some(Held::Any),
                    },
                    action: LeadAction::Resolve(Resolution::Output(Output::Failed)),
                    after: None,
                    limit: 100,
                };
                match handle.act_on_leads(host(), self.workflow, batch).await {
                    Ok(answer) => answer
                        .results
                        .into_iter()
                        .map(|batched| Outcome::Acted(batched.lead, batched.outcome))
                        .collect(),
                    Err(error) => vec![Outcome::Controlled(Err(error))],
                }
            }
            Move::Wait { turns } => {
                for _ in 0..*turns {
                    tokio::task::yield_now().await;
                }
                vec![Outcome::Waited]
            }
        };
        let after = handle.health().position;
        let answered = |outcome| Answered { asked: asked.clone(), before, after, outcome };
        outcomes.into_iter().map(answered).collect()
    }

    async fn run(self, moves: Vec<Move>) -> Vec<Answered> {
        let mut answers = Vec::new();
        for asked in &moves {
            answers.extend(self.make(asked).await);
        }
        answers
    }
}

async fn race(world: &World, schedule: &Schedule) {
    let (workflow, leads) = set_up(world, schedule.leads, schedule.auto_complete).await;
    let race = Race { handle: world.handle().clone(), workflow, leads };
    let end: Vec<Move> = schedule.end.iter().cloned().map(Move::Control).collect();
    let end = [vec![Move::Wait { turns: 10 }], end].concat();
    let mut running = JoinSet::new();
    for moves in schedule.people.iter().cloned().chain([end]) {
        running.spawn(race.clone().run(moves));
    }
    let answers: Vec<Answered> = running.join_all().await.into_iter().flatten().collect();
    settle(&race).await;
    let facts = world.facts().await;
    no_violation(&facts);
    controls_are_as_answered(workflow, &facts, &answers);
    calls_are_as_answered(&race, &facts, &answers).await;
}

/// Waits until nothing moves by itself any more: in an active workflow no outcome of a pause is
/// left, and in an ended one no call that nobody dialled.
async fn settle(race: &Race) {
    loop {
        let quiet = race.handle.read(|read| {
            let row = read.workflow_or_deleted(race.workflow).unwrap();
            let held = Some(Held::With(HoldCode::WorkflowPaused));
            let held =
                read.matching_leads(race.workflow, LeadFilter { held, ..LeadFilter::default() });
            match row.state.status {
                WorkflowStatus::Active => held.is_empty() && row.leads.pending == 0,
                WorkflowStatus::Draft | WorkflowStatus::Paused => true,
                WorkflowStatus::Completed | WorkflowStatus::Cancelled => {
                    read.requested_count(race.workflow) == 0
                }
            }
        });
        if quiet.await.unwrap() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

/// A crowd: four people report every call of 300 leads, each in an order of its own and some with
/// another final status, while a fifth pauses and goes on all the time.
fn a_crowd() -> Schedule {
    let leads = 300;
    let steps = [7, 11, 13, 17];
    let finals =
        [CallStatus::DidNotPick, CallStatus::Completed, CallStatus::Busy, CallStatus::Failed];
    let reporter = |(step, status): (usize, CallStatus)| {
        let report = move |place: usize| {
            let (lead, number) = (place * step % leads, if place < leads { 1 } else { 2 });
            Move::Report { lead, number, status }
        };
        (0..2 * leads).map(report).collect()
    };
    let mut people: Vec<Vec<Move>> = steps.into_iter().zip(finals).map(reporter).collect();
    let flap = [
        WorkflowAction::Pause,
        WorkflowAction::Resume,
        WorkflowAction::Pause,
        WorkflowAction::Activate,
    ];
    let flap =
        flap.map(Move::Control).into_iter().flat_map(|action| [action, Move::Wait { turns: 3 }]);
    people.push(flap.cycle().take(400).collect());
    Schedule { leads, people, end: None, auto_complete: true }
}

#[test]
fn a_crowd_that_reports_while_the_workflow_is_paused_over_and_over_leaves_an_exact_journal() {
    story(async {
        race(&World::start(config()), &a_crowd()).await;
        let dir = tempfile::tempdir().unwrap();
        race(&World::on_disk(dir.path(), config()), &a_crowd()).await;
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_first_the_journal_is_exact(schedule in a_schedule()) {
        story(async {
            let world = World::start(config());
            race(&world, &schedule).await;
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_first_the_journal_on_disk_is_exact(schedule in a_schedule()) {
        story(async {
            let dir = tempfile::tempdir().unwrap();
            let world = World::on_disk(dir.path(), config());
            race(&world, &schedule).await;
        });
    }
}
