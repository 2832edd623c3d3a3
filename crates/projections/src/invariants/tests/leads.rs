//! Movements, branches and ends.

use super::*;

#[test]
fn a_branch_while_paused_or_after_an_end_is_told() {
    for (event, word) in
        [(WorkflowEvent::WorkflowPaused, "paused"), (WorkflowEvent::WorkflowCancelled, "cancelled")]
    {
        let story = then(
            told(calling(), vec![event]),
            vec![vec![concluded(1, CallStatus::Busy), branch(1, "DNP", BranchCause::Call(1))]],
        );
        let words = format!("took a branch while its workflow was {word}");
        breaks(&story, Rule::ExactPause, &words);
    }
}

#[test]
fn a_branch_that_its_call_does_not_explain_is_told() {
    let ended = concluded(1, CallStatus::Busy);
    let wrong =
        then(calling(), vec![vec![ended.clone(), branch(1, "COMPLETED", BranchCause::Call(1))]]);
    breaks(&wrong, Rule::Cause, "took COMPLETED, which no status of call 1 leads to");
    let stranger = then(calling(), vec![vec![branch(1, "DNP", BranchCause::Call(2))]]);
    breaks(&stranger, Rule::Cause, "took DNP for call 2, which it never had");
    let next = vec![ended.clone(), branch(1, "DNP", BranchCause::Call(1)), entered(2, None)];
    let earlier = then(calling(), vec![next, vec![branch(2, "DNP", BranchCause::Call(1))]]);
    breaks(&earlier, Rule::Cause, "took DNP for call 1 of an earlier visit");
    let replaced = then(
        calling(),
        vec![vec![ended, requested(2)], vec![branch(1, "DNP", BranchCause::Call(1))]],
    );
    breaks(&replaced, Rule::Cause, "took DNP for call 1, and call 2 came after it");
}

#[test]
fn a_branch_of_a_person_or_an_application_without_either_is_told() {
    let nobody = then(calling(), vec![vec![branch(1, "x", BranchCause::Person)]]);
    let words = "took x by a decision of a person that is not recorded";
    breaks(&nobody, Rule::Cause, words);
    let nothing = then(calling(), vec![vec![branch(1, "x", BranchCause::Application)]]);
    breaks(&nothing, Rule::Cause, "took x for an application that was not asked");
}

#[test]
fn a_second_branch_of_one_visit_is_told() {
    let taken = || branch(1, "x", BranchCause::Person);
    let story = then(calling(), vec![vec![decided("x"), taken(), taken()]]);
    breaks(&story, Rule::OneBranch, "visit 1 took a second branch");
}

#[test]
fn a_visit_that_no_branch_led_to_is_told() {
    let gap = then(
        calling(),
        vec![vec![decided("x"), branch(1, "x", BranchCause::Person), entered(3, None)]],
    );
    breaks(&gap, Rule::OneBranch, "visit 3 follows visit 1");
    let unled = then(calling(), vec![vec![entered(2, None)]]);
    breaks(&unled, Rule::OneBranch, "visit 2 began without a branch before it");
    let moved = LeadEvent::LeadMoved { visit: 1, from: NODE, to: OTHER, revision: 1 };
    let astray = then(calling(), vec![vec![moved.clone(), entered(2, None)]]);
    let words = format!("visit 2 began at {NODE}, and the branch led to {OTHER}");
    breaks(&astray, Rule::OneBranch, &words);
    let torn = then(calling(), vec![vec![moved], vec![entered(2, None)]]);
    breaks(&torn, Rule::OneBranch, "visit 2 began in another record than the branch to it");
    let from = LeadEvent::LeadMoved { visit: 1, from: OTHER, to: NODE, revision: 1 };
    let elsewhere = then(calling(), vec![vec![from, entered(2, None)]]);
    breaks(&elsewhere, Rule::OneBranch, &format!("left {OTHER} in visit 1, and was not there"));
}

#[test]
fn a_movement_by_an_old_revision_is_told() {
    let story = then(
        told(calling(), vec![revised(2)]),
        vec![vec![LeadEvent::LeadMoved { visit: 1, from: NODE, to: NODE, revision: 1 }]],
    );
    breaks(&story, Rule::OneBranch, "was moved by revision 1, and the newest was 2");
}

#[test]
fn an_early_release_is_told() {
    let next = || branch(1, "next", BranchCause::Release);
    let early = then(active(), vec![vec![enrolled(None), entered(1, Some(2_000)), next()]]);
    let told = violations(&early);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, Rule::Release);
    assert!(told[0].1.starts_with("was released at"), "{told:?}");
    let unplanned = then(active(), vec![vec![enrolled(None), entered(1, None), next()]]);
    breaks(&unplanned, Rule::Release, "was released without a release time");
    let twice =
        then(active(), vec![vec![enrolled(None), entered(1, Some(900)), requested(1), next()]]);
    breaks(&twice, Rule::Release, "was released without a release time");
}

#[test]
fn what_happens_after_an_end_is_told() {
    let call_off = || concluded(1, CallStatus::Cancelled);
    for (event, words) in [
        (decided("x"), "had a hold resolved after it was removed"),
        (requested(2), "requested a call after it was removed"),
        (LeadEvent::LeadRemoved, "was removed after it was removed"),
        (LeadEvent::LeadCompleted, "was completed after it was removed"),
        (
            LeadEvent::ApplicationRequested { attempt: 1 },
            "wanted an application after it was removed",
        ),
    ] {
        let removed = vec![call_off(), LeadEvent::LeadRemoved];
        let story = then(calling(), vec![removed, vec![event]]);
        // The trace of a lead that ended with all its calls is not kept: its workflow is not known.
        breaks(&story, Rule::NothingAfterEnd, words);
    }
    let moved = branch(1, "x", BranchCause::Person);
    let story = then(calling(), vec![vec![LeadEvent::LeadRemoved], vec![moved]]);
    breaks(&story, Rule::NothingAfterEnd, "took a branch after it was removed");
}

#[test]
fn an_enrolment_that_cannot_be_is_told() {
    let twice = then(active(), vec![vec![enrolled(None)], vec![enrolled(None)]]);
    breaks(&twice, Rule::Enrolment, "was enrolled twice");
    let unborn = then(active(), vec![vec![LeadEvent::LeadRemoved]]);
    breaks(&unborn, Rule::Enrolment, "has events before its enrolment");
    let ended = told(active(), vec![WorkflowEvent::WorkflowCancelled]);
    let late = then(ended, vec![vec![enrolled(None)]]);
    breaks(&late, Rule::Enrolment, "was enrolled after its workflow was cancelled");
    let nowhere = then(Vec::new(), vec![vec![enrolled(None)]]);
    let words = format!("was enrolled in {WORKFLOW}, which does not exist");
    breaks(&nowhere, Rule::Enrolment, &words);
}

#[test]
fn a_try_of_an_application_that_nobody_wanted_or_that_begins_twice_is_told() {
    let began = || vec![LeadEvent::ApplicationStarted { attempt: 1 }];
    let unasked = then(calling(), vec![began()]);
    let words = "try 1 of an application began unasked";
    breaks(&unasked, Rule::Application, words);
    let wanted = vec![LeadEvent::ApplicationRequested { attempt: 1 }];
    breaks(&then(calling(), vec![wanted, began(), began()]), Rule::Application, words);
}
