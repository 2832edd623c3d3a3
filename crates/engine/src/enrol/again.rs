//! An enrolment that is sent again under its key.
//!
//! The key is in the record that the first request made: the lead's own, or the opening of its
//! import. What came of an import is told from its records, in this run or a later one. One that was
//! given up enrolled nobody, so the same request begins a new one, under a key that the journal
//! finds by way of the first.

use std::rc::Rc;

use branchline_journal::record::Position;
use branchline_projections::{ImportRow, ImportStatus};

use crate::{
    EngineError,
    asked::Asked,
    command::{Caller, Enrolled, Imported},
    core::Core,
    keyed::{Turn, part_key},
    repeat,
};

/// Imports of one request that may have been given up before it is told to come later.
const GIVEN_UP_MAX: usize = 64;

/// What came before a request.
pub(super) enum Before {
    /// Nothing that counts. The key to be kept is in `asked`; while the turn lasts, nobody else
    /// begins the same.
    Nothing { asked: Asked, turn: Option<Turn> },
    /// This record enrolled the one lead.
    Lead(Position),
    /// This import, opened by this record, enrols or enrolled the leads.
    Import(Box<ImportRow>, Position),
}

/// Looks for the first request under a caller's key.
///
/// # Errors
///
/// [`EngineError::RequestUnderWay`]; [`EngineError::KeyReused`]; those of reads.
pub(super) async fn before(core: &Rc<Core>, caller: &Caller) -> Result<Before, EngineError> {
    let mut asked = Asked::by(caller);
    let Some(mut key) = asked.key.clone() else {
        return Ok(Before::Nothing { asked, turn: None });
    };
    let turn = Turn::take(core, caller.organisation, &key)?;
    core.reads().wait_folded(core.store().head()).await?;
    for _ in 0..GIVEN_UP_MAX {
        asked.key = Some(key.clone());
        let Some(position) = repeat::known(core, caller.organisation, &asked)? else {
            return Ok(Before::Nothing { asked, turn: Some(turn) });
        };
        let Some(import) = repeat::import_at(core, position).await? else {
            return Ok(Before::Lead(position));
        };
        let row = core.reads().look(|read| read.import(import));
        let row = row.ok_or(EngineError::Behind)?;
        match row.status {
            ImportStatus::Running | ImportStatus::Done | ImportStatus::Refused => {
                return Ok(Before::Import(Box::new(row), position));
            }
            ImportStatus::Cancelled => {
                key = part_key("again", &key, import.as_uuid().as_bytes());
            }
        }
    }
    Err(EngineError::Busy)
}

/// The answer to a list that the engine waits for.
///
/// # Errors
///
/// [`EngineError::RequestUnderWay`] while its leads are being enrolled.
pub(super) fn enrolled(
    core: &Core,
    row: &ImportRow,
    position: Position,
) -> Result<Enrolled, EngineError> {
    if row.status == ImportStatus::Running {
        return Err(EngineError::RequestUnderWay);
    }
    Ok(Enrolled {
        lead_ids: core.reads().look(|read| read.leads_of_import(row.id, position)),
        duplicates_skipped: row.duplicates_skipped,
        import: Some(row.id),
        committed: position.into(),
    })
}

/// The answer to a list: of a long one, its import again, as it is by now.
pub(super) fn imported(
    core: &Core,
    row: &ImportRow,
    position: Position,
) -> Result<Imported, EngineError> {
    let rows = row.rows.saturating_add(row.duplicates_skipped);
    if row.status == ImportStatus::Running || rows > core.config().import_wait_rows {
        return Ok(Imported::Running { import: row.id, committed: position.into() });
    }
    enrolled(core, row, position).map(Imported::Done)
}
