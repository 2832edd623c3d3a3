//! Who asks an actor, and why.

use std::sync::Arc;

use branchline_domain::id::OrganisationId;
use branchline_journal::record::{Cause, IdempotencyKey, Position};

use crate::command::Caller;

/// Who asks an actor, and why: what the journal remembers besides the events.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Whose things may be touched; `None` for the engine itself, which may touch all.
    pub(crate) organisation: Option<OrganisationId>,
    /// Name in the journal.
    pub(crate) principal: Arc<str>,
    /// What made it come about.
    pub(crate) cause: Cause,
    /// The caller's key for this one intent.
    pub(crate) key: Option<IdempotencyKey>,
    /// Only if the workflow's graph has this revision.
    pub(crate) if_revision: Option<u32>,
}

impl Asked {
    /// A part of the engine, for example `timer`: `engine:timer` in the journal.
    pub(crate) fn engine(part: &str) -> Self {
        Self {
            organisation: None,
            principal: format!("engine:{part}").into(),
            cause: Cause::None,
            key: None,
            if_revision: None,
        }
    }

    /// The same, because of the record at this position.
    #[must_use]
    pub(crate) fn because_of(mut self, position: Position) -> Self {
        self.cause = Cause::Position(position);
        self
    }

    /// A caller from outside.
    pub(crate) fn by(caller: &Caller) -> Self {
        Self {
            organisation: Some(caller.organisation),
            principal: Arc::clone(&caller.principal),
            cause: caller.request_id.clone().map_or(Cause::None, Cause::Request),
            key: caller.idempotency.clone(),
            if_revision: caller.if_revision,
        }
    }

    /// The same without its key and condition, for the second and later records of one intent.
    #[must_use]
    pub(crate) fn without_key(mut self) -> Self {
        self.key = None;
        self.if_revision = None;
        self
    }

    /// Whether things of this organisation may be touched.
    pub(crate) fn may_touch(&self, organisation: OrganisationId) -> bool {
        self.organisation.is_none_or(|own| own == organisation)
    }
}
