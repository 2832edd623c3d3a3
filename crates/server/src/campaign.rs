//! The demo's campaign: a workflow file and a lead file, made to be in the journal.
//!
//! Every step may have been done by an earlier run that was killed: what is there is left, what is
//! missing is added. Leads that are there already are skipped as duplicates.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use branchline_domain::{
    graph::{CanvasPosition, NodeConfig, NodeType},
    id::{NodeId, WorkflowId},
    output::Output,
    workflow::{Settings, WorkflowStatus},
};
use branchline_engine::{
    EngineHandle,
    command::{Caller, Duplicates, EnrolRequest, NewEdge, NewLead, NewNode, WorkflowAction},
};
use branchline_http_api::lead_file;
use branchline_projections::{Paging, WorkflowFilter};
use serde::Deserialize;

const WORKFLOW_FILE: &str = include_str!("../../../config/demo/workflow.json");
const LEAD_FILE: &[u8] = include_bytes!("../../../config/demo/leads.csv");

/// Workflows that are looked through for the demo's own.
const WORKFLOWS_MAX: usize = 10_000;

/// Area codes of the United States for made-up numbers, 8,000 each.
const AREA_CODES: [u16; 13] = [213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234];

/// A workflow as a file describes it: nodes by names of the file's own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkflowFile {
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    settings: Settings,
    nodes: Vec<NodeEntry>,
    edges: Vec<EdgeEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeEntry {
    key: String,
    label: String,
    node_type: NodeType,
    #[serde(default)]
    config: Option<serde_json::Value>,
    #[serde(default)]
    entry: bool,
    #[serde(default)]
    position_x: i64,
    #[serde(default)]
    position_y: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EdgeEntry {
    from: String,
    to: String,
    #[serde(default)]
    label: Option<Output>,
}

/// Makes the campaign be in the journal, and active. Gives the workflow's id and whether it had
/// been started before.
pub(crate) async fn prepare(
    engine: &EngineHandle,
    leads: u32,
) -> anyhow::Result<(WorkflowId, WorkflowStatus)> {
    let file: WorkflowFile =
        serde_json::from_str(WORKFLOW_FILE).context("config/demo/workflow.json")?;
    let caller = Caller { principal: "demo".into(), ..Caller::host() };
    let known = engine
        .read(|models| {
            let all = models.workflows(WorkflowFilter::default(), Paging::first(WORKFLOWS_MAX));
            let found = all.items.into_iter().find(|row| row.state.title == file.title);
            found.map(|row| (row.id, row.state.status))
        })
        .await?;
    let workflow = match known {
        Some((workflow, WorkflowStatus::Draft)) => workflow,
        Some((workflow, status)) => return Ok((workflow, status)),
        None => {
            engine
                .create_workflow(&caller, &file.title, &file.description, file.settings.clone())
                .await?
        }
    };
    let nodes = add_nodes(engine, &caller, workflow, &file).await?;
    add_edges(engine, &caller, workflow, &file, &nodes).await?;
    let request = EnrolRequest {
        leads: lead_list(leads)?,
        duplicates: Duplicates::Skip,
        file_name: Some("config/demo/leads.csv".into()),
    };
    engine.enrol(&caller, workflow, request).await?;
    engine.act_on_workflow(&caller, workflow, WorkflowAction::Activate).await?;
    Ok((workflow, WorkflowStatus::Draft))
}

async fn add_nodes(
    engine: &EngineHandle,
    caller: &Caller,
    workflow: WorkflowId,
    file: &WorkflowFile,
) -> anyhow::Result<BTreeMap<String, NodeId>> {
    let there: BTreeMap<String, NodeId> = engine
        .read(|models| {
            let graph = models.workflow(workflow).map(|row| row.state.graph.clone());
            let nodes = graph.iter().flat_map(|graph| graph.nodes());
            nodes.map(|node| (node.label.clone(), node.id)).collect()
        })
        .await?;
    let mut made = BTreeMap::new();
    for entry in &file.nodes {
        let id = match there.get(&entry.label) {
            Some(&id) => id,
            None => engine.add_node(caller, workflow, new_node(entry)?).await?,
        };
        made.insert(entry.key.clone(), id);
    }
    Ok(made)
}

fn new_node(entry: &NodeEntry) -> anyhow::Result<NewNode> {
    let config = match &entry.config {
        Some(config) => NodeConfig::read(entry.node_type, config)
            .with_context(|| format!("node `{}`", entry.key))?,
        None => NodeConfig::empty(entry.node_type),
    };
    Ok(NewNode {
        label: entry.label.clone(),
        position: CanvasPosition {
            x_milli: entry.position_x.saturating_mul(1_000),
            y_milli: entry.position_y.saturating_mul(1_000),
        },
        config,
        entry: entry.entry,
    })
}

async fn add_edges(
    engine: &EngineHandle,
    caller: &Caller,
    workflow: WorkflowId,
    file: &WorkflowFile,
    nodes: &BTreeMap<String, NodeId>,
) -> anyhow::Result<()> {
    let there: Vec<(NodeId, NodeId, Option<Output>)> = engine
        .read(|models| {
            let graph = models.workflow(workflow).map(|row| row.state.graph.clone());
            let edges = graph.iter().flat_map(|graph| graph.edges());
            edges.map(|edge| (edge.from_node_id, edge.to_node_id, edge.label.clone())).collect()
        })
        .await?;
    for entry in &file.edges {
        let (Some(&from), Some(&to)) = (nodes.get(&entry.from), nodes.get(&entry.to)) else {
            bail!(
                "the edge from `{}` to `{}` names a node that is not there",
                entry.from,
                entry.to
            );
        };
        if !there.contains(&(from, to, entry.label.clone())) {
            let edge = NewEdge { from_node_id: from, to_node_id: to, label: entry.label.clone() };
            engine.add_edge(caller, workflow, edge).await?;
        }
    }
    Ok(())
}

/// The first leads of the file; beyond its end made-up ones, with numbers nobody has.
fn lead_list(wanted: u32) -> anyhow::Result<Vec<NewLead>> {
    let wanted = usize::try_from(wanted)?;
    let mut leads = lead_file::read_csv(LEAD_FILE).context("config/demo/leads.csv")?;
    leads.truncate(wanted);
    // Only 555-01xx is set aside for fiction; but nothing here rings: the carrier is simulated.
    let lines = AREA_CODES.iter().flat_map(|area| (1_000..9_000).map(move |line| (area, line)));
    for (number, (area, line)) in lines.take(wanted.saturating_sub(leads.len())).enumerate() {
        leads.push(NewLead {
            phone_number: format!("+1{area}555{line}"),
            variables: BTreeMap::from([
                ("name".into(), format!("Lead {}", number + 1).as_str().into()),
                ("budget".into(), i64::try_from(number % 10 * 100)?.into()),
            ]),
            notes: None,
            row: u64::try_from(leads.len())? + 2,
        });
    }
    Ok(leads)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_files_are_well_formed() {
        let file: WorkflowFile = serde_json::from_str(WORKFLOW_FILE).unwrap();
        for node in &file.nodes {
            new_node(node).unwrap();
        }
        assert_eq!(lead_list(1_000).unwrap().len(), 1_000);
    }

    #[test]
    fn leads_beyond_the_file_have_numbers_of_their_own() {
        let leads = lead_list(20_000).unwrap();
        let numbers: std::collections::BTreeSet<_> =
            leads.iter().skip(1_000).map(|lead| &lead.phone_number).collect();
        assert_eq!(numbers.len(), 19_000);
    }
}
