//! Every control action from every status. Source: the tables of CONTRACT.md 2.

use branchline_domain::{
    id::WorkflowId,
    lead::LeadStatus,
    workflow::{Control, WorkflowRejection, WorkflowStatus},
};
use branchline_engine::{EngineError, command::WorkflowAction};

use crate::world::{Campaign, World, config, host, story};

const COMPLETE: WorkflowAction = WorkflowAction::Complete { force: false };

/// The table: what is asked, where from, and where it leads.
const TABLE: [(WorkflowAction, &[WorkflowStatus], WorkflowStatus); 5] = [
    (
        WorkflowAction::Activate,
        &[WorkflowStatus::Draft, WorkflowStatus::Paused],
        WorkflowStatus::Active,
    ),
    (WorkflowAction::Pause, &[WorkflowStatus::Active], WorkflowStatus::Paused),
    (WorkflowAction::Resume, &[WorkflowStatus::Paused], WorkflowStatus::Active),
    (
        WorkflowAction::Cancel,
        &[WorkflowStatus::Draft, WorkflowStatus::Active, WorkflowStatus::Paused],
        WorkflowStatus::Cancelled,
    ),
    (COMPLETE, &[WorkflowStatus::Active, WorkflowStatus::Paused], WorkflowStatus::Completed),
];

/// A workflow in a status, without leads.
async fn workflow_in(world: &World, status: WorkflowStatus) -> Campaign {
    let campaign = world.draft().await;
    let way: &[WorkflowAction] = match status {
        WorkflowStatus::Draft => &[],
        WorkflowStatus::Active => &[WorkflowAction::Activate],
        WorkflowStatus::Paused => &[WorkflowAction::Activate, WorkflowAction::Pause],
        WorkflowStatus::Completed => &[WorkflowAction::Activate, COMPLETE],
        WorkflowStatus::Cancelled => &[WorkflowAction::Cancel],
    };
    for action in way {
        world.act(campaign.workflow, action.clone()).await;
    }
    campaign
}

async fn status_of(world: &World, workflow: WorkflowId) -> Option<WorkflowStatus> {
    let status = world.handle().read(|read| read.workflow(workflow).map(|row| row.state.status));
    status.await.unwrap()
}

fn wrong_status(error: &EngineError) -> Option<WorkflowStatus> {
    if let EngineError::Workflow(WorkflowRejection::WrongStatus { status, .. }) = error {
        return Some(*status);
    }
    None
}

/// Source: CONTRACT.md 2-activate, 2-pause, 2-resume, 2-cancel, 2-complete.
#[test]
fn every_action_from_every_status_is_answered_as_the_table_says() {
    story(async {
        let world = World::start(config());
        for (action, from, to) in TABLE {
            for status in WorkflowStatus::ALL {
                let workflow = workflow_in(&world, status).await.workflow;
                let before = world.handle().health().position;
                let answer = world.handle().act_on_workflow(host(), workflow, action.clone()).await;
                if from.contains(&status) {
                    assert!(answer.unwrap().position > Some(before));
                    assert_eq!(status_of(&world, workflow).await, Some(to), "{action:?}");
                } else {
                    let refused = answer.unwrap_err();
                    assert_eq!(wrong_status(&refused), Some(status), "{action:?}: {refused}");
                    assert!(refused.to_string().contains(status.as_str()), "{refused}");
                    assert_eq!(status_of(&world, workflow).await, Some(status));
                    assert_eq!(world.handle().health().position, before, "nothing is recorded");
                }
            }
        }
    });
}

#[test]
fn every_workflow_can_be_copied_and_all_but_active_ones_deleted() {
    story(async {
        let world = World::start(config());
        for status in WorkflowStatus::ALL {
            let workflow = workflow_in(&world, status).await.workflow;
            let copy = world.handle().duplicate_workflow(host(), workflow).await.unwrap();
            assert_eq!(status_of(&world, copy).await, Some(WorkflowStatus::Draft));
            let delete = WorkflowAction::Delete;
            let deleted = world.handle().act_on_workflow(host(), workflow, delete).await;
            if status == WorkflowStatus::Active {
                assert_eq!(wrong_status(&deleted.unwrap_err()), Some(status));
                assert_eq!(status_of(&world, workflow).await, Some(status));
            } else {
                deleted.unwrap();
                assert_eq!(status_of(&world, workflow).await, None);
            }
        }
    });
}

/// Source: CONTRACT.md 2-control.
#[test]
fn what_the_button_says_is_what_the_engine_takes() {
    story(async {
        let world = World::start(config());
        for status in WorkflowStatus::ALL {
            let workflow = workflow_in(&world, status).await.workflow;
            let button = match status.control() {
                Some(Control::Activate) => WorkflowAction::Activate,
                Some(Control::Deactivate) => WorkflowAction::Pause,
                None => {
                    assert!(status.is_final());
                    continue;
                }
            };
            assert!(world.handle().act_on_workflow(host(), workflow, button).await.is_ok());
        }
    });
}

#[test]
fn leads_are_processed_in_an_active_workflow_and_in_no_other() {
    story(async {
        let world = World::start(config());
        for (number, status) in (0..).zip(WorkflowStatus::ALL) {
            let campaign = workflow_in(&world, status).await;
            let request = crate::world::list(vec![crate::world::lead(number)]);
            let enrolled = world.handle().enrol(host(), campaign.workflow, request).await;
            if status.is_final() {
                let refused = enrolled.unwrap_err().to_string();
                assert!(refused.contains(status.as_str()), "{refused}");
                continue;
            }
            let lead = world.state(enrolled.unwrap().lead_ids[0]).await;
            if status.can_process_leads() {
                assert_eq!((lead.status, lead.node), (LeadStatus::Active, Some(campaign.intro)));
            } else {
                assert_eq!((lead.status, lead.node), (LeadStatus::Pending, None));
            }
        }
    });
}
