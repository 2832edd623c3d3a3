//! One symbol for each kind of step. Drawn here, so that no font and no file is needed.

use branchline_domain::graph::NodeType;
use maud::{Markup, html};

/// Its class: the colour of its kind.
pub(super) const fn kind_class(node_type: NodeType) -> &'static str {
    match node_type {
        NodeType::VoiceCall => "kind-call",
        NodeType::Conditional => "kind-condition",
        NodeType::Time => "kind-wait",
        NodeType::Application => "kind-application",
        NodeType::Converted => "kind-converted",
        NodeType::Dropped => "kind-dropped",
    }
}

/// The lines of a symbol in a square of 20 pixels.
pub(super) fn strokes(node_type: NodeType) -> Markup {
    html! {
        @match node_type {
            NodeType::VoiceCall => {
                path d="M4.1 2.9h2.7l1.6 3.9-2 1.5a10 10 0 0 0 5.3 5.3l1.5-2 3.9 1.6v2.7a1.5 1.5 0 0 1-1.6 1.5A13.9 13.9 0 0 1 2.6 4.5a1.5 1.5 0 0 1 1.5-1.6z" {}
            }
            NodeType::Conditional => {
                path d="M10 2.2v4.3M10 6.5 5.2 11.3v6M10 6.5l4.8 4.8v6" {}
                path d="m2.9 15 2.3 2.4L7.5 15M12.5 15l2.3 2.400L17.1 15" {}
            }
            NodeType::Time => {
                circle cx="10" cy="10" r="7.4" {}
                path d="M10 5.600V10l3 2" {}
            }
            NodeType::Application => {
                path d="M11.2 2 4.6 11.200h5L8.8 18l6.6-9.200h-5z" {}
            }
            NodeType::Converted => {
                circle cx="10" cy="10" r="7.4" {}
                path d="m6.7 10.3 2.3 2.3 4.4-5" {}
            }
            NodeType::Dropped => {
                circle cx="10" cy="10" r="7.4" {}
                path d="m7.2 7.2 5.6 5.600M12.8 7.200l-5.6 5.6" {}
            }
        }
    }
}

/// The symbol of a kind of step, to stand in a line of text. Says nothing by itself: a word goes
/// with it.
pub fn icon(node_type: NodeType) -> Markup {
    let class = format!("step-icon {}", kind_class(node_type));
    html! {
        svg class=(class) width="20" height="20" viewBox="0 0 20 20" aria-hidden="true" {
            (strokes(node_type))
        }
    }
}
