//! One action on many leads: what would come of it first, then part by part.

use std::collections::BTreeMap;

use branchline_domain::{
    id::{NodeId, WorkflowId},
    lead::{HoldCode, LeadStatus},
    output::Output,
    time::Timestamp,
};
use clap::{ArgGroup, Args, ValueEnum};
use serde_json::{Map, Value, json};

use super::batch::{self, Forecast, Summary};
use crate::{
    client::{Ask, IdempotencyKey, Server, ServerFlags},
    confirm::ConfirmFlags,
    fault::Fault,
    names,
    out::{Out, count},
    progress,
    write::WriteFlags,
};

/// What is done with each lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ActionWord {
    /// A lead that is held goes on: --output or --release-at says how.
    Resolve,
    /// The call of a lead that is held is made again.
    Redial,
    /// The lead leaves the workflow.
    Remove,
    /// The lead goes to the node --to.
    MoveTo,
}

/// Flags of `lead act`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which leads").required(true).multiple(true)
    .args(["status", "node", "held", "every"]))]
pub struct ActArgs {
    /// The workflow: its id, the beginning of it, or its title.
    #[arg(value_name = "WORKFLOW")]
    workflow: String,
    /// What is done with each lead.
    #[arg(value_enum, value_name = "ACTION")]
    action: ActionWord,
    /// Leads with this status: pending, active, completed or dropped.
    #[arg(long, value_name = "STATUS", conflicts_with = "every")]
    status: Option<LeadStatus>,
    /// Leads at this node: its id, or its label.
    #[arg(long, value_name = "NODE", conflicts_with = "every")]
    node: Option<String>,
    /// Leads that are held, for any reason or for this one, such as `review_required`.
    #[arg(long, value_name = "REASON", num_args = 0..=1, default_missing_value = "any", value_parser = held, conflicts_with = "every")]
    held: Option<HeldFilter>,
    /// Every lead of the workflow.
    #[arg(long)]
    every: bool,
    /// The output that `resolve` takes.
    #[arg(long, value_name = "OUTPUT")]
    output: Option<String>,
    /// When the wait ends that `resolve` ends.
    #[arg(long, value_name = "TIME", conflicts_with = "output")]
    release_at: Option<Timestamp>,
    /// The node that `move-to` goes to: its id, or its label.
    #[arg(long, value_name = "NODE")]
    to: Option<String>,
    /// Show what would come of it, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Leads of one request.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    part: u32,
    #[command(flatten)]
    confirm: ConfirmFlags,
    #[command(flatten)]
    write: WriteFlags,
    #[command(flatten)]
    server: ServerFlags,
}

/// Why a lead is held.
#[derive(Clone, Copy, Debug)]
enum HeldFilter {
    Any,
    With(HoldCode),
}

fn held(text: &str) -> Result<HeldFilter, String> {
    if text == "any" {
        return Ok(HeldFilter::Any);
    }
    let code = HoldCode::ALL.into_iter().find(|code| code.as_str() == text);
    code.map(HeldFilter::With).ok_or_else(|| {
        let codes = HoldCode::ALL.map(HoldCode::as_str).join(", ");
        format!("leads are held for any or one of {codes}")
    })
}

