//! `branchline provider-event`: what telephony providers told a running server and it could not use.

use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, ProviderEventId},
};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    client::{Ask, Pages, ServerFlags},
    fault::Fault,
    listing::{self, LimitFlags, SortFlags},
    names,
    out::{Out, Rows, or_dash, when},
    write::WriteFlags,
};

/// What to do with what providers told.
#[derive(Debug, Subcommand)]
pub enum ProviderEventCommand {
    /// Lists what providers told a server and it could not use.
    List(ListArgs),
    /// Says which call it was about, or what it meant: that is reported of the call.
    Match(MatchArgs),
    /// Says that nothing has to come of it.
    Dismiss(DismissArgs),
}

impl ProviderEventCommand {
    /// Does it.
    ///
    /// # Errors
    ///
    /// [`Fault`].
    pub fn run(&self) -> Result<(), Fault> {
        match self {
            Self::List(args) => args.run(),
            Self::Match(args) => args.run(),
            Self::Dismiss(args) => args.run(),
        }
    }
}

/// An event as the API shows it, as far as tables need it.
#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    provider: String,
    #[serde(default)]
    word: String,
    provider_call_id: Option<String>,
    call_id: Option<String>,
    received_at: Option<String>,
}

const COLUMNS: [&str; 8] =
    ["id", "provider", "word", "provider's call", "call", "reason", "state", "received"];

fn cells(event: Event) -> [String; 8] {
    [
        event.id,
        event.provider,
        event.word,
        or_dash(event.provider_call_id),
        or_dash(event.call_id),
        event.reason,
        event.state,
        or_dash(event.received_at.as_deref().map(when)),
    ]
}

/// Flags of `provider-event list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only those of this provider, such as twilio.
    #[arg(long, value_name = "PROVIDER")]
    provider: Option<String>,
    /// Only those that could not be used for this reason: `unknown_word` or `unknown_call`.
    #[arg(long, value_name = "REASON")]
    reason: Option<String>,
    /// Only those in this state: unmatched, matched or dismissed.
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    #[command(flatten)]
    sort: SortFlags,
    #[command(flatten)]
    limit: LimitFlags,
    #[command(flatten)]
    server: ServerFlags,
}

impl ListArgs {
    fn run(&self) -> Result<(), Fault> {
        let server = self.server.server()?;
        let ask = || {
            Ask::get("/provider-events")
                .query("provider", self.provider.as_ref())
                .query("reason", self.reason.as_ref())
                .query("state", self.state.as_ref())
                .query("sort", self.sort.sort.as_ref())
        };
        let mut out = Out::standard(self.server.json);
        listing::show(&server, &mut out, self.limit, ask, COLUMNS, cells)
    }
}

/// Flags of `provider-event match`.
#[derive(Debug, Args)]
pub struct MatchArgs {
    /// Id of the event.
    #[arg(value_name = "EVENT")]
    event: ProviderEventId,
    /// The call that it was about; else the one that it names, by now.
    #[arg(long, value_name = "CALL")]
    call: Option<CallId>,
    /// The status that it meant; else what the word table says, by now.
    #[arg(long, value_name = "STATUS")]
    status: Option<CallStatus>,
    #[command(flatten)]
    write: WriteFlags,
    #[command(flatten)]
    server: ServerFlags,
}

impl MatchArgs {
    fn run(&self) -> Result<(), Fault> {
        let mut body = Map::new();
        if let Some(call) = self.call {
            body.insert("call_id".into(), json!(call));
        }
        if let Some(status) = self.status {
            body.insert("status".into(), json!(status));
        }
        settle(self.event, "match", &Value::Object(body), &self.write, &self.server)
    }
}

/// Flags of `provider-event dismiss`.
#[derive(Debug, Args)]
pub struct DismissArgs {
    /// Id of the event.
    #[arg(value_name = "EVENT")]
    event: ProviderEventId,
    /// Why. It is kept in clear: say nothing personal.
    #[arg(long, value_name = "TEXT")]
    note: String,
    #[command(flatten)]
    write: WriteFlags,
    #[command(flatten)]
    server: ServerFlags,
}

impl DismissArgs {
    fn run(&self) -> Result<(), Fault> {
        let body = json!({ "note": self.note });
        settle(self.event, "dismiss", &body, &self.write, &self.server)
    }
}

