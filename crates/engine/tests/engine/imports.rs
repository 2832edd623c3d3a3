//! Lists that are read as they are enrolled.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use branchline_domain::{id::ImportId, lead::LeadStatus};
use branchline_engine::{
    EngineError,
    command::{Duplicates, ImportRequest, Imported, NewLead, WorkflowAction},
    lead_list::{LeadList, ListFault, ListRow},
};
use branchline_projections::{ImportRow, ImportStatus, Paging};

use crate::world::{Campaign, World, config, host, lead, list, story};

/// Leads that are made as they are read.
struct Made {
    count: u64,
    readings: AtomicU32,
    /// What the second reading finds instead of the last lead.
    second: Option<ListFault>,
}

impl LeadList for Made {
    fn read(&self, take: &mut dyn FnMut(ListRow) -> ControlFlow<()>) {
        let second = self.readings.fetch_add(1, Ordering::Relaxed) > 0;
        for number in 0..self.count {
            let row = match &self.second {
                Some(fault) if second && number + 1 == self.count => Err(fault.clone()),
                Some(_) | None => Ok(lead(number)),
            };
            if take(row).is_break() {
                return;
            }
        }
    }
}

fn made(count: u64) -> Made {
    Made { count, readings: AtomicU32::new(0), second: None }
}

fn request(list: impl LeadList) -> ImportRequest {
    let file_name = Some("spring.csv".into());
    ImportRequest { list: Arc::new(list), duplicates: Duplicates::Skip, file_name }
}

async fn row(world: &World, import: ImportId) -> ImportRow {
    world.handle().read(|read| read.import(import)).await.unwrap().unwrap()
}

async fn only_import(world: &World, campaign: &Campaign) -> ImportRow {
    let imports =
        world.handle().read(|read| read.imports(campaign.workflow, Paging::first(9))).await;
    let [import] = imports.unwrap().items.try_into().expect("one import");
    import
}

async fn ended(world: &World, import: ImportId) -> ImportRow {
    loop {
        let row = row(world, import).await;
        if row.status != ImportStatus::Running {
            return row;
        }
        tokio::task::yield_now().await;
    }
}

async fn enrolled(world: &World, campaign: &Campaign) -> u64 {
    let counts = world.handle().read(|read| read.counts(campaign.workflow)).await.unwrap();
    counts.by_status.enrolled()
}

fn running(imported: Result<Imported, EngineError>) -> ImportId {
    match imported.unwrap() {
        Imported::Running { import, .. } => import,
        Imported::Done(enrolled) => panic!("{} leads were waited for", enrolled.lead_ids.len()),
    }
}

#[test]
fn a_long_list_is_answered_at_once_and_its_leads_count_when_it_is_closed() {
    story(async {
        let mut config = config();
        config.import_wait_rows = 3_000;
        let world = World::start(config);
        let campaign = world.active().await;
        let short = world.handle().import(host(), campaign.workflow, request(made(3_000))).await;
        let Imported::Done(short) = short.unwrap() else { panic!("3,000 rows are waited for") };
        assert_eq!(short.lead_ids.len(), 3_000);

        let import =
            running(world.handle().import(host(), campaign.workflow, request(made(7_500))).await);
        let begun = row(&world, import).await;
        assert_eq!((begun.rows, begun.duplicates_skipped), (4_500, 3_000));
        let done = ended(&world, import).await;
        assert_eq!((done.status, done.leads_enrolled), (ImportStatus::Done, 4_500));
        assert_eq!(enrolled(&world, &campaign).await, 7_500);
    });
}

#[test]
fn a_list_that_reads_differently_the_second_time_enrols_nobody() {
    story(async {
        let world = World::start(config());
        let campaign = world.draft().await;
        let second = Some(ListFault::at(2_501, "the disk is gone"));
        let list = Made { second, ..made(2_500) };
        let refused = world.handle().import(host(), campaign.workflow, request(list)).await;
        assert!(matches!(refused, Err(EngineError::Unavailable { .. })), "{refused:?}");
        let import = only_import(&world, &campaign).await;
        assert_eq!(import.status, ImportStatus::Cancelled);
        assert_eq!(enrolled(&world, &campaign).await, 0);
    });
}

/// A list whose header is a person's row.
struct WithoutHeader;

impl LeadList for WithoutHeader {
    fn read(&self, take: &mut dyn FnMut(ListRow) -> ControlFlow<()>) {
        let reason = "there is no column `phone_number`; the columns are `+919876500001`, `Asha`";
        let recorded = Some("there is no column `phone_number`");
        let _ = take(Err(ListFault { recorded, ..ListFault::whole(1, reason) }));
    }
}

