//! `branchline lead`, of a running server.

mod act;
mod add;
mod batch;
mod change;
mod export;
mod import;
mod imports;
mod read;
mod shape;
mod story;

use clap::Subcommand;

use self::{
    act::ActArgs,
    add::AddArgs,
    change::{EditArgs, RemoveArgs, ResolveArgs},
    export::ExportArgs,
    import::ImportArgs,
    imports::ImportsArgs,
    read::{FindArgs, ListArgs, ShowArgs},
    story::{ExplainArgs, HistoryArgs},
};
use crate::Fault;

/// What to do with leads of a server.
#[derive(Debug, Subcommand)]
pub enum LeadCommand {
    /// Lists the leads of a workflow on a server.
    List(ListArgs),
    /// Finds a person's leads in all workflows of a server, by phone number.
    Find(FindArgs),
    /// Shows one lead of a server.
    Show(ShowArgs),
    /// Shows the way of a lead of a server: each transition and each visit.
    History(HistoryArgs),
    /// Tells why a lead of a server is where it is, and what would move it.
    Explain(ExplainArgs),
    /// Enrols one lead on a server, and prints its id.
    Add(AddArgs),
    /// Enrols the leads of a CSV or XLSX file on a server: all of them or none.
    Import(ImportArgs),
    /// Lists the imports of a workflow on a server, refused files too.
    Imports(ImportsArgs),
    /// Writes the leads of a workflow of a server as a CSV file.
    Export(ExportArgs),
    /// Changes variables or notes of a lead on a server.
    Edit(EditArgs),
    /// Takes a lead out of its workflow on a server; its history stays.
    Remove(RemoveArgs),
    /// Decides for a lead that is held on a server.
    Resolve(ResolveArgs),
    /// Does the same with many leads of a workflow on a server, after showing what would come of it.
    Act(Box<ActArgs>),
}

impl LeadCommand {
    /// Does it.
    ///
    /// # Errors
    ///
    /// [`Fault`].
    pub fn run(&self) -> Result<(), Fault> {
        match self {
            Self::List(args) => args.run(),
            Self::Find(args) => args.run(),
            Self::Show(args) => args.run(),
            Self::History(args) => args.run(),
            Self::Explain(args) => args.run(),
            Self::Add(args) => args.run(),
            Self::Import(args) => args.run(),
            Self::Imports(args) => args.run(),
            Self::Export(args) => args.run(),
            Self::Edit(args) => args.run(),
            Self::Remove(args) => args.run(),
            Self::Resolve(args) => args.run(),
            Self::Act(args) => args.run(),
        }
    }
}