fn settle(
    event: ProviderEventId,
    how: &str,
    body: &Value,
    write: &WriteFlags,
    flags: &ServerFlags,
) -> Result<(), Fault> {
    let path = format!("/provider-events/{event}/{how}");
    let ask = Ask::write(Method::POST, path, &write.key()?).json(body);
    let answer = flags.server()?.ask(&ask)?;
    let mut out = Out::standard(flags.json);
    if out.is_json() {
        out.document(&answer.raw()?)?;
        return out.flush();
    }
    let mut rows = Rows::with(COLUMNS);
    rows.add(cells(answer.read()?));
    out.table(rows)?;
    out.flush()
}

/// What to do with the words of providers.
#[derive(Debug, Subcommand)]
pub enum ProviderWordsCommand {
    /// Lists what words mean to a server, and where each row comes from.
    List(WordListArgs),
    /// Says what words of a provider mean; the organisation's other words of it stay.
    Set(SetArgs),
}

impl ProviderWordsCommand {
    /// Does it.
    ///
    /// # Errors
    ///
    /// [`Fault`].
    pub fn run(&self) -> Result<(), Fault> {
        match self {
            Self::List(args) => args.run(),
            Self::Set(args) => args.run(),
        }
    }
}

#[derive(Deserialize)]
struct WordRow {
    provider: String,
    word: String,
    meaning: String,
    source: String,
}

const WORD_COLUMNS: [&str; 4] = ["provider", "word", "meaning", "from"];

fn word_cells(row: WordRow) -> [String; 4] {
    [row.provider, row.word, row.meaning, row.source]
}

/// Flags of `provider-words list`.
#[derive(Debug, Args)]
pub struct WordListArgs {
    /// Only those of this provider, such as twilio.
    #[arg(long, value_name = "PROVIDER")]
    provider: Option<String>,
    #[command(flatten)]
    limit: LimitFlags,
    #[command(flatten)]
    server: ServerFlags,
}

impl WordListArgs {
    fn run(&self) -> Result<(), Fault> {
        let server = self.server.server()?;
        let ask = || Ask::get("/provider-words").query("provider", self.provider.as_ref());
        let mut out = Out::standard(self.server.json);
        listing::show(&server, &mut out, self.limit, ask, WORD_COLUMNS, word_cells)
    }
}

/// Flags of `provider-words set`.
#[derive(Debug, Args)]
pub struct SetArgs {
    /// The provider, such as twilio.
    #[arg(value_name = "PROVIDER")]
    provider: String,
    /// What a word means: `rang-out=did_not_pick`, `heartbeat=ignore`; nothing behind the `=` takes
    /// the organisation's own meaning away.
    #[arg(value_name = "WORD=STATUS", required = true, value_parser = meaning)]
    words: Vec<(String, String)>,
    #[command(flatten)]
    write: WriteFlags,
    #[command(flatten)]
    server: ServerFlags,
}

fn meaning(text: &str) -> Result<(String, String), String> {
    let (word, meaning) = text.split_once('=').ok_or("expected WORD=STATUS")?;
    Ok((word.trim().to_lowercase(), meaning.trim().to_owned()))
}

#[derive(Deserialize)]
struct Table {
    words: Vec<WordRow>,
}

impl SetArgs {
    fn run(&self) -> Result<(), Fault> {
        let server = self.server.server()?;
        let ask = || Ask::get("/provider-words").query("provider", Some(&self.provider));
        // The API sets the organisation's words as a whole.
        let mut words = Map::new();
        for row in Pages::new(&server, None, ask) {
            let row: WordRow = names::read(&server, row?.get())?;
            if row.source == "organisation" {
                words.insert(row.word, row.meaning.into());
            }
        }
        for (word, meaning) in &self.words {
            if meaning.is_empty() {
                words.remove(word);
            } else {
                words.insert(word.clone(), json!(meaning));
            }
        }
        let path = format!("/provider-words/{}", self.provider);
        let ask =
            Ask::write(Method::PUT, path, &self.write.key()?).json(&json!({ "words": words }));
        let answer = server.ask(&ask)?;
        let mut out = Out::standard(self.server.json);
        if out.is_json() {
            out.document(&answer.raw()?)?;
            return out.flush();
        }
        let mut rows = Rows::with(WORD_COLUMNS);
        let table: Table = answer.read()?;
        table.words.into_iter().for_each(|word| rows.add(word_cells(word)));
        out.table(rows)?;
        out.flush()
    }
}
