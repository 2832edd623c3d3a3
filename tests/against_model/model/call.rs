//! Calls: who may dial, and what is reported. Source: CONTRACT.md 4.

use std::collections::BTreeSet;

use branchline_domain::{call_status::CallStatus, workflow::WorkflowStatus};

use super::{Answer, Call, Config, Dialling, Hold, Model};

type Answered = Result<Answer, &'static str>;

/// The branch of a final status; `None` where a person must look.
const fn branch_of(status: CallStatus) -> Option<&'static str> {
    match status {
        CallStatus::Completed => Some("COMPLETED"),
        CallStatus::DidNotPick | CallStatus::Busy => Some("DNP"),
        CallStatus::Failed | CallStatus::NoAnswer => Some("FAILED"),
        CallStatus::Cancelled
        | CallStatus::RetryExpired
        | CallStatus::Created
        | CallStatus::Initiated
        | CallStatus::Sent
        | CallStatus::Received
        | CallStatus::Connected
        | CallStatus::Waiting => None,
    }
}

/// How far a call has come; `None` once it has ended.
const fn distance(status: CallStatus) -> Option<u8> {
    match status {
        CallStatus::Created => Some(0),
        CallStatus::Initiated => Some(1),
        CallStatus::Sent | CallStatus::Received => Some(2),
        CallStatus::Connected | CallStatus::Waiting => Some(3),
        CallStatus::Completed
        | CallStatus::DidNotPick
        | CallStatus::Busy
        | CallStatus::Failed
        | CallStatus::NoAnswer
        | CallStatus::Cancelled
        | CallStatus::RetryExpired => None,
    }
}

/// Statuses that a retry policy tries again unless it names others.
const TRIED_AGAIN: [CallStatus; 3] =
    [CallStatus::DidNotPick, CallStatus::Busy, CallStatus::NoAnswer];

impl Call {
    fn was_heard_of(&self) -> bool {
        distance(self.status) != Some(0)
    }

    /// Whether somebody may be on the phone.
    pub(crate) fn is_live(&self) -> bool {
        !self.ended && !matches!(self.dialling, Dialling::Requested | Dialling::Refused)
    }
}

