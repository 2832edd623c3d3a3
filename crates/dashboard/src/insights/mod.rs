//! What happened in a workflow so far: how far leads came, when they answered, what became of calls,
//! how many attempts it took, how long steps take.

mod figures;
mod pictures;

use std::sync::Arc;

use actix_web::HttpRequest;
use branchline_domain::{graph::Graph, id::WorkflowId};
use branchline_http_api::pages::{self, Visitor};
use branchline_projections::{Insights, MinuteCounts, THROUGHPUT_MINUTES};
use maud::html;

use crate::{
    live::Topic,
    shell::{Frame, PageAnswer, PageError, Section, id},
    workflow::{Head, Tab, find, tabs},
};

/// Everything on the page.
struct Told {
    head: Head,
    graph: Arc<Graph>,
    insights: Insights,
    minutes: [MinuteCounts; THROUGHPUT_MINUTES],
}

impl Told {
    /// Where one of its tables is as CSV.
    fn csv(&self, table: &str) -> String {
        format!("/v1/workflows/{}/insights.csv?table={table}", self.head.id)
    }

    /// The leads of the workflow, narrowed.
    fn leads(&self, query: &str) -> String {
        format!("{}/leads{query}", self.head.path())
    }
}

/// `GET /workflows/{workflow}/insights`
pub(crate) async fn page(request: HttpRequest) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    let workflow: WorkflowId = id(&request, "workflow", "workflow")?;
    let engine = pages::engine(&request)?;
    let now = engine.api_keys().now();
    let told = engine
        .read(|projections| {
            let row = find(projections, visitor.organisation(), workflow)?;
            Ok::<_, PageError>(Told {
                head: Head::of(&row),
                graph: Arc::clone(&row.state.graph),
                insights: projections.insights(workflow),
                minutes: projections.workflow_throughput(workflow, now),
            })
        })
        .await??;
    let main = html! {
        (told.head.show(&visitor, Some("Insights")))
        (tabs(workflow, Tab::Insights, &visitor))
        (figures::figures(&told))
        (pictures::pictures(&told))
    };
    let topics = [Topic::Workflow(workflow).to_string()];
    let title = format!("Insights · {}", told.head.title);
    let frame = Frame {
        topics: &topics,
        styles: &["charts.css", "workflow.css", "insights.css"],
        ..Frame::new(&title, Section::Overview)
    };
    Ok(frame.answer(&request, &main))
}
