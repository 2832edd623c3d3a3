use branchline_domain::{
    lead::LeadEvent,
    workflow::{ImportFault, ImportRefusal, WorkflowEvent},
};
use branchline_projections::{ImportStatus, LeadFilter, UnfinishedImport};

use crate::story::*;

/// An import that runs, with two leads.
fn running() -> Story {
    let mut story = Story::of_an_active_workflow();
    story.workflow(FLOW, [opened(IMPORT)]);
    story.lead(ANN, [enrolled_in(FLOW, Some(IMPORT))]);
    story.lead(BOB, [enrolled_in(FLOW, Some(IMPORT))]);
    story
}

#[test]
fn leads_of_a_running_import_are_not_listed_counted_or_started() {
    let story = running();
    assert_eq!(story.read.leads(FLOW, LeadFilter::default(), ALL).total, 0);
    assert_eq!(story.read.leads(FLOW, LeadFilter::default(), ALL).items, []);
    assert_eq!(story.read.counts(FLOW).by_status.enrolled(), 0);
    assert_eq!(story.read.lead(ANN), None);
    assert_eq!(story.read.lead_home(ANN), Some((FLOW, ORG)));
    assert_eq!(swept(&story.read, FLOW), []);
    assert!(story.read.leads_of_contact(ORG, [7; 16]).is_empty());
    assert!(story.read.variable_keys(FLOW).is_empty());
}

#[test]
fn leads_of_a_running_import_keep_the_workflow_from_completing() {
    let context = running().read.workflow_context(FLOW, &[]);
    assert_eq!((context.pending, context.enrolled, context.active), (2, 2, 0));
}

#[test]
fn a_closed_import_brings_all_its_leads_at_once() {
    let mut story = running();
    story.workflow(FLOW, [closed(IMPORT)]);
    assert_eq!(ids(&story.read.leads(FLOW, LeadFilter::default(), ALL), |row| row.id), [ANN, BOB]);
    assert_eq!(story.read.counts(FLOW).by_status.pending, 2);
    assert_eq!(swept(&story.read, FLOW), [ANN, BOB]);
    assert_eq!(story.read.variable_keys(FLOW), ["city", "name"]);
    assert_eq!(story.read.workflow_context(FLOW, &[]).enrolled, 2);
    assert_eq!(story.read.unfinished_imports(), []);

    let row = story.read.import(IMPORT).unwrap();
    assert_eq!(row.status, ImportStatus::Done);
    assert_eq!((row.rows, row.leads_enrolled, row.duplicates_skipped), (2, 2, 4));
    assert_eq!(row.file_name.as_deref(), Some("spring.csv"));
    assert_eq!(story.read.imports(FLOW, ALL).items, [row]);
    assert_eq!(story.read.lead(ANN).unwrap().import_id, Some(IMPORT));
}

#[test]
fn a_cancelled_import_is_unfinished_until_its_leads_are_withdrawn() {
    let mut story = running();
    let unfinished =
        |cancelled, leads| UnfinishedImport { import: IMPORT, workflow: FLOW, cancelled, leads };
    assert_eq!(story.read.unfinished_imports(), [unfinished(false, vec![ANN, BOB])]);

    let reason = "the server stopped".to_owned();
    story.lead(ANN, [LeadEvent::LeadWithdrawn]);
    story.workflow(
        FLOW,
        [WorkflowEvent::ImportCancelled { import: IMPORT, reason: reason.clone() }],
    );
    assert_eq!(story.read.unfinished_imports(), [unfinished(true, vec![BOB])]);
    assert_eq!(story.read.workflow_context(FLOW, &[]).enrolled, 0);

    story.lead(BOB, [LeadEvent::LeadWithdrawn]);
    assert_eq!(story.read.unfinished_imports(), []);
    assert_eq!(story.read.leads(FLOW, LeadFilter::default(), ALL).total, 0);
    assert_eq!(story.read.counts(FLOW).by_status.removed, 0);
    let row = story.read.import(IMPORT).unwrap();
    assert_eq!((row.status, row.reason), (ImportStatus::Cancelled, Some(reason)));
}

#[test]
fn a_refused_import_is_listed_with_its_faults_and_brings_nobody() {
    let mut story = Story::of_an_active_workflow();
    let fault = ImportFault { reason: "phone_number is empty".into(), rows: vec![2, 7] };
    let refusal = ImportRefusal {
        file_name: Some("spring.csv".into()),
        rows: 9,
        faults: vec![fault.clone()],
        reasons: 1,
    };
    let refused = WorkflowEvent::ImportRefused { import: IMPORT, refusal };
    story.workflow(FLOW, [refused.clone()]);
    story.workflow(FLOW, [refused]);
    let listed = story.read.imports(FLOW, ALL);
    let [row] = listed.items.as_slice() else { panic!("{listed:?}") };
    assert_eq!((row.status, row.rows, row.leads_enrolled), (ImportStatus::Refused, 9, 0));
    assert_eq!((row.file_name.as_deref(), &row.faults), (Some("spring.csv"), &vec![fault]));
    assert_eq!(story.read.unfinished_imports(), []);
    assert_eq!(story.read.counts(FLOW).by_status.enrolled(), 0);
}
