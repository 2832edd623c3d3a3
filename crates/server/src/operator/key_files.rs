//! `branchline keys backup` and `keys restore`: the key store in a file of its own.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use branchline_engine::DataDirectory;
use branchline_journal::reader::JournalReader;
use branchline_vault::{
    Vault,
    key_backup::{KeyBackup, KeyCounts},
};
use clap::Args;

use super::{
    client::Server,
    new_file,
    restore::{keys_in_words, named_slots},
};
use crate::{config::Config, print};

/// Flags of `keys backup`.
#[derive(Debug, Args)]
pub(crate) struct KeysBackupArgs {
    /// The file to make. One that is there is left as it is.
    #[arg(value_name = "OUT.keys")]
    out: PathBuf,
    /// Directory of journal and keys, of a running or a stopped server.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// Flags of `keys restore`.
#[derive(Debug, Args)]
pub(crate) struct KeysRestoreArgs {
    /// The backup of the keys.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A stopped data directory that has its journal and no keys.
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
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
        DataDirectory::check_whole(data_dir)?;
        let vault = Vault::open_read_only(&keys)
            .with_context(|| format!("cannot read the keys in {}", keys.display()))?;
        vault.back_up(out)?;
        Ok(())
    };
    let backup = new_file::make(&args.out, write, |path| Ok(KeyBackup::open(path)?))?;
    print::out(&format!(
        "{}: vault {}, {}\n",
        args.out.display(),
        backup.vault(),
        in_words(backup.counts())
    ))?;
    eprintln!(
        "whoever has this file can open the fields of every lead in it: keep it apart from the \
         journal, and not for longer than people who want to be forgotten may be kept"
    );
    Ok(ExitCode::SUCCESS)
}

fn in_words(counts: KeyCounts) -> String {
    let KeyCounts { organisations, slots, live, erased, damaged } = counts;
    let unreadable = if damaged > 0 { format!(", unreadable {damaged}") } else { String::new() };
    format!(
        "slots {slots} (keys {live}, erased {erased}{unreadable}), organisations {organisations}"
    )
}

pub(crate) fn restore(args: &KeysRestoreArgs) -> anyhow::Result<ExitCode> {
    let backup = KeyBackup::open(&args.file)?;
    DataDirectory::check_whole(&args.data_dir)?;
    let journal = args.data_dir.join("journal");
    let reader = JournalReader::open(&journal)
        .with_context(|| format!("cannot read the journal in {}", journal.display()))?;
    let named = named_slots(&reader)?;
    let keys = args.data_dir.join("keys");
    refuse_keys(&keys, &backup)?;
    let restored = backup.restore(&keys, &named.slots)?;
    print::out(&keys_in_words(&restored))?;
    Ok(ExitCode::SUCCESS)
}

/// Keys that are there are newer than any backup of them, and may have forgotten more leads.
fn refuse_keys(keys: &Path, backup: &KeyBackup) -> anyhow::Result<()> {
    let Ok(vault) = Vault::open_read_only(keys) else { return Ok(()) };
    let (there, given) = (vault.id(), backup.vault());
    let whose = if there == given {
        "the same as in the backup".to_owned()
    } else {
        format!("vault {there}, and the backup is of vault {given}, another data directory's")
    };
    bail!(
        "{} has keys already ({whose}); move that directory away to restore keys in its place",
        keys.display()
    )
}
