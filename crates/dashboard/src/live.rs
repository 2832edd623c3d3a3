//! What keeps open pages fresh: one stream of events for all tabs of a browser.
//!
//! A page names its topics: `overview`, `workflow:<id>`, `lead:<id>`. Numbers come as `counts`, an
//! object of the keys that the page's `data-live` attributes name, and only those that changed; what
//! is more than a number comes as `changed`, the topics whose parts a page loads again. However fast
//! things move, there are at most four of each a second. `place` is where in the journal the stream
//! begins, and the id of an event where it was: a page that was read before that loads its parts again.

use std::{collections::BTreeMap, convert::Infallible, fmt::Write as _, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderName},
    web::Bytes,
};
use branchline_domain::id::{LeadId, OrganisationId, WorkflowId};
use branchline_engine::{EngineError, EngineHandle};
use branchline_http_api::{
    Shutdown,
    pages::{self, StreamPlace, Visitor},
};
use branchline_projections::{Order, Paging, Projections, Totals, WorkflowFilter, WorkflowSort};
use futures_util::stream;
use serde_json::{Value, json};

use crate::shell::{PageAnswer, number, parameters};

/// How often things are looked at. Four times a second is as fast as people read.
const PACE: Duration = Duration::from_millis(250);

/// Looks without news until a sign of life is sent: 15 s, so that proxies keep the connection.
const QUIET_LOOKS_MAX: u32 = 60;

/// Topics of one stream at most.
const TOPICS_MAX: usize = 64;

/// Workflows whose numbers the overview shows.
pub(crate) const OVERVIEW_ROWS: usize = 50;

/// The order of the overview.
pub(crate) const NEWEST_FIRST: Order<WorkflowSort> =
    Order { by: WorkflowSort::CreatedAt, descending: true };

/// How long a browser waits before it comes back. Unit: milliseconds.
const RECONNECT_MS: u32 = 2_000;

const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What a page wants to hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Topic {
    /// All workflows, and what needs somebody.
    Overview,
    /// One workflow: its status, graph and counts.
    Workflow(WorkflowId),
    /// One lead: each of its records.
    Lead(LeadId),
}

impl Topic {
    fn read(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some(("workflow", id)) => id.parse().ok().map(Self::Workflow),
            Some(("lead", id)) => id.parse().ok().map(Self::Lead),
            Some(_) => None,
            None => (text == "overview").then_some(Self::Overview),
        }
    }
}

impl std::fmt::Display for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Overview => f.write_str("overview"),
            Self::Workflow(id) => write!(f, "workflow:{id}"),
            Self::Lead(id) => write!(f, "lead:{id}"),
        }
    }
}

/// What was seen of the topics.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    /// Numbers by their keys.
    counts: BTreeMap<String, u64>,
    /// What a topic's parts depend on, as one number: they are loaded again when it changes.
    marks: BTreeMap<Topic, u64>,
}

/// `GET /live?topic=…&topic=…`
pub(crate) async fn stream(request: HttpRequest) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    let mut topics: Vec<Topic> =
        parameters(&request, "topic").iter().filter_map(|text| Topic::read(text)).collect();
    topics.sort_unstable();
    topics.dedup();
    topics.truncate(TOPICS_MAX);
    let watching = Watching {
        engine: pages::engine(&request)?.clone(),
        shutdown: pages::shutdown(&request)?,
        _place: pages::enter_stream(&request, &visitor)?,
        visitor,
        topics,
        begun: false,
        folded: None,
        seen: Seen::default(),
    };
    let pieces = stream::unfold(watching, |mut watching| async {
        let text = watching.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(text)), watching))
    });
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((ACCEL_BUFFERING, "no"))
        .streaming(pieces))
}

struct Watching {
    engine: EngineHandle,
    shutdown: Shutdown,
    visitor: Visitor,
    topics: Vec<Topic>,
    begun: bool,
    /// How far the read models were at the last look.
    folded: Option<u64>,
    seen: Seen,
    _place: StreamPlace,
}

