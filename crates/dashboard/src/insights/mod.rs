//! What happened in a workflow so far: how far leads came, when they answered, what became of calls,
//! how many attempts it took, how long steps take.

mod figures;
mod pictures;

use std::sync::Arc;

use actix_web::HttpRequest;
use branchline_domain::{graph::Graph, id::WorkflowId, workflow::WorkflowStatus};
use branchline_http_api::pages::{self, Visitor};
use branchline_projections::{Insights, MinuteCounts};
use maud::html;

use crate::{
    live::Topic,
    shell::{Frame, PageAnswer, PageError, Section, id, workflow_badge},
};

/// Everything on the page.
pub(crate) struct Told {
    workflow: WorkflowId,
    title: String,
    status: WorkflowStatus,
    graph: Arc<Graph>,
    insights: Insights,
    minutes: Vec<MinuteCounts>,
}

impl Told {
    /// Where one of its tables is as CSV.
    fn csv(&self, table: &str) -> String {
        format!("/v1/workflows/{}/insights.csv?table={table}", self.workflow)
    }

    /// The leads of the workflow, narrowed.
    fn leads(&self, query: &str) -> String {
        format!("/workflows/{}/leads{query}", self.workflow)
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
            let row = projections
                .workflow(workflow)
                .filter(|row| row.organisation == visitor.organisation())?;
            Some(Told {
                workflow,
                title: row.state.title.clone(),
                status: row.state.status,
                graph: Arc::clone(&row.state.graph),
                insights: projections.insights(workflow),
                minutes: projections.workflow_throughput(workflow, now).to_vec(),
            })
        })
        .await?
        .ok_or_else(|| PageError::not_found("workflow", &workflow.to_string()))?;
    let main = html! {
        div.page-head {
            h1 { (told.title) }
            (workflow_badge(told.status))
        }
        (figures::figures(&told))
        (pictures::pictures(&told))
    };
    let topics = [Topic::Workflow(workflow).to_string()];
    let title = format!("Insights · {}", told.title);
    let frame = Frame {
        topics: &topics,
        styles: &["charts.css", "insights.css"],
        ..Frame::new(&title, Section::Overview)
    };
    Ok(frame.answer(&request, &main))
}
