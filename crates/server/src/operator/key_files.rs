//! `branchline keys backup`: the key store in a file of its own.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use branchline_vault::{
    Vault,
    key_backup::{KeyBackup, KeyCounts},
};
use clap::Args;

use super::{client::Server, new_file};
use crate::{config::Config, print};

/// Flags of `keys backup`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  branchline keys backup monday.keys --data-dir my-data")]
pub(crate) struct KeysBackupArgs {
    /// The file to make. One that is there is left as it is.
    #[arg(value_name = "OUT.keys")]
    out: PathBuf,
    /// Directory of journal and keys, of a running or a stopped server.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

pub(crate) fn back_up(config: &Config, args: &KeysBackupArgs) -> anyhow::Result<ExitCode> {
    let data_dir = args.data_dir.as_ref().unwrap_or(&config.storage.data_dir);
    let keys = data_dir.join("keys");
    let server = Server::of(data_dir)?;
    let write = |out: &mut dyn std::io::Write| {
        if let Some(server) = &server
            && server.download("/v1/admin/keys", out)?
        {
            return Ok(());
        }
        let vault = Vault::open_read_only(&keys)
            .with_context(|| format!("cannot read the keys in {}", keys.display()))?;
        vault.back_up(out)?;
        Ok(())
    };
    let backup = new_file::make(&args.out, write, |path| Ok(KeyBackup::open(path)?))?;
    print::out(&format!(
        "{}: {} of vault {}\n",
        args.out.display(),
        in_words(backup.counts()),
        backup.vault()
    ))?;
    eprintln!(
        "whoever has this file can open the fields of every lead in it: keep it apart from the \
         journal, and not for longer than people who want to be forgotten may be kept"
    );
    Ok(ExitCode::SUCCESS)
}

fn in_words(counts: KeyCounts) -> String {
    let KeyCounts { organisations, slots, live, erased, damaged } = counts;
    let unreadable = if damaged > 0 { format!(", {damaged} unreadable") } else { String::new() };
    format!(
        "{slots} slots ({live} keys, {erased} erased{unreadable}), organisations' keys: \
         {organisations}"
    )
}
