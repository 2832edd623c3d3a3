//! The whole journal in one answer.

use std::{io, str::FromStr, sync::Arc};

use actix_web::{HttpRequest, HttpResponse, http::header};
use branchline_evidence::lines::LineWriter;
use branchline_journal::block_file::{BlockFileError, BlockFileWriter};
use branchline_journal::record::Position;
use branchline_journal::store::{EventStore, ReadError};

use super::{
    HEAD, admin,
    proofs::{reading, unreadable},
    records::{NDJSON, each},
};
use crate::{
    headers::state,
    openapi::{self, names},
    paging::{NUMBER_MAX, number},
    problem::Answer,
    query::Query,
    written::{self, Pieces},
};

/// Blocks read at once: about a megabyte.
const BLOCKS_AT_ONCE: usize = 64;

/// How an export is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    /// Lines of JSON.
    #[default]
    Jsonl,
    /// The journal's own blocks, byte for byte.
    Blocks,
}

impl FromStr for Form {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "jsonl" => Ok(Self::Jsonl),
            "blocks" => Ok(Self::Blocks),
            _ => Err("is neither jsonl nor blocks".into()),
        }
    }
}

impl Form {
    const fn media_type(self) -> &'static str {
        match self {
            Self::Jsonl => NDJSON,
            Self::Blocks => "application/octet-stream",
        }
    }

    fn write(self, store: &dyn EventStore, until: Position, out: &mut Pieces) -> io::Result<()> {
        match self {
            Self::Jsonl => {
                let mut lines = LineWriter::new(out);
                each(store, Position::START, until, |record| lines.write(record))?;
                lines.finish().map(drop)
            }
            Self::Blocks => write_blocks(store, until, out),
        }
    }
}

/// Writes the blocks up to a position, which must be the end of one.
fn write_blocks(store: &dyn EventStore, until: Position, out: &mut Pieces) -> io::Result<()> {
    let mut file = BlockFileWriter::new(out)?;
    while file.last() < until {
        let next = file.last().next();
        let blocks = store.read_blocks(next, BLOCKS_AT_ONCE).map_err(io::Error::other)?;
        if blocks.is_empty() {
            return Err(io::Error::other(format!("the journal has no block at {next}")));
        }
        for (_, block) in blocks.iter().take_while(|(first, _)| *first <= until) {
            file.push(block).map_err(|wrong| match wrong {
                BlockFileError::Io(wrong) => wrong,
                BlockFileError::Damaged { .. } => io::Error::other(wrong),
            })?;
        }
    }
    file.finish().map(drop)
}

/// Whether a block ends with this record.
fn ends_a_block(store: &dyn EventStore, until: Position) -> Result<bool, ReadError> {
    if until == Position::START || until == store.head() {
        return Ok(true);
    }
    let following = store.read_blocks(until.next(), 1)?;
    Ok(following.first().is_some_and(|(first, _)| *first == until.next()))
}

/// The whole journal up to a position.
#[utoipa::path(
    get, path = "/v1/admin/export", operation_id = "exportJournal", tag = openapi::OPERATOR,
    params(("format" = Option<names::ExportFormat>, Query, description = "Lines of JSON, or the journal's own blocks."), ("until" = Option<u64>, Query, description = "Position of the last record; that of the journal unless said otherwise.")),
    responses((status = 200, description = "Every record, and the end that says that it is whole.", content((String = "application/x-ndjson"), (Vec<u8> = "application/octet-stream")), headers(("Branchline-Head" = u64, description = "How many records the journal has, or the answer is of.")))),
)]
pub(crate) async fn export(request: HttpRequest) -> Answer {
    let admin = admin(&request)?;
    // Read once: what comes in while it is asked is not in it.
    let head = admin.store.head();
    let mut query = Query::of(&request)?;
    let form = query.value::<Form>("format").unwrap_or_default();
    let until = Position(number(&mut query, "until", 0, NUMBER_MAX).unwrap_or(head.0));
    if until > head {
        query.fault("until", &format!("the journal ends at {head}"));
    } else if form == Form::Blocks {
        let whole = reading(admin, move |store| ends_a_block(store, until).map_err(unreadable));
        if !whole.await? {
            query.fault("until", &format!("{until} is inside a block; lines can end there"));
        }
    }
    query.finish()?;
    let store = Arc::clone(&admin.store);
    let shutdown = state(&request)?.shutdown.clone();
    let written = written::written(shutdown, move |out| form.write(store.as_ref(), until, out));
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, form.media_type()))
        .insert_header((HEAD, until.0))
        .streaming(written))
}
