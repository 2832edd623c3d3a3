//! `branchline keys`: API keys, the key that signs heads of the journal, and copies of the key store.

use std::{
    path::{Path, PathBuf, absolute},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use branchline_vault::{
    SystemEntropy,
    signing::{KeyName, SigningKey},
};
use clap::{Args, Subcommand};

use crate::{
    config::Config,
    operator::{
        self, CreateKeyArgs, KeysBackupArgs, KeysRestoreArgs, ListKeysArgs, RevokeKeyArgs,
        RotateKeyArgs,
    },
    print,
};

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// API keys: makes one, which says who may ask the server for what, and prints it once.
    Create(CreateKeyArgs),
    /// API keys: shows all, with what each may do and when it was last used. No secret is kept to be shown.
    List(ListKeysArgs),
    /// API keys: makes one with the same name and scopes, and lets the old one end after an overlap.
    Rotate(RotateKeyArgs),
    /// API keys: ends one at once, for good.
    Revoke(RevokeKeyArgs),
    /// The signing key: makes the one that signs heads of the journal: FILE, which is secret, and FILE.pub, which is for
    /// everybody who checks heads.
    New(NewArgs),
    /// The keys that seal what is personal: writes all of leads and organisations, of a running or a stopped server, to one file.
    Backup(KeysBackupArgs),
    /// The keys that seal what is personal: puts those of a backup into a stopped data directory that has lost its own.
    Restore(KeysRestoreArgs),
}

/// Flags of `keys new`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    branchline keys new --name example.com/journal --out /etc/branchline/journal.key")]
pub(crate) struct NewArgs {
    /// Whose journal it signs: a name that nobody else uses, such as example.com/journal. Every head
    /// begins with it.
    #[arg(long, value_name = "NAME")]
    name: KeyName,
    /// The file to make, outside the data directory. One that is there is left as it is.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Directory of journal and keys, in which the key may not lie.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

pub(crate) fn run(config: &Config, command: KeysCommand) -> anyhow::Result<ExitCode> {
    match command {
        KeysCommand::Create(args) => operator::create_key(config, args),
        KeysCommand::List(args) => operator::list_keys(config, &args),
        KeysCommand::Rotate(args) => operator::rotate_key(config, &args),
        KeysCommand::Revoke(args) => operator::revoke_key(config, &args),
        KeysCommand::New(args) => new(config, args),
        KeysCommand::Backup(args) => operator::back_up_keys(config, &args),
        KeysCommand::Restore(args) => operator::restore_keys(&args),
    }
}

fn new(config: &Config, args: NewArgs) -> anyhow::Result<ExitCode> {
    let data_dir = args.data_dir.as_ref().unwrap_or(&config.storage.data_dir);
    refuse_inside(&args.out, data_dir)?;
    let public = public_file(&args.out);
    for file in [&args.out, &public] {
        if file.symlink_metadata().is_ok() {
            bail!("{} is there already and is left as it is; name another file", file.display());
        }
    }
    let key = SigningKey::generate(args.name, &SystemEntropy);
    key.write_new(&args.out)?;
    key.verifier().write_new(&public)?;
    print::out(&format!("{}\n", key.verifier()))?;
    eprintln!(
        "{} signs heads and is nobody else's to see; {} checks them and is for everybody",
        args.out.display(),
        public.display()
    );
    Ok(ExitCode::SUCCESS)
}

/// The name of the public half's file.
fn public_file(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".pub");
    name.into()
}

/// Whoever can change the journal must not find the key that signs it: a head that was signed
/// again after a change would prove nothing.
fn refuse_inside(file: &Path, data_dir: &Path) -> anyhow::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let folder = folder
        .canonicalize()
        .with_context(|| format!("cannot make {}: its directory must be there", file.display()))?;
    // A data directory that is not there yet has no links to follow.
    let data_dir = data_dir.canonicalize().or_else(|_| absolute(data_dir))?;
    if folder.starts_with(&data_dir) {
        bail!(
            "{} is inside the data directory {}; a key that signs the journal is kept apart from \
             it, on another disk or another machine",
            file.display(),
            data_dir.display()
        );
    }
    Ok(())
}
