//! `branchline-log check`: whether a dossier holds, with nothing but a head or a key.

use std::{io::Write, path::Path, sync::Arc};

use branchline_evidence::{DOCUMENT_BYTES_MAX, dossier::Dossier, head::SignedHead};
use branchline_journal::record::Record;
use branchline_vault::signing::VerifierKey;

use crate::{
    Fault, Format, Soundness,
    kept::{KeptHead, damaged, read_at_most, read_key},
    told::tell,
};

/// What a dossier is checked with: at least one of the two.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trusted<'a> {
    /// The file of a head that was kept.
    pub head: Option<&'a Path>,
    /// The file of the key that checks heads.
    pub key: Option<&'a Path>,
}

/// Checks a dossier and writes its records, then what is proven and what is not.
///
/// # Errors
///
/// [`Fault::Damaged`] naming the first thing that is wrong; [`Fault::Misused`] when there is nothing
/// to check it with; when a file cannot be read.
pub fn run(
    file: &Path,
    trusted: Trusted<'_>,
    format: Format,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let key = trusted.key.map(read_key).transpose()?;
    let kept = trusted.head.map(|head| KeptHead::read(head, key.as_ref())).transpose()?;
    let bytes = read_at_most(file, DOCUMENT_BYTES_MAX)?;
    let dossier = Dossier::parse(&bytes).map_err(|error| damaged(file, &error))?;
    let head = match (&kept, &key) {
        (Some(kept), key) => {
            dossier.is_of(kept.head(), key.as_ref()).map_err(|error| damaged(file, &error))?;
            kept.head()
        }
        (None, Some(key)) => signed_head(&dossier, key, file)?,
        (None, None) => {
            let fix = "a dossier is checked with a head that you kept, --head FILE, or with the \
                       key that signs heads, --key FILE";
            return Err(Fault::Misused(fix.to_owned()).into());
        }
    };
    let records = dossier.check(&head.tree()).map_err(|error| damaged(file, &error))?;
    let count = records.len();
    let last = records.last().map(Record::last_version).unwrap_or_default();
    let end = records.last().map(|record| record.position).unwrap_or_default();
    let mut soundness = Soundness::Sound;
    for record in records {
        if tell(&Arc::new(record), format, out)? == Soundness::Damaged {
            soundness = Soundness::Damaged;
        }
    }
    let (size, origin) = (head.tree().size, head.origin());
    let signed = match &key {
        Some(key) => format!("signed by {}+{:08x}", key.name(), key.id()),
        None => "whose signature was not checked, for want of --key".to_owned(),
    };
    let verdict = format!(
        "proven: all {count} records of {} up to record {end}, versions 1 to {last}, unchanged in \
         the journal {origin:?} of {size} records, {signed}\n\
         not proven: that none came after record {end}",
        dossier.stream()
    );
    match format {
        Format::Text => writeln!(out, "{verdict}")?,
        // Lines of JSON stay lines of JSON.
        Format::Json => eprintln!("{verdict}"),
    }
    Ok(soundness)
}

/// The head in the dossier, which the key must have signed.
fn signed_head<'a>(
    dossier: &'a Dossier,
    key: &VerifierKey,
    file: &Path,
) -> anyhow::Result<&'a SignedHead> {
    let note = dossier.note().ok_or_else(|| {
        Fault::Misused(format!("{} has no signed head in it: say --head FILE", file.display()))
    })?;
    dossier.is_of(note, Some(key)).map_err(|error| damaged(file, &error))?;
    note.verify(key).map_err(|error| damaged(file, &error))?;
    Ok(note)
}
