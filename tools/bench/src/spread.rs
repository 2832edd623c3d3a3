//! One figure of several rounds: how it spread.

use std::fmt;

use serde::Serialize;

/// Width of a figure's name in a table.
const NAME: usize = 26;

/// The least, the middle and the greatest of what the rounds gave.
///
/// A figure that no round could measure is `NaN`, which JSON shows as `null`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Of one value a round. The median of an even number is the mean of the middle two.
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_unstable_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
        let last = values.len().saturating_sub(1);
        Self { min: at(0), median: at(last / 2).midpoint(at(values.len() / 2)), max: at(last) }
    }

    /// Of the rounds that could measure it; `None` when none could.
    pub(crate) fn of_known(values: impl IntoIterator<Item = Option<f64>>) -> Option<Self> {
        let values: Vec<f64> = values.into_iter().flatten().collect();
        (!values.is_empty()).then(|| Self::of(values))
    }

    /// A line of a table: name, median, unit, and how far the rounds went apart.
    pub(crate) fn row(&self, name: &str, decimals: usize, unit: &str) -> Row<'_> {
        Row { spread: self, name: name.to_owned(), decimals, unit: unit.to_owned() }
    }
}

/// See [`Spread::row`]. Shown without a line break.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    spread: &'a Spread,
    name: String,
    decimals: usize,
    unit: String,
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { spread: Spread { min, median, max }, name, decimals, unit } = self;
        write!(f, "  {name:<NAME$} {median:>12.decimals$} {unit:<7}")?;
        if min < max {
            write!(f, " {min:.decimals$} to {max:.decimals$}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(min: f64, median: f64, max: f64) -> Spread {
        Spread { min, median, max }
    }

    #[test]
    fn the_middle_of_the_sorted_values_is_the_median() {
        assert_eq!(Spread::of(vec![9.0, 1.0, 4.0]), spread(1.0, 4.0, 9.0));
        assert_eq!(Spread::of(vec![7.0, 1.0, 3.0, 2.0]), spread(1.0, 2.5, 7.0));
        assert_eq!(Spread::of(vec![5.0]), spread(5.0, 5.0, 5.0));
    }

    #[test]
    fn a_figure_that_nobody_measured_is_null() {
        let text = serde_json::to_string(&Spread::of(Vec::new())).unwrap();
        assert_eq!(text, r#"{"min":null,"median":null,"max":null}"#);
        assert_eq!(Spread::of_known([None, None]), None);
        assert_eq!(Spread::of_known([None, Some(2.0)]), Some(spread(2.0, 2.0, 2.0)));
    }

    #[test]
    fn a_row_tells_how_far_the_rounds_went_apart() {
        let of_rounds = Spread::of(vec![1.0, 2.0, 4.5]).row("answer p99", 1, "ms").to_string();
        assert_eq!(of_rounds, "  answer p99                          2.0 ms      1.0 to 4.5");
        let alone = Spread::of(vec![2.0]).row("answer p99", 1, "ms").to_string();
        assert_eq!(alone.trim_end(), "  answer p99                          2.0 ms");
    }
}
