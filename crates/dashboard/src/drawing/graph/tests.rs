use branchline_domain::graph::{CanvasPosition, Edge, GraphChange, Node, NodeConfig};

use super::*;
use crate::drawing::layout::arrange;

const HOSTILE: &str = "<script>alert(1)</script>\" onload=\"x' & co";

fn node(id: u128, node_type: NodeType, label: &str) -> GraphChange {
    GraphChange::NodePut(Node {
        id: NodeId::from_u128(id),
        label: label.into(),
        position: CanvasPosition { x_milli: 1_500, y_milli: -250 },
        config: NodeConfig::empty(node_type),
        entry: id == 2,
    })
}

fn edge(id: u128, from: u128, to: u128, label: Option<&str>) -> GraphChange {
    GraphChange::EdgeAdded(Edge {
        id: EdgeId::from_u128(id),
        from_node_id: NodeId::from_u128(from),
        to_node_id: NodeId::from_u128(to),
        label: label.map(Output::from),
    })
}

/// A call, two ends, a branch with a hostile name, a way to nowhere.
fn picture() -> GraphPicture {
    let graph = Graph::default().revised(
        3,
        &[
            node(1, NodeType::Converted, ""),
            node(2, NodeType::VoiceCall, HOSTILE),
            node(3, NodeType::Dropped, "Lost"),
            edge(1, 2, 1, Some("COMPLETED")),
            edge(2, 2, 3, None),
            edge(3, 2, 9, Some(HOSTILE)),
            edge(4, 2, 2, Some("DNP")),
        ],
    );
    GraphPicture::of(&graph, HOSTILE)
}

fn drawn(picture: &GraphPicture) -> String {
    picture.draw(&arrange(&picture.layout_input())).into_string()
}

#[test]
fn a_picture_begins_with_the_entry_and_names_what_has_no_name() {
    let picture = picture();
    let labels: Vec<&str> = picture.steps.iter().map(|step| step.label.as_str()).collect();
    assert_eq!(labels, [HOSTILE, "Converted", "Lost"]);
    assert!(picture.steps[0].entry);
    assert_eq!(picture.steps[0].chosen, Point::new(1.5, -0.25));
    assert_eq!(picture.ways[0].from, Some(0));
    assert_eq!(picture.ways[2].to, None);
    assert_eq!(picture.ways[1].text, "any outcome");
    assert!(!picture.has_chosen_places(), "all at one place");
}

#[test]
fn names_are_never_markup() {
    let mut picture = picture();
    picture.steps[0].fault = Some(HOSTILE.into());
    picture.steps[0].config = HOSTILE.into();
    picture.steps[1].href = Some(format!("?node={HOSTILE}"));
    picture.ways[0].output = Some(Output::from(HOSTILE));
    picture.ways[0].text = HOSTILE.into();
    picture.ways[0].fault = Some(HOSTILE.into());
    for markup in [drawn(&picture), picture.as_table().into_string()] {
        assert!(!markup.contains("<script"), "{markup}");
        assert!(!markup.contains("\" onload"), "{markup}");
        assert!(markup.contains("&lt;script&gt;"), "{markup}");
    }
}

#[test]
fn nothing_has_a_style_of_its_own_that_a_strict_policy_would_drop() {
    let markup = drawn(&picture());
    for word in [" style=", "<style", "<script", " onclick="] {
        assert!(!markup.contains(word), "{word}");
    }
}

#[test]
fn numbers_are_shown_where_they_can_be_patched() {
    let mut picture = picture();
    picture.live = true;
    picture.by_traffic = true;
    let id = picture.steps[0].id;
    picture.step_mut(id).unwrap().counts = Some(StepCounts { here: 1_234, passed: 56, held: 0 });
    let way = picture.ways[0].id;
    picture.way_mut(way).unwrap().traffic = Some(77_777);
    let markup = drawn(&picture);
    for part in [
        format!(r#"data-live="{id}.here" data-count="1,234">1,234<"#),
        format!(r#"data-live="{id}.held" data-count="0">0<"#),
        format!(r#"data-live="{id}.passed" data-count="56">56<"#),
        format!(r#"data-live="{way}.traffic" data-compact>77.7k<"#),
        "1,234 here, 0 held, 56 passed".into(),
        "77,777 leads went this way, 100% of those that went on".into(),
        "by-traffic".into(),
    ] {
        assert!(markup.contains(&part), "{part} is not in {markup}");
    }
    let table = picture.as_table().into_string();
    assert!(table.contains(&format!(r#"data-live="{id}.here">1,234<"#)), "{table}");
    assert!(table.contains(&format!(r#"data-live="{way}.traffic">77,777<"#)), "{table}");
    picture.live = false;
    assert!(!drawn(&picture).contains("data-live"));
    assert!(!drawn(&picture).contains("g-held"), "nobody is held");
}

#[test]
fn the_path_of_a_lead_is_numbered() {
    let mut picture = picture();
    picture.steps[0].visits = vec![1, 2, 13];
    picture.steps[2].visits = vec![22];
    picture.steps[2].current = true;
    picture.ways[3].travels = vec![1];
    let markup = drawn(&picture);
    for part in [
        "1·2…",
        "Step 1st, 2nd and 13th of the lead",
        "Step 22nd of the lead. The lead is here",
        "Way 1st of the lead",
        "is-current",
        "tone-travelled",
    ] {
        assert!(markup.contains(part), "{part} is not in {markup}");
    }
    let table = picture.as_table().into_string();
    assert!(table.contains("step 22nd is here"), "{table}");
}

#[test]
fn a_way_to_nowhere_is_in_the_table_only() {
    let picture = picture();
    assert_eq!(drawn(&picture).matches("class=\"g-reach\"").count(), 3);
    assert_eq!(picture.as_table().into_string().matches("<li>").count(), 4);
    assert!(picture.as_table().into_string().contains("a step that is not there"));
}

#[test]
fn every_mark_has_a_title_and_a_name() {
    let markup = drawn(&picture());
    let items = markup.matches("role=\"listitem\"").count();
    assert_eq!(items, 6);
    assert_eq!(markup.matches("<title>").count(), items);
    // A label that is not what is written would hide from those who say what they see.
    let links = markup.matches("<a class=").count();
    assert!(
        !markup
            .split("<a ")
            .skip(1)
            .any(|link| { link.split('>').next().is_some_and(|tag| tag.contains("aria-label")) })
    );
    assert_eq!(markup.matches("aria-label").count(), items - links + 3);
}

#[test]
fn the_layout_is_the_same_whatever_is_known_of_the_leads() {
    let plain = picture();
    let mut busy = picture();
    for step in &mut busy.steps {
        step.counts = Some(StepCounts { here: 1_000_000, passed: 1_000_000, held: 1_000_000 });
    }
    for way in &mut busy.ways {
        way.traffic = Some(1_000_000);
    }
    assert_eq!(plain.layout_input(), busy.layout_input());
}
