//! `branchline-log prove`: the dossier of one workflow or lead.

use std::{io::Write, path::Path};

use anyhow::{Context as _, bail};
use branchline_evidence::{gathering::Gathering, head::SignedHead};
use branchline_journal::record::Position;
use branchline_vault::signing::SigningKey;

use crate::{
    AsOf, Evidence, Fault, Soundness, Subject,
    gathered::gather,
    kept::{KeptHead, write_new},
};

/// The head that a dossier is made for.
#[derive(Clone, Copy, Debug)]
pub enum DossierHead<'a> {
    /// The end of the journal, unsigned: whoever checks it has a head of the same size.
    End,
    /// One that somebody kept, in this file.
    Kept(&'a Path),
    /// The end of the journal, signed with the key in this file.
    Signed(&'a Path),
}

/// Writes the dossier of a workflow or lead to a new file, or to `out` for `-`.
///
/// # Errors
///
/// When there is no such workflow or lead as of the head, a record is damaged, or the file is there
/// already; [`Fault::Damaged`] when the records are not those of the kept head.
pub fn run(
    evidence: &Evidence,
    subject: Subject,
    head: DossierHead<'_>,
    file: &Path,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let (kept, key) = match head {
        DossierHead::End => (None, None),
        DossierHead::Kept(file) => (Some(KeptHead::read(file, None)?), None),
        DossierHead::Signed(file) => (None, Some(SigningKey::read(file)?)),
    };
    let until = kept.as_ref().map_or(AsOf::Head, |kept| AsOf::Position(Position(kept.tree().size)));
    let mut gathering = Gathering::new().with_stream(subject.stream());
    gather(evidence, &mut gathering, until)?;
    let tree = gathering.head();
    if let Some(kept) = &kept {
        kept.compare(&tree)?;
    }
    if gathering.found().is_empty() {
        bail!(
            "there is no {subject} in the first {} records; `branchline-log list` shows what is",
            tree.size
        );
    }
    let mut dossier = gathering.dossier().context("cannot prove it")?;
    let signed = key.map(|key| SignedHead::sign(tree, &key));
    if let Some(note) = signed.or_else(|| kept.map(|kept| kept.head().clone())) {
        dossier = dossier.with_note(note)?;
    }
    // Nothing is given away that does not hold.
    dossier.check(&tree).map_err(|error| Fault::Damaged(error.to_string()))?;
    let (text, proof) = (dossier.to_json()?, dossier.proof_bytes());
    write_new(file, &text, out)?;
    eprintln!(
        "{} records of {subject}, proven in {} with {proof} bytes; the dossier has {} bytes",
        dossier.len(),
        tree.size,
        text.len()
    );
    Ok(Soundness::Sound)
}
