//! What the engine answered after each record is what its journal, folded from nothing up to that
//! record, adds up to: by the domain alone, by the read models, and by the log tool.

use std::{fmt::Debug, sync::Arc};

use branchline_domain::{
    decider::Recorded,
    id::LeadId,
    lead::{self, Explanation, LeadState},
    time::Timestamp,
};
use branchline_engine::LeadStory;
use branchline_event_codec::{RecordedEvents, decode_record};
use branchline_journal::record::{Position, Record, StreamId};
use branchline_log::{
    Past, Subject,
    history::Way,
    standing::{LeadStanding, WorkflowStanding},
};
use branchline_projections::{
    LeadFilter, Paging, Projections, WorkflowFilter,
    history::{NamedVisit, lead_history},
};
use branchline_scenarios::{play, source_text::SourceText, story::Story, words::Wrong};
use branchline_vault::{KeySlot, LeadKey, Vault};
use libtest_mimic::{Failed, Trial};

use crate::{
    engine_world::EngineWorld,
    kept_store::Kept,
    watched_store::{LeadAnswer, Observation, Seen, WatchedStore},
};

/// Plays a scenario on an engine that is looked at, and gives what was seen.
fn watch(story: &Story) -> Result<Seen, Wrong> {
    let watched = WatchedStore::new()?;
    let kept = Kept::Watched(Arc::clone(&watched));
    let mut world = EngineWorld::new(&story.settings, &story.graph, kept)?;
    play::play(story, &mut world).map_err(|difference| difference.to_string())?;
    drop(world);
    watched.end()
}

/// Plays a scenario, and compares everything that was seen with what its records say.
pub(crate) fn check(story: &Story) -> Result<(), Wrong> {
    compare_all(&watch(story)?)
}

fn compare_all(seen: &Seen) -> Result<(), Wrong> {
    let Seen { observations, records, vault } = seen;
    let looked_at: Vec<Position> = observations.iter().map(|seen| seen.head).collect();
    if let Some(missed) = records.iter().find(|record| !looked_at.contains(&record.position)) {
        return Err(format!("nobody looked after record {}", missed.position));
    }
    for observation in observations {
        let upto = records.iter().filter(|record| record.position <= observation.head);
        let upto: Vec<&Arc<Record>> = upto.collect();
        compare(observation, &upto, vault).map_err(|wrong| {
            let last = upto.last().map(|record| record.body.stream.to_string());
            let last = last.unwrap_or_default();
            format!("after record {} of {last}: {wrong}", observation.head)
        })?;
    }
    Ok(())
}

fn compare(seen: &Observation, records: &[&Arc<Record>], vault: &Vault) -> Result<(), Wrong> {
    // Any subject has the same read models.
    let nobody = past(Subject::Lead(LeadId::from_u128(0)), records, vault)?;
    same("the read models", &seen.read, nobody.projections())?;
    for answer in &seen.leads {
        compare_lead(seen, answer, records, vault)
            .map_err(|wrong| format!("{}: {wrong}", answer.lead))?;
    }
    let everything = Paging::first(usize::MAX);
    for row in seen.read.workflows(WorkflowFilter::default(), everything).items {
        let past = past(Subject::Workflow(row.id), records, vault)?;
        same("the workflow", row.state, past.workflow())?;
        let standing = WorkflowStanding::of(&past).ok_or("the log tool shows no workflow")?;
        same("the counts", &seen.read.counts(row.id), &standing.counts)?;
        let listed = seen.read.leads(row.id, LeadFilter::default(), everything).total;
        same("the number of leads", &listed, &standing.counts.by_status.enrolled())?;
    }
    Ok(())
}

fn compare_lead(
    seen: &Observation,
    answer: &LeadAnswer,
    records: &[&Arc<Record>],
    vault: &Vault,
) -> Result<(), Wrong> {
    let lead = answer.lead;
    let past = past(Subject::Lead(lead), records, vault)?;
    let folded = folded(lead, records, vault)?;
    same("domain and log tool", &folded, past.lead())?;
    let Some((story, explanation)) = &answer.told else {
        return same("whether it counts", &true, &folded.withdrawn);
    };
    // Of one that was erased since, the records add up to the same but for what nobody can read.
    let erased_since = key_of(&folded, lead, vault)?.is_none();
    let readable = |state: &LeadState| {
        let mut state = state.clone();
        if erased_since {
            state.forget();
        }
        state
    };
    same("engine and domain", &readable(&story.state), &readable(&folded))?;
    same(
        "what the log tool shows",
        &LeadStanding::of(lead, &readable(&story.state)),
        &LeadStanding::of(lead, &readable(past.lead())),
    )?;
    let told = past.explain(seen.now).ok_or("the log tool explains nothing")?;
    same("why it is where it is", explanation, &told)?;
    let way = Way::of(&past).ok_or("the log tool shows no way")?;
    let live = lead_history(lead, story.facts.iter().map(|fact| fact.as_fact()));
    same("its transitions", &live.history, &way.history)?;
    let row = seen.read.workflow_or_deleted(story.workflow).ok_or("its workflow is not shown")?;
    same("its visits", &NamedVisit::of(live.visits, &row.view()), &way.visits)
}

