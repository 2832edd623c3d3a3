use branchline_domain::graph::Day;
use maud::{Markup, html};
use proptest::prelude::*;

use super::*;

const HOSTILE: &str = "<script>alert(1)</script>\" onload=\"x";

fn about() -> Figure<'static> {
    Figure { title: HOSTILE, note: "calls", empty: "Nothing was dialled yet.", csv: Some("?csv") }
}

fn time(ms: i64) -> Markup {
    html! { time { (ms) } }
}

/// Each chart with these numbers in it.
fn all(numbers: &[u64]) -> Vec<(&'static str, String)> {
    let at = |nth: usize| numbers.get(nth % numbers.len().max(1)).copied().unwrap_or_default();
    let series = [Tone::Good, Tone::Bad].map(|tone| Series {
        name: HOSTILE,
        tone,
        minutes: numbers.to_vec(),
    });
    let stages: Vec<Stage<'_>> = (0..numbers.len())
        .map(|nth| Stage { name: HOSTILE, count: at(nth), tone: Tone::Accent, href: None })
        .collect();
    let rows: Vec<OutcomeRow<'_>> = (0..numbers.len())
        .map(|nth| OutcomeRow {
            name: HOSTILE,
            shares: [(Tone::Good, at(nth)), (Tone::Warn, at(nth + 1))]
                .map(|(tone, count)| Share { name: HOSTILE, tone, count })
                .into(),
            href: Some(HOSTILE.into()),
        })
        .collect();
    let mut hours = Hours::default();
    for (nth, cell) in hours.iter_mut().flatten().enumerate() {
        *cell = (at(nth), at(nth) / 2);
    }
    let list: Vec<Attempt> =
        (0..numbers.len()).map(|nth| Attempt { dialled: at(nth), answered: at(nth + 1) }).collect();
    let stay: Vec<StayRow<'_>> = (0..numbers.len())
        .map(|nth| StayRow {
            name: HOSTILE,
            visits: at(nth),
            p50_ms: at(nth),
            p95_ms: at(nth + 1),
            href: None,
        })
        .collect();
    let history = Timeline {
        rows: (0..numbers.len())
            .map(|nth| Row {
                kind: if nth % 2 == 0 { RowKind::Wait } else { RowKind::Decision },
                name: HOSTILE,
                detail: HOSTILE.into(),
                from_ms: at(nth).cast_signed(),
                to_ms: (nth % 3 != 0).then(|| at(nth + 1).cast_signed()),
                href: None,
            })
            .collect(),
        now_ms: at(2).cast_signed(),
        planned_ms: Some(at(3).cast_signed()),
    };
    vec![
        ("throughput", throughput(&about(), &series).into_string()),
        ("funnel", funnel(&about(), &stages).into_string()),
        ("outcomes", outcomes(&about(), &rows).into_string()),
        ("heatmap", heatmap(&about(), &hours, |_, hour| hour > 8).into_string()),
        ("attempts", attempts(&about(), &list, true).into_string()),
        ("stays", stays(&about(), &stay).into_string()),
        ("timeline", timeline(&about(), &history, time).into_string()),
    ]
}

/// Every number of the attributes that place and measure marks. Unit: as written.
fn coordinates(markup: &str) -> Vec<f64> {
    let names = [" x=\"", " y=\"", " width=\"", " height=\"", " x1=\"", " x2=\"", " cx=\""];
    let mut found = Vec::new();
    for name in names {
        for after in markup.split(name).skip(1) {
            let text = after.split('"').next().unwrap();
            let number = text.trim_end_matches('%').parse::<f64>();
            found.push(number.unwrap_or_else(|_| panic!("`{text}` is no number")));
        }
    }
    found
}

#[test]
fn without_numbers_a_chart_says_so() {
    for (name, markup) in all(&[]) {
        assert!(markup.contains("Nothing was dialled yet."), "{name}");
        assert!(!markup.contains("<svg") && !markup.contains("<table"), "{name}");
    }
    for (name, markup) in all(&[0, 0, 0]) {
        let is_shown = name == "timeline";
        assert_eq!(markup.contains("<svg"), is_shown, "{name}");
    }
}

