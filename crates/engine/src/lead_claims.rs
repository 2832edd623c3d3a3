//! Which claims the events of a lead take and give back.
//!
//! A number may have one live call in an organisation: the claim is taken when somebody may dial,
//! and given back by a final status, a definite refusal, or a person who decides about the call.

use branchline_domain::lead::{Hold, LeadEvent};
use branchline_journal::record::{Claim, ClaimChange, ClaimKind};

/// The claim on the one live call to a number.
pub(crate) const fn live_call(contact_tag: [u8; 16]) -> Claim {
    Claim { kind: ClaimKind::LIVE_CALL, key: contact_tag }
}

/// The claim on the one enrolment of a number in a workflow.
pub(crate) const fn enrolled(enrolment_tag: [u8; 16]) -> Claim {
    Claim { kind: ClaimKind::ENROLLED, key: enrolment_tag }
}

/// What the lead knows when it decides about claims.
pub(crate) struct Holding<'a> {
    /// Tag of its number.
    pub(crate) contact_tag: [u8; 16],
    /// The call for which it holds its number.
    pub(crate) live_call: Option<u32>,
    /// Why it stays, before these events.
    pub(crate) hold: Option<&'a Hold>,
}

/// The changes of the live-call claim that these events make.
pub(crate) fn live_call_changes(holding: &Holding<'_>, events: &[LeadEvent]) -> Vec<ClaimChange> {
    let mut held_for = holding.live_call;
    for event in events {
        if let LeadEvent::CallDispatchStarted { call, .. } = event {
            held_for = Some(*call);
        } else if let LeadEvent::CallConcluded { call, .. }
        | LeadEvent::CallDispatchRefused { call, .. } = event
        {
            // The end of another call of the lead leaves the number with this one.
            held_for = held_for.filter(|held| held != call);
        } else if matches!(event, LeadEvent::HoldResolved { .. })
            || (matches!(event, LeadEvent::LeadRemoved) && holding.hold.is_some())
        {
            // A person decided: about the call that is in doubt, or about the whole lead.
            held_for = None;
        }
    }
    let claim = live_call(holding.contact_tag);
    match (holding.live_call, held_for) {
        (None, Some(_)) => vec![ClaimChange::Take(claim)],
        (Some(_), None) => vec![ClaimChange::Release(claim)],
        // Held on for another call: the claim is the lead's already, taking it tells for whom.
        (Some(before), Some(after)) if before != after => vec![ClaimChange::Take(claim)],
        (Some(_), Some(_)) | (None, None) => Vec::new(),
    }
}

/// Takes one more record into what is known of the live call.
pub(crate) fn follow(held_for: &mut Option<u32>, events: &[LeadEvent], claims: &[ClaimChange]) {
    for change in claims {
        match change {
            ClaimChange::Take(claim) if claim.kind == ClaimKind::LIVE_CALL => {
                *held_for = events.iter().rev().find_map(|event| {
                    if let LeadEvent::CallDispatchStarted { call, .. } = event {
                        Some(*call)
                    } else {
                        None
                    }
                });
            }
            ClaimChange::Release(claim) if claim.kind == ClaimKind::LIVE_CALL => *held_for = None,
            ClaimChange::Take(_) | ClaimChange::Release(_) => {}
        }
    }
}

/// Whether the enrolment of the number ends with these events.
pub(crate) fn ends_enrolment(events: &[LeadEvent]) -> bool {
    events.iter().any(|event| matches!(event, LeadEvent::LeadRemoved | LeadEvent::LeadWithdrawn))
}

#[cfg(test)]
mod tests {
    use branchline_domain::{call_status::CallStatus, lead::Resolution};

    use super::*;

    const TAG: [u8; 16] = [7; 16];

    fn changes(live_call: Option<u32>, events: &[LeadEvent]) -> Vec<ClaimChange> {
        live_call_changes(&Holding { contact_tag: TAG, live_call, hold: None }, events)
    }

    const fn started(call: u32) -> LeadEvent {
        LeadEvent::CallDispatchStarted { call, lease_until: None }
    }

    const fn concluded(call: u32) -> LeadEvent {
        LeadEvent::CallConcluded {
            call,
            status: CallStatus::Completed,
            end_reason: None,
            occurred_at: None,
        }
    }

    #[test]
    fn a_dispatch_takes_the_number_and_the_end_of_that_call_gives_it_back() {
        assert_eq!(changes(None, &[started(1)]), [ClaimChange::Take(live_call(TAG))]);
        assert_eq!(changes(Some(1), &[concluded(1)]), [ClaimChange::Release(live_call(TAG))]);
        assert_eq!(changes(Some(2), &[concluded(1)]), [], "a late end of an earlier call");
        let redial = LeadEvent::HoldResolved { choice: Resolution::Redial };
        assert_eq!(changes(Some(1), &[redial]), [ClaimChange::Release(live_call(TAG))]);
    }

    #[test]
    fn a_call_that_began_and_ended_in_one_record_takes_nothing() {
        assert_eq!(changes(None, &[started(1), concluded(1)]), []);
    }

    #[test]
    fn what_is_held_is_read_back_from_the_records() {
        let mut held_for = None;
        let take = [ClaimChange::Take(live_call(TAG))];
        follow(&mut held_for, &[started(3)], &take);
        assert_eq!(held_for, Some(3));
        follow(&mut held_for, &[started(4)], &[]);
        assert_eq!(held_for, Some(3), "a dispatch that found the number taken by another lead");
        follow(&mut held_for, &[concluded(3)], &[ClaimChange::Release(live_call(TAG))]);
        assert_eq!(held_for, None);
    }
}
