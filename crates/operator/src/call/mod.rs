//! `branchline call`: calls of a running server, and what is known of them.

mod read;
mod shape;
mod work;

use clap::Subcommand;

use self::{
    read::{ExportArgs, ListArgs, ShowArgs},
    work::{ClaimArgs, DispatchedArgs, RefusedArgs, ReportArgs},
};
use crate::Fault;

/// What to do with calls of a server.
#[derive(Debug, Subcommand)]
pub enum CallCommand {
    /// Lists the calls of a server.
    List(ListArgs),
    /// Shows one call of a server, with its timeline.
    Show(ShowArgs),
    /// Writes the calls of a server as a CSV file.
    Export(ExportArgs),
    /// Reports a status of a call to a server.
    Report(ReportArgs),
    /// Takes calls that a server wants dialled: each is handed out once, to whoever takes it.
    Claim(ClaimArgs),
    /// Tells a server that a call was handed to a carrier, and how the carrier calls it.
    Dispatched(DispatchedArgs),
    /// Tells a server that a call was surely not dialled, and why.
    Refused(RefusedArgs),
}

impl CallCommand {
    /// Does it.
    ///
    /// # Errors
    ///
    /// [`Fault`].
    pub fn run(&self) -> Result<(), Fault> {
        match self {
            Self::List(args) => args.run(),
            Self::Show(args) => args.run(),
            Self::Export(args) => args.run(),
            Self::Report(args) => args.run(),
            Self::Claim(args) => args.run(),
            Self::Dispatched(args) => args.run(),
            Self::Refused(args) => args.run(),
        }
    }
}
