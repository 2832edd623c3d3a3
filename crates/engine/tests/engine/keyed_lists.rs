//! Lists of leads sent again under their key: in the same run, in a later one, after a crash.

use std::sync::Arc;

use branchline_domain::id::LeadId;
use branchline_engine::{
    EngineError,
    command::{Duplicates, Enrolled, ImportRequest, Imported, NewLead},
};
use branchline_projections::{ImportStatus, Paging};

use crate::world::{Campaign, World, config, keyed, lead, list, story};

/// Five numbers, the first of them twice.
fn leads() -> Vec<NewLead> {
    [1, 2, 1, 3, 4, 5].map(lead).into()
}

async fn import(world: &World, campaign: &Campaign, digest: u8) -> Result<Imported, EngineError> {
    let request =
        ImportRequest { list: Arc::new(leads()), duplicates: Duplicates::Skip, file_name: None };
    world.handle().import(&keyed("list", digest), campaign.workflow, request).await
}

fn told(imported: Imported) -> (Vec<LeadId>, u32) {
    let Imported::Done(Enrolled { lead_ids, duplicates_skipped, .. }) = imported else {
        panic!("{imported:?}");
    };
    (lead_ids, duplicates_skipped)
}

#[test]
fn a_list_is_enrolled_once_for_one_key_whatever_happens_in_between() {
    story(async {
        let world = World::start(config());
        let campaign = world.draft().await;
        let first = told(import(&world, &campaign, 1).await.unwrap());
        assert_eq!((first.0.len(), first.1), (5, 1));
        assert_eq!(told(import(&world, &campaign, 1).await.unwrap()), first);
        // A lead that was removed meanwhile was enrolled all the same.
        let removal = branchline_engine::command::LeadAction::Remove;
        world.handle().act_on_lead(crate::world::host(), first.0[1], removal).await.unwrap();
        let world = world.crash_and_restart();
        assert_eq!(told(import(&world, &campaign, 1).await.unwrap()), first);
        assert_eq!(import(&world, &campaign, 2).await, Err(EngineError::KeyReused));
        let world = world.stop_and_restart();
        assert_eq!(told(import(&world, &campaign, 1).await.unwrap()), first);
        // The same for a list that is waited for.
        let again = world.handle().enrol(&keyed("list", 1), campaign.workflow, list(leads())).await;
        let again = again.unwrap();
        assert_eq!((again.lead_ids, again.duplicates_skipped), first);
        let counts = world.handle().read(|read| read.counts(campaign.workflow)).await.unwrap();
        assert_eq!((counts.by_status.enrolled(), counts.by_status.removed), (5, 1));
    });
}

#[test]
fn a_list_that_a_crash_interrupted_is_enrolled_when_it_is_sent_again() {
    story(async {
        let world = World::start(config());
        let campaign = world.draft().await;
        let many = || list((0..5_000).map(lead).collect());
        let before = world.handle().health().position.0;
        let handle = world.handle().clone();
        let enrolling = tokio::spawn(async move {
            handle.enrol(&keyed("list", 1), campaign.workflow, many()).await
        });
        while world.handle().health().position.0 < before + 1_000 {
            tokio::task::yield_now().await;
        }
        world.store.shut();
        let world = world.crash_and_restart();
        assert!(enrolling.await.unwrap().is_err());
        let caller = keyed("list", 1);
        let send = || world.handle().enrol(&caller, campaign.workflow, many());
        let done = send().await.unwrap();
        assert_eq!(done.lead_ids.len(), 5_000);
        let again = send().await.unwrap();
        assert_eq!((again.lead_ids, again.import), (done.lead_ids, done.import));
        let other = world.handle().enrol(&keyed("list", 2), campaign.workflow, many()).await;
        assert_eq!(other, Err(EngineError::KeyReused));
        let imports = world.handle().read(|read| read.imports(campaign.workflow, Paging::first(9)));
        let statuses: Vec<_> =
            imports.await.unwrap().items.into_iter().map(|import| import.status).collect();
        assert_eq!(statuses, [ImportStatus::Cancelled, ImportStatus::Done]);
    });
}

#[test]
fn a_list_that_is_sent_again_too_soon_is_told_so() {
    story(async {
        let world = World::start(config());
        let campaign = world.draft().await;
        let (first, second, other) = tokio::join!(
            import(&world, &campaign, 1),
            import(&world, &campaign, 1),
            import(&world, &campaign, 2),
        );
        let first = told(first.unwrap());
        assert_eq!(second, Err(EngineError::RequestUnderWay));
        assert_eq!(other, Err(EngineError::KeyReused));
        assert_eq!(told(import(&world, &campaign, 1).await.unwrap()), first);
    });
}

#[test]
fn a_list_that_recorded_nothing_leaves_its_key_free() {
    story(async {
        let world = World::start(config());
        let campaign = world.draft().await;
        let wrong = NewLead { phone_number: "12".into(), ..lead(1) };
        let send = |leads: Vec<NewLead>, digest| {
            let caller = keyed("k", digest);
            let handle = world.handle().clone();
            async move { handle.enrol(&caller, campaign.workflow, list(leads)).await }
        };
        let refused = send(vec![lead(1), wrong], 1).await;
        assert!(matches!(refused, Err(EngineError::Rows { .. })), "{refused:?}");
        assert_eq!(send(vec![lead(1), lead(2)], 2).await.unwrap().lead_ids.len(), 2);
    });
}
