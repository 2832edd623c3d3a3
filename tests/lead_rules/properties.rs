//! What holds of every history: random commands against a lead whose workflow changes at random.

use std::collections::{BTreeMap, BTreeSet};

use branchline_domain::{
    call_status::CallStatus,
    decider::Recorded,
    graph::{GraphChange, Operator},
    lead::{
        ApplicationStage, HoldCode, LeadCommand, LeadContext, LeadEvent, LeadState, Surroundings,
        decide, evolve, explain,
    },
    time::Timestamp,
    workflow::{WorkflowStatus, WorkflowView},
};
use branchline_testkit::{ASHA, GraphBuilder, START, ViewChanges, active, edge};
use proptest::{
    collection::vec, prelude::*, sample::select, strategy::ValueTree, test_runner::TestRunner,
};

use crate::{
    commands::commands,
    erase::without_key,
    fixtures::{enrol, enrolment},
    remedies,
};

/// One thing that happens: to the lead, to its workflow, or to the clock.
#[derive(Clone, Debug)]
enum Step {
    Command(LeadCommand),
    Status(WorkflowStatus),
    LateFinalResolves(bool),
    StartOnEnrol(bool),
    /// Adds the edge if it is not there, takes it away if it is.
    Toggle(&'static str, Option<&'static str>, &'static str),
    /// Leads those for whom the condition is false back to it, or on.
    Circle(bool),
    /// Takes the number of the first call node away, or gives it back.
    Number(bool),
    Wait(u64),
}

/// Every kind of node, and a loop through all that do not end a lead.
fn everything() -> GraphBuilder {
    GraphBuilder::new()
        .call("intro")
        .as_entry()
        .wait_hours("pause", 1)
        .condition("check", "call.status", Operator::Equals, "busy")
        .application("crm", "push")
        .wait_for_words("later", "callback_at")
        .converted("won")
        .dropped("lost")
        .edge("intro", "COMPLETED", "check")
        .edge("intro", "DNP", "pause")
        .any_edge("pause", "intro")
        .edge("check", "true", "crm")
        .edge("check", "false", "won")
        .edge("crm", "failure", "lost")
        .edge("intro", "FAILED", "later")
        .any_edge("later", "lost")
}

const TOGGLED: [(&str, Option<&str>, &str); 7] = [
    ("check", Some("true"), "crm"),
    ("intro", Some("FAILED"), "lost"),
    ("intro", Some("DNP"), "pause"),
    ("intro", None, "check"),
    ("check", Some("true"), "check"),
    ("crm", Some("success"), "intro"),
    ("pause", None, "intro"),
];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // A workflow that has ended stays so, and most histories should go on: ends are rare.
    let status = prop_oneof![
        6 => Just(WorkflowStatus::Active),
        4 => Just(WorkflowStatus::Paused),
        1 => select(vec![WorkflowStatus::Completed, WorkflowStatus::Cancelled]),
    ];
    let step = prop_oneof![
        12 => commands().prop_map(Step::Command),
        3 => status.prop_map(Step::Status),
        1 => any::<bool>().prop_map(Step::LateFinalResolves),
        1 => any::<bool>().prop_map(Step::StartOnEnrol),
        3 => select(TOGGLED.to_vec()).prop_map(|(from, label, to)| Step::Toggle(from, label, to)),
        1 => any::<bool>().prop_map(Step::Circle),
        1 => any::<bool>().prop_map(Step::Number),
        2 => (1..9_000_u64).prop_map(Step::Wait),
    ];
    vec(step, 1..60)
}

/// A lead, its workflow, and everything that was recorded.
struct History {
    workflow: WorkflowView,
    now: Timestamp,
    position: u64,
    state: LeadState,
    recorded: Vec<(LeadEvent, Recorded)>,
    branches: BTreeSet<u32>,
    dispatches: BTreeSet<u32>,
    endings: BTreeMap<u32, CallStatus>,
}

