//! Development only: given, when, then; graphs and ids by names; the store conformance suite.
//!
//! A story about a decider reads
//!
//! ```
//! use branchline_domain::{
//!     lead::{Lead, LeadCommand, LeadEvent, LeadRejection},
//!     workflow::WorkflowStatus,
//! };
//! use branchline_testkit::{GraphBuilder, given, now, paused};
//!
//! let workflow = paused(&GraphBuilder::new().call("intro"));
//! given::<Lead>([])
//!     .when(&LeadCommand::Remove, &now(&workflow))
//!     .then_refused(&LeadRejection::NotFound)
//!     .done();
//! ```

mod given;
mod graph_builder;
mod legible;
mod store_in_front;
mod views;

pub use branchline_scenarios::story_ids::{
    START, contact_tag, edge_id, lead_id, node_id, workflow_id,
};
pub use given::{Decided, Given, Moment, given};
pub use graph_builder::{FROM, GraphBuilder, edge, node};
pub use legible::legible;
pub use store_in_front::{Proof, Read};
pub use views::{ASHA, ViewChanges, active, at_second, now, paused, view};

pub mod store_conformance;
