//! The key of one organisation: turns phone numbers into tags that only this vault can make.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::lead_key::KEY_BYTES;

/// Goes before a phone number, so that no other message of this key can be taken for one.
const CONTACT_DOMAIN: &[u8] = b"branchline/contact/v1\0";
/// Goes before a workflow and a contact tag.
const ENROLMENT_DOMAIN: &[u8] = b"branchline/enrolment/v1\0";

/// Goes before the digest of a request.
const REQUEST_DOMAIN: &[u8] = b"branchline/request/v1\0";

/// The key of one organisation. Wiped from memory when dropped; never printed.
#[derive(Clone)]
pub struct OrganisationKey {
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

impl OrganisationKey {
    pub(crate) fn new(bytes: &[u8; KEY_BYTES]) -> Self {
        Self { bytes: Zeroizing::new(*bytes) }
    }

    /// The tag of a phone number: the same for every lead of the organisation with that number.
    ///
    /// HMAC-SHA256 of `"branchline/contact/v1\0" | number`, cut to 16 bytes. The number must be
    /// in E.164 form; another spelling of the same number has another tag.
    #[must_use]
    pub fn contact_tag(&self, e164: &str) -> [u8; 16] {
        self.tag(&[CONTACT_DOMAIN, e164.as_bytes()])
    }

    /// The tag of a phone number in one workflow.
    ///
    /// HMAC-SHA256 of `"branchline/enrolment/v1\0" | workflow | contact tag`, cut to 16 bytes.
    #[must_use]
    pub fn enrolment_tag(&self, workflow: Uuid, contact_tag: [u8; 16]) -> [u8; 16] {
        self.tag(&[ENROLMENT_DOMAIN, workflow.as_bytes(), &contact_tag])
    }

    /// The digest of a request as a journal may keep it. A request may hold a phone number and
    /// little else, so its plain digest would tell everybody with the journal whether a guess is
    /// right.
    ///
    /// HMAC-SHA256 of `"branchline/request/v1\0" | digest`.
    #[must_use]
    pub fn request_tag(&self, digest: [u8; 32]) -> [u8; 32] {
        self.mac(&[REQUEST_DOMAIN, &digest])
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }

    fn tag(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut tag = [0; 16];
        for (to, from) in tag.iter_mut().zip(self.mac(parts)) {
            *to = from;
        }
        tag
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac =
            <Hmac<Sha256> as KeyInit>::new_from_slice(&*self.bytes).expect("a key of 32 bytes");
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for OrganisationKey {
    /// Never the bytes: debug output ends up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OrganisationKey(…)")
    }
}
