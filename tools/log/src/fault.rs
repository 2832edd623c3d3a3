//! Why a command failed, as its exit code says it.

use std::io;

use branchline_evidence::lines::ExportError;
use branchline_journal::{
    sled_store::{ImportError, OpenError},
    store::ReadError,
};

use crate::server::ServerError;

/// Exit code: what was asked for could not be done.
pub const FAILED: u8 = 1;
/// Exit code: the command line makes no sense.
pub const MISUSED: u8 = 2;
/// Exit code: the evidence is damaged, or a proof does not hold.
pub const DAMAGED: u8 = 5;

/// A failure with an exit code of its own. Every other error is [`FAILED`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// What was given as evidence is none, or is not what was written. Names the place.
    #[error("{0}")]
    Damaged(String),
    /// What was asked makes no sense. Says what would.
    #[error("{0}")]
    Misused(String),
}

/// The exit code of a command that failed.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    error.chain().find_map(code_of).unwrap_or(FAILED)
}

fn code_of(cause: &(dyn std::error::Error + 'static)) -> Option<u8> {
    if let Some(fault) = cause.downcast_ref() {
        return Some(match fault {
            Fault::Damaged(_) => DAMAGED,
            Fault::Misused(_) => MISUSED,
        });
    }
    if let Some(error) = cause.downcast_ref() {
        return match error {
            OpenError::Damaged { .. }
            | OpenError::EndsBelowHighWater { .. }
            | OpenError::NotTheAcknowledged { .. }
            | OpenError::HighWaterDamaged { .. }
            | OpenError::Foreign { .. }
            | OpenError::Storage { .. }
            | OpenError::NoJournal { .. }
            | OpenError::NoBlockFile { .. } => Some(DAMAGED),
            OpenError::Locked { .. }
            | OpenError::ImportUnfinished { .. }
            | OpenError::Io { .. } => None,
        };
    }
    let damaged = matches!(cause.downcast_ref(), Some(ReadError::Damaged { .. }))
        || matches!(cause.downcast_ref(), Some(ImportError::Damaged { .. }))
        || matches!(cause.downcast_ref(), Some(ExportError::Damaged { .. }))
        || matches!(cause.downcast_ref(), Some(ServerError::Damaged { .. }));
    damaged.then_some(DAMAGED)
}

/// Whether a command failed because whoever reads its output has seen enough.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use anyhow::{Context as _, anyhow};
    use branchline_journal::record::Position;

    use super::*;

    #[test]
    fn the_code_is_found_below_what_was_said_about_it() {
        let damaged = ReadError::Damaged { position: Position(3), reason: "x".into() };
        let told = Err::<(), _>(damaged).context("cannot read").context("cannot list").unwrap_err();
        assert_eq!(exit_code(&told), DAMAGED);
        let misused = anyhow!(Fault::Misused("no".into())).context("first");
        assert_eq!(exit_code(&misused), MISUSED);
        assert_eq!(exit_code(&anyhow!(Fault::Damaged("no".into()))), DAMAGED);
        assert_eq!(exit_code(&anyhow!("plain")), FAILED);
    }

    #[test]
    fn a_journal_in_use_is_no_damage_and_no_journal_at_all_is() {
        let dir = PathBuf::from("here");
        let locked = OpenError::Locked { path: dir.clone(), owner: "me".into() };
        assert_eq!(exit_code(&anyhow!(locked)), FAILED);
        assert_eq!(exit_code(&anyhow!(OpenError::NoJournal { dir })), DAMAGED);
    }
}
