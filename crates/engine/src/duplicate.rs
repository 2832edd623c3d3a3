//! A copy of a workflow: the same graph under fresh names.

use std::{collections::BTreeMap, rc::Rc};

use branchline_domain::{
    graph::{Edge, Graph, GraphChange, Node},
    id::{EdgeId, NodeId, WorkflowId},
    workflow::{TITLE_CHARS_MAX, WorkflowCommand},
};
use uuid::Uuid;

use crate::{EngineError, command::Caller, core::Core};

/// What the title of a copy ends in.
const MARK: &str = " (Copy)";

/// The command that makes the copy.
pub(crate) async fn command(
    core: &Rc<Core>,
    caller: &Caller,
    source: WorkflowId,
) -> Result<WorkflowCommand, EngineError> {
    core.workflow_of(caller.organisation, source)?;
    let state = core.workflow_state(source).await?;
    let kept = TITLE_CHARS_MAX - MARK.len();
    let title: String = state.title.chars().take(kept).chain(MARK.chars()).collect();
    Ok(WorkflowCommand::Create {
        organisation: caller.organisation,
        title,
        description: state.description.clone(),
        settings: state.settings.clone(),
        graph: copy(&state.graph, || core.services.ids.uuid()),
        source: Some(source),
    })
}

/// The changes that make the same graph again, with fresh names, also inside configs.
fn copy(graph: &Graph, fresh: impl Fn() -> Uuid) -> Vec<GraphChange> {
    let names: BTreeMap<NodeId, NodeId> =
        graph.nodes().iter().map(|node| (node.id, NodeId::from_uuid(fresh()))).collect();
    // An edge may name a node that is not there; such a name stays as it is.
    let renamed = |id: NodeId| names.get(&id).copied().unwrap_or(id);
    let nodes = graph.nodes().iter().map(|node| {
        let mut config = node.config.clone();
        // Conditions read `application.<node>.<field>`.
        config.rename_nodes(|name| {
            let fresh = names.get(&name.parse::<NodeId>().ok()?)?;
            Some(fresh.to_string())
        });
        GraphChange::NodePut(Node { id: renamed(node.id), config, ..node.as_ref().clone() })
    });
    let edges = graph.edges().iter().map(|edge| {
        GraphChange::EdgeAdded(Edge {
            id: EdgeId::from_uuid(fresh()),
            from_node_id: renamed(edge.from_node_id),
            to_node_id: renamed(edge.to_node_id),
            label: edge.label.clone(),
        })
    });
    nodes.chain(edges).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use branchline_domain::graph::{
        CanvasPosition, Condition, ConditionalConfig, NodeConfig, NodeType,
    };

    use super::*;

    #[test]
    fn a_copy_has_fresh_names_everywhere_and_the_same_shape() {
        let [application, condition] = [NodeId::from_u128(1), NodeId::from_u128(2)];
        let field = Some(format!("application.{application}.score"));
        let put = |id, config| {
            GraphChange::NodePut(Node {
                id,
                label: "step".into(),
                position: CanvasPosition::default(),
                config,
                entry: false,
            })
        };
        let conditions = vec![Condition { field, ..Condition::default() }];
        let graph = Graph::default().revised(
            1,
            &[
                put(application, NodeConfig::empty(NodeType::Application)),
                put(
                    condition,
                    NodeConfig::Conditional(ConditionalConfig {
                        conditions,
                        ..ConditionalConfig::default()
                    }),
                ),
                GraphChange::EdgeAdded(Edge {
                    id: EdgeId::from_u128(3),
                    from_node_id: application,
                    to_node_id: condition,
                    label: None,
                }),
            ],
        );
        let counter = Cell::new(100_u128);
        let changes = copy(&graph, || {
            counter.set(counter.get() + 1);
            Uuid::from_u128(counter.get())
        });
        let copied = Graph::default().revised(1, &changes);
        let [first, second] = [NodeId::from_u128(101), NodeId::from_u128(102)];
        assert_eq!(copied.nodes().iter().map(|node| node.id).collect::<Vec<_>>(), [first, second]);
        assert_eq!(copied.edges()[0].from_node_id, first);
        assert_eq!(copied.edges()[0].to_node_id, second);
        let NodeConfig::Conditional(config) = &copied.nodes()[1].config else {
            panic!("the type stays");
        };
        let field = config.conditions[0].field.as_deref();
        assert_eq!(field, Some(format!("application.{first}.score").as_str()));
    }
}
