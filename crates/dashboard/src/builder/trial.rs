//! A dry run: the way that a lead would take through a drawn graph, with the values and outcomes that
//! somebody supposes. Conditions are decided, and edges chosen, by the rules that decide for leads.

use std::{
    borrow::Cow,
    collections::{BTreeMap, VecDeque},
};

use actix_web::{HttpRequest, HttpResponse, web};
use branchline_domain::{
    condition::{Facts, FieldRef, decide_output},
    graph::{Node, NodeConfig, is_complete},
    id::NodeId,
    output::Output,
    value::Value as FieldValue,
};
use branchline_http_api::pages::{self, Fault, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Subject,
    drawn::{Drawn, body, refused},
};
use crate::{
    drawing::words::{config_in_words, node_type_in_words},
    shell::{PageAnswer, duration},
};

/// Steps after which a dry run ends.
const STEPS_MAX: usize = 60;

/// What somebody supposes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Supposed {
    graph: serde_json::Value,
    /// By field, for example `lead.budget`.
    #[serde(default)]
    values: BTreeMap<String, FieldValue>,
    /// Outcomes of each node, visit by visit; the last one counts for all later visits.
    #[serde(default)]
    outcomes: BTreeMap<String, VecDeque<String>>,
}

/// One step of the way.
#[derive(Debug, PartialEq, Serialize)]
struct Step {
    node: String,
    label: String,
    /// What happened there.
    words: String,
    /// The output that was taken; nothing at an end.
    output: Option<String>,
    /// The next node.
    to: Option<String>,
}

/// `POST /workflows/{id}/edit/walk`
pub(crate) async fn walk(request: HttpRequest, payload: web::Payload) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    Subject::of(&request, &visitor).await?;
    let body = body(payload).await?;
    match walked(&body) {
        Ok((steps, end)) => Ok(HttpResponse::Ok().json(json!({ "steps": steps, "end": end }))),
        Err(fault) => Ok(refused(&fault)),
    }
}

fn walked(body: &[u8]) -> Result<(Vec<Step>, String), Fault> {
    let supposed: Supposed = serde_json::from_slice(body)
        .map_err(|error| Fault::invalid(format!("the dry run cannot be read: {error}")))?;
    let graph = serde_json::to_vec(&supposed.graph).unwrap_or_default();
    let drawn = Drawn::of(pages::drawn_graph(&graph)?);
    let mut walk = Walk {
        drawn: &drawn,
        values: supposed.values,
        outcomes: supposed.outcomes,
        last_status: None,
        visits: BTreeMap::new(),
        waited_s: 0,
        steps: Vec::new(),
    };
    let end = walk.run();
    Ok((walk.steps, end))
}

struct Walk<'a> {
    drawn: &'a Drawn,
    values: BTreeMap<String, FieldValue>,
    outcomes: BTreeMap<String, VecDeque<String>>,
    /// Status of the last call.
    last_status: Option<&'static str>,
    visits: BTreeMap<NodeId, u32>,
    /// Unit: seconds.
    waited_s: u64,
    steps: Vec<Step>,
}

impl Walk<'_> {
    /// Goes until there is no way on, and says why.
    fn run(&mut self) -> String {
        let drawn = self.drawn;
        let Some(mut at) = drawn.graph.entry().and_then(|id| drawn.graph.node(id)) else {
            return "There is no node where leads start.".into();
        };
        while self.steps.len() < STEPS_MAX {
            *self.visits.entry(at.id).or_default() += 1;
            let (words, output) = match self.step(at) {
                Ok(done) => done,
                Err(why) => {
                    self.note(at, why.clone(), None, None);
                    return why;
                }
            };
            let Some(output) = output else {
                self.note(at, words, None, None);
                return format!("It ends at {}, after {}.", name(at), self.waited());
            };
            let next = drawn.graph.routes(at.id, &output).find(|&to| !self.is_used_up(to));
            self.note(at, words, Some(&output), next);
            let Some(node) = next.and_then(|id| drawn.graph.node(id)) else {
                return format!(
                    "It is held at {}: no edge serves {}. Somebody would have to decide.",
                    name(at),
                    output.as_str()
                );
            };
            at = node;
        }
        format!("It still goes on after {STEPS_MAX} steps and {}.", self.waited())
    }

    /// What happens at a node, and its output.
    fn step(&mut self, node: &Node) -> Result<(String, Option<Output>), String> {
        if !is_complete(&node.config) {
            return Err(format!("It is held at {}: the node lacks what it needs.", name(node)));
        }
        Ok(match &node.config {
            NodeConfig::VoiceCall(_) => {
                let output = self.supposed(node, &Output::Completed);
                self.last_status = status_of(&output);
                (format!("Called: {output}"), Some(output))
            }
            NodeConfig::Conditional(config) => {
                let output = decide_output(config, self).map_err(|gap| gap.to_string())?;
                (config_in_words(&node.config), Some(output))
            }
            NodeConfig::Time(config) => {
                let seconds = config.fixed_seconds().unwrap_or_default();
                self.waited_s = self.waited_s.saturating_add(seconds);
                (config_in_words(&node.config), Some(Output::Next))
            }
            NodeConfig::Application(_) => {
                let output = self.supposed(node, &Output::Success);
                (config_in_words(&node.config), Some(output))
            }
            NodeConfig::Converted | NodeConfig::Dropped => (config_in_words(&node.config), None),
        })
    }

    /// The outcome that is supposed for this visit.
    fn supposed(&mut self, node: &Node, usual: &Output) -> Output {
        let name = self.drawn.name(node.id).unwrap_or_default();
        let Some(outcomes) = self.outcomes.get_mut(name) else { return usual.clone() };
        let word =
            if outcomes.len() > 1 { outcomes.pop_front() } else { outcomes.front().cloned() };
        let known = |output: &Output| node.config.outputs().contains(output);
        word.map(|word| Output::from(word.as_str())).filter(known).unwrap_or_else(|| usual.clone())
    }

    /// A call that has had its visits is passed over, as for leads.
    fn is_used_up(&self, id: NodeId) -> bool {
        let Some(node) = self.drawn.graph.node(id) else { return false };
        let NodeConfig::VoiceCall(config) = &node.config else { return false };
        let visits = self.visits.get(&id).copied().unwrap_or_default();
        config.max_visits.is_some_and(|most| visits >= most)
    }

    fn note(&mut self, node: &Node, words: String, output: Option<&Output>, to: Option<NodeId>) {
        let called = |id| self.drawn.name(id).map(ToOwned::to_owned);
        self.steps.push(Step {
            node: called(node.id).unwrap_or_default(),
            label: name(node).into_owned(),
            words,
            output: output.map(ToString::to_string),
            to: to.and_then(called),
        });
    }

    fn waited(&self) -> String {
        format!("{} of waits", duration(self.waited_s))
    }
}

