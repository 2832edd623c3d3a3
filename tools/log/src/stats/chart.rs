//! A bar chart in text: a row each, as wide as the terminal.

use std::fmt::Write as _;

use console::Term;

/// Columns where nobody says how many there are: a file, a pipe.
const COLUMNS_DEFAULT: usize = 80;
/// Bars are not longer than this, however wide the terminal is. Unit: columns.
const BAR_MAX: usize = 100;
/// Nor shorter.
const BAR_MIN: usize = 8;
/// Eighths of a column, from one to seven.
const EIGHTHS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// What text is fitted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Columns.
    pub columns: usize,
    /// Whether it shows more than ASCII.
    pub unicode: bool,
}

impl Default for Screen {
    fn default() -> Self {
        Self { columns: COLUMNS_DEFAULT, unicode: false }
    }
}

impl Screen {
    /// The terminal on standard output; 80 columns of ASCII when there is none.
    pub fn of_stdout() -> Self {
        let terminal = Term::stdout();
        let columns = terminal.size_checked().map(|(_, columns)| usize::from(columns));
        Self {
            columns: columns.unwrap_or(COLUMNS_DEFAULT),
            unicode: terminal.is_term() && locale_is_utf8(|name| std::env::var(name).ok()),
        }
    }
}

/// Whether the locale that decides about characters is one of UTF-8. The first of these variables
/// that is set decides, as POSIX has it.
fn locale_is_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter();
    let locale = names.filter_map(variable).find(|value| !value.is_empty());
    let locale = locale.unwrap_or_default().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// The rows of a chart: label, number, bar. The longest bar is the largest number.
pub(super) fn bars(rows: &[(String, u64)], screen: Screen) -> Vec<String> {
    let labels = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    let numbers = rows.iter().map(|(_, number)| number.to_string().len()).max().unwrap_or(0);
    let largest = rows.iter().map(|(_, number)| *number).max().unwrap_or(0);
    // Two columns before each part.
    let room = screen.columns.saturating_sub(labels + numbers + 6).clamp(BAR_MIN, BAR_MAX);
    let row = |(label, number): &(String, u64)| {
        let bar = bar(*number, largest, room, screen.unicode);
        let mut line = format!("  {label:<labels$}  {number:>numbers$}");
        if !bar.is_empty() {
            // Writing to a `String` cannot fail.
            let _ = write!(line, "  {bar}");
        }
        line
    };
    rows.iter().map(row).collect()
}

/// A bar; what is more than nothing is never invisible.
fn bar(number: u64, largest: u64, room: usize, unicode: bool) -> String {
    let steps = if unicode { room * 8 } else { room };
    let length = u128::from(number) * steps as u128 / u128::from(largest.max(1));
    let length = usize::try_from(length).unwrap_or(steps).max(usize::from(number > 0));
    if !unicode {
        return "#".repeat(length);
    }
    let mut bar = "█".repeat(length / 8);
    bar.extend((length % 8).checked_sub(1).and_then(|eighths| EIGHTHS.get(eighths)));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(numbers: &[u64]) -> Vec<(String, u64)> {
        numbers.iter().map(|&number| (format!("h{number}"), number)).collect()
    }

    #[test]
    fn bars_fill_the_screen_and_no_more_and_stand_in_one_column() {
        let screen = Screen { columns: 30, unicode: false };
        let drawn = bars(&rows(&[100, 50, 1, 0]), screen);
        assert_eq!(
            drawn,
            [
                "  h100  100  #################",
                "  h50    50  ########",
                "  h1      1  #",
                "  h0      0"
            ]
        );
        assert_eq!(drawn.first().map(String::len), Some(30));
    }

    #[test]
    fn on_a_screen_that_shows_them_eighths_of_a_column_count() {
        let screen = Screen { columns: 21, unicode: true };
        assert_eq!(
            bars(&rows(&[16, 9, 1]), screen),
            ["  h16  16  ██████████", "  h9    9  █████▋", "  h1    1  ▋"]
        );
        assert_eq!(bar(1, 1_000_000, 10, true), "▏", "more than nothing is seen");
    }

    #[test]
    fn a_narrow_screen_still_shows_bars_and_numbers_of_any_size_do_not_overflow() {
        let screen = Screen { columns: 1, unicode: false };
        assert_eq!(bars(&rows(&[8]), screen), ["  h8  8  ########"]);
        assert_eq!(bar(u64::MAX, u64::MAX, 3, false), "###");
        assert_eq!(bars(&[], screen), Vec::<String>::new());
    }

    #[test]
    fn the_first_variable_that_is_set_decides_about_characters() {
        let locale = |set: &'static [(&str, &str)]| {
            move |name: &str| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            }
        };
        assert!(locale_is_utf8(locale(&[("LANG", "de_DE.UTF-8")])));
        assert!(locale_is_utf8(locale(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8"), ("LANG", "C")])));
        assert!(!locale_is_utf8(locale(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")])));
        assert!(!locale_is_utf8(locale(&[])));
    }
}
