//! The rules: pure decisions about workflows, leads and an organisation: its API keys, and
//! what providers told it of calls.
//!
//! Commands come in, events go out, and state is folded from events. Nothing here reads a clock,
//! draws a random number or touches a file: ids and instants come from outside with each command.

pub mod call_status;
pub mod condition;
pub mod decider;
pub mod graph;
pub mod id;
pub mod json;
pub mod lead;
pub mod nearest;
pub mod organisation;
pub mod output;
pub mod personal;
pub mod phrase;
pub mod provider;
pub mod template;
pub mod time;
pub mod value;
pub mod workflow;
pub mod zone;
