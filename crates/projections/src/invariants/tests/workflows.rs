//! Lifecycle and imports.

use super::*;

#[test]
fn a_status_from_where_none_leads_there_is_told() {
    use WorkflowEvent::{
        WorkflowActivated, WorkflowCancelled, WorkflowDeleted, WorkflowPaused, WorkflowResumed,
    };
    for (event, words) in [
        (WorkflowActivated, "became active after it was active"),
        (WorkflowResumed, "became active after it was active"),
        (WorkflowDeleted, "was deleted while it was active"),
    ] {
        breaks(&told(active(), vec![event]), Rule::Lifecycle, words);
    }
    let again = told(active(), vec![WorkflowCancelled, WorkflowPaused]);
    breaks(&again, Rule::Lifecycle, "became paused after it was cancelled");
    let completed = WorkflowEvent::WorkflowCompleted { automatic: true };
    let draft = told(Vec::new(), vec![created(), completed]);
    breaks(&draft, Rule::Lifecycle, "became completed after it was draft");
}

#[test]
fn a_workflow_begins_once_and_its_revisions_have_no_gaps() {
    let twice = told(active(), vec![created()]);
    breaks(&twice, Rule::Lifecycle, "was created twice");
    let unborn = told(Vec::new(), vec![revised(1)]);
    breaks(&unborn, Rule::Lifecycle, "has events before its creation");
    let gap = told(active(), vec![revised(3)]);
    breaks(&gap, Rule::Lifecycle, "revision 3 follows revision 1");
}

#[test]
fn an_import_ends_once_and_counts_its_leads() {
    let stranger = told(active(), vec![closed(0)]);
    assert_eq!(
        violations(&stranger)[0],
        (Rule::Import, format!("closed {IMPORT}, which never opened"))
    );
    let twice = told(active(), vec![opened(), closed(0), closed(0)]);
    breaks(&twice, Rule::Import, &format!("closed {IMPORT}, which is not open here"));
    let reopened = told(active(), vec![opened(), opened()]);
    breaks(&reopened, Rule::Import, &format!("opened {IMPORT} twice"));
    let miscounted = told(active(), vec![opened(), closed(1)]);
    let words = format!("closed {IMPORT} with 1 leads, and 0 are enrolled with it");
    breaks(&miscounted, Rule::Import, &words);
}

#[test]
fn a_lead_that_starts_before_its_import_has_closed_is_told() {
    let story = told(active(), vec![opened()]);
    let early = then(story, vec![vec![enrolled(Some(IMPORT)), entered(1, None)]]);
    breaks(&early, Rule::Import, "entered a node before its import was closed");
    let story = told(active(), vec![opened(), closed(0)]);
    let late = then(story, vec![vec![enrolled(Some(IMPORT))]]);
    let words = format!("was enrolled with {IMPORT}, which is not open in its workflow");
    breaks(&late, Rule::Import, &words);
}
