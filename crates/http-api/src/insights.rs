//! What happened in a workflow, as JSON and, table by table, as CSV.

use std::{
    collections::BTreeMap,
    fmt::{self, Display},
    io::{self, Write},
    str::FromStr,
};

use actix_web::{HttpRequest, HttpResponse, http::header};
use branchline_domain::{
    graph::Graph,
    id::{EdgeId, NodeId, WorkflowId},
    nearest::advice,
    time::Timestamp,
};
use branchline_projections::{Answered, Insights, MinuteCounts, Projections, THROUGHPUT_MINUTES};
use serde::Serialize;

use crate::{
    csv_table::CsvTable,
    headers::{organisation, state},
    openapi::{self, insight_answers, names},
    paths::id,
    problem::{Answer, Problem},
    query::Query,
    workflows::find,
};

const MINUTE_MICROS: i64 = 60_000_000;

/// The insights of a workflow as JSON.
#[derive(Debug, Serialize)]
struct InsightsShape {
    as_of: Timestamp,
    #[serde(flatten)]
    insights: Insights,
    by_edge: BTreeMap<EdgeId, u64>,
    throughput: Vec<Minute>,
}

/// Branches within a minute.
#[derive(Debug, Serialize)]
struct Minute {
    /// When it began.
    at: Timestamp,
    #[serde(flatten)]
    counts: MinuteCounts,
}

impl InsightsShape {
    fn of(projections: &Projections, workflow: WorkflowId, now: Timestamp) -> Self {
        Self {
            as_of: projections.latest_at(),
            insights: projections.insights(workflow),
            by_edge: projections.edge_traffic(workflow),
            throughput: minutes(&projections.workflow_throughput(workflow, now), now),
        }
    }
}

/// The minutes with their times; the last one is that of `now`.
fn minutes(counts: &[MinuteCounts; THROUGHPUT_MINUTES], now: Timestamp) -> Vec<Minute> {
    let last = now.as_micros().div_euclid(MINUTE_MICROS);
    let numbered = (0..).zip(counts.iter().rev());
    let minute = |(ago, &counts)| Minute {
        at: Timestamp::from_micros((last - ago) * MINUTE_MICROS),
        counts,
    };
    let mut minutes: Vec<Minute> = numbered.map(minute).collect();
    minutes.reverse();
    minutes
}

/// Tables of insights that can be had as files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    /// How far leads came.
    Funnel,
    /// Visits by node, and how long they took.
    Nodes,
    /// Branches that were taken.
    Branches,
    /// Calls that ended, by node and status.
    Calls,
    /// Calls by attempt: of their lead, and of their visit.
    Attempts,
    /// Calls by the time at which they were dialled.
    Hours,
    /// Branches by minute.
    Throughput,
}

impl Table {
    /// All of them.
    pub(crate) const ALL: [Self; 7] = [
        Self::Funnel,
        Self::Nodes,
        Self::Branches,
        Self::Calls,
        Self::Attempts,
        Self::Hours,
        Self::Throughput,
    ];

    /// The text form.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Funnel => "funnel",
            Self::Nodes => "nodes",
            Self::Branches => "branches",
            Self::Calls => "calls",
            Self::Attempts => "attempts",
            Self::Hours => "hours",
            Self::Throughput => "throughput",
        }
    }
}

impl FromStr for Table {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|table| table.as_str() == text);
        found.ok_or_else(|| {
            let shown: String = text.chars().take(80).collect();
            format!("`{shown}` is no table; {}", advice(&shown, &Self::ALL.map(Self::as_str)))
        })
    }
}

/// What happened in a workflow so far.
///
/// Counts of what happened: a lead that was removed or erased since has still been dialled. Hours are
/// those of the workflow's `default_timezone`. Costs the same however many leads there are.
#[utoipa::path(
    get, path = "/v1/workflows/{workflow}/insights", operation_id = "getInsights", tag = openapi::WORKFLOWS,
    responses((status = 200, description = "The insights.", body = insight_answers::Insights)),
)]
pub(crate) async fn insights(request: HttpRequest) -> Answer {
    Query::of(&request)?.finish()?;
    let (shape, _) = look(&request).await?;
    Ok(HttpResponse::Ok().json(shape))
}

/// One table of the insights as CSV.
///
/// A cell that a spreadsheet would run gets a `'` in front unless `raw` is true.
#[utoipa::path(
    get, path = "/v1/workflows/{workflow}/insights.csv", operation_id = "exportInsights", tag = openapi::WORKFLOWS,
    params(("table" = names::InsightsTable, Query, description = "Which one.", example = "funnel"), ("raw" = Option<bool>, Query, description = "Whether cells are left as they are, also where a spreadsheet would run them.")),
    responses((status = 200, description = "The rows of the table; the first has the names of the columns.", content((String = "text/csv")))),
)]
pub(crate) async fn export(request: HttpRequest) -> Answer {
    let mut query = Query::of(&request)?;
    let table = query.value::<Table>("table");
    if table.is_none() && !query.is_at_fault("table") {
        let tables = Table::ALL.map(Table::as_str).join(", ");
        query.fault("table", &format!("is missing; it is one of {tables}"));
    }
    let raw = query.flag("raw");
    query.finish()?;
    let (shape, labels) = look(&request).await?;
    let table = table.unwrap_or(Table::Funnel);
    let mut file = Vec::new();
    Rows { csv: CsvTable::new(&mut file, raw), labels: &labels }
        .write(table, &shape)
        .map_err(|_| Problem::internal())?;
    let workflow: WorkflowId = id(&request)?;
    let name = format!("attachment; filename=\"{}-{workflow}.csv\"", table.as_str());
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present"))
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(file))
}

