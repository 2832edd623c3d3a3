//! `branchline workflow`, of a running server.

mod action;
mod change;
mod graph;
mod graph_file;
mod insights;
mod read;
mod shape;

use clap::Subcommand;

use self::action::Action;
use self::{
    action::{ActionArgs, CancelArgs, CompleteArgs},
    change::{CreateArgs, DeleteArgs, DuplicateArgs, EditArgs},
    graph::GraphCommand,
    insights::InsightsArgs,
    read::{CountsArgs, ListArgs, ShowArgs},
};
use crate::Fault;

/// What to do with workflows of a server.
#[derive(Debug, Subcommand)]
pub enum WorkflowCommand {
    /// Lists the workflows of a server.
    List(ListArgs),
    /// Shows one workflow of a server.
    Show(ShowArgs),
    /// Creates a workflow on a server, in draft, and prints its id.
    Create(CreateArgs),
    /// Changes title, description or settings on a server.
    Edit(EditArgs),
    /// Lets its leads move, after a check of its graph, on a server.
    Activate(ActionArgs),
    /// Stops all movement of its leads at once, on a server; calls in progress finish.
    Pause(ActionArgs),
    /// Goes on after a pause, on a server.
    Resume(ActionArgs),
    /// Ends it for good, on a server: nothing moves any more.
    Cancel(CancelArgs),
    /// Ends it as finished, on a server.
    Complete(CompleteArgs),
    /// Makes a draft with the same graph and settings on a server, and prints its id.
    Duplicate(DuplicateArgs),
    /// Deletes it from a server; its log and its calls stay.
    Delete(DeleteArgs),
    /// Counts its leads on a server, by status and by node.
    Counts(CountsArgs),
    /// Tells what happened in it, on a server: funnel, attempts, times at nodes.
    Insights(InsightsArgs),
    /// Reads, replaces or checks the graph of a workflow on a server.
    #[command(subcommand)]
    Graph(GraphCommand),
}

impl WorkflowCommand {
    /// Does it.
    ///
    /// # Errors
    ///
    /// [`Fault`].
    pub fn run(&self) -> Result<(), Fault> {
        match self {
            Self::List(args) => args.run(),
            Self::Show(args) => args.run(),
            Self::Create(args) => args.run(),
            Self::Edit(args) => args.run(),
            Self::Activate(args) => args.run(Action::Activate),
            Self::Pause(args) => args.run(Action::Pause),
            Self::Resume(args) => args.run(Action::Resume),
            Self::Cancel(args) => args.run(),
            Self::Complete(args) => args.run(),
            Self::Duplicate(args) => args.run(),
            Self::Delete(args) => args.run(),
            Self::Counts(args) => args.run(),
            Self::Insights(args) => args.run(),
            Self::Graph(command) => command.run(),
        }
    }
}
