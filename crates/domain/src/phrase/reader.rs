//! The grammar: words to a phrase. Which phrases there are is told in the module above.

use jiff::tz::Offset;

use super::{
    UnreadableWords,
    clock::{Figures, Meridiem, Part},
    day::{Day, is_ordinal_ending, month, weekday},
    found::{Found, Phrase, Read, Time, WrittenDate, set},
    tokens::{Token, tokens},
};

/// Durations are shorter than this: ten years of 365 days, like any other wait. Unit: seconds.
const DURATION_S_MAX: u64 = 3_650 * 86_400;

/// Reads tokens from left to right.
pub(super) struct Reader<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn of(words: &'a str) -> Self {
        Self { tokens: tokens(words), at: 0 }
    }

    pub(super) fn phrase(mut self) -> Read<Phrase> {
        if let Some(seconds) = self.duration()? {
            return if self.is_at_end() {
                Ok(Phrase::After(seconds))
            } else {
                Err(UnreadableWords::NotUnderstood)
            };
        }
        let mut found = Found::default();
        let mut is_first = true;
        while is_first || !self.is_at_end() {
            if !is_first {
                self.mark(',');
            }
            let _joint = self.word("at") || self.word("on");
            self.clause(&mut found)?;
            is_first = false;
        }
        found.phrase()
    }

    fn clause(&mut self, found: &mut Found) -> Read<()> {
        if let Some(date) = self.date()? {
            return set(&mut found.date, date);
        }
        if let Some(figures) = self.figures() {
            set(&mut found.time, Time::Figures(figures))?;
            if found.date.is_some_and(|date| date.year.is_some())
                && let Some(offset) = self.offset()?
            {
                found.offset = Some(offset);
            }
            return Ok(());
        }
        let in_the = self.all(|reader| reader.word("in") && reader.word("the"));
        let Some(word) = self.any_word() else { return Err(UnreadableWords::NotUnderstood) };
        let part = match &*word {
            "morning" => Some(Part::Morning),
            "afternoon" => Some(Part::Afternoon),
            "evening" => Some(Part::Evening),
            _ => None,
        };
        match (&*word, part) {
            (_, Some(part)) => set(&mut found.part, part),
            (_, None) if in_the => Err(UnreadableWords::NotUnderstood),
            ("noon", None) => set(&mut found.time, Time::Noon),
            ("midnight", None) => set(&mut found.time, Time::Midnight),
            ("today", None) => set(&mut found.relative, Day::Today),
            ("tomorrow", None) => set(&mut found.relative, Day::Tomorrow),
            (word, None) => {
                let is_next = word == "next";
                let name = if is_next { self.any_word() } else { Some(word.to_owned()) };
                let named = name.as_deref().and_then(weekday);
                let named = named.ok_or(UnreadableWords::NotUnderstood)?;
                self.mark('.');
                set(&mut found.weekday, (named, is_next))
            }
        }
    }

    /// `in 2 hours`, `after an hour`. Unit: seconds.
    fn duration(&mut self) -> Read<Option<u64>> {
        let begin = self.at;
        if !(self.word("in") || self.word("after")) {
            return Ok(None);
        }
        if self.all(|reader| reader.word("half") && reader.word("an") && reader.word("hour")) {
            return Ok(Some(30 * 60));
        }
        let amount = match self.number(1..=9) {
            Some(digits) => digits.parse::<u64>().ok(),
            None => (self.word("a") || self.word("an")).then_some(1),
        };
        let Some(amount) = amount else {
            self.at = begin;
            return Ok(None);
        };
        let unit = match self.any_word().as_deref() {
            Some("minute" | "minutes" | "min" | "mins") => 60,
            Some("hour" | "hours" | "hr" | "hrs") => 3_600,
            Some("day" | "days") => 86_400,
            Some("week" | "weeks") => 7 * 86_400,
            Some(_) | None => return Err(UnreadableWords::NotUnderstood),
        };
        match amount.saturating_mul(unit) {
            0 | DURATION_S_MAX.. => Err(UnreadableWords::NoSuchDuration),
            seconds => Ok(Some(seconds)),
        }
    }

    fn date(&mut self) -> Read<Option<WrittenDate>> {
        let begin = self.at;
        for form in [Self::year_first, Self::slashes, Self::day_and_month, Self::month_and_day] {
            if let Some(date) = form(self) {
                return date.checked().map(Some);
            }
            self.at = begin;
        }
        Ok(None)
    }

    /// `2026-06-05`, also with a `T` after it.
    fn year_first(&mut self) -> Option<WrittenDate> {
        let year = self.number(4..=4)?.parse().ok();
        let month = self.after_mark('-', 2..=2)?;
        let day = self.after_mark('-', 2..=2)?;
        self.word("t");
        Some(WrittenDate { year, month, day })
    }

    /// `05/06/2026`: day first, unless only month first is possible.
    fn slashes(&mut self) -> Option<WrittenDate> {
        let day: i8 = self.number(1..=2)?.parse().ok()?;
        let month = self.after_mark('/', 1..=2)?;
        if !self.mark('/') {
            return None;
        }
        let year = self.number(4..=4)?.parse().ok();
        let day_first = WrittenDate { year, month, day };
        let month_first = WrittenDate { year, month: day, day: month };
        Some(if day_first.checked().is_err() { month_first } else { day_first })
    }

    /// `5 June 2026`, `5th of June`.
    fn day_and_month(&mut self) -> Option<WrittenDate> {
        let day = self.day()?;
        self.word("of");
        let month = self.month()?;
        Some(WrittenDate { year: self.year(), month, day })
    }

    /// `June 5, 2026`, `June 5th`.
    fn month_and_day(&mut self) -> Option<WrittenDate> {
        let month = self.month()?;
        let day = self.day()?;
        Some(WrittenDate { year: self.year(), month, day })
    }

    /// A day of the month, also as an ordinal.
    fn day(&mut self) -> Option<i8> {
        let day = self.number(1..=2)?.parse().ok()?;
        self.all(|reader| reader.any_word().is_some_and(|word| is_ordinal_ending(day, &word)));
        Some(day)
    }

    fn month(&mut self) -> Option<i8> {
        let month = self.any_word().as_deref().and_then(month)?;
        self.mark('.');
        Some(month)
    }

    /// A year, also after a comma.
    fn year(&mut self) -> Option<i16> {
        let begin = self.at;
        self.mark(',');
        let year = self.number(4..=4).and_then(|digits| digits.parse().ok());
        if year.is_none() {
            self.at = begin;
        }
        year
    }

    fn figures(&mut self) -> Option<Figures> {
        let digits = self.number(1..=2)?;
        let (two_digits, hour) = (digits.len() == 2, digits.parse().ok()?);
        let minute = self.after_mark(':', 2..=2);
        let second = minute.and_then(|_| self.after_mark(':', 2..=2));
        let nanosecond = second.and_then(|_| self.fraction());
        let rest = minute
            .map(|minute| (minute, second.unwrap_or_default(), nanosecond.unwrap_or_default()));
        let meridiem = self.meridiem();
        let oclock = meridiem.is_none()
            && (self.word("oclock")
                || self.all(|reader| {
                    reader.word("o")
                        && (reader.mark('\'') || reader.mark('’'))
                        && reader.word("clock")
                }));
        Some(Figures { hour, rest, two_digits, meridiem, oclock })
    }

    /// The fraction of a second. Unit: nanoseconds.
    fn fraction(&mut self) -> Option<i32> {
        let begin = self.at;
        let digits = if self.mark('.') { self.number(1..=9) } else { None };
        let fraction = digits.and_then(|digits| format!("{digits:0<9}").parse().ok());
        if fraction.is_none() {
            self.at = begin;
        }
        fraction
    }

    /// `AM`, `pm`, `a.m.`, `P. M.`
    fn meridiem(&mut self) -> Option<Meridiem> {
        for (whole, letter, meridiem) in [("am", "a", Meridiem::Am), ("pm", "p", Meridiem::Pm)] {
            let found = self.word(whole)
                || self.all(|reader| {
                    reader.word(letter) && {
                        reader.mark('.');
                        reader.word("m")
                    }
                });
            if found {
                self.mark('.');
                return Some(meridiem);
            }
        }
        None
    }

    /// `Z`, `+05:30`.
    fn offset(&mut self) -> Read<Option<Offset>> {
        if self.word("z") {
            return Ok(Some(Offset::UTC));
        }
        let sign = if self.mark('+') {
            1
        } else if self.mark('-') {
            -1
        } else {
            return Ok(None);
        };
        let hours = self.number(2..=2).and_then(|digits| digits.parse::<i32>().ok());
        let minutes = self.after_mark(':', 2..=2);
        match (hours, minutes) {
            (Some(hours @ 0..24), Some(minutes @ 0..60)) => {
                let seconds = sign * (hours * 3_600 + i32::from(minutes) * 60);
                Offset::from_seconds(seconds).map(Some).map_err(|_| UnreadableWords::NoSuchTime)
            }
            (Some(_), Some(_)) => Err(UnreadableWords::NoSuchTime),
            (None, _) | (_, None) => Err(UnreadableWords::NotUnderstood),
        }
    }

    fn is_at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// Digits, so many of them.
    fn number(&mut self, lengths: std::ops::RangeInclusive<usize>) -> Option<&'a str> {
        match self.tokens.get(self.at) {
            Some(&Token::Number(digits)) if lengths.contains(&digits.len()) => {
                self.at += 1;
                Some(digits)
            }
            Some(Token::Number(_) | Token::Word(_) | Token::Mark(_)) | None => None,
        }
    }

    /// A number of one or two digits after a mark; neither of them is taken alone.
    fn after_mark(&mut self, mark: char, lengths: std::ops::RangeInclusive<usize>) -> Option<i8> {
        let begin = self.at;
        let digits = if self.mark(mark) { self.number(lengths) } else { None };
        if digits.is_none() {
            self.at = begin;
        }
        digits.and_then(|digits| digits.parse().ok())
    }

    fn any_word(&mut self) -> Option<String> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) => {
                self.at += 1;
                Some(word.clone())
            }
            Some(Token::Number(_) | Token::Mark(_)) | None => None,
        }
    }

    fn word(&mut self, wanted: &str) -> bool {
        self.all(|reader| reader.any_word().is_some_and(|word| word == wanted))
    }

    fn mark(&mut self, wanted: char) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(&Token::Mark(mark)) if mark == wanted);
        self.at += usize::from(found);
        found
    }

    /// Takes all that is asked for, or nothing.
    fn all(&mut self, take: impl FnOnce(&mut Self) -> bool) -> bool {
        let begin = self.at;
        let taken = take(self);
        if !taken {
            self.at = begin;
        }
        taken
    }
}
