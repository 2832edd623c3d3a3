//! A line for each event, for people who read a log. The same record always gives the same lines.

use std::fmt::{self, Write as _};

use branchline_domain::{
    graph::GraphChange,
    lead::{BranchCause, HoldReason, LeadEvent, Resolution},
    organisation::{OrganisationEvent, Scope},
    personal::Personal,
    time::Timestamp,
    workflow::{Settings, WorkflowEvent},
};
use branchline_journal::record::{Cause as Why, Record};

use crate::fact::{Fact, FactEvents};

/// Whether phone numbers of leads are printed. Other personal values never are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PhoneNumbers {
    /// Not printed: what can be read is `(hidden)`, what cannot `(erased)`.
    #[default]
    Hidden,
    /// Printed where they can be read.
    Shown,
    /// Nobody tried to open a seal, so that nothing is known about it: every personal field is
    /// `(sealed)`.
    Unopened,
}

/// One line for each event of a record, without position, time and stream: the caller has them.
/// Ids are in full. Text that people or providers wrote is quoted where it is not one plain word,
/// so that no value can pass for another line or field.
pub fn lines(fact: &Fact<'_>, phones: PhoneNumbers) -> Vec<String> {
    match fact.events {
        FactEvents::Workflow(_, events) => events.iter().map(workflow_line).collect(),
        FactEvents::Lead(_, events) => {
            events.iter().map(|event| lead_line(event, phones)).collect()
        }
        FactEvents::Organisation(_, events) => events.iter().map(organisation_line).collect(),
    }
}

/// A line that grows by fields.
struct Line(String);

impl Line {
    fn of(name: &str) -> Self {
        Self(name.into())
    }

    /// Adds a value.
    fn value(mut self, value: impl fmt::Display) -> Self {
        // Writing to a `String` cannot fail.
        let _ = write!(self.0, " {value}");
        self
    }

    /// Adds a name and a value.
    fn field(self, name: &str, value: impl fmt::Display) -> Self {
        self.value(name).value(value)
    }

    /// Adds a name and a value, if there is one.
    fn maybe(self, name: &str, value: Option<impl fmt::Display>) -> Self {
        match value {
            Some(value) => self.field(name, value),
            None => self,
        }
    }

    /// Adds a name and free text, if there is any.
    fn maybe_text(self, name: &str, text: Option<&String>) -> Self {
        self.maybe(name, text.map(|text| Text(text)))
    }
}

/// Free text: as it is when it is one plain word, else quoted with escapes.
struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.+:/@".contains(&byte);
        if !self.0.is_empty() && self.0.bytes().all(is_plain) {
            f.write_str(self.0)
        } else {
            write!(f, "{:?}", self.0)
        }
    }
}

/// How much there is of something personal, never what.
struct Sealed<'a, T>(&'a Personal<T>, PhoneNumbers);

impl<T> fmt::Display for Sealed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.1, self.0) {
            (PhoneNumbers::Unopened, _) => "(sealed)",
            (PhoneNumbers::Hidden | PhoneNumbers::Shown, Personal::Known(_)) => "(hidden)",
            (PhoneNumbers::Hidden | PhoneNumbers::Shown, Personal::Erased) => "(erased)",
        })
    }
}

