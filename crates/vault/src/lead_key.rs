//! The key of one lead: seals what a person supplied, and opens it again.

use std::fmt;

use chacha20poly1305::{AeadInOut, KeyInit, Tag, XChaCha20Poly1305, aead::array::Array};
use uuid::Uuid;
use zeroize::Zeroizing;

/// Bytes of a key. XChaCha20-Poly1305 takes no other length.
pub(crate) const KEY_BYTES: usize = 32;
/// Bytes of a nonce: long enough that random ones do not meet.
const NONCE_BYTES: usize = 24;
/// Bytes of a Poly1305 tag.
const TAG_BYTES: usize = 16;
/// The last byte of the associated data. A new way of sealing takes a new number, so that bytes of
/// one way never open as the other.
const SEALED_FORMAT: u8 = 1;
/// What stands before bytes that are kept plain.
const PLAIN_MARK: u8 = 0;

/// Sealed bytes that do not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenSealError {
    /// Fewer bytes than a nonce and a tag take: they were cut, or never sealed.
    #[error("field {field} of lead {lead} has {found} bytes; a sealed field has {least} or more")]
    TooShort {
        /// The lead named by the caller.
        lead: Uuid,
        /// The field named by the caller.
        field: u8,
        /// Length found. Unit: bytes.
        found: usize,
        /// Shortest length that can be sealed bytes. Unit: bytes.
        least: usize,
    },
    /// The seal is broken: the bytes were changed, or belong to another lead, field or key.
    #[error(
        "field {field} of lead {lead} does not open with its key: the bytes were changed, or were \
         sealed for another lead or field"
    )]
    Broken {
        /// The lead named by the caller.
        lead: Uuid,
        /// The field named by the caller.
        field: u8,
    },
    /// The vault keeps fields plain, and these bytes do not carry the mark of a plain field.
    #[error("field {field} of lead {lead} is not a plain field, and this vault seals nothing")]
    NotPlain {
        /// The lead named by the caller.
        lead: Uuid,
        /// The field named by the caller.
        field: u8,
    },
}

/// The key of one lead. Wiped from memory when dropped; never printed.
#[derive(Clone)]
pub struct LeadKey {
    bytes: Zeroizing<[u8; KEY_BYTES]>,
    sealing: bool,
}

impl LeadKey {
    /// How many bytes sealing adds to a field: nonce and tag. Unit: bytes.
    pub const SEAL_BYTES: usize = NONCE_BYTES + TAG_BYTES;

    pub(crate) fn new(bytes: &[u8; KEY_BYTES], sealing: bool) -> Self {
        Self { bytes: Zeroizing::new(*bytes), sealing }
    }

    /// Seals one field of one lead.
    ///
    /// The result is `nonce | ciphertext | tag` ([`Self::SEAL_BYTES`] longer than `plain`). Lead
    /// and field are bound to it: it opens as nothing else. A nonce must never seal twice with one
    /// key; take each from [`Vault::nonce`](crate::Vault::nonce).
    ///
    /// In a vault that seals nothing the result is a zero byte and `plain`.
    ///
    /// # Panics
    ///
    /// When `plain` is longer than 256 GiB, the cipher's only limit.
    #[expect(clippy::expect_used, reason = "no field comes near the cipher's limit")]
    #[must_use]
    pub fn seal(&self, lead: Uuid, field: u8, nonce: [u8; NONCE_BYTES], plain: &[u8]) -> Vec<u8> {
        if !self.sealing {
            let mut kept = Vec::with_capacity(1 + plain.len());
            kept.push(PLAIN_MARK);
            kept.extend_from_slice(plain);
            return kept;
        }
        let mut sealed = Vec::with_capacity(plain.len() + Self::SEAL_BYTES);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let (_, body) = sealed.split_at_mut(NONCE_BYTES);
        let tag = self
            .cipher()
            .encrypt_inout_detached(&Array(nonce), &bound_to(lead, field), body.into())
            .expect("a field is shorter than 256 GiB");
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// Opens what [`Self::seal`] made for the same lead and field.
    ///
    /// # Errors
    ///
    /// [`OpenSealError`] when the bytes were cut, changed, or sealed for another lead, field or
    /// key. Nothing of the content is given out then.
    pub fn open(&self, lead: Uuid, field: u8, sealed: &[u8]) -> Result<Vec<u8>, OpenSealError> {
        if !self.sealing {
            return match sealed.split_first() {
                Some((&PLAIN_MARK, plain)) => Ok(plain.to_vec()),
                Some(_) | None => Err(OpenSealError::NotPlain { lead, field }),
            };
        }
        let parts = sealed
            .split_first_chunk::<NONCE_BYTES>()
            .and_then(|(nonce, rest)| Some((nonce, rest.split_last_chunk::<TAG_BYTES>()?)));
        let Some((nonce, (body, tag))) = parts else {
            let (found, least) = (sealed.len(), Self::SEAL_BYTES);
            return Err(OpenSealError::TooShort { lead, field, found, least });
        };
        let mut plain = body.to_vec();
        let tag: Tag = Array(*tag);
        self.cipher()
            .decrypt_inout_detached(
                &Array(*nonce),
                &bound_to(lead, field),
                plain.as_mut_slice().into(),
                &tag,
            )
            .map_err(|_| OpenSealError::Broken { lead, field })?;
        Ok(plain)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.bytes).into())
    }
}

impl fmt::Debug for LeadKey {
    /// Never the bytes: debug output ends up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LeadKey(…)")
    }
}

/// The associated data: `lead (16) | field (1) | format (1)`.
fn bound_to(lead: Uuid, field: u8) -> [u8; 18] {
    let mut bound = [0; 18];
    for (to, from) in
        bound.iter_mut().zip(lead.into_bytes().into_iter().chain([field, SEALED_FORMAT]))
    {
        *to = from;
    }
    bound
}
