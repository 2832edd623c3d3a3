//! The charts, each with its numbers and its file.

use branchline_domain::{
    call_status::CallStatus,
    graph::{Day, Node, NodeConfig},
};
use branchline_projections::{ATTEMPTS_TOLD, NodeInsights};
use maud::{Markup, html};

use super::Told;
use crate::{
    drawing::charts::{
        Attempt, Figure, Hours, OutcomeRow, Share, Stage, StayRow, Tone, attempts, funnel, heatmap,
        outcomes, stays,
    },
    throughput,
};

/// All charts.
pub(super) fn pictures(told: &Told) -> Markup {
    html! {
        div.insights {
            section.card #funnel data-fragment { (how_far(told)) }
            section.card #throughput data-fragment { (last_hour(told)) }
            section.card.wide #outcomes data-fragment { (what_became(told)) }
            section.card.wide #hours data-fragment { (when(told)) }
            section.card #attempts data-fragment { (how_often(told)) }
            section.card #stays data-fragment { (how_long(told)) }
        }
        p.muted.small {
            "Counts of what happened: leads that were removed or erased since are in them. A call is answered when "
            "somebody was on the line or it ended as completed."
        }
    }
}

fn how_far(told: &Told) -> Markup {
    let reached = &told.insights.funnel;
    let stage = |name, count, tone, href: Option<String>| Stage { name, count, tone, href };
    let stages = [
        stage("Enrolled", reached.enrolled, Tone::Accent, Some(told.leads(""))),
        stage("Started", reached.started, Tone::Accent, None),
        stage("Dialled", reached.dialled, Tone::Accent, None),
        stage("Answered", reached.answered, Tone::Accent, None),
        stage("Converted", reached.converted, Tone::Good, Some(told.leads("?status=completed"))),
    ];
    let csv = told.csv("funnel");
    let about = Figure {
        title: "How far leads came",
        note: "leads, and how many of the stage before",
        empty: "No lead is enrolled yet.",
        csv: Some(&csv),
    };
    funnel(&about, &stages)
}

fn last_hour(told: &Told) -> Markup {
    throughput::picture(&told.minutes, Some(&told.csv("throughput")))
}

/// Statuses that end a call, in the order that charts stack them.
const ENDED: [(CallStatus, &str, Tone); 7] = [
    (CallStatus::Completed, "completed", Tone::Good),
    (CallStatus::DidNotPick, "did not pick up", Tone::Warn),
    (CallStatus::Busy, "busy", Tone::Accent),
    (CallStatus::NoAnswer, "no answer", Tone::Violet),
    (CallStatus::Failed, "failed", Tone::Bad),
    (CallStatus::Cancelled, "cancelled", Tone::Plain),
    (CallStatus::RetryExpired, "retry expired", Tone::Plain),
];

fn what_became(told: &Told) -> Markup {
    let any = |status| nodes(told).any(|(_, _, node)| node.calls.contains_key(&status));
    let there: Vec<_> = ENDED.into_iter().filter(|(status, ..)| any(*status)).collect();
    let rows: Vec<OutcomeRow<'_>> = nodes(told)
        .filter(|(_, _, node)| !node.calls.is_empty())
        .map(|(name, known, node)| OutcomeRow {
            name,
            shares: there
                .iter()
                .map(|&(status, name, tone)| {
                    let count = node.calls.get(&status).copied().unwrap_or_default();
                    Share { name, tone, count }
                })
                .collect(),
            href: known.map(|known| told.leads(&format!("?node={}", known.id))),
        })
        .collect();
    let csv = told.csv("calls");
    let about = Figure {
        title: "What became of calls",
        note: "calls that ended, by step",
        empty: "No call has ended yet.",
        csv: Some(&csv),
    };
    outcomes(&about, &rows)
}

fn when(told: &Told) -> Markup {
    let mut hours: Hours = [[(0, 0); 24]; 7];
    let cells = hours.iter_mut().flatten();
    for (cell, hour) in cells.zip(&told.insights.hours) {
        *cell = (hour.calls.dialled, hour.calls.answered);
    }
    let zone = &told.insights.timezone;
    let note = format!(
        "share of calls answered by when they were dialled, on the clock of {zone}, the zone of this workflow"
    );
    let csv = told.csv("hours");
    let about = Figure {
        title: "When people pick up",
        note: &note,
        empty: "Nobody was dialled yet.",
        csv: Some(&csv),
    };
    heatmap(&about, &hours, |day, hour| is_open(told, day, hour))
}

/// Whether some call step may dial then. Windows that stand on another clock than the chart's say
/// nothing of its hours: they count as open.
fn is_open(told: &Told, day: Day, hour: u8) -> bool {
    let mut windows = told.graph.nodes().iter().filter_map(|node| match &node.config {
        NodeConfig::VoiceCall(config) => Some(config.calling_window.as_ref()),
        NodeConfig::Conditional(_)
        | NodeConfig::Time(_)
        | NodeConfig::Application(_)
        | NodeConfig::Converted
        | NodeConfig::Dropped => None,
    });
    let zone = Some(told.insights.timezone.as_str());
    let mut any = false;
    let open = windows.any(|window| {
        any = true;
        window.is_none_or(|window| {
            window.timezone.as_deref() != zone || window.is_open_within(day, hour)
        })
    });
    open || !any
}

fn how_often(told: &Told) -> Markup {
    let list: Vec<Attempt> = told
        .insights
        .attempts
        .iter()
        .map(|of| Attempt { dialled: of.dialled, answered: of.answered })
        .collect();
    let csv = told.csv("attempts");
    let about = Figure {
        title: "Attempts",
        note: "a lead's first call, its second, …",
        empty: "Nobody was dialled yet.",
        csv: Some(&csv),
    };
    attempts(&about, &list, list.len() == ATTEMPTS_TOLD)
}

fn how_long(told: &Told) -> Markup {
    let rows: Vec<StayRow<'_>> = nodes(told)
        .filter_map(|(name, known, node)| {
            let stay = node.stay?;
            Some(StayRow {
                name,
                visits: stay.visits,
                p50_ms: stay.p50_ms,
                p95_ms: stay.p95_ms,
                href: known.map(|known| told.leads(&format!("?node={}", known.id))),
            })
        })
        // What is passed in no time says nothing about where time goes.
        .filter(|row| row.p95_ms > 0)
        .collect();
    let csv = told.csv("nodes");
    let about = Figure {
        title: "Time at a step",
        note: "p50 and p95 of visits that ended, pauses in; to a sixteenth",
        empty: "No lead has left a step yet.",
        csv: Some(&csv),
    };
    stays(&about, &rows)
}

/// Nodes with what happened there, in the order of the graph; those that are there no more come last.
fn nodes(told: &Told) -> impl Iterator<Item = (&str, Option<&Node>, &NodeInsights)> {
    let by_node = &told.insights.by_node;
    let known = told.graph.nodes().iter();
    let known = known.filter_map(|node| {
        Some((node.label.as_str(), Some(node.as_ref()), by_node.get(&node.id)?))
    });
    let gone = by_node.iter().filter(|(id, _)| told.graph.node(**id).is_none());
    known.chain(gone.map(|(_, node)| ("(taken out of the graph)", None, node)))
}
