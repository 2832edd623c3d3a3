//! The rules of one lead's stream, apart from its calls. Source: CONTRACT.md 2, 3, 5 and 7.

use branchline_domain::{
    call_status::Routing,
    id::{ImportId, NodeId, WorkflowId},
    lead::{BranchCause, LeadEvent, Resolution},
    output::Output,
    workflow::WorkflowStatus,
};

use super::{
    Scene, call,
    erasure::{erase, nothing_personal},
    rule::Rule,
    trace::{End, Fields, ImportStage, LeadTrace, WorkflowTrace},
};

/// Takes the events of one record of the lead in.
pub(super) fn follow(lead: &mut LeadTrace, events: &[LeadEvent], scene: &mut Scene<'_>) {
    // Where a branch of this record led; the lead arrives there in the same record.
    let mut arriving = None;
    for (index, event) in events.iter().enumerate() {
        let enrolled = matches!(event, LeadEvent::LeadEnrolled { .. });
        scene.judge.ensure(Rule::Enrolment, enrolled != lead.is_enrolled(), || {
            if enrolled {
                "was enrolled twice".into()
            } else {
                "has events before its enrolment".into()
            }
        });
        if lead.fields == Fields::Erased {
            nothing_personal(event, scene);
        }
        let rest = events.get(index + 1..).unwrap_or_default();
        take(lead, event, rest, &mut arriving, scene);
    }
}

#[expect(clippy::too_many_lines, reason = "one arm an event: cutting it would hide the list")]
fn take(
    lead: &mut LeadTrace,
    event: &LeadEvent,
    rest: &[LeadEvent],
    arriving: &mut Option<NodeId>,
    scene: &mut Scene<'_>,
) {
    match event {
        LeadEvent::LeadEnrolled { workflow, contact_tag, import, .. } => {
            lead.contact_tag = *contact_tag;
            enrol(lead, *workflow, *import, scene);
        }
        LeadEvent::NodeEntered { visit, node, revision, release_at } => {
            enter(lead, *visit, *node, arriving.take(), scene);
            moves(lead, "entered a node", Some(*revision), scene);
            (lead.visit, lead.node, lead.branched) = (*visit, Some(*node), false);
            (lead.release_at, lead.person) = (*release_at, false);
            (lead.wanted, lead.tried) = (None, false);
        }
        LeadEvent::BranchTaken { visit, from, output, to, cause, revision } => {
            leaves(lead, *visit, *from, scene);
            moves(lead, "took a branch", Some(*revision), scene);
            if lead.end.is_none() {
                judge_cause(lead, output, *cause, scene);
            }
            depart(lead, *to, arriving);
        }
        LeadEvent::LeadMoved { visit, from, to, revision } => {
            leaves(lead, *visit, *from, scene);
            moves(lead, "was moved", Some(*revision), scene);
            depart(lead, *to, arriving);
        }
        LeadEvent::HoldResolved { choice } => {
            not_ended(lead, "had a hold resolved", scene);
            lead.person |= matches!(choice, Resolution::Output(_));
        }
        LeadEvent::RoutingHeld { .. } | LeadEvent::AnalysisAwaited { .. } => {
            not_ended(lead, "was held", scene);
        }
        LeadEvent::ReleasePlanned { release_at } => {
            not_ended(lead, "had a release planned", scene);
            lead.release_at = Some(*release_at);
        }
        LeadEvent::ApplicationRequested { attempt } => {
            not_ended(lead, "wanted an application", scene);
            lead.release_at = None;
            lead.wanted = Some(*attempt);
        }
        LeadEvent::ApplicationStarted { attempt } => {
            moves(lead, "asked an application", None, scene);
            let wanted = lead.wanted.take() == Some(*attempt);
            scene.judge.ensure(Rule::Application, wanted, || {
                format!("try {attempt} of an application began unasked")
            });
        }
        LeadEvent::ApplicationTried { .. } => lead.tried = true,
        LeadEvent::LeadCompleted => ends(lead, End::Completed, scene),
        LeadEvent::LeadDropped => ends(lead, End::Dropped, scene),
        LeadEvent::LeadRemoved => {
            not_ended(lead, "was removed", scene);
            lead.end = Some(End::Removed);
        }
        LeadEvent::LeadWithdrawn => {
            let came_with_import = lead.import.is_some();
            scene.judge.ensure(Rule::Import, came_with_import, || {
                "was withdrawn and came with no import".into()
            });
            lead.end = Some(End::Removed);
        }
        LeadEvent::LeadErased { .. } => erase(lead, scene),
        LeadEvent::LeadEdited { .. } => {
            let removed = lead.end == Some(End::Removed);
            scene.judge.ensure(Rule::NothingAfterEnd, !removed, || {
                "was edited after it was removed".into()
            });
        }
        LeadEvent::CallRequested { .. }
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
        | LeadEvent::CallAttributesAttached { .. } => call::follow(lead, event, rest, scene),
        LeadEvent::ApplicationAnswered { .. } => {}
    }
}

impl LeadTrace {
    /// Whether its enrolment was seen. A trace that was settled has an end and no workflow.
    const fn is_enrolled(&self) -> bool {
        self.workflow.is_some() || self.end.is_some()
    }
}

