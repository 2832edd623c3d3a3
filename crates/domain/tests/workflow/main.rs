//! The rules of a workflow, command by command. A command that could be recorded, refused or
//! ignored has a test of each.

mod actions;
mod edits;
mod graph;
mod imports;
mod large;
mod properties;
mod put_graph;
mod support;
