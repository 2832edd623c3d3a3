//! One lead: decides, records, applies, answers; one command at a time. The rules are the
//! domain's, the order is the mailbox's.

use std::{rc::Rc, sync::Arc};

use actix::{Actor, ActorContext, AsyncContext, Context, Handler};
use branchline_domain::{
    decider::Recorded,
    id::{CallId, LeadId, OrganisationId},
    lead::{
        self, Dispatch, LeadCommand, LeadContext, LeadEvent, LeadRejection, LeadState, Reads,
        accepts,
    },
    workflow::WorkflowView,
};
use branchline_event_codec::{Sealing, encode_lead};
use branchline_journal::{
    record::{
        ClaimChange, ClaimKind, ExpectedVersion, Guard, Micros, NewRecord, Position, RecordBody,
        StreamId, StreamKind, Version,
    },
    store::{AppendError, Appended, KnownKey},
};
use branchline_vault::{KeySlot, LeadKey};

use crate::{
    EngineError,
    application_try::ApplicationTry,
    command::Committed,
    core::Services,
    erasure::ErasedLead,
    lead_claims::{self, Holding},
    lead_step::{Attempt, Step, Steps},
    lead_task::{LeadFailure, LeadOutcome, LeadTask, Perform},
    metrics::Mailbox,
    ports::DialRequest,
    rebuild::RebuiltLead,
    refusals::{append_failed, refused},
    workflow_cell::WorkflowCell,
};

/// One lead in memory.
pub(crate) struct LeadActor {
    id: LeadId,
    organisation: OrganisationId,
    state: LeadState,
    version: Version,
    key: Option<LeadKey>,
    /// The call for which the lead holds its number.
    live_call: Option<u32>,
    workflow: Rc<WorkflowCell>,
    services: Rc<Services>,
    /// The supervisor counts messages in, the actor counts them out.
    mailbox: Mailbox,
}

impl LeadActor {
    pub(crate) fn new(
        id: LeadId,
        rebuilt: RebuiltLead,
        workflow: Rc<WorkflowCell>,
        services: Rc<Services>,
        mailbox: Mailbox,
    ) -> Self {
        let RebuiltLead { organisation, state, version, key, live_call } = rebuilt;
        Self { id, organisation, state, version, key, live_call, workflow, services, mailbox }
    }

    fn perform(&mut self, perform: Box<Perform>) -> Option<Step> {
        if !perform.asked.may_touch(self.organisation) {
            answer(perform, Err(EngineError::LeadNotFound(self.id)));
            return None;
        }
        if let Some(known) = self.known_key(&perform) {
            return self.repeat(perform, known);
        }
        self.attempt(perform, 1, true)
    }

    fn known_key(&self, perform: &Perform) -> Option<KnownKey> {
        let key = perform.asked.key.as_ref()?;
        self.services.store.known_key(self.organisation.as_uuid(), &key.key)
    }

    /// The request was recorded before: it is answered as of then, without deciding anew.
    fn repeat(&self, perform: Box<Perform>, known: KnownKey) -> Option<Step> {
        let same = perform.asked.key.as_ref().is_some_and(|key| key.digest == known.digest);
        let outcome = if same {
            let committed = Committed { position: Some(known.position) };
            Ok(self.outcome(&perform.command, committed))
        } else {
            Err(EngineError::KeyReused)
        };
        answer(perform, outcome);
        None
    }

    /// The workflow's view is as new as the record that refused a guard, or is not in time.
    pub(crate) fn view_came(
        &mut self,
        perform: Box<Perform>,
        tries: u32,
        shown: bool,
    ) -> Option<Step> {
        if shown {
            return self.attempt(perform, tries + 1, true);
        }
        answer(perform, Err(EngineError::Busy));
        None
    }

    /// A message was seen through.
    pub(crate) fn done(&self) {
        self.mailbox.done();
    }

    /// Decides and records. `take_live_call` is off once the number turned out to have a live
    /// call of another lead, and this lead's call was dialled all the same.
    fn attempt(&mut self, perform: Box<Perform>, tries: u32, take_live_call: bool) -> Option<Step> {
        let view = self.workflow.view();
        let context = LeadContext { now: perform.now, lead: self.id, workflow: &view };
        let events = match lead::decide(&self.state, &perform.command, &context) {
            Ok(events) => events,
            Err(rejection) => {
                answer(perform, Err(refused(self.id, rejection)));
                return None;
            }
        };
        let accepted = self.accepts(&perform.command);
        if events.is_empty() {
            let mut outcome = self.outcome(&perform.command, Committed::default());
            outcome.accepted = accepted;
            answer(perform, Ok(outcome));
            return None;
        }
        let claims = match self.claims(&events, take_live_call) {
            Ok(claims) => claims,
            Err(error) => {
                answer(perform, Err(error));
                return None;
            }
        };
        let record = match self.record(&perform, &events, &claims, &view) {
            Ok(record) => record,
            Err(error) => {
                answer(perform, Err(error));
                return None;
            }
        };
        let attempt = Attempt { perform, events, claims, accepted, tries };
        Some(Step::Journal { attempt, answer: self.services.journal.append(record) })
    }