/// The insights, and what nodes are called.
async fn look(request: &HttpRequest) -> Result<(InsightsShape, BTreeMap<NodeId, String>), Problem> {
    let workflow: WorkflowId = id(request)?;
    let organisation = organisation(request);
    let engine = &state(request)?.engine;
    let now = engine.api_keys().now();
    engine
        .read(|projections| {
            let row = find(projections, organisation, workflow)?;
            let labels = labels(&row.state.graph);
            Ok((InsightsShape::of(projections, workflow, now), labels))
        })
        .await?
}

fn labels(graph: &Graph) -> BTreeMap<NodeId, String> {
    graph.nodes().iter().map(|node| (node.id, node.label.clone())).collect()
}

struct Rows<'a, W> {
    csv: CsvTable<W>,
    labels: &'a BTreeMap<NodeId, String>,
}

impl<W: Write> Rows<'_, W> {
    fn write(&mut self, table: Table, shape: &InsightsShape) -> io::Result<()> {
        match table {
            Table::Funnel => self.funnel(shape),
            Table::Nodes => self.nodes(shape),
            Table::Branches => self.branches(shape),
            Table::Calls => self.calls(shape),
            Table::Attempts => self.attempts(shape),
            Table::Hours => self.hours(shape),
            Table::Throughput => self.throughput(shape),
        }
    }

    fn row(&mut self, cells: &[&dyn Display]) -> io::Result<()> {
        for cell in cells {
            self.csv.cell(&cell.to_string())?;
        }
        self.csv.end_row()
    }

    /// What a node is called; nothing when it is in the graph no more.
    fn label(&self, node: NodeId) -> String {
        self.labels.get(&node).cloned().unwrap_or_default()
    }

    fn funnel(&mut self, shape: &InsightsShape) -> io::Result<()> {
        self.row(&[&"stage", &"leads"])?;
        let funnel = &shape.insights.funnel;
        for (stage, leads) in [
            ("enrolled", funnel.enrolled),
            ("started", funnel.started),
            ("dialled", funnel.dialled),
            ("answered", funnel.answered),
            ("converted", funnel.converted),
            ("dropped", funnel.dropped),
        ] {
            self.row(&[&stage, &leads])?;
        }
        Ok(())
    }

    fn nodes(&mut self, shape: &InsightsShape) -> io::Result<()> {
        self.row(&[&"node_id", &"node_label", &"entered", &"left", &"p50_ms", &"p95_ms"])?;
        for (&id, node) in &shape.insights.by_node {
            let label = self.label(id);
            let stay = node.stay;
            self.row(&[
                &id,
                &label,
                &node.entered,
                &stay.map_or(0, |stay| stay.visits),
                &Maybe(stay.map(|stay| stay.p50_ms)),
                &Maybe(stay.map(|stay| stay.p95_ms)),
            ])?;
        }
        Ok(())
    }

    fn branches(&mut self, shape: &InsightsShape) -> io::Result<()> {
        let names: [&dyn Display; 6] =
            [&"from_node", &"from_label", &"output", &"to_node", &"to_label", &"taken"];
        self.row(&names)?;
        for branch in shape.insights.by_node.values().flat_map(|node| &node.branches) {
            let (from, to) = (self.label(branch.from_node), self.label(branch.to_node));
            let output = branch.output.as_str();
            self.row(&[&branch.from_node, &from, &output, &branch.to_node, &to, &branch.taken])?;
        }
        Ok(())
    }

    fn calls(&mut self, shape: &InsightsShape) -> io::Result<()> {
        self.row(&[&"node_id", &"node_label", &"status", &"calls"])?;
        for (&id, node) in &shape.insights.by_node {
            let label = self.label(id);
            for (status, calls) in &node.calls {
                self.row(&[&id, &label, &status.as_str(), calls])?;
            }
        }
        Ok(())
    }

    /// First those of leads, without a node, then those of visits.
    fn attempts(&mut self, shape: &InsightsShape) -> io::Result<()> {
        self.row(&[&"node_id", &"node_label", &"attempt", &"dialled", &"answered"])?;
        let insights = &shape.insights;
        let of_leads = std::iter::once((None, &insights.attempts));
        let of_visits = insights.by_node.iter().map(|(&id, node)| (Some(id), &node.attempts));
        for (node, attempts) in of_leads.chain(of_visits) {
            let label = node.map(|node| self.label(node)).unwrap_or_default();
            for (attempt, &Answered { dialled, answered }) in (1..).zip(attempts) {
                let attempt: u32 = attempt;
                self.row(&[&Maybe(node), &label, &attempt, &dialled, &answered])?;
            }
        }
        Ok(())
    }

    fn hours(&mut self, shape: &InsightsShape) -> io::Result<()> {
        self.row(&[&"weekday", &"hour", &"timezone", &"dialled", &"answered"])?;
        let zone = &shape.insights.timezone;
        for hour in &shape.insights.hours {
            let Answered { dialled, answered } = hour.calls;
            self.row(&[&hour.weekday.as_str(), &hour.hour, zone, &dialled, &answered])?;
        }
        Ok(())
    }

    fn throughput(&mut self, shape: &InsightsShape) -> io::Result<()> {
        self.row(&[&"at", &"positive", &"unreached", &"negative", &"onward"])?;
        for Minute { at, counts } in &shape.throughput {
            let MinuteCounts { positive, unreached, negative, onward } = counts;
            self.row(&[at, positive, unreached, negative, onward])?;
        }
        Ok(())
    }
}

/// Nothing in an empty cell.
struct Maybe<T>(Option<T>);

impl<T: Display> Display for Maybe<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |value| value.fmt(f))
    }
}
