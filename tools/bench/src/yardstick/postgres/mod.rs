//! PostgreSQL, for the same work: every transition of a lead is one durable commit.
//!
//! A throw-away cluster in a temporary directory, reached by a unix socket only, with the settings that
//! matter for durability as they come (`fsync` and `synchronous_commit` on). Two ways of doing it: as
//! people write it by hand, and all in one statement. The tables are leaner than real ones would be:
//! numbers for ids, no JSON, no index beyond the primary keys. What is compared against is the best case.

mod cluster;
mod pgbench;
mod programs;
mod script;

pub(crate) use self::{cluster::Cluster, pgbench::PostgresRun, programs::Skipped, script::Style};