impl Model {
    fn call(&mut self, (at, number): (usize, u32)) -> Result<&mut Call, &'static str> {
        self.leads[at].calls.get_mut(&number).ok_or("call_not_found")
    }

    /// Whether the lead waits for this very call.
    fn is_awaited(&self, (at, number): (usize, u32)) -> bool {
        self.leads[at].call == Some(number) && !self.leads[at].has_ended()
    }

    /// The call was heard of, so what was in doubt about it is not any more.
    fn news_of(&mut self, id: (usize, u32), ended: bool) {
        let doubtful = |hold: &Hold| match hold.code {
            "dial_outcome_unknown" | "dial_refused" => true,
            "call_overdue" => ended,
            _ => false,
        };
        if self.leads[id.0].call == Some(id.1)
            && self.leads[id.0].hold.as_ref().is_some_and(doubtful)
        {
            self.leads[id.0].hold = None;
        }
    }

    /// Somebody dials: from now on the number has a live call, unless another lead's keeps it.
    fn start_dialling(&mut self, id: (usize, u32), dialling: Dialling) {
        let now_s = self.now_s;
        let phone = self.leads[id.0].phone;
        if self.lines.get(&phone).is_none_or(|(lead, _)| *lead == id.0) {
            self.lines.insert(phone, id);
        }
        if let Ok(call) = self.call(id) {
            call.dialling = dialling;
            call.started_s = Some(now_s);
        }
    }

    /// The call does not keep its number any more.
    fn end_line(&mut self, id: (usize, u32)) {
        let phone = self.leads[id.0].phone;
        if self.lines.get(&phone) == Some(&id) {
            self.lines.remove(&phone);
        }
    }

    /// A person decided about the call in doubt.
    pub(super) fn free_line(&mut self, at: usize) {
        let phone = self.leads[at].phone;
        if self.lines.get(&phone).is_some_and(|(lead, _)| *lead == at) {
            self.lines.remove(&phone);
        }
    }

    /// A call that nobody was asked to dial ends. False when there is none.
    pub(super) fn call_off(&mut self, at: usize) -> bool {
        let now_s = self.now_s;
        let Some(number) = self.leads[at].call else { return false };
        let Ok(call) = self.call((at, number)) else { return false };
        let queued = !call.ended && call.dialling == Dialling::Requested;
        if queued {
            call.ended = true;
            call.ended_s = Some(now_s);
            call.status = CallStatus::Cancelled;
        }
        queued
    }

    /// A status is reported; the first final one wins.
    pub(super) fn report(
        &mut self,
        id: (usize, u32),
        status: CallStatus,
        interested: Option<&'static str>,
    ) -> Answered {
        let now_s = self.now_s;
        let interested = interested.filter(|_| !self.leads[id.0].erased);
        let call = self.call(id)?;
        if interested.is_some() {
            call.interested = interested;
        }
        if call.ended {
            let other = distance(status).is_none() && status != call.status;
            if other && !call.conflicts.contains(&status) {
                call.conflicts.push(status);
                self.late_final(id, status);
            }
            return Ok(Answer::Told { accepted: !other });
        }
        let proves_the_dial = !matches!(status, CallStatus::Cancelled | CallStatus::RetryExpired);
        if proves_the_dial && call.dialling == Dialling::Requested {
            self.start_dialling(id, Dialling::Dispatched);
        }
        let call = self.call(id)?;
        if distance(status).is_none() {
            call.status = status;
            call.ended = true;
            call.ended_s = Some(now_s);
            self.end_line(id);
            self.news_of(id, true);
            self.concluded(id, status);
        } else if distance(status) > distance(call.status) {
            call.status = status;
            self.news_of(id, false);
        }
        Ok(Answer::Told { accepted: true })
    }

    /// A call ended: its lead moves, if it waits for this call.
    fn concluded(&mut self, id: (usize, u32), status: CallStatus) {
        // Where a person has decided already, the visit waits for no call any more.
        let decided = self.leads[id.0].hold.is_some_and(|hold| hold.by_person);
        if !self.is_awaited(id) || self.has_stopped() || decided {
            return;
        }
        if let Config::Call { retry: Some(retry), .. } = self.step_config(id.0) {
            let lead = &mut self.leads[id.0];
            let attempts = lead.calls.values().filter(|call| call.visit == lead.visit).count();
            if attempts < retry.attempts && TRIED_AGAIN.contains(&status) {
                lead.release_s = Some(self.now_s + retry.delay * 60);
                lead.hold = None;
                return;
            }
        }
        match branch_of(status) {
            Some(output) => self.take_output(id.0, output, false),
            None => self.hold(id.0, "review_required"),
        }
    }

    /// Another final status than the first. It resolves a review where the owner chose so.
    fn late_final(&mut self, id: (usize, u32), status: CallStatus) {
        let under_review = self.leads[id.0].hold.is_some_and(|hold| hold.code == "review_required");
        if let Some(output) = branch_of(status)
            && self.choice.late_final_resolves
            && self.is_awaited(id)
            && under_review
            && !self.has_stopped()
        {
            self.leads[id.0].hold = None;
            self.take_output(id.0, output, false);
        }
    }

    pub(super) fn attach(&mut self, id: (usize, u32), interested: &'static str) -> Answered {
        self.call(id)?;
        if self.leads[id.0].erased {
            return Err("lead_erased");
        }
        self.call(id)?.interested = Some(interested);
        Ok(Answer::Told { accepted: true })
    }

    pub(super) fn dispatched(&mut self, id: (usize, u32)) -> Answered {
        let call = self.call(id)?;
        match call.dialling {
            _ if call.ended => {}
            Dialling::Refused => return Err("not_requested"),
            Dialling::Requested => self.start_dialling(id, Dialling::Dispatched),
            Dialling::Started { .. } | Dialling::Unknown => {
                call.dialling = Dialling::Dispatched;
                self.news_of(id, false);
            }
            Dialling::Dispatched => {}
        }
        Ok(Answer::Told { accepted: true })
    }

    pub(super) fn dial_refused(&mut self, id: (usize, u32)) -> Answered {
        let call = self.call(id)?;
        match call.dialling {
            Dialling::Refused => {}
            Dialling::Dispatched => return Err("not_requested"),
            _ if call.ended || call.was_heard_of() => return Err("not_requested"),
            Dialling::Requested | Dialling::Started { .. } | Dialling::Unknown => {
                call.dialling = Dialling::Refused;
                self.end_line(id);
                if self.is_awaited(id) {
                    self.hold(id.0, "dial_refused");
                }
            }
        }
        Ok(Answer::Told { accepted: true })
    }

    /// Hand-outs that ran out: nobody knows whether these calls were dialled.
    pub(super) fn expire_leases(&mut self, at: usize) {
        let now_s = self.now_s;
        let ran_out = |call: &Call| {
            matches!(call.dialling, Dialling::Started { lease_until_s } if lease_until_s <= now_s)
                && !call.ended
                && !call.was_heard_of()
        };
        let calls = &self.leads[at].calls;
        let numbers: Vec<u32> =
            calls.iter().filter(|(_, call)| ran_out(call)).map(|(number, _)| *number).collect();
        for number in numbers {
            if let Ok(call) = self.call((at, number)) {
                call.dialling = Dialling::Unknown;
            }
            if self.is_awaited((at, number)) {
                self.hold(at, "dial_outcome_unknown");
            }
        }
    }

    /// Calls that somebody may dial now, with the step they were requested in.
    pub(crate) fn dialable(&self) -> Vec<(u64, (usize, u32))> {
        if self.status != WorkflowStatus::Active {
            return Vec::new();
        }
        let mut found = Vec::new();
        for (at, lead) in self.leads.iter().enumerate() {
            let awaited = lead.call.filter(|_| !lead.has_ended());
            let Some((number, call)) = awaited.and_then(|n| Some((n, lead.calls.get(&n)?))) else {
                continue;
            };
            let free = self.lines.get(&lead.phone).is_none_or(|(holder, _)| *holder == at);
            if free && !call.ended && call.dialling == Dialling::Requested {
                found.push((call.requested_step, (at, number)));
            }
        }
        found.sort_unstable();
        found
    }

    /// Hands out what may be dialled, in order of request.
    pub(super) fn claim(&mut self, max: usize, lease_s: u64) -> Answer {
        let lease_until_s = self.now_s + lease_s;
        let picked = self.dialable().into_iter().take(max).map(|(_, id)| id);
        let picked: BTreeSet<(usize, u32)> = picked.collect();
        for &id in &picked {
            self.start_dialling(id, Dialling::Started { lease_until_s });
        }
        Answer::Claimed(picked)
    }
}