impl History {
    fn begin() -> Self {
        let mut history = Self {
            workflow: active(&everything()).now_is(WorkflowStatus::Draft),
            now: START,
            position: 0,
            state: LeadState::default(),
            recorded: Vec::new(),
            branches: BTreeSet::new(),
            dispatches: BTreeSet::new(),
            endings: BTreeMap::new(),
        };
        history.perform(&enrol(enrolment()));
        history.take(&Step::Status(WorkflowStatus::Active));
        history
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Command(command) => self.perform(command),
            Step::Status(status) => self.turn(*status),
            Step::LateFinalResolves(yes) => {
                self.workflow.settings.late_final_resolves_review = *yes;
            }
            Step::StartOnEnrol(yes) => self.workflow.settings.start_on_enrol = *yes,
            Step::Toggle(from, label, to) => {
                let wanted = edge(from, *label, to);
                let change = match self.workflow.graph.edge(wanted.id) {
                    Some(known) => GraphChange::EdgeRemoved(known.id),
                    None => GraphChange::EdgeAdded(wanted),
                };
                self.workflow = self.workflow.revised(&[change]);
            }
            Step::Circle(closed) => {
                let (old, new) = if *closed { ("won", "check") } else { ("check", "won") };
                let gone = edge("check", Some("false"), old).id;
                self.workflow = self.workflow.revised(&[
                    GraphChange::EdgeRemoved(gone),
                    GraphChange::EdgeAdded(edge("check", Some("false"), new)),
                ]);
            }
            Step::Number(given) => {
                let bare = GraphBuilder::new();
                let bare =
                    if *given { bare.call("intro") } else { bare.call_without_number("intro") };
                self.workflow = self.workflow.revised(&bare.as_entry().changes());
            }
            Step::Wait(seconds) => self.now = self.now.plus_seconds(*seconds),
        }
        self.check();
    }

    fn turn(&mut self, status: WorkflowStatus) {
        if self.workflow.status.is_final() {
            return;
        }
        self.workflow = self.workflow.now_is(status);
        self.position += 1;
        if status == WorkflowStatus::Active {
            self.workflow.freed_at = Some(self.position);
        }
    }

    fn context(&self) -> LeadContext<'_> {
        LeadContext { now: self.now, lead: ASHA, workflow: &self.workflow }
    }

    fn perform(&mut self, command: &LeadCommand) {
        let Ok(events) = decide(&self.state, command, &self.context()) else { return };
        self.position += u64::from(!events.is_empty());
        for event in events {
            self.check_event(&event);
            let recorded = Recorded { at: self.now, position: self.position };
            evolve(&mut self.state, &event, recorded);
            self.recorded.push((event, recorded));
        }
        if matches!(command, LeadCommand::Resolve(_) | LeadCommand::MoveTo { .. }) {
            return;
        }
        // Sent twice. Only a person's choice may mean something new the second time.
        if let Ok(again) = decide(&self.state, command, &self.context()) {
            assert_eq!(again, [], "{command:?} sent twice");
        }
    }

    /// Holds of each event, given the state it is recorded in.
    fn check_event(&mut self, event: &LeadEvent) {
        let moves = matches!(
            event,
            LeadEvent::BranchTaken { .. }
                | LeadEvent::NodeEntered { .. }
                | LeadEvent::LeadMoved { .. }
                | LeadEvent::ApplicationStarted { .. }
        );
        if moves {
            assert_eq!(self.workflow.status, WorkflowStatus::Active, "pause is exact: {event:?}");
            assert!(!self.state.has_ended(), "nothing moves after an end: {event:?}");
        }
        match event {
            LeadEvent::BranchTaken { visit, from, .. }
            | LeadEvent::LeadMoved { visit, from, .. } => {
                assert!(self.branches.insert(*visit), "two branches of visit {visit}");
                assert_eq!((Some(*from), *visit), (self.state.node, self.state.visit));
            }
            LeadEvent::NodeEntered { visit, .. } => assert_eq!(*visit, self.state.visit + 1),
            LeadEvent::CallRequested { call, .. } => {
                assert!(!self.state.calls.contains_key(call), "call {call} is requested twice");
                assert!(!self.state.has_ended());
            }
            LeadEvent::CallDispatchStarted { call, .. } => {
                assert!(self.dispatches.insert(*call), "call {call} is handed out twice");
            }
            LeadEvent::CallConcluded { call, status, .. } => {
                assert!(status.is_final());
                assert_eq!(self.endings.insert(*call, *status), None, "call {call} ends twice");
            }
            LeadEvent::CallStatusChanged { call, status, .. } => {
                assert!(!self.endings.contains_key(call) && !status.is_final());
                let known = self.state.calls.get(call).map(|known| known.status.progress());
                assert!(known.is_some_and(|known| known < status.progress()), "{event:?}");
            }
            LeadEvent::ApplicationRequested { .. } | LeadEvent::AnalysisAwaited { .. } => {
                assert!(!self.state.has_ended(), "{event:?}");
            }
            LeadEvent::ApplicationStarted { attempt } => {
                let wanted = self.state.application.as_ref().is_some_and(|run| {
                    (run.attempt, run.stage) == (*attempt, ApplicationStage::Requested)
                });
                assert!(wanted, "try {attempt} begins unasked");
            }
            LeadEvent::RoutingHeld { .. } | LeadEvent::HoldResolved { .. } => {
                assert!(!self.state.has_ended(), "{event:?}");
                assert!(!self.workflow.status.is_final(), "{event:?}");
            }
            LeadEvent::LeadCompleted | LeadEvent::LeadDropped | LeadEvent::LeadRemoved => {
                assert!(!self.state.has_ended(), "a lead ends once: {event:?}");
            }
            LeadEvent::LeadErased { .. } => {
                assert!(self.state.has_ended() && !self.state.is_erased(), "{event:?}");
                let live = self.state.calls.values().any(|call| call.is_in_progress());
                assert!(!live && !self.state.is_at_work(), "a call or application is at work");
            }
            LeadEvent::LeadEnrolled { .. }
            | LeadEvent::CallDispatched { .. }
            | LeadEvent::CallDispatchRefused { .. }
            | LeadEvent::CallDispatchUnknown { .. }
            | LeadEvent::CallConflictRecorded { .. }
            | LeadEvent::CallReferenced { .. }
            | LeadEvent::ProviderStatusHeard { .. }
            | LeadEvent::CallAttributesAttached { .. }
            | LeadEvent::CallScheduled { .. }
            | LeadEvent::ApplicationTried { .. }
            | LeadEvent::ApplicationAnswered { .. }
            | LeadEvent::ReleasePlanned { .. }
            | LeadEvent::LeadWithdrawn
            | LeadEvent::LeadEdited { .. } => {}
        }
    }

    /// Holds at every moment.
    fn check(&self) {
        let mut folded = LeadState::default();
        for (event, recorded) in &self.recorded {
            evolve(&mut folded, event, *recorded);
        }
        assert_eq!(folded, self.state, "a replay gives the live state");
        if self.state.is_erased() {
            let mut keyless = LeadState::default();
            for (event, recorded) in &self.recorded {
                evolve(&mut keyless, &without_key(event), *recorded);
            }
            assert_eq!(keyless, self.state, "a replay without the key gives it too");
        }
        let surroundings = Surroundings { now: self.now, ..Surroundings::default() };
        let told = explain(ASHA, &self.state, &self.workflow, &surroundings);
        assert!(!told.guards.is_empty(), "nothing holds the lead: {:?}", self.state);
        if self.state.has_ended() || self.workflow.status.is_final() {
            assert_eq!(told.next, None);
        } else {
            assert!(told.next.is_some(), "nothing would move the lead: {told:?}");
            remedies::check(&self.state, &self.workflow, self.now, self.position);
        }
    }
}

