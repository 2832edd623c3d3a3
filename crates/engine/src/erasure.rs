//! Erasure of leads: recorded first, then the key is destroyed, then the caller is answered.
//!
//! The journal never forgets, so what makes a lead forgotten is that its key is gone. The record
//! comes first: a crash in between leaves a record that every start obeys again, whereas a key
//! destroyed without a record would look like damage. From the record on no reader opens a field of
//! the lead, whether its key is gone yet or not.

use std::{future::Future, rc::Rc, sync::Arc};

use branchline_domain::{id::LeadId, lead::LeadCommand, time::Timestamp};
use branchline_journal::record::Position;
use branchline_vault::KeySlot;

use crate::{EngineError, asked::Asked, core::Core, engine::StartError};

/// What came of the erasure of a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// The record that says so; the first one when the lead was erased before.
    pub position: Position,
    /// When that was decided.
    pub erased_at: Timestamp,
    /// Whether the key is destroyed, and with it the last way to read the lead's personal fields.
    pub key_destroyed: bool,
    /// What is left, and what to do about it; `None` when the key is destroyed.
    pub remains: Option<Arc<str>>,
}

/// A lead that is erased by the journal, and what it takes to destroy its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ErasedLead {
    pub(crate) slot: KeySlot,
    pub(crate) position: Position,
    pub(crate) erased_at: Timestamp,
}

/// An erased lead whose key could not be destroyed. A person must look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptKey {
    /// Whose key.
    pub lead: LeadId,
    /// Why.
    pub reason: Arc<str>,
}

/// Applies all erasures again, before anybody is served: a stop may have come between a record and
/// its key, and the keys may come from a backup. One sync when there was a key to destroy, none
/// otherwise. A key that is not there, or is somebody else's, keeps no other from being destroyed.
pub(crate) fn at_start(core: &Core) -> Result<(), StartError> {
    let vault = &core.services.vault;
    let erased: Vec<_> = core.reads().look(|read| {
        read.erased_leads().map(|erased| (KeySlot(erased.key_slot), erased.lead)).collect()
    });
    let mut doomed = Vec::with_capacity(erased.len());
    for (slot, lead) in erased {
        match vault.check_erasable(slot, lead.as_uuid()) {
            Ok(()) => doomed.push((slot, lead.as_uuid())),
            Err(error) => {
                tracing::error!(%lead, %error, "the key of an erased lead cannot be destroyed");
                core.reads().set_key_kept(lead, Some(&error.to_string().into()));
            }
        }
    }
    vault.erase_many(&doomed).map_err(StartError::Keys)
}

/// Erases a lead. Its command is with its actor when this returns.
pub(crate) fn erase(
    core: &Rc<Core>,
    asked: Asked,
    lead: LeadId,
) -> impl Future<Output = Result<Erasure, EngineError>> + use<> {
    let recorded = core.perform_lead(lead, LeadCommand::Erase, asked);
    let core = Rc::clone(core);
    async move {
        let outcome = recorded.await?;
        let Some(erased) = outcome.erased else {
            tracing::error!(%lead, "a lead that was erased does not know it");
            return Err(EngineError::Unavailable { reason: "the erasure is not recorded".into() });
        };
        Ok(destroy_one(&core, lead, erased).await)
    }
}

/// The record is durable: the key follows, off this thread, which must not wait for the disk.
async fn destroy_one(core: &Rc<Core>, lead: LeadId, erased: ErasedLead) -> Erasure {
    let ErasedLead { slot, position, erased_at } = erased;
    let vault = Arc::clone(&core.services.vault);
    let destroyed = tokio::task::spawn_blocking(move || vault.erase(slot, lead.as_uuid())).await;
    let failure = match destroyed {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(core.services.keys_failed(&error).to_string()),
        Err(panicked) => Some(panicked.to_string()),
    };
    if let Some(problem) = failure {
        let reason: Arc<str> = format!(
            "the erasure is recorded, and the key is not destroyed: {problem}; the next start \
             destroys it, and asking again tries it now"
        )
        .into();
        tracing::error!(%lead, %reason, "the key of an erased lead was not destroyed");
        core.reads().set_key_kept(lead, Some(&reason));
        return Erasure { position, erased_at, key_destroyed: false, remains: Some(reason) };
    }
    core.reads().set_key_kept(lead, None);
    let sealing = core.services.vault.is_sealing();
    let remains = (!sealing).then(|| {
        Arc::from(
            "this data directory was made with sealing off: the personal fields stay in the \
             journal as clear text, and only its readers show them no more",
        )
    });
    Erasure { position, erased_at, key_destroyed: sealing, remains }
}
