//! Lists of calls, and one call.

use branchline_domain::{call_status::CallStatus, id::CallId};
use clap::Args;

use super::shape;
use crate::{
    client::{Ask, ServerFlags},
    fault::Fault,
    listing::{self, LimitFlags, SortFlags},
    names,
    out::Out,
};

/// Flags of `call list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only those of this workflow: its id, the beginning of it, or its title.
    #[arg(long, short, value_name = "WORKFLOW")]
    workflow: Option<String>,
    /// Only those of this lead: its id, or its phone number.
    #[arg(long, value_name = "LEAD")]
    lead: Option<String>,
    /// Only those with this status, such as created or completed.
    #[arg(long, value_name = "STATUS")]
    status: Option<CallStatus>,
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
        let mut workflow = None;
        if let Some(text) = &self.workflow {
            workflow = Some(names::workflow(&server, text)?);
        }
        // Calls outlive their lead: an id is taken as it is.
        let lead = match self.lead.as_deref().map(|text| (text, text.parse())) {
            None => None,
            Some((_, Ok(lead))) => Some(lead),
            Some((text, Err(_))) => Some(names::lead(&server, text, self.workflow.as_deref())?.1),
        };
        let ask = || {
            Ask::get("/call-logs")
                .query("workflow", workflow)
                .query("lead", lead)
                .query("status", self.status)
                .query("sort", self.sort.sort.as_ref())
        };
        let mut out = Out::standard(self.server.json);
        listing::show(&server, &mut out, self.limit, ask, shape::COLUMNS, shape::cells)
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
