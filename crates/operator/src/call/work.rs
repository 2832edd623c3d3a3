//! What a worker does: take calls, and say what became of them.

use branchline_domain::{call_status::CallStatus, id::CallId, time::Timestamp};
use clap::Args;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};

use super::shape;
use crate::{
    assignments::{self, Assignment},
    client::{Ask, ServerFlags},
    fault::Fault,
    names,
    out::{Out, Rows, or_dash, when},
    write::WriteFlags,
};

/// Flags of `call report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Id of the call.
    #[arg(value_name = "CALL")]
    call: CallId,
    /// Its status, such as connected, completed, `did_not_pick`, busy, failed or `no_answer`.
    #[arg(value_name = "STATUS")]
    status: CallStatus,
    /// When it came about; else now.
    #[arg(long, value_name = "TIME")]
    occurred_at: Option<Timestamp>,
    /// Why the call ended, such as `user_disconnected`.
    #[arg(long, value_name = "WORD")]
    end_reason: Option<String>,
    /// What analysis of the call found: `outcome=interested`, or `score:=7`; may be given again.
    #[arg(long = "attribute", value_name = "NAME=VALUE")]
    attributes: Vec<Assignment>,
    /// How the carrier calls it.
    #[arg(long, value_name = "TEXT")]
    provider_ref: Option<String>,
    #[command(flatten)]
    write: WriteFlags,
    #[command(flatten)]
    server: ServerFlags,
}

impl ReportArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let mut body = Map::new();
        body.insert("status".into(), json!(self.status));
        if let Some(at) = self.occurred_at {
            body.insert("occurred_at".into(), json!(at));
        }
        for (name, text) in [("end_reason", &self.end_reason), ("provider_ref", &self.provider_ref)]
        {
            if let Some(text) = text {
                body.insert(name.into(), json!(text));
            }
        }
        if !self.attributes.is_empty() {
            let attributes = assignments::document(&self.attributes);
            body.insert("attributes".into(), Value::Object(attributes));
        }
        tell(self.call, "status", body, &self.write, &self.server)
    }
}

/// Flags of `call dispatched`.
#[derive(Debug, Args)]
pub struct DispatchedArgs {
    /// Id of the call.
    #[arg(value_name = "CALL")]
    call: CallId,
    /// How the carrier calls it.
    #[arg(long, value_name = "TEXT")]
    provider_ref: Option<String>,
    #[command(flatten)]
    write: WriteFlags,
    #[command(flatten)]
    server: ServerFlags,
}

impl DispatchedArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let mut body = Map::new();
        if let Some(text) = &self.provider_ref {
            body.insert("provider_ref".into(), json!(text));
        }
        tell(self.call, "dispatched", body, &self.write, &self.server)
    }
}

/// Flags of `call refused`.
#[derive(Debug, Args)]
pub struct RefusedArgs {
    /// Id of the call.
    #[arg(value_name = "CALL")]
    call: CallId,
    /// Why it was not dialled.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    write: WriteFlags,
    #[command(flatten)]
    server: ServerFlags,
}

impl RefusedArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let mut body = Map::new();
        body.insert("reason".into(), json!(self.reason));
        tell(self.call, "refused", body, &self.write, &self.server)
    }
}

fn tell(
    call: CallId,
    what: &str,
    body: Map<String, Value>,
    write: &WriteFlags,
    flags: &ServerFlags,
) -> Result<(), Fault> {
    let server = flags.server()?;
    let path = format!("/call-logs/{call}/{what}");
    let ask = Ask::write(Method::POST, path, &write.key()?).json(&Value::Object(body));
    shape::show(&server.ask(&ask)?, flags.json)
}

/// Flags of `call claim`.
#[derive(Debug, Args)]
pub struct ClaimArgs {
    /// Calls at most.
    #[arg(long, value_name = "N", default_value_t = 1)]
    max: u32,
    /// How long they are yours to dial: what is not heard of by then is held for a person. Unit:
    /// seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    lease: u32,
    #[command(flatten)]
    write: WriteFlags,
    #[command(flatten)]
    server: ServerFlags,
}

#[derive(Deserialize)]
struct Claimed {
    #[serde(default)]
    calls: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Wanted {
    call_id: String,
    to: Option<String>,
    from: Option<String>,
    agent_id: Option<String>,
    lease_until: Option<String>,
}

impl ClaimArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let server = self.server.server()?;
        let body = json!({ "max": self.max, "lease_s": self.lease });
        // Calls of an answer that got lost are given again under the same key, and no others.
        let ask = Ask::write(Method::POST, "/call-logs/claim", &self.write.key()?).json(&body);
        let claimed: Claimed = server.ask(&ask)?.read()?;
        let mut out = Out::standard(self.server.json);
        if out.is_json() {
            for call in &claimed.calls {
                out.document(call)?;
            }
            return out.flush();
        }
        let mut rows = Rows::with(["id", "to", "from", "agent", "lease until"]);
        for call in &claimed.calls {
            let call: Wanted = names::read(&server, call.get())?;
            let until = call.lease_until.as_deref().map(when);
            let (to, from, agent) = (or_dash(call.to), or_dash(call.from), or_dash(call.agent_id));
            rows.add([call.call_id, to, from, agent, or_dash(until)]);
        }
        out.table(rows)?;
        out.flush()
    }
}
