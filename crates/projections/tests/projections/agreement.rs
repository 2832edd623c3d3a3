//! Whatever happens, projections agree with the streams they were folded from.

use std::collections::BTreeSet;

use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, LeadId},
    lead::{ApplicationStage, Call, Dispatch, HoldCode, LeadCommand, LeadState, LeadStatus},
};
use branchline_projections::{
    CallFilter, CallRow, DispatchStage, Held, LeadFilter, LeadRow, NodeCounts, Projections,
    StatusCounts,
};
use proptest::{collection::vec, prelude::*};

use crate::{
    orders::{ORDERS, assert_order_agrees},
    story::{ALL, CALL, WAIT, WON, swept},
    world::{CHECK, LOST, Step, World, flow},
};

fn steps() -> impl Strategy<Value = Vec<Step>> {
    vec(any::<Step>(), 0..200)
}

fn is_shown(world: &World, lead: &LeadState) -> bool {
    let waits_for_import = lead.import.is_some_and(|import| {
        world.cancelled_imports.contains(&import)
            || world.workflows[&lead.workflow.unwrap()].open_imports.contains_key(&import)
    });
    lead.exists() && !lead.withdrawn && !waits_for_import
}

fn assert_same_call(row: &CallRow, call: &Call) {
    assert_eq!((row.node_id, row.visit), (call.node, call.visit));
    assert_eq!((row.status, row.concluded), (call.status, call.concluded));
    assert_eq!(row.dispatch, DispatchStage::from(&call.dispatch));
    assert_eq!(row.dispatch_started_at, call.dispatch_started_at);
    assert_eq!((row.created_at, row.ended_at), (call.created_at, call.ended_at));
}

fn assert_same_lead(row: &LeadRow, lead: &LeadState) {
    assert_eq!(Some(row.workflow_id), lead.workflow);
    assert_eq!((row.status, row.removed), (lead.status, lead.removed));
    assert_eq!((row.current_node_id, row.visit), (lead.node, lead.visit));
    assert_eq!((row.entered_at, row.release_at), (lead.entered_at, lead.release_at));
    assert_eq!(row.hold, lead.hold.as_ref().map(|hold| hold.reason.code()));
    assert_eq!(row.call.as_ref().map(|call| call.id.number), lead.call);
    assert_eq!((row.contact_tag, row.key_slot), (lead.contact_tag, lead.key_slot));
    assert_eq!(row.enrolled_at, lead.enrolled_at);
    assert_eq!(row.enrolled_position.0, lead.enrolled_position);
    assert_eq!(row.import_id, lead.import);
}

/// Every row says what the stream's own state says.
fn assert_rows_agree(world: &World) {
    let read = &world.story.read;
    for (&id, state) in &world.leads {
        match read.lead(id) {
            Some(row) if is_shown(world, state) => assert_same_lead(&row, state),
            None if !is_shown(world, state) => {}
            other => panic!("{id} is {state:?}, shown as {other:?}"),
        }
        for (&number, call) in &state.calls {
            assert_same_call(&read.call(CallId { lead: id, number }).unwrap(), call);
        }
    }
    for (&id, state) in &world.workflows {
        let row = read.workflow_or_deleted(id).unwrap();
        assert_eq!(row.state, state);
    }
}

/// Counts are what a scan of the listed rows gives.
fn assert_counts_agree(world: &World) {
    let read = &world.story.read;
    for number in 0..2 {
        let workflow = flow(number);
        let rows = read.leads(workflow, LeadFilter::default(), ALL).items;
        let mut by_status = StatusCounts::default();
        for row in &rows {
            *match (row.removed, row.status) {
                (true, _) => &mut by_status.removed,
                (false, LeadStatus::Pending) => &mut by_status.pending,
                (false, LeadStatus::Active) => &mut by_status.active,
                (false, LeadStatus::Completed) => &mut by_status.completed,
                (false, LeadStatus::Dropped) => &mut by_status.dropped,
            } += 1;
        }
        let counts = read.counts(workflow);
        assert_eq!(counts.by_status, by_status);
        for node in [CALL, WAIT, CHECK, WON, LOST] {
            let here = rows.iter().filter(|row| !row.removed && row.current_node_id == Some(node));
            let passed = rows.iter().filter(|row| {
                let told =
                    branchline_projections::history::lead_history(row.id, world.story.facts());
                !row.removed
                    && told
                        .history
                        .iter()
                        .any(|step| step.from_node == Some(node) && step.output.is_some())
            });
            let expected = NodeCounts {
                here: here.clone().count() as u64,
                passed: passed.count() as u64,
                held: here.clone().filter(|row| row.hold.is_some()).count() as u64,
            };
            assert_eq!(counts.by_node.get(&node), Some(&expected), "{node}");
            let active = here.filter(|row| row.status == LeadStatus::Active).count() as u64;
            let waiting = read.workflow_context(workflow, &[node]).leads_at;
            assert_eq!(waiting.get(&node).copied().unwrap_or(0), active);
        }
        for status in CallStatus::ALL {
            let filter =
                CallFilter { workflow: Some(workflow), status: Some(status), ..Default::default() };
            let scanned = read.calls(filter, ALL).items.len() as u64;
            assert_eq!(read.call_counts(workflow).get(&status).copied().unwrap_or(0), scanned);
        }
    }
}

