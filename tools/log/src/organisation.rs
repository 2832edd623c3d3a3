//! Where an organisation's keys stood, as `show`, `list` and `replay` tell it.

use std::io::Write;

use branchline_domain::{
    id::{ApiKeyId, OrganisationId},
    organisation::{ApiKeyStatus, OrganisationState, Scopes},
    time::Timestamp,
};
use serde::Serialize;

use crate::{Past, Subject};

/// A key as it stood. Its secret, and the digest of that, are not told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KeyStanding {
    /// Which.
    pub key_id: ApiKeyId,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// Whether it opened something then.
    pub status: ApiKeyStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it opens nothing.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// An organisation as it stood.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OrganisationStanding {
    /// Which.
    pub organisation_id: OrganisationId,
    /// Its keys, ended ones too, in order of creation.
    pub keys: Vec<KeyStanding>,
}

impl OrganisationStanding {
    /// Where the subject of a past stood; `None` when that is no organisation.
    pub fn of(past: &Past<'_>) -> Option<Self> {
        let Subject::Organisation(id) = past.subject() else { return None };
        let state = past.projections().organisation(id)?;
        Some(Self::of_state(id, state, past.at()))
    }

    fn of_state(id: OrganisationId, state: &OrganisationState, now: Timestamp) -> Self {
        let keys = state.keys.iter().map(|(&key_id, key)| KeyStanding {
            key_id,
            name: key.name.clone(),
            scopes: key.scopes,
            status: key.status(now),
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
        });
        Self { organisation_id: id, keys: keys.collect() }
    }
}

/// How many keys there are, and how many of them open something at this time.
pub(crate) fn words(state: &OrganisationState, now: Timestamp) -> String {
    let (all, live) = (state.keys.len(), state.live_keys(now));
    let keys = if all == 1 { "key" } else { "keys" };
    format!("{all} {keys}, {live} live")
}

/// Writes a line a key.
pub(crate) fn text(standing: &OrganisationStanding, out: &mut dyn Write) -> anyhow::Result<()> {
    for key in &standing.keys {
        let until = key.expires_at.map(|at| format!(" until {at}")).unwrap_or_default();
        // Quoted and escaped: a name must not pass for another line.
        writeln!(
            out,
            "{}  {}{until}  {}  {:?}",
            key.key_id,
            key.status.as_str(),
            key.scopes,
            key.name
        )?;
    }
    Ok(())
}
