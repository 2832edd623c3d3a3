//! What can be wrong with a signing or verifier key, by name.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::VaultError;

/// A key that could not be read or made. No error holds a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeyError {
    /// The name of a key is not one.
    #[error("`{}` is no name of a key: {reason}; a name is like example.com/journal", shown(name))]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The text is no signing key.
    #[error(
        "it is no signing key, which begins with PRIVATE+KEY+; `branchline keys new` makes one"
    )]
    NotSigning,
    /// Somebody gave a signing key where a verifier key belongs.
    #[error(
        "it is a signing key, which nobody else may see; a verifier key is wanted, which \
         `branchline keys new` writes beside it with the ending .pub"
    )]
    NotVerifier,
    /// The text is no key at all.
    #[error("it is no key: a key is <name>+<8 hexadecimal digits>+<base64>")]
    NotAKey,
    /// The key is not Ed25519.
    #[error("it is a key of kind {kind}; only kind 1 is known, which is Ed25519")]
    OtherKind {
        /// Number of the kind.
        kind: u8,
    },
    /// Name, id and key do not belong together: somebody changed one of them.
    #[error("its id is not the one of its name and key; it was changed or copied in part")]
    OtherId,
    /// A key file is not one.
    #[error("{}: {cause}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with what is in it.
        cause: Box<Self>,
    },
    /// The operating system refused to read or write.
    #[error("cannot {doing} {}", file.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file's name could not be made durable.
    #[error(transparent)]
    Disk(#[from] VaultError),
}

impl SigningKeyError {
    pub(super) fn in_file(self, file: &Path) -> Self {
        Self::File { file: file.into(), cause: Box::new(self) }
    }
}

/// A text as far as an error shows it.
fn shown(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}
