//! `branchline restore`: a data directory out of the backups of its journal and its keys.
//!
//! The whole of both backups is checked before anything is written. The directory is marked as
//! unfinished until all of it is durable, so that nothing opens half of one.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context as _, ensure};
use branchline_domain::lead::LeadEvent;
use branchline_engine::DataDirectory;
use branchline_event_codec::{RecordedEvents, decode_record};
use branchline_journal::{
    block_file::BlockFileEnd,
    reader::JournalReader,
    record::Position,
    sled_store::{Import, SledOptions},
};
use branchline_vault::{
    Entropy, KeySlot, SystemEntropy, Vault, VaultOptions,
    key_backup::{JournalSlots, KeyBackup, NamedSlot, RestoredKeys},
};
use clap::{ArgGroup, Args};

use super::backup;
use crate::print;

/// Flags of `restore`.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("which keys").required(true).args(["keys", "without_keys"])
)]
pub(crate) struct RestoreArgs {
    /// The backup of the journal, as `branchline backup` makes it.
    #[arg(long, value_name = "FILE")]
    blocks: PathBuf,
    /// The backup of the keys, as `branchline keys backup` makes it. It may be older or newer than
    /// that of the journal.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// There is no backup of the keys: the fields of every lead read as erased, for good.
    #[arg(long)]
    without_keys: bool,
    /// The directory to make. One that is there must be empty.
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
}

/// What a journal says of keys.
pub(super) struct NamedSlots {
    /// Every slot, with its lead.
    pub(super) slots: JournalSlots,
    /// Leads that were ever enrolled.
    pub(super) leads: u64,
}

pub(crate) fn run(args: &RestoreArgs) -> anyhow::Result<ExitCode> {
    eprintln!("checking {} …", args.blocks.display());
    let (reader, end) = backup::checked(&args.blocks)?;
    let keys = args.keys.as_deref().map(KeyBackup::open).transpose()?;
    let named = named_slots(&reader)?;
    if let Some(keys) = &keys {
        keys.check_against(&named.slots)?;
    }
    let unfinished = DataDirectory::begin_restore(&args.data_dir)?;
    eprintln!("writing {} records to {} …", end.last, args.data_dir.display());
    import(&reader, &args.data_dir.join("journal"), &end)?;
    let into = args.data_dir.join("keys");
    let restored = if let Some(keys) = &keys {
        keys.restore(&into, &named.slots)?
    } else {
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let options = VaultOptions { sealing: true };
        Vault::make_without_keys(&into, &entropy, options, &named.slots)?
    };
    unfinished.finish()?;
    let mut text =
        format!("{}: records {}, leads {}\n", args.data_dir.display(), end.last, named.leads);
    text.push_str(&keys_in_words(&restored));
    if keys.is_none() {
        text.push_str(
            "WITHOUT KEYS: the fields of every lead read as erased for good, and no number is known \
             again that was enrolled before\n",
        );
    }
    print::out(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Makes a journal of the blocks, byte for byte.
fn import(reader: &JournalReader, journal: &Path, expected: &BlockFileEnd) -> anyhow::Result<()> {
    let mut import = Import::begin(&SledOptions::new(journal))?;
    for block in reader.block_bytes() {
        import.block(&block?)?;
    }
    let head = import.finish()?;
    ensure!(head == expected.tree_head(), "the journal that was written is not that of the backup");
    Ok(())
}

/// The slots that the leads of a journal have, and which of the leads were erased.
///
/// # Errors
///
/// When a record cannot be read, with its position; when a slot is given to two leads.
pub(super) fn named_slots(reader: &JournalReader) -> anyhow::Result<NamedSlots> {
    let mut named = NamedSlots { slots: JournalSlots::new(), leads: 0 };
    for record in reader.records(Position::START) {
        let record = record?;
        let at = record.position;
        let read = decode_record(&record, None).with_context(|| format!("position {at}"))?;
        let Some(RecordedEvents::Lead(lead, events)) = read else { continue };
        let lead = lead.as_uuid();
        for event in &events {
            let (slot, erased) = if let LeadEvent::LeadEnrolled { key_slot, .. } = event {
                (KeySlot(*key_slot), false)
            } else if let LeadEvent::LeadErased { key_slot } = event {
                (KeySlot(*key_slot), true)
            } else {
                continue;
            };
            named.leads += u64::from(!erased);
            let known = named.slots.entry(slot).or_insert(NamedSlot { lead, erased });
            ensure!(
                known.lead == lead,
                "position {at}: key slot {slot} belongs to lead {} already, and is given to {lead}",
                known.lead
            );
            known.erased |= erased;
        }
    }
    Ok(named)
}

/// What became of the keys of the leads, a line each.
pub(super) fn keys_in_words(restored: &RestoredKeys) -> String {
    let RestoredKeys { live, erased_again, erased_before, without_key } = restored;
    format!(
        "  readable       {live:>9}\n\
         \x20 erased again   {erased_again:>9}  the key was in the backup and is left out\n\
         \x20 erased before  {erased_before:>9}  the key was not in the backup any more\n\
         \x20 without key    {without_key:>9}  not in the backup of the keys, mostly newer than it: \
         their fields read as erased\n"
    )
}
