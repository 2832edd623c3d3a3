//! Read models come back from a checkpoint as they were, at every moment of any story.

use branchline_domain::{
    graph::{Edge, GraphChange, NodeType},
    id::{EdgeId, ImportId, NodeId},
    output::Output,
    workflow::{ImportOpening, Settings, WorkflowEvent},
};
use branchline_projections::{
    LeadFilter, Projections, SweepPlace,
    checkpoint::{CheckpointReader, FormatError, Piece},
};
use proptest::{collection::vec, prelude::*};

use crate::{
    story::{ALL, CALL, FLOW, Story, WAIT, WON, node},
    world::{Step, World, flow},
};

fn read(pieces: impl IntoIterator<Item = Piece>) -> Result<Projections, FormatError> {
    let mut reader = CheckpointReader::new();
    for piece in pieces {
        reader.take(piece)?;
    }
    reader.finish()
}

fn assert_comes_back(read_models: &Projections) {
    let again = read(read_models.checkpoint()).unwrap();
    // Compared piece by piece first: that names what differs.
    assert!(again.checkpoint().eq(read_models.checkpoint()), "other facts");
    assert!(again == *read_models, "other counts, sets, queues or indexes");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_checkpoint_at_any_moment_gives_the_read_models_of_that_moment(
        steps in vec(any::<Step>(), 0..120),
    ) {
        let world = World::after(&steps);
        let mut folded = Projections::new();
        assert_comes_back(&folded);
        for fact in world.story.facts() {
            folded.fold(&fact);
            assert_comes_back(&folded);
        }
    }

    #[test]
    fn what_a_checkpoint_gave_goes_on_like_what_it_was_made_of(
        steps in vec(any::<Step>(), 0..200),
        cut in any::<prop::sample::Index>(),
    ) {
        let world = World::after(&steps);
        let cut = cut.index(world.story.facts.len());
        let mut folded = Projections::new();
        world.story.facts().take(cut).for_each(|fact| folded.fold(&fact));
        let mut again = read(folded.checkpoint()).unwrap();
        world.story.facts().skip(cut).for_each(|fact| again.fold(&fact));
        prop_assert!(again == world.story.read);
    }

    #[test]
    fn a_checkpoint_is_of_its_moment_whatever_is_folded_while_it_is_written(
        steps in vec(any::<Step>(), 1..120),
        cut in any::<prop::sample::Index>(),
    ) {
        let world = World::after(&steps);
        let cut = cut.index(world.story.facts.len());
        let mut folded = Projections::new();
        world.story.facts().take(cut).for_each(|fact| folded.fold(&fact));
        // Folded apart: a clone would share rows with what goes on.
        let mut then = Projections::new();
        world.story.facts().take(cut).for_each(|fact| then.fold(&fact));
        let checkpoint = folded.checkpoint();
        world.story.facts().skip(cut).for_each(|fact| folded.fold(&fact));
        prop_assert!(read(checkpoint).unwrap() == then);
    }

    /// Checksums find damage before a piece comes here; this is for what they let through.
    #[test]
    fn damaged_pieces_give_an_error_or_read_models_that_answer(
        steps in vec(any::<Step>(), 0..60),
        piece in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        fault in 0..3_u8,
    ) {
        let world = World::after(&steps);
        let mut pieces: Vec<Piece> = world.story.read.checkpoint().collect();
        let piece = piece.index(pieces.len());
        match (fault, &mut pieces[piece]) {
            (0, _) | (_, Piece::Event(_)) => drop(pieces.remove(piece)),
            (1, Piece::Bytes(bytes)) => bytes.truncate(place.index(bytes.len())),
            (_, Piece::Bytes(bytes)) => {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
        }
        if let Ok(mut read_models) = read(pieces) {
            for number in 0..2 {
                let leads = read_models.leads(flow(number), LeadFilter::default(), ALL).items;
                for row in leads {
                    let _ = (read_models.lead(row.id), read_models.lead_home(row.id));
                }
                let part = read_models.sweep(flow(number), SweepPlace::default(), usize::MAX);
                let _ = (read_models.counts(flow(number)), part);
            }
            world.story.facts().for_each(|fact| read_models.fold(&fact));
        }
    }
}

fn edge(id: u128, from: NodeId, to: NodeId, label: Option<Output>) -> GraphChange {
    let id = EdgeId::from_u128(id);
    GraphChange::EdgeAdded(Edge { id, from_node_id: from, to_node_id: to, label })
}

fn revised(revision: u32, changes: Vec<GraphChange>) -> WorkflowEvent {
    WorkflowEvent::GraphRevised { revision, changes }
}

/// Nodes and edges that leave and come back have another place in the order they are tried in.
#[test]
fn every_revision_of_a_graph_comes_back_with_its_order() {
    let mut story = Story::default();
    story.creates(FLOW, Settings { default_country: Some("IN".into()), ..Settings::default() });
    let (first, second) = (edge(1, CALL, WAIT, None), edge(2, CALL, WON, Some(Output::Dnp)));
    let removed = |id| GraphChange::EdgeRemoved(EdgeId::from_u128(id));
    story.workflow(FLOW, [revised(2, vec![first.clone(), second])]);
    story.workflow(FLOW, [revised(3, vec![removed(1), first])]);
    let again = vec![GraphChange::NodeRemoved(CALL), node(CALL, NodeType::VoiceCall)];
    story.workflow(FLOW, [revised(4, again)]);
    story.workflow(FLOW, [WorkflowEvent::NodeReplaced { node: WAIT, by: CALL }]);
    let staged = vec![node(NodeId::from_u128(0xa9), NodeType::Time)];
    story.workflow(FLOW, [WorkflowEvent::GraphStaged { part: 1, changes: staged }]);
    let opening = ImportOpening {
        file_name: Some("leads.csv".into()),
        rows: 3,
        duplicates_skipped: 1,
        variable_keys: vec!["city".into()],
    };
    let import = ImportId::from_u128(0xe9);
    story.workflow(FLOW, [WorkflowEvent::ImportOpened { import, opening }]);
    assert_comes_back(&story.read);
}

#[test]
fn keys_and_refused_actions_come_back() {
    let mut story = crate::keys::story_of_keys();
    assert_comes_back(&story.read);
    story.keys((0..3).map(|_| crate::keys::refused()));
    assert_comes_back(&story.read);
}

#[test]
fn a_checkpoint_without_its_end_or_its_head_is_refused() {
    let story = Story::of_an_active_workflow();
    let pieces: Vec<Piece> = story.read.checkpoint().collect();
    for without in 0..pieces.len() {
        let mut pieces = pieces.clone();
        let taken = pieces.remove(without);
        // Nothing was kept aside about any lead: those pieces are empty, and may be left out.
        if !matches!(&taken, Piece::Bytes(bytes) if bytes.len() == 1 && bytes[0] != 11) {
            assert!(read(pieces).is_err(), "piece {without} is missing: {taken:?}");
        }
    }
    assert!(read([]).is_err());
}
