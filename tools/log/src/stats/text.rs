//! What a journal consists of, as text.

use std::io::Write;

use branchline_domain::time::Timestamp;

use super::{
    Growth, HOUR_MICROS, Stats, StreamStats,
    chart::{Screen, bars},
};
use crate::answer::{maybe_row, row};

/// Rows of the chart at most.
const CHART_ROWS_MAX: i64 = 40;
/// How long a row of the chart may be. Unit: hours. Beyond the last one, the chart starts later.
const CHART_STEPS: [i64; 8] = [1, 3, 6, 12, 24, 7 * 24, 30 * 24, 365 * 24];
/// Organisations that are named; more of them are counted.
const ORGANISATIONS_SHOWN_MAX: usize = 10;

pub(super) fn write(stats: &Stats, screen: Screen, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out, "everything {}", stats.as_of())?;
    row(out, "records", stats.records)?;
    row(out, "events", stats.events)?;
    let around = stats.bytes - stats.payload_bytes;
    row(
        out,
        "bytes",
        format_args!(
            "{}, {} a record: {} of payloads, {} around them",
            stats.bytes,
            mean(stats.bytes, stats.records),
            mean(stats.payload_bytes, stats.records),
            mean(around, stats.records)
        ),
    )?;
    maybe_row(out, "first", stats.first_at)?;
    maybe_row(out, "last", stats.last_at)?;
    let schemas: Vec<String> = stats.schemas.iter().map(u16::to_string).collect();
    row(out, "schemas", if schemas.is_empty() { "none".into() } else { schemas.join(", ") })?;
    types(stats, out)?;
    streams(stats, out)?;
    organisations(stats, out)?;
    growth(stats, screen, out)
}

fn types(stats: &Stats, out: &mut dyn Write) -> anyhow::Result<()> {
    if stats.types.is_empty() {
        return Ok(());
    }
    let name_width = stats.types.keys().map(|name| name.len()).max().unwrap_or(0).max(4);
    writeln!(out)?;
    writeln!(
        out,
        "  {:<name_width$}  {:>10}  {:>6}  {:>12}  {:>8}  schemas",
        "type", "events", "share", "bytes", "a event"
    )?;
    let mut types: Vec<_> = stats.types.iter().collect();
    types.sort_by(|(name, a), (other, b)| b.events.cmp(&a.events).then(name.cmp(other)));
    for (name, of_type) in types {
        let schemas: Vec<String> = of_type.schemas.iter().map(u16::to_string).collect();
        writeln!(
            out,
            "  {name:<name_width$}  {:>10}  {:>6}  {:>12}  {:>8}  {}",
            of_type.events,
            percent(of_type.events, stats.events),
            of_type.payload_bytes,
            mean(of_type.payload_bytes, of_type.events),
            schemas.join(", ")
        )?;
    }
    Ok(())
}

fn streams(stats: &Stats, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out)?;
    writeln!(
        out,
        "  {:<9}  {:>10}  {:>10}  {:>10}  {:>9}  {:>9}  {:>9}",
        "streams", "count", "records", "events", "records/", "events/", "bytes/"
    )?;
    let kinds = [
        ("workflows", stats.workflows),
        ("leads", stats.leads),
        ("keys", stats.keys),
        ("others", stats.others),
    ];
    for (name, kind) in kinds {
        if kind == StreamStats::default() && ["keys", "others"].contains(&name) {
            continue;
        }
        writeln!(
            out,
            "  {name:<9}  {:>10}  {:>10}  {:>10}  {:>9}  {:>9}  {:>9}",
            kind.streams,
            kind.records,
            kind.events,
            mean(kind.records, kind.streams),
            mean(kind.events, kind.streams),
            mean(kind.bytes, kind.streams)
        )?;
    }
    for (number, long) in stats.longest.iter().enumerate() {
        let name = if number == 0 { "longest" } else { "" };
        row(out, name, format_args!("{} {} events", long.stream, long.events))?;
    }
    Ok(())
}

fn organisations(stats: &Stats, out: &mut dyn Write) -> anyhow::Result<()> {
    let count = stats.organisations.len();
    writeln!(out)?;
    row(out, "organisations", count)?;
    for (id, growth) in stats.organisations.iter().take(ORGANISATIONS_SHOWN_MAX) {
        let Growth { records, events } = growth;
        row(out, "", format_args!("{id} {records} records, {events} events"))?;
    }
    if count > ORGANISATIONS_SHOWN_MAX {
        row(out, "", format_args!("and {} more", count - ORGANISATIONS_SHOWN_MAX))?;
    }
    Ok(())
}

