//! `grep`: the records that fit.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use anyhow::Context as _;
use branchline_domain::id::{CallId, LeadId, NodeId, WorkflowId};
use branchline_journal::record::Position;
use branchline_log::{
    AsOf, Evidence, Soundness, Subject,
    grep::{self, Answer, EventTypePattern, Filter, Pattern, Phones},
};
use branchline_vault::Vault;
use clap::Args;

use super::flags::{Json, Source};

/// Flags of `grep`. What is asked of different flags must all be so; a flag may be given again, and
/// then either is enough.
#[derive(Debug, Args)]
pub(crate) struct GrepArgs {
    #[command(flatten)]
    source: Source,
    /// Type of event: `lead.branch_taken`, `branch_taken`, `call_*`, `workflow.*`.
    #[arg(long, value_name = "TYPE")]
    event_type: Vec<EventTypePattern>,
    /// Records of a workflow and of the leads in it.
    #[arg(long, value_name = "ID")]
    workflow: Vec<WorkflowId>,
    /// Records of a lead.
    #[arg(long, value_name = "ID", value_parser = lead)]
    lead: Vec<LeadId>,
    /// Events about a call, and the branch that it led to.
    #[arg(long, value_name = "ID")]
    call: Vec<CallId>,
    /// Events that name a node, and events of leads while they stand there.
    #[arg(long, value_name = "ID")]
    node: Vec<NodeId>,
    /// Records of leads with this phone number, in E.164 form; `-` reads it from standard input.
    /// It is found by its contact tag, which needs the keys, and is not printed.
    #[arg(long, value_name = "NUMBER")]
    phone: Vec<String>,
    /// Directory of the keys, when they are not beside the journal.
    #[arg(long, value_name = "DIR", requires = "phone")]
    keys: Option<PathBuf>,
    /// Who asked: `api:key_1`, `engine`, `api:*`.
    #[arg(long, value_name = "NAME")]
    principal: Vec<Pattern>,
    /// Records that follow from the one at this position.
    #[arg(long, value_name = "POSITION")]
    cause: Vec<u64>,
    /// Records that the request with this id asked for.
    #[arg(long, value_name = "ID")]
    request: Vec<String>,
    /// Records under this idempotency key.
    #[arg(long, value_name = "KEY")]
    key: Vec<String>,
    /// Records from this position or time on, such as 2026-11-24T09:30:00Z.
    #[arg(long, value_name = "POSITION|TIME")]
    since: Option<AsOf>,
    /// Records up to this position or time.
    #[arg(long, value_name = "POSITION|TIME", default_value_t, hide_default_value = true)]
    until: AsOf,
    /// Writes only how many records fit.
    #[arg(long, conflicts_with = "json")]
    count: bool,
    #[command(flatten)]
    json: Json,
}

/// A lead, named by itself or by one of its calls.
fn lead(text: &str) -> Result<LeadId, String> {
    Subject::parse_lead(text).map_err(|error| error.to_string())
}

impl GrepArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        let numbers = numbers(self.phone)?;
        let evidence = self.source.open()?;
        let phones = if numbers.is_empty() {
            None
        } else {
            Some(Phones::new(numbers, keys(self.keys.as_ref(), &evidence)?)?)
        };
        let filter = Filter {
            event_types: self.event_type,
            workflows: self.workflow,
            leads: self.lead,
            calls: self.call,
            nodes: self.node,
            phones,
            principals: self.principal,
            causes: self.cause.into_iter().map(Position).collect(),
            requests: self.request,
            keys: self.key,
            since: self.since,
            until: self.until,
        };
        let answer = if self.count { Answer::Count } else { Answer::Records(self.json.format()) };
        grep::run(&evidence, filter, answer, out)
    }
}

/// The numbers, checked before anything is read. A number on the command line is seen by whoever
/// lists the processes, hence standard input.
fn numbers(given: Vec<String>) -> anyhow::Result<Vec<String>> {
    let read = |number: String| {
        if number != "-" {
            return Ok(number);
        }
        io::read_to_string(io::stdin()).map(|text| text.trim().to_owned())
    };
    let numbers: Vec<String> = given.into_iter().map(read).collect::<Result<_, _>>()?;
    numbers.iter().try_for_each(|number| grep::check_phone_number(number))?;
    Ok(numbers)
}

fn keys(given: Option<&PathBuf>, evidence: &Evidence) -> anyhow::Result<Vault> {
    match given {
        Some(dir) => Vault::open_read_only(dir)
            .with_context(|| format!("cannot read the keys in {}", dir.display())),
        None => evidence
            .vault()
            .context("a phone number is found with the keys; `--keys DIR` says where they are"),
    }
}
