//! Graphs as a whole: the largest ones, and what a crash in the middle of one leaves.

use branchline_domain::{
    graph::{CanvasPosition, NodeConfig},
    id::WorkflowId,
    output::Output,
    workflow::{EDGES_MAX, NODES_MAX, Settings, WorkflowRejection},
};
use branchline_engine::{
    EngineError,
    command::{DraftEdge, DraftGraph, DraftNode, NewNode},
};
use branchline_journal::{record::Position, store::EventStore};
use branchline_projections::{Paging, WorkflowFilter};

use crate::world::{World, config, host, keyed, story};

fn end(name: &str) -> DraftNode {
    DraftNode {
        name: Some(name.into()),
        node: NewNode {
            label: format!("the step called {name}"),
            position: CanvasPosition::default(),
            config: NodeConfig::Converted,
            entry: false,
        },
    }
}

/// As large as they come; no record has room for it.
fn largest() -> DraftGraph {
    let name = |number: usize| format!("node {}", number % NODES_MAX);
    let edge = |number: usize| DraftEdge {
        id: None,
        from: name(number),
        to: name(number * 7),
        label: Some(Output::from(format!("{}", number / NODES_MAX).as_str())),
    };
    DraftGraph {
        nodes: (0..NODES_MAX).map(|number| end(&name(number))).collect(),
        edges: (0..EDGES_MAX).map(edge).collect(),
        ..DraftGraph::default()
    }
}

async fn draft(world: &World) -> WorkflowId {
    world.handle().create_workflow(host(), "Spring", "", Settings::default()).await.unwrap()
}

/// Revision, nodes and edges.
async fn shape(world: &World, workflow: WorkflowId) -> (u32, usize, usize) {
    let look = world.handle().read(|read| {
        let graph = &read.workflow(workflow).unwrap().state.graph;
        (graph.revision(), graph.nodes().len(), graph.edges().len())
    });
    look.await.unwrap()
}

async fn workflows(world: &World) -> u64 {
    let all = |paging| {
        world.handle().read(move |read| read.workflows(WorkflowFilter::default(), paging).total)
    };
    all(Paging::first(9)).await.unwrap()
}

#[test]
fn the_largest_graph_is_put_in_one_revision_and_can_be_duplicated() {
    story(async {
        let world = World::start(config());
        let workflow = draft(&world).await;
        let put = world.handle().put_graph(&keyed("put", 1), workflow, 0, largest()).await.unwrap();
        assert_eq!((put.graph.revision(), put.node_ids.len()), (1, NODES_MAX));
        let last = put.committed.position.unwrap();
        assert!(last > Position(10), "in several records");
        let again = world.handle().put_graph(&keyed("put", 1), workflow, 0, largest()).await;
        assert_eq!(again, Ok(put), "the same request again");
        let copy = world.handle().duplicate_workflow(&keyed("copy", 2), workflow).await.unwrap();
        assert_eq!(world.handle().duplicate_workflow(&keyed("copy", 2), workflow).await, Ok(copy));
        for id in [workflow, copy] {
            assert_eq!(shape(&world, id).await, (1, NODES_MAX, EDGES_MAX));
        }
        let before = world.handle().read(|read| read.workflow(copy).unwrap().state.clone()).await;
        let world = world.crash_and_restart();
        let after = world.handle().read(|read| read.workflow(copy).unwrap().state.clone()).await;
        assert_eq!(after, before);
    });
}

#[test]
fn a_graph_of_which_a_crash_left_only_parts_was_never_put() {
    story(async {
        let world = World::start(config());
        let workflow = draft(&world).await;
        let head = world.store.head();
        world.store.shut();
        let handle = world.handle().clone();
        let putting =
            tokio::spawn(async move { handle.put_graph(host(), workflow, 0, largest()).await });
        while world.store.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        world.store.let_through_and_lose_the_rest(3);
        let world = world.crash_and_restart();
        assert!(putting.await.unwrap().is_err());
        assert_eq!(world.store.head(), Position(head.0 + 3), "three parts are in the journal");
        assert_eq!(shape(&world, workflow).await, (0, 0, 0));
        world.node(workflow, NodeConfig::Dropped).await;
        assert_eq!(shape(&world, workflow).await, (1, 1, 0), "nor part of the next revision");
        world.handle().put_graph(host(), workflow, 1, largest()).await.unwrap();
        assert_eq!(shape(&world, workflow).await, (2, NODES_MAX, EDGES_MAX));
    });
}

#[test]
fn a_copy_of_which_a_crash_left_only_parts_is_nowhere() {
    story(async {
        let world = World::start(config());
        let workflow = draft(&world).await;
        world.handle().put_graph(host(), workflow, 0, largest()).await.unwrap();
        world.store.shut();
        let handle = world.handle().clone();
        let copying =
            tokio::spawn(async move { handle.duplicate_workflow(host(), workflow).await });
        while world.store.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        world.store.let_through_and_lose_the_rest(3);
        let world = world.crash_and_restart();
        assert!(copying.await.unwrap().is_err());
        assert_eq!(workflows(&world).await, 1);
        let copy = world.handle().duplicate_workflow(host(), workflow).await.unwrap();
        assert_eq!(shape(&world, copy).await, (1, NODES_MAX, EDGES_MAX));
        assert_eq!(workflows(&world).await, 2);
    });
}

#[test]
fn of_two_puts_from_one_revision_one_is_stale() {
    story(async {
        let world = World::start(config());
        let workflow = draft(&world).await;
        let put = |name: &str| {
            let graph = DraftGraph { nodes: vec![end(name)], ..DraftGraph::default() };
            let handle = world.handle().clone();
            async move { handle.put_graph(host(), workflow, 0, graph).await }
        };
        let (first, second) = tokio::join!(put("a"), put("b"));
        assert_eq!(first.unwrap().graph.revision(), 1);
        let stale = WorkflowRejection::StaleRevision { expected: 0, actual: 1 };
        assert_eq!(second, Err(EngineError::Workflow(stale)));
        let unchanged = world.handle().read(|read| {
            let graph = &read.workflow(workflow).unwrap().state.graph;
            DraftGraph {
                nodes: graph
                    .nodes()
                    .iter()
                    .map(|node| DraftNode { name: Some(node.id.to_string()), ..end("a") })
                    .collect(),
                ..DraftGraph::default()
            }
        });
        let unchanged = unchanged.await.unwrap();
        let head = world.store.head();
        let put = world.handle().put_graph(host(), workflow, 1, unchanged).await.unwrap();
        assert_eq!((put.graph.revision(), put.committed.position), (1, None));
        assert_eq!(world.store.head(), head);
    });
}