    fn claims(
        &self,
        events: &[LeadEvent],
        take_live_call: bool,
    ) -> Result<Vec<ClaimChange>, EngineError> {
        let holding = Holding {
            contact_tag: self.state.contact_tag,
            live_call: self.live_call,
            hold: self.state.hold.as_ref(),
        };
        let mut changes = lead_claims::live_call_changes(&holding, events);
        if !take_live_call {
            changes.retain(|change| matches!(change, ClaimChange::Release(_)));
        }
        if lead_claims::ends_enrolment(events) {
            let tag = self.services.vault.enrolment_tag(
                self.organisation.as_uuid(),
                self.workflow.id.as_uuid(),
                self.state.contact_tag,
            );
            let tag = tag.map_err(|error| self.services.keys_failed(&error))?;
            changes.push(ClaimChange::Release(lead_claims::enrolled(tag)));
        }
        Ok(changes)
    }

    fn record(
        &self,
        perform: &Perform,
        events: &[LeadEvent],
        claims: &[ClaimChange],
        view: &WorkflowView,
    ) -> Result<NewRecord, EngineError> {
        let nonce = || self.services.vault.nonce();
        let sealing = Sealing { lead: self.id, key: self.key.as_ref(), nonce: &nonce };
        let mut encoded = Vec::with_capacity(events.len());
        for event in events {
            let event = encode_lead(event, &sealing);
            encoded
                .push(event.map_err(|error| EngineError::TooLarge { problem: error.to_string() })?);
        }
        Ok(NewRecord {
            expected: ExpectedVersion::Exact(self.version),
            body: RecordBody {
                organisation: self.organisation.as_uuid(),
                stream: StreamId::lead(self.id.as_uuid()),
                recorded_at: Micros(perform.now.as_micros()),
                principal: Arc::clone(&perform.asked.principal),
                cause: perform.asked.cause.clone(),
                key: perform.asked.key.clone(),
                guard: guard(&self.workflow, view, events),
                control: None,
                claims: claims.to_vec(),
                events: encoded,
            },
        })
    }

    /// The record is durable: it is what the lead is now.
    pub(crate) fn absorb(&mut self, attempt: Attempt, appended: Appended) {
        let Attempt { perform, events, claims, accepted, .. } = attempt;
        let recorded = Recorded { at: perform.now, position: appended.position.0 };
        lead_claims::follow(&mut self.live_call, &events, &claims);
        for event in &events {
            lead::evolve(&mut self.state, event, recorded);
        }
        if self.state.is_erased() {
            // The state has forgotten by itself; nothing is sealed for this lead any more.
            self.key = None;
        }
        self.version = appended.version;
        let committed = Committed { position: Some(appended.position) };
        let mut outcome = self.outcome(&perform.command, committed);
        outcome.accepted = accepted;
        answer(perform, Ok(outcome));
    }

    /// The record was refused: what is left to do, if anything.
    pub(crate) fn not_appended(
        &mut self,
        attempt: Attempt,
        error: AppendError,
        ctx: &mut Context<Self>,
    ) -> Option<Step> {
        let Attempt { perform, tries, .. } = attempt;
        match error {
            AppendError::GuardMoved { actual, .. } => {
                if tries >= self.services.config.decide_attempts_max {
                    answer(perform, Err(EngineError::Busy));
                    return None;
                }
                let shown = Box::pin(Rc::clone(&self.workflow).caught_up(actual));
                Some(Step::View { perform, tries, shown })
            }
            AppendError::ClaimTaken { claim, holder } if claim.kind == ClaimKind::LIVE_CALL => {
                if matches!(*perform.command, LeadCommand::StartDispatch { .. }) {
                    let nothing = Committed::default();
                    let mut outcome = self.outcome(&perform.command, nothing);
                    outcome.phone_busy =
                        (holder.kind == StreamKind::LEAD).then(|| LeadId::from_uuid(holder.id));
                    answer(perform, Ok(outcome));
                    return None;
                }
                // Somebody dialled without asking; the phone did ring, so it is recorded.
                self.attempt(perform, tries + 1, false)
            }
            AppendError::KeyKnown { known } => self.repeat(perform, known),
            AppendError::WrongExpectedVersion { .. } => {
                tracing::info!(lead = %self.id, %error, "lead actor is stale and will be rebuilt");
                ctx.stop();
                perform.reply.send(Err(LeadFailure::Stale));
                None
            }
            AppendError::Poisoned { .. } | AppendError::Closed => {
                // Whether the record is durable is unknown: this copy may be stale.
                ctx.stop();
                answer(perform, Err(append_failed(error)));
                None
            }
            AppendError::ClaimTaken { .. }
            | AppendError::TooLarge { .. }
            | AppendError::Malformed { .. }
            | AppendError::Busy { .. } => {
                answer(perform, Err(append_failed(error)));
                None
            }
        }
    }

