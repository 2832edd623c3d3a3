//! The whole journal in one answer.

use std::{str::FromStr, sync::Arc};

use actix_web::{HttpRequest, HttpResponse, http::header};
use branchline_evidence::lines::LineWriter;
use branchline_journal::record::Position;

use super::{
    HEAD, admin, body,
    records::{NDJSON, each},
};
use crate::{headers::state, paging::number, problem::Answer, query::Query};

/// How an export is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    /// Lines of JSON.
    #[default]
    Jsonl,
}

impl FromStr for Form {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "jsonl" => Ok(Self::Jsonl),
            other => {
                let shown: String = other.chars().take(80).collect();
                Err(format!("`{shown}` is not jsonl"))
            }
        }
    }
}

/// `GET /v1/admin/export`
///
/// 200 with every record up to `until`, or to the last one there is when it is asked, and the end
/// that says that it is whole. `Branchline-Head` says how many records that are. 400, also for an
/// `until` beyond the end.
pub(crate) async fn export(request: HttpRequest) -> Answer {
    let store = Arc::clone(&admin(&request)?.store);
    let head = store.head();
    let mut query = Query::of(&request)?;
    let form = query.value::<Form>("format").unwrap_or_default();
    let until = number(&mut query, "until", 0, u64::MAX).unwrap_or(head.0);
    if until > head.0 {
        query.fault("until", &format!("the journal ends at {head}"));
    }
    query.finish()?;
    let until = Position(until);
    let shutdown = state(&request)?.shutdown.clone();
    let Form::Jsonl = form;
    let written = body::written(shutdown, move |out| {
        let mut lines = LineWriter::new(out);
        each(store.as_ref(), Position::START, until, |record| lines.write(record))?;
        lines.finish().map(drop)
    });
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, NDJSON))
        .insert_header((HEAD, until.0))
        .streaming(written))
}
