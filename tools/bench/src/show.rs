//! What a benchmark tells: one JSON object, or a table for people.

use std::fmt;

use serde::Serialize;

/// Prints the figures of one benchmark.
#[expect(clippy::print_stdout, reason = "the figures are what the command is for")]
pub(crate) fn show(figures: &(impl Serialize + fmt::Display), json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string(figures)?);
    } else {
        print!("{figures}");
    }
    Ok(())
}