#[test]
fn a_refused_list_is_kept_without_anything_out_of_it() {
    story(async {
        let world = World::start(config());
        let campaign = world.draft().await;
        let refused =
            world.handle().import(host(), campaign.workflow, request(WithoutHeader)).await;
        let Err(EngineError::Rows { faults }) = refused else { panic!("{refused:?}") };
        assert!(faults[0].reason.contains("Asha"), "its sender is told what is there");
        let import = only_import(&world, &campaign).await;
        assert_eq!((import.status, import.rows), (ImportStatus::Refused, 0));
        assert_eq!(import.file_name.as_deref(), Some("spring.csv"));
        assert_eq!(import.faults[0].reason, "there is no column `phone_number`");
        let world = world.crash_and_restart();
        assert_eq!(only_import(&world, &campaign).await, import);
    });
}

#[test]
fn a_list_of_nobody_or_of_too_many_is_refused_and_listed() {
    story(async {
        let mut config = config();
        config.enrol_max = 100;
        let world = World::start(config);
        let campaign = world.draft().await;
        for count in [0, 101] {
            let refused =
                world.handle().import(host(), campaign.workflow, request(made(count))).await;
            assert!(matches!(refused, Err(EngineError::Invalid { field: "leads", .. })));
        }
        let imports =
            world.handle().read(|read| read.imports(campaign.workflow, Paging::first(9))).await;
        let imports = imports.unwrap().items;
        assert_eq!(imports.iter().map(|row| row.rows).collect::<Vec<_>>(), [0, 101]);
        assert!(imports.iter().all(|row| row.status == ImportStatus::Refused));
    });
}

#[test]
fn a_single_lead_that_is_refused_is_no_import() {
    story(async {
        let world = World::start(config());
        let campaign = world.draft().await;
        let wrong = NewLead { phone_number: "12".into(), row: 1, ..NewLead::default() };
        let refused = world.handle().enrol(host(), campaign.workflow, list(vec![wrong])).await;
        assert!(matches!(refused, Err(EngineError::Rows { .. })));
        let imports =
            world.handle().read(|read| read.imports(campaign.workflow, Paging::first(9))).await;
        assert_eq!(imports.unwrap().total, 0);
    });
}

#[test]
fn a_final_workflow_takes_no_list_and_does_not_read_it() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        world.act(campaign.workflow, WorkflowAction::Cancel).await;
        let list = Arc::new(made(10));
        let wanted = ImportRequest {
            list: Arc::clone(&list) as _,
            duplicates: Duplicates::Skip,
            file_name: None,
        };
        let refused = world.handle().import(host(), campaign.workflow, wanted).await;
        assert!(matches!(refused, Err(EngineError::Lead(_))), "{refused:?}");
        assert_eq!(list.readings.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn a_removed_lead_is_no_duplicate() {
    story(async {
        let world = World::start(config());
        let campaign = world.draft().await;
        let first = world.enrol_one(campaign.workflow, 0).await;
        let removal = branchline_engine::command::LeadAction::Remove;
        world.handle().act_on_lead(host(), first, removal).await.unwrap();
        let again = world.handle().import(host(), campaign.workflow, request(made(3))).await;
        let Imported::Done(again) = again.unwrap() else { panic!("three rows are waited for") };
        assert_eq!((again.lead_ids.len(), again.duplicates_skipped), (3, 0));
        assert_eq!(world.state(again.lead_ids[0]).await.status, LeadStatus::Pending);
    });
}

/// Source: CONTRACT.md 7-restart.
#[test]
fn a_long_import_that_a_stop_interrupts_is_cancelled_and_its_numbers_are_free() {
    story(async {
        let mut config = config();
        config.import_wait_rows = 100;
        let world = World::start(config);
        let campaign = world.draft().await;
        let import =
            running(world.handle().import(host(), campaign.workflow, request(made(30_000))).await);
        while row(&world, import).await.leads_enrolled == 0 {
            tokio::task::yield_now().await;
        }
        let world = world.stop_and_restart();
        let cancelled = row(&world, import).await;
        assert_eq!(cancelled.status, ImportStatus::Cancelled);
        assert!(cancelled.leads_enrolled < 30_000, "it was interrupted");
        assert_eq!(enrolled(&world, &campaign).await, 0);
        let again = world.handle().import(host(), campaign.workflow, request(made(100))).await;
        let Imported::Done(again) = again.unwrap() else { panic!("100 rows are waited for") };
        assert_eq!((again.lead_ids.len(), again.duplicates_skipped), (100, 0));
    });
}
