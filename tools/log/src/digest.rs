//! The state digest: one number for where everything stands.
//!
//! Two machines that replay the same records up to the same one have the same digest, whatever they
//! read them from and with keys or without: nothing personal goes into it. When digests differ, those
//! of the workflows say where.
//!
//! The form is frozen. Everything is written one after the other: numbers as eight bytes, the
//! highest first; ids as their 16 bytes; text as its length and its UTF-8; what may be absent as a
//! byte 0, or a byte 1 and the value; a list as its length and its members. Words are those of the
//! journal and the API. A node's config is its JSON document, in which nothing stands that nobody
//! gave. A field that a later release adds is written only where it differs from what was before,
//! behind all others and under its name: digests of old journals stay as they are.
//!
//! ```text
//! workflow   SHA-256( "branchline workflow state 1" | workflow | imports | leads by id, each with its calls )
//! whole      SHA-256( "branchline state 1" | for each workflow by id: id, digest
//!                     | where there are keys: "keys", for each organisation by id: id, its keys by id )
//! ```

use branchline_domain::{
    graph::{Edge, Node},
    id::{NodeId, WorkflowId},
    organisation::ProviderDesk,
    time::Timestamp,
    workflow::Settings,
};
use branchline_projections::{
    CallRow, EveryLead, ImportRow, ImportStatus, Projections, WorkflowRow,
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::standing::dispatch_word;

/// A SHA-256 hash of a state.
pub type StateDigest = [u8; 32];

/// The digests of everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// Of the whole.
    pub whole: StateDigest,
    /// Of each workflow with its leads, by id.
    pub workflows: Vec<(WorkflowId, StateDigest)>,
}

impl Digests {
    /// The digests of where everything stands.
    pub fn of(read: &Projections) -> Self {
        let mut leads: Vec<EveryLead> = read.every_lead().collect();
        leads.sort_unstable_by_key(|lead| (lead.row.workflow_id, lead.row.id));
        let mut workflows: Vec<WorkflowRow<'_>> = read.every_workflow().collect();
        workflows.sort_unstable_by_key(|workflow| workflow.id);
        let mut whole = Canonical::begin("branchline state 1");
        let mut digests = Vec::with_capacity(workflows.len());
        for workflow in workflows {
            let first = leads.partition_point(|lead| lead.row.workflow_id < workflow.id);
            let ours = leads.iter().skip(first);
            let ours = ours.take_while(|lead| lead.row.workflow_id == workflow.id);
            let digest = of_workflow(read, &workflow, ours);
            whole.id(workflow.id.as_uuid());
            whole.0.update(digest);
            digests.push((workflow.id, digest));
        }
        whole.organisations(read);
        Self { whole: whole.end(), workflows: digests }
    }
}

fn of_workflow<'l>(
    read: &Projections,
    workflow: &WorkflowRow<'_>,
    leads: impl Iterator<Item = &'l EveryLead>,
) -> StateDigest {
    let mut form = Canonical::begin("branchline workflow state 1");
    form.workflow(workflow);
    let imports: Vec<&ImportRow> = read.every_import(workflow.id).collect();
    form.list(imports, Canonical::import);
    for lead in leads {
        form.lead(lead);
        let mut calls: Vec<CallRow> = read.calls_of(lead).collect();
        calls.reverse();
        form.list(calls, |form, call| form.call(&call));
    }
    form.end()
}

/// The form, hashed as it is written.
struct Canonical(Sha256);

impl Canonical {
    fn begin(name: &str) -> Self {
        let mut form = Self(Sha256::new());
        form.text(name);
        form
    }

    fn end(self) -> StateDigest {
        self.0.finalize().into()
    }

    /// Nothing where no provider ever told anything.
    fn provider(&mut self, desk: &ProviderDesk) {
        if *desk == ProviderDesk::default() {
            return;
        }
        self.text("provider");
        self.list(desk.words.iter().collect(), |form, (provider, words)| {
            form.text(provider);
            form.list(words.iter().collect(), |form, (word, meaning)| {
                form.text(word);
                form.text(meaning.as_str());
            });
        });
        self.list(desk.events().collect(), |form, (position, kept)| {
            form.number(position);
            form.id(kept.id.as_uuid());
            form.text(kept.reason.as_str());
            form.text(kept.state().as_str());
            let settled = kept.settled.as_ref();
            form.number(settled.map_or(0, |(_, _, position)| *position));
        });
    }

    /// Nothing where there never was a key.
    fn organisations(&mut self, read: &Projections) {
        for (number, (id, state)) in read.organisations().enumerate() {
            if number == 0 {
                self.text("keys");
            }
            self.id(id.as_uuid());
            self.list(state.keys.iter().collect(), |form, (id, key)| {
                form.id(id.as_uuid());
                form.text(&key.name);
                form.list(key.scopes.iter().collect(), |form, scope| form.text(scope.as_str()));
                form.0.update(key.secret_sha256.0);
                form.time(key.created_at);
                form.maybe_time(key.expires_at);
                form.maybe_time(key.revoked_at);
            });
            self.provider(&state.provider);
        }
    }

    fn number(&mut self, number: impl Into<u64>) {
        self.0.update(number.into().to_be_bytes());
    }

