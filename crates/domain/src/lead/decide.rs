//! Decides what a command makes true.

use super::{LeadCommand, LeadContext, LeadEvent, LeadRejection, LeadState};

/// Decides what a command makes true. An empty list means "nothing new".
///
/// # Errors
///
/// A [`LeadRejection`] when the rules refuse the command. Nothing is recorded then.
pub fn decide(
    _state: &LeadState,
    _command: &LeadCommand,
    _context: &LeadContext<'_>,
) -> Result<Vec<LeadEvent>, LeadRejection> {
    Ok(Vec::new())
}
