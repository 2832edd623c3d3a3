//! The rules of an organisation's API keys, command by command.

mod keys;
mod refusals;
mod support;
