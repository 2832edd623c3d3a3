use super::{UnreadableWords::*, *};

fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Words said in Kolkata on Tuesday 2 June 2026 at 14:00, read and shown on the clock there.
fn said(words: &str) -> Result<String, UnreadableWords> {
    let kolkata = zone("Asia/Kolkata");
    let read = read_time(words, at("2026-06-02T08:30:00Z"), &kolkata)?;
    Ok(kolkata.civil(read).strftime("%Y-%m-%d %H:%M").to_string())
}

fn assert_said(cases: &[(&str, &str)]) {
    for (words, expected) in cases {
        assert_eq!(said(words).as_deref(), Ok(*expected), "{words}");
    }
}

#[test]
fn every_row_of_the_contract_is_read() {
    assert_said(&[
        ("3 PM", "2026-06-02 15:00"),
        ("Tuesday 10:30 AM", "2026-06-09 10:30"),
        ("next Tuesday 10:30 AM", "2026-06-09 10:30"),
        ("evening 7", "2026-06-02 19:00"),
        ("9 o'clock", "2026-06-02 21:00"),
        ("tomorrow 4 PM", "2026-06-03 16:00"),
        ("2026-06-05 16:30", "2026-06-05 16:30"),
        ("June 5, 2026 4:30 PM", "2026-06-05 16:30"),
        ("05/06/2026 16:30", "2026-06-05 16:30"),
        ("05/13/2026 16:30", "2026-05-13 16:30"),
        ("13/05/2026 16:30", "2026-05-13 16:30"),
    ]);
}

#[test]
fn a_time_alone_is_the_next_one() {
    assert_said(&[
        ("2 PM", "2026-06-03 14:00"),
        ("2:01 pm", "2026-06-02 14:01"),
        ("14:00", "2026-06-03 14:00"),
        ("14:00:01", "2026-06-02 14:00"),
        ("09:30", "2026-06-03 09:30"),
        ("12 AM", "2026-06-03 00:00"),
        ("12:15 a.m.", "2026-06-03 00:15"),
        ("12 PM", "2026-06-03 12:00"),
        ("noon", "2026-06-03 12:00"),
        ("midnight", "2026-06-03 00:00"),
        ("12 o'clock", "2026-06-03 00:00"),
        ("2 O’Clock", "2026-06-03 02:00"),
        ("3 oclock", "2026-06-02 15:00"),
        ("15 o'clock", "2026-06-02 15:00"),
        ("morning 9", "2026-06-03 09:00"),
        ("afternoon 3:15", "2026-06-02 15:15"),
        ("7:30 in the evening", "2026-06-02 19:30"),
        ("evening 07:30", "2026-06-02 19:30"),
        ("evening 7 PM", "2026-06-02 19:00"),
        ("at 12 in the afternoon", "2026-06-03 12:00"),
    ]);
}

#[test]
fn how_it_is_written_does_not_count() {
    for words in [
        "3 PM",
        "3pm",
        " \t3  Pm\n",
        "3 p.m.",
        "3 P.M",
        "3 p m",
        "3 p. m.",
        "3:00pm",
        "03:00 PM",
        "at 3 pm",
        "15:00",
        "15:00:00",
        "at 15:00",
        "afternoon 3",
        "afternoon at 3",
        "3 o'clock in the afternoon",
    ] {
        assert_eq!(said(words).as_deref(), Ok("2026-06-02 15:00"), "{words:?}");
    }
    for words in [
        "2026-06-05 16:30",
        "2026-06-05T16:30",
        "2026-06-05t16:30:00",
        "2026-06-05, 4:30 PM",
        "5/6/2026 4:30 pm",
        "2026-06-05T11:00:00Z",
        "2026-06-05T11:00Z",
        "2026-06-05T11:00:00.000z",
        "2026-06-05T13:00:00+02:00",
        "2026-06-05 07:00:00-04:00",
        "June 5th, 2026 at 4:30 PM",
        "5 June 2026 16:30",
        "5th of June 2026 at 16:30",
        "Jun. 5 2026, 16:30",
        "4:30 PM on June 5, 2026",
        "JUNE 5 4:30 PM",
        "Friday, June 5, 2026 4:30 PM",
        "Fri, June 5 at 4:30 PM",
        "Fri 16:30",
        "friday at 4:30 pm",
        "on Friday, at 16:30",
        "16:30 friday",
        "next friday 16:30",
        "Friday afternoon 4:30",
    ] {
        assert_eq!(said(words).as_deref(), Ok("2026-06-05 16:30"), "{words:?}");
    }
}

