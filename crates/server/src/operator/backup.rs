//! `branchline backup`: the journal in one file, from a running or a stopped server.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, anyhow, bail};
use branchline_engine::DataDirectory;
use branchline_evidence::hex;
use branchline_journal::{
    block_file::{BlockFileEnd, BlockFileWriter},
    reader::{JournalReader, Origin},
};
use clap::Args;

use super::{client::Server, new_file};
use crate::{config::Config, print};

/// Flags of `backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The file to make. One that is there is left as it is.
    #[arg(value_name = "OUT.blocks")]
    out: PathBuf,
    /// Directory of journal and keys, of a running or a stopped server.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

pub(crate) fn run(config: &Config, args: &BackupArgs) -> anyhow::Result<ExitCode> {
    let data_dir = args.data_dir.as_ref().unwrap_or(&config.storage.data_dir);
    let server = Server::of(data_dir)?;
    let write = |out: &mut dyn Write| {
        if let Some(server) = &server
            && server.download("/v1/admin/export?format=blocks", out)?
        {
            return Ok(());
        }
        DataDirectory::check_whole(data_dir)?;
        of_stopped(&data_dir.join("journal"), out)
    };
    let end = new_file::make(&args.out, write, |path| checked(path).map(|(_, end)| end))?;
    print::out(&format!(
        "{}: {} records in {} blocks, root {}\n",
        args.out.display(),
        end.last,
        end.blocks,
        hex::text(&end.root)
    ))?;
    eprintln!(
        "the keys are not in it: `branchline keys backup` saves them, and without them the fields \
         of every lead read as erased"
    );
    Ok(ExitCode::SUCCESS)
}

/// Writes the journal of a stopped server, out of a private copy.
fn of_stopped(journal: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    let reader = JournalReader::open(journal)
        .with_context(|| format!("cannot read the journal in {}", journal.display()))?;
    if let Origin::Salvaged { reason } = reader.origin() {
        bail!(
            "{} does not open and is no journal to back up: {reason}; `branchline-log export` saves \
             what can be read",
            journal.display()
        );
    }
    let acknowledged = reader.acknowledged()?;
    let mut blocks = BlockFileWriter::new(out)?;
    for block in reader.block_bytes() {
        blocks.push(&block?)?;
    }
    if let Some(acknowledged) = acknowledged.filter(|&acknowledged| acknowledged > blocks.last()) {
        bail!(
            "the journal ends at position {}, and {acknowledged} was acknowledged: records are lost",
            blocks.last()
        );
    }
    blocks.finish()?;
    Ok(())
}

/// Opens a backup and checks every byte of it: checksums, chain, hash trees and the end.
///
/// # Errors
///
/// When it is not whole, with the place.
pub(super) fn checked(path: &Path) -> anyhow::Result<(JournalReader, BlockFileEnd)> {
    let reader = JournalReader::open_file(path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let wrong = |what: String| {
        anyhow!("{} is no whole backup of a journal: {what}; use another one", path.display())
    };
    let mut verify = reader.verify();
    if let Some(report) = verify.by_ref().find(|report| report.finding.is_some()) {
        let finding = report.finding.map(|finding| finding.to_string()).unwrap_or_default();
        let place = report.offset.map(|at| format!(" (byte {at})")).unwrap_or_default();
        return Err(wrong(format!("it is damaged at position {}{place}: {finding}", report.key)));
    }
    let verified = verify.finish();
    if !verified.is_sound() {
        return Err(wrong(format!("its end does not fit its {} records", verified.records)));
    }
    let end = reader.file_end().copied().ok_or_else(|| wrong("it was cut".to_owned()))?;
    Ok((reader, end))
}
