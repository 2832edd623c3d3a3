//! The rules of a lead, command by command: what is recorded, what is refused, what is ignored when
//! it is sent twice. Source: CONTRACT.md 3, 4, 5, 8. What a stale version does is the engine's to
//! show.

mod advance;
mod analysis;
mod application;
mod attributes;
mod commands;
mod dispatch;
mod edit;
mod enrol;
mod erase;
mod explain;
mod fixtures;
mod moving;
mod properties;
mod remedies;
mod remove;
mod report;
mod resolve;
mod schedule;
mod status_streams;
