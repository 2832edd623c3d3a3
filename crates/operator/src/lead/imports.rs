//! Imports of a workflow, and how they went.

use clap::Args;
use serde::Deserialize;

use crate::{
    client::{Ask, ListedFault, ServerFlags},
    fault::Fault,
    listing::{self, LimitFlags, SortFlags},
    names,
    out::{Out, or_dash, when},
};

/// Flags of `lead imports`.
#[derive(Debug, Args)]
pub struct ImportsArgs {
    /// The workflow: its id, the beginning of it, or its title.
    #[arg(value_name = "WORKFLOW")]
    workflow: String,
    #[command(flatten)]
    sort: SortFlags,
    #[command(flatten)]
    limit: LimitFlags,
    #[command(flatten)]
    server: ServerFlags,
}

#[derive(Deserialize)]
struct Import {
    id: String,
    file_name: Option<String>,
    #[serde(default)]
    at: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    rows: u64,
    #[serde(default)]
    leads_enrolled: u64,
    #[serde(default)]
    duplicates_skipped: u64,
    #[serde(default)]
    faults: Vec<ListedFault>,
}

impl ImportsArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let server = self.server.server()?;
        let workflow = names::workflow(&server, &self.workflow)?;
        let ask = || {
            Ask::get(format!("/workflows/{workflow}/imports"))
                .query("sort", self.sort.sort.as_ref())
        };
        let columns = ["id", "file", "at", "status", "rows", "enrolled", "skipped", "fault"];
        let mut out = Out::standard(self.server.json);
        listing::show(&server, &mut out, self.limit, ask, columns, |import: Import| {
            let fault = import.faults.first().map(ListedFault::in_words);
            [
                import.id,
                or_dash(import.file_name),
                when(&import.at),
                import.status,
                import.rows.to_string(),
                import.leads_enrolled.to_string(),
                import.duplicates_skipped.to_string(),
                or_dash(fault),
            ]
        })
    }
}