fn enrol(
    lead: &mut LeadTrace,
    workflow: WorkflowId,
    import: Option<ImportId>,
    scene: &mut Scene<'_>,
) {
    lead.workflow = scene.workflows.number(workflow);
    let ended = scene.workflows.find(workflow).map(|trace| (trace.status, trace.deleted));
    let takes = ended.is_some_and(|(status, deleted)| !status.is_final() && !deleted);
    scene.judge.ensure(Rule::Enrolment, takes, || match ended {
        None => format!("was enrolled in {workflow}, which does not exist"),
        Some((_, true)) => "was enrolled after its workflow was deleted".into(),
        Some((status, false)) => format!("was enrolled after its workflow was {status}"),
    });
    // A lead of a workflow that is not there still has a story to be judged.
    lead.workflow = lead.workflow.or(Some(u32::MAX));
    let Some(import) = import else { return };
    lead.import = Some(scene.imports.number(import).unwrap_or(u32::MAX));
    let known = scene.imports.find_mut(import);
    let open = known.is_some_and(|known| {
        known.enrolled += 1;
        known.stage == ImportStage::Open && Some(known.workflow) == lead.workflow
    });
    scene.judge.ensure(Rule::Import, open, || {
        format!("was enrolled with {import}, which is not open in its workflow")
    });
}

fn enter(
    lead: &LeadTrace,
    visit: u32,
    node: NodeId,
    arriving: Option<NodeId>,
    scene: &mut Scene<'_>,
) {
    if let Some(import) = lead.import {
        let closed = scene.imports.get(import).map(|import| import.stage);
        scene.judge.ensure(Rule::Import, closed == Some(ImportStage::Closed), || {
            "entered a node before its import was closed".into()
        });
    }
    if lead.end.is_some() {
        return;
    }
    scene.judge.ensure(Rule::OneBranch, lead.visit.checked_add(1) == Some(visit), || {
        format!("visit {visit} follows visit {}", lead.visit)
    });
    if lead.visit == 0 {
        return;
    }
    scene.judge.ensure(Rule::OneBranch, lead.branched, || {
        format!("visit {visit} began without a branch before it")
    });
    if lead.branched {
        scene.judge.ensure(Rule::OneBranch, arriving == Some(node), || match arriving {
            Some(to) => format!("visit {visit} began at {node}, and the branch led to {to}"),
            None => format!("visit {visit} began in another record than the branch to it"),
        });
    }
}

fn leaves(lead: &LeadTrace, visit: u32, from: NodeId, scene: &mut Scene<'_>) {
    if lead.end.is_some() {
        return;
    }
    let first = visit == lead.visit && !lead.branched;
    scene.judge.ensure(Rule::OneBranch, first, || {
        if visit == lead.visit {
            format!("visit {visit} took a second branch")
        } else {
            format!("visit {visit} took a branch in visit {}", lead.visit)
        }
    });
    scene.judge.ensure(Rule::OneBranch, lead.node == Some(from), || {
        format!("left {from} in visit {visit}, and was not there")
    });
}

fn depart(lead: &mut LeadTrace, to: NodeId, arriving: &mut Option<NodeId>) {
    lead.branched = true;
    lead.release_at = None;
    *arriving = Some(to);
}

/// A movement: the workflow is active, its newest revision is the one that was read, and the lead
/// has not ended.
fn moves(lead: &LeadTrace, what: &str, revision: Option<u32>, scene: &mut Scene<'_>) {
    not_ended(lead, what, scene);
    let Some(workflow) = workflow_of(lead, scene) else { return };
    let (status, newest) = (workflow.status, workflow.revision);
    scene.judge.ensure(Rule::ExactPause, status == WorkflowStatus::Active, || {
        format!("{what} while its workflow was {status}")
    });
    if let Some(revision) = revision {
        scene.judge.ensure(Rule::OneBranch, revision == newest, || {
            format!("{what} by revision {revision}, and the newest was {newest}")
        });
    }
}

pub(super) fn workflow_of<'a>(lead: &LeadTrace, scene: &'a Scene<'_>) -> Option<&'a WorkflowTrace> {
    scene.workflows.get(lead.workflow?)
}

pub(super) fn not_ended(lead: &LeadTrace, what: &str, scene: &mut Scene<'_>) {
    let end = lead.end;
    scene.judge.ensure(Rule::NothingAfterEnd, end.is_none(), || {
        format!("{what} after it was {}", end.map_or("", End::as_str))
    });
}

fn ends(lead: &mut LeadTrace, end: End, scene: &mut Scene<'_>) {
    moves(lead, &format!("was {}", end.as_str()), None, scene);
    lead.end = Some(end);
}

/// Whether the cause of a branch leads to its output.
fn judge_cause(lead: &mut LeadTrace, output: &Output, cause: BranchCause, scene: &mut Scene<'_>) {
    let problem = match cause {
        BranchCause::Call(number) => call_problem(lead, output, number),
        BranchCause::Release => {
            let (due, at) = (lead.release_at, scene.at);
            scene.judge.ensure(Rule::Release, due.is_some_and(|due| due <= at), || match due {
                Some(due) => format!("was released at {at}, before {due}"),
                None => "was released without a release time".into(),
            });
            None
        }
        BranchCause::Application => {
            (!lead.tried).then(|| format!("took {output} for an application that was not asked"))
        }
        BranchCause::Person => (!lead.person)
            .then(|| format!("took {output} by a decision of a person that is not recorded")),
        BranchCause::Condition => None,
    };
    scene.judge.ensure(Rule::Cause, problem.is_none(), || problem.unwrap_or_default());
}

fn call_problem(lead: &mut LeadTrace, output: &Output, number: u32) -> Option<String> {
    let (visit, newest) = (lead.visit, lead.last_call());
    let Some(call) = lead.call(number) else {
        return Some(format!("took {output} for call {number}, which it never had"));
    };
    if call.visit != visit {
        return Some(format!("took {output} for call {number} of an earlier visit"));
    }
    if number != newest {
        return Some(format!("took {output} for call {number}, and call {newest} came after it"));
    }
    let wanted = Routing::Take(output.clone());
    let fits = call.statuses().any(|status| status.routing() == wanted);
    (!fits).then(|| format!("took {output}, which no status of call {number} leads to"))
}
