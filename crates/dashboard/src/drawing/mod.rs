//! Pictures: graphs of workflows and charts, as SVG made of maud elements.
//!
//! Everything here takes plain numbers and texts and gives markup; nothing here asks the engine.
//! Texts are untrusted: they become text nodes and attributes, never markup. Colours and weights
//! are classes of `assets/graph.css` and `assets/charts.css`; positions and sizes are SVG
//! attributes, since a page has no inline style. Each mark has a `<title>`, and each picture comes
//! with the same facts as a table.

pub mod charts;
pub mod geometry;
pub mod graph;
pub mod layout;
pub mod text;
pub mod words;
