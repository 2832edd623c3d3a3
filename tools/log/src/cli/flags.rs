//! Flags that several commands share, so that they read the same everywhere.

use std::path::PathBuf;

use anyhow::anyhow;
use branchline_journal::sled_store::OpenError;
use branchline_log::{
    Access, AsOf, Evidence, Fault, Format,
    evidence::{self, Place},
    progress::Chatter,
    server::{Server, TokenSource},
};
use clap::Args;

/// Where the records are, and how they are reached.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// A stopped server's data directory or the journal's directory in it, a file that `export`
    /// wrote, or the URL of a running server, such as `http://127.0.0.1:8080`.
    #[arg(value_name = "SOURCE")]
    place: PathBuf,
    #[command(flatten)]
    reach: Reach,
}

/// How records are reached.
#[derive(Clone, Debug, Args)]
pub(crate) struct Reach {
    /// File with the token of a running server: `admin-token` in its data directory. Else the
    /// environment variable `BRANCHLINE_TOKEN` has the token.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Never shows how far a long reading is.
    #[arg(long, short)]
    quiet: bool,
}

impl Source {
    /// A source that is named by a flag of its own.
    pub(crate) const fn new(place: PathBuf, reach: Reach) -> Self {
        Self { place, reach }
    }

    /// Opens it for reading.
    pub(crate) fn open(&self) -> anyhow::Result<Evidence> {
        let chatter = if self.reach.quiet { Chatter::Quiet } else { Chatter::OnTerminal };
        let access = Access { token_file: self.reach.token_file.clone(), chatter };
        Evidence::open_with(&self.place, &access).map_err(|error| match error.downcast_ref() {
            Some(OpenError::Locked { .. }) => self.ask_instead(&error),
            Some(_) | None => error,
        })
    }

    /// As it was typed.
    pub(crate) fn name(&self) -> String {
        self.place.display().to_string()
    }

    /// The running server, when it is one.
    pub(crate) fn server(&self) -> anyhow::Result<Option<Server>> {
        let Some(url) = evidence::url(&self.place) else { return Ok(None) };
        Server::new(url, TokenSource::find(self.reach.token_file.as_deref())?).map(Some)
    }

    /// Why a flag makes no sense with what is no server, and the command that does.
    pub(crate) fn needs_server(&self, flag: &str) -> anyhow::Error {
        let place = self.place.display();
        let told = format!("`{flag}` needs the URL of a running server, and {place} is none");
        Fault::Misused(match self.command_with_url() {
            Some(command) => format!("{told}; its server runs:\n  {command}"),
            None => told,
        })
        .into()
    }

    /// A journal in use, and how it is read all the same.
    fn ask_instead(&self, locked: &anyhow::Error) -> anyhow::Error {
        match self.command_with_url() {
            Some(command) => {
                anyhow!(
                    "{locked:#}, or ask the server, which can be read while it runs:\n  {command}"
                )
            }
            None => anyhow!(
                "{locked:#}; a server that runs has its URL in the file admin-url beside the \
                 journal, and there is none"
            ),
        }
    }

    /// This very command, with the server that has the directory open in its place.
    fn command_with_url(&self) -> Option<String> {
        let data = match Place::find(&self.place) {
            Ok(Place::Directory { data, .. }) => data.canonicalize().ok()?,
            Ok(Place::Server(_) | Place::Lines(_) | Place::Blocks(_)) | Err(_) => return None,
        };
        let url = std::fs::read_to_string(data.join("admin-url")).ok()?;
        let token_file = data.join("admin-token");
        let mut words: Vec<String> = std::env::args_os()
            .map(|word| {
                let is_place = word == *self.place.as_os_str();
                quoted(&if is_place { url.trim().into() } else { word.to_string_lossy() })
            })
            .collect();
        words.extend(["--token-file".into(), quoted(&token_file.to_string_lossy())]);
        Some(words.join(" "))
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// `--until`: up to where records are read.
#[derive(Debug, Args)]
pub(crate) struct Until {
    /// Reads up to this position, or up to this time, such as 2026-11-24T09:30:00Z, instead of to
    /// the end.
    #[arg(long, value_name = "POSITION|TIME", default_value_t, hide_default_value = true)]
    pub(crate) until: AsOf,
}

/// `--at`: the moment that is asked about.
#[derive(Debug, Args)]
pub(crate) struct At {
    /// Asks about the moment right after this position, or about this time, such as
    /// 2026-11-24T09:30:00Z, instead of about the end.
    #[arg(long, value_name = "POSITION|TIME", default_value_t, hide_default_value = true)]
    pub(crate) at: AsOf,
}

/// `--json`: how the answer is written.
#[derive(Debug, Args)]
pub(crate) struct Json {
    /// Writes JSON, for programs. Fields are added, never renamed.
    #[arg(long)]
    json: bool,
}

impl Json {
    /// How the answer is written.
    pub(crate) const fn format(&self) -> Format {
        if self.json { Format::Json } else { Format::Text }
    }
}
