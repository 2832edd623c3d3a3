//! How wide a text is, what is left of it when there is no room, and numbers as people read them.
//!
//! The server does not know the reader's font, so widths are those of a wide one (`DejaVu Sans`,
//! measured in a browser): a text that fits here fits everywhere.

use std::fmt::Write as _;

/// Widths of the printable ASCII characters from the space on. Unit: hundredths of the font size.
const WIDTHS: [u8; 95] = [
    32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 34, 34, 84, 84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75,
    79, 60, 79, 69, 63, 61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35,
    63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84,
];

/// Letters of other alphabets that are not as wide as they are high. Unit: as [`WIDTHS`].
const OTHER: u8 = 68;
/// Ideographs, syllables of East Asia, pictures. Unit: as [`WIDTHS`].
const FULL: u8 = 105;
/// How much wider bold letters are.
const BOLD: f64 = 1.11;

/// How thick letters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// As in running text.
    Regular,
    /// As in a heading.
    Bold,
}

fn width_of(letter: char) -> u8 {
    let code = u32::from(letter);
    if let Some(&width) =
        usize::try_from(code).ok().and_then(|code| WIDTHS.get(code.checked_sub(32)?))
    {
        return width;
    }
    match code {
        // Marks that stand on the letter before them, and joiners.
        0x0300..=0x036F | 0x200B..=0x200F | 0xFE00..=0xFE0F => 0,
        0x1100..=0x115F
        | 0x2E80..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE4F
        | 0xFF00..=0xFF60
        | 0x1F000.. => FULL,
        _ => OTHER,
    }
}

/// About how wide a text is at a font size. Unit: that of the size.
pub fn width(text: &str, font_size: f64, weight: Weight) -> f64 {
    let hundredths: f64 = text.chars().map(|letter| f64::from(width_of(letter))).sum();
    let regular = hundredths / 100.0 * font_size;
    match weight {
        Weight::Regular => regular,
        Weight::Bold => regular * BOLD,
    }
}

/// The text if it fits, or else as much of it as fits before an ellipsis.
pub fn fitted(text: &str, room: f64, font_size: f64, weight: Weight) -> String {
    if width(text, font_size, weight) <= room {
        return text.to_owned();
    }
    let room = room - width("…", font_size, weight);
    let mut taken = 0.0;
    let mut kept = String::new();
    let mut buffer = [0; 4];
    for letter in text.chars() {
        taken += width(letter.encode_utf8(&mut buffer), font_size, weight);
        if taken > room {
            break;
        }
        kept.push(letter);
    }
    kept.truncate(kept.trim_end_matches([' ', ',', ';']).len());
    kept.push('…');
    kept
}

/// A count in few characters: `9,999`, then `12.3k`, `4.5M`, `6.7G`. Cut, not rounded up, so that
/// it never says more than there is.
pub fn compact(count: u64) -> String {
    for (size, letter) in [(1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")] {
        if count >= size && count >= 10_000 {
            let (whole, tenth) = (count / size, count % size / (size / 10));
            return if whole >= 100 || tenth == 0 {
                format!("{}{letter}", grouped(whole))
            } else {
                format!("{whole}.{tenth}{letter}")
            };
        }
    }
    grouped(count)
}

/// A count with all its digits: `1,234,567`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share as a percentage: `0%`, `0.4%`, `37%`, `100%`. A dash when there is no whole.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".into();
    }
    let thousandths = u128::from(part) * 1_000 / u128::from(whole);
    match thousandths {
        0 if part > 0 => "<0.1%".into(),
        tenths @ 1..100 if tenths % 10 > 0 => format!("{}.{}%", tenths / 10, tenths % 10),
        // Cut, so that 100% means all.
        tenths => format!("{}%", tenths / 10),
    }
}

/// A length of time in its two largest units: `850 ms`, `12 s`, `3 min`, `2 h 5 min`, `4 d 1 h`.
pub fn duration(milliseconds: u64) -> String {
    const SECOND: u64 = 1_000;
    const MINUTE: u64 = 60 * SECOND;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let two = |large: u64, name: &str, small: u64, small_name: &str| {
        let mut text = format!("{} {name}", grouped(milliseconds / large));
        let rest = milliseconds % large / small;
        if rest > 0 {
            // A `String` takes everything.
            let _ = write!(text, " {rest} {small_name}");
        }
        text
    };
    match milliseconds {
        0..SECOND => format!("{milliseconds} ms"),
        SECOND..MINUTE => two(SECOND, "s", SECOND, "s"),
        MINUTE..HOUR => two(MINUTE, "min", SECOND, "s"),
        HOUR..DAY => two(HOUR, "h", MINUTE, "min"),
        _ => two(DAY, "d", HOUR, "h"),
    }
}

/// A list in words: `a, b and c`.
pub fn listed<T: AsRef<str>>(items: &[T], word: &str) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} {word} {}", first.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_only_when_it_must_be_and_then_fits() {
        assert_eq!(fitted("Call", 100.0, 14.0, Weight::Bold), "Call");
        for text in [
            "Introduce the spring offer to everybody",
            "第一次通话介绍春季优惠活动内容",
            "ÅÄÖ åäö éèê ñ ß ø æ œ and so on",
        ] {
            for weight in [Weight::Regular, Weight::Bold] {
                let cut = fitted(text, 120.0, 14.0, weight);
                assert!(cut.ends_with('…') && width(&cut, 14.0, weight) <= 120.0, "{cut}");
                assert!(cut.chars().count() > 6, "{cut}");
            }
        }
        assert_eq!(fitted("Wait", 2.0, 14.0, Weight::Regular), "…");
    }

    #[test]
    fn counts_are_short_and_never_say_too_much() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (9_999, "9,999"),
            (10_000, "10k"),
            (12_399, "12.3k"),
            (999_999, "999k"),
            (1_000_000, "1M"),
            (45_600_000, "45.6M"),
            (u64::MAX, "18,446,744,073G"),
        ] {
            assert_eq!(compact(count), text);
        }
        assert_eq!(grouped(1_234_567), "1,234,567");
    }

    #[test]
    fn a_percentage_says_all_only_of_all() {
        for (part, whole, text) in [
            (0, 5, "0%"),
            (1, 0, "–"),
            (1, 10_000, "<0.1%"),
            (4, 1_000, "0.4%"),
            (5, 100, "5%"),
            (99, 1_000, "9.9%"),
            (999, 1_000, "99%"),
            (7, 7, "100%"),
        ] {
            assert_eq!(percent(part, whole), text);
        }
    }

    #[test]
    fn lengths_of_time_have_two_units() {
        for (milliseconds, text) in [
            (850, "850 ms"),
            (12_900, "12 s"),
            (180_000, "3 min"),
            (7_500_000, "2 h 5 min"),
            (349_200_000, "4 d 1 h"),
        ] {
            assert_eq!(duration(milliseconds), text);
        }
    }

    #[test]
    fn a_list_reads_like_one() {
        assert_eq!(listed(&["a"], "and"), "a");
        assert_eq!(listed(&["a", "b", "c"], "or"), "a, b or c");
        assert_eq!(listed::<&str>(&[], "and"), "");
    }
}