impl Watching {
    /// The next piece; `None` at the end.
    async fn next(&mut self) -> Option<String> {
        let mut quiet = 0;
        loop {
            if !self.begun {
                // What the page shows was read a moment ago: everything is told once.
                self.begun = true;
                let first = self.look().await.unwrap_or_default();
                return Some(format!("retry: {RECONNECT_MS}\n\n{first}"));
            }
            tokio::select! {
                biased;
                () = self.shutdown.cancelled() => return None,
                () = tokio::time::sleep(PACE) => {}
            }
            if !self.visitor.is_still_good(&self.engine) {
                return None;
            }
            if let Some(news) = self.look().await.filter(|news| !news.is_empty()) {
                return Some(news);
            }
            quiet += 1;
            if quiet >= QUIET_LOOKS_MAX {
                return Some(": still here\n\n".into());
            }
        }
    }

    /// What has changed since the last look; `None` when nothing was recorded since.
    async fn look(&mut self) -> Option<String> {
        let folded = self.engine.health().folded.0;
        if self.folded == Some(folded) {
            return None;
        }
        let organisation = self.visitor.organisation();
        let topics = &self.topics;
        let seen: Result<Seen, EngineError> =
            self.engine.read(|projections| see(projections, organisation, topics)).await;
        // Who cannot be read now is looked at again in a moment.
        let seen = seen.ok()?;
        let begins = self.folded.is_none();
        self.folded = Some(folded);
        let text = news(&self.seen, &seen);
        self.seen = seen;
        if begins {
            // A page that was read before this place may have missed something.
            return Some(format!("event: place\ndata: {folded}\n\n{text}"));
        }
        Some(if text.is_empty() { text } else { format!("id: {folded}\n{text}") })
    }
}

/// The events that lead from what was seen to what is.
fn news(before: &Seen, now: &Seen) -> String {
    let counts: serde_json::Map<String, Value> = now
        .counts
        .iter()
        .filter(|&(key, count)| before.counts.get(key) != Some(count))
        .map(|(key, &count)| (key.clone(), number(count).into()))
        .collect();
    let is_first = before.marks.is_empty();
    let changed: Vec<String> = now
        .marks
        .iter()
        .filter(|&(topic, mark)| !is_first && before.marks.get(topic) != Some(mark))
        .map(|(topic, _)| topic.to_string())
        .collect();
    let mut text = String::new();
    if !counts.is_empty() {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "event: counts\ndata: {}\n\n", Value::Object(counts));
    }
    if !changed.is_empty() {
        let _ = write!(text, "event: changed\ndata: {}\n\n", json!(changed));
    }
    text
}

fn see(projections: &Projections, organisation: OrganisationId, topics: &[Topic]) -> Seen {
    let mut seen = Seen::default();
    for &topic in topics {
        match topic {
            Topic::Overview => see_overview(projections, organisation, &mut seen),
            Topic::Workflow(id) => see_workflow(projections, organisation, id, &mut seen),
            Topic::Lead(id) => see_lead(projections, organisation, id, &mut seen),
        }
    }
    seen
}

/// Numbers of the overview: `all.…`, and `<workflow>.…` of each that it shows.
fn see_overview(projections: &Projections, organisation: OrganisationId, seen: &mut Seen) {
    let totals = projections.totals_of_organisation(organisation);
    put(&mut seen.counts, "all", &totals);
    let filter = WorkflowFilter { organisation: Some(organisation), ..WorkflowFilter::default() };
    let paging = Paging::first(OVERVIEW_ROWS);
    let page = projections.ordered_workflows(filter, NEWEST_FIRST, paging).unwrap_or_default();
    // Another status, another number of workflows, other things to attend to: other rows.
    let mut mark = page.total;
    for row in &page.items {
        put(&mut seen.counts, &row.id.to_string(), &projections.totals_of_workflow(row.id));
        mark = mark.wrapping_mul(31).wrapping_add(row.status_position.0);
    }
    for (&code, &leads) in &totals.held {
        mark = mark.wrapping_mul(31).wrapping_add(code as u64 + 1);
        seen.counts.insert(format!("all.held.{}", code.as_str()), leads);
    }
    seen.marks.insert(Topic::Overview, mark);
}