#[expect(clippy::too_many_lines, reason = "one arm an event: cutting it would hide the list")]
fn lead_line(event: &LeadEvent, phones: PhoneNumbers) -> String {
    let line = match event {
        LeadEvent::LeadEnrolled { workflow, phone_number, import, .. } => {
            let line = Line::of("lead_enrolled").value(workflow);
            let line = match (phones, phone_number.known()) {
                (PhoneNumbers::Shown, Some(number)) => line.field("phone", Text(number)),
                (PhoneNumbers::Shown, None)
                | (PhoneNumbers::Hidden | PhoneNumbers::Unopened, _) => {
                    line.field("phone", Sealed(phone_number, phones))
                }
            };
            line.maybe("import", *import)
        }
        LeadEvent::NodeEntered { visit, node, revision, release_at } => Line::of("node_entered")
            .value(visit)
            .value(node)
            .field("revision", revision)
            .maybe("release", *release_at),
        LeadEvent::CallRequested { call, from, agent_id, ring_timeout_s } => {
            Line::of("call_requested")
                .value(call)
                .field("from", Text(from))
                .maybe_text("agent", agent_id.as_ref())
                .maybe("ring_timeout_s", *ring_timeout_s)
        }
        LeadEvent::CallDispatchStarted { call, lease_until } => {
            Line::of("call_dispatch_started").value(call).maybe("lease", *lease_until)
        }
        LeadEvent::CallDispatched { call, provider_ref } => {
            Line::of("call_dispatched").value(call).maybe_text("ref", provider_ref.as_ref())
        }
        LeadEvent::CallDispatchRefused { call, reason } => {
            Line::of("call_dispatch_refused").value(call).field("reason", Sealed(reason, phones))
        }
        LeadEvent::CallDispatchUnknown { call } => Line::of("call_dispatch_unknown").value(call),
        LeadEvent::CallStatusChanged { call, status, occurred_at } => {
            Line::of("call_status_changed").value(call).value(status).maybe("at", *occurred_at)
        }
        LeadEvent::CallConcluded { call, status, end_reason, occurred_at } => {
            Line::of("call_concluded")
                .value(call)
                .value(status)
                .maybe_text("reason", end_reason.as_ref())
                .maybe("at", *occurred_at)
        }
        LeadEvent::CallConflictRecorded { call, status, end_reason } => {
            Line::of("call_conflict_recorded")
                .value(call)
                .value(status)
                .maybe_text("reason", end_reason.as_ref())
        }
        LeadEvent::CallReferenced { call, provider_ref } => {
            Line::of("call_referenced").value(call).field("ref", Text(provider_ref))
        }
        LeadEvent::ProviderStatusHeard { call, heard, status } => Line::of("provider_status_heard")
            .value(call)
            .value(status)
            .field("provider", Text(&heard.provider))
            .field("word", Quoted(&heard.word))
            .maybe_text("event", heard.event_id.as_ref()),
        LeadEvent::CallAttributesAttached { call, attributes } => {
            Line::of("call_attributes_attached")
                .value(call)
                .field("attributes", Sealed(attributes, phones))
        }
        LeadEvent::BranchTaken { visit, from, output, to, cause, revision } => {
            Line::of("branch_taken")
                .value(visit)
                .value(from)
                .value(format_args!("--{}-->", Text(output.as_str())))
                .value(to)
                .field("cause", Cause(*cause))
                .field("revision", revision)
        }
        LeadEvent::LeadMoved { visit, from, to, revision } => Line::of("lead_moved")
            .value(visit)
            .value(from)
            .value("-->")
            .value(to)
            .field("revision", revision),
        LeadEvent::CallScheduled { call, not_before, expires_at } => Line::of("call_scheduled")
            .value(call)
            .field("not_before", not_before)
            .maybe("expires", *expires_at),
        LeadEvent::AnalysisAwaited { until } => Line::of("analysis_awaited").field("until", until),
        LeadEvent::ApplicationRequested { attempt } => {
            Line::of("application_requested").value(attempt)
        }
        LeadEvent::ApplicationStarted { attempt } => Line::of("application_started").value(attempt),
        LeadEvent::ApplicationTried { attempt, outcome, latency_ms, missing_fields, evidence } => {
            missing_fields
                .iter()
                .fold(
                    Line::of("application_tried")
                        .value(attempt)
                        .value(outcome.as_str())
                        .field("latency_ms", latency_ms),
                    |line, name| line.field("missing", Text(name)),
                )
                .field("evidence", Sealed(evidence, phones))
        }
        LeadEvent::ApplicationAnswered { node, fields } => {
            Line::of("application_answered").value(node).field("fields", Sealed(fields, phones))
        }
        LeadEvent::RoutingHeld { reason } => held_line(reason, phones),
        LeadEvent::HoldResolved { choice } => {
            let line = Line::of("hold_resolved");
            match choice {
                Resolution::Output(output) => line.field("output", Text(output.as_str())),
                Resolution::Redial => line.value("redial"),
                Resolution::ReleaseAt(at) => line.field("release", at),
            }
        }
        LeadEvent::ReleasePlanned { release_at } => Line::of("release_planned").value(release_at),
        LeadEvent::LeadCompleted => Line::of("lead_completed"),
        LeadEvent::LeadDropped => Line::of("lead_dropped"),
        LeadEvent::LeadRemoved => Line::of("lead_removed"),
        LeadEvent::LeadWithdrawn => Line::of("lead_withdrawn"),
        LeadEvent::LeadErased { key_slot } => Line::of("lead_erased").field("key_slot", key_slot),
        LeadEvent::LeadEdited { variables, notes } => Line::of("lead_edited")
            .field("variables", Sealed(variables, phones))
            .field("notes", Sealed(notes, phones)),
    };
    line.0
}

