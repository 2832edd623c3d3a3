use jiff::civil::{Date, Time};
use proptest::prelude::*;

use super::*;

const ZONES: [&str; 7] = [
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/St_Johns",
];

/// Words of the grammar in any order, so that more than the first of them is understood.
fn near_misses() -> impl Strategy<Value = String> {
    let words = [
        "next", "Tuesday", "June", "5", "05", "2026", "31", "/", "-", ":", "30", "PM", "a.m.",
        "o'clock", "at", "on", "in", "the", "evening", "tomorrow", "today", "noon", "midnight",
        ",", "hours", "T", "Z", "+", "of", "th",
    ];
    let glue = prop_oneof![Just(""), Just(" ")];
    proptest::collection::vec((proptest::sample::select(words.to_vec()), glue), 0..8)
        .prop_map(|words| words.into_iter().flat_map(|(word, glue)| [word, glue]).collect())
}

fn any_zone() -> impl Strategy<Value = Zone> {
    proptest::sample::select(ZONES.to_vec()).prop_map(|name| Zone::named(name).unwrap())
}

fn civil() -> impl Strategy<Value = DateTime> {
    (1_970_i16..2_100, 1_i8..=12, 1_i8..=31, 0_i8..24, 0_i8..60).prop_filter_map(
        "a date of the calendar",
        |(year, month, day, hour, minute)| {
            let date = Date::new(year, month, day).ok()?;
            Some(DateTime::from_parts(date, Time::new(hour, minute, 0, 0).ok()?))
        },
    )
}

proptest! {
    #[test]
    fn any_words_are_read_or_refused(
        words in prop_oneof![any::<String>(), near_misses(), ".{0,30}(AM|PM|:30).{0,5}"],
        from in any::<i64>(),
        zone in any_zone(),
    ) {
        let from = Timestamp::from_micros(from);
        let read = read_time(&words, from, &zone);
        prop_assert_eq!(read, read_time(&format!(" {words}\n"), from, &zone));
        prop_assert_eq!(read, read_time(&words.to_ascii_uppercase(), from, &zone));
    }

    #[test]
    fn a_phrase_without_its_date_is_in_the_future(
        words in proptest::sample::select(vec![
            "3 PM", "00:00", "9 o'clock", "evening 7", "Tuesday 10:30 AM", "next Sunday 2:30 AM",
            "tomorrow 12 AM", "June 5 4 PM", "29 Feb 09:00", "in 1 minute", "midnight", "noon", "02:30",
        ]),
        from in 0_i64..5_000_000_000,
        zone in any_zone(),
    ) {
        let from = Timestamp::from_micros(from * 1_000_000);
        prop_assert!(read_time(words, from, &zone).unwrap() > from);
    }

    #[test]
    fn a_time_with_its_date_reads_back(civil in civil(), zone in any_zone(), from in any::<i64>()) {
        let from = Timestamp::from_micros(from);
        let expected = zone.instant(civil);
        for form in [
            "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%B %-d, %Y %-I:%M %p", "%-d %b %Y %H:%M",
            "%I:%M%P %A, %B %-d %Y", "%d/%m/%Y %H:%M",
        ] {
            let words = civil.strftime(form).to_string();
            prop_assert_eq!(read_time(&words, from, &zone).ok(), expected, "{}", words);
        }
        // Where the clock shows it once, it shows it at that instant.
        let shown = zone.civil(expected.unwrap());
        prop_assert!(shown >= civil);
        prop_assert!(shown == civil || zone.civil(expected.unwrap().plus_micros(-1)) < civil);
    }

    #[test]
    fn the_next_time_is_on_the_clock_and_less_than_two_days_away(
        hour in 0_i8..24, minute in 0_i8..60, from in 0_i64..4_000_000_000, zone in any_zone(),
    ) {
        let from = Timestamp::from_micros(from * 1_000_000);
        let words = format!("{hour:02}:{minute:02}");
        let read = read_time(&words, from, &zone).unwrap();
        let time = Time::new(hour, minute, 0, 0).unwrap();
        let before = zone.civil(read.plus_micros(-1)).time();
        let shown = zone.civil(read).time();
        prop_assert!(shown == time || (before < time && shown > time) || shown == Time::midnight());
        prop_assert!(read.micros_since(from) <= 49 * 3_600 * 1_000_000);
    }
}