/// Every filter gives what a scan gives, and its total and pages agree.
fn assert_lists_agree(world: &World) {
    let read = &world.story.read;
    let statuses = LeadStatus::ALL.map(Some).into_iter().chain([None]);
    let holds =
        [Held::Any, Held::With(HoldCode::MissingOutput)].map(Some).into_iter().chain([None]);
    for (status, held) in statuses.flat_map(|status| holds.clone().map(move |held| (status, held)))
    {
        for (removed, node) in [
            (None, None),
            (None, Some(WAIT)),
            (Some(true), None),
            (Some(false), None),
            (Some(false), Some(CALL)),
        ] {
            let filter = LeadFilter { status, node, held, removed };
            let page = read.leads(flow(0), filter, ALL);
            let scanned = read.leads(flow(0), LeadFilter::default(), ALL).items.into_iter();
            let expected: Vec<LeadRow> = scanned
                .filter(|row| status.is_none_or(|status| row.status == status))
                .filter(|row| node.is_none_or(|node| row.current_node_id == Some(node)))
                .filter(|row| removed.is_none_or(|removed| row.removed == removed))
                .filter(|row| match held {
                    None => true,
                    Some(Held::Any) => !row.removed && row.hold.is_some(),
                    Some(Held::With(code)) => !row.removed && row.hold == Some(code),
                })
                .collect();
            assert_eq!(page.items, expected, "{filter:?}");
            assert_eq!(page.total, expected.len() as u64, "{filter:?}");
            for order in ORDERS {
                assert_order_agrees(read, flow(0), filter, order, &page.items);
            }
        }
    }
}

/// Queues hold exactly the calls that the streams say they should.
fn assert_queues_agree(world: &World) {
    let read = &world.story.read;
    let mut wanted = BTreeSet::new();
    let mut unanswered = BTreeSet::new();
    let mut in_progress = BTreeSet::new();
    for (&lead, state) in &world.leads {
        for (&number, call) in state.calls.iter().filter(|(_, call)| !call.concluded) {
            let id = CallId { lead, number };
            match call.dispatch {
                Dispatch::Requested => {
                    let command = LeadCommand::StartDispatch { call: number, lease_until: None };
                    let workflow = state.workflow.unwrap();
                    if world.decide(lead, workflow, state, &command).is_some() {
                        wanted.insert(id);
                    }
                }
                Dispatch::Started { .. } => {
                    in_progress.insert(id);
                    if call.status == CallStatus::Created {
                        unanswered.insert(id);
                    }
                }
                Dispatch::Dispatched | Dispatch::Unknown => {
                    in_progress.insert(id);
                }
                Dispatch::Refused => {}
            }
        }
    }
    let requested = read.requested(world.now, 1_000, |_| true);
    assert_eq!(requested.iter().map(|call| call.call).collect::<BTreeSet<_>>(), wanted);
    let told = read.started_without_answer();
    assert_eq!(told.iter().map(|row| row.id).collect::<BTreeSet<_>>(), unanswered);
    let live = (0..2).flat_map(|number| read.live_calls(flow(number)));
    assert_eq!(live.map(|row| row.id).collect::<BTreeSet<_>>(), in_progress);
}

fn assert_applications_agree(world: &World) {
    let read = &world.story.read;
    let (mut wanted, mut under_way) = (BTreeSet::new(), BTreeSet::new());
    for (&lead, state) in &world.leads {
        let workflow = state.workflow.unwrap();
        if world.decide(lead, workflow, state, &LeadCommand::StartApplication).is_some() {
            wanted.insert(lead);
        }
        let stage = state.application.as_ref().map(|run| run.stage);
        if stage == Some(ApplicationStage::Started) {
            under_way.insert(lead);
        }
    }
    assert_eq!(BTreeSet::from_iter(read.requested_applications(1_000, |_| true)), wanted);
    assert_eq!(BTreeSet::from_iter(read.started_applications()), under_way);
}

/// A lead that would do something now is named by a sweep, a release or a deadline; what releases
/// and deadlines name does something, so that nobody asks in vain for ever.
fn assert_nobody_is_forgotten(world: &World) {
    let read = &world.story.read;
    let due: BTreeSet<LeadId> = read
        .due(world.now, usize::MAX)
        .into_iter()
        .chain(read.overdue_calls(world.now, usize::MAX))
        .map(|(_, lead)| lead)
        .collect();
    let swept: BTreeSet<LeadId> = (0..2).flat_map(|number| swept(read, flow(number))).collect();
    for (&lead, state) in &world.leads {
        let workflow = state.workflow.unwrap();
        let moves = world.decide(lead, workflow, state, &LeadCommand::Advance).is_some();
        if is_shown(world, state) {
            assert!(!moves || due.contains(&lead) || swept.contains(&lead), "{lead}: {state:?}");
        } else {
            assert!(!due.contains(&lead) && !swept.contains(&lead), "{lead}: {state:?}");
        }
        assert!(moves || !due.contains(&lead), "{lead} is due for nothing: {state:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn projections_agree_with_the_streams_whatever_happens(steps in steps()) {
        let world = World::after(&steps);
        assert_rows_agree(&world);
        assert_counts_agree(&world);
        assert_lists_agree(&world);
        assert_queues_agree(&world);
        assert_applications_agree(&world);
        assert_nobody_is_forgotten(&world);
    }

    #[test]
    fn records_folded_twice_or_in_two_parts_give_the_same(steps in steps(), cut in any::<u8>()) {
        let world = World::after(&steps);
        let mut again = Projections::new();
        let cut = usize::from(cut) % world.story.facts.len();
        // The first part, then all of them from the beginning: what was folded is skipped.
        for fact in world.story.facts().take(cut).chain(world.story.facts()) {
            again.fold(&fact);
        }
        prop_assert_eq!(again, world.story.read);
    }
}
