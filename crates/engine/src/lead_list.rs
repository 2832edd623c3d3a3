//! Lists of leads as the engine reads them: row by row, as often as it needs to, never held whole.

use std::ops::ControlFlow;

use crate::command::NewLead;

/// A row of a list that is no lead, or a whole list that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListFault {
    /// Where, as a spreadsheet counts (header = 1).
    pub row: u64,
    /// What is wrong, and what would be right. Goes to whoever sent the list.
    pub reason: String,
    /// The same without anything out of the list, when `reason` quotes from it: the journal keeps
    /// reasons in clear.
    pub recorded: Option<&'static str>,
    /// Whether the list as a whole is at fault, and not a lead in it.
    pub whole: bool,
}

impl ListFault {
    /// A fault whose reason quotes nothing out of the list.
    pub fn at(row: u64, reason: impl Into<String>) -> Self {
        Self { row, reason: reason.into(), recorded: None, whole: false }
    }

    /// A fault of the list as a whole, whose reason quotes nothing out of it.
    pub fn whole(row: u64, reason: impl Into<String>) -> Self {
        Self { whole: true, ..Self::at(row, reason) }
    }
}

/// One row of a list.
pub type ListRow = Result<NewLead, ListFault>;

/// A list of leads, in memory or in a file. It is read twice: once to check it whole, once to enrol
/// it; both times it must give the same rows.
///
/// Reading runs on a thread where it may block, except for a short list.
pub trait LeadList: Send + Sync + 'static {
    /// Reads from the start and gives each row to `take`, in order, until that says to stop.
    fn read(&self, take: &mut dyn FnMut(ListRow) -> ControlFlow<()>);

    /// Whether reading it takes less than handing it to another thread.
    fn is_short(&self) -> bool {
        false
    }
}

/// Lists up to this long are quicker checked than handed to another thread. Unit: leads.
const SHORT_MAX: usize = 8;

impl LeadList for Vec<NewLead> {
    fn read(&self, take: &mut dyn FnMut(ListRow) -> ControlFlow<()>) {
        // The callback says when to stop; there is nothing else to give up.
        let _ = self.iter().try_for_each(|lead| take(Ok(lead.clone())));
    }

    fn is_short(&self) -> bool {
        self.len() <= SHORT_MAX
    }
}
