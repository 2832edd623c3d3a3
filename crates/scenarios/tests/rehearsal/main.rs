//! Scenario files and workflow files as people write them, rightly and wrongly.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]

mod examples;
mod round_trip;
mod schema;
mod self_check;
mod support;
mod workflow_files;