/// The chart of how the journal grew, in steps that fit.
fn growth(stats: &Stats, screen: Screen, out: &mut dyn Write) -> anyhow::Result<()> {
    let hour = |at: &Timestamp| at.as_micros().div_euclid(HOUR_MICROS);
    let (Some((first, _)), Some((last, _))) =
        (stats.hours.first_key_value(), stats.hours.last_key_value())
    else {
        return Ok(());
    };
    let (first, last) = (hour(first), hour(last));
    let fits = |step: &i64| last.div_euclid(*step) - first.div_euclid(*step) < CHART_ROWS_MAX;
    let widest = CHART_STEPS.last().copied().unwrap_or(1);
    let step = CHART_STEPS.into_iter().find(fits).unwrap_or(widest);
    let newest = last.div_euclid(step);
    let oldest = first.div_euclid(step).max(newest - CHART_ROWS_MAX + 1);
    let mut counts = vec![0_u64; usize::try_from(newest - oldest + 1).unwrap_or(0)];
    for (at, growth) in &stats.hours {
        let place = usize::try_from(hour(at).div_euclid(step) - oldest);
        if let Some(count) = place.ok().and_then(|place| counts.get_mut(place)) {
            *count += growth.events;
        }
    }
    let rows: Vec<(String, u64)> =
        (oldest..).zip(counts).map(|(place, count)| (label(place * step, step), count)).collect();
    let unit = match step {
        1 => "an hour".to_owned(),
        24 => "a day".to_owned(),
        hours if hours < 24 => format!("{hours} hours"),
        hours => format!("{} days", hours / 24),
    };
    writeln!(out)?;
    writeln!(out, "  events, {unit} a row (UTC)")?;
    for line in bars(&rows, screen) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// The beginning of a row: with the hour where rows are shorter than a day.
fn label(hours: i64, step: i64) -> String {
    let at = Timestamp::from_micros(hours.saturating_mul(HOUR_MICROS)).to_string();
    let (day, time) = at.split_once('T').unwrap_or((&at, ""));
    if step < 24 { format!("{day} {}", time.get(..5).unwrap_or_default()) } else { day.to_owned() }
}

/// A mean with one place, rounded; `-` of nothing.
fn mean(total: u64, count: u64) -> String {
    if count == 0 {
        return "-".into();
    }
    let count = u128::from(count);
    let tenths = (u128::from(total) * 10 + count / 2) / count;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn percent(part: u64, whole: u64) -> String {
    format!("{} %", mean(part.saturating_mul(100), whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grown(hours: &[i64]) -> Stats {
        let hours = hours.iter().map(|hour| {
            (Timestamp::from_micros(hour * HOUR_MICROS), Growth { records: 1, events: 2 })
        });
        Stats { hours: hours.collect(), ..Stats::default() }
    }

    fn drawn(hours: &[i64]) -> Vec<String> {
        let mut out = Vec::new();
        growth(&grown(hours), Screen { columns: 40, unicode: false }, &mut out).unwrap();
        String::from_utf8(out).unwrap().lines().skip(1).map(str::to_owned).collect()
    }

    #[test]
    fn hours_without_an_event_are_rows_too() {
        assert_eq!(
            drawn(&[0, 2]),
            [
                "  events, an hour a row (UTC)",
                "  1970-01-01 00:00  2  #################",
                "  1970-01-01 01:00  0",
                "  1970-01-01 02:00  2  #################",
            ]
        );
        assert_eq!(drawn(&[]), Vec::<String>::new());
    }

    #[test]
    fn a_long_journal_is_drawn_in_longer_steps_and_never_in_more_rows_than_fit() {
        for span in [0, 39, 40, 200, 1_000, 9_000, 40_000, 400_000, 4_000_000] {
            let rows = drawn(&[0, span]).len() - 1;
            assert!(rows <= 40, "{span} hours: {rows} rows");
        }
        let days = drawn(&[0, 24 * 30]);
        assert_eq!(days.first().map(String::as_str), Some("  events, a day a row (UTC)"));
        assert!(days.last().is_some_and(|row| row.starts_with("  1970-01-31  2  ")), "{days:?}");
    }

    #[test]
    fn means_have_one_place_and_there_is_none_of_nothing() {
        assert_eq!([mean(7, 2), mean(1, 3), mean(5, 0)], ["3.5", "0.3", "-"]);
        assert_eq!(percent(1, 8), "12.5 %");
    }
}
