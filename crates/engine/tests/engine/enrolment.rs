//! All leads of a list or none.

use branchline_domain::{lead::LeadStatus, value::Value};
use branchline_engine::{
    EngineError, RowFault,
    command::{Duplicates, EnrolRequest, NewLead, WorkflowAction},
};

use branchline_projections::{ImportStatus, Paging};

use crate::world::{World, config, host, lead, list, story};

fn row(phone_number: &str, row: u64) -> NewLead {
    NewLead { phone_number: phone_number.into(), row, ..NewLead::default() }
}

#[test]
fn a_list_with_faulty_rows_tells_all_of_them_and_enrols_nobody() {
    story(async {
        let world = World::start(config());
        let campaign = world.draft().await;
        let before = world.handle().health().position;
        let mut long = lead(9);
        long.row = 7;
        long.notes = Some("n".repeat(5_000));
        let request = list(vec![
            row("+919876500001", 2),
            row("", 3),
            row("98765 00002", 4),
            row("", 5),
            row("+91 12", 6),
            long,
        ]);
        let refused = world.handle().enrol(host(), campaign.workflow, request).await;
        let Err(EngineError::Rows { faults }) = refused else { panic!("{refused:?}") };
        let rows: Vec<_> = faults.iter().map(|fault| fault.rows.clone()).collect();
        assert_eq!(rows, [vec![3, 5], vec![4], vec![6], vec![7]], "{faults:?}");
        let (imports, leads) = world
            .handle()
            .read(|read| {
                let imports = read.imports(campaign.workflow, Paging::first(9)).items;
                (imports, read.counts(campaign.workflow).by_status.enrolled())
            })
            .await
            .unwrap();
        assert_eq!(world.handle().health().position.0, before.0 + 1, "the refusal, and no lead");
        let [import] = imports.as_slice() else { panic!("{imports:?}") };
        assert_eq!((import.status, import.rows, leads), (ImportStatus::Refused, 6, 0));
        let kept: Vec<_> = import.faults.iter().map(|fault| fault.rows.clone()).collect();
        assert_eq!(kept, rows);
    });
}

/// Source: CONTRACT.md 7-whole, 7-json.
#[test]
fn a_list_is_enrolled_as_one_import_and_its_leads_count_at_once() {
    story(async {
        let world = World::start(config());
        let campaign = world.draft().await;
        let mut leads: Vec<_> = (0..2_500).map(lead).collect();
        leads[0].variables.insert("city".into(), Value::Text("Pune".into()));
        let request = EnrolRequest { file_name: Some("spring.csv".into()), ..list(leads) };
        let enrolled = world.handle().enrol(host(), campaign.workflow, request).await.unwrap();
        assert_eq!((enrolled.lead_ids.len(), enrolled.duplicates_skipped), (2_500, 0));
        let import = enrolled.import.unwrap();
        let (counts, import, keys) = world
            .handle()
            .read(|read| {
                (
                    read.counts(campaign.workflow).by_status,
                    read.import(import).unwrap(),
                    read.variable_keys(campaign.workflow),
                )
            })
            .await
            .unwrap();
        assert_eq!((counts.pending, import.leads_enrolled), (2_500, 2_500));
        assert_eq!(import.file_name.as_deref(), Some("spring.csv"));
        assert_eq!(keys, ["city"]);
        let first = world.state(enrolled.lead_ids[0]).await;
        assert_eq!(first.phone_number.known().map(String::as_str), Some("+919876500000"));
        assert_eq!(first.variables.known().unwrap()["city"], Value::Text("Pune".into()));
    });
}

#[test]
fn duplicates_are_skipped_rejected_or_allowed_as_asked() {
    story(async {
        let world = World::start(config());
        let campaign = world.draft().await;
        world.enrol_one(campaign.workflow, 1).await;
        let ask = |duplicates| {
            let leads = vec![lead(1), lead(2), lead(3), lead(2)];
            let request = EnrolRequest { duplicates, ..list(leads) };
            let handle = world.handle().clone();
            async move { handle.enrol(host(), campaign.workflow, request).await }
        };
        let rejected = ask(Duplicates::Reject).await;
        let Err(EngineError::Rows { faults }) = rejected else { panic!("{rejected:?}") };
        let rows: Vec<_> = faults.into_iter().map(|fault| fault.rows).collect();
        assert_eq!(rows, [[3], [4]], "one in the workflow, one in the list");
        let skipped = ask(Duplicates::Skip).await.unwrap();
        assert_eq!((skipped.lead_ids.len(), skipped.duplicates_skipped), (2, 2));
        let allowed = ask(Duplicates::Allow).await.unwrap();
        assert_eq!((allowed.lead_ids.len(), allowed.duplicates_skipped), (4, 0));
        let nobody = ask(Duplicates::Skip).await.unwrap();
        assert_eq!((nobody.lead_ids.len(), nobody.duplicates_skipped), (0, 4));
        assert_eq!(nobody.import, None);
        let counts = world.handle().read(|read| read.counts(campaign.workflow)).await.unwrap();
        assert_eq!(counts.by_status.pending, 7);
    });
}