#[test]
fn a_day_is_today_tomorrow_a_weekday_or_a_date() {
    assert_said(&[
        ("Tuesday 2:30 PM", "2026-06-02 14:30"),
        ("Tuesday 2 PM", "2026-06-09 14:00"),
        ("next Tuesday 2:30 PM", "2026-06-09 14:30"),
        ("Monday 10 AM", "2026-06-08 10:00"),
        ("next Wednesday noon", "2026-06-03 12:00"),
        ("tomorrow morning 9", "2026-06-03 09:00"),
        ("4 PM tomorrow", "2026-06-03 16:00"),
        ("tomorrow, at 12 AM", "2026-06-03 00:00"),
        ("today 5 PM", "2026-06-02 17:00"),
        ("June 2 2:30 PM", "2026-06-02 14:30"),
        ("June 2 2 PM", "2027-06-02 14:00"),
        ("1st of January 09:00", "2027-01-01 09:00"),
        ("Feb 29 10 AM", "2028-02-29 10:00"),
    ]);
}

#[test]
fn a_date_with_its_year_and_today_may_be_past() {
    assert_said(&[
        ("today 9 AM", "2026-06-02 09:00"),
        ("2020-01-01 00:00", "2020-01-01 00:00"),
        ("29 February 2024 12 PM", "2024-02-29 12:00"),
        ("1999-12-31T23:59:59Z", "2000-01-01 05:29"),
    ]);
}

#[test]
fn so_long_from_now_is_exact() {
    let from = at("2026-03-07T12:00:00Z");
    for (words, seconds) in [
        ("in 2 hours", 7_200),
        ("after 30 minutes", 1_800),
        ("In 1 HR", 3_600),
        ("in an hour", 3_600),
        ("in half an hour", 1_800),
        ("in a week", 604_800),
        // The clock of New York leaves out an hour on the way.
        ("in 3 days", 3 * 86_400),
    ] {
        let read = read_time(words, from, &zone("America/New_York"));
        assert_eq!(read, Ok(from.plus_seconds(seconds)), "{words}");
    }
    for words in ["in 0 minutes", "in 3650 days", "after 999999999 weeks"] {
        assert_eq!(said(words), Err(NoSuchDuration), "{words}");
    }
    let end = Timestamp::from_micros(i64::MAX);
    assert_eq!(read_time("in 1 hour", end, &Zone::utc()), Err(NoSuchDay));
    assert_eq!(read_time("3 PM", end, &Zone::utc()), Err(NoSuchDay));
}

#[test]
fn what_could_mean_two_times_is_not_guessed() {
    for words in [
        "9",
        "at 9",
        "9:30",
        "Tuesday 9",
        "tomorrow 9:30",
        "tomorrow 9 o'clock",
        "Tuesday 12 o'clock",
        "tomorrow midnight",
        "midnight 2026-06-05",
        "June 5, 2026 4",
        "5 May 4",
    ] {
        assert_eq!(said(words), Err(EitherHalfOfDay), "{words}");
    }
}

#[test]
fn a_day_without_a_time_is_none() {
    for words in [
        "tomorrow",
        "Tuesday",
        "next Tuesday",
        "June 5, 2026",
        "2026-06-05",
        "05/06/2026",
        "evening",
        "tomorrow morning",
    ] {
        assert_eq!(said(words), Err(NoTimeOfDay), "{words}");
    }
}

#[test]
fn times_and_days_that_there_are_not() {
    for words in [
        "13 PM",
        "0 AM",
        "16:30 PM",
        "25:00",
        "24:00",
        "12:60",
        "23:59:60",
        "3:60 PM",
        "9:75",
        "0 o'clock",
        "25 o'clock",
        "morning 12",
        "morning 3 PM",
        "evening 2",
        "afternoon 8",
        "evening 09:00 AM",
        "99 PM",
        "2026-06-05T16:30+24:00",
        "2026-06-05T16:30+05:60",
    ] {
        assert_eq!(said(words), Err(NoSuchTime), "{words}");
    }
    for words in [
        "31 February 3 PM",
        "February 30, 2026 3 PM",
        "2027-02-29 10:00",
        "2026-13-01 10:00",
        "2026-00-10 10:00",
        "31/04/2026 10:00",
        "13/13/2026 10:00",
        "00/01/2026 10:00",
        "June 31 10 AM",
        "Monday, June 5, 2026 4:30 PM",
        "Monday, June 5 4:30 PM",
        "9999-12-31 23:59",
    ] {
        assert_eq!(said(words), Err(NoSuchDay), "{words}");
    }
}