#[test]
fn a_chart_has_a_title_titled_marks_and_its_numbers() {
    for (name, markup) in all(&[7, 123_456, 40, 9]) {
        assert!(markup.contains("<figcaption>"), "{name}");
        assert!(markup.contains("<title>"), "{name}");
        assert!(markup.contains("<details") && markup.contains("<table>"), "{name}");
        assert!(markup.contains("href=\"?csv\""), "{name}");
        if !matches!(name, "timeline" | "stays") {
            assert!(markup.contains("123,456"), "{name}: {markup}");
        }
    }
}

#[test]
fn names_are_never_markup_and_nothing_has_a_style_of_its_own() {
    for (name, markup) in all(&[3, 2, 1]) {
        assert!(markup.contains("&lt;script&gt;"), "{name}");
        for word in ["<script", "\" onload", " style=", "<style"] {
            assert!(!markup.contains(word), "{name}: {word}");
        }
    }
}

#[test]
fn a_funnel_says_how_many_of_the_stage_before() {
    let stage = |name, count| Stage { name, count, tone: Tone::Accent, href: None };
    let stages = [stage("Dialled", 200), stage("Answered", 50), stage("Won", 10)];
    let markup = funnel(&about(), &stages).into_string();
    assert!(markup.contains(r#"<b>50</b> <span class="chart-note">25%</span>"#), "{markup}");
    assert!(markup.contains(r#"<b>10</b> <span class="chart-note">20%</span>"#), "{markup}");
    assert!(markup.contains(r#"width="25%""#) && markup.contains(r#"width="5%""#), "{markup}");
    assert!(markup.contains(r#"<td class="num">5%</td>"#), "of the first: {markup}");
}

#[test]
fn an_hour_is_shaded_by_what_is_certain() {
    // Source: the published formula, worked out by hand.
    for (answered, dialled, bound) in
        [(1, 1, 0.2065), (5, 10, 0.2366), (50, 100, 0.4038), (0, 10, 0.0), (10, 10, 0.7225)]
    {
        assert!((wilson_lower(answered, dialled) - bound).abs() < 0.0001, "{answered}/{dialled}");
    }
    assert!(wilson_lower(0, 0) < f64::EPSILON);
    let mut hours = Hours::default();
    hours[6][12] = (1, 1);
    hours[0][9] = (1_000, 900);
    let markup = heatmap(&about(), &hours, |day, _| day != Day::Sunday).into_string();
    let cell = |title: &str| {
        let before = markup.split(title).next().unwrap();
        before.rsplit("<rect class=\"").next().unwrap().split('"').next().unwrap().to_owned()
    };
    assert_eq!(
        cell("Sun 12:00: 1 of 1 answered (100%), at least 20%"),
        "chart-cell shade-2 is-closed"
    );
    assert_eq!(cell("Mon 09:00: 900 of 1,000 answered (90%), at least 87%"), "chart-cell shade-6");
    assert_eq!(cell("Tue 09:00: no call"), "chart-cell shade-0 is-unknown");
    assert_eq!(markup.matches("class=\"chart-cell").count(), 7 * 24 + 7, "and the legend");
}

#[test]
fn a_timeline_shows_what_is_going_on_and_what_is_planned() {
    let row = |kind, from_ms, to_ms| Row {
        kind,
        name: "Wait",
        detail: String::new(),
        from_ms,
        to_ms,
        href: None,
    };
    let shown = Timeline {
        rows: vec![row(RowKind::Call, 0, Some(1)), row(RowKind::Wait, 0, None)],
        now_ms: 50_000,
        planned_ms: Some(100_000),
    };
    let markup = timeline(&about(), &shown, time).into_string();
    assert!(markup.contains(r#"class="chart-planned" x="50%" width="50%""#), "{markup}");
    assert_eq!(markup.matches(r#"class="chart-now" x1="50%""#).count(), 2);
    assert!(markup.contains(r#"<rect class="chart-mark" x="0" y="7" width="6""#), "six pixels");
    assert!(markup.contains("still going on"));
    assert!(markup.contains("<b>50 s</b>"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_numbers_can_be_drawn(numbers in prop::collection::vec(
        prop_oneof![0..1_000_u64, any::<u64>(), Just(u64::MAX)], 0..12,
    )) {
        for (name, markup) in all(&numbers) {
            for number in coordinates(&markup) {
                prop_assert!((-10.0..=1_000.0).contains(&number), "{name}: {number}");
            }
        }
    }
}
