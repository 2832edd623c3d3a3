//! What can happen to a workflow, and how often each thing does.

use branchline_domain::{call_status::CallStatus, lead::LeadStatus, workflow::WorkflowStatus};
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::model::{Ask, Choice, Config, Drawing, Edge, Kind, Lead, Model, Name, Retry, kind};

/// What is done with a number that is enrolled already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duplicates {
    Skip,
    Reject,
    Allow,
}

/// One thing that is asked, or the passing of time. A call is named by its lead and its number.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Activate,
    Pause,
    Resume,
    Cancel,
    Complete { force: bool },
    Choose(Choice),
    AddNode(Name),
    Configure { node: Name, config: Config },
    MarkEntry { node: Name, entry: bool },
    RemoveNode(Name),
    AddEdge(Edge),
    RemoveEdge(Edge),
    Enrol { phones: Vec<u8>, duplicates: Duplicates, city: Option<&'static str> },
    Remove(usize),
    Erase(usize),
    Resolve { lead: usize, output: &'static str },
    Redial(usize),
    ReleaseIn { lead: usize, seconds: u64 },
    EditCity { lead: usize, city: Option<&'static str> },
    Report { call: (usize, u32), status: CallStatus, interested: Option<&'static str> },
    Attach { call: (usize, u32), interested: &'static str },
    Dispatched((usize, u32)),
    DialRefused((usize, u32)),
    Claim { max: usize, lease_s: u64 },
    Wait(u64),
    Restart { orderly: bool, down_s: u64 },
}

/// Leads of one story: more would only make it longer.
const LEADS_MAX: usize = 8;

impl Step {
    /// Whether the step makes sense where the story stands, and has only one right consequence.
    pub(crate) fn fits(&self, model: &Model) -> bool {
        let there = |lead: &usize| *lead < model.leads.len();
        let has_node = |name: Name| model.graph().node(name).is_some();
        match self {
            Self::Remove(lead)
            | Self::Erase(lead)
            | Self::Resolve { lead, .. }
            | Self::Redial(lead)
            | Self::ReleaseIn { lead, .. }
            | Self::EditCity { lead, .. }
            | Self::Report { call: (lead, _), .. }
            | Self::Attach { call: (lead, _), .. }
            | Self::Dispatched((lead, _))
            | Self::DialRefused((lead, _)) => there(lead),
            Self::Configure { node, .. }
            | Self::MarkEntry { node, .. }
            | Self::RemoveNode(node) => has_node(node),
            // The engine gives a node that was taken away and comes back another id.
            Self::AddNode(name) => {
                !model.drawings.iter().any(|drawing| drawing.node(name).is_some())
            }
            Self::AddEdge(edge) => has_node(edge.from) && has_node(edge.to),
            Self::RemoveEdge(edge) => model.graph().edges.contains(edge),
            Self::Enrol { phones, .. } => model.leads.len() + phones.len() <= LEADS_MAX,
            Self::Claim { max, .. } => claim_is_certain(model, *max),
            Self::Activate
            | Self::Pause
            | Self::Resume
            | Self::Cancel
            | Self::Complete { .. }
            | Self::Choose(_)
            | Self::Wait(_)
            | Self::Restart { .. } => true,
        }
    }
}

/// Whether it is certain which calls a claim gets: those that were requested in one step have no
/// order, and of two to one number only one is handed out.
fn claim_is_certain(model: &Model, max: usize) -> bool {
    let queue = model.dialable();
    let cut = queue.get(max.wrapping_sub(1)).zip(queue.get(max));
    let in_order = cut.is_none_or(|((last, _), (next, _))| last != next);
    let mut phones: Vec<u8> = queue.iter().map(|(_, (at, _))| model.leads[*at].phone).collect();
    phones.sort_unstable();
    in_order && phones.windows(2).all(|pair| pair[0] != pair[1])
}

/// Outputs that a person may name, and one that no node has.
const OUTPUTS: [&str; 11] = [
    "COMPLETED",
    "DNP",
    "FAILED",
    "true",
    "false",
    "busy",
    "completed",
    "next",
    "success",
    "failure",
    "nonsense",
];

const SPARE: [Name; 3] = ["spare call", "spare wait", "spare end"];

/// What may come next in this story.
pub(crate) fn steps(model: &Model) -> BoxedStrategy<Step> {
    let mut choices: Vec<(u32, BoxedStrategy<Step>)> = vec![
        (status_weight(model), statuses(model)),
        (2, choices_of_owner().prop_map(Step::Choose).boxed()),
        (10, edits(model)),
        (enrol_weight(model), enrolments()),
        (6, waits().prop_map(Step::Wait).boxed()),
        (
            1,
            (any::<bool>(), prop_oneof![3 => Just(0), 1 => waits()])
                .prop_map(|(orderly, down_s)| Step::Restart { orderly, down_s })
                .boxed(),
        ),
    ];
    if !model.leads.is_empty() {
        choices.push((12, decisions(model)));
        choices.push((
            if model.dialable().is_empty() { 1 } else { 10 },
            (1..4_usize, select(vec![60_u64, 900, 3_600]))
                .prop_map(|(max, lease_s)| Step::Claim { max, lease_s })
                .boxed(),
        ));
    }
    let calls = calls(model);
    if !calls.is_empty() {
        choices.push((28, news(&calls)));
    }
    proptest::strategy::Union::new_weighted(choices).boxed()
}

fn status_weight(model: &Model) -> u32 {
    match model.status {
        WorkflowStatus::Draft => 14,
        WorkflowStatus::Paused => 8,
        WorkflowStatus::Active => 5,
        WorkflowStatus::Completed | WorkflowStatus::Cancelled => 1,
    }
}

/// A workflow that has ended stays so, and most stories should go on: ends are rare.
fn statuses(model: &Model) -> BoxedStrategy<Step> {
    let (activate, pause, resume) = match model.status {
        WorkflowStatus::Draft => (20, 1, 1),
        WorkflowStatus::Active => (1, 20, 1),
        WorkflowStatus::Paused => (8, 1, 12),
        WorkflowStatus::Completed | WorkflowStatus::Cancelled => (1, 1, 1),
    };
    prop_oneof![
        activate => Just(Step::Activate),
        pause => Just(Step::Pause),
        resume => Just(Step::Resume),
        1 => Just(Step::Cancel),
        1 => any::<bool>().prop_map(|force| Step::Complete { force }),
    ]
    .boxed()
}

/// What owners choose.
pub(crate) fn choices_of_owner() -> impl Strategy<Value = Choice> {
    let deadline_s = select(vec![7_200_u64, 600]);
    let analysis_s = select(vec![0_u64, 60, 900]);
    let yes = |weight| proptest::bool::weighted(weight);
    (yes(0.8), yes(0.2), yes(0.5), deadline_s, analysis_s).prop_map(
        |(start_on_enrol, auto_complete, late_final_resolves, deadline_s, analysis_s)| Choice {
            start_on_enrol,
            auto_complete,
            late_final_resolves,
            deadline_s,
            analysis_s,
        },
    )
}

fn waits() -> impl Strategy<Value = u64> {
    select(vec![60_u64, 599, 600, 1_800, 3_600, 7_200, 20_000])
}

fn names(model: &Model) -> Vec<Name> {
    model.graph().nodes.iter().map(|node| node.name).collect()
}

fn edits(model: &Model) -> BoxedStrategy<Step> {
    let names = names(model);
    if names.is_empty() {
        return select(SPARE.to_vec()).prop_map(Step::AddNode).boxed();
    }
    let edges = model.graph().edges.clone();
    let ends: Vec<Name> = names.clone();
    let starts: Vec<Name> =
        names.iter().copied().filter(|name| Config::first(name) != Config::End).collect();
    let mut all: Vec<(u32, BoxedStrategy<Step>)> = vec![
        (
            6,
            select(names.clone())
                .prop_flat_map(|node| {
                    configs(node).prop_map(move |config| Step::Configure { node, config })
                })
                .boxed(),
        ),
        (1, select(names.clone()).prop_map(Step::RemoveNode).boxed()),
        (1, select(SPARE.to_vec()).prop_map(Step::AddNode).boxed()),
        (
            1,
            (select(names), proptest::bool::weighted(0.7))
                .prop_map(|(node, entry)| Step::MarkEntry { node, entry })
                .boxed(),
        ),
    ];
    if !starts.is_empty() {
        all.push((8, new_edges(starts, ends)));
    }
    if !edges.is_empty() {
        all.push((4, select(edges).prop_map(Step::RemoveEdge).boxed()));
    }
    proptest::strategy::Union::new_weighted(all).boxed()
}

fn new_edges(starts: Vec<Name>, ends: Vec<Name>) -> BoxedStrategy<Step> {
    (select(starts), select(ends))
        .prop_flat_map(|(from, to)| {
            let labels: Vec<&'static str> = match kind(from) {
                Kind::Call => vec!["COMPLETED", "DNP", "FAILED"],
                Kind::Condition => vec!["true", "false", "busy", "completed"],
                Kind::Application => vec!["success", "failure"],
                Kind::Wait | Kind::Won | Kind::Lost => vec!["next"],
            };
            option::weighted(0.7, select(labels))
                .prop_map(move |label| Step::AddEdge(Edge { from, label, to }))
        })
        .boxed()
}

/// What a node may be told to do.
fn configs(node: Name) -> BoxedStrategy<Config> {
    let call = |number, retry, visits_max| Config::Call { number, retry, visits_max };
    let retry = |attempts, delay, expires_after| Some(Retry { attempts, delay, expires_after });
    match kind(node) {
        Kind::Call => select(vec![
            call(true, None, None),
            call(false, None, None),
            call(true, retry(2, 10, None), None),
            call(true, retry(3, 60, Some(30)), None),
            call(true, None, Some(1)),
            call(true, None, Some(2)),
        ])
        .boxed(),
        Kind::Wait => select(vec![Some(60), Some(30), Some(1_440), None])
            .prop_map(|minutes| Config::Wait { minutes })
            .boxed(),
        Kind::Condition => select(vec![
            Some(Ask::WasBusy),
            Some(Ask::IsInterested),
            Some(Ask::IsNotAverse),
            Some(Ask::IsInPune),
            Some(Ask::OnStatus),
            None,
        ])
        .prop_map(Config::Condition)
        .boxed(),
        Kind::Application => Just(Config::Application).boxed(),
        Kind::Won | Kind::Lost => Just(Config::End).boxed(),
    }
}

fn enrol_weight(model: &Model) -> u32 {
    match model.leads.len() {
        0 => 14,
        1..=3 => 4,
        _ => 2,
    }
}

fn cities() -> impl Strategy<Value = Option<&'static str>> {
    select(vec![None, Some("Pune"), Some("Delhi")])
}

fn enrolments() -> BoxedStrategy<Step> {
    let duplicates = select(vec![Duplicates::Skip, Duplicates::Reject, Duplicates::Allow]);
    (vec(0..6_u8, 1..4), duplicates, cities())
        .prop_map(|(phones, duplicates, city)| Step::Enrol { phones, duplicates, city })
        .boxed()
}

/// What people decide about leads; mostly about one that is held, with an output of its node.
fn decisions(model: &Model) -> BoxedStrategy<Step> {
    let all = || 0..model.leads.len();
    let held = |lead: &Lead| lead.hold.is_some() && !lead.has_ended();
    let held: Vec<usize> = all().filter(|at| held(&model.leads[*at])).collect();
    let any = prop_oneof![
        2 => all().prop_map(Step::Remove),
        2 => all().prop_map(Step::Erase),
        2 => (all(), cities()).prop_map(|(lead, city)| Step::EditCity { lead, city }),
        1 => (all(), select(OUTPUTS.to_vec()))
            .prop_map(|(lead, output)| Step::Resolve { lead, output }),
        1 => all().prop_map(Step::Redial),
        1 => (all(), waits()).prop_map(|(lead, seconds)| Step::ReleaseIn { lead, seconds }),
    ];
    if held.is_empty() {
        return any.boxed();
    }
    let outputs: Vec<(usize, Vec<&'static str>)> = held
        .iter()
        .map(|at| (*at, model.step_config(*at).outputs().to_vec()))
        .filter(|(_, outputs)| !outputs.is_empty())
        .collect();
    let resolve = select(outputs).prop_flat_map(|(lead, outputs)| {
        select(outputs).prop_map(move |output| Step::Resolve { lead, output })
    });
    prop_oneof![
        2 => any,
        4 => resolve,
        2 => select(held.clone()).prop_map(Step::Redial),
        1 => (select(held), waits()).prop_map(|(lead, seconds)| Step::ReleaseIn { lead, seconds }),
    ]
    .boxed()
}

/// Every call twice where a lead waits for it, and one that there is not.
fn calls(model: &Model) -> Vec<(usize, u32)> {
    let mut all = Vec::new();
    for (at, lead) in model.leads.iter().enumerate() {
        all.extend(lead.calls.keys().map(|&number| (at, number)));
        all.extend(lead.call.filter(|_| !lead.has_ended()).map(|number| (at, number)));
        if lead.status == LeadStatus::Pending {
            all.push((at, 1));
        }
    }
    all
}

fn news(calls: &[(usize, u32)]) -> BoxedStrategy<Step> {
    let call = || select(calls.to_vec());
    let answer = || select(vec!["yes", "no"]);
    let status = prop_oneof![
        3 => select(CallStatus::ALL.to_vec()),
        1 => select(vec![CallStatus::Busy, CallStatus::DidNotPick, CallStatus::Completed]),
    ];
    prop_oneof![
        18 => (call(), status, option::weighted(0.2, answer())).prop_map(
            |(call, status, interested)| Step::Report { call, status, interested }
        ),
        1 => (call(), answer()).prop_map(|(call, interested)| Step::Attach { call, interested }),
        2 => call().prop_map(Step::Dispatched),
        2 => call().prop_map(Step::DialRefused),
    ]
    .boxed()
}

/// Graphs that stories begin with.
pub(crate) fn first_drawings() -> impl Strategy<Value = Drawing> {
    let edge = |from, label: &'static str, to| Edge {
        from,
        label: (!label.is_empty()).then_some(label),
        to,
    };
    let retrying = vec![edge("intro", "COMPLETED", "won"), edge("intro", "DNP", "lost")];
    let everything = vec![
        edge("intro", "COMPLETED", "check"),
        edge("intro", "DNP", "pause"),
        edge("pause", "", "intro"),
        edge("check", "true", "again"),
        edge("check", "false", "won"),
        edge("again", "", "crm"),
        edge("crm", "success", "won"),
        edge("crm", "failure", "lost"),
    ];
    let short = vec![
        edge("intro", "", "check"),
        edge("check", "true", "pause"),
        edge("pause", "next", "won"),
    ];
    let mut interested = Drawing::of(&["intro", "check", "pause", "won"], short);
    for node in interested.nodes.iter_mut().filter(|node| node.name == "check") {
        node.config = Config::Condition(Some(Ask::IsInterested));
    }
    select(vec![
        Drawing::of(&["intro", "won", "lost"], retrying),
        Drawing::of(&["intro", "pause", "check", "again", "crm", "won", "lost"], everything),
        interested,
    ])
}
