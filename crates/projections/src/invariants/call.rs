//! The rules of the calls of one lead. Source: CONTRACT.md 2 and 4.

use branchline_domain::{call_status::CallStatus, lead::LeadEvent, workflow::WorkflowStatus};
use branchline_journal::record::{Claim, ClaimChange, ClaimKind};

use super::{
    Scene,
    lead::{not_ended, workflow_of},
    rule::{Judge, Rule},
    trace::{CallTrace, Ended, LeadTrace},
};

/// Takes one event about a call in; `rest` are those that follow it in the same record.
pub(super) fn follow(
    lead: &mut LeadTrace,
    event: &LeadEvent,
    rest: &[LeadEvent],
    scene: &mut Scene<'_>,
) {
    if let LeadEvent::CallRequested { call, .. } = event {
        request(lead, *call, scene);
    } else if let LeadEvent::CallScheduled { call, not_before, .. } = event {
        known(lead, *call, "was scheduled", scene);
        if *call == lead.last_call() {
            lead.not_before = Some(*not_before);
        }
    } else if let LeadEvent::CallDispatchStarted { call, .. } = event {
        start(lead, *call, rest, scene);
    } else if let LeadEvent::CallDispatched { call, .. } = event {
        answered(lead, *call, "was taken by its carrier", scene);
    } else if let LeadEvent::CallDispatchUnknown { call } = event {
        answered(lead, *call, "became unknown", scene);
    } else if let LeadEvent::CallDispatchRefused { call, .. } = event {
        if let Some(trace) = known(lead, *call, "was refused", scene) {
            trace.refused = true;
        }
    } else if let LeadEvent::CallStatusChanged { call, status, .. } = event {
        let ended = known(lead, *call, "went on", scene).and_then(|trace| trace.ended);
        scene.judge.ensure(Rule::FirstStatus, ended.is_none(), || {
            format!("call {call} became {status} after it {}", words(ended))
        });
    } else if let LeadEvent::CallConcluded { call, status, .. } = event {
        conclude(lead, *call, *status, scene);
    } else if let LeadEvent::CallConflictRecorded { call, status, .. } = event {
        let Some(trace) = known(lead, *call, "was disputed", scene) else { return };
        let ended = trace.ended;
        trace.tell(*status);
        let fits = ended.is_some_and(|ended| ended != Ended::As(*status));
        scene.judge.ensure(Rule::FirstStatus, fits, || {
            format!("call {call} has {status} as a conflict, and it {}", words(ended))
        });
    } else if let LeadEvent::CallReferenced { call, .. }
    | LeadEvent::ProviderStatusHeard { call, .. }
    | LeadEvent::CallAttributesAttached { call, .. } = event
    {
        known(lead, *call, "was described", scene);
    }
}

fn words(ended: Option<Ended>) -> String {
    match ended {
        Some(Ended::As(status)) => format!("ended as {status}"),
        Some(Ended::Forgotten) => "had ended".into(),
        None => "has not ended".into(),
    }
}

/// The call, when it was requested; tells when it was not.
fn known<'a>(
    lead: &'a mut LeadTrace,
    number: u32,
    what: &str,
    scene: &mut Scene<'_>,
) -> Option<&'a mut CallTrace> {
    let call = lead.call(number);
    scene.judge.ensure(Rule::Request, call.is_some(), || {
        format!("call {number} {what} and was never requested")
    });
    call
}

fn request(lead: &mut LeadTrace, number: u32, scene: &mut Scene<'_>) {
    not_ended(lead, "requested a call", scene);
    let newest = lead.last_call();
    scene.judge.ensure(Rule::Request, newest.checked_add(1) == Some(number), || {
        if number <= newest {
            format!("call {number} was requested twice")
        } else {
            format!("call {number} follows call {newest}")
        }
    });
    (lead.release_at, lead.not_before, lead.person) = (None, None, false);
    let call = CallTrace { visit: lead.visit, ..CallTrace::default() };
    match lead.call(number) {
        Some(again) => *again = call,
        None => lead.calls.push(call),
    }
}

