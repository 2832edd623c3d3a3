//! One pass over the records that leaves what proofs need.

use anyhow::Context as _;
use branchline_domain::time::Timestamp;
use branchline_evidence::gathering::Gathering;

use crate::{AsOf, Evidence};

/// Pushes the records up to a moment, and says when the last of them was decided.
///
/// # Errors
///
/// At the first damaged record: nothing is proven of a journal that cannot be read whole.
pub(crate) fn gather(
    evidence: &Evidence,
    gathering: &mut Gathering,
    until: AsOf,
) -> anyhow::Result<Option<Timestamp>> {
    let mut last = None;
    let mut progress = evidence.progress("hashing");
    for record in evidence.records() {
        let record = record.context("nothing is proven of what cannot be read")?;
        if until.is_before(&record) {
            break;
        }
        gathering.push(&record)?;
        progress.at(record.position.0);
        last = Some(Timestamp::from_micros(record.body.recorded_at.0));
        // Not one more is read: what comes after a head may be damaged.
        if until == AsOf::Position(record.position) {
            break;
        }
    }
    Ok(last)
}
