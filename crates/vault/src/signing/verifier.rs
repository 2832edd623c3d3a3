//! The public half of a signing key.

use std::{fmt, path::Path, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use super::{
    ED25519, KEY_BYTES, KeyName, PRIVATE, SIGNATURE_BYTES, SigningKeyError, id_of, key_bytes,
    parts, read_text, write_new,
};
use crate::disk::Readers;

/// Checks signatures of one signing key. Shown and read in its text form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    id: u32,
    key: ed25519_dalek::VerifyingKey,
}

impl VerifierKey {
    pub(super) fn new(name: KeyName, key: ed25519_dalek::VerifyingKey) -> Self {
        let digest = Sha256::new()
            .chain_update(name.as_str())
            .chain_update([b'\n', ED25519])
            .chain_update(key.as_bytes());
        let digest: [u8; 32] = digest.finalize().into();
        let [a, b, c, d, ..] = digest;
        Self { name, id: u32::from_be_bytes([a, b, c, d]), key }
    }

    /// Reads a key file.
    ///
    /// # Errors
    ///
    /// [`SigningKeyError`] when the file cannot be read or holds something else.
    pub fn read(file: &Path) -> Result<Self, SigningKeyError> {
        read_text(file)?.parse().map_err(|cause: SigningKeyError| cause.in_file(file))
    }

    /// Writes a new key file and makes it durable.
    ///
    /// # Errors
    ///
    /// When the file is there already, or cannot be written.
    pub fn write_new(&self, file: &Path) -> Result<(), SigningKeyError> {
        write_new(file, &format!("{self}\n"), Readers::Everybody)
    }

    /// Its name.
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// Its id: with the name it says which signatures this key is asked about. It is short and
    /// proves nothing.
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// Whether the signing key signed this message. By RFC 8032 and against weak keys.
    pub fn verify(&self, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.key.verify_strict(message, &signature).is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [ED25519; 1 + KEY_BYTES];
        let (_, key) = bytes.split_at_mut(1);
        key.copy_from_slice(self.key.as_bytes());
        write!(f, "{}+{:08x}+{}", self.name, self.id, STANDARD.encode(bytes))
    }
}

impl FromStr for VerifierKey {
    type Err = SigningKeyError;

    /// White space around the text does not count.
    fn from_str(text: &str) -> Result<Self, SigningKeyError> {
        let text = text.trim();
        if text.starts_with(PRIVATE) {
            return Err(SigningKeyError::NotVerifier);
        }
        let (name, id, key) = parts(text)?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(&*key_bytes(key)?)
            .map_err(|_| SigningKeyError::NotAKey)?;
        let (name, id) = (name.parse()?, id_of(id)?);
        let verifier = Self::new(name, key);
        if verifier.id == id { Ok(verifier) } else { Err(SigningKeyError::OtherId) }
    }
}
