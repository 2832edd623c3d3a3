//! The readers: folds over committed records that answer questions.
//!
//! [`Projections`] holds what lists, counts and the engine's queues need, in memory, for all
//! workflows and leads. [`history`], [`call_log`] and [`timeline`] read the records of one stream
//! when somebody asks. Nothing here has a clock, reads a file or decides anything.

mod arena;
mod audit;
mod call_lists;
pub mod call_log;
pub mod checkpoint;
mod due;
pub mod event_shapes;
mod explain;
mod fact;
mod fold_lead;
pub mod history;
mod imports;
mod insights;
mod invariants;
mod lead_lists;
mod lead_parts;
mod lists;
mod order;
mod organisations;
mod page;
mod projections;
mod provider_events;
mod provider_refs;
mod rows;
mod standing;
mod standing_rows;
mod stored;
mod sweep;
pub mod timeline;
mod totals;
mod work;
mod workflow_lists;
mod workflows;

pub use audit::EveryLead;
pub use call_lists::CallFilter;
pub use fact::{Fact, FactEvents};
pub use imports::{ImportRow, ImportStatus, UnfinishedImport};
pub use insights::{
    ATTEMPTS_TOLD, Answered, BranchTraffic, Funnel, HourOfWeek, Insights, MinuteCounts,
    NodeInsights, OutcomeGroup, Stay, THROUGHPUT_MINUTES,
};
pub use invariants::{Invariants, Rule, Violation};
pub use lead_lists::{Held, LeadFilter};
pub use lead_parts::{LeadPart, LeadPlace, PartRow};
pub use order::{
    ApiKeySort, CallSort, ImportSort, LeadSort, Order, ProviderEventSort, RefusalSort,
    SORTED_ROWS_MAX, SortKey, TooLongToSort, WorkflowSort,
};
pub use organisations::REFUSED_ACTIONS_MAX;
pub use page::{ListCursor, Page, PageStart, Paging, ParseListCursorError};
pub use projections::Projections;
pub use provider_events::ProviderEventFilter;
pub use provider_refs::PROVIDER_REFS_MAX;
pub use rows::{
    CallRow, Counts, DispatchStage, ErasedLead, LeadRow, NodeCounts, RequestedCall, StatusCounts,
    WorkflowRow,
};
pub use sweep::{SweepPart, SweepPlace};
pub use totals::{DueTimes, Totals};
pub use workflow_lists::WorkflowFilter;
