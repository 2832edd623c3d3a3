//! The file format. Unknown keys are errors; every complaint names its line.

use std::collections::BTreeMap;

use branchline_domain::workflow::Settings;
use serde::Deserialize;
use toml::Spanned;

/// One scenario: how things stand, and what happens then.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What is promised, in a sentence that could be false.
    pub title: String,
    /// Where it is promised.
    pub source: String,
    /// Settings that differ from the defaults.
    #[serde(default)]
    pub settings: Settings,
    /// The only mode it can be played in, with the reason; both when left out.
    pub only: Option<Only>,
    /// Nodes, in order of creation.
    #[serde(default)]
    pub graph: Vec<Spanned<String>>,
    /// Edges, in order of creation.
    #[serde(default)]
    pub edges: Vec<Spanned<String>>,
    /// Leads that are enrolled while the workflow is a draft: `asha +919812345678 city=Pune`.
    #[serde(default)]
    pub leads: Vec<Spanned<String>>,
    /// Where the workflow stands before the first step.
    #[serde(default)]
    pub start: Start,
    /// What happens.
    #[serde(default)]
    pub step: Vec<Step>,
}

/// A mode, and why it is the only one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Only {
    /// Which mode.
    pub mode: Mode,
    /// Why it is the only one.
    pub because: String,
}

/// What a scenario is played in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The rules alone.
    Decider,
    /// An engine with a journal, restarted between each pair of steps.
    Engine,
}

/// Where the workflow stands before the first step, reached by the ordinary actions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    #[default]
    /// Being built.
    Draft,
    /// Leads move.
    Active,
    /// No lead moves.
    Paused,
    /// Completed by force.
    Completed,
    /// Stopped for good.
    Cancelled,
    /// Out of sight.
    Deleted,
}

/// One thing that happens, and all that comes of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The command.
    pub when: Spanned<String>,
    /// Every event it leads to. Exactly one of `then` and `refused` is there.
    pub then: Option<Vec<Spanned<String>>>,
    /// Code of the refusal.
    pub refused: Option<Spanned<String>>,
    /// All faults of a graph that is not valid.
    pub faults: Option<Vec<Spanned<String>>>,
    /// Whether a report is taken as part of its call's story.
    pub accepted: Option<bool>,
    /// Afterwards: for a lead, the codes of all guards that hold it, in order.
    #[serde(default)]
    pub explain: BTreeMap<String, Vec<String>>,
    /// Afterwards: where the workflow and leads stand.
    #[serde(default)]
    pub status: BTreeMap<String, String>,
}
