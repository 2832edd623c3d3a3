//! How a lead moves: out of a node by an output, into the next, and on while a step answers at
//! once. Makes events; keeps no state beyond one decision.

mod facts;
mod waiting;

use std::{cell::Cell, sync::Arc};

use self::waiting::Wait;
use super::{
    ApplicationOutcome, BranchCause, HoldReason, LeadContext, LeadEvent, LeadState, Outcome,
    Values, schedule::opens_at,
};
use crate::{
    call_status::CallStatus,
    condition::decide_output,
    graph::{
        ApplicationConfig, ConditionalConfig, Graph, Node, NodeConfig, VoiceCallConfig, is_complete,
    },
    id::NodeId,
    output::Output,
    personal::Personal,
    time::Timestamp,
    workflow::WorkflowStatus,
};

/// Nodes a lead may enter within one decision. A graph that was edited while active may have a
/// cycle without a wait; a record has room for this many steps. Unit: nodes.
const HOPS_MAX: u32 = 32;

/// What a report adds to a call in the same decision that reads it.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallNews<'a> {
    pub(super) status: CallStatus,
    pub(super) end_reason: Option<&'a str>,
    pub(super) attributes: &'a Values,
    pub(super) ended_at: Timestamp,
}

/// The node where the lead is, as it was when the lead came: a running step keeps its config. The
/// newest one when the step could not run with that, and began once the node was mended.
pub(super) fn step_node<'a>(
    state: &LeadState,
    context: &'a LeadContext<'_>,
) -> Option<&'a Arc<Node>> {
    let node = state.node?;
    let entered = context.workflow.node_at(state.entered_revision, node);
    let complete = entered.filter(|node| is_complete(&node.config));
    complete.or_else(|| context.workflow.graph.node(node))
}

