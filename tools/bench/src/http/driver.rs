//! The other side: takes leads through their calls by requests over connections that stay open.

use std::{
    cell::RefCell,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use branchline_domain::id::{CallId, LeadId};

use super::{child::ServerProcess, connection::Connection};
use crate::{campaign::CALLS, latency::Latency, outcome::outcome, process};

/// What is asked, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drive {
    pub(super) connections: usize,
    /// Reports in one request; a single one goes to the route of its call.
    pub(super) bulk: usize,
    /// Decides the outcomes.
    pub(super) seed: u64,
}

/// What driving the leads took.
#[derive(Debug)]
pub(super) struct Driven {
    pub(super) seconds: f64,
    pub(super) latency: Latency,
    pub(super) server_cpu_ms: Option<f64>,
    pub(super) driver_cpu_ms: Option<f64>,
}

/// Requests of one group of leads, one for each call, and what their answers must hold.
struct Group {
    requests: Vec<Vec<u8>>,
    leads: usize,
}

/// Takes leads through their calls. Requests are written before the clock runs, and every answer is
/// looked at.
pub(super) fn drive(
    server: &ServerProcess,
    leads: &[LeadId],
    drive: Drive,
) -> anyhow::Result<Driven> {
    let groups = leads.chunks(drive.bulk).enumerate().map(|(number, leads)| {
        let head = head(server, number);
        group(&head, leads, drive)
    });
    let groups: Vec<Group> = groups.collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let mut connections = Vec::with_capacity(drive.connections);
        for _ in 0..drive.connections {
            connections.push(Connection::open(server.address).await?);
        }
        let queue = Rc::new(RefCell::new(groups.into_iter()));
        let (server_before, driver_before) = (server.cpu_ms(), process::cpu_ms());
        let began = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for connection in connections {
            tasks.spawn_local(over(connection, Rc::clone(&queue)));
        }
        let mut waits = Vec::new();
        while let Some(done) = tasks.join_next().await {
            waits.extend(done.context("a driver stopped")??);
        }
        let seconds = began.elapsed().as_secs_f64();
        let used = |after: Option<f64>, before: Option<f64>| Some(after? - before?);
        Ok(Driven {
            seconds,
            latency: Latency::of(waits),
            server_cpu_ms: used(server.cpu_ms(), server_before),
            driver_cpu_ms: used(process::cpu_ms(), driver_before),
        })
    })
}

/// Sends groups over one connection until there are none.
async fn over(
    mut connection: Connection,
    queue: Rc<RefCell<std::vec::IntoIter<Group>>>,
) -> anyhow::Result<Vec<Duration>> {
    let mut waits = Vec::new();
    loop {
        let group = queue.borrow_mut().next();
        let Some(group) = group else { return Ok(waits) };
        for request in &group.requests {
            let asked = Instant::now();
            let reply = connection.ask(request).await?;
            waits.push(asked.elapsed());
            let text = std::str::from_utf8(reply.body).unwrap_or_default();
            let accepted = text.matches("\"accepted\":true").count();
            anyhow::ensure!(
                reply.status == 200 && accepted == group.leads,
                "{accepted} of {} reports were accepted: {} {}",
                group.leads,
                reply.status,
                text.chars().take(500).collect::<String>()
            );
        }
    }
}

/// The headers of every request of a group: with one of the keys, by turns, if there are any.
fn head(server: &ServerProcess, number: usize) -> String {
    let mut head = format!("Host: {}\r\nUser-Agent: branchline-bench\r\n", server.address);
    let turn = number.checked_rem(server.credentials.len());
    if let Some(credentials) = turn.and_then(|turn| server.credentials.get(turn)) {
        head.push_str("Authorization: ");
        head.push_str(credentials);
        head.push_str("\r\n");
    }
    head
}

fn group(head: &str, leads: &[LeadId], drive: Drive) -> Group {
    let request = |number| {
        let named = |lead: LeadId| (CallId { lead, number }, report(drive.seed, lead, number));
        if let [lead] = leads {
            let (call, report) = named(*lead);
            let path = format!("/v1/call-logs/{call}/status");
            return post(head, &path, &format!("{{{report}}}"));
        }
        let items = leads.iter().map(|lead| {
            let (call, report) = named(*lead);
            format!("{{\"call_id\":\"{call}\",{report}}}")
        });
        let items: Vec<String> = items.collect();
        post(head, "/v1/call-logs/status", &format!("{{\"items\":[{}]}}", items.join(",")))
    };
    Group { requests: (1..=CALLS).map(request).collect(), leads: leads.len() }
}

/// The fields of a report, as a provider sends them when a call has ended.
fn report(seed: u64, lead: LeadId, call: u32) -> String {
    let status = outcome(seed, lead, call).status.as_str();
    format!(
        "\"status\":\"{status}\",\"occurred_at\":\"2026-03-01T09:30:00Z\",\
         \"end_reason\":\"normal_clearing\""
    )
}

fn post(head: &str, path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\n{head}Content-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Asks the server how many of its leads have come to their end.
pub(super) fn ended(server: &ServerProcess) -> anyhow::Result<u64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let mut connection = Connection::open(server.address).await?;
        let mut get = async |path: &str| {
            let request = format!("GET {path} HTTP/1.1\r\n{}\r\n", head(server, 0));
            let reply = connection.ask(request.as_bytes()).await?;
            anyhow::ensure!(reply.status == 200, "{path}: {}", reply.status);
            Ok(serde_json::from_slice::<serde_json::Value>(reply.body)?)
        };
        let workflows = get("/v1/workflows").await?;
        let workflow = workflows.pointer("/data/0/id").and_then(serde_json::Value::as_str);
        let workflow = workflow.context("the server has no workflow")?;
        let counts = get(&format!("/v1/workflows/{workflow}/counts")).await?;
        let of = |status: &str| counts.pointer(&format!("/by_status/{status}"))?.as_u64();
        of("completed").zip(of("dropped")).map(|(won, lost)| won + lost).context("no counts")
    })
}
