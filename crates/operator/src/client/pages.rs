//! A list, page by page.

use std::collections::VecDeque;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Ask, Server};
use crate::fault::Fault;

/// Rows of a page: as many as the API gives at once.
const PAGE_ROWS: u64 = 100;

#[derive(Deserialize)]
struct Page {
    data: VecDeque<Box<RawValue>>,
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    total: Option<u64>,
    next_cursor: Option<String>,
}

/// The rows of a list as they came, fetched as they are wanted. Ends after an error.
pub(crate) struct Pages<'a, F> {
    server: &'a Server,
    /// The request for the list, without its place.
    ask: F,
    rows: VecDeque<Box<RawValue>>,
    cursor: Option<String>,
    begun: bool,
    over: bool,
    left: Option<u64>,
    /// Rows of the whole list, once the first page is there.
    pub(crate) total: Option<u64>,
}

impl<'a, F: Fn() -> Ask> Pages<'a, F> {
    /// The list that `ask` asks for, or its first `limit` rows.
    pub(crate) fn new(server: &'a Server, limit: Option<u64>, ask: F) -> Self {
        Self {
            server,
            ask,
            rows: VecDeque::new(),
            cursor: None,
            begun: false,
            over: false,
            left: limit,
            total: None,
        }
    }

    fn fetch(&mut self) -> Result<(), Fault> {
        let wanted = self.left.map_or(PAGE_ROWS, |left| left.min(PAGE_ROWS));
        let ask = (self.ask)().query("limit", Some(wanted)).query("cursor", self.cursor.as_ref());
        let page: Page = self.server.ask(&ask)?.read()?;
        self.begun = true;
        self.total = page.meta.total.or(self.total);
        self.cursor = page.meta.next_cursor;
        self.rows = page.data;
        Ok(())
    }
}

impl<F: Fn() -> Ask> Iterator for Pages<'_, F> {
    type Item = Result<Box<RawValue>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over || self.left == Some(0) {
            return None;
        }
        while self.rows.is_empty() {
            if self.begun && self.cursor.is_none() {
                self.over = true;
                return None;
            }
            if let Err(fault) = self.fetch() {
                self.over = true;
                return Some(Err(fault));
            }
        }
        if let Some(left) = &mut self.left {
            *left -= 1;
        }
        self.rows.pop_front().map(Ok)
    }
}
