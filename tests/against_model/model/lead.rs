//! How a lead moves, and what people decide about one. Source: CONTRACT.md 3, 5 and 6.

use std::collections::BTreeSet;

use branchline_domain::{call_status::CallStatus, lead::LeadStatus, workflow::WorkflowStatus};

use super::{Answer, Ask, Call, Config, Dialling, Hold, Model, Name};

type Answered = Result<Answer, &'static str>;

/// Conditions in a row after which a lead that only goes round stops.
const ROUNDS_MAX: u32 = 32;

impl Model {
    /// The lead does what has become due or possible. False when nothing has.
    pub(super) fn go_on(&mut self, at: usize) -> bool {
        let lead = &self.leads[at];
        if lead.has_ended() {
            return false;
        }
        match self.status {
            WorkflowStatus::Completed | WorkflowStatus::Cancelled => self.call_off(at),
            WorkflowStatus::Draft | WorkflowStatus::Paused => false,
            WorkflowStatus::Active if lead.status == LeadStatus::Pending => self.start(at),
            WorkflowStatus::Active => self.move_on(at),
        }
    }

    fn start(&mut self, at: usize) -> bool {
        let freed = self.freed_step.is_some_and(|freed| self.leads[at].enrolled_step < freed);
        if !self.choice.start_on_enrol && !freed {
            return false;
        }
        let Some(entry) = self.graph().entry() else { return false };
        self.enter(at, entry, 1);
        true
    }

    fn move_on(&mut self, at: usize) -> bool {
        let lead = &self.leads[at];
        let node = lead.node.expect("an active lead is at a node");
        if let Some(hold) = lead.hold {
            return match hold.code {
                "workflow_paused" | "missing_output" => {
                    let output = hold.output.expect("an outcome waits");
                    self.branch(at, node, output, hold.by_person);
                    self.leads[at].hold != Some(hold) || self.leads[at].node != Some(node)
                }
                "node_incomplete" => {
                    let config = self.newest(node);
                    if config.is_complete() {
                        self.begin_again(at, node, config);
                    }
                    config.is_complete()
                }
                "endless_loop" => {
                    let edited = self.revision() > lead.entered_revision;
                    if edited {
                        self.begin_again(at, node, self.newest(node));
                    }
                    edited
                }
                _ => false,
            };
        }
        if let Some(until) = lead.analysis_s {
            self.begin(at, node, self.step_config(at), 0);
            return self.leads[at].analysis_s != Some(until);
        }
        if lead.release_s.is_some_and(|release_s| release_s <= self.now_s) {
            match self.step_config(at) {
                // The pause before the next attempt is over.
                Config::Call { retry, .. } => {
                    let minutes = retry.and_then(|retry| retry.expires_after);
                    self.request_call(at, minutes.map(|minutes| self.now_s + minutes * 60));
                }
                Config::Wait { .. } | Config::Condition(_) | Config::Application | Config::End => {
                    self.branch(at, node, "next", false);
                }
            }
            return true;
        }
        let call = lead.call.and_then(|call| lead.calls.get(&call));
        let deadline_s = self.choice.deadline_s;
        let overdue = call.is_some_and(|call| {
            !call.ended && call.started_s.is_some_and(|started| started + deadline_s <= self.now_s)
        });
        if overdue {
            self.hold(at, "call_overdue");
            return true;
        }
        self.expire_attempt(at)
    }

    /// A queued attempt missed its window: a person must look.
    fn expire_attempt(&mut self, at: usize) -> bool {
        let now_s = self.now_s;
        let lead = &mut self.leads[at];
        let Some(call) = lead.call.and_then(|call| lead.calls.get_mut(&call)) else { return false };
        let expired = !call.ended
            && call.dialling == Dialling::Requested
            && call.expires_s.is_some_and(|expires_s| expires_s <= now_s);
        if expired {
            call.status = CallStatus::RetryExpired;
            call.ended = true;
            call.ended_s = Some(now_s);
            self.hold(at, "review_required");
        }
        expired
    }

    pub(super) fn newest(&self, node: Name) -> Config {
        self.graph().node(node).expect("no node with leads is removed").config
    }

    /// A step that runs keeps its config from the revision it entered with; one that could not
    /// begin with that takes the newest.
    pub(crate) fn step_config(&self, at: usize) -> Config {
        let lead = &self.leads[at];
        let node = lead.node.expect("the lead is at a node");
        let entered = self.drawings[lead.entered_revision].node(node).map(|node| node.config);
        entered.filter(|config| config.is_complete()).unwrap_or_else(|| self.newest(node))
    }

