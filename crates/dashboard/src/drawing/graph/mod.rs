//! A workflow as a picture: cards for its steps, curves for its ways, numbers on both.
//!
//! A page makes a [`GraphPicture`] of the graph, writes into it what it knows (counts, the travelled
//! path, faults, addresses), and draws it with [`GraphPicture::draw`] at the places of a [`Layout`].
//! [`GraphPicture::as_table`] is the same for whoever does not see the picture.

mod card;
mod icon;
mod table;
mod way;

use std::{collections::BTreeMap, sync::Arc};

use branchline_domain::{
    graph::{Graph, NodeType},
    id::{EdgeId, NodeId, WorkflowId},
    output::Output,
};
use maud::{Markup, html};

pub use card::CARD;
pub use icon::icon;

use super::{
    geometry::{Point, short},
    layout::{ArrowToRoute, BoxToPlace, Direction, Layout, LayoutCache, LayoutInput, Placement},
    words::{config_in_words, node_type_in_words, output_in_words},
};

/// What became of a step or a way from one revision to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
    /// It is another.
    Changed,
}

impl Change {
    /// The same in a word.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Added => "New",
            Self::Removed => "Gone",
            Self::Changed => "Changed",
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Added => " is-added",
            Self::Removed => " is-removed",
            Self::Changed => " is-changed",
        }
    }
}

/// How many leads are at a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StepCounts {
    /// Are there now, held ones included.
    pub here: u64,
    /// Were there and went on, or ended there.
    pub passed: u64,
    /// Are there and held: a person must act.
    pub held: u64,
}

/// A step.
#[derive(Clone, Debug, PartialEq)]
pub struct StepPicture {
    /// Its id.
    pub id: NodeId,
    /// Its kind.
    pub node_type: NodeType,
    /// What people call it.
    pub label: String,
    /// What it does, in one line.
    pub config: String,
    /// Whether leads start here.
    pub entry: bool,
    /// Where a person put its top left corner.
    pub chosen: Point,
    /// How many leads are there, if the picture says so.
    pub counts: Option<StepCounts>,
    /// Whether the lead is here.
    pub current: bool,
    /// As how many-th step the lead came here; empty when it never did.
    pub visits: Vec<u32>,
    /// What is wrong with it.
    pub fault: Option<String>,
    /// What became of it, where two revisions are compared.
    pub change: Option<Change>,
    /// Where a click leads.
    pub href: Option<String>,
}

/// A way from one step to another.
#[derive(Clone, Debug, PartialEq)]
pub struct WayPicture {
    /// Its id.
    pub id: EdgeId,
    /// Where it starts: an index into the steps, if that step is there.
    pub from: Option<usize>,
    /// Where it ends: an index into the steps, if that step is there.
    pub to: Option<usize>,
    /// The output that it serves; all of them without one.
    pub output: Option<Output>,
    /// What is written on it; nothing when there is nothing to tell apart.
    pub text: String,
    /// How many leads went this way, if the picture says so.
    pub traffic: Option<u64>,
    /// As how many-th way the lead went it; empty when it never did.
    pub travels: Vec<u32>,
    /// What is wrong with it.
    pub fault: Option<String>,
    /// What became of it, where two revisions are compared.
    pub change: Option<Change>,
    /// Where a click leads.
    pub href: Option<String>,
}

/// A workflow, ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphPicture {
    /// What the picture shows, for whoever does not see it.
    pub title: String,
    /// Prefix of the ids inside it: unlike any other picture of its page.
    pub id: &'static str,
    /// The steps, the entry first.
    pub steps: Vec<StepPicture>,
    /// The ways.
    pub ways: Vec<WayPicture>,
    /// Whether ways are the wider the more leads went them.
    pub by_traffic: bool,
    /// Whether numbers can be patched while the page is open: texts then carry `data-live` with
    /// `<node>.here`, `<node>.passed`, `<node>.held` and `<edge>.traffic`.
    pub live: bool,
}

impl GraphPicture {
    /// The picture of a graph, without any numbers yet.
    pub fn of(graph: &Graph, title: impl Into<String>) -> Self {
        let entry = graph.entry();
        let mut nodes: Vec<_> = graph.nodes().iter().map(Arc::as_ref).collect();
        // Stable: the others stay in the order of creation.
        nodes.sort_by_key(|node| Some(node.id) != entry);
        let index: BTreeMap<NodeId, usize> =
            nodes.iter().enumerate().map(|(at, node)| (node.id, at)).collect();
        let steps = nodes.iter().map(|node| StepPicture {
            id: node.id,
            node_type: node.node_type(),
            label: match node.label.trim() {
                "" => node_type_in_words(node.node_type()).to_owned(),
                label => label.to_owned(),
            },
            config: config_in_words(&node.config),
            entry: Some(node.id) == entry,
            chosen: pixels(node.position.x_milli, node.position.y_milli),
            counts: None,
            current: false,
            visits: Vec::new(),
            fault: None,
            change: None,
            href: None,
        });
        let steps: Vec<StepPicture> = steps.collect();
        let ways = graph.edges().iter().map(|edge| {
            let from = index.get(&edge.from_node_id).copied();
            let node_type = from.and_then(|from| steps.get(from)).map(|step| step.node_type);
            WayPicture {
                id: edge.id,
                from,
                to: index.get(&edge.to_node_id).copied(),
                text: node_type
                    .map(|node_type| output_in_words(node_type, edge.label.as_ref()))
                    .unwrap_or_default(),
                output: edge.label.clone(),
                traffic: None,
                travels: Vec::new(),
                fault: None,
                change: None,
                href: None,
            }
        });
        let ways = ways.collect();
        Self { title: title.into(), id: "graph", steps, ways, by_traffic: false, live: false }
    }

