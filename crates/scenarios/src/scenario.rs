//! The file format. Unknown keys are errors; every complaint names its line.

use std::collections::BTreeMap;

use branchline_domain::workflow::Settings;
use serde::{Deserialize, Deserializer, de::Error as _};
use toml::Spanned;

/// One scenario: how things stand, and what happens then.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What is promised, in a sentence that could be false.
    pub title: String,
    /// Where it is promised; empty when nobody says.
    #[serde(default)]
    pub source: String,
    /// The workflow file whose graph and settings it is played with, as a path from this file.
    /// Without it the graph stands here, or is given by whoever plays the scenario.
    pub workflow: Option<Spanned<String>>,
    /// Settings that differ from those of the workflow file, or from the defaults.
    #[serde(default)]
    pub settings: SettingsEntry,
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
    /// Commands of earlier times, whose events do not matter to this story. None may be refused.
    #[serde(default)]
    pub given: Vec<Spanned<String>>,
    /// What happens.
    #[serde(default)]
    pub step: Vec<Step>,
}

/// Settings by name. They are known ones: they were read as settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SettingsEntry(toml::Table);

impl SettingsEntry {
    /// The base with these settings in their places.
    pub fn over(&self, base: &Settings) -> Settings {
        let Ok(mut table) = toml::Table::try_from(base) else { return base.clone() };
        table.extend(self.0.clone());
        table.try_into().unwrap_or_else(|_| base.clone())
    }
}

impl<'de> Deserialize<'de> for SettingsEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let table = toml::Table::deserialize(deserializer)?;
        table.clone().try_into::<Settings>().map_err(|wrong| D::Error::custom(wrong.message()))?;
        Ok(Self(table))
    }
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
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The command.
    pub when: Spanned<String>,
    /// Every event it leads to. With none of `then`, `refused`, `status`, `hold`, `counts` and
    /// `explain` a step would promise nothing, and is an error unless it is `validate`.
    pub then: Option<Vec<Spanned<String>>>,
    /// Code of the refusal; then it leads to nothing.
    pub refused: Option<Spanned<String>>,
    /// All faults of a graph that is not valid: of a refused activation, or of `validate`.
    pub faults: Option<Vec<Spanned<String>>>,
    /// All warnings that `validate` gives.
    pub warnings: Option<Vec<Spanned<String>>>,
    /// Whether a report is taken as part of its call's story.
    pub accepted: Option<Spanned<bool>>,
    /// Afterwards: for a lead, the codes of all guards that hold it, in order. With `until` and an
    /// instant behind it, the earliest at which the guard can clear counts too.
    #[serde(default)]
    pub explain: BTreeMap<Spanned<String>, Vec<String>>,
    /// Afterwards: where the workflow and leads stand.
    #[serde(default)]
    pub status: BTreeMap<Spanned<String>, String>,
    /// Afterwards: what holds a lead; `none` when nothing does.
    #[serde(default)]
    pub hold: BTreeMap<Spanned<String>, String>,
    /// Afterwards: how many leads there are of a status, held, or at a node.
    #[serde(default)]
    pub counts: BTreeMap<Spanned<String>, u64>,
}