    pub(super) fn hold(&mut self, at: usize, code: &'static str) {
        self.hold_for(at, Hold { code, output: None, by_person: false });
    }

    fn hold_for(&mut self, at: usize, hold: Hold) {
        self.leads[at].hold = Some(hold);
        self.leads[at].analysis_s = None;
    }

    /// The output of the node is decided.
    pub(super) fn take_output(&mut self, at: usize, output: &'static str, by_person: bool) {
        let node = self.leads[at].node.expect("the lead is at a node");
        match self.status {
            WorkflowStatus::Active => self.branch(at, node, output, by_person),
            WorkflowStatus::Draft | WorkflowStatus::Paused => {
                let output = Some(output);
                self.hold_for(at, Hold { code: "workflow_paused", output, by_person });
            }
            WorkflowStatus::Completed | WorkflowStatus::Cancelled => {}
        }
    }

    /// Along the edge that serves the output, or held for want of one.
    fn branch(&mut self, at: usize, from: Name, output: &'static str, by_person: bool) {
        self.branch_after(at, from, output, by_person, 0);
    }

    fn branch_after(
        &mut self,
        at: usize,
        from: Name,
        output: &'static str,
        by_person: bool,
        rounds: u32,
    ) {
        let Some(to) = self.graph().routes(from, output).find(|to| !self.is_used_up(at, to)) else {
            let output = Some(output);
            self.hold_for(at, Hold { code: "missing_output", output, by_person });
            return;
        };
        self.leads[at].passed.insert(from);
        self.enter(at, to, rounds + 1);
    }

    /// Whether the lead has visited a call node as often as it may: then the next edge is taken.
    fn is_used_up(&self, at: usize, node: Name) -> bool {
        let Config::Call { visits_max: Some(most), .. } = self.newest(node) else { return false };
        let calls = self.leads[at].calls.values().filter(|call| call.node == node);
        calls.map(|call| call.visit).collect::<BTreeSet<u32>>().len() >= most
    }

    fn enter(&mut self, at: usize, node: Name, rounds: u32) {
        let revision = self.revision();
        let lead = &mut self.leads[at];
        lead.status = LeadStatus::Active;
        lead.node = Some(node);
        lead.visit += 1;
        lead.entered_revision = revision;
        lead.release_s = None;
        lead.call = None;
        lead.hold = None;
        lead.analysis_s = None;
        self.begin(at, node, self.newest(node), rounds);
    }

    fn begin_again(&mut self, at: usize, node: Name, config: Config) {
        self.leads[at].hold = None;
        self.begin(at, node, config, 0);
    }

    /// The step of the node.
    fn begin(&mut self, at: usize, node: Name, config: Config, rounds: u32) {
        if !config.is_complete() {
            self.hold(at, "node_incomplete");
            return;
        }
        match config {
            Config::Call { .. } => self.request_call(at, None),
            Config::Wait { minutes } => {
                self.leads[at].release_s = minutes.map(|minutes| self.now_s + minutes * 60);
            }
            Config::Condition(_) if rounds >= ROUNDS_MAX => self.hold(at, "endless_loop"),
            Config::Condition(ask) => {
                let (output, missed) = self.ask(at, ask.expect("it is complete"));
                match self.analysis_comes_until(at).filter(|_| missed) {
                    Some(until) => self.leads[at].analysis_s = Some(until),
                    None => self.branch_after(at, node, output, false, rounds),
                }
            }
            Config::Application => self.hold(at, "application_review"),
            Config::End => {
                let won = super::kind(node) == super::Kind::Won;
                self.leads[at].status =
                    if won { LeadStatus::Completed } else { LeadStatus::Dropped };
            }
        }
    }

    /// Until when an attribute of the last call may still come, if it is waited for.
    fn analysis_comes_until(&self, at: usize) -> Option<u64> {
        let lead = &self.leads[at];
        let ended_s = lead.calls.values().next_back().and_then(|call| call.ended_s);
        let until = lead.analysis_s.or_else(|| Some(ended_s? + self.choice.analysis_s))?;
        (until > self.now_s).then_some(until)
    }