impl Facts for Walk<'_> {
    fn field(&self, field: &FieldRef) -> Option<Cow<'_, FieldValue>> {
        if *field == FieldRef::CallStatus
            && let Some(status) = self.last_status
        {
            return Some(Cow::Owned(status.into()));
        }
        let name = match field {
            FieldRef::ApplicationField { node, field } => {
                let id: NodeId = node.parse().ok()?;
                format!("application.{}.{field}", self.drawn.name(id)?)
            }
            FieldRef::LeadPhoneNumber
            | FieldRef::LeadVariable(_)
            | FieldRef::CallStatus
            | FieldRef::CallEndReason
            | FieldRef::CallAttribute(_) => field.to_string(),
        };
        self.values.get(&name).map(Cow::Borrowed).filter(|value| !value.is_missing())
    }
}

fn name(node: &Node) -> Cow<'_, str> {
    match node.label.trim() {
        "" => node_type_in_words(node.node_type()).into(),
        label => label.into(),
    }
}

/// The most usual status behind an output of a call.
fn status_of(output: &Output) -> Option<&'static str> {
    match output {
        Output::Completed => Some("completed"),
        Output::Dnp => Some("did_not_pick"),
        Output::Failed => Some("failed"),
        Output::True
        | Output::False
        | Output::Next
        | Output::Success
        | Output::Failure
        | Output::Branch(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(values: &serde_json::Value, outcomes: &serde_json::Value) -> (Vec<String>, String) {
        let body = json!({
            "graph": {
                "nodes": [
                    {"id": "call", "label": "Call", "node_type": "VOICE_CALL", "entry": true,
                     "config": {"from_phone_number": "+12025550100", "max_visits": 2}},
                    {"id": "rich", "label": "Rich?", "node_type": "CONDITIONAL", "config": {"conditions": [
                        {"field": "lead.budget", "operator": "greater_than", "value": 499}]}},
                    {"id": "wait", "label": "", "node_type": "TIME", "config": {"duration": 2, "unit": "hours"}},
                    {"id": "won", "label": "Won", "node_type": "CONVERTED"},
                    {"id": "lost", "label": "Lost", "node_type": "DROPPED"}
                ],
                "edges": [
                    {"from_node_id": "call", "to_node_id": "rich", "label": "COMPLETED"},
                    {"from_node_id": "call", "to_node_id": "wait", "label": "DNP"},
                    {"from_node_id": "wait", "to_node_id": "call"},
                    {"from_node_id": "wait", "to_node_id": "lost"},
                    {"from_node_id": "rich", "to_node_id": "won", "label": "true"},
                    {"from_node_id": "rich", "to_node_id": "lost", "label": "false"}
                ]
            },
            "values": values,
            "outcomes": outcomes,
        });
        let (steps, end) = walked(&serde_json::to_vec(&body).unwrap()).unwrap();
        (steps.into_iter().map(|step| step.node).collect(), end)
    }

    #[test]
    fn it_goes_where_a_lead_would_go() {
        let (way, end) = run(&json!({"lead.budget": 500}), &json!({"call": ["DNP", "COMPLETED"]}));
        assert_eq!(way, ["call", "wait", "call", "rich", "won"]);
        assert_eq!(end, "It ends at Won, after 2 h of waits.");
        let (way, _) = run(&json!({}), &json!({}));
        assert_eq!(way, ["call", "rich", "lost"]);
    }

    #[test]
    fn a_call_that_had_its_visits_is_passed_over() {
        let (way, end) = run(&json!({}), &json!({"call": ["DNP"]}));
        assert_eq!(way, ["call", "wait", "call", "wait", "lost"], "{end}");
    }

    #[test]
    fn an_outcome_without_a_way_holds() {
        let (way, end) = run(&json!({}), &json!({"call": ["FAILED"]}));
        assert_eq!(way, ["call"]);
        assert!(end.contains("held at Call: no edge serves FAILED"), "{end}");
    }
}
