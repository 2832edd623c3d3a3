//! The readers: folds over committed records that answer questions.
//!
//! [`Projections`] holds what lists, counts and the engine's queues need, in memory, for all
//! workflows and leads. Other modules read the records of one stream
//! when somebody asks. Nothing here has a clock, reads a file or decides anything.

mod arena;
mod due;
mod fact;
mod fold_lead;
mod imports;
mod lists;
mod page;
mod projections;
mod rows;
mod standing;
mod stored;
mod work;
mod workflows;

pub use fact::{Fact, FactEvents};
pub use imports::{ImportRow, ImportStatus, UnfinishedImport};
pub use lists::{CallFilter, Held, LeadFilter, WorkflowFilter};
pub use page::{ListCursor, Page, PageStart, Paging, ParseListCursorError};
pub use projections::Projections;
pub use rows::{
    CallRow, Counts, DispatchStage, LeadRow, NodeCounts, RequestedCall, StatusCounts, WorkflowRow,
};
