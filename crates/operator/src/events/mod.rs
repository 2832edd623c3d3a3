//! `branchline events`: what a running server recorded, and what it records from now on.

mod follow;
mod sse;

use branchline_domain::id::{LeadId, WorkflowId};
use clap::Args;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    client::{Ask, Server, ServerFlags},
    fault::Fault,
    names,
    out::{Out, shown, when},
};

/// Records asked for at once.
const PAGE_RECORDS: u64 = 1_000;

/// How much of a payload a line for people has. Unit: characters.
const PAYLOAD_CHARS_MAX: usize = 300;

/// Flags of `events`.
#[derive(Debug, Args)]
pub struct EventsArgs {
    /// Begin after this cursor, as an earlier event has it; else at the beginning.
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// Go on with what is recorded from now on, through restarts of the server, until it is
    /// stopped.
    #[arg(long, short)]
    follow: bool,
    /// Events at most.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Only events of this type, such as `lead.branch_taken`; may be given again.
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// Only events of this workflow and its leads: its id, the beginning of it, or its title.
    #[arg(long, short, value_name = "WORKFLOW")]
    workflow: Option<String>,
    /// Only events of this lead.
    #[arg(long, value_name = "LEAD")]
    lead: Option<LeadId>,
    #[command(flatten)]
    server: ServerFlags,
}

/// An event, as far as lines and filters need it.
#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    at: String,
    #[serde(rename = "type", default)]
    kind: String,
    workflow_id: Option<WorkflowId>,
    lead_id: Option<LeadId>,
    #[serde(default)]
    position: u64,
    #[serde(default)]
    principal: String,
    payload: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Part {
    data: Vec<Box<RawValue>>,
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    next_cursor: String,
    #[serde(default)]
    more: bool,
}

/// Which events are shown, how, and how many still.
struct Shown<'a> {
    server: &'a Server,
    out: Out,
    types: &'a [String],
    workflow: Option<WorkflowId>,
    lead: Option<LeadId>,
    left: Option<u64>,
}

impl EventsArgs {
    /// Does it.
    ///
    /// # Errors
    ///
    /// [`Fault`].
    pub fn run(&self) -> Result<(), Fault> {
        let server = self.server.server()?;
        let workflow = self.workflow.as_deref().map(|text| names::workflow(&server, text));
        let mut shown = Shown {
            server: &server,
            out: Out::standard(self.server.json),
            types: &self.types,
            workflow: workflow.transpose()?,
            lead: self.lead,
            left: self.limit,
        };
        if self.follow {
            return follow::follow(&server, self.after.clone(), follow::SILENCE_MAX, &mut shown);
        }
        let mut after = self.after.clone().unwrap_or_else(|| "0-0".to_owned());
        loop {
            let ask =
                Ask::get("/events").query("after", Some(&after)).query("limit", Some(PAGE_RECORDS));
            let part: Part = server.ask(&ask)?.read()?;
            for event in &part.data {
                if !shown.show(event)? {
                    return shown.out.flush();
                }
            }
            if !part.meta.more {
                return shown.out.flush();
            }
            after = part.meta.next_cursor;
        }
    }
}

impl Shown<'_> {
    /// Shows an event that is wanted. False when there are enough.
    fn show(&mut self, raw: &RawValue) -> Result<bool, Fault> {
        let event: Event = names::read(self.server, raw.get())?;
        let wanted = (self.types.is_empty() || self.types.contains(&event.kind))
            && self.workflow.is_none_or(|wanted| event.workflow_id == Some(wanted))
            && self.lead.is_none_or(|wanted| event.lead_id == Some(wanted));
        if !wanted {
            return Ok(true);
        }
        if self.out.is_json() {
            self.out.document(raw)?;
        } else {
            self.out.line(&in_words(&event))?;
        }
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(1);
        }
        Ok(self.left != Some(0))
    }
}

/// An event in a line. What is long, such as a whole graph, is cut: programs get it whole.
fn in_words(event: &Event) -> String {
    let lead = event.lead_id.map(|lead| lead.to_string());
    let workflow = || event.workflow_id.map(|workflow| workflow.to_string());
    let whose = lead.or_else(workflow).unwrap_or_else(|| "-".to_owned());
    let whole = event.payload.as_ref().map_or("", |payload| payload.get());
    let mut payload: String = whole.chars().take(PAYLOAD_CHARS_MAX).collect();
    if payload.len() < whole.len() {
        payload.push('…');
    }
    let (position, principal) = (event.position, shown(&event.principal));
    format!("{} {position} {} {whose} by {principal} {payload}", when(&event.at), event.kind)
}
