//! The demo's workflow as a draft of one's own, with some leads.

use std::{collections::BTreeMap, sync::Arc};

use actix_web::HttpRequest;
use branchline_domain::{
    graph::{CanvasPosition, NodeConfig, NodeType},
    output::Output,
    workflow::Settings,
};
use branchline_engine::command::{
    DraftEdge, DraftGraph, DraftNode, Duplicates, ImportRequest, NewNode,
};
use branchline_http_api::{
    lead_file,
    pages::{self, Fault},
};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::builder;
use crate::shell::{Form, PageAnswer, done, once};

/// The demo's files, in the program once.
#[derive(Clone, Copy, Debug)]
pub struct DemoFiles {
    /// A workflow file.
    pub workflow: &'static str,
    /// A lead file, CSV.
    pub leads: &'static [u8],
}

/// Those of `config/demo`.
pub static FILES: DemoFiles = DemoFiles {
    workflow: include_str!("../../../../config/demo/workflow.json"),
    leads: include_bytes!("../../../../config/demo/leads.csv"),
};

/// Leads that the draft comes with.
const LEADS: usize = 100;

/// Distance of places in the file: its cards are smaller than those of pages. Unit: per cent.
const STRETCH: i64 = 130;

#[derive(Deserialize)]
struct WorkflowFile {
    title: String,
    description: String,
    settings: Settings,
    nodes: Vec<FileNode>,
    edges: Vec<FileEdge>,
}

#[derive(Deserialize)]
struct FileNode {
    key: String,
    label: String,
    node_type: NodeType,
    #[serde(default)]
    config: Option<Value>,
    #[serde(default)]
    entry: bool,
    position_x: i64,
    position_y: i64,
}

#[derive(Deserialize)]
struct FileEdge {
    from: String,
    to: String,
    label: Option<Output>,
}

/// A button that makes it.
pub(crate) fn offer() -> Markup {
    html! {
        section.card {
            h2 { "Or begin with an example" }
            p {
                "A draft that calls every lead, tries again when nobody picks up, and asks about the budget; "
                "with " (LEADS) " made-up leads. Nobody is called before you activate it. "
                "Activating dials through the carrier that this server is configured with."
            }
            form.inline method="post" action="/workflows/demo" {
                (once())
                button.button type="submit" { "Create the demo workflow" }
            }
        }
    }
}

/// `POST /workflows/demo`
pub(crate) async fn create(request: HttpRequest, form: Form) -> PageAnswer {
    let visitor = builder(&request, "workflow.create")?;
    let file = read()?;
    // Each step is an intent of its own; together they are what this form asks once.
    let step = |name: &str| {
        let once = form.get("once").map(|once| format!("{once}-{name}"));
        visitor.caller(&request, once.as_deref(), name.as_bytes())
    };
    let engine = pages::engine(&request)?;
    let WorkflowFile { title, description, settings, .. } = &file;
    let workflow =
        engine.create_workflow(&step("make"), title, description, settings.clone()).await?;
    engine.put_graph(&step("draw"), workflow, 0, graph(&file)?).await?;
    let mut leads = lead_file::read_csv(FILES.leads)
        .map_err(|_| Fault::invalid("config/demo/leads.csv has faulty rows"))?;
    leads.truncate(LEADS);
    let list = ImportRequest {
        list: Arc::new(leads),
        duplicates: Duplicates::Skip,
        file_name: Some("config/demo/leads.csv".into()),
    };
    engine.import(&step("lead"), workflow, list).await?;
    Ok(done(&format!("/workflows/{workflow}/edit"), "created"))
}

fn read() -> Result<WorkflowFile, Fault> {
    serde_json::from_str(FILES.workflow)
        .map_err(|error| Fault::invalid(format!("config/demo/workflow.json: {error}")))
}

fn graph(file: &WorkflowFile) -> Result<DraftGraph, Fault> {
    let node = |node: &FileNode| {
        let config = node.config.clone().unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        let config = NodeConfig::read(node.node_type, config)
            .map_err(|error| Fault::invalid(format!("config/demo/workflow.json: {error}")))?;
        let milli = |at: i64| at.saturating_mul(1_000 * STRETCH / 100);
        let position =
            CanvasPosition { x_milli: milli(node.position_x), y_milli: milli(node.position_y) };
        let new = NewNode { label: node.label.clone(), position, config, entry: node.entry };
        Ok(DraftNode { name: Some(node.key.clone()), node: new })
    };
    let edges = file.edges.iter().map(|edge| DraftEdge {
        id: None,
        from: edge.from.clone(),
        to: edge.to.clone(),
        label: edge.label.clone(),
    });
    Ok(DraftGraph {
        nodes: file.nodes.iter().map(node).collect::<Result<_, Fault>>()?,
        edges: edges.collect(),
        moves: BTreeMap::new(),
    })
}