struct Cause(BranchCause);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            BranchCause::Call(number) => write!(f, "call_status({number})"),
            cause @ (BranchCause::Condition
            | BranchCause::Release
            | BranchCause::Application
            | BranchCause::Person) => f.write_str(cause.as_str()),
        }
    }
}

fn held_line(reason: &HoldReason, phones: PhoneNumbers) -> Line {
    let line = Line::of("routing_held").value(reason.code());
    match reason {
        HoldReason::WorkflowPaused(outcome) | HoldReason::MissingOutput(outcome) => {
            line.field("output", Text(outcome.output.as_str())).field("cause", Cause(outcome.cause))
        }
        HoldReason::ReviewRequired(status) => line.value(status),
        HoldReason::UnreadableTime(words) => line.field("words", Sealed(words, phones)),
        HoldReason::NodeIncomplete
        | HoldReason::CallOverdue
        | HoldReason::DialOutcomeUnknown
        | HoldReason::DialRefused
        | HoldReason::ApplicationReview
        | HoldReason::EndlessLoop => line,
    }
}

fn workflow_line(event: &WorkflowEvent) -> String {
    let line = match event {
        WorkflowEvent::WorkflowCreated { organisation, title, settings, source, .. } => {
            let line =
                Line::of("workflow_created").value(organisation).field("title", Quoted(title));
            settings_fields(line, settings).maybe("copy_of", *source)
        }
        WorkflowEvent::WorkflowRenamed { title, .. } => {
            Line::of("workflow_renamed").field("title", Quoted(title))
        }
        WorkflowEvent::SettingsChanged { settings } => {
            settings_fields(Line::of("settings_changed"), settings)
        }
        WorkflowEvent::GraphRevised { revision, changes } => {
            changes.iter().fold(Line::of("graph_revised").value(revision), graph_change)
        }
        WorkflowEvent::GraphStaged { part, changes } => {
            changes.iter().fold(Line::of("graph_staged").value(part), graph_change)
        }
        WorkflowEvent::NodeReplaced { node, by } => {
            Line::of("node_replaced").value(node).field("by", by)
        }
        WorkflowEvent::WorkflowActivated => Line::of("workflow_activated"),
        WorkflowEvent::WorkflowPaused => Line::of("workflow_paused"),
        WorkflowEvent::WorkflowResumed => Line::of("workflow_resumed"),
        WorkflowEvent::WorkflowCompleted { automatic } => {
            Line::of("workflow_completed").value(if *automatic { "automatic" } else { "asked" })
        }
        WorkflowEvent::WorkflowCancelled => Line::of("workflow_cancelled"),
        WorkflowEvent::WorkflowDeleted => Line::of("workflow_deleted"),
        WorkflowEvent::ImportOpened { import, opening } => Line::of("import_opened")
            .value(import)
            .field("rows", opening.rows)
            .field("duplicates_skipped", opening.duplicates_skipped)
            .maybe_text("file", opening.file_name.as_ref()),
        WorkflowEvent::ImportClosed { import, enrolled, duplicates_skipped } => {
            Line::of("import_closed")
                .value(import)
                .field("enrolled", enrolled)
                .field("duplicates_skipped", duplicates_skipped)
        }
        WorkflowEvent::ImportCancelled { import, reason } => {
            Line::of("import_cancelled").value(import).field("reason", Quoted(reason))
        }
        WorkflowEvent::ImportRefused { import, refusal } => refusal.faults.iter().fold(
            Line::of("import_refused")
                .value(import)
                .field("rows", refusal.rows)
                .field("reasons", refusal.reasons)
                .maybe_text("file", refusal.file_name.as_ref()),
            |line, fault| line.field("reason", Quoted(&fault.reason)),
        ),
    };
    line.0
}

