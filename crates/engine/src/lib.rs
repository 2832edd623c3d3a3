//! The hands: everything between the rules and the world.
//!
//! The engine owns its own thread with an actix system; hosts hold an [`Engine`] and clone its
//! [`EngineHandle`]. actix never shows in a signature.
//!
//! ```text
//! host threads      EngineHandle ── bounded channel ──▶ engine thread
//! engine thread     host commands ▶ supervisor ▶ lead and workflow actors ▶ journal port
//!                   effects: outbox, timers, sweeps, claims
//! journal's thread  checks, writes, syncs; answers a whole group with one crossing
//! reader thread     rebuilds cold leads from their streams
//! projector thread  folds committed records into the read models
//! ```
//!
//! # In a program of your own
//!
//! `examples/embedded.rs` goes through a whole campaign; this is how it begins.
//!
//! ```
//! use std::sync::Arc;
//!
//! use branchline_domain::workflow::Settings;
//! use branchline_engine::{
//!     Engine, EngineConfig, EngineParts, UuidV7Ids,
//!     applications::Applications,
//!     clock::SystemClock,
//!     command::Caller,
//!     ports::{Clock, Phones},
//! };
//! use branchline_journal::memory::MemoryStore;
//! use branchline_vault::{SystemEntropy, Vault};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
//! let engine = Engine::start(EngineParts {
//!     // In memory; `DataDirectory::open` gives a journal and keys on disk.
//!     store: Arc::new(MemoryStore::new()),
//!     vault: Arc::new(Vault::in_memory(Arc::new(SystemEntropy))),
//!     ids: Arc::new(UuidV7Ids::new(Arc::clone(&clock))),
//!     clock,
//!     phones: Phones::External,
//!     applications: Applications::default(),
//!     config: EngineConfig::embedded(),
//! })?;
//! let handle = engine.handle();
//! let workflow =
//!     handle.create_workflow(&Caller::host(), "Spring", "", Settings::default()).await?;
//! let title =
//!     handle.read(|models| models.workflow(workflow).map(|row| row.state.title.clone())).await?;
//! assert_eq!(title.as_deref(), Some("Spring"));
//! engine.shutdown();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answers;
pub mod api_keys;
mod application_try;
pub mod applications;
pub mod as_of;
mod asked;
pub mod batch;
mod checkpoint;
pub mod clock;
pub mod command;
mod config;
mod core;
mod data_directory;
mod duplicate;
mod effects;
mod engine;
mod enrol;
pub mod erasure;
mod error;
mod event_stream;
mod graph_draft;
mod handle;
mod host;
mod host_reply;
mod ids;
mod journal_port;
mod keyed;
mod last_position;
mod lead_actor;
mod lead_calls;
mod lead_claims;
pub mod lead_list;
mod lead_step;
mod lead_task;
mod live_leads;
mod looking_back;
pub mod metrics;
mod organisation_desk;
mod phone;
pub mod ports;
mod projector;
pub mod provider;
mod read_side;
mod reader;
mod rebuild;
mod recorded;
mod refusals;
mod repeat;
mod stopping;
mod supervisor;
mod workflow_actor;
mod workflow_cell;
mod workflow_story;
mod workload;

pub use branchline_event_codec::RecordedEvents;
pub use config::EngineConfig;
pub use data_directory::{DataDirectory, HalfRestored, OpenError, RestoreError};
pub use engine::{Engine, EngineParts, StartError};
pub use error::{EngineError, RowFault};
pub use event_stream::EventStream;
pub use handle::EngineHandle;
pub use ids::UuidV7Ids;
pub use phone::{PhoneProblem, normalise};
pub use read_side::{Health, LeadStory, ReadSide, SetAsideLead};
pub use recorded::{Cursor, ParseCursorError, RecordedFact};