    fn accepts(&self, command: &LeadCommand) -> bool {
        match command {
            LeadCommand::ReportCallStatus { call, report } => accepts(&self.state, *call, report),
            LeadCommand::Enrol(_)
            | LeadCommand::Advance
            | LeadCommand::AttachCallAttributes { .. }
            | LeadCommand::StartDispatch { .. }
            | LeadCommand::RecordDispatched { .. }
            | LeadCommand::RecordDispatchRefused { .. }
            | LeadCommand::RecordDispatchUnknown { .. }
            | LeadCommand::StartApplication
            | LeadCommand::RecordApplication(_)
            | LeadCommand::HoldApplication
            | LeadCommand::RequestApplication
            | LeadCommand::MoveTo { .. }
            | LeadCommand::Resolve(_)
            | LeadCommand::Remove
            | LeadCommand::Withdraw
            | LeadCommand::Erase
            | LeadCommand::Edit { .. } => true,
        }
    }

    fn outcome(&self, command: &LeadCommand, committed: Committed) -> LeadOutcome {
        let accepted = self.accepts(command);
        let erased = matches!(command, LeadCommand::Erase).then(|| self.erased()).flatten();
        LeadOutcome { committed, accepted, phone_busy: None, erased }
    }

    fn erased(&self) -> Option<ErasedLead> {
        let (slot, position) = (KeySlot(self.state.key_slot), Position(self.state.erased_position));
        self.state.erased_at.map(|erased_at| ErasedLead { slot, position, erased_at })
    }

    fn application_try(&self) -> Option<ApplicationTry> {
        let view = self.workflow.view();
        let now = self.services.clock.now();
        let context = LeadContext { now, lead: self.id, workflow: &view };
        ApplicationTry::of(self.organisation, self.id, &self.state, &context)
    }

    fn dial_request(&self, number: u32) -> Result<DialRequest, EngineError> {
        let call_id = CallId { lead: self.id, number };
        let call = self.state.calls.get(&number).ok_or(EngineError::CallNotFound(call_id))?;
        let (Some(to), Some(variables)) =
            (self.state.phone_number.known(), self.state.variables.known())
        else {
            return Err(EngineError::Lead(LeadRejection::Erased));
        };
        Ok(DialRequest {
            call_id,
            workflow_id: self.workflow.id,
            organisation_id: self.organisation,
            node_id: call.node,
            to: to.clone(),
            from: call.from.clone(),
            agent_id: call.agent_id.clone(),
            ring_timeout_s: call.ring_timeout_s,
            variables: variables.clone(),
            lease_until: match call.dispatch {
                Dispatch::Started { lease_until } => lease_until,
                Dispatch::Requested
                | Dispatch::Dispatched
                | Dispatch::Refused
                | Dispatch::Unknown => None,
            },
        })
    }
}

impl Drop for LeadActor {
    fn drop(&mut self) {
        self.mailbox.abandon();
    }
}

impl Actor for LeadActor {
    type Context = Context<Self>;
}

impl Handler<LeadTask> for LeadActor {
    type Result = ();

    fn handle(&mut self, task: LeadTask, ctx: &mut Context<Self>) {
        let step = match task {
            LeadTask::Perform(perform) => {
                let span =
                    tracing::debug_span!("lead.perform", lead = %self.id, version = %self.version);
                span.in_scope(|| self.perform(perform))
            }
            LeadTask::Dial { call, reply } => {
                // Who asked may be gone; nothing was done for it.
                let _ = reply.send(self.dial_request(call).map_err(LeadFailure::Refused));
                None
            }
            LeadTask::Application { reply } => {
                let _ = reply.send(Ok(self.application_try()));
                None
            }
        };
        match step {
            // The next message waits until this one is on disk, so state never runs ahead of the
            // journal.
            Some(step) => ctx.wait(Steps::from(step)),
            None => self.done(),
        }
    }
}

/// Answers; the caller may have gone away, and what is durable stays.
fn answer(perform: Box<Perform>, outcome: Result<LeadOutcome, EngineError>) {
    perform.reply.send(outcome.map_err(LeadFailure::Refused));
}

/// The guard that these events need: what their decision read of the workflow.
pub(crate) fn guard(
    workflow: &WorkflowCell,
    view: &WorkflowView,
    events: &[LeadEvent],
) -> Option<Guard> {
    match lead::reads(events) {
        Reads::Nothing => None,
        Reads::Control => Some(workflow.guard(view, false)),
        Reads::Routing => Some(workflow.guard(view, true)),
    }
}
