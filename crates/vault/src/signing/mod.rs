//! Keys that sign tree heads, in the text forms of the signed-note ecosystem
//! (<https://c2sp.org/signed-note>), so that its tools can use them.
//!
//! A signing key says who vouches for a journal. It is not a key of the vault's directory: whoever
//! can write the journal must not be able to sign in the name of an earlier day, so it is kept
//! somewhere else.
//!
//! | Text | Form |
//! |---|---|
//! | signing key | `PRIVATE+KEY+<name>+<id>+<base64 of 01 · seed (32 bytes)>` |
//! | verifier key | `<name>+<id>+<base64 of 01 · public key (32 bytes)>` |
//! | id | the first 4 bytes of SHA-256( name · 0A · 01 · public key ), in 8 hexadecimal digits |
//!
//! `01` is the ecosystem's number for Ed25519 (RFC 8032); base64 is RFC 4648 section 4, padded. A
//! key file has one such line.

mod error;
mod name;
mod verifier;

use std::{
    fmt,
    fs::{self, File},
    io::{Read as _, Write as _},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::Signer as _;
use zeroize::Zeroizing;

pub use self::{error::SigningKeyError, name::KeyName, verifier::VerifierKey};
use crate::{
    Entropy,
    disk::{self, Readers},
};

/// What every signing key's text begins with.
const PRIVATE: &str = "PRIVATE+KEY+";

/// The ecosystem's number for Ed25519.
const ED25519: u8 = 1;

/// Bytes of a seed, and of a public key.
const KEY_BYTES: usize = 32;

/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = ed25519_dalek::SIGNATURE_LENGTH;

/// Largest key file that is read. Unit: bytes.
const KEY_FILE_BYTES_MAX: u64 = 4096;

/// An Ed25519 key with its name. Wiped from memory when dropped; never printed.
pub struct SigningKey {
    verifier: VerifierKey,
    key: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// Makes a key.
    pub fn generate(name: KeyName, entropy: &dyn Entropy) -> Self {
        let mut seed = Zeroizing::new([0; KEY_BYTES]);
        entropy.fill(&mut *seed);
        Self::of_seed(name, &seed)
    }

    fn of_seed(name: KeyName, seed: &[u8; KEY_BYTES]) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        Self { verifier: VerifierKey::new(name, key.verifying_key()), key }
    }

    /// Reads a key's text; white space around it does not count.
    ///
    /// # Errors
    ///
    /// [`SigningKeyError`] when it is no signing key, or its id is not the one of its name and key.
    /// The text is in no error.
    pub fn parse(text: &str) -> Result<Self, SigningKeyError> {
        let rest = text.trim().strip_prefix(PRIVATE).ok_or(SigningKeyError::NotSigning)?;
        let (name, id, key) = parts(rest)?;
        let seed = key_bytes(key)?;
        let key = Self::of_seed(name.parse()?, &seed);
        if key.verifier.id() == id_of(id)? { Ok(key) } else { Err(SigningKeyError::OtherId) }
    }

    /// Reads a key file.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`], and when the file cannot be read.
    pub fn read(file: &Path) -> Result<Self, SigningKeyError> {
        let text = read_text(file)?;
        Self::parse(&text).map_err(|cause| cause.in_file(file))
    }

    /// Writes a new key file, for its owner only, and makes it durable.
    ///
    /// # Errors
    ///
    /// When the file is there already: no key is ever written over. When it cannot be written, in
    /// which case it is taken away again.
    pub fn write_new(&self, file: &Path) -> Result<(), SigningKeyError> {
        let mut text = self.to_text();
        text.push('\n');
        write_new(file, &text, Readers::Owner)
    }

    /// The key that checks signatures of this one; it may be given to anybody.
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Its name.
    pub const fn name(&self) -> &KeyName {
        self.verifier.name()
    }

    /// Signs a message. The same message has the same signature.
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.key.sign(message).to_bytes()
    }

    /// The text of the key: whoever reads it can sign.
    fn to_text(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; 1 + KEY_BYTES]);
        let (kind, seed) = bytes.split_at_mut(1);
        kind.fill(ED25519);
        seed.copy_from_slice(self.key.as_bytes());
        let encoded = Zeroizing::new(STANDARD.encode(bytes.as_slice()));
        let (name, id) = (self.name(), self.verifier.id());
        Zeroizing::new(format!("{PRIVATE}{name}+{id:08x}+{}", *encoded))
    }
}

impl fmt::Debug for SigningKey {
    /// Never the key: debug output ends up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}+{:08x}+…)", self.name(), self.verifier.id())
    }
}

/// Name, id and key of a key's text. The key's base64 may have a `+` of its own.
fn parts(text: &str) -> Result<(&str, &str, &str), SigningKeyError> {
    let mut parts = text.splitn(3, '+');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(name), Some(id), Some(key)) => Ok((name, id, key)),
        _ => Err(SigningKeyError::NotAKey),
    }
}

/// The number that eight lower-case hexadecimal digits stand for.
fn id_of(text: &str) -> Result<u32, SigningKeyError> {
    let plain = text.len() == 8 && text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    let id = if plain { u32::from_str_radix(text, 16).ok() } else { None };
    id.ok_or(SigningKeyError::NotAKey)
}

/// The key in its base64 text.
fn key_bytes(text: &str) -> Result<Zeroizing<[u8; KEY_BYTES]>, SigningKeyError> {
    let bytes = Zeroizing::new(STANDARD.decode(text).map_err(|_| SigningKeyError::NotAKey)?);
    let (kind, key) = bytes.split_first().ok_or(SigningKeyError::NotAKey)?;
    if *kind != ED25519 {
        return Err(SigningKeyError::OtherKind { kind: *kind });
    }
    let key = key.try_into().map_err(|_| SigningKeyError::NotAKey)?;
    Ok(Zeroizing::new(key))
}

fn read_text(file: &Path) -> Result<Zeroizing<String>, SigningKeyError> {
    let failed = |source| SigningKeyError::Io { doing: "read", file: file.into(), source };
    let mut text = Zeroizing::new(String::new());
    let opened = File::open(file).map_err(failed)?;
    opened.take(KEY_FILE_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

/// Makes a file that was not there, with all of its text or not at all.
fn write_new(file: &Path, text: &str, readers: Readers) -> Result<(), SigningKeyError> {
    let failed = |source| SigningKeyError::Io { doing: "write", file: file.into(), source };
    let mut made = disk::create_new(file, readers).map_err(failed)?;
    let written = made.write_all(text.as_bytes()).and_then(|()| made.sync_all());
    if let Err(cause) = written {
        // What is left of it is no key; the error is what matters.
        let _ = fs::remove_file(file);
        return Err(failed(cause));
    }
    Ok(disk::sync_names_of(file)?)
}

#[cfg(test)]
mod tests;