    /// A step by its id, to be written into.
    pub fn step_mut(&mut self, id: NodeId) -> Option<&mut StepPicture> {
        self.steps.iter_mut().find(|step| step.id == id)
    }

    /// A way by its id, to be written into.
    pub fn way_mut(&mut self, id: EdgeId) -> Option<&mut WayPicture> {
        self.ways.iter_mut().find(|way| way.id == id)
    }

    /// What the layout is to place. The same for each picture of one revision of a graph: room for
    /// numbers is there whether they are shown or not.
    pub fn layout_input(&self) -> LayoutInput {
        let boxes = self.steps.iter().map(|step| BoxToPlace { size: CARD, chosen: step.chosen });
        let nowhere = self.steps.len();
        let arrows = self.ways.iter().map(|way| ArrowToRoute {
            from: way.from.unwrap_or(nowhere),
            to: way.to.unwrap_or(nowhere),
            label: way::label_room(way),
        });
        LayoutInput {
            boxes: boxes.collect(),
            arrows: arrows.collect(),
            direction: Direction::Down,
            placement: Placement::Tidy,
        }
    }

    /// Its layout, from the cache when the revision was drawn before.
    pub fn layout(
        &self,
        cache: &LayoutCache,
        (workflow, revision): (WorkflowId, u32),
        direction: Direction,
        placement: Placement,
    ) -> Arc<Layout> {
        cache.layout(workflow, revision, (direction, placement), || self.layout_input())
    }

    /// Whether a person put the steps somewhere: no two stand at the same place. A graph made
    /// over the API has them all at the origin.
    pub fn has_chosen_places(&self) -> bool {
        let mut places: Vec<(i64, i64)> = Vec::with_capacity(self.steps.len());
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a place is bounded, and `as` saturates"
        )]
        places.extend(self.steps.iter().map(|step| (step.chosen.x as i64, step.chosen.y as i64)));
        places.sort_unstable();
        places.windows(2).all(|pair| pair.first() != pair.last()) && places.len() > 1
    }

    /// The picture.
    pub fn draw(&self, layout: &Layout) -> Markup {
        let (width, height) = (short(layout.size.width), short(layout.size.height));
        let most = self.ways.iter().filter_map(|way| way.traffic).max().unwrap_or_default();
        let mut ways: Vec<_> = self.ways.iter().zip(&layout.routes).collect();
        // The travelled path lies on top of the others.
        ways.sort_by_key(|(way, _)| !way.travels.is_empty());
        let routed =
            || ways.iter().filter_map(|(way, route)| route.as_ref().map(|route| (*way, route)));
        let class = if self.by_traffic { "graph by-traffic" } else { "graph" };
        html! {
            svg class=(class) width=(width) height=(height) role="group" aria-label=(self.title)
                viewBox={ "0 0 " (width) " " (height) } {
                (way::markers(self.id))
                g.g-lines aria-hidden="true" {
                    @for (way, route) in routed() { (way::line(self, way, route, most)) }
                }
                g role="list" aria-label="Ways" {
                    @for (way, route) in routed() { (way::label(self, way, route)) }
                }
                g role="list" aria-label="Steps" {
                    @for (step, place) in self.steps.iter().zip(&layout.boxes) {
                        (card::card(self, step, place))
                    }
                }
            }
        }
    }

    /// The same as a table, with the same numbers.
    pub fn as_table(&self) -> Markup {
        table::table(self)
    }
}

/// A place on the canvas. Unit: from thousandths to pixels.
fn pixels(x_milli: i64, y_milli: i64) -> Point {
    let pixels = |milli: i64| {
        let whole =
            i32::try_from(milli / 1_000).unwrap_or(if milli < 0 { i32::MIN } else { i32::MAX });
        let rest = i32::try_from(milli % 1_000).unwrap_or_default();
        f64::from(whole) + f64::from(rest) / 1_000.0
    };
    Point::new(pixels(x_milli), pixels(y_milli))
}

/// A mark that leads somewhere, or not: named for whoever does not see it, and on hover.
fn mark(href: Option<&str>, class: &str, title: &str, inside: &Markup) -> Markup {
    html! {
        @if let Some(href) = href {
            // Its title names it: a label would have to say what is written in it, which changes.
            a class=(class) href=(href) { title { (title) } (inside) }
        } @else {
            g class=(class) role="img" aria-label=(title) { title { (title) } (inside) }
        }
    }
}

/// Order numbers of a path in little room: `2`, `2·5`, `2·5…`.
fn orders(numbers: &[u32]) -> String {
    let shown: Vec<String> = numbers.iter().take(2).map(ToString::to_string).collect();
    let more = if numbers.len() > shown.len() { "…" } else { "" };
    format!("{}{more}", shown.join("·"))
}

/// All order numbers of a path in words: `1st, 4th and 12th`.
fn orders_in_words(numbers: &[u32]) -> String {
    let words: Vec<String> = numbers
        .iter()
        .map(|number| {
            let ending = match (number % 100, number % 10) {
                (11..=13, _) => "th",
                (_, 1) => "st",
                (_, 2) => "nd",
                (_, 3) => "rd",
                _ => "th",
            };
            format!("{number}{ending}")
        })
        .collect();
    super::text::listed(&words, "and")
}

#[cfg(test)]
mod tests;
