//! A workflow's graph as pages draw it.

use std::sync::LazyLock;

use branchline_domain::id::WorkflowId;
use maud::{Markup, html};

use crate::drawing::{
    graph::GraphPicture,
    layout::{Direction, LayoutCache, Placement},
};

/// Layouts of all pages: each depends on a revision alone.
static LAYOUTS: LazyLock<LayoutCache> = LazyLock::new(LayoutCache::default);

/// Draws a picture of a revision of a workflow's graph: where a person put the steps, if somebody
/// did, else tidy.
pub(crate) fn draw(picture: &GraphPicture, workflow: WorkflowId, revision: u32) -> Markup {
    let placement = if picture.has_chosen_places() { Placement::Chosen } else { Placement::Tidy };
    let layout = picture.layout(&LAYOUTS, (workflow, revision), Direction::Down, placement);
    framed(&picture.draw(&layout), picture)
}

/// A drawing that is moved about where it is larger than its room, with the same as a table.
pub(super) fn framed(drawing: &Markup, picture: &GraphPicture) -> Markup {
    html! {
        // It can be scrolled with the keyboard.
        div.graph-room tabindex="0" role="region" aria-label=(picture.title) { (drawing) }
        details.graph-as-table {
            summary { "The same as a table" }
            (picture.as_table())
        }
    }
}
