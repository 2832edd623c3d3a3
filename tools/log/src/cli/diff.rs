//! `diff`: what changed between two moments.

use std::io::Write;

use branchline_log::{
    AsOf, Fault, Soundness, Subject,
    diff::{self, Wanted},
};
use clap::Args;

use super::flags::{Json, Source};

/// Flags of `diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    #[command(flatten)]
    source: Source,
    /// The earlier moment: a position, a time such as 2026-11-24T09:30:00Z, or 0 for before
    /// everything.
    #[arg(value_name = "FROM")]
    from: AsOf,
    /// The later moment: a position, a time, or `head`.
    #[arg(value_name = "TO")]
    to: AsOf,
    /// Public id of a workflow, lead or call: `wf_…`, `lead_…`, `call_…`. Everything without one.
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// How many of each list are told. Totals are exact all the same.
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    limit: usize,
    #[command(flatten)]
    json: Json,
}

impl DiffArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        let Self { from, to, limit, .. } = self;
        let wanted = Wanted { from, to, limit, format: self.json.format() };
        let Some(id) = self.id else {
            return diff::run(&self.source.open()?, None, wanted, out);
        };
        // An id is read before the journal is: a slip is told at once.
        match Subject::parse(&id)? {
            Subject::Workflow(workflow) => {
                diff::run(&self.source.open()?, Some(workflow), wanted, out)
            }
            Subject::Lead(lead) => {
                let call = Subject::parse_call(&id);
                diff::one(&self.source.open()?, lead, call, wanted, out)
            }
            Subject::Organisation(organisation) => Err(Fault::Misused(format!(
                "the differences of workflows and leads are told; what happened to the keys of \
                 {organisation} is in `branchline-log show … {organisation}`"
            ))
            .into()),
        }
    }
}