    fn flag(&mut self, flag: bool) {
        self.0.update([u8::from(flag)]);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text);
    }

    fn id(&mut self, id: Uuid) {
        self.0.update(id.as_bytes());
    }

    fn time(&mut self, at: Timestamp) {
        self.0.update(at.as_micros().to_be_bytes());
    }

    fn maybe<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.flag(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }

    fn list<T>(&mut self, members: Vec<T>, mut write: impl FnMut(&mut Self, T)) {
        self.number(members.len() as u64);
        for member in members {
            write(self, member);
        }
    }

    fn maybe_node(&mut self, node: Option<NodeId>) {
        self.maybe(node, |form, node| form.id(node.as_uuid()));
    }

    fn maybe_time(&mut self, at: Option<Timestamp>) {
        self.maybe(at, Self::time);
    }

    fn workflow(&mut self, workflow: &WorkflowRow<'_>) {
        let state = workflow.state;
        self.id(workflow.id.as_uuid());
        self.id(workflow.organisation.as_uuid());
        self.flag(state.exists);
        self.flag(state.deleted);
        self.text(state.status.as_str());
        self.number(workflow.status_position.0);
        self.number(state.control_epoch);
        self.maybe(state.freed_at, Self::number);
        self.text(&state.title);
        self.text(&state.description);
        self.settings(&state.settings);
        self.maybe(state.source, |form, source| form.id(source.as_uuid()));
        self.time(state.created_at);
        self.time(state.updated_at);
        self.list(state.variable_keys.iter().collect(), |form, name| form.text(name));
        self.number(state.graph.revision());
        self.list(state.graph.nodes().iter().collect(), |form, node| form.node(node));
        self.list(state.graph.edges().iter().collect(), Self::edge);
        self.list(state.replaced.iter().collect(), |form, (gone, by)| {
            form.id(gone.as_uuid());
            form.id(by.as_uuid());
        });
    }

    fn settings(&mut self, settings: &Settings) {
        // Exhaustive, so that a new setting is not forgotten: see the head of this file.
        let Settings {
            default_country,
            default_timezone,
            start_on_enrol,
            auto_complete,
            late_final_resolves_review,
            call_deadline_s,
            analysis_timeout_s,
        } = settings;
        self.maybe(default_country.as_deref(), Self::text);
        self.text(default_timezone);
        self.flag(*start_on_enrol);
        self.flag(*auto_complete);
        self.flag(*late_final_resolves_review);
        self.number(*call_deadline_s);
        self.number(*analysis_timeout_s);
    }

    fn node(&mut self, node: &Node) {
        self.id(node.id.as_uuid());
        self.text(node.node_type().as_str());
        self.text(&node.label);
        self.0.update(node.position.x_milli.to_be_bytes());
        self.0.update(node.position.y_milli.to_be_bytes());
        // A config that came out of a journal is a document and can be written as one.
        self.text(&serde_json::to_string(&node.config).unwrap_or_default());
        self.flag(node.entry);
    }

    fn edge(&mut self, edge: &Edge) {
        self.id(edge.id.as_uuid());
        self.id(edge.from_node_id.as_uuid());
        self.id(edge.to_node_id.as_uuid());
        self.maybe(edge.label.as_ref(), |form, label| form.text(label.as_str()));
    }

    fn import(&mut self, import: &ImportRow) {
        self.id(import.id.as_uuid());
        self.text(match import.status {
            ImportStatus::Running => "running",
            ImportStatus::Done => "done",
            ImportStatus::Cancelled => "cancelled",
            ImportStatus::Refused => "refused",
        });
        self.time(import.at);
        self.number(import.rows);
        self.number(import.leads_enrolled);
        self.number(import.duplicates_skipped);
    }

    fn lead(&mut self, lead: &EveryLead) {
        let row = &lead.row;
        self.id(row.id.as_uuid());
        self.id(row.organisation_id.as_uuid());
        self.text(row.status.as_str());
        self.flag(row.removed);
        self.flag(lead.withdrawn);
        self.flag(lead.in_open_import);
        self.maybe_node(row.current_node_id);
        self.number(row.visit);
        self.maybe_time(row.entered_at);
        self.maybe_time(row.release_at);
        self.number(row.call.as_ref().map_or(0, |call| call.id.number));
        self.maybe(row.hold, |form, hold| form.text(hold.as_str()));
        self.0.update(row.contact_tag);
        self.number(row.key_slot);
        self.time(row.enrolled_at);
        self.number(row.enrolled_position.0);
        self.maybe(row.import_id, |form, import| form.id(import.as_uuid()));
        // Since release 0.2.0.
        if let Some(at) = row.erased_at {
            self.text("erased_at");
            self.time(at);
        }
    }

    fn call(&mut self, call: &CallRow) {
        self.number(call.id.number);
        self.maybe_node(call.node_id);
        self.number(call.visit);
        self.text(call.status.as_str());
        self.flag(call.concluded);
        self.text(dispatch_word(call.dispatch));
        self.time(call.created_at);
        self.maybe_time(call.dispatch_started_at);
        self.maybe_time(call.lease_until);
        self.maybe_time(call.ended_at);
    }
}