#[test]
fn what_the_grammar_does_not_have_is_not_read() {
    for words in [
        "",
        " ",
        "soon",
        "call me later",
        "next week 3 PM",
        "next month",
        "in the evening",
        "this Tuesday 3 PM",
        "05-06-2026 16:30",
        "05.06.2026 16:30",
        "05/06/26 16:30",
        "05/06 16:30",
        "5th 3 PM",
        "June 5st 3 PM",
        "3 PM 4 PM",
        "3 PM or 4 PM",
        "3-4 PM",
        "Tuesday Wednesday 3 PM",
        "today tomorrow 3 PM",
        "tomorrow Wednesday 3 PM",
        "next tomorrow 3 PM",
        "next 3 PM",
        "next Friday, June 5 3 PM",
        "3 PM at",
        "3 PM,",
        ", 3 PM",
        "at at 3 PM",
        "noon evening",
        "-3 PM",
        "in 2",
        "in two hours",
        "in 2 months",
        "in 1.5 hours",
        "in 2 hours 3 PM",
        "tomorrow in 2 hours",
        "16:3",
        "1630",
        "٣ PM",
        "３ PM",
        "3 PM Z",
        "16:30Z",
        "2026-06-05T16:30+0530",
        "2026-06-05T16:30+5:30",
        "2026-06-05T16:30Z tomorrow",
        "2026-6-5 16:30",
        "20260605T163000Z",
        "noon 3 PM",
        "2026-06-05 16:30 [Asia/Kolkata]",
    ] {
        let read = said(words);
        assert!(matches!(read, Err(NotUnderstood | NoTimeOfDay)), "{words}: {read:?}");
    }
}

#[test]
fn more_than_200_characters_are_not_looked_at() {
    let words = |spaces: usize| format!("3 PM{}", " ".repeat(spaces));
    assert!(said(&words(196)).is_ok());
    assert_eq!(said(&words(197)), Err(TooLong));
    assert_eq!(said(&"é".repeat(200)), Err(NotUnderstood));
}

#[test]
fn clocks_that_are_put_forth_and_back_are_kept_to() {
    for (name, from, words, expected) in [
        ("America/New_York", "2026-03-08T05:00:00Z", "02:30", "2026-03-08T07:00:00Z"),
        // The first instant after the gap is no later than the call's end: tomorrow's is next.
        ("America/New_York", "2026-03-08T07:00:00Z", "02:30", "2026-03-09T06:30:00Z"),
        ("America/New_York", "2026-11-01T04:00:00Z", "01:30", "2026-11-01T05:30:00Z"),
        // The later of the two is never meant.
        ("America/New_York", "2026-11-01T05:45:00Z", "01:30", "2026-11-02T06:30:00Z"),
        ("Europe/Berlin", "2026-03-28T12:00:00Z", "tomorrow 2:30 AM", "2026-03-29T01:00:00Z"),
        ("Europe/Berlin", "2026-10-24T12:00:00Z", "Sunday 2:30 AM", "2026-10-25T00:30:00Z"),
        ("Australia/Lord_Howe", "2026-10-03T00:00:00Z", "02:15", "2026-10-03T15:30:00Z"),
        ("Pacific/Apia", "2011-12-29T20:00:00Z", "tomorrow 9 AM", "2011-12-30T10:00:00Z"),
        ("Asia/Kolkata", "2026-06-05T18:00:00Z", "tomorrow 09:00", "2026-06-06T03:30:00Z"),
        ("Asia/Kolkata", "2026-06-05T19:00:00Z", "tomorrow 09:00", "2026-06-07T03:30:00Z"),
    ] {
        let read = read_time(words, at(from), &zone(name));
        assert_eq!(read, Ok(at(expected)), "{words} in {name} from {from}");
    }
}
