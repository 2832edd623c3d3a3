//! What moved in the last hour, as a picture: of an organisation or a workflow.

use branchline_projections::{MinuteCounts, OutcomeGroup, THROUGHPUT_MINUTES};
use maud::Markup;

use crate::drawing::charts::{Figure, Series, Tone, throughput};

/// Branches by outcome in each of the last minutes, the oldest first. `csv` is where they are as a
/// file.
pub(crate) fn picture(minutes: &[MinuteCounts; THROUGHPUT_MINUTES], csv: Option<&str>) -> Markup {
    let series = OutcomeGroup::ALL.map(|group| Series {
        name: words(group),
        tone: tone(group),
        minutes: minutes.iter().map(|minute| u64::from(minute.of(group))).collect(),
    });
    throughput(
        &Figure {
            title: "Steps taken in the last hour",
            note: "branches that leads took in each minute, by outcome",
            empty: "No lead has taken a step in the last hour.",
            csv,
        },
        &series,
    )
}

const fn words(group: OutcomeGroup) -> &'static str {
    match group {
        OutcomeGroup::Positive => "completed, yes",
        OutcomeGroup::Unreached => "not reached",
        OutcomeGroup::Negative => "failed, no",
        OutcomeGroup::Onward => "other",
    }
}

const fn tone(group: OutcomeGroup) -> Tone {
    match group {
        OutcomeGroup::Positive => Tone::Good,
        OutcomeGroup::Unreached => Tone::Warn,
        OutcomeGroup::Negative => Tone::Bad,
        OutcomeGroup::Onward => Tone::Plain,
    }
}
