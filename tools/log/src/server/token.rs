//! The word that a server wants to hear from its operator.

use std::{
    env, fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, anyhow};
use reqwest::header::HeaderValue;

use crate::Fault;

/// The environment variable that a token is taken from when no file is named.
pub const TOKEN_VARIABLE: &str = "BRANCHLINE_TOKEN";

/// Where the token is. Never printed.
#[derive(Clone)]
pub enum TokenSource {
    /// In the file that the server wrote. It is read again when the server was started anew.
    File(PathBuf),
    /// The token itself.
    Text(String),
}

impl TokenSource {
    /// The file, or else the environment.
    ///
    /// # Errors
    ///
    /// [`Fault::Misused`] when there is neither.
    pub fn find(file: Option<&Path>) -> Result<Self, Fault> {
        match (file, env::var(TOKEN_VARIABLE)) {
            (Some(file), _) => Ok(Self::File(file.to_owned())),
            (None, Ok(text)) => Ok(Self::Text(text)),
            (None, Err(_)) => Err(Fault::Misused(format!(
                "a server wants its operator's token: give `--token-file FILE`, the file \
                 `admin-token` in its data directory, or set {TOKEN_VARIABLE}"
            ))),
        }
    }

    /// The file that it is in.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(file) => Some(file),
            Self::Text(_) => None,
        }
    }

    /// What goes into the header of a request.
    pub(super) fn header(&self) -> anyhow::Result<HeaderValue> {
        let (text, place) = match self {
            Self::Text(text) => (text.clone(), TOKEN_VARIABLE.to_owned()),
            Self::File(file) => {
                let place = file.display().to_string();
                let text = fs::read_to_string(file).with_context(|| {
                    format!("cannot read the token in {place}; a server that runs has it there")
                })?;
                (text, place)
            }
        };
        let mut header = HeaderValue::try_from(format!("Bearer {}", text.trim()))
            // Not what is wrong: that would print a part of it.
            .map_err(|_| anyhow!("what is in {place} is no token"))?;
        header.set_sensitive(true);
        Ok(header)
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => f.debug_tuple("File").field(file).finish(),
            Self::Text(_) => f.write_str("Text(…)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_sent_without_its_line_feed_and_never_shown() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("admin-token");
        fs::write(&file, "abc123\n").unwrap();
        let source = TokenSource::find(Some(&file)).unwrap();
        let header = source.header().unwrap();
        assert_eq!(header.to_str().unwrap(), "Bearer abc123");
        assert!(!format!("{header:?}").contains("abc123"));
        let text = TokenSource::Text("abc\u{1}123".into());
        assert!(!format!("{text:?}").contains("123"));
        let refused = format!("{:#}", text.header().unwrap_err());
        assert!(!refused.contains("123\n") && !refused.contains("abc"), "{refused}");
    }
}
