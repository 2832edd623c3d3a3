//! The table of actions: from every status, with leads and calls under way, and twice.

use branchline_domain::{
    graph::{FaultCode, GraphChange},
    workflow::{
        Settings, WorkflowCommand, WorkflowContext, WorkflowEvent, WorkflowRejection,
        WorkflowState, WorkflowStatus, decide,
    },
};

use crate::support::{
    CALL, Decision, after, create, decided, edge, gone, node, standing, take, wait,
};

const COMPLETE: WorkflowCommand = WorkflowCommand::Complete { force: false };
const FORCE: WorkflowCommand = WorkflowCommand::Complete { force: true };

fn refused(action: &'static str, status: WorkflowStatus) -> Decision {
    Err(WorkflowRejection::WrongStatus { action, status })
}

#[test]
fn every_action_from_every_status_does_what_the_table_says() {
    let by_hand = WorkflowEvent::WorkflowCompleted { automatic: false };
    // Columns: draft, active, paused, completed, cancelled; a dot is a refusal.
    let table = [
        (WorkflowCommand::Activate, "activate", "+.+..", WorkflowEvent::WorkflowActivated),
        (WorkflowCommand::Pause, "pause", ".+...", WorkflowEvent::WorkflowPaused),
        (WorkflowCommand::Resume, "resume", "..+..", WorkflowEvent::WorkflowResumed),
        (WorkflowCommand::Cancel, "cancel", "+++..", WorkflowEvent::WorkflowCancelled),
        (COMPLETE, "complete", ".++..", by_hand.clone()),
        (FORCE, "complete", ".++..", by_hand),
        (WorkflowCommand::Delete, "delete", "+.+++", WorkflowEvent::WorkflowDeleted),
    ];
    for (command, action, row, event) in table {
        for (status, mark) in WorkflowStatus::ALL.into_iter().zip(row.chars()) {
            let expected =
                if mark == '+' { Ok(vec![event.clone()]) } else { refused(action, status) };
            assert_eq!(decided(&standing(status), &command), expected, "{command:?} {status}");
        }
    }
}

#[test]
fn every_action_leads_to_the_status_of_the_table() {
    for (from, command, to) in [
        (WorkflowStatus::Draft, WorkflowCommand::Activate, WorkflowStatus::Active),
        (WorkflowStatus::Paused, WorkflowCommand::Activate, WorkflowStatus::Active),
        (WorkflowStatus::Active, WorkflowCommand::Pause, WorkflowStatus::Paused),
        (WorkflowStatus::Paused, WorkflowCommand::Resume, WorkflowStatus::Active),
        (WorkflowStatus::Draft, WorkflowCommand::Cancel, WorkflowStatus::Cancelled),
        (WorkflowStatus::Active, WorkflowCommand::Cancel, WorkflowStatus::Cancelled),
        (WorkflowStatus::Paused, WorkflowCommand::Cancel, WorkflowStatus::Cancelled),
        (WorkflowStatus::Active, COMPLETE, WorkflowStatus::Completed),
        (WorkflowStatus::Paused, COMPLETE, WorkflowStatus::Completed),
    ] {
        let mut state = standing(from);
        let epoch = state.control_epoch;
        let events = decided(&state, &command).unwrap();
        take(&mut state, &events, 9);
        assert_eq!((state.status, state.control_epoch), (to, epoch + 1), "{command:?} {from}");
        let frees = to == WorkflowStatus::Active;
        assert_eq!(state.freed_at == Some(9), frees, "{command:?} {from}");
    }
}

#[test]
fn an_action_sent_twice_is_refused_with_the_status_it_led_to() {
    for (from, command, action) in [
        (WorkflowStatus::Draft, WorkflowCommand::Activate, "activate"),
        (WorkflowStatus::Active, WorkflowCommand::Pause, "pause"),
        (WorkflowStatus::Paused, WorkflowCommand::Resume, "resume"),
        (WorkflowStatus::Active, WorkflowCommand::Cancel, "cancel"),
        (WorkflowStatus::Active, COMPLETE, "complete"),
    ] {
        let mut state = standing(from);
        let events = decided(&state, &command).unwrap();
        take(&mut state, &events, 0);
        assert_eq!(decided(&state, &command), refused(action, state.status));
    }
}

#[test]
fn a_workflow_that_is_gone_or_never_was_is_not_found_by_any_command() {
    let commands = [
        WorkflowCommand::Activate,
        WorkflowCommand::Pause,
        WorkflowCommand::Resume,
        WorkflowCommand::Cancel,
        COMPLETE,
        FORCE,
        WorkflowCommand::Delete,
        WorkflowCommand::Edit { title: Some("New".into()), description: None, settings: None },
        WorkflowCommand::AddNode(node(CALL, wait(1))),
        WorkflowCommand::RemoveNode { node: CALL, move_to: None },
        WorkflowCommand::AddEdge(edge(1, CALL, CALL, None)),
        WorkflowCommand::RemoveEdge { edge: crate::support::EDGE },
    ];
    for state in gone() {
        for command in &commands {
            assert_eq!(decided(&state, command), Err(WorkflowRejection::NotFound), "{command:?}");
        }
        assert_eq!(decided(&state, &WorkflowCommand::AutoComplete), Ok(vec![]));
    }
}

