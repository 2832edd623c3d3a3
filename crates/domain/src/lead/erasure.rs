//! Erasure: what a person, provider or template supplied is forgotten; what happened stays.
//! Source: CONTRACT.md 3.

use std::borrow::Cow;

use super::{
    ApplicationStage, CallReport, HoldReason, LeadContext, LeadEvent, LeadRejection, LeadState,
    Values,
};
use crate::{id::CallId, personal::Personal};

/// Forgets the lead. Only one that has come to its end, so that no step reads what is gone and no
/// call still needs the number.
pub(super) fn erase(
    state: &LeadState,
    context: &LeadContext<'_>,
) -> Result<Vec<LeadEvent>, LeadRejection> {
    if state.is_erased() {
        return Ok(Vec::new());
    }
    let cannot = |problem| Err(LeadRejection::CannotErase { problem });
    if !state.has_ended() {
        return cannot(format!("it is {}; remove it first", state.status));
    }
    let mut live = state.calls.iter().filter(|(_, call)| call.is_in_progress());
    if let Some((&number, _)) = live.next() {
        let call = CallId { lead: context.lead, number };
        return cannot(format!(
            "call {call} is in progress; wait for its final status or report it"
        ));
    }
    let at_work = |stage| stage == ApplicationStage::Started;
    if state.application.as_deref().is_some_and(|run| at_work(run.stage)) {
        return cannot("an application is at work for it; wait for its outcome".into());
    }
    Ok(vec![LeadEvent::LeadErased { key_slot: state.key_slot }])
}

impl LeadState {
    /// Takes out whatever a key could open, so that a reader with the lead's key and one without it
    /// stand alike from here on.
    pub fn forget(&mut self) {
        self.phone_number = Personal::Erased;
        self.variables = Personal::Erased;
        self.notes = Personal::Erased;
        for call in self.calls.values_mut() {
            call.attributes = Personal::Erased;
        }
        for fields in self.answers.values_mut() {
            *fields = Personal::Erased;
        }
        if let Some(hold) = &mut self.hold
            && let HoldReason::UnreadableTime(words) = &mut hold.reason
        {
            *words = Personal::Erased;
        }
    }
}

/// What is kept of a report: of a forgotten lead its ids, statuses and times, and no words.
pub(super) fn kept<'a>(state: &LeadState, report: &'a CallReport) -> Cow<'a, CallReport> {
    if state.is_erased() {
        let provider_ref = report.provider_ref.clone();
        let (end_reason, attributes) = (None, Values::new());
        Cow::Owned(CallReport { end_reason, attributes, provider_ref, heard: None, ..*report })
    } else {
        Cow::Borrowed(report)
    }
}

/// What is kept of a text; nothing of a forgotten lead's.
pub(super) fn kept_text(state: &LeadState, text: &str) -> Personal<String> {
    if state.is_erased() { Personal::Erased } else { Personal::Known(text.into()) }
}
