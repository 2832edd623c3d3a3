//! What happened to a lead: a chart of its time, and every record in words.

use std::fmt::Write as _;

use branchline_domain::{
    graph::{Node, NodeType},
    id::NodeId,
    lead::{BranchCause, LeadEvent, LeadState},
    time::Timestamp,
};
use branchline_engine::RecordedFact;
use maud::{Markup, html};

use super::{
    decided,
    story::Story,
    told::{Told, spelled, tell, who},
};
use crate::{
    drawing::charts::{Figure, Row, RowKind, Timeline, timeline},
    shell::{plural, time},
};

/// Rows of the chart at most: the newest ones.
const ROWS_MAX: usize = 40;

/// Records in words at most: the newest ones.
const RECORDS_MAX: usize = 300;

/// A row of the chart in the making.
struct Stretch {
    kind: RowKind,
    name: String,
    detail: String,
    from: Timestamp,
    to: Option<Timestamp>,
    position: u64,
}

/// The chart.
pub(super) fn chart(story: &Story) -> Markup {
    let stretches = stretches(story);
    let left_out = stretches.len().saturating_sub(ROWS_MAX);
    let milliseconds = |at: Timestamp| at.as_micros() / 1_000;
    let rows = stretches.iter().skip(left_out).map(|stretch| Row {
        kind: stretch.kind,
        name: &stretch.name,
        detail: stretch.detail.clone(),
        from_ms: milliseconds(stretch.from),
        to_ms: stretch.to.map(milliseconds),
        href: Some(format!("#r{}", stretch.position)),
    });
    let note = if left_out > 0 { "the newest steps" } else { "" };
    let about = Figure {
        title: "Time",
        note,
        empty: "It is at no step yet: there is nothing to draw.",
        csv: None,
    };
    let shown = Timeline {
        rows: rows.collect(),
        now_ms: milliseconds(story.time()),
        planned_ms: story.state.release_at.filter(|_| !story.state.has_ended()).map(milliseconds),
    };
    let from_ms = |ms: i64| time(Timestamp::from_micros(ms.saturating_mul(1_000)));
    timeline(&about, &shown, from_ms)
}

fn stretches(story: &Story) -> Vec<Stretch> {
    let mut making = Making { story, done: Vec::new(), at_node: None, held: None, last: None };
    let end = story.walk(|fact, event, before| making.take(fact, event, before));
    if end.hold.is_none() {
        making.end_hold();
    }
    making.done
}

struct Making<'a> {
    story: &'a Story,
    done: Vec<Stretch>,
    /// The row of the present stay.
    at_node: Option<usize>,
    /// The row of the present hold.
    held: Option<usize>,
    last: Option<Timestamp>,
}