fn key_of(state: &LeadState, lead: LeadId, vault: &Vault) -> Result<Option<LeadKey>, Wrong> {
    let key = vault.key(KeySlot(state.key_slot), lead.as_uuid());
    key.map_err(|wrong| wrong.to_string())
}

/// How the log tool sees a subject as of the last of these records.
fn past<'v>(
    subject: Subject,
    records: &[&Arc<Record>],
    vault: &'v Vault,
) -> Result<Past<'v>, Wrong> {
    let mut past = Past::begin(subject, Some(vault));
    for record in records {
        past.take(Arc::clone(record)).map_err(|wrong| wrong.to_string())?;
    }
    Ok(past)
}

/// What the domain alone makes of a lead's records.
fn folded(lead: LeadId, records: &[&Arc<Record>], vault: &Vault) -> Result<LeadState, Wrong> {
    let stream = StreamId::lead(lead.as_uuid());
    let mut state = LeadState::default();
    let mut key = None;
    for record in records.iter().filter(|record| record.body.stream == stream) {
        let decoded = |key| decode_record(record, key).map_err(|wrong| wrong.to_string());
        if let Some(RecordedEvents::Lead(_, events)) = decoded(None)?
            && let Some(lead::LeadEvent::LeadEnrolled { key_slot, .. }) = events.first()
        {
            let found = vault.key(KeySlot(*key_slot), lead.as_uuid());
            key = found.map_err(|wrong| wrong.to_string())?;
        }
        let Some(RecordedEvents::Lead(_, events)) = decoded(key.as_ref())? else { continue };
        let at = Timestamp::from_micros(record.body.recorded_at.0);
        for event in &events {
            let recorded = Recorded { at, position: record.position.0 };
            lead::evolve(&mut state, event, recorded);
        }
    }
    Ok(state)
}

fn same<T: PartialEq + Debug + ?Sized>(what: &str, one: &T, other: &T) -> Result<(), Wrong> {
    if one == other {
        return Ok(());
    }
    Err(format!("{what} differ:\n  {one:?}\n  {other:?}"))
}

/// A lead that is called, does not pick up, and waits.
const STORY: &str = r#"
    title = "a story that is looked at"
    source = "none"
    graph = ["intro: VOICE_CALL from +15550100", "later: TIME 2 hours", "won: CONVERTED"]
    edges = ["intro --DNP--> later", "later --> won"]
    leads = ["asha +919812345601"]
    start = "active"

    [[step]]
    when = "report asha.1 busy"
    then = [
        "lead asha: call_dispatch_started 1",
        "lead asha: call_dispatched 1",
        "lead asha: call_concluded 1 busy",
        "lead asha: branch_taken intro --DNP--> later by call 1",
        "lead asha: node_entered later until T+2h",
    ]
"#;

/// The comparison can say no: what was seen is changed in one place, and it must say which.
pub(crate) fn trials() -> Vec<Trial> {
    type Change = fn(&mut Seen);
    let changes: [(&str, Change, &str); 5] = [
        ("as_it_was_seen", |_| {}, ""),
        ("a_record_that_nobody_saw", |seen| drop(seen.observations.remove(3)), "nobody looked"),
        (
            "another_state",
            |seen| last_told(seen, |story, _| story.state.visit += 1),
            "engine and domain differ",
        ),
        (
            "another_reason",
            |seen| last_told(seen, |_, explanation| explanation.guards.clear()),
            "why it is where it is differ",
        ),
        (
            "older_read_models",
            |seen| {
                if let Some(last) = seen.observations.last_mut() {
                    last.read = Projections::new();
                }
            },
            "the read models differ",
        ),
    ];
    changes
        .into_iter()
        .map(|(name, change, complaint)| {
            Trial::test(format!("identity_check/{name}"), move || {
                let story = Story::read(&SourceText { name: "story", text: STORY }, &|_| Ok(None));
                let mut seen = watch(&story.map_err(|wrong| format!("{wrong:?}"))?)?;
                change(&mut seen);
                match compare_all(&seen) {
                    Ok(()) if complaint.is_empty() => Ok(()),
                    Err(wrong) if !complaint.is_empty() && wrong.contains(complaint) => Ok(()),
                    other => Err(Failed::from(format!("{other:?}"))),
                }
            })
        })
        .collect()
}

/// Changes what was told of each lead when the engine was looked at for the last time.
fn last_told(seen: &mut Seen, change: impl Fn(&mut LeadStory, &mut Explanation)) {
    let last = seen.observations.last_mut().into_iter();
    for (story, explanation) in
        last.flat_map(|seen| &mut seen.leads).filter_map(|lead| lead.told.as_mut())
    {
        change(story, explanation);
    }
}
