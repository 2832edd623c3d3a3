//! The orders that lists come in.

use std::{cmp::Ordering, fmt::Debug};

/// What rows are sorted by; rows with the same value stay in the order they came.
pub trait SortKey: Copy + Default + Eq + Debug + 'static {
    /// Each with its name in the API; the first one is what a list is sorted by when nobody says.
    const ALL: &'static [(&'static str, Self)];

    /// Stands for it in cursors, so that one of another order is noticed.
    fn letter(self) -> char;
}

/// What workflows are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WorkflowSort {
    /// When they were created.
    #[default]
    CreatedAt,
    /// When they were last changed.
    UpdatedAt,
    /// Their title, upper and lower case alike.
    Title,
    /// Draft, active, paused, completed, cancelled.
    Status,
}

impl SortKey for WorkflowSort {
    const ALL: &'static [(&'static str, Self)] = &[
        ("created_at", Self::CreatedAt),
        ("updated_at", Self::UpdatedAt),
        ("title", Self::Title),
        ("status", Self::Status),
    ];

    fn letter(self) -> char {
        match self {
            Self::CreatedAt => 'p',
            Self::UpdatedAt => 'u',
            Self::Title => 't',
            Self::Status => 's',
        }
    }
}

/// What leads are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LeadSort {
    /// When they were enrolled.
    #[default]
    EnrolledAt,
    /// When they came to their node; those that came to none are last, whichever way.
    EnteredAt,
    /// Pending, active, completed, dropped, removed.
    Status,
}

impl SortKey for LeadSort {
    const ALL: &'static [(&'static str, Self)] = &[
        ("enrolled_at", Self::EnrolledAt),
        ("entered_at", Self::EnteredAt),
        ("status", Self::Status),
    ];

    fn letter(self) -> char {
        match self {
            Self::EnrolledAt => 'p',
            Self::EnteredAt => 'e',
            Self::Status => 's',
        }
    }
}

/// What calls are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallSort {
    /// When they were requested.
    #[default]
    CreatedAt,
    /// When they ended; those that have not are last, whichever way.
    EndedAt,
    /// Their status, in the order of CONTRACT.md 4.
    Status,
}

impl SortKey for CallSort {
    const ALL: &'static [(&'static str, Self)] =
        &[("created_at", Self::CreatedAt), ("ended_at", Self::EndedAt), ("status", Self::Status)];

    fn letter(self) -> char {
        match self {
            Self::CreatedAt => 'p',
            Self::EndedAt => 'e',
            Self::Status => 's',
        }
    }
}

/// What imports are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImportSort {
    /// When they began.
    #[default]
    At,
}

impl SortKey for ImportSort {
    const ALL: &'static [(&'static str, Self)] = &[("at", Self::At)];

    fn letter(self) -> char {
        match self {
            Self::At => 'p',
        }
    }
}

/// What API keys are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApiKeySort {
    /// When they were made.
    #[default]
    CreatedAt,
}

impl SortKey for ApiKeySort {
    const ALL: &'static [(&'static str, Self)] = &[("created_at", Self::CreatedAt)];

    fn letter(self) -> char {
        match self {
            Self::CreatedAt => 'p',
        }
    }
}

/// What refused actions are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RefusalSort {
    /// When they were refused.
    #[default]
    At,
}

impl SortKey for RefusalSort {
    const ALL: &'static [(&'static str, Self)] = &[("at", Self::At)];

    fn letter(self) -> char {
        match self {
            Self::At => 'p',
        }
    }
}

/// What messages of providers are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProviderEventSort {
    /// When they were recorded.
    #[default]
    ReceivedAt,
}

impl SortKey for ProviderEventSort {
    const ALL: &'static [(&'static str, Self)] = &[("received_at", Self::ReceivedAt)];

    fn letter(self) -> char {
        match self {
            Self::ReceivedAt => 'p',
        }
    }
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order<S> {
    /// What rows are sorted by.
    pub by: S,
    /// The greatest first.
    pub descending: bool,
}

