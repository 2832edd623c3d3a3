//! Imports: an opening, and an end.

use branchline_domain::{
    id::ImportId,
    workflow::{
        ImportFault, ImportOpening, ImportRefusal, REFUSAL_FAULTS_MAX, REFUSAL_REASON_CHARS_MAX,
        WorkflowCommand, WorkflowEvent, WorkflowRejection, WorkflowState, WorkflowStatus,
    },
};

use crate::support::{decided, gone, standing, take};

pub(crate) const IMPORT: ImportId = ImportId::from_u128(1);

pub(crate) fn opening(rows: u32) -> ImportOpening {
    ImportOpening {
        file_name: Some("leads.csv".into()),
        rows,
        duplicates_skipped: 1,
        variable_keys: vec!["city".into()],
    }
}

fn open() -> WorkflowCommand {
    WorkflowCommand::OpenImport { import: IMPORT, opening: opening(2) }
}

fn close() -> WorkflowCommand {
    WorkflowCommand::CloseImport { import: IMPORT, enrolled: 2, duplicates_skipped: 1 }
}

fn cancel() -> WorkflowCommand {
    WorkflowCommand::CancelImport { import: IMPORT, reason: "the file was cut off".into() }
}

fn importing(status: WorkflowStatus) -> WorkflowState {
    let mut state = standing(status);
    let opened = WorkflowEvent::ImportOpened { import: IMPORT, opening: opening(2) };
    take(&mut state, &[opened], 0);
    state
}

#[test]
fn an_import_opens_in_every_status_that_is_not_final() {
    for status in WorkflowStatus::ALL {
        let expected = if status.is_final() {
            Err(WorkflowRejection::WrongStatus { action: "enrol leads into", status })
        } else {
            Ok(vec![WorkflowEvent::ImportOpened { import: IMPORT, opening: opening(2) }])
        };
        assert_eq!(decided(&standing(status), &open()), expected, "{status}");
    }
}

#[test]
fn an_import_opened_twice_is_no_news_unless_it_differs() {
    let state = importing(WorkflowStatus::Draft);
    assert_eq!(decided(&state, &open()), Ok(vec![]));
    let other = WorkflowCommand::OpenImport { import: IMPORT, opening: opening(3) };
    assert!(matches!(
        decided(&state, &other),
        Err(WorkflowRejection::Invalid { field: "import", .. })
    ));
}

#[test]
fn an_open_import_ends_whatever_became_of_its_workflow() {
    for status in WorkflowStatus::ALL {
        let state = importing(status);
        assert_eq!(
            decided(&state, &close()),
            Ok(vec![WorkflowEvent::ImportClosed {
                import: IMPORT,
                enrolled: 2,
                duplicates_skipped: 1
            }]),
            "{status}"
        );
        assert_eq!(
            decided(&state, &cancel()),
            Ok(vec![WorkflowEvent::ImportCancelled {
                import: IMPORT,
                reason: "the file was cut off".into()
            }]),
            "{status}"
        );
    }
}

#[test]
fn an_import_ends_once_and_only_after_it_was_opened() {
    let not_open = Err(WorkflowRejection::ImportNotOpen { import: IMPORT });
    for command in [close(), cancel()] {
        assert_eq!(decided(&standing(WorkflowStatus::Active), &command), not_open);
        let mut state = importing(WorkflowStatus::Active);
        let events = decided(&state, &command).unwrap();
        take(&mut state, &events, 1);
        assert!(state.open_imports.is_empty());
        assert_eq!(decided(&state, &close()), not_open);
        assert_eq!(decided(&state, &cancel()), not_open);
    }
}

fn refusal() -> ImportRefusal {
    ImportRefusal {
        file_name: Some("leads.csv".into()),
        rows: 9,
        faults: vec![ImportFault { reason: "phone_number is empty".into(), rows: vec![2, 7] }],
        reasons: 1,
    }
}

fn refuse() -> WorkflowCommand {
    WorkflowCommand::RefuseImport { import: IMPORT, refusal: refusal() }
}

#[test]
fn a_refused_import_is_recorded_once_in_every_status() {
    for status in WorkflowStatus::ALL {
        let mut state = standing(status);
        let recorded = vec![WorkflowEvent::ImportRefused { import: IMPORT, refusal: refusal() }];
        let epoch = state.control_epoch;
        assert_eq!(decided(&state, &refuse()), Ok(recorded.clone()), "{status}");
        take(&mut state, &recorded, 1);
        assert_eq!(decided(&state, &refuse()), Ok(vec![]), "the same refusal twice");
        assert_eq!(state.control_epoch, epoch, "no lead's decision is stale because of it");
        assert!(state.open_imports.is_empty());
    }
}

#[test]
fn an_import_that_has_begun_is_not_refused() {
    let decision = decided(&importing(WorkflowStatus::Draft), &refuse());
    assert!(matches!(decision, Err(WorkflowRejection::Invalid { field: "import", .. })));
}

#[test]
fn a_refusal_with_more_than_a_record_has_room_for_is_cut() {
    let fault = ImportFault { reason: "é".repeat(999), rows: (2..=900).collect() };
    let long = ImportRefusal {
        file_name: Some("x".repeat(900)),
        rows: 999,
        faults: vec![fault; 99],
        reasons: 99,
    };
    let command = WorkflowCommand::RefuseImport { import: IMPORT, refusal: long };
    let events = decided(&standing(WorkflowStatus::Draft), &command).unwrap();
    let [WorkflowEvent::ImportRefused { refusal: kept, .. }] = events.as_slice() else { panic!() };
    assert_eq!((kept.rows, kept.reasons), (999, 99));
    assert_eq!(kept.faults.len(), REFUSAL_FAULTS_MAX);
    assert_eq!(kept.faults[0].reason.chars().count(), REFUSAL_REASON_CHARS_MAX);
    assert_eq!(kept.faults[0].rows, (2..=51).collect::<Vec<_>>());
    assert_eq!(kept.file_name.as_deref().map(str::len), Some(128));
}

#[test]
fn a_workflow_that_is_gone_has_no_imports() {
    for state in gone() {
        for command in [open(), close(), cancel(), refuse()] {
            assert_eq!(decided(&state, &command), Err(WorkflowRejection::NotFound));
        }
    }
}

#[test]
fn words_that_no_record_has_room_for_are_refused_or_cut() {
    let state = importing(WorkflowStatus::Draft);
    for (opening, field) in [
        (ImportOpening { file_name: Some("x".repeat(513)), ..opening(2) }, "file_name"),
        (ImportOpening { variable_keys: vec!["x".repeat(64); 115], ..opening(2) }, "variable_keys"),
    ] {
        let command = WorkflowCommand::OpenImport { import: IMPORT, opening };
        let decision = decided(&state, &command);
        assert!(
            matches!(&decision, Err(WorkflowRejection::Invalid { field: at, .. }) if *at == field),
            "{decision:?}"
        );
    }
    let reason = "é".repeat(1_000);
    let events = decided(&state, &WorkflowCommand::CancelImport { import: IMPORT, reason });
    let kept = WorkflowEvent::ImportCancelled { import: IMPORT, reason: "é".repeat(250) };
    assert_eq!(events, Ok(vec![kept]), "an import must not stay open because of its reason");
}