impl Making<'_> {
    fn take(&mut self, fact: &RecordedFact, event: &LeadEvent, before: &LeadState) {
        if before.hold.is_none() {
            self.end_hold();
        }
        self.last = Some(fact.at);
        match event {
            LeadEvent::NodeEntered { node, revision, .. } => self.enter(fact, *revision, *node),
            LeadEvent::BranchTaken { from, output, cause, .. } => {
                let mut detail = spelled(output).to_owned();
                if *cause == BranchCause::Condition {
                    let reads = decided::read(self.story, before, *from);
                    for read in reads.iter().take(2) {
                        // Writing to a `String` cannot fail.
                        let _ = write!(detail, ": {} is {}", read.asked, read.found);
                    }
                } else if *cause == BranchCause::Person {
                    detail.push_str(", by a person");
                }
                self.leave(fact.at, detail);
            }
            LeadEvent::LeadMoved { .. } => self.leave(fact.at, "put elsewhere".into()),
            LeadEvent::RoutingHeld { reason } => {
                self.end_hold();
                let name = format!("Held: {}", reason.code().as_str().replace('_', " "));
                self.held = Some(self.done.len());
                self.push(RowKind::Held, name, fact, None);
            }
            LeadEvent::LeadRemoved => {
                self.leave(fact.at, String::new());
                self.push(RowKind::Dropped, "Removed".into(), fact, Some(fact.at));
            }
            LeadEvent::LeadEnrolled { .. }
            | LeadEvent::CallRequested { .. }
            | LeadEvent::CallScheduled { .. }
            | LeadEvent::CallDispatchStarted { .. }
            | LeadEvent::CallDispatched { .. }
            | LeadEvent::CallDispatchRefused { .. }
            | LeadEvent::CallDispatchUnknown { .. }
            | LeadEvent::CallStatusChanged { .. }
            | LeadEvent::CallConcluded { .. }
            | LeadEvent::CallConflictRecorded { .. }
            | LeadEvent::CallReferenced { .. }
            | LeadEvent::ProviderStatusHeard { .. }
            | LeadEvent::CallAttributesAttached { .. }
            | LeadEvent::AnalysisAwaited { .. }
            | LeadEvent::ApplicationRequested { .. }
            | LeadEvent::ApplicationStarted { .. }
            | LeadEvent::ApplicationTried { .. }
            | LeadEvent::ApplicationAnswered { .. }
            | LeadEvent::HoldResolved { .. }
            | LeadEvent::ReleasePlanned { .. }
            | LeadEvent::LeadCompleted
            | LeadEvent::LeadDropped
            | LeadEvent::LeadWithdrawn
            | LeadEvent::LeadErased { .. }
            | LeadEvent::LeadEdited { .. } => {}
        }
    }

    fn enter(&mut self, fact: &RecordedFact, revision: u32, node: NodeId) {
        let kind = match self.story.node(revision, node).map(Node::node_type) {
            Some(NodeType::VoiceCall) => RowKind::Call,
            Some(NodeType::Application) => RowKind::Application,
            Some(NodeType::Conditional) => RowKind::Decision,
            Some(NodeType::Converted) => RowKind::Converted,
            Some(NodeType::Dropped) => RowKind::Dropped,
            Some(NodeType::Time) | None => RowKind::Wait,
        };
        let is_end = matches!(kind, RowKind::Converted | RowKind::Dropped);
        self.at_node = Some(self.done.len());
        self.push(kind, self.story.label(node), fact, is_end.then_some(fact.at));
    }

    fn push(&mut self, kind: RowKind, name: String, fact: &RecordedFact, to: Option<Timestamp>) {
        let position = fact.position.0;
        self.done.push(Stretch { kind, name, detail: String::new(), from: fact.at, to, position });
    }

    fn leave(&mut self, at: Timestamp, detail: String) {
        let row = self.at_node.take().and_then(|row| self.done.get_mut(row));
        if let Some(row) = row {
            row.to = Some(row.to.unwrap_or(at));
            row.detail = detail;
        }
    }

    fn end_hold(&mut self) {
        let row = self.held.take().and_then(|row| self.done.get_mut(row));
        if let Some(row) = row {
            row.to = self.last;
        }
    }
}

/// Every record up to the shown one in words, the newest first.
pub(super) fn list(story: &Story) -> Markup {
    let mut records: Vec<(&RecordedFact, Vec<Told>)> =
        story.facts().iter().map(|fact| (fact, Vec::new())).collect();
    let mut at = 0;
    story.walk(|fact, event, before| {
        while records.get(at).is_some_and(|(record, _)| record.position != fact.position) {
            at += 1;
        }
        if let Some((_, told)) = records.get_mut(at) {
            told.push(tell(story, before, event));
        }
    });
    let left_out = records.len().saturating_sub(RECORDS_MAX);
    html! {
        ol.records reversed {
            @for (fact, told) in records.iter().rev().take(RECORDS_MAX) { (record(story, fact, told)) }
        }
        @if left_out > 0 {
            p.muted { (plural(left_out as u64, "older record")) " not shown: go back in time to see them." }
        }
    }
}

fn record(story: &Story, fact: &RecordedFact, told: &[Told]) -> Markup {
    let position = fact.position.0;
    let kind = told.last().map_or("", |told| told.kind);
    html! {
        li.record.(kind) id={ "r" (position) } {
            div.record-head {
                (time(fact.at))
                span { "by " (who(&fact.principal)) }
                a href={ (story.path()) "?at=" (position) } title="The lead as it was then" { "#" (position) }
            }
            @for told in told {
                div.told.(told.kind) {
                    (told.words)
                    @if let Some(detail) = &told.detail { div.told-more { (detail) } }
                }
            }
        }
    }
}
