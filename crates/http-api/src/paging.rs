//! Lists in pages: `page` and `limit`, or a `cursor` from an earlier answer.

use std::{fmt, str::FromStr};

use branchline_projections::{ListCursor, PageStart, Paging};
use serde::Serialize;
use utoipa::ToSchema;

use crate::query::Query;

/// Rows of a page when the caller does not say. Source: CONTRACT.md 9.
const LIMIT_DEFAULT: u64 = 20;
/// Rows of a page at most. Source: CONTRACT.md 9.
const LIMIT_MAX: u64 = 100;

/// A place in a list that is whole in memory: rows before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowCursor(u64);

impl fmt::Display for RowCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{:x}", self.0)
    }
}

impl FromStr for RowCursor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.strip_prefix('r')
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| u64::from_str_radix(digits, 16).ok())
            .map(Self)
            .ok_or_else(|| {
                let shown: String = text.chars().take(80).collect();
                format!("`{shown}` is not a cursor of this list: use a next_cursor of it")
            })
    }
}

/// Which part of a list a request wants; `C` is the list's cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted<C> {
    cursor: Option<C>,
    page: u64,
    limit: u64,
}

/// The answer to a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listing<T> {
    data: Vec<T>,
    meta: Meta,
}

impl<T> Listing<T> {
    /// The same place of the list, with its rows shown another way.
    pub(crate) fn map_rows<U>(self, show: impl FnOnce(Vec<T>) -> Vec<U>) -> Listing<U> {
        Listing { data: show(self.data), meta: self.meta }
    }

    /// The rows.
    pub(crate) fn rows(&self) -> &[T] {
        &self.data
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PageMeta)]
struct Meta {
    /// None when the page was asked for by cursor.
    page: Option<u64>,
    limit: u64,
    total: u64,
    total_pages: u64,
    next_cursor: Option<String>,
}

/// Reads a number within its limits; a fault is left in the query.
pub(crate) fn number(query: &mut Query, name: &'static str, least: u64, most: u64) -> Option<u64> {
    let number = query.value::<u64>(name)?;
    if (least..=most).contains(&number) {
        return Some(number);
    }
    let problem = if most == u64::MAX {
        format!("{number} is below {least}")
    } else {
        format!("{number} is not from {least} to {most}")
    };
    query.fault(name, &problem);
    None
}

impl<C: FromStr<Err: fmt::Display>> Wanted<C> {
    /// Reads `page`, `limit` and `cursor`; faults are left in the query.
    pub(crate) fn of(query: &mut Query) -> Self {
        let limit = number(query, "limit", 1, LIMIT_MAX).unwrap_or(LIMIT_DEFAULT);
        let page = number(query, "page", 1, u64::MAX);
        let cursor = query.value::<C>("cursor");
        if page.is_some() && cursor.is_some() {
            query.fault("cursor", "stands for a place of its own: leave page out");
        }
        Self { cursor, page: page.unwrap_or(1), limit }
    }
}

impl<C> Wanted<C> {
    fn meta(&self, total: u64, next_cursor: Option<String>) -> Meta {
        Meta {
            page: self.cursor.is_none().then_some(self.page),
            limit: self.limit,
            total,
            total_pages: total.div_ceil(self.limit),
            next_cursor,
        }
    }

    fn rows(&self) -> usize {
        usize::try_from(self.limit).unwrap_or(usize::MAX)
    }
}

impl Wanted<ListCursor> {
    /// The same, as the read models take it.
    pub(crate) fn paging(&self) -> Paging {
        let start = self.cursor.map_or(PageStart::Page(self.page), PageStart::After);
        Paging { start, limit: self.rows() }
    }

    /// The answer with the rows that were found and shown.
    pub(crate) fn listing<T>(
        &self,
        total: u64,
        next: Option<ListCursor>,
        data: Vec<T>,
    ) -> Listing<T> {
        Listing { data, meta: self.meta(total, next.map(|cursor| cursor.to_string())) }
    }
}

impl Wanted<RowCursor> {
    /// Cuts the part out of a list that is whole in memory.
    pub(crate) fn cut<T>(&self, all: Vec<T>) -> Listing<T> {
        let total = all.len() as u64;
        let skipped = match self.cursor {
            Some(RowCursor(before)) => before,
            None => (self.page - 1).saturating_mul(self.limit),
        };
        let end = skipped.saturating_add(self.limit);
        let next = (end < total).then(|| RowCursor(end).to_string());
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
        let data = all.into_iter().skip(skipped).take(self.rows()).collect();
        Listing { data, meta: self.meta(total, next) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(query: &str) -> Result<(Vec<u32>, u64, Option<String>), crate::problem::Problem> {
        let mut query = Query::parse(query)?;
        let wanted = Wanted::<RowCursor>::of(&mut query);
        query.finish()?;
        let listing = wanted.cut((1..=45).collect());
        Ok((listing.data, listing.meta.total_pages, listing.meta.next_cursor))
    }

    #[test]
    fn pages_and_cursors_walk_the_same_short_list() {
        let (first, pages, next) = cut("").unwrap();
        assert_eq!((first.len(), pages), (20, 3));
        let (second, ..) = cut(&format!("cursor={}", next.unwrap())).unwrap();
        assert_eq!(second, cut("page=2").unwrap().0);
        let (last, _, end) = cut("page=3&limit=20").unwrap();
        assert_eq!((last, end), ((41..=45).collect(), None));
        assert!(cut("page=18446744073709551615").unwrap().0.is_empty());
    }

    #[test]
    fn what_is_out_of_limits_is_refused() {
        for query in ["page=0", "limit=0", "limit=101", "cursor=x", "page=2&cursor=r14", "pge=1"] {
            assert_eq!(cut(query).unwrap_err().code, "invalid_query", "{query}");
        }
    }
}
