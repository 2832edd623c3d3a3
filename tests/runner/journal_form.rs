//! Every event of a decider goes through the journal's form and back.

use std::{collections::BTreeMap, sync::Arc};

use branchline_domain::{id::LeadId, lead::LeadEvent, workflow::WorkflowEvent};
use branchline_event_codec::{Sealing, decode_lead, decode_workflow, encode_lead, encode_workflow};
use branchline_scenarios::{passage::Passage, words::Wrong};
use branchline_vault::{LeadKey, SeededEntropy, Vault};

/// The form of events in a journal, and the keys of a scenario's leads.
pub(crate) struct JournalForm {
    vault: Vault,
    keys: BTreeMap<LeadId, LeadKey>,
}

impl JournalForm {
    pub(crate) fn new() -> Self {
        let vault = Vault::in_memory(Arc::new(SeededEntropy::new(7)));
        Self { vault, keys: BTreeMap::new() }
    }

    /// Makes a key for a new lead.
    fn know(&mut self, lead: LeadId) -> Result<(), Wrong> {
        if !self.keys.contains_key(&lead) {
            let made = self.vault.create_keys(&[lead.as_uuid()]);
            let made = made.map_err(|wrong| wrong.to_string())?;
            self.keys.extend(made.into_iter().map(|(_, key)| (lead, key)));
        }
        Ok(())
    }
}

impl Passage for JournalForm {
    fn lead(&mut self, lead: LeadId, event: LeadEvent) -> Result<LeadEvent, Wrong> {
        self.know(lead)?;
        let key = self.keys.get(&lead);
        let sealing = Sealing { lead, key, nonce: &|| self.vault.nonce() };
        let written =
            encode_lead(&event, &sealing).map_err(|wrong| format!("{event:?}: {wrong}"))?;
        let read =
            decode_lead(&written, lead, key).map_err(|wrong| format!("{event:?}: {wrong}"))?;
        same(&event, read)
    }

    fn workflow(&mut self, event: WorkflowEvent) -> Result<WorkflowEvent, Wrong> {
        let written = encode_workflow(&event).map_err(|wrong| format!("{event:?}: {wrong}"))?;
        let read = decode_workflow(&written).map_err(|wrong| format!("{event:?}: {wrong}"))?;
        same(&event, read)
    }
}

fn same<T: PartialEq + std::fmt::Debug>(written: &T, read: T) -> Result<T, Wrong> {
    if *written == read {
        Ok(read)
    } else {
        Err(format!("the journal gives back another event: wrote {written:?}, read {read:?}"))
    }
}