fn organisation_line(event: &OrganisationEvent) -> String {
    let line = match event {
        OrganisationEvent::ApiKeyCreated { key, name, scopes, expires_at, secret_sha256: _ } => {
            let words: Vec<&str> = scopes.iter().map(Scope::as_str).collect();
            Line::of("api_key_created")
                .value(key)
                .field("name", Quoted(name))
                .field("scopes", words.join(","))
                .maybe("expires", *expires_at)
        }
        OrganisationEvent::ApiKeyExpirySet { key, expires_at } => {
            let line = Line::of("api_key_expiry_set").value(key);
            match expires_at {
                Some(at) => line.field("expires", at),
                None => line.field("expires", "never"),
            }
        }
        OrganisationEvent::ApiKeyRevoked { key } => Line::of("api_key_revoked").value(key),
        OrganisationEvent::ActionRefused { action, target, code } => Line::of("action_refused")
            .value(Text(action))
            .maybe_text("target", Some(target).filter(|target| !target.is_empty()))
            .field("code", Text(code)),
        OrganisationEvent::ProviderEventUnmatched { event, reason, told } => {
            let line = Line::of("provider_event_unmatched")
                .value(event)
                .value(reason.as_str())
                .field("provider", Text(&told.provider))
                .field("word", Quoted(&told.word))
                .maybe_text("ref", told.provider_call_id.as_ref())
                .maybe("call", told.call)
                .maybe_text("event", told.event_id.as_ref())
                .maybe_text("reason", told.end_reason.as_ref())
                .maybe("at", told.occurred_at);
            told.facts.iter().fold(line, |line, (name, value)| {
                line.value(format_args!("{}:{}", Text(name), Quoted(value)))
            })
        }
        OrganisationEvent::ProviderEventMatched { event, call, status } => {
            Line::of("provider_event_matched").value(event).value(call).value(status)
        }
        OrganisationEvent::ProviderEventDismissed { event, note } => {
            Line::of("provider_event_dismissed").value(event).field("note", Quoted(note))
        }
        OrganisationEvent::ProviderWordsSet { provider, words } => words
            .iter()
            .fold(Line::of("provider_words_set").value(Text(provider)), |line, (word, meaning)| {
                line.value(format_args!("{}={meaning}", Quoted(word)))
            }),
    };
    line.0
}

/// Free text that is always quoted.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

fn settings_fields(line: Line, settings: &Settings) -> Line {
    line.maybe_text("default_country", settings.default_country.as_ref())
        .field("default_timezone", Text(&settings.default_timezone))
        .field("start_on_enrol", settings.start_on_enrol)
        .field("auto_complete", settings.auto_complete)
        .field("late_final_resolves_review", settings.late_final_resolves_review)
        .field("call_deadline_s", settings.call_deadline_s)
        .field("analysis_timeout_s", settings.analysis_timeout_s)
}

fn graph_change(line: Line, change: &GraphChange) -> Line {
    match change {
        GraphChange::NodePut(node) => {
            let line = line.field("+node", node.id).value(node.node_type());
            let line = line.value(Quoted(&node.label));
            if node.entry { line.value("entry") } else { line }
        }
        GraphChange::NodeRemoved(node) => line.field("-node", node),
        GraphChange::EdgeAdded(edge) => line
            .field("+edge", edge.id)
            .value(edge.from_node_id)
            .value(format_args!(
                "--{}-->",
                edge.label.as_ref().map_or(Text("*"), |label| Text(label.as_str()))
            ))
            .value(edge.to_node_id),
        GraphChange::EdgeRemoved(edge) => line.field("-edge", edge),
    }
}

/// The record's frame in one line: position, time, stream, who, why, and the caller's key. The log
/// tool prints it above [`lines`].
pub fn frame(record: &Record) -> String {
    let body = &record.body;
    let at = Timestamp::from_micros(body.recorded_at.0);
    let line = Line(format!("{} {at} {}", record.position, body.stream))
        .field("version", record.version)
        .field("by", Text(&body.principal));
    let line = match &body.cause {
        Why::None => line,
        Why::Position(position) => line.field("cause", position),
        Why::Request(request) => line.field("cause", Text(request)),
    };
    line.maybe("key", body.key.as_ref().map(|key| Text(&key.key))).0
}
