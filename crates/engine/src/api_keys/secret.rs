//! The secret half of a key.

use std::fmt::{self, Write as _};

use branchline_domain::organisation::SecretDigest;
use branchline_vault::Entropy;
use sha2::{Digest, Sha256};

/// What a secret begins with, so that people and scanners of leaked text know one when they see it.
const PREFIX: &str = "bls_";
/// Unit: bytes.
const RANDOM_BYTES: usize = 32;

/// The secret of a key: 256 random bits as text. Told once, kept nowhere, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySecret(String);

impl KeySecret {
    /// Draws one.
    pub(crate) fn draw(entropy: &dyn Entropy) -> Self {
        let mut random = [0; RANDOM_BYTES];
        entropy.fill(&mut random);
        let mut text = String::with_capacity(PREFIX.len() + 2 * RANDOM_BYTES);
        text.push_str(PREFIX);
        for byte in random {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    /// The text, for whoever asked for the key and for nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the journal keeps of it.
    pub(crate) fn digest(&self) -> SecretDigest {
        SecretDigest(digest_of(&self.0))
    }
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySecret(…)")
    }
}

/// The SHA-256 digest of a secret's text, as a request brings it.
pub fn digest_of(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

#[cfg(test)]
mod tests {
    use branchline_vault::SystemEntropy;

    use super::*;

    #[test]
    fn a_secret_has_a_known_beginning_256_random_bits_and_is_not_printed() {
        let secret = KeySecret::draw(&SystemEntropy);
        let random = secret.expose().strip_prefix("bls_").unwrap();
        assert_eq!(random.len(), 64);
        assert!(random.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(secret, KeySecret::draw(&SystemEntropy));
        assert!(!format!("{secret:?}").contains(random));
        assert_eq!(digest_of(secret.expose()), secret.digest().0);
    }
}
