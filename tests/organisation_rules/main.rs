//! The rules of an organisation, command by command: its API keys, and what providers told it.

mod keys;
mod provider;
mod refusals;
mod support;
