//! The names of messages that could not be used.

use branchline_domain::id::ProviderEventId;
use branchline_vault::OrganisationKey;
use sha2::{Digest, Sha256};
use uuid::Builder;

use super::ProviderMessage;

/// The name of a message: made from the provider and its id of the message, or from all of its content
/// where there is none, so that the same message has the same name however often it comes. Keyed like
/// the digests of requests: the content may hold a phone number, and a plain digest would be the answer
/// to every guess.
pub(super) fn name_of(key: &OrganisationKey, message: &ProviderMessage) -> ProviderEventId {
    let told = &message.told;
    let (kind, identity) = match &told.event_id {
        Some(id) => ("id", id),
        None => ("content", &message.content),
    };
    let mut digest = Sha256::new();
    // Lengths in front: no two lists of texts read the same.
    for text in [told.provider.as_str(), kind, identity] {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    }
    let tag = key.request_tag(digest.finalize().into());
    let mut name = [0; 16];
    name.iter_mut().zip(tag).for_each(|(to, from)| *to = from);
    ProviderEventId::from_uuid(Builder::from_custom_bytes(name).into_uuid())
}
