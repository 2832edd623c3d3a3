//! Lists of leads, and one lead.

use std::collections::BTreeMap;

use branchline_domain::id::{NodeId, WorkflowId};
use clap::Args;

use super::shape::{self, LeadFlags};
use crate::{
    client::{Ask, Server, ServerFlags},
    fault::Fault,
    listing::{self, LimitFlags, SortFlags},
    names,
    out::{Out, or_dash},
};

/// Which leads of a workflow.
#[derive(Debug, Args)]
pub(super) struct FilterFlags {
    /// Only those with this status: pending, active, completed, dropped or removed.
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    /// Only those at this node: its id, or its label.
    #[arg(long, value_name = "NODE")]
    node: Option<String>,
    /// Only those that are held, for any reason or for this one, such as `review_required`.
    #[arg(long, value_name = "REASON", num_args = 0..=1, default_missing_value = "any")]
    held: Option<String>,
}

/// The same, with the node that is meant.
pub(super) struct Filter<'a> {
    flags: &'a FilterFlags,
    node: Option<NodeId>,
}

impl FilterFlags {
    pub(super) fn of(&self, server: &Server, workflow: WorkflowId) -> Result<Filter<'_>, Fault> {
        let node = self.node.as_deref().map(|text| names::node(server, workflow, text));
        Ok(Filter { flags: self, node: node.transpose()? })
    }
}

impl Filter<'_> {
    /// A request for what is shown of them.
    pub(super) fn ask(&self, path: &str) -> Ask {
        Ask::get(path)
            .query("status", self.flags.status.as_ref())
            .query("node", self.node)
            .query("held", self.flags.held.as_ref())
    }
}

/// Flags of `lead list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// The workflow: its id, the beginning of it, or its title.
    #[arg(value_name = "WORKFLOW")]
    workflow: String,
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
        let workflow = names::workflow(&server, &self.workflow)?;
        let filter = self.filter.of(&server, workflow)?;
        let path = format!("/workflows/{workflow}/leads");
        let ask = || filter.ask(&path).query("sort", self.sort.sort.as_ref());
        let mut out = Out::standard(self.server.json);
        let labels =
            if out.is_json() { BTreeMap::new() } else { names::labels(&server, workflow)? };
        listing::show(&server, &mut out, self.limit, ask, shape::COLUMNS, |lead: shape::Lead| {
            let [id, number, status, held, node, enrolled] = shape::cells(lead);
            let node = labels.get(&node).cloned().unwrap_or(node);
            [id, number, status, held, node, enrolled]
        })
    }
}

/// Flags of `lead find`.
#[derive(Debug, Args)]
pub struct FindArgs {
    /// The number, with its country, as in +12125550123, or without it and with --country.
    #[arg(value_name = "PHONE")]
    number: String,
    /// The country of a number without one, such as US.
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    #[command(flatten)]
    limit: LimitFlags,
    #[command(flatten)]
    server: ServerFlags,
}

impl FindArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let server = self.server.server()?;
        let ask = || {
            Ask::get("/leads")
                .query("phone_number", Some(&self.number))
                .query("country", self.country.as_ref())
        };
        let mut out = Out::standard(self.server.json);
        let columns = ["id", "workflow", "status", "held", "node", "enrolled"];
        listing::show(&server, &mut out, self.limit, ask, columns, |lead: shape::Lead| {
            let workflow = lead.workflow_id.clone();
            let [id, _, status, held, node, enrolled] = shape::cells(lead);
            [id, or_dash(workflow), status, held, node, enrolled]
        })
    }
}

/// Flags of `lead show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[command(flatten)]
    lead: LeadFlags,
}

impl ShowArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let found = self.lead.find()?;
        shape::show(&found.server.ask(&Ask::get(found.path()))?, self.lead.server.json)
    }
}
