//! Every event goes through the journal's form and back.

use std::sync::Arc;

use branchline_domain::{id::LeadId, lead::LeadEvent, workflow::WorkflowEvent};
use branchline_event_codec::{Sealing, decode_lead, decode_workflow, encode_lead, encode_workflow};
use branchline_vault::{LeadKey, SeededEntropy, Vault};

use crate::words::Wrong;

/// The keys of a scenario's leads.
pub(crate) struct Keys {
    vault: Vault,
}

impl Keys {
    pub(crate) fn new() -> Self {
        Self { vault: Vault::in_memory(Arc::new(SeededEntropy::new(7))) }
    }

    /// The key of a new lead.
    pub(crate) fn key(&self, lead: LeadId) -> Result<LeadKey, Wrong> {
        let keys = self.vault.create_keys(&[lead.as_uuid()]).map_err(|wrong| wrong.to_string())?;
        keys.into_iter().next().map(|(_, key)| key).ok_or_else(|| "no key was made".into())
    }

    /// The event as it comes back from the journal.
    pub(crate) fn lead(
        &self,
        lead: LeadId,
        key: &LeadKey,
        event: &LeadEvent,
    ) -> Result<LeadEvent, Wrong> {
        let sealing = Sealing { lead, key: Some(key), nonce: &|| self.vault.nonce() };
        let written =
            encode_lead(event, &sealing).map_err(|wrong| format!("{event:?}: {wrong}"))?;
        let read = decode_lead(&written, lead, Some(key))
            .map_err(|wrong| format!("{event:?}: {wrong}"))?;
        same(event, read)
    }
}

/// The event as it comes back from the journal.
pub(crate) fn workflow(event: &WorkflowEvent) -> Result<WorkflowEvent, Wrong> {
    let written = encode_workflow(event).map_err(|wrong| format!("{event:?}: {wrong}"))?;
    let read = decode_workflow(&written).map_err(|wrong| format!("{event:?}: {wrong}"))?;
    same(event, read)
}

fn same<T: PartialEq + std::fmt::Debug>(written: &T, read: T) -> Result<T, Wrong> {
    if *written == read {
        Ok(read)
    } else {
        Err(format!("the journal gives back another event: wrote {written:?}, read {read:?}"))
    }
}
