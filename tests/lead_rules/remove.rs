//! Removal. Source: CONTRACT.md 3.

use branchline_domain::{
    call_status::CallStatus,
    lead::{BranchCause, Lead, LeadCommand, LeadEvent, LeadRejection},
    output::Output,
    workflow::WorkflowStatus,
};
use branchline_testkit::{active, given, now, view};

use crate::fixtures::{
    at_the_call, branch, calling, campaign, concluded, enrolled, entered, under_review,
};

#[test]
fn a_lead_is_removed_once_from_a_workflow_in_any_status() {
    for status in WorkflowStatus::ALL {
        let workflow = view(&campaign(), status);
        for events in [vec![enrolled()], calling(), under_review()] {
            given::<Lead>(events)
                .when(&LeadCommand::Remove, &now(&workflow))
                .then([LeadEvent::LeadRemoved])
                .when(&LeadCommand::Remove, &now(&workflow))
                .then_refused(&LeadRejection::Ended { state: "removed" })
                .done();
        }
    }
}

#[test]
fn a_queued_call_is_called_off_with_the_removal() {
    let workflow = active(&campaign());
    given::<Lead>(at_the_call())
        .when(&LeadCommand::Remove, &now(&workflow))
        .then([concluded(1, CallStatus::Cancelled), LeadEvent::LeadRemoved])
        .done();
}

#[test]
fn a_final_lead_is_not_removed() {
    let workflow = active(&campaign());
    for (output, to, end, state) in [
        (Output::Completed, "won", LeadEvent::LeadCompleted, "completed"),
        (Output::Failed, "lost", LeadEvent::LeadDropped, "dropped"),
    ] {
        let mut events = calling();
        events.extend([
            concluded(1, CallStatus::Completed),
            branch(1, "intro", output, to, BranchCause::Call(1)),
            entered(2, to),
            end,
        ]);
        given::<Lead>(events)
            .when(&LeadCommand::Remove, &now(&workflow))
            .then_refused(&LeadRejection::Ended { state })
            .done();
    }
}

#[test]
fn nothing_moves_a_removed_lead() {
    let workflow = active(&campaign());
    for events in [vec![enrolled()], calling(), under_review()] {
        given::<Lead>(events.into_iter().chain([LeadEvent::LeadRemoved]).collect::<Vec<_>>())
            .when(&LeadCommand::Advance, &now(&workflow))
            .then_nothing_happens()
            .when(
                &LeadCommand::Resolve(branchline_domain::lead::Resolution::Redial),
                &now(&workflow),
            )
            .then_refused(&LeadRejection::Ended { state: "removed" })
            .done();
    }
}
