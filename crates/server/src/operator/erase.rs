//! `branchline lead erase`: forgets what is personal of a lead.

use std::{
    fmt::Write as _,
    io::{BufRead as _, IsTerminal as _},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context as _, bail};
use branchline_domain::{id::LeadId, time::Timestamp};
use branchline_engine::{
    UuidV7Ids,
    clock::ScaledClock,
    command::Caller,
    ports::{Clock, Phones},
};
use clap::{Args, Subcommand};
use reqwest::Method;

use super::client::Server;
use crate::{config::Config, house, print};

/// What to do with leads, wherever they are.
#[derive(Debug, Subcommand)]
pub(crate) enum LeadCommand {
    #[command(flatten)]
    OfServer(branchline_operator::LeadCommand),
    /// Destroys the key of everything personal of a lead that has come to its end, and records it: in a
    /// data directory, of a running or a stopped server.
    Erase(EraseArgs),
}

/// Flags of `lead erase`.
#[derive(Debug, Args)]
pub(crate) struct EraseArgs {
    /// Public id of the lead.
    #[arg(value_name = "LEAD")]
    lead: LeadId,
    /// Directory of journal and keys, of a running or a stopped server.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Do not ask whether it is meant.
    #[arg(long)]
    yes: bool,
}

/// What came of it, whoever did it.
struct Outcome {
    position: u64,
    erased_at: String,
    key_destroyed: bool,
    remains: Option<String>,
}

pub(crate) fn run(config: &Config, command: &LeadCommand) -> anyhow::Result<ExitCode> {
    let args = match command {
        LeadCommand::Erase(args) => args,
        // It wants no configuration: `main` has run it.
        LeadCommand::OfServer(_) => return Ok(ExitCode::SUCCESS),
    };
    if !args.yes && !is_meant(args.lead)? {
        eprintln!("nothing was erased");
        return Ok(ExitCode::FAILURE);
    }
    let data_dir = args.data_dir.as_ref().unwrap_or(&config.storage.data_dir);
    let erased = match by_server(data_dir, args.lead)? {
        Some(erased) => erased,
        None => in_stopped(config, data_dir, args.lead)?,
    };
    print::out(&in_words(args.lead, &erased))?;
    Ok(if erased.key_destroyed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Asks whoever sits there.
fn is_meant(lead: LeadId) -> anyhow::Result<bool> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        bail!("nobody can be asked whether this is meant: add --yes to erase {lead}");
    }
    eprint!(
        "This destroys the key of phone number, variables, notes and everything else personal of \
         {lead}. It cannot be taken back. Type yes to go on: "
    );
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

fn by_server(data_dir: &Path, lead: LeadId) -> anyhow::Result<Option<Outcome>> {
    let Some(server) = Server::of(data_dir)? else { return Ok(None) };
    let path = format!("/v1/admin/leads/{lead}/erase");
    let Some(answer) = server.ask(Method::POST, &path)? else { return Ok(None) };
    let read = || {
        Some(Outcome {
            position: answer.get("position")?.as_u64()?,
            erased_at: answer.get("erased_at")?.as_str()?.to_owned(),
            key_destroyed: answer.get("key_destroyed")?.as_bool()?,
            remains: answer.get("remains")?.as_str().map(ToOwned::to_owned),
        })
    };
    read().map(Some).with_context(|| format!("the server's answer cannot be read: {answer}"))
}

/// Opens the directory as a server does: nobody else has it.
fn in_stopped(config: &Config, data_dir: &Path, lead: LeadId) -> anyhow::Result<Outcome> {
    // A directory that is not there holds no lead, and shall not be made.
    if !data_dir.join("journal").is_dir() {
        bail!("{} is no data directory: it has no journal", data_dir.display());
    }
    let directory = house::open_directory(data_dir)?;
    let last = house::last_recorded_at(directory.store.as_ref())?;
    let clock: Arc<dyn Clock> = Arc::new(ScaledClock::resuming(last, 1));
    let ids = Arc::new(UuidV7Ids::new(Arc::clone(&clock)));
    let engine = house::start_engine(config, directory, clock, ids, Phones::External)?;
    let erased = actix_web::rt::System::new().block_on(async {
        let handle = engine.handle();
        let caller = Caller { principal: "operator".into(), ..Caller::host() };
        let erased = handle.erase_lead(&caller, lead).await;
        // Handles keep the journal's files open.
        drop(handle);
        engine.shutdown();
        erased
    })?;
    let erased_at: Timestamp = erased.erased_at;
    Ok(Outcome {
        position: erased.position.0,
        erased_at: erased_at.to_string(),
        key_destroyed: erased.key_destroyed,
        remains: erased.remains.map(|remains| remains.to_string()),
    })
}

fn in_words(lead: LeadId, erased: &Outcome) -> String {
    let Outcome { position, erased_at, key_destroyed, remains } = erased;
    let mut text = format!("{lead} is erased: recorded at position {position}, {erased_at}\n");
    if *key_destroyed {
        text.push_str(
            "destroyed  the key of its personal fields: phone number, variables, notes, attributes, \
             answers and evidence can be opened by nobody any more, here and in every export\n",
        );
    }
    if let Some(remains) = remains {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "not done   {remains}");
    }
    text.push_str(
        "remains    the contact tag, by which the number is known again when it comes back; ids, \
         statuses and times; copies that were made elsewhere, such as backups of the keys: a \
         restore erases the lead again, and until they are deleted they can open its fields\n",
    );
    text
}
