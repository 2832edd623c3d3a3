//! Charts: plain numbers in, a figure out, with its title, its numbers as a table, and a sentence
//! when there is nothing to show.
//!
//! Across, marks are placed in percent of the width, so a chart fits a telephone and a wall and its
//! texts keep their size. Down, they are placed in pixels. A colour is never all there is: a
//! legend, a text or an order says the same.

mod attempts;
mod axis;
mod figure;
mod funnel;
mod heatmap;
mod outcomes;
mod stays;
mod throughput;
mod timeline;

pub use attempts::{Attempt, attempts};
pub use figure::{Figure, Tone};
pub use funnel::{Stage, funnel};
pub use heatmap::{Hours, heatmap, wilson_lower};
pub use outcomes::{OutcomeRow, Share, outcomes};
pub use stays::{StayRow, stays};
pub use throughput::{Series, throughput};
pub use timeline::{Row, RowKind, Timeline, timeline};

#[cfg(test)]
mod tests;
