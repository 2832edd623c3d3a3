//! Lists in pages.

use std::{fmt, str::FromStr};

/// Where a page begins: a place in one list, as text that means nothing to who holds it. It stays
/// good while rows are added behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListCursor(pub(crate) u64);

impl fmt::Display for ListCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{:x}", self.0)
    }
}

/// A text that is no cursor of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseListCursorError {
    text: String,
}

impl fmt::Display for ParseListCursorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a cursor of a list: use a next_cursor of the same list", self.text)
    }
}

impl std::error::Error for ParseListCursorError {}

impl FromStr for ListCursor {
    type Err = ParseListCursorError;

    fn from_str(text: &str) -> Result<Self, ParseListCursorError> {
        text.strip_prefix('p')
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| u64::from_str_radix(digits, 16).ok())
            .map(Self)
            .ok_or_else(|| ParseListCursorError { text: text.chars().take(80).collect() })
    }
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageStart {
    /// At this page, from 1; 0 is read as 1.
    Page(u64),
    /// Behind the last row of an earlier page.
    After(ListCursor),
}

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// Where it begins.
    pub start: PageStart,
    /// Rows at most; 0 is read as 1. The caller sets the upper limit.
    pub limit: usize,
}

impl Paging {
    /// The first rows.
    pub const fn first(limit: usize) -> Self {
        Self { start: PageStart::Page(1), limit }
    }
}

/// Part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, in the order of the list.
    pub items: Vec<T>,
    /// Rows in the whole list, under the same filter.
    pub total: u64,
    /// Where the next page begins; `None` at the end of the list.
    pub next: Option<ListCursor>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { items: Vec::new(), total: 0, next: None }
    }
}

/// Cuts a page out of rows that come in order, each with its key, keys growing. With `known_total`
/// the rows behind the page are not looked at; rows before it may be left out by who starts after
/// a cursor.
pub(crate) fn cut<R: Copy, T>(
    rows: impl Iterator<Item = (u64, R)>,
    paging: Paging,
    known_total: Option<u64>,
    show: impl Fn(R) -> Option<T>,
) -> Page<T> {
    let limit = paging.limit.max(1);
    let mut to_skip = match paging.start {
        PageStart::Page(page) => page.saturating_sub(1).saturating_mul(limit as u64),
        PageStart::After(_) => 0,
    };
    let mut page = Page::default();
    let mut last_key = None;
    for (key, row) in rows {
        page.total += 1;
        if matches!(paging.start, PageStart::After(cursor) if key <= cursor.0) {
            continue;
        }
        if to_skip > 0 {
            to_skip -= 1;
        } else if page.items.len() < limit {
            last_key = Some(key);
            page.items.extend(show(row));
        } else {
            page.next = last_key.map(ListCursor);
            if known_total.is_some() {
                break;
            }
        }
    }
    page.total = known_total.unwrap_or(page.total);
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(paging: Paging, known_total: Option<u64>) -> Page<u64> {
        cut((1..=5).map(|key| (key * 10, key)), paging, known_total, Some)
    }

    #[test]
    fn pages_and_cursors_walk_the_same_list() {
        let first = keys(Paging::first(2), None);
        assert_eq!((first.items, first.total), (vec![1, 2], 5));
        let next = Paging { start: PageStart::After(first.next.unwrap()), limit: 2 };
        assert_eq!(keys(next, None).items, [3, 4]);
        let third = keys(Paging { start: PageStart::Page(3), limit: 2 }, None);
        assert_eq!((third.items, third.next), (vec![5], None));
        let beyond = keys(Paging { start: PageStart::Page(u64::MAX), limit: 2 }, None);
        assert_eq!((beyond.items, beyond.total), (vec![], 5));
    }

    #[test]
    fn a_known_total_is_told_although_the_rest_is_not_read() {
        assert_eq!(
            keys(Paging::first(0), Some(5)),
            Page { total: 5, ..keys(Paging::first(1), None) }
        );
    }

    #[test]
    fn a_cursor_reads_back_and_other_text_is_refused() {
        let cursor = ListCursor(255);
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in ["", "p", "pg", "p+1", "ff", "p11111111111111111"] {
            assert!(text.parse::<ListCursor>().is_err(), "{text}");
        }
    }
}
