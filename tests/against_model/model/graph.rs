//! A graph as somebody draws it. Source: CONTRACT.md 5 and 6.

use std::collections::BTreeSet;

use super::Name;

/// The type of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Call,
    Wait,
    Condition,
    Application,
    Won,
    Lost,
}

/// The type of the node with this name: it never changes.
pub(crate) fn kind(name: Name) -> Kind {
    match name {
        "intro" | "again" | "spare call" => Kind::Call,
        "pause" | "spare wait" => Kind::Wait,
        "check" => Kind::Condition,
        "crm" => Kind::Application,
        "won" | "spare end" => Kind::Won,
        "lost" => Kind::Lost,
        _ => panic!("there is no node {name}"),
    }
}

/// What a condition asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// `call.status` equals `busy`.
    WasBusy,
    /// `call.interested` equals `yes`.
    IsInterested,
    /// `call.interested` is not `no`; true where nothing is known.
    IsNotAverse,
    /// `lead.city` equals `Pune`.
    IsInPune,
    /// A switch on `call.status` with the branches `busy` and `completed`.
    OnStatus,
}

/// How often a call is tried within one visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retry {
    pub(crate) attempts: usize,
    /// Pause before the next attempt. Unit: minutes.
    pub(crate) delay: u64,
    /// How long an attempt after the first waits to be dialled. Unit: minutes.
    pub(crate) expires_after: Option<u64>,
}

/// What a node is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Config {
    /// With attempts of one visit at most, and minutes before the next one.
    Call {
        number: bool,
        retry: Option<Retry>,
        /// How often a lead may come here at most.
        visits_max: Option<usize>,
    },
    /// `None` while nobody has said how long. Unit: minutes.
    Wait {
        minutes: Option<u64>,
    },
    /// `None` while nobody has said what to ask.
    Condition(Option<Ask>),
    Application,
    End,
}

impl Config {
    /// The config that a node begins with.
    pub(crate) fn first(name: Name) -> Self {
        match kind(name) {
            Kind::Call => Self::Call { number: true, retry: None, visits_max: None },
            Kind::Wait => Self::Wait { minutes: Some(60) },
            Kind::Condition => Self::Condition(Some(Ask::WasBusy)),
            Kind::Application => Self::Application,
            Kind::Won | Kind::Lost => Self::End,
        }
    }

    /// Whether the node could do its step.
    pub(crate) const fn is_complete(self) -> bool {
        match self {
            Self::Call { number, .. } => number,
            Self::Wait { minutes } => minutes.is_some(),
            Self::Condition(ask) => ask.is_some(),
            Self::Application | Self::End => true,
        }
    }

    pub(crate) const fn outputs(self) -> &'static [&'static str] {
        match self {
            Self::Call { .. } => &["COMPLETED", "DNP", "FAILED"],
            Self::Wait { .. } => &["next"],
            Self::Condition(Some(Ask::OnStatus)) => &["busy", "completed"],
            Self::Condition(_) => &["true", "false"],
            Self::Application => &["success", "failure"],
            Self::End => &[],
        }
    }
}

/// One node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) name: Name,
    pub(crate) config: Config,
    pub(crate) entry: bool,
}

/// One edge; without a label it serves every output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    pub(crate) from: Name,
    pub(crate) label: Option<&'static str>,
    pub(crate) to: Name,
}

/// One revision of a graph; nodes and edges in order of creation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Drawing {
    pub(crate) nodes: Vec<Node>,
    pub(crate) edges: Vec<Edge>,
}

impl Drawing {
    /// Nodes with their first configs, the first one marked as entry.
    pub(crate) fn of(names: &[Name], edges: Vec<Edge>) -> Self {
        let node = |(place, name): (usize, &Name)| Node {
            name,
            config: Config::first(name),
            entry: place == 0,
        };
        Self { nodes: names.iter().enumerate().map(node).collect(), edges }
    }

    /// The revisions on the way to this one, when each node and edge is added by itself.
    pub(super) fn history(&self) -> Vec<Self> {
        let mut all = vec![Self::default()];
        let mut now = Self::default();
        for node in &self.nodes {
            now.nodes.push(*node);
            all.push(now.clone());
        }
        for edge in &self.edges {
            now.edges.push(*edge);
            all.push(now.clone());
        }
        all
    }

    pub(crate) fn node(&self, name: Name) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// Where an output may lead: by the edges that serve it and arrive somewhere, in order.
    pub(super) fn routes(&self, from: Name, output: &str) -> impl Iterator<Item = Name> {
        let serves = move |edge: &&Edge| {
            edge.from == from
                && edge.label.is_none_or(|label| label == output)
                && self.node(edge.to).is_some()
        };
        self.edges.iter().filter(serves).map(|edge| edge.to)
    }

    /// The node marked as entry, or else the only one that no other node leads to.
    pub(crate) fn entry(&self) -> Option<Name> {
        if let Some(marked) = self.nodes.iter().find(|node| node.entry) {
            return Some(marked.name);
        }
        let mut open = self.nodes.iter().filter(|node| {
            !self.edges.iter().any(|edge| edge.to == node.name && edge.from != node.name)
        });
        let first = open.next()?;
        open.next().is_none().then_some(first.name)
    }

    /// Whether it may be activated.
    pub(super) fn is_valid(&self) -> bool {
        self.entry().is_some()
            && self.nodes.iter().all(|node| node.config.is_complete())
            && self.nodes.iter().all(|node| {
                let leaves = self.edges.iter().any(|edge| edge.from == node.name);
                leaves != (node.config == Config::End)
            })
            && self.edges.iter().all(|edge| self.is_sound(*edge))
            && !self.nodes.iter().any(|node| self.is_on_a_cycle_without_wait_or_cap(node.name))
    }

    fn is_sound(&self, edge: Edge) -> bool {
        let Some(from) = self.node(edge.from) else { return false };
        self.node(edge.to).is_some()
            && edge.label.is_none_or(|label| from.config.outputs().contains(&label))
    }

    fn is_on_a_cycle_without_wait_or_cap(&self, name: Name) -> bool {
        let waits = |name: Name| {
            let config = self.node(name).map(|node| node.config);
            kind(name) == Kind::Wait
                || matches!(config, Some(Config::Call { visits_max: Some(_), .. }))
        };
        if waits(name) {
            return false;
        }
        let mut reached = BTreeSet::new();
        let mut open = vec![name];
        while let Some(at) = open.pop() {
            for edge in self.edges.iter().filter(|edge| edge.from == at && !waits(edge.to)) {
                if reached.insert(edge.to) {
                    open.push(edge.to);
                }
            }
        }
        reached.contains(name)
    }
}
