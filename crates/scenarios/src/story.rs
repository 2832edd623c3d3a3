//! A scenario that was read to its last line, and can be played.

use branchline_domain::workflow::Settings;
use toml::Spanned;

use crate::{
    command::{self, Command},
    graph_lines::{self, GraphLines},
    scenario::{Only, Scenario, Start, Step},
    source_text::{Complaint, SourceText},
    words::Wrong,
    workflow_file::WorkflowFile,
};

/// A command with its place in the file.
#[derive(Clone, Debug)]
pub struct Told {
    /// Line in the file, from 1.
    pub line: usize,
    /// As it is written.
    pub text: String,
    /// What it asks for.
    pub command: Command,
}

/// One thing that happens, and what is promised of it.
#[derive(Clone, Debug)]
pub struct StoryStep {
    /// What happens.
    pub when: Told,
    /// What is promised.
    pub promises: Step,
}

/// A scenario, every line of it understood.
#[derive(Clone, Debug)]
pub struct Story {
    /// What is promised, in a sentence.
    pub title: String,
    /// Where it is promised; empty when nobody says.
    pub source: String,
    /// The only mode it can be played in.
    pub only: Option<Only>,
    /// Settings of its workflow.
    pub settings: Settings,
    /// Graph of its workflow.
    pub graph: GraphLines,
    /// Enrolments while the workflow is a draft.
    pub leads: Vec<Told>,
    /// Where the workflow stands then.
    pub start: Start,
    /// What happened before the story.
    pub given: Vec<Told>,
    /// What happens in it.
    pub steps: Vec<StoryStep>,
}

/// Gives the workflow file of a scenario: the one it names, as a path from the scenario, or else the
/// one that all scenarios without a graph are played with, if there is one.
pub type FindWorkflow<'a> =
    dyn Fn(Option<&str>) -> Result<Option<WorkflowFile>, Vec<Complaint>> + 'a;

impl Story {
    /// Reads a scenario file.
    ///
    /// # Errors
    ///
    /// The first fault of a text that is no scenario, or else every line that is not understood.
    pub fn read(source: &SourceText<'_>, find: &FindWorkflow<'_>) -> Result<Self, Vec<Complaint>> {
        let scenario: Scenario =
            toml::from_str(source.text).map_err(|wrong| vec![source.complain_of_toml(&wrong)])?;
        let mut reader = Reader { source, complaints: Vec::new() };
        let (graph, base) = reader.workflow(&scenario, find);
        let leads = reader.each(&scenario.leads, |line| command::parse(&format!("enrol {line}")));
        let given = reader.each(&scenario.given, command::parse);
        let steps = scenario.step.iter().filter_map(|step| reader.step(step)).collect();
        reader.whole(&scenario);
        if !reader.complaints.is_empty() {
            return Err(reader.complaints);
        }
        Ok(Self {
            settings: scenario.settings.over(&base),
            title: scenario.title,
            source: scenario.source,
            only: scenario.only,
            graph,
            leads,
            start: scenario.start,
            given,
            steps,
        })
    }
}

/// Collects what is wrong while it reads.
struct Reader<'a> {
    source: &'a SourceText<'a>,
    complaints: Vec<Complaint>,
}

impl Reader<'_> {
    fn complain<T>(&mut self, place: &Spanned<T>, message: impl Into<String>) {
        self.complaints.push(self.source.complain(&place.span(), message));
    }

    fn line<T>(
        &mut self,
        line: &Spanned<String>,
        read: impl Fn(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        match read(line.get_ref()) {
            Ok(understood) => Some(understood),
            Err(wrong) => {
                self.complain(line, wrong);
                None
            }
        }
    }

    fn told(
        &mut self,
        line: &Spanned<String>,
        read: impl Fn(&str) -> Result<Command, Wrong>,
    ) -> Option<Told> {
        let command = self.line(line, read)?;
        let place = self.source.complain(&line.span(), "");
        Some(Told { line: place.line(), text: line.get_ref().clone(), command })
    }

    fn each(
        &mut self,
        lines: &[Spanned<String>],
        read: impl Fn(&str) -> Result<Command, Wrong>,
    ) -> Vec<Told> {
        lines.iter().filter_map(|line| self.told(line, &read)).collect()
    }

    /// The graph, and the settings that the scenario's own are put over.
    fn workflow(&mut self, scenario: &Scenario, find: &FindWorkflow<'_>) -> (GraphLines, Settings) {
        let inline = scenario.graph.first().or_else(|| scenario.edges.first());
        if let (Some(named), Some(_)) = (&scenario.workflow, inline) {
            self.complain(
                named,
                "a scenario has either a workflow file or a graph of its own, not both",
            );
        }
        if inline.is_some() {
            let nodes = scenario.graph.iter();
            let nodes = nodes.filter_map(|line| self.line(line, graph_lines::node)).collect();
            let edges = scenario.edges.iter();
            let edges = edges.filter_map(|line| self.line(line, graph_lines::edge)).collect();
            return (GraphLines { nodes, edges }, Settings::default());
        }
        let named = scenario.workflow.as_ref();
        match find(named.map(|path| path.get_ref().as_str())) {
            Ok(Some(file)) => (file.graph, file.settings),
            // A workflow without a node is a story too.
            Ok(None) => (GraphLines::default(), Settings::default()),
            Err(complaints) => {
                if let Some(named) = named {
                    self.complain(named, "this workflow file cannot be read");
                }
                self.complaints.extend(complaints);
                (GraphLines::default(), Settings::default())
            }
        }
    }

    fn step(&mut self, step: &Step) -> Option<StoryStep> {
        let when = self.told(&step.when, command::parse);
        if step.then.is_some()
            && let Some(code) = &step.refused
        {
            self.complain(code, "a step has either `then` or `refused`, not both");
        }
        let afterwards = step.explain.is_empty()
            && step.status.is_empty()
            && step.hold.is_empty()
            && step.counts.is_empty();
        let judges = when.as_ref().is_some_and(|told| told.command == Command::Validate);
        if step.then.is_none() && step.refused.is_none() && afterwards && !judges {
            let message = "a step promises something: `then` or `refused`, or `status`, `hold`, \
                           `counts` or `explain`";
            self.complain(&step.when, message);
        }
        let first = |lines: &Option<Vec<Spanned<String>>>| lines.as_ref()?.first().cloned();
        if let (None, false, Some(place)) = (&step.refused, judges, first(&step.faults)) {
            self.complain(&place, "`faults` belong to `refused = \"invalid_graph\"` or `validate`");
        }
        if let (false, Some(place)) = (judges, first(&step.warnings)) {
            self.complain(&place, "`warnings` belong to `validate`");
        }
        Some(StoryStep { when: when?, promises: step.clone() })
    }

    /// What is missing of the whole.
    fn whole(&mut self, scenario: &Scenario) {
        let missing = [
            (scenario.title.is_empty(), "the title is empty: say what is promised"),
            (scenario.step.is_empty(), "nothing happens: a scenario has at least one [[step]]"),
            (
                scenario.only.as_ref().is_some_and(|only| only.because.is_empty()),
                "`only` needs a reason: because = \"…\"",
            ),
        ];
        for (_, message) in missing.iter().filter(|(is_missing, _)| *is_missing) {
            self.complaints.push(Complaint::of_file(self.source.name, *message));
        }
    }
}
