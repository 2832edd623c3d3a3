//! Enrolment. Source: CONTRACT.md 3 and 7.

use branchline_domain::{
    id::ImportId,
    lead::{Enrolment, Lead, LeadCommand, LeadRejection, Values},
    value::Value,
    workflow::WorkflowStatus,
};
use branchline_testkit::{ViewChanges, active, given, now, paused, view};

use crate::fixtures::{campaign, enrol, enrolled, enrolled_with, enrolment, entered, requested};

const IMPORT: ImportId = ImportId::from_u128(9);

#[test]
fn a_lead_that_comes_alone_into_an_active_workflow_starts_in_the_same_record() {
    let workflow = active(&campaign());
    given::<Lead>([])
        .when(&enrol(enrolment()), &now(&workflow))
        .then([enrolled(), entered(1, "intro"), requested(1)])
        .done();
}

#[test]
fn a_lead_enrolled_into_a_draft_or_a_paused_workflow_is_pending() {
    for status in [WorkflowStatus::Draft, WorkflowStatus::Paused] {
        let workflow = view(&campaign(), status);
        given::<Lead>([]).when(&enrol(enrolment()), &now(&workflow)).then([enrolled()]).done();
    }
}

#[test]
fn an_ended_or_deleted_workflow_takes_no_lead() {
    for status in [WorkflowStatus::Completed, WorkflowStatus::Cancelled] {
        let workflow = view(&campaign(), status);
        given::<Lead>([])
            .when(&enrol(enrolment()), &now(&workflow))
            .then_refused(&LeadRejection::WorkflowEnded { status })
            .done();
    }
    let mut deleted = paused(&campaign());
    deleted.deleted = true;
    given::<Lead>([])
        .when(&enrol(enrolment()), &now(&deleted))
        .then_refused(&LeadRejection::WorkflowEnded { status: WorkflowStatus::Paused })
        .done();
}

#[test]
fn a_lead_is_enrolled_once() {
    let workflow = active(&campaign());
    given::<Lead>([enrolled()])
        .when(&enrol(enrolment()), &now(&workflow))
        .then_refused(&LeadRejection::AlreadyEnrolled)
        .done();
}

#[test]
fn without_start_on_enrol_a_lead_waits_for_the_next_activation() {
    let workflow = active(&campaign()).with_settings(|settings| settings.start_on_enrol = false);
    let waiting = given::<Lead>([])
        .when(&enrol(enrolment()), &now(&workflow))
        .then([enrolled()])
        .when(&LeadCommand::Advance, &now(&workflow))
        .then_nothing_happens();
    let mut freed = workflow.clone();
    freed.freed_at = Some(waiting.position() + 1);
    waiting
        .when(&LeadCommand::Advance, &now(&freed))
        .then([entered(1, "intro"), requested(1)])
        .done();
}

#[test]
fn an_activation_before_the_enrolment_frees_nobody() {
    let mut workflow =
        active(&campaign()).with_settings(|settings| settings.start_on_enrol = false);
    let waiting = given::<Lead>([enrolled()]);
    workflow.freed_at = Some(waiting.position());
    waiting.when(&LeadCommand::Advance, &now(&workflow)).then_nothing_happens().done();
}

#[test]
fn a_lead_of_an_import_does_not_start_before_the_import_is_closed() {
    let mut workflow = active(&campaign());
    workflow.open_imports.insert(IMPORT);
    let with_import = Enrolment { import: Some(IMPORT), ..enrolment() };
    let waiting = given::<Lead>([])
        .when(&enrol(with_import.clone()), &now(&workflow))
        .then([enrolled_with(with_import)])
        .when(&LeadCommand::Advance, &now(&workflow))
        .then_nothing_happens();
    workflow.open_imports.clear();
    waiting
        .when(&LeadCommand::Advance, &now(&workflow))
        .then([entered(1, "intro"), requested(1)])
        .done();
}

#[test]
fn a_withdrawn_lead_never_was() {
    let workflow = active(&campaign());
    given::<Lead>([enrolled()])
        .when(&LeadCommand::Withdraw, &now(&workflow))
        .then([branchline_domain::lead::LeadEvent::LeadWithdrawn])
        .when(&LeadCommand::Withdraw, &now(&workflow))
        .then_refused(&LeadRejection::NotFound)
        .when(&LeadCommand::Advance, &now(&workflow))
        .then_refused(&LeadRejection::NotFound)
        .when(&LeadCommand::Remove, &now(&workflow))
        .then_refused(&LeadRejection::NotFound)
        .done();
}

#[test]
fn nothing_can_be_asked_of_a_lead_that_was_never_enrolled() {
    let workflow = active(&campaign());
    for command in [LeadCommand::Advance, LeadCommand::Remove, LeadCommand::Withdraw] {
        given::<Lead>([])
            .when(&command, &now(&workflow))
            .then_refused(&LeadRejection::NotFound)
            .done();
    }
}

#[test]
fn too_many_variables_and_bad_names_are_refused() {
    let workflow = active(&campaign());
    let many: Values = (0..101).map(|n| (format!("v{n}"), Value::from("x"))).collect();
    let named = |name: String| Values::from([(name, Value::from("x"))]);
    for variables in [many, named(String::new()), named("x".repeat(65))] {
        given::<Lead>([])
            .when(&enrol(Enrolment { variables, ..enrolment() }), &now(&workflow))
            .then_refused_as(|refusal| matches!(refusal, LeadRejection::InvalidVariables { .. }))
            .done();
    }
}
