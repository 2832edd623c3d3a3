//! Every guard says what clears it, and each of these alone does.

use branchline_domain::{
    call_status::CallStatus,
    decider::Recorded,
    graph::GraphChange,
    lead::{
        ApplicationOutcome, ApplicationReport, Explanation, HoldingGuard, LeadCommand, LeadContext,
        LeadState, Remedy, Resolution, Surroundings, Values, decide, evolve, explain,
    },
    time::Timestamp,
    workflow::{WorkflowStatus, WorkflowView},
};
use branchline_testkit::{ASHA, GraphBuilder, ViewChanges, edge, edge_id, node_id};

use crate::fixtures::plain;

/// A lead and what it stands in, for a remedy to change.
#[derive(Clone)]
struct Stand {
    state: LeadState,
    workflow: WorkflowView,
    now: Timestamp,
    position: u64,
}

impl Stand {
    fn explain(&self) -> Explanation {
        let surroundings = Surroundings { now: self.now, ..Surroundings::default() };
        explain(ASHA, &self.state, &self.workflow, &surroundings)
    }

    /// Whether the command was taken.
    fn tell(&mut self, command: &LeadCommand) -> bool {
        let context = LeadContext { now: self.now, lead: ASHA, workflow: &self.workflow };
        let Ok(events) = decide(&self.state, command, &context) else { return false };
        self.position += 1;
        for event in &events {
            let recorded = Recorded { at: self.now, position: self.position };
            evolve(&mut self.state, event, recorded);
        }
        true
    }

    /// The engine comes to the lead as long as there is more: a time that was read may be over
    /// already.
    fn advance(&mut self) -> bool {
        (0..4).all(|_| self.tell(&LeadCommand::Advance))
    }

    fn activate(&mut self) {
        self.workflow = self.workflow.now_is(WorkflowStatus::Active);
        self.position += 1;
        self.workflow.freed_at = Some(self.position);
    }

    fn report(&mut self, status: CallStatus) -> bool {
        let Some(call) = self.state.call else { return false };
        self.tell(&LeadCommand::ReportCallStatus { call, report: plain(status) })
    }

    fn name(&self) -> Option<&'static str> {
        let names = ["intro", "pause", "check", "crm", "later"];
        names.into_iter().find(|name| Some(node_id(name)) == self.state.node)
    }

    /// An edge from where the lead is to a good end, whatever the outcome.
    fn add_edge(&mut self) {
        let Some(name) = self.name() else { return };
        self.workflow = self.workflow.revised(&[
            GraphChange::EdgeRemoved(edge_id(&format!("{name} ----> won"))),
            GraphChange::EdgeAdded(edge(name, None, "won")),
        ]);
    }

    /// The first call is the entry, and has its number.
    fn mend(&mut self) {
        let mended = GraphBuilder::new().call("intro").as_entry().changes();
        self.workflow = self.workflow.revised(&mended);
    }

    /// The condition leads to a good end and nowhere else.
    fn break_cycle(&mut self) {
        let edges = self.workflow.graph.edges().iter();
        let circles = edges.filter(|edge| edge.from_node_id == node_id("check"));
        let mut changes: Vec<_> = circles.map(|edge| GraphChange::EdgeRemoved(edge.id)).collect();
        changes.push(GraphChange::EdgeAdded(edge("check", None, "won")));
        self.workflow = self.workflow.revised(&changes);
    }

    /// Analysis of the last call finds a time.
    fn attach(&mut self) -> bool {
        let call = self.state.calls.keys().last().copied().unwrap_or_default();
        let attributes = Values::from([("callback_at".to_owned(), "2030-01-01 10:00".into())]);
        self.tell(&LeadCommand::AttachCallAttributes { call, attributes })
    }

    /// The application does what it was asked to.
    fn answer(&mut self) -> bool {
        self.tell(&LeadCommand::StartApplication);
        let attempt = self.state.application.as_ref().map_or(0, |run| run.attempt);
        self.tell(&LeadCommand::RecordApplication(Box::new(ApplicationReport {
            attempt,
            outcome: ApplicationOutcome::Succeeded,
            latency_ms: 5,
            missing_fields: Vec::new(),
            evidence: String::new(),
            fields: Values::new(),
        })))
    }

    /// Every stand that the remedy may lead to; empty when it cannot be taken.
    fn after(&self, remedy: Remedy, guard: &HoldingGuard) -> Vec<Self> {
        let mut next = self.clone();
        let taken = match remedy {
            Remedy::Activate | Remedy::Resume | Remedy::PauseAndResume => {
                next.activate();
                next.advance()
            }
            Remedy::ImportEnds => {
                next.workflow.open_imports.clear();
                next.advance()
            }
            Remedy::MarkEntry | Remedy::CompleteNode => {
                next.mend();
                next.advance()
            }
            Remedy::EngineGoesOn => next.advance(),
            Remedy::TimePasses => {
                let clears_at = guard.clears_at;
                next.now =
                    clears_at.unwrap_or_else(|| panic!("time clears it, but when: {guard:?}"));
                next.advance()
            }
            Remedy::CallIsDialled => {
                let call = next.state.call.unwrap_or_default();
                next.tell(&LeadCommand::StartDispatch { call, lease_until: None })
            }
            // Nobody else is called in these histories.
            Remedy::OtherCallEnds => false,
            Remedy::StatusArrives => return self.after_each(&CallStatus::ALL),
            Remedy::FinalStatusArrives => {
                let finals = CallStatus::ALL.into_iter().filter(|status| status.is_final());
                return self.after_each(&finals.collect::<Vec<_>>());
            }
            Remedy::AttributesArrive => next.attach() && next.advance(),
            Remedy::ApplicationAnswers => next.answer(),
            Remedy::RegisterHandler => next.tell(&LeadCommand::RequestApplication),
            Remedy::AddEdge => {
                next.add_edge();
                next.advance()
            }
            Remedy::BreakCycle => {
                next.break_cycle();
                next.advance()
            }
            Remedy::ResolveOutput => return self.after_each_output(),
            Remedy::Redial => {
                // A node that lost its number is mended first; the refusal says so.
                next.mend();
                next.tell(&LeadCommand::Resolve(Resolution::Redial))
            }
            Remedy::ResolveRelease => {
                let release_at = next.now.plus_seconds(60);
                next.tell(&LeadCommand::Resolve(Resolution::ReleaseAt(release_at)))
            }
            Remedy::MoveTo => next.tell(&LeadCommand::MoveTo { node: node_id("won") }),
            Remedy::Remove => next.tell(&LeadCommand::Remove),
        };
        if taken { vec![next] } else { Vec::new() }
    }

    fn after_each(&self, statuses: &[CallStatus]) -> Vec<Self> {
        let reported = statuses.iter().filter_map(|status| {
            let mut next = self.clone();
            // What was heard of before is no news.
            let known = next.state.current_call().map(|(_, call)| call.status.progress());
            let news = known.is_none_or(|known| status.is_final() || status.progress() > known);
            (news && next.report(*status)).then_some(next)
        });
        reported.collect()
    }

    fn after_each_output(&self) -> Vec<Self> {
        let node = self.state.node.and_then(|node| self.workflow.graph.node(node));
        let outputs = node.map(|node| node.config.outputs()).unwrap_or_default();
        let resolved = outputs.into_iter().filter_map(|output| {
            let mut next = self.clone();
            // A person may choose what has no edge; then that is what is missing.
            next.add_edge();
            next.tell(&LeadCommand::Resolve(Resolution::Output(output))).then_some(next)
        });
        resolved.collect()
    }
}

