//! Calls: a list over all workflows, and one call with everything that was said about it.

mod carrier;
mod heard;
mod list;
mod one;

pub(crate) use list::{of_workflow, page};
pub(crate) use one::page as one;
