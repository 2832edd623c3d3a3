//! Names of streams in documents.

use branchline_journal::record::{StreamId, StreamKind};
use uuid::Uuid;

/// The stream of a name, as [`StreamId`] shows it; what is wrong with the name otherwise.
pub(crate) fn parse(text: &str) -> Result<StreamId, &'static str> {
    let (kind, id) = text.split_once('_').ok_or("a stream's name has no `_`")?;
    let kind = match kind {
        "wf" => StreamKind::WORKFLOW,
        "lead" => StreamKind::LEAD,
        "org" => StreamKind::ORGANISATION,
        other => {
            let number = other.strip_prefix("stream").and_then(|number| number.parse().ok());
            StreamKind(number.ok_or("a stream is of no known kind")?)
        }
    };
    let id = Uuid::try_parse(id).map_err(|_| "a stream's name has no id")?;
    Ok(StreamId { kind, id })
}