impl<S: SortKey> Order<S> {
    /// The letter of cursors in this order: a capital one when the greatest come first.
    pub(crate) fn letter(self) -> char {
        let letter = self.by.letter();
        if self.descending { letter.to_ascii_uppercase() } else { letter }
    }

    /// The place of a row with this value. Places grow in the order of the list, so a list from the
    /// greatest has them below zero.
    pub(crate) fn place(self, value: i64, row: u32) -> Place {
        let place = Place { value, row: row.into() };
        if self.descending { Place { value: -place.value, row: -place.row } } else { place }
    }

    /// The place of a row without a value: behind all others.
    pub(crate) fn last_place(self, row: u32) -> Place {
        Place { value: i64::MAX, ..self.place(0, row) }
    }
}

/// Where a row is in an ordered list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) value: i64,
    row: i64,
}

impl Place {
    /// As a cursor names it.
    pub(crate) const fn of(value: i64, row: i64) -> Self {
        Self { value, row }
    }

    /// The row's number.
    pub(crate) fn row(self) -> u32 {
        u32::try_from(self.row.unsigned_abs()).unwrap_or(u32::MAX)
    }

    /// As a cursor has it.
    pub(crate) const fn parts(self) -> (i64, i64) {
        (self.value, self.row)
    }
}

/// Places that grow, out of several lists of places that grow.
pub(crate) struct Merged<'a> {
    parts: Vec<Part<'a>>,
    /// The next place of each part that has one, the least at the top.
    heads: std::collections::BinaryHeap<Head>,
}

/// A list of places that grow.
pub(crate) type Part<'a> = Box<dyn Iterator<Item = Place> + 'a>;

#[derive(PartialEq, Eq)]
struct Head(Place, usize);

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        // The heap gives its greatest first.
        (other.0, other.1).cmp(&(self.0, self.1))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Merges parts. A step costs the logarithm of their number.
pub(crate) fn merged(mut parts: Vec<Part<'_>>) -> Part<'_> {
    if parts.len() == 1
        && let Some(only) = parts.pop()
    {
        return only;
    }
    let firsts = parts.iter_mut().enumerate();
    let heads = firsts.filter_map(|(at, part)| Some(Head(part.next()?, at))).collect();
    Box::new(Merged { parts, heads })
}

impl Iterator for Merged<'_> {
    type Item = Place;

    fn next(&mut self) -> Option<Place> {
        let Head(place, at) = self.heads.pop()?;
        if let Some(next) = self.parts.get_mut(at).and_then(Iterator::next) {
            self.heads.push(Head(next, at));
        }
        Some(place)
    }
}

/// Rows that may be sorted for one page. Unit: rows.
pub const SORTED_ROWS_MAX: u64 = 50_000;

/// A list is too long for an order that it has no index for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLongToSort {
    /// Rows that would have to be sorted for each page.
    pub rows: u64,
}

impl TooLongToSort {
    /// # Errors
    ///
    /// When there are more than [`SORTED_ROWS_MAX`] rows.
    pub(crate) const fn check(rows: u64) -> Result<(), Self> {
        if rows > SORTED_ROWS_MAX { Err(Self { rows }) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_grow_in_both_directions_and_rows_without_a_value_are_last() {
        for descending in [false, true] {
            let order = Order { by: LeadSort::EnteredAt, descending };
            let mut places = [order.place(5, 1), order.place(7, 2), order.last_place(3)];
            places.sort_unstable();
            let rows = places.map(Place::row);
            assert_eq!(rows, if descending { [2, 1, 3] } else { [1, 2, 3] });
        }
    }

    #[test]
    fn parts_are_merged_in_order() {
        let order = Order::<LeadSort>::default();
        let part = |rows: &'static [u32]| -> Part<'static> {
            Box::new(rows.iter().map(move |&row| order.place(0, row)))
        };
        let rows: Vec<u32> = merged(vec![part(&[1, 5, 9]), part(&[]), part(&[2, 6]), part(&[0])])
            .map(Place::row)
            .collect();
        assert_eq!(rows, [0, 1, 2, 5, 6, 9]);
    }
}
