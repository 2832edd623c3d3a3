//! Long readings are of one place in the journal, whatever comes in while they last.

use branchline_domain::{
    call_status::CallStatus,
    id::{LeadId, OrganisationId},
    lead::LeadState,
};
use branchline_engine::{
    EngineError,
    command::{LeadAction, WorkflowAction},
};
use branchline_projections::{CallFilter, LeadFilter};

use crate::world::{World, call, config, host, lead, list, report, story};

#[test]
fn leads_stand_as_they_stood_when_the_reading_began() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let mut leads = Vec::new();
        for number in 0..20 {
            leads.push(world.enrol_one(campaign.workflow, number).await);
        }
        let before: Vec<LeadState> = {
            let mut states = Vec::new();
            for &lead in &leads {
                states.push(world.state(lead).await);
            }
            states
        };
        let handle = world.handle();
        let active = LeadFilter {
            status: Some(branchline_domain::lead::LeadStatus::Active),
            removed: Some(false),
            ..LeadFilter::default()
        };
        let organisation = OrganisationId::DEFAULT;
        let mut reading =
            handle.leads_as_of_now(organisation, campaign.workflow, active).await.unwrap();
        assert_eq!(reading.position(), handle.position());
        let mut found = reading.next(6).unwrap().unwrap();
        // One that was read, some that were not, new ones, and an import: none of it is in it.
        for number in [2, 8, 9] {
            let done = report(CallStatus::Completed);
            handle.report_call_status(host(), call(leads[number], 1), done).await.unwrap();
        }
        handle.act_on_lead(host(), leads[15], LeadAction::Remove).await.unwrap();
        world.enrol_one(campaign.workflow, 50).await;
        let more = list((60..70).map(lead).collect());
        handle.enrol(host(), campaign.workflow, more).await.unwrap();
        world.act(campaign.workflow, WorkflowAction::Pause).await;
        while let Some(part) = reading.next(6).unwrap() {
            found.extend(part);
        }
        let (ids, states): (Vec<LeadId>, Vec<LeadState>) = found.into_iter().unzip();
        assert_eq!(ids, leads);
        assert!(states == before);
        // The next one has it all; those that left the filter are not in it.
        let mut after =
            handle.leads_as_of_now(organisation, campaign.workflow, active).await.unwrap();
        let mut now = Vec::new();
        while let Some(part) = after.next(1_000).unwrap() {
            now.extend(part.into_iter().map(|(lead, _)| lead));
        }
        assert!(!now.contains(&leads[2]) && !now.contains(&leads[15]));
        let stranger = OrganisationId::from_u128(9);
        let refused = handle.leads_as_of_now(stranger, campaign.workflow, active).await;
        assert_eq!(refused.unwrap_err(), EngineError::WorkflowNotFound(campaign.workflow));
    });
}

#[test]
fn calls_stand_as_they_stood_when_the_reading_began() {
    story(async {
        let world = World::start(config());
        let campaign = world.active().await;
        let mut leads = Vec::new();
        for number in 0..12 {
            leads.push(world.enrol_one(campaign.workflow, number).await);
        }
        let handle = world.handle();
        let tell = async |lead, status| {
            handle.report_call_status(host(), call(lead, 1), report(status)).await.unwrap();
        };
        tell(leads[1], CallStatus::Busy).await;
        let open = CallFilter { status: Some(CallStatus::Created), ..CallFilter::default() };
        let organisation = OrganisationId::DEFAULT;
        let mut reading = handle.calls_as_of_now(organisation, open).await.unwrap();
        let mut found = reading.next(4).unwrap().unwrap();
        for number in [0, 5, 11] {
            tell(leads[number], CallStatus::Connected).await;
        }
        world.enrol_one(campaign.workflow, 50).await;
        while let Some(part) = reading.next(4).unwrap() {
            found.extend(part);
        }
        let told: Vec<_> = found.iter().map(|log| (log.lead_id, log.status)).collect();
        let expected: Vec<_> = leads
            .iter()
            .filter(|lead| **lead != leads[1])
            .map(|lead| (*lead, CallStatus::Created))
            .collect();
        assert_eq!(told, expected);
        let mut theirs = handle.calls_as_of_now(OrganisationId::from_u128(9), open).await.unwrap();
        assert_eq!(theirs.next(9).unwrap(), None);
    });
}