    /// What a condition answers, and whether it missed an attribute of the call. A missing field
    /// makes all but `not_equals` false.
    fn ask(&self, at: usize, ask: Ask) -> (&'static str, bool) {
        let lead = &self.leads[at];
        let call = lead.calls.values().next_back();
        let status = call.map(|call| call.status.as_str());
        let interested = call.and_then(|call| call.interested);
        let holds = match ask {
            Ask::OnStatus => return (status.unwrap_or(""), false),
            Ask::WasBusy => status == Some("busy"),
            Ask::IsInterested => interested == Some("yes"),
            Ask::IsNotAverse => interested != Some("no"),
            Ask::IsInPune => lead.city == Some("Pune"),
        };
        let reads_attribute = matches!(ask, Ask::IsInterested | Ask::IsNotAverse);
        (if holds { "true" } else { "false" }, reads_attribute && interested.is_none())
    }

    /// Every visit, attempt and redial has a call of its own.
    pub(super) fn request_call(&mut self, at: usize, expires_s: Option<u64>) {
        let step = self.step;
        let lead = &mut self.leads[at];
        let number = lead.calls.keys().next_back().map_or(1, |last| last + 1);
        let call = Call {
            node: lead.node.expect("the lead is at a call node"),
            visit: lead.visit,
            requested_step: step,
            expires_s,
            dialling: Dialling::Requested,
            started_s: None,
            status: CallStatus::Created,
            ended: false,
            ended_s: None,
            conflicts: Vec::new(),
            interested: None,
        };
        lead.calls.insert(number, call);
        lead.call = Some(number);
        lead.release_s = None;
        lead.analysis_s = None;
        lead.hold = None;
    }
}

/// What people decide.
impl Model {
    /// Refuses what can only be asked of a lead that is held in a workflow that has not ended.
    fn held(&self, at: usize) -> Result<Hold, &'static str> {
        let lead = &self.leads[at];
        if lead.has_ended() {
            return Err("ended");
        }
        if self.has_stopped() {
            return Err("workflow_ended");
        }
        lead.hold.ok_or("not_held")
    }

    pub(super) fn resolve(&mut self, at: usize, output: &'static str) -> Answered {
        let hold = self.held(at)?;
        if !self.step_config(at).outputs().contains(&output) {
            return Err("wrong_resolution");
        }
        if hold.by_person && hold.output == Some(output) {
            return Ok(Answer::Done);
        }
        self.person_decides(at);
        self.take_output(at, output, true);
        Ok(Answer::Done)
    }

    pub(super) fn redial(&mut self, at: usize) -> Answered {
        self.held(at)?;
        if !matches!(self.step_config(at), Config::Call { number: true, .. }) {
            return Err("wrong_resolution");
        }
        self.person_decides(at);
        self.request_call(at, None);
        Ok(Answer::Done)
    }

    pub(super) fn release_at(&mut self, at: usize, release_s: u64) -> Answered {
        self.held(at)?;
        if !matches!(self.step_config(at), Config::Wait { .. }) {
            return Err("wrong_resolution");
        }
        self.person_decides(at);
        self.leads[at].release_s = Some(release_s);
        self.leads[at].analysis_s = None;
        Ok(Answer::Done)
    }

    fn person_decides(&mut self, at: usize) {
        self.leads[at].hold = None;
        self.free_line(at);
    }

    pub(super) fn remove(&mut self, at: usize) -> Answered {
        if self.leads[at].has_ended() {
            return Err("ended");
        }
        self.call_off(at);
        if self.leads[at].hold.is_some() {
            self.free_line(at);
        }
        let lead = &mut self.leads[at];
        lead.removed = true;
        lead.hold = None;
        lead.analysis_s = None;
        lead.release_s = None;
        Ok(Answer::Done)
    }

    /// Source: CONTRACT.md 3-erase.
    pub(super) fn erase(&mut self, at: usize) -> Answered {
        let lead = &mut self.leads[at];
        if !lead.has_ended() || lead.calls.values().any(Call::is_live) {
            return Err("cannot_erase");
        }
        lead.erased = true;
        Ok(Answer::Done)
    }

    pub(super) fn edit_city(&mut self, at: usize, city: Option<&'static str>) -> Answered {
        if self.leads[at].erased {
            return Err("lead_erased");
        }
        if self.leads[at].removed {
            return Err("ended");
        }
        self.leads[at].city = city;
        Ok(Answer::Done)
    }
}