impl ActArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        self.check()?;
        let server = self.server.server()?;
        let workflow = names::workflow(&server, &self.workflow)?;
        let mut body = self.body(&server, workflow)?;
        let path = format!("/workflows/{workflow}/leads/actions");
        body.insert("dry_run".into(), json!(true));
        let asked = server.ask(&Ask::question(path).json(&Value::Object(body.clone())))?;
        let forecast: Forecast = asked.read()?;
        let mut out = Out::standard(self.server.json);
        if self.dry_run {
            if out.is_json() {
                out.document(&asked.raw()?)?;
            } else {
                batch::show_forecast(&forecast, &mut out)?;
            }
            return out.flush();
        }
        if forecast.matched == 0 {
            eprintln!("branchline: no lead is meant");
            return Ok(());
        }
        let (leads, action) = (count(forecast.matched, "lead"), self.word());
        eprintln!("{}", batch::forecast_in_words(&forecast));
        self.confirm.check(&format!("This will {action} {leads} of {workflow}."))?;
        body.insert("dry_run".into(), json!(false));
        body.insert("limit".into(), json!(self.part));
        let summary =
            parts(&server, workflow, body, &self.write.key()?, forecast.matched, &mut out)?;
        summary.show(&mut out)?;
        out.flush()?;
        match summary.refused() {
            0 => Ok(()),
            refused => Err(Fault::Failed(format!("{} not done", count(refused, "lead")))),
        }
    }

    const fn word(&self) -> &'static str {
        match self.action {
            ActionWord::Resolve => "resolve",
            ActionWord::Redial => "redial",
            ActionWord::Remove => "remove",
            ActionWord::MoveTo => "move_to",
        }
    }

    /// What belongs to another action is a wrong command line.
    fn check(&self) -> Result<(), Fault> {
        let needs = |given: bool, owner: ActionWord, flag: &str, wanted: bool| {
            if given && self.action != owner {
                return Err(Fault::Misused(format!("{flag} does not belong to `{}`", self.word())));
            }
            if !given && wanted && self.action == owner {
                return Err(Fault::Misused(format!("`{}` needs {flag}", self.word())));
            }
            Ok(())
        };
        let (output, release) = (self.output.is_some(), self.release_at.is_some());
        needs(output, ActionWord::Resolve, "--output", !release)?;
        needs(release, ActionWord::Resolve, "--release-at", false)?;
        needs(self.to.is_some(), ActionWord::MoveTo, "--to", true)
    }

    /// What is asked, without `dry_run`.
    fn body(&self, server: &Server, workflow: WorkflowId) -> Result<Map<String, Value>, Fault> {
        let node = |text: &Option<String>| match text {
            Some(text) => names::node(server, workflow, text).map(Some),
            None => Ok(None),
        };
        let mut body = Map::new();
        body.insert("filter".into(), self.filter(node(&self.node)?));
        body.insert("action".into(), json!(self.word()));
        if let Some(output) = &self.output {
            body.insert("output".into(), json!(Output::from(output.as_str())));
        }
        if let Some(at) = self.release_at {
            body.insert("release_at".into(), json!(at));
        }
        if let Some(to) = node(&self.to)? {
            body.insert("node".into(), json!(to));
        }
        Ok(body)
    }

    fn filter(&self, node: Option<NodeId>) -> Value {
        if self.every {
            return json!({ "all": true });
        }
        let mut filter = Map::new();
        if let Some(status) = self.status {
            filter.insert("status".into(), json!(status));
        }
        if let Some(node) = node {
            filter.insert("node".into(), json!(node));
        }
        match self.held {
            None => {}
            Some(HeldFilter::Any) => {
                filter.insert("held".into(), json!(true));
            }
            Some(HeldFilter::With(code)) => {
                filter.insert("held".into(), json!(code.as_str()));
            }
        }
        Value::Object(filter)
    }
}

/// Acts part by part, each under a key of its own, and shows how far it is.
fn parts(
    server: &Server,
    workflow: WorkflowId,
    mut body: Map<String, Value>,
    key: &IdempotencyKey,
    expected: u64,
    out: &mut Out,
) -> Result<Summary, Fault> {
    let path = format!("/workflows/{workflow}/leads/actions");
    let bar = progress::leads("acting", expected);
    let mut summary = Summary { by_outcome: BTreeMap::new() };
    for number in 1.. {
        let ask = Ask::write(reqwest::Method::POST, path.clone(), &key.part(number));
        let answer = server.ask(&ask.json(&Value::Object(body.clone())));
        let part: batch::Part = match answer.and_then(|answer| answer.read()) {
            Ok(part) => part,
            Err(fault) => {
                bar.finish_and_clear();
                // What was done is done, and worth seeing.
                summary.show(out)?;
                out.flush()?;
                return Err(fault);
            }
        };
        for result in part.results {
            if out.is_json() {
                out.document(&result)?;
            }
            summary.count(names::read(server, result.get())?);
            bar.inc(1);
        }
        let Some(cursor) = part.next_cursor else { break };
        body.insert("cursor".into(), json!(cursor));
    }
    bar.finish_and_clear();
    Ok(summary)
}
