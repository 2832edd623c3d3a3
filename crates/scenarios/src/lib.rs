//! The rehearsal: stories about a workflow, told as given, when, then, and played in virtual time.
//!
//! Texts come in, results go out: nothing here opens a file, reads a clock or knows an engine. A
//! story is played in a [`world::World`]; the one of this crate is the rules alone, thousands of
//! stories a second. The format is described in this crate's README.

mod call_words;
pub mod command;
mod counts;
pub mod decider_world;
pub mod difference;
pub mod event_lines;
pub mod graph_lines;
pub mod names;
pub mod passage;
pub mod play;
pub mod report;
pub mod scenario;
pub mod source_text;
pub mod story;
pub mod story_ids;
pub mod words;
pub mod workflow_file;
pub mod world;