/// Numbers that every place about a workflow has, below a name.
pub(crate) fn put(counts: &mut BTreeMap<String, u64>, name: &str, totals: &Totals) {
    let leads = &totals.leads;
    for (key, count) in [
        ("enrolled", leads.enrolled()),
        ("pending", leads.pending),
        ("active", leads.active),
        ("completed", leads.completed),
        ("dropped", leads.dropped),
        ("removed", leads.removed),
        ("held", totals.held.values().sum()),
        ("calls", totals.calls_in_progress),
        ("requested", totals.calls_requested),
        ("scheduled", totals.calls_scheduled),
    ] {
        counts.insert(format!("{name}.{key}"), count);
    }
}

/// Numbers of a workflow: those of [`put`], `<node>.here`, `.passed` and `.held` of each
/// node, `<edge>.traffic` of each edge.
fn see_workflow(
    projections: &Projections,
    organisation: OrganisationId,
    id: WorkflowId,
    seen: &mut Seen,
) {
    let Some(row) = projections.workflow(id).filter(|row| row.organisation == organisation) else {
        // It is deleted: that is news, once.
        seen.marks.insert(Topic::Workflow(id), 0);
        return;
    };
    let totals = projections.totals_of_workflow(id);
    put(&mut seen.counts, &id.to_string(), &totals);
    for (node, of_node) in projections.counts(id).by_node {
        for (key, count) in
            [("here", of_node.here), ("passed", of_node.passed), ("held", of_node.held)]
        {
            seen.counts.insert(format!("{node}.{key}"), count);
        }
    }
    for (edge, taken) in projections.edge_traffic(id) {
        seen.counts.insert(format!("{edge}.traffic"), taken);
    }
    let mut mark = row.status_position.0.wrapping_mul(31).wrapping_add(
        u64::from(row.state.graph.revision()) + row.state.updated_at.as_micros().cast_unsigned(),
    );
    // Other reasons to be held, other things to attend to.
    for (&code, &leads) in &totals.held {
        mark = mark.wrapping_mul(31).wrapping_add(code as u64 + 1);
        seen.counts.insert(format!("{id}.held.{}", code.as_str()), leads);
    }
    seen.marks.insert(Topic::Workflow(id), mark);
}

/// A lead has no numbers: whatever is recorded of it, its page is loaded again.
fn see_lead(projections: &Projections, organisation: OrganisationId, id: LeadId, seen: &mut Seen) {
    let row = projections.lead(id).filter(|row| row.organisation_id == organisation);
    let mark = row.map_or(0, |row| {
        let call = row.call.map_or(0, |call| call.status as u64 + 16 * u64::from(call.concluded));
        let at = row.entered_at.map_or(0, |at| at.as_micros().cast_unsigned());
        let held = row.hold.map_or(0, |code| code as u64 + 1);
        [u64::from(row.visit), row.status as u64, u64::from(row.removed), call, at, held]
            .into_iter()
            .fold(1, |mark: u64, part| mark.wrapping_mul(31).wrapping_add(part))
    });
    seen.marks.insert(Topic::Lead(id), mark);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_read_as_they_are_written() {
        let workflow = Topic::Workflow(WorkflowId::from_u128(7));
        for topic in [Topic::Overview, workflow, Topic::Lead(LeadId::from_u128(8))] {
            assert_eq!(Topic::read(&topic.to_string()), Some(topic));
        }
        for text in ["", "overviews", "workflow:x", "lead", "call:1"] {
            assert_eq!(Topic::read(text), None, "{text}");
        }
    }

    #[test]
    fn only_what_changed_is_news() {
        let seen = |count, mark| Seen {
            counts: [("all.active".to_owned(), count), ("all.held".to_owned(), 1)].into(),
            marks: [(Topic::Overview, mark)].into(),
        };
        let first = news(&Seen::default(), &seen(1_000, 1));
        assert!(
            first.contains("\"all.active\":\"1,000\"") && !first.contains("changed"),
            "{first}"
        );
        assert_eq!(news(&seen(1_000, 1), &seen(1_000, 1)), "");
        let later = news(&seen(1_000, 1), &seen(999, 2));
        assert_eq!(
            later,
            "event: counts\ndata: {\"all.active\":\"999\"}\n\n\
             event: changed\ndata: [\"overview\"]\n\n"
        );
    }
}
