//! The keys as requests need them: found at once, whatever the engine and the readers are doing.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering},
    },
};

use branchline_domain::{
    id::{ApiKeyId, OrganisationId},
    organisation::{ApiKey, OrganisationState, Scopes, SecretDigest},
    time::Timestamp,
};

use super::secret::digest_of;
use crate::ports::Clock;

/// Refused actions of one key that are recorded in a minute. What is beyond is counted in the log:
/// a program that asks in a loop must not fill the journal.
pub const REFUSALS_A_MINUTE: u32 = 60;

const MINUTE_MICROS: i64 = 60_000_000;

/// A key that was not revoked.
#[derive(Debug)]
pub struct KnownKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Whose things it opens.
    pub organisation: OrganisationId,
    /// What the journal calls who comes with it: `key:<id>`.
    pub principal: Arc<str>,
    /// What it may do.
    pub scopes: Scopes,
    secret_sha256: SecretDigest,
    expires_at: Option<Timestamp>,
    usage: Arc<Usage>,
}

/// What is remembered of a key's use, over changes of the key.
#[derive(Debug, Default)]
struct Usage {
    /// The minute in which it was last used, since 1970; 0 for never.
    last_minute: AtomicI64,
    /// The minute in which refusals are counted.
    refusal_minute: AtomicI64,
    refusals: AtomicU32,
}

impl KnownKey {
    /// What the secret must hash to (SHA-256 of its text). To be compared in constant time.
    pub const fn secret_sha256(&self) -> &[u8; 32] {
        &self.secret_sha256.0
    }

    /// When it was last used, to the minute.
    pub fn last_used_at(&self) -> Option<Timestamp> {
        let minute = self.usage.last_minute.load(Ordering::Relaxed);
        (minute > 0).then(|| Timestamp::from_micros(minute * MINUTE_MICROS))
    }

    /// Whether one more refusal of this minute is to be recorded.
    pub(crate) fn may_note_refusal(&self, now: Timestamp) -> bool {
        let minute = now.as_micros() / MINUTE_MICROS;
        let usage = &self.usage;
        let before = usage.refusal_minute.swap(minute, Ordering::Relaxed);
        if before != minute {
            let count = usage.refusals.swap(0, Ordering::Relaxed);
            let dropped = count.saturating_sub(REFUSALS_A_MINUTE);
            if dropped > 0 {
                tracing::warn!(key = %self.id, dropped, "refused actions were not recorded");
            }
        }
        let count = usage.refusals.fetch_add(1, Ordering::Relaxed);
        if count == REFUSALS_A_MINUTE {
            tracing::warn!(
                key = %self.id,
                "more than {REFUSALS_A_MINUTE} actions a minute are refused; the rest of this \
                 minute is not recorded"
            );
        }
        count < REFUSALS_A_MINUTE
    }
}

/// Every key that was not revoked, by id. Shared by all threads; a look takes well under a
/// microsecond and waits for nobody but a change of keys, which is as short.
pub struct ApiKeys {
    keys: RwLock<HashMap<ApiKeyId, Arc<KnownKey>>>,
    /// Whether there has ever been a key. From then on nobody is let in without one: the last key
    /// may be revoked, and that opens no door.
    ever: AtomicBool,
    clock: Arc<dyn Clock>,
    /// A secret that nobody has, for the time it takes to compare with one.
    nobody: SecretDigest,
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeys").field("ever", &self.ever).finish_non_exhaustive()
    }
}

impl ApiKeys {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            keys: RwLock::default(),
            ever: AtomicBool::new(false),
            clock,
            nobody: SecretDigest(digest_of("nobody")),
        }
    }

    /// Whether there is, or ever was, a key: then every request needs one.
    pub fn are_required(&self) -> bool {
        self.ever.load(Ordering::Acquire)
    }

    /// How many keys open something now.
    pub fn live(&self) -> usize {
        let now = self.clock.now();
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.values().filter(|key| !is_over(key.expires_at, now)).count()
    }

    /// A key by its id, whether it has expired or not. Its secret is not checked: see
    /// [`Self::open`].
    pub fn find(&self, id: ApiKeyId) -> Option<Arc<KnownKey>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(&id).map(Arc::clone)
    }

    /// Whether there is such a key, and it opens something now.
    pub fn is_live(&self, id: ApiKeyId) -> bool {
        self.find(id).is_some_and(|key| !is_over(key.expires_at, self.clock.now()))
    }

    /// The key with this id, when `is_secret` says that its secret hashes to the given digest and
    /// it has not expired. An unknown id is compared too, with a digest that no secret has, so that
    /// it takes as long as a wrong secret. Notes the use.
    pub fn open(
        &self,
        id: Option<ApiKeyId>,
        is_secret: impl FnOnce(&[u8; 32]) -> bool,
    ) -> Option<Arc<KnownKey>> {
        let known = id.and_then(|id| self.find(id));
        let digest = known.as_ref().map_or(&self.nobody, |key| &key.secret_sha256);
        let is_secret = is_secret(&digest.0);
        let now = self.clock.now();
        let known = known.filter(|key| is_secret && !is_over(key.expires_at, now))?;
        let minute = now.as_micros() / MINUTE_MICROS;
        // Written once a minute, so that a busy key's line of memory stays shared.
        if known.usage.last_minute.load(Ordering::Relaxed) != minute {
            known.usage.last_minute.store(minute, Ordering::Relaxed);
        }
        Some(known)
    }

    /// Now, by which keys are judged.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Shows the keys of an organisation as they are. The engine thread, when a change is durable.
    pub(crate) fn publish(&self, organisation: OrganisationId, state: &OrganisationState) {
        if state.keys.is_empty() {
            return;
        }
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        for (&id, key) in &state.keys {
            let usage = keys.remove(&id).map(|known| Arc::clone(&known.usage)).unwrap_or_default();
            if key.revoked_at.is_none() {
                keys.insert(id, Arc::new(known(id, organisation, key, usage)));
            }
        }
        drop(keys);
        self.ever.store(true, Ordering::Release);
    }

    /// The minute in which each key was last used.
    pub(crate) fn last_minutes(&self) -> Vec<(ApiKeyId, i64)> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let used =
            keys.iter().map(|(&id, key)| (id, key.usage.last_minute.load(Ordering::Relaxed)));
        used.filter(|&(_, minute)| minute > 0).collect()
    }

    /// Says when a key was last used, as an earlier run of the engine knew it.
    pub(crate) fn set_last_minute(&self, id: ApiKeyId, minute: i64) {
        if let Some(key) = self.find(id) {
            key.usage.last_minute.fetch_max(minute, Ordering::Relaxed);
        }
    }
}