/// Each remedy of each guard clears it, or moves the lead. Where the workflow is not active, it is
/// activated first: that is a guard of its own.
pub(crate) fn check(state: &LeadState, workflow: &WorkflowView, now: Timestamp, position: u64) {
    let mut stand = Stand { state: state.clone(), workflow: workflow.clone(), now, position };
    let told = stand.explain();
    check_guards(&stand, &told);
    if workflow.status != WorkflowStatus::Active {
        stand.activate();
        check_guards(&stand, &stand.explain());
    }
}

fn check_guards(stand: &Stand, told: &Explanation) {
    let active = stand.workflow.status == WorkflowStatus::Active;
    for guard in &told.guards {
        assert!(!guard.message.is_empty());
        assert_eq!(guard.clears_by.is_none(), guard.remedies.is_empty(), "{guard:?}");
        for &remedy in &guard.remedies {
            if !active && needs_an_active_workflow(remedy) {
                continue;
            }
            let stands = stand.after(remedy, guard);
            assert!(!stands.is_empty(), "{remedy:?} is refused: {guard:?}, {:?}", stand.state);
            for after in stands {
                let moved = after.state.visit > stand.state.visit || after.state.has_ended();
                let told = after.explain();
                let still = told
                    .guards
                    .iter()
                    .any(|other| (other.code, other.evidence) == (guard.code, guard.evidence));
                assert!(moved || !still, "{remedy:?} does not clear {guard:?}: {told:?}");
            }
        }
    }
}

/// Whether the lead must be free to act for the remedy to be seen.
fn needs_an_active_workflow(remedy: Remedy) -> bool {
    match remedy {
        Remedy::EngineGoesOn
        | Remedy::TimePasses
        | Remedy::CallIsDialled
        | Remedy::ApplicationAnswers
        | Remedy::RegisterHandler
        | Remedy::AttributesArrive
        | Remedy::PauseAndResume => true,
        Remedy::Activate
        | Remedy::Resume
        | Remedy::ImportEnds
        | Remedy::MarkEntry
        | Remedy::OtherCallEnds
        | Remedy::StatusArrives
        | Remedy::FinalStatusArrives
        | Remedy::AddEdge
        | Remedy::CompleteNode
        | Remedy::BreakCycle
        | Remedy::ResolveOutput
        | Remedy::Redial
        | Remedy::ResolveRelease
        | Remedy::MoveTo
        | Remedy::Remove => false,
    }
}
