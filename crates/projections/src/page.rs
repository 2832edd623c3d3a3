//! Lists in pages.

use std::{fmt, str::FromStr};

use crate::order::{Order, Place, SortKey};

/// Where a page begins: a place in one list, as text that means nothing to who holds it. It names
/// the last row of the page before by what the list is sorted by, so it stays good whatever comes,
/// goes or moves elsewhere in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListCursor {
    letter: char,
    place: Place,
}

impl ListCursor {
    /// The cursor behind a row.
    pub(crate) fn behind<S: SortKey>(order: Order<S>, place: Place) -> Self {
        Self { letter: order.letter(), place }
    }

    /// Whether it is of a list in this order.
    pub fn is_of<S: SortKey>(&self, order: Order<S>) -> bool {
        self.letter == order.letter()
    }
}

impl fmt::Display for ListCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, row) = self.place.parts();
        write!(f, "{}", self.letter)?;
        if value != 0 {
            write!(f, "{value:x}.")?;
        }
        write!(f, "{row:x}")
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
        let read = || {
            let mut chars = text.chars();
            let letter = chars.next().filter(char::is_ascii_alphabetic)?;
            let (value, row) = chars.as_str().split_once('.').unwrap_or(("0", chars.as_str()));
            Some(Self { letter, place: Place::of(number(value)?, number(row)?) })
        };
        read().ok_or_else(|| ParseListCursorError { text: text.chars().take(80).collect() })
    }
}

/// Reads a number as `{:x}` writes it: of one below zero, its two's complement.
fn number(digits: &str) -> Option<i64> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let bits = u64::from_str_radix(digits, 16).ok().filter(|_| plain)?;
    Some(i64::from_ne_bytes(bits.to_ne_bytes()))
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageStart {
    /// At this page, from 1; 0 is read as 1. The rows before it are counted, so what it costs grows
    /// with its number.
    Page(u64),
    /// Behind the last row of an earlier page. A cursor of another order stands for the beginning:
    /// see [`ListCursor::is_of`].
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

    /// The place behind which the page begins, when a cursor says so.
    pub(crate) fn after<S: SortKey>(&self, order: Order<S>) -> Option<Place> {
        match self.start {
            PageStart::After(cursor) => cursor.is_of(order).then_some(cursor.place),
            PageStart::Page(_) => None,
        }
    }

    /// Rows to be passed over before the page.
    pub(crate) const fn skipped(&self) -> u64 {
        match self.start {
            PageStart::Page(page) => page.saturating_sub(1).saturating_mul(if self.limit == 0 {
                1
            } else {
                self.limit as u64
            }),
            PageStart::After(_) => 0,
        }
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

/// Cuts a page out of rows that come in order, each with its place; after a cursor, only those
/// behind it. Rows behind the page are not looked at.
pub(crate) fn cut<S: SortKey, R, T>(
    rows: impl Iterator<Item = (Place, R)>,
    order: Order<S>,
    paging: Paging,
    total: u64,
    show: impl Fn(R) -> Option<T>,
) -> Page<T> {
    let (limit, skipped) = (paging.limit.max(1), paging.skipped());
    let mut page = Page { total, ..Page::default() };
    // No row is looked for where there can be none.
    if skipped >= total {
        return page;
    }
    let mut last = None;
    let mut passed = 0;
    for (place, row) in rows {
        passed += 1;
        if passed <= skipped {
            continue;
        }
        if page.items.len() == limit {
            page.next = last.map(|place| ListCursor::behind(order, place));
            break;
        }
        last = Some(place);
        page.items.extend(show(row));
        // Nothing is looked for where all were found.
        if passed == total {
            break;
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::LeadSort;

    fn keys(paging: Paging) -> Page<u32> {
        let order = Order::<LeadSort>::default();
        let after = paging.after(order);
        let rows = (1..=5).map(|key| (order.place(0, key * 10), key));
        let rows = rows.filter(|(place, _)| after.is_none_or(|after| *place > after));
        cut(rows, order, paging, 5, Some)
    }

    #[test]
    fn pages_and_cursors_walk_the_same_list() {
        let first = keys(Paging::first(2));
        assert_eq!((first.items, first.total), (vec![1, 2], 5));
        let next = Paging { start: PageStart::After(first.next.unwrap()), limit: 2 };
        assert_eq!(keys(next).items, [3, 4]);
        let third = keys(Paging { start: PageStart::Page(3), limit: 2 });
        assert_eq!((third.items, third.next), (vec![5], None));
        let beyond = keys(Paging { start: PageStart::Page(u64::MAX), limit: 2 });
        assert_eq!((beyond.items, beyond.total), (vec![], 5));
    }

    #[test]
    fn a_cursor_reads_back_and_other_text_is_refused() {
        for descending in [false, true] {
            let order = Order { by: LeadSort::EnteredAt, descending };
            for place in [order.place(1_800_000_000_000_000, 255), order.last_place(7)] {
                let cursor = ListCursor::behind(order, place);
                assert_eq!(cursor.to_string().parse(), Ok(cursor));
                assert!(cursor.is_of(order) && !cursor.is_of(Order::<LeadSort>::default()));
            }
        }
        let plain = Order::<LeadSort>::default();
        assert_eq!(ListCursor::behind(plain, plain.place(0, 255)).to_string(), "pff");
        for text in ["", "p", "pg", "p+1", "1ff", "p11111111111111111", "e.1", "e1.", "e1.2.3"] {
            assert!(text.parse::<ListCursor>().is_err(), "{text}");
        }
    }
}