#[test]
fn the_same_number_twice_at_once_is_enrolled_once() {
    story(async {
        let world = World::start(config());
        let campaign = world.draft().await;
        let enrol = || world.handle().enrol(host(), campaign.workflow, list(vec![lead(1)]));
        let (first, second, third) = tokio::join!(enrol(), enrol(), enrol());
        let enrolled = [first, second, third].map(|answer| answer.unwrap().lead_ids.len());
        assert_eq!(enrolled.iter().sum::<usize>(), 1, "{enrolled:?}");
    });
}

#[test]
fn an_empty_list_one_that_is_too_long_and_a_workflow_that_has_ended_are_refused() {
    story(async {
        let mut config = config();
        config.enrol_max = 3;
        let world = World::start(config);
        let campaign = world.active().await;
        for leads in [Vec::new(), (0..4).map(lead).collect()] {
            let refused = world.handle().enrol(host(), campaign.workflow, list(leads)).await;
            assert!(matches!(refused, Err(EngineError::Invalid { field: "leads", .. })));
        }
        world.act(campaign.workflow, WorkflowAction::Cancel).await;
        let refused = world.handle().enrol(host(), campaign.workflow, list(vec![lead(1)])).await;
        assert!(matches!(refused, Err(EngineError::Lead(_))), "{refused:?}");
    });
}

#[test]
fn a_lead_enrolled_into_a_draft_waits() {
    story(async {
        let world = World::start(config());
        let campaign = world.draft().await;
        let lead = world.enrol_one(campaign.workflow, 1).await;
        assert_eq!(world.state(lead).await.status, LeadStatus::Pending);
    });
}

#[test]
fn a_pause_is_decided_while_a_long_list_is_being_enrolled() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let request = list((0..6_000).map(lead).collect());
        let pause = async {
            let importing = || {
                world.handle().read(|read| {
                    let imports = read.imports(campaign.workflow, Paging::first(1));
                    imports.items.first().is_some_and(|import| import.leads_enrolled > 0)
                })
            };
            while !importing().await.unwrap() {
                tokio::task::yield_now().await;
            }
            world.handle().act_on_workflow(host(), campaign.workflow, WorkflowAction::Pause).await
        };
        let handle = world.handle();
        let (enrolled, paused) =
            tokio::join!(handle.enrol(host(), campaign.workflow, request), pause);
        let (enrolled, paused) = (enrolled.unwrap(), paused.unwrap());
        assert_eq!(enrolled.lead_ids.len(), 6_000, "nobody is lost over the pause");
        assert!(paused.position < enrolled.committed.position, "the pause did not wait");
    });
}

/// Source: CONTRACT.md 7-whole.
#[test]
fn a_cancel_during_an_import_gives_the_import_up_and_its_leads_never_count() {
    story(async {
        let world = World::start(config());
        let campaign = world.draft().await;
        let request = list((0..6_000).map(lead).collect());
        let cancel = async {
            while world.handle().health().position.0 < 100 {
                tokio::task::yield_now().await;
            }
            world.handle().act_on_workflow(host(), campaign.workflow, WorkflowAction::Cancel).await
        };
        let handle = world.handle();
        let (enrolled, cancelled) =
            tokio::join!(handle.enrol(host(), campaign.workflow, request), cancel);
        cancelled.unwrap();
        assert!(matches!(enrolled, Err(EngineError::Lead(_))), "{enrolled:?}");
        let (counts, unfinished) = world
            .handle()
            .read(|read| (read.counts(campaign.workflow), read.unfinished_imports().len()))
            .await
            .unwrap();
        assert_eq!((counts.by_status.enrolled(), unfinished), (0, 0));
    });
}

#[test]
fn a_race_with_reject_is_told_like_any_other_duplicate() {
    story(async {
        let world = World::start(config());
        let campaign = world.draft().await;
        let request = || EnrolRequest { duplicates: Duplicates::Reject, ..list(vec![lead(1)]) };
        let enrol = || world.handle().enrol(host(), campaign.workflow, request());
        let (one, other) = tokio::join!(enrol(), enrol());
        // Either may come first.
        let (won, lost) = if one.is_ok() { (one, other) } else { (other, one) };
        let fault =
            RowFault { reason: "the number is in the workflow already".into(), rows: vec![3] };
        assert_eq!(won.unwrap().lead_ids.len(), 1);
        assert_eq!(lost, Err(EngineError::Rows { faults: vec![fault] }));
    });
}