fn start(lead: &mut LeadTrace, number: u32, rest: &[LeadEvent], scene: &mut Scene<'_>) {
    let (end, newest, not_before) = (lead.end, lead.last_call(), lead.not_before);
    // A report about a call that nobody claimed proves the dial, whatever the workflow does.
    if !is_proven(number, rest) {
        let status = workflow_of(lead, scene).map(|workflow| workflow.status);
        let active = status.is_none_or(|status| status == WorkflowStatus::Active);
        scene.judge.ensure(Rule::OneDial, active, || {
            format!("call {number} was handed out while its workflow was not active")
        });
        scene.judge.ensure(Rule::OneDial, end.is_none(), || {
            format!("call {number} was handed out after its lead had ended")
        });
        let (due, at) = (not_before.filter(|_| number == newest), scene.at);
        scene.judge.ensure(Rule::OneDial, due.is_none_or(|due| due <= at), || {
            format!("call {number} was handed out at {at}, before it was due")
        });
    }
    let Some(call) = known(lead, number, "was handed out", scene) else { return };
    let (again, ended) = (call.started, call.ended);
    call.started = true;
    scene.judge.ensure(Rule::OneDial, !again && ended.is_none(), || {
        if again {
            format!("call {number} was handed out twice")
        } else {
            format!("call {number} was handed out after it {}", words(ended))
        }
    });
}

fn is_proven(number: u32, rest: &[LeadEvent]) -> bool {
    rest.iter()
        .any(|next| matches!(next, LeadEvent::CallDispatched { call, .. } if *call == number))
}

fn answered(lead: &mut LeadTrace, number: u32, what: &str, scene: &mut Scene<'_>) {
    let Some(call) = known(lead, number, what, scene) else { return };
    let started = call.started;
    scene.judge.ensure(Rule::OneDial, started, || {
        format!("call {number} {what} and was never handed out")
    });
}

fn conclude(lead: &mut LeadTrace, number: u32, status: CallStatus, scene: &mut Scene<'_>) {
    let Some(call) = known(lead, number, "ended", scene) else { return };
    let before = call.ended;
    call.ended = before.or(Some(Ended::As(status)));
    call.tell(status);
    scene.judge.ensure(Rule::FirstStatus, before.is_none() && status.is_final(), || {
        if before.is_some() {
            format!("call {number} ended as {status} after it {}", words(before))
        } else {
            format!("call {number} ended as {status}, which is no end")
        }
    });
}

/// Whether the record takes and gives back the claims that its events are about. That no two
/// streams hold one claim is the writer's rule, and checked there.
pub(super) fn follow_claims(
    lead: &mut LeadTrace,
    events: &[LeadEvent],
    claims: &[ClaimChange],
    judge: &mut Judge,
) {
    let number = Claim { kind: ClaimKind::LIVE_CALL, key: lead.contact_tag };
    for (index, event) in events.iter().enumerate() {
        let LeadEvent::CallDispatchStarted { call, .. } = event else { continue };
        let takes = claims.contains(&ClaimChange::Take(number));
        if takes {
            lead.live_call = Some(*call);
        }
        // One that is proven was dialled, whoever else has the number.
        let proven = is_proven(*call, events.get(index + 1..).unwrap_or_default());
        judge.ensure(Rule::LiveCall, takes || proven, || {
            format!("call {call} was handed out without the claim on its number")
        });
    }
    for change in claims {
        match change {
            ClaimChange::Release(claim) if claim.kind == ClaimKind::LIVE_CALL => {
                give_back(lead, events, *claim == number, judge);
            }
            ClaimChange::Take(claim) if claim.kind == ClaimKind::LIVE_CALL => {
                let dials = events
                    .iter()
                    .any(|event| matches!(event, LeadEvent::CallDispatchStarted { .. }));
                judge.ensure(Rule::LiveCall, dials && *claim == number, || {
                    "took the claim on a number without a dial of its own".into()
                });
            }
            ClaimChange::Take(claim) if claim.kind == ClaimKind::ENROLLED => {
                let enrols =
                    events.iter().any(|event| matches!(event, LeadEvent::LeadEnrolled { .. }));
                judge.ensure(Rule::Enrolment, enrols, || {
                    "took the claim on an enrolment without one".into()
                });
            }
            ClaimChange::Release(claim) if claim.kind == ClaimKind::ENROLLED => {
                judge.ensure(Rule::Enrolment, lead.end.is_some(), || {
                    "gave back its enrolment and was not removed".into()
                });
            }
            // A kind of a newer release.
            ClaimChange::Take(_) | ClaimChange::Release(_) => {}
        }
    }
}

/// A number is free again when its call has ended or was refused, or when a person decided.
fn give_back(lead: &mut LeadTrace, events: &[LeadEvent], own: bool, judge: &mut Judge) {
    let live = lead.live_call.take();
    let decided = events
        .iter()
        .any(|event| matches!(event, LeadEvent::HoldResolved { .. } | LeadEvent::LeadRemoved));
    let over = live
        .and_then(|call| lead.call(call))
        .is_none_or(|call| call.ended.is_some() || call.refused);
    judge.ensure(Rule::LiveCall, own && (over || decided), || {
        format!("gave its number back while call {} was live", live.unwrap_or_default())
    });
}
