//! How a lead moves: out of a node by an output, into the next, and on while a step answers at
//! once. Makes events; keeps no state beyond one decision.

use std::{borrow::Cow, sync::Arc};

use super::{BranchCause, HoldReason, LeadContext, LeadEvent, LeadState, Outcome, Values};
use crate::{
    call_status::CallStatus,
    condition::{Facts, FieldRef, decide_output},
    graph::{Graph, Node, NodeConfig, TimeConfig, TimeSource, VoiceCallConfig, is_complete},
    id::NodeId,
    personal::Personal,
    value::Value,
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
    visit: u32,
    hops: u32,
    /// What has been decided so far.
    pub(super) events: Vec<LeadEvent>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(state: &'a LeadState, context: &'a LeadContext<'a>) -> Self {
        Self { state, context, news: None, visit: state.visit, hops: 0, events: Vec::new() }
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
        let Some(to) = self.graph().route(from, &outcome.output) else {
            self.hold(HoldReason::MissingOutput(outcome));
            return;
        };
        self.events.push(LeadEvent::BranchTaken {
            visit: self.visit,
            from,
            output: outcome.output,
            to,
            cause: outcome.cause,
            revision: self.graph().revision(),
        });
        self.enter(to);
    }

    /// Arrives at a node, and does there what can be done at once.
    pub(super) fn enter(&mut self, id: NodeId) {
        let mut arriving = Some(id);
        while let Some(id) = arriving {
            let Some(node) = self.graph().node(id) else { return };
            self.visit += 1;
            self.hops += 1;
            let release_at = match &node.config {
                NodeConfig::Time(config) => self.release_at(config),
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
            arriving = self.act(node);
        }
    }

    /// Does the step of the node where the lead is, once more: the node was mended.
    pub(super) fn act_again(&mut self, id: NodeId) {
        let Some(node) = self.graph().node(id) else { return };
        if let NodeConfig::Time(config) = &node.config
            && let Some(release_at) = self.release_at(config)
        {
            self.events.push(LeadEvent::ReleasePlanned { release_at });
        } else if let Some(next) = self.act(node) {
            self.enter(next);
        }
    }

    /// The step of a node. Gives the node the lead goes to when the step answers at once.
    fn act(&mut self, node: &Node) -> Option<NodeId> {
        match &node.config {
            NodeConfig::VoiceCall(_) | NodeConfig::Conditional(_) if !is_complete(&node.config) => {
                self.hold(HoldReason::NodeIncomplete);
            }
            NodeConfig::VoiceCall(config) => self.request_call(config),
            NodeConfig::Time(config) => {
                if self.release_at(config).is_none() {
                    self.hold(self.unreadable(config));
                }
            }
            NodeConfig::Conditional(config) => {
                if self.hops >= HOPS_MAX {
                    self.hold(HoldReason::EndlessLoop);
                    return None;
                }
                let Ok(output) = decide_output(config, self) else {
                    self.hold(HoldReason::NodeIncomplete);
                    return None;
                };
                let outcome = Outcome { output, cause: BranchCause::Condition };
                let Some(to) = self.graph().route(node.id, &outcome.output) else {
                    self.hold(HoldReason::MissingOutput(outcome));
                    return None;
                };
                self.events.push(LeadEvent::BranchTaken {
                    visit: self.visit,
                    from: node.id,
                    output: outcome.output,
                    to,
                    cause: outcome.cause,
                    revision: self.graph().revision(),
                });
                return Some(to);
            }
            NodeConfig::Application(_) => self.hold(HoldReason::ApplicationReview),
            NodeConfig::Converted => self.events.push(LeadEvent::LeadCompleted),
            NodeConfig::Dropped => self.events.push(LeadEvent::LeadDropped),
        }
        None
    }

    /// Wants a call with this config, which is complete.
    pub(super) fn request_call(&mut self, config: &VoiceCallConfig) {
        let Some(from) = &config.from_phone_number else { return };
        let last = self.state.calls.last_key_value().map_or(0, |(&number, _)| number);
        self.events.push(LeadEvent::CallRequested {
            call: last.saturating_add(1),
            from: from.clone(),
            agent_id: config.agent_id.clone(),
            ring_timeout_s: config.ring_timeout_s,
        });
    }

    fn release_at(&self, config: &TimeConfig) -> Option<crate::time::Timestamp> {
        config.fixed_seconds().map(|seconds| self.context.now.plus_seconds(seconds))
    }

    /// Why a wait without a release time holds the lead: the words that were found, if any were.
    fn unreadable(&self, config: &TimeConfig) -> HoldReason {
        let (Some(TimeSource::PostcallAnalysis), Some(field)) =
            (config.time_source, &config.pca_field)
        else {
            return HoldReason::NodeIncomplete;
        };
        let words = self.field(&FieldRef::CallAttribute(field.clone()));
        HoldReason::UnreadableTime(Personal::Known(
            words.map(|words| words.as_text().into_owned()).unwrap_or_default(),
        ))
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

impl Facts for Walk<'_> {
    fn field(&self, field: &FieldRef) -> Option<Cow<'_, Value>> {
        let call = self.state.last_call();
        let found = match field {
            FieldRef::LeadPhoneNumber => {
                Cow::Owned(Value::Text(self.state.phone_number.known()?.clone()))
            }
            FieldRef::LeadVariable(name) => Cow::Borrowed(self.state.variables.known()?.get(name)?),
            FieldRef::CallStatus => {
                let known = call.map(|call| call.status);
                let status = self.news.map_or(known, |news| Some(news.status))?;
                Cow::Owned(status.as_str().into())
            }
            FieldRef::CallEndReason => {
                let known = call.and_then(|call| call.end_reason.as_deref());
                let reason = self.news.map_or(known, |news| news.end_reason)?;
                Cow::Owned(reason.into())
            }
            FieldRef::CallAttribute(name) => {
                let new = self.news.and_then(|news| news.attributes.get(name));
                let known = || call.and_then(|call| call.attributes.known()?.get(name));
                Cow::Borrowed(new.or_else(known)?)
            }
            // Applications have not answered anything yet.
            FieldRef::ApplicationField { .. } => return None,
        };
        Some(found).filter(|value| !value.is_missing())
    }
}
