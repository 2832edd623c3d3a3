//! Lists in pages: `page` and `limit`, or a `cursor` from an earlier answer; and in an order.

use std::{fmt, str::FromStr};

use branchline_domain::nearest::advice;
use branchline_projections::{
    ListCursor, Order, PageStart, Paging, SORTED_ROWS_MAX, SortKey, TooLongToSort,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    error_mapping::Refusal,
    problem::{FieldFault, Problem},
    query::Query,
};

/// Rows of a page when the caller does not say. Source: CONTRACT.md 9.
const LIMIT_DEFAULT: u64 = 20;
/// Rows of a page at most. Source: CONTRACT.md 9.
const LIMIT_MAX: u64 = 100;

/// Largest number that a parameter takes: what the integers of any client hold.
pub(crate) const NUMBER_MAX: u64 = i64::MAX.cast_unsigned();

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
            .ok_or_else(|| "is not a cursor of this list: use a next_cursor of it".into())
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
    /// Rows of the whole list.
    total: u64,
    total_pages: u64,
    /// Where the list goes on; null at its end.
    next_cursor: Option<String>,
}

/// Reads a number within its limits; a fault is left in the query.
pub(crate) fn number(query: &mut Query, name: &'static str, least: u64, most: u64) -> Option<u64> {
    let number = query.value::<u64>(name)?;
    if (least..=most).contains(&number) {
        return Some(number);
    }
    query.fault(name, &format!("{number} is not from {least} to {most}"));
    None
}

impl<C: FromStr<Err: fmt::Display>> Wanted<C> {
    /// Reads `page`, `limit` and `cursor`; faults are left in the query.
    pub(crate) fn of(query: &mut Query) -> Self {
        let limit = number(query, "limit", 1, LIMIT_MAX).unwrap_or(LIMIT_DEFAULT);
        let page = number(query, "page", 1, NUMBER_MAX);
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

/// Reads `sort`: a name, with a `-` before it for the greatest first.
fn order<S: SortKey>(query: &mut Query) -> Order<S> {
    let Some(text) = query.text("sort") else { return Order::default() };
    let (name, descending) = match text.strip_prefix('-') {
        Some(name) => (name, true),
        None => (text.as_str(), false),
    };
    let by = S::ALL.iter().find(|(known, _)| *known == name).map(|&(_, by)| by);
    if by.is_none() {
        let given: String = name.chars().take(80).collect();
        let names: Vec<&str> = S::ALL.iter().map(|&(name, _)| name).collect();
        query
            .fault("sort", &format!("this list is not sorted by that; {}", advice(&given, &names)));
    }
    Order { by: by.unwrap_or_default(), descending }
}

/// 400: a list is too long for the order that was asked for; `how` says what to do.
pub(crate) fn too_long_to_sort(error: TooLongToSort, how: &str) -> Problem {
    let detail = format!(
        "sort: {} rows are too many to sort for each page, at most {SORTED_ROWS_MAX} are: {how}",
        error.rows
    );
    let fault = FieldFault { parameter: Some("sort".into()), detail, ..FieldFault::default() };
    Problem::invalid(Refusal::InvalidQuery, vec![fault])
}

impl Wanted<ListCursor> {
    /// Reads `sort`, `page`, `limit` and `cursor`; faults are left in the query.
    pub(crate) fn in_order<S: SortKey>(query: &mut Query) -> (Self, Order<S>) {
        let order = order(query);
        let wanted = Self::of(query);
        if wanted.cursor.is_some_and(|cursor| !cursor.is_of(order)) {
            query.fault("cursor", "is of a list in another order: give it the same sort");
        }
        (wanted, order)
    }

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
    use branchline_projections::LeadSort;

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
        assert!(cut("page=9223372036854775807").unwrap().0.is_empty());
    }

    #[test]
    fn what_is_out_of_limits_is_refused() {
        let sorted = |text| {
            let mut query = Query::parse(text)?;
            let (_, order) = Wanted::<ListCursor>::in_order::<LeadSort>(&mut query);
            query.finish().map(|()| order)
        };
        let entered = Order { by: LeadSort::EnteredAt, descending: true };
        assert_eq!(sorted("sort=-entered_at"), Ok(entered));
        assert_eq!(sorted("cursor=pff").unwrap(), Order::default());
        for text in ["sort=", "sort=--status", "sort=id", "sort=status&cursor=pff"] {
            assert_eq!(sorted(text).unwrap_err().code, "invalid_query", "{text}");
        }
        for query in ["page=0", "limit=0", "limit=101", "cursor=x", "page=2&cursor=r14", "pge=1"] {
            assert_eq!(cut(query).unwrap_err().code, "invalid_query", "{query}");
        }
    }
}
