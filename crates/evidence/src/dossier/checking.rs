//! The check of a dossier: needs its bytes and a root, and nothing else.

use branchline_journal::{
    merkle::{self, TreeHead},
    record::{Position, Record, Version},
    record_format::{canonical, decode_canonical},
};

use super::{Dossier, DossierError, ProvenRecord, RecordProblem};

pub(super) fn check(dossier: &Dossier, trusted: &TreeHead) -> Result<Vec<Record>, DossierError> {
    if dossier.head != *trusted {
        return Err(DossierError::OtherTree { trusted: *trusted, found: dossier.head });
    }
    let mut records: Vec<Record> = Vec::with_capacity(dossier.records.len());
    let mut leaves = Vec::with_capacity(dossier.records.len());
    for proven in &dossier.records {
        let record = decoded(dossier, proven).and_then(|record| {
            follows(&record, records.last())?;
            Ok(record)
        });
        let position = proven.position;
        let record = record.map_err(|problem| DossierError::Record { position, problem })?;
        leaves.push((position.0 - 1, proven.leaf));
        records.push(record);
    }
    if records.is_empty() {
        return Err(DossierError::Empty);
    }
    if merkle::verify_inclusion(&leaves, trusted.size, &dossier.proof, &trusted.root) {
        Ok(records)
    } else {
        Err(DossierError::Proof)
    }
}

/// The record, when it is what the dossier says that it is.
fn decoded(dossier: &Dossier, proven: &ProvenRecord) -> Result<Record, RecordProblem> {
    if merkle::leaf(&proven.bytes) != proven.leaf {
        return Err(RecordProblem::Leaf);
    }
    let record = decode_canonical(&proven.bytes)?;
    if canonical(&record) != proven.bytes {
        return Err(RecordProblem::NotCanonical);
    }
    // The first position is 1: a leaf's number is one less.
    if record.position != proven.position || record.position == Position::START {
        return Err(RecordProblem::Position { found: record.position });
    }
    if record.body.stream != dossier.stream {
        return Err(RecordProblem::Stream { found: record.body.stream });
    }
    if record.position.0 > dossier.head.size {
        return Err(RecordProblem::BeyondHead { size: dossier.head.size });
    }
    Ok(record)
}

/// Nothing of the stream lies between the record and the one before it.
fn follows(record: &Record, before: Option<&Record>) -> Result<(), RecordProblem> {
    let expected = Version(before.map_or(0, |before| before.last_version().0) + 1);
    if record.version != expected {
        return Err(RecordProblem::Version { expected, found: record.version });
    }
    let expected = before.map(|before| before.position);
    if record.prev != expected {
        return Err(RecordProblem::Prev { expected, found: record.prev });
    }
    Ok(())
}
