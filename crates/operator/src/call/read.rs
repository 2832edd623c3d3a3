//! Lists of calls, and one call.

use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, LeadId, WorkflowId},
};
use clap::Args;

use super::shape;
use crate::{
    client::{Ask, Server, ServerFlags},
    export::ExportFlags,
    fault::Fault,
    listing::{self, LimitFlags, SortFlags},
    names,
    out::Out,
};

/// Which calls.
#[derive(Debug, Args)]
struct FilterFlags {
    /// Only those of this workflow: its id, the beginning of it, or its title.
    #[arg(long, short, value_name = "WORKFLOW")]
    workflow: Option<String>,
    /// Only those of this lead: its id, or its phone number.
    #[arg(long, value_name = "LEAD")]
    lead: Option<String>,
    /// Only those with this status, such as created or completed.
    #[arg(long, value_name = "STATUS")]
    status: Option<CallStatus>,
}

/// The same, with the workflow and the lead that are meant.
struct Filter {
    workflow: Option<WorkflowId>,
    lead: Option<LeadId>,
    status: Option<CallStatus>,
}

impl FilterFlags {
    fn of(&self, server: &Server) -> Result<Filter, Fault> {
        let workflow = self.workflow.as_deref().map(|text| names::workflow(server, text));
        // Calls outlive their lead: an id is taken as it is.
        let lead = self.lead.as_deref().map(|text| match text.parse() {
            Ok(lead) => Ok(lead),
            Err(_) => names::lead(server, text, self.workflow.as_deref()).map(|(_, lead)| lead),
        });
        Ok(Filter { workflow: workflow.transpose()?, lead: lead.transpose()?, status: self.status })
    }
}

impl Filter {
    /// A request for what is shown of them.
    fn ask(&self, path: &str) -> Ask {
        Ask::get(path)
            .query("workflow", self.workflow)
            .query("lead", self.lead)
            .query("status", self.status)
    }
}

/// Flags of `call list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    filter: FilterFlags,
    #[command(flatten)]
    sort: SortFlags,
    #[command(flatten)]
    limit: LimitFlags,
    #[command(flatten)]
    server: ServerFlags,
}

impl ListArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let server = self.server.server()?;
        let filter = self.filter.of(&server)?;
        let ask = || filter.ask("/call-logs").query("sort", self.sort.sort.as_ref());
        let mut out = Out::standard(self.server.json);
        listing::show(&server, &mut out, self.limit, ask, shape::COLUMNS, shape::cells)
    }
}

/// Flags of `call export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    #[command(flatten)]
    filter: FilterFlags,
    #[command(flatten)]
    export: ExportFlags,
}

impl ExportArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let server = self.export.server()?;
        let filter = self.filter.of(&server)?;
        self.export.write(&server, filter.ask("/call-logs.csv"))
    }
}

/// Flags of `call show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Id of the call.
    #[arg(value_name = "CALL")]
    call: CallId,
    #[command(flatten)]
    server: ServerFlags,
}

impl ShowArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let server = self.server.server()?;
        let answer = server.ask(&Ask::get(format!("/call-logs/{}", self.call)))?;
        shape::show(&answer, self.server.json)
    }
}