/// One decision that may move the lead.
pub(super) struct Walk<'a> {
    state: &'a LeadState,
    context: &'a LeadContext<'a>,
    news: Option<CallNews<'a>>,
    answer: Option<(NodeId, &'a Values)>,
    /// Whether a step asked for an attribute of the call that is not there.
    attribute_missed: Cell<bool>,
    visit: u32,
    hops: u32,
    /// What has been decided so far.
    pub(super) events: Vec<LeadEvent>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(state: &'a LeadState, context: &'a LeadContext<'a>) -> Self {
        Self {
            state,
            context,
            news: None,
            answer: None,
            attribute_missed: Cell::new(false),
            visit: state.visit,
            hops: 0,
            events: Vec::new(),
        }
    }

    /// With what an application answered in the same decision.
    pub(super) fn with_answer(mut self, node: NodeId, fields: &'a Values) -> Self {
        self.answer = Some((node, fields));
        self
    }

    pub(super) fn with_news(mut self, news: CallNews<'a>) -> Self {
        self.news = Some(news);
        self
    }

    fn graph(&self) -> &'a Graph {
        &self.context.workflow.graph
    }

    /// The output of the current node is decided: move, or say why not. Nothing after an end.
    pub(super) fn take(&mut self, node: NodeId, outcome: Outcome) {
        match self.context.workflow.status {
            WorkflowStatus::Active if !self.context.workflow.deleted => self.branch(node, outcome),
            WorkflowStatus::Draft | WorkflowStatus::Paused if !self.context.workflow.deleted => {
                self.hold(HoldReason::WorkflowPaused(outcome));
            }
            WorkflowStatus::Draft
            | WorkflowStatus::Active
            | WorkflowStatus::Paused
            | WorkflowStatus::Completed
            | WorkflowStatus::Cancelled => {}
        }
    }

    /// Moves along the edge that serves the outcome, or is held for want of one.
    fn branch(&mut self, from: NodeId, outcome: Outcome) {
        if self.graph().node(from).is_none()
            && let Some(to) = self.context.workflow.stand_in(from)
        {
            self.relocate(from, to);
        } else if let Some(to) = self.follow(from, outcome) {
            self.enter(to);
        }
    }

    /// Leaves a node for another without an output.
    pub(super) fn relocate(&mut self, from: NodeId, to: NodeId) {
        let (visit, revision) = (self.visit, self.graph().revision());
        self.events.push(LeadEvent::LeadMoved { visit, from, to, revision });
        self.enter(to);
    }

    /// Leaves a node by the edge that serves the outcome, or is held for want of one. Gives where
    /// it leads.
    fn follow(&mut self, from: NodeId, outcome: Outcome) -> Option<NodeId> {
        let Some(to) = self.route(from, &outcome.output) else {
            self.hold(HoldReason::MissingOutput(outcome));
            return None;
        };
        self.events.push(LeadEvent::BranchTaken {
            visit: self.visit,
            from,
            output: outcome.output,
            to,
            cause: outcome.cause,
            revision: self.graph().revision(),
        });
        Some(to)
    }

    /// Where an output leads. A call node that the lead has visited as often as its config allows
    /// is passed over, and the next edge that serves the output is taken. Source: CONTRACT.md 6.
    fn route(&self, from: NodeId, output: &Output) -> Option<NodeId> {
        self.graph().routes(from, output).find(|&to| !self.is_used_up(to))
    }

    fn is_used_up(&self, node: NodeId) -> bool {
        let max_visits = self.graph().node(node).and_then(|node| match &node.config {
            NodeConfig::VoiceCall(config) => config.max_visits,
            NodeConfig::Conditional(_)
            | NodeConfig::Time(_)
            | NodeConfig::Application(_)
            | NodeConfig::Converted
            | NodeConfig::Dropped => None,
        });
        max_visits.is_some_and(|most| {
            self.state.call_visits(node) >= usize::try_from(most).unwrap_or(usize::MAX)
        })
    }

    /// Arrives at a node, and does there what can be done at once.
    pub(super) fn enter(&mut self, id: NodeId) {
        let mut arriving = Some(id);
        while let Some(id) = arriving {
            let Some(node) = self.graph().node(id) else { return };
            self.visit += 1;
            self.hops += 1;
            let release_at = match &node.config {
                NodeConfig::Time(config) => match self.wait(config) {
                    Wait::Until(release_at) => Some(release_at),
                    Wait::Analysis(_) | Wait::Held(_) => None,
                },
                NodeConfig::VoiceCall(_)
                | NodeConfig::Conditional(_)
                | NodeConfig::Application(_)
                | NodeConfig::Converted
                | NodeConfig::Dropped => None,
            };
            self.events.push(LeadEvent::NodeEntered {
                visit: self.visit,
                node: id,
                revision: self.graph().revision(),
                release_at,
            });
            arriving = self.act(node, true);
        }
    }

    /// Does the step of the node where the lead is, once more: the node was mended, or more is
    /// known.
    pub(super) fn act_again(&mut self, node: Option<&Arc<Node>>) {
        let next = node.and_then(|node| self.act(node, false));
        if let Some(next) = next {
            self.enter(next);
        }
    }

    /// The step of a node. Gives the node the lead goes to when the step answers at once.
    fn act(&mut self, node: &Node, just_entered: bool) -> Option<NodeId> {
        match &node.config {
            NodeConfig::VoiceCall(_) | NodeConfig::Conditional(_) | NodeConfig::Application(_)
                if !is_complete(&node.config) =>
            {
                self.hold(HoldReason::NodeIncomplete);
            }
            NodeConfig::VoiceCall(config) => self.request_call(config, None),
            NodeConfig::Time(config) => match self.wait(config) {
                Wait::Until(release_at) => {
                    // The entry says it already.
                    if !just_entered {
                        self.events.push(LeadEvent::ReleasePlanned { release_at });
                    }
                    return self.release_past(node, release_at);
                }
                Wait::Analysis(until) => self.await_analysis(until),
                Wait::Held(reason) => self.hold(reason),
            },
            NodeConfig::Conditional(config) => return self.decide(node, config),
            NodeConfig::Application(config) => return self.request_application(node, config),
            NodeConfig::Converted => self.events.push(LeadEvent::LeadCompleted),
            NodeConfig::Dropped => self.events.push(LeadEvent::LeadDropped),
        }
        None
    }

    /// An instant that is past already releases at once.
    fn release_past(&mut self, node: &Node, release_at: Timestamp) -> Option<NodeId> {
        if release_at > self.context.now || self.goes_round() {
            return None;
        }
        self.follow(node.id, Outcome { output: Output::Next, cause: BranchCause::Release })
    }

    fn decide(&mut self, node: &Node, config: &ConditionalConfig) -> Option<NodeId> {
        if self.goes_round() {
            return None;
        }
        self.attribute_missed.set(false);
        let Ok(output) = decide_output(config, self) else {
            self.hold(HoldReason::NodeIncomplete);
            return None;
        };
        if self.attribute_missed.get()
            && let Some(until) = self.analysis_comes_until()
        {
            self.await_analysis(until);
            return None;
        }
        self.follow(node.id, Outcome { output, cause: BranchCause::Condition })
    }

    /// Holds a lead that has entered as many nodes as one decision may.
    fn goes_round(&mut self) -> bool {
        let endless = self.hops >= HOPS_MAX;
        if endless {
            self.hold(HoldReason::EndlessLoop);
        }
        endless
    }

    /// Wants a try of the application; a lead that lacks what it needs fails at once.
    fn request_application(&mut self, node: &Node, config: &ApplicationConfig) -> Option<NodeId> {
        let nothing = Values::new();
        let phone_number = self.state.phone_number.known().map(String::as_str);
        let variables = self.state.variables.known().unwrap_or(&nothing);
        let missing_fields = config.missing_required(phone_number, variables);
        if missing_fields.is_empty() {
            self.events.push(LeadEvent::ApplicationRequested { attempt: 1 });
            return None;
        }
        if self.goes_round() {
            return None;
        }
        self.events.push(LeadEvent::ApplicationTried {
            attempt: 1,
            outcome: ApplicationOutcome::Failed,
            latency_ms: 0,
            missing_fields: missing_fields.into_iter().collect(),
            evidence: Personal::Known(String::new()),
        });
        let cause = BranchCause::Application;
        self.follow(node.id, Outcome { output: Output::Failure, cause })
    }

    /// Wants a call with this config, which is complete. One that is an attempt after the first
    /// may not wait for ever.
    pub(super) fn request_call(&mut self, config: &VoiceCallConfig, expires_after_s: Option<u64>) {
        let Some(from) = &config.from_phone_number else { return };
        let last = self.state.calls.last_key_value().map_or(0, |(&number, _)| number);
        let call = last.saturating_add(1);
        self.events.push(LeadEvent::CallRequested {
            call,
            from: from.clone(),
            agent_id: config.agent_id.clone(),
            ring_timeout_s: config.ring_timeout_s,
        });
        let not_before = opens_at(self.state, config, self.context);
        let expires_at = expires_after_s.map(|seconds| self.context.now.plus_seconds(seconds));
        if not_before > self.context.now || expires_at.is_some() {
            self.events.push(LeadEvent::CallScheduled { call, not_before, expires_at });
        }
    }

    /// Wants the next attempt of a call within its visit. Source: CONTRACT.md 4, rule 12.
    pub(super) fn request_next_attempt(&mut self, config: &VoiceCallConfig) {
        let expires_after = config.retry.as_ref().and_then(|retry| retry.expire_after_minutes);
        self.request_call(config, expires_after.map(|minutes| u64::from(minutes) * 60));
    }

    /// Says why the lead stays. Not again when it is held for the same reason already.
    fn hold(&mut self, reason: HoldReason) {
        let known = self.events.is_empty()
            && self.state.hold.as_ref().is_some_and(|hold| hold.reason == reason);
        if !known {
            self.events.push(LeadEvent::RoutingHeld { reason });
        }
    }
}
