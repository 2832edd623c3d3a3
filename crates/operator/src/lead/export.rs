//! Leads as a file.

use clap::Args;

use super::read::FilterFlags;
use crate::{export::ExportFlags, fault::Fault, names};

/// Flags of `lead export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The workflow: its id, the beginning of it, or its title.
    #[arg(value_name = "WORKFLOW")]
    workflow: String,
    #[command(flatten)]
    filter: FilterFlags,
    #[command(flatten)]
    export: ExportFlags,
}

impl ExportArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let server = self.export.server()?;
        let workflow = names::workflow(&server, &self.workflow)?;
        let filter = self.filter.of(&server, workflow)?;
        self.export.write(&server, filter.ask(&format!("/workflows/{workflow}/leads.csv")))
    }
}