fn is_over(expires_at: Option<Timestamp>, now: Timestamp) -> bool {
    expires_at.is_some_and(|at| at <= now)
}

fn known(id: ApiKeyId, organisation: OrganisationId, key: &ApiKey, usage: Arc<Usage>) -> KnownKey {
    KnownKey {
        id,
        organisation,
        principal: format!("key:{id}").into(),
        scopes: key.scopes,
        secret_sha256: key.secret_sha256,
        expires_at: key.expires_at,
        usage,
    }
}

#[cfg(test)]
mod tests {
    use branchline_domain::organisation::Scope;

    use super::*;
    use crate::clock::ManualClock;

    const KEY: ApiKeyId = ApiKeyId::from_u128(1);
    const START: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

    fn state(expires_at: Option<Timestamp>, revoked_at: Option<Timestamp>) -> OrganisationState {
        let key = ApiKey {
            name: "Dialler".into(),
            scopes: [Scope::Ingest].into_iter().collect(),
            secret_sha256: SecretDigest(digest_of("s")),
            created_at: START,
            expires_at,
            lifetime_micros: None,
            revoked_at,
        };
        OrganisationState { keys: [(KEY, key)].into(), ..OrganisationState::default() }
    }

    fn opens(keys: &ApiKeys, id: ApiKeyId, secret: &str) -> bool {
        keys.open(Some(id), |digest| *digest == digest_of(secret)).is_some()
    }

    fn at_start() -> (ApiKeys, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(START));
        (ApiKeys::new(Arc::<ManualClock>::clone(&clock)), clock)
    }

    #[test]
    fn a_key_opens_with_its_secret_until_it_expires_or_is_revoked() {
        let (keys, clock) = at_start();
        assert!(!keys.are_required() && !opens(&keys, KEY, "s"));
        keys.publish(OrganisationId::DEFAULT, &state(Some(START.plus_seconds(60)), None));
        assert!(keys.are_required() && opens(&keys, KEY, "s"));
        assert!(!opens(&keys, KEY, "t") && !opens(&keys, ApiKeyId::from_u128(2), "s"));
        clock.advance(std::time::Duration::from_mins(1));
        assert!(!opens(&keys, KEY, "s"));
        keys.publish(OrganisationId::DEFAULT, &state(None, None));
        assert!(opens(&keys, KEY, "s"));
        keys.publish(OrganisationId::DEFAULT, &state(None, Some(START)));
        assert!(!opens(&keys, KEY, "s") && keys.live() == 0);
        assert!(keys.are_required(), "the end of the last key opens no door");
    }

    #[test]
    fn whoever_names_no_key_is_compared_with_a_secret_that_nobody_has() {
        let (keys, _) = at_start();
        let mut compared = 0;
        let found = keys.open(None, |digest| {
            compared += 1;
            *digest == digest_of("nobody")
        });
        assert!(found.is_none() && compared == 1);
    }

    #[test]
    fn the_last_use_is_told_to_the_minute_and_outlives_a_change_of_the_key() {
        let (keys, clock) = at_start();
        keys.publish(OrganisationId::DEFAULT, &state(None, None));
        assert_eq!(keys.find(KEY).unwrap().last_used_at(), None);
        clock.advance(std::time::Duration::from_secs(90));
        assert!(!opens(&keys, KEY, "t"));
        assert_eq!(keys.find(KEY).unwrap().last_used_at(), None, "a wrong secret is no use");
        assert!(opens(&keys, KEY, "s"));
        keys.publish(OrganisationId::DEFAULT, &state(Some(START.plus_seconds(999)), None));
        assert_eq!(keys.find(KEY).unwrap().last_used_at(), Some(START.plus_seconds(60)));
    }

    #[test]
    fn sixty_refusals_a_minute_are_recorded() {
        let (keys, clock) = at_start();
        keys.publish(OrganisationId::DEFAULT, &state(None, None));
        let key = keys.find(KEY).unwrap();
        let recorded = (0..100).filter(|_| key.may_note_refusal(keys.now())).count();
        assert_eq!(recorded, 60);
        clock.advance(std::time::Duration::from_mins(1));
        assert!(key.may_note_refusal(keys.now()));
    }
}