#[test]
fn activation_reports_every_fault_and_resumption_does_not_look() {
    let unfinished = vec![
        GraphChange::NodePut(node(CALL, wait(0))),
        GraphChange::EdgeAdded(edge(1, CALL, crate::support::OTHER, Some("DNP"))),
    ];
    let codes = |decision: Decision| match decision {
        Err(WorkflowRejection::InvalidGraph { faults }) => {
            faults.iter().map(|fault| fault.code).collect::<Vec<_>>()
        }
        other => panic!("activation answered {other:?}"),
    };
    let expected = [FaultCode::InvalidDuration, FaultCode::EdgeToNowhere, FaultCode::UnknownLabel];
    let draft = after(&[create(unfinished)]);
    assert_eq!(codes(decided(&draft, &WorkflowCommand::Activate)), expected);
    let empty = after(&[create(vec![])]);
    assert_eq!(codes(decided(&empty, &WorkflowCommand::Activate)), [FaultCode::NoEntry]);

    let mut paused = standing(WorkflowStatus::Paused);
    let unfinished = WorkflowCommand::AddNode(node(crate::support::OTHER, wait(0)));
    let events = decided(&paused, &unfinished).unwrap();
    take(&mut paused, &events, 0);
    assert!(decided(&paused, &WorkflowCommand::Activate).is_err());
    assert_eq!(
        decided(&paused, &WorkflowCommand::Resume),
        Ok(vec![WorkflowEvent::WorkflowResumed])
    );
}

#[test]
fn a_workflow_that_is_active_is_told_so_before_its_graph_is_looked_at() {
    let mut active = standing(WorkflowStatus::Active);
    let events =
        decided(&active, &WorkflowCommand::RemoveNode { node: CALL, move_to: None }).unwrap();
    take(&mut active, &events, 0);
    assert_eq!(
        decided(&active, &WorkflowCommand::Activate),
        refused("activate", WorkflowStatus::Active)
    );
}

#[test]
fn completing_waits_for_leads_unless_it_is_forced() {
    for status in [WorkflowStatus::Active, WorkflowStatus::Paused] {
        for (pending, active) in [(1, 0), (0, 1), (2, 3)] {
            let context = WorkflowContext { pending, active, ..WorkflowContext::default() };
            let state = standing(status);
            assert_eq!(
                decide(&state, &COMPLETE, &context),
                Err(WorkflowRejection::LeadsUnderWay { pending, active })
            );
            assert!(decide(&state, &FORCE, &context).is_ok());
        }
    }
}

#[test]
fn deleting_waits_for_calls_and_a_second_time_there_is_nothing_left() {
    let calling = WorkflowContext { calls_in_progress: 2, ..WorkflowContext::default() };
    let state = standing(WorkflowStatus::Cancelled);
    assert_eq!(
        decide(&state, &WorkflowCommand::Delete, &calling),
        Err(WorkflowRejection::CallsInProgress { calls: 2 })
    );
    assert!(decided(&state, &WorkflowCommand::Delete).is_ok());
    let [deleted, _] = gone();
    assert_eq!(decided(&deleted, &WorkflowCommand::Delete), Err(WorkflowRejection::NotFound));
    assert_eq!(decided(&deleted, &create(vec![])), Err(WorkflowRejection::AlreadyExists));
}

fn completing_by_itself(status: WorkflowStatus) -> WorkflowState {
    let mut state = standing(status);
    let settings = Settings { auto_complete: true, ..Settings::default() };
    take(&mut state, &[WorkflowEvent::SettingsChanged { settings }], 0);
    state
}

#[test]
fn a_workflow_completes_by_itself_when_it_wants_to_and_all_its_leads_are_final() {
    let done = WorkflowContext { enrolled: 3, ..WorkflowContext::default() };
    let state = completing_by_itself(WorkflowStatus::Active);
    let ask =
        |state: &WorkflowState, context| decide(state, &WorkflowCommand::AutoComplete, &context);
    assert_eq!(
        ask(&state, done.clone()),
        Ok(vec![WorkflowEvent::WorkflowCompleted { automatic: true }])
    );
    for not_yet in [
        WorkflowContext { enrolled: 0, ..done.clone() },
        WorkflowContext { pending: 1, ..done.clone() },
        WorkflowContext { active: 1, ..done.clone() },
    ] {
        assert_eq!(ask(&state, not_yet.clone()), Ok(vec![]), "{not_yet:?}");
    }
    assert_eq!(
        ask(&standing(WorkflowStatus::Active), done.clone()),
        Ok(vec![]),
        "it does not want to"
    );
    for status in WorkflowStatus::ALL {
        if status != WorkflowStatus::Active {
            let mut state = standing(status);
            state.settings.auto_complete = true;
            assert_eq!(ask(&state, done.clone()), Ok(vec![]), "{status}");
        }
    }
}

#[test]
fn an_open_import_holds_completion_back_because_its_leads_do_not_count_yet() {
    let opening = crate::imports::opening(4);
    let import = crate::imports::IMPORT;
    let mut state = completing_by_itself(WorkflowStatus::Active);
    take(&mut state, &[WorkflowEvent::ImportOpened { import, opening }], 0);
    let done = WorkflowContext { enrolled: 3, ..WorkflowContext::default() };
    assert_eq!(decide(&state, &WorkflowCommand::AutoComplete, &done), Ok(vec![]));
    assert_eq!(
        decide(&state, &COMPLETE, &done),
        Err(WorkflowRejection::LeadsUnderWay { pending: 4, active: 0 })
    );
    assert!(decide(&state, &FORCE, &done).is_ok());
    assert!(decide(&state, &WorkflowCommand::Cancel, &done).is_ok());
}

#[test]
fn a_refusal_says_the_status_and_what_would_help() {
    let words = |status, command| {
        decided(&standing(status), &command).map_err(|refusal| refusal.to_string())
    };
    assert_eq!(
        words(WorkflowStatus::Draft, WorkflowCommand::Pause),
        Err("cannot pause a workflow that is draft; activate it first".into())
    );
    assert_eq!(
        words(WorkflowStatus::Cancelled, WorkflowCommand::Activate),
        Err("cannot activate a workflow that is cancelled; its status is final, duplicate it to go on".into())
    );
}