/// The properties say nothing about what no history reaches.
#[test]
fn the_histories_reach_every_hold_and_both_ends() {
    let mut runner = TestRunner::deterministic();
    let mut reached = BTreeSet::new();
    for _ in 0..2_000 {
        let steps = steps().new_tree(&mut runner).expect("a list of steps is made").current();
        let mut history = History::begin();
        for step in &steps {
            history.take(step);
            reached.extend(history.state.hold.as_ref().map(|hold| hold.reason.code().as_str()));
            reached.extend(history.state.removed.then_some("removed"));
            reached.extend(history.state.is_erased().then_some("erased"));
            reached.insert(history.state.status.as_str());
        }
    }
    let mut wanted: BTreeSet<&str> = HoldCode::ALL.map(HoldCode::as_str).into();
    wanted.extend(["active", "completed", "dropped", "removed", "erased"]);
    assert_eq!(wanted.difference(&reached).collect::<Vec<_>>(), Vec::<&&str>::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn every_history_keeps_the_promises(steps in steps()) {
        let mut history = History::begin();
        for step in &steps {
            history.take(step);
        }
    }

    #[test]
    fn commands_before_the_enrolment_are_refused_and_never_panic(
        commands in vec(commands(), 1..20)
    ) {
        let workflow = active(&everything());
        let context = LeadContext { now: START, lead: ASHA, workflow: &workflow };
        for command in commands {
            if !matches!(command, LeadCommand::Enrol(_)) {
                prop_assert!(decide(&LeadState::default(), &command, &context).is_err());
            }
        }
    }

    #[test]
    fn any_order_of_events_can_be_folded(steps in steps(), seed in any::<u64>()) {
        // Evolve is total: even events in an order that no decision would make.
        let mut history = History::begin();
        for step in &steps {
            history.take(step);
        }
        let mut events: Vec<LeadEvent> =
            history.recorded.into_iter().map(|(event, _)| event).collect();
        let mut turn = seed;
        let mut state = LeadState::default();
        while !events.is_empty() {
            turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let place = usize::try_from(turn >> 33).unwrap_or_default() % events.len();
            evolve(&mut state, &events.swap_remove(place), Recorded::default());
        }
        let surroundings = Surroundings::default();
        let told = explain(ASHA, &state, &active(&everything()), &surroundings);
        prop_assert!(!told.guards.is_empty());
    }
}
