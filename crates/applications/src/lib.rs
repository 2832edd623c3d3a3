//! The errands: what application steps send to other systems.
//!
//! [`HttpActions`] is the engine's runner of HTTP requests. It goes only to public addresses
//! unless told otherwise, follows no redirect, and reads a bounded answer. What it tells of a try
//! is redacted: neither a secret nor what was filled in from a lead is in it.

mod addresses;
mod answer;
mod evidence;
mod redact;
mod resolver;
mod runner;
mod secrets;

pub use addresses::is_public;
pub use runner::{HttpActions, HttpSettings, StartError};
pub use secrets::{Secret, SecretError, Secrets};
