//! The demo's campaign: a workflow file and a lead file, made to be in the journal.
//!
//! Every step may have been done by an earlier run that was killed: what is there is left, what is
//! missing is added. Leads that are there already are skipped as duplicates.

use std::collections::BTreeMap;

use anyhow::Context as _;
use branchline_dashboard::DEMO_FILES;
use branchline_domain::{id::WorkflowId, workflow::WorkflowStatus};
use branchline_engine::{
    EngineHandle,
    command::{Caller, Duplicates, EnrolRequest, NewLead, WorkflowAction},
};
use branchline_http_api::lead_file;
use branchline_projections::{Paging, WorkflowFilter};
use branchline_scenarios::{
    source_text::SourceText,
    workflow_file::{FileFormat, WorkflowFile},
};

use crate::graph_making;

/// Workflows that are looked through for the demo's own.
const WORKFLOWS_MAX: usize = 10_000;

/// Area codes of the United States for made-up numbers, 8,000 each.
const AREA_CODES: [u16; 13] = [213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234];

/// Makes the campaign be in the journal, and active. Gives the workflow's id and whether it had
/// been started before.
pub(crate) async fn prepare(
    engine: &EngineHandle,
    leads: u32,
) -> anyhow::Result<(WorkflowId, WorkflowStatus)> {
    let file = workflow_file()?;
    let caller = Caller { principal: "demo".into(), ..Caller::host() };
    let known = engine
        .read(|models| {
            let all = models.workflows(WorkflowFilter::default(), Paging::first(WORKFLOWS_MAX));
            let found = all.items.into_iter().find(|row| row.state.title == file.title);
            found.map(|row| (row.id, row.state.status))
        })
        .await?;
    let workflow = match known {
        Some((workflow, WorkflowStatus::Draft)) => workflow,
        Some((workflow, status)) => return Ok((workflow, status)),
        None => {
            engine
                .create_workflow(&caller, &file.title, &file.description, file.settings.clone())
                .await?
        }
    };
    graph_making::make(engine, &caller, workflow, &file.graph).await?;
    let request = EnrolRequest {
        leads: lead_list(leads)?,
        duplicates: Duplicates::Skip,
        file_name: Some("config/demo/leads.csv".into()),
    };
    engine.enrol(&caller, workflow, request).await?;
    engine.act_on_workflow(&caller, workflow, WorkflowAction::Activate).await?;
    Ok((workflow, WorkflowStatus::Draft))
}

/// The demo's workflow.
fn workflow_file() -> anyhow::Result<WorkflowFile> {
    let source = SourceText { name: "config/demo/workflow.json", text: DEMO_FILES.workflow };
    let read = WorkflowFile::read(&source, FileFormat::Json);
    read.map_err(|complaints| {
        let told: Vec<String> = complaints.iter().map(ToString::to_string).collect();
        anyhow::anyhow!(told.join("; "))
    })
}

/// The first leads of the file; beyond its end made-up ones, with numbers nobody has.
fn lead_list(wanted: u32) -> anyhow::Result<Vec<NewLead>> {
    let wanted = usize::try_from(wanted)?;
    let mut leads = lead_file::read_csv(DEMO_FILES.leads).context("config/demo/leads.csv")?;
    leads.truncate(wanted);
    // Only 555-01xx is set aside for fiction; but nothing here rings: the carrier is simulated.
    let lines = AREA_CODES.iter().flat_map(|area| (1_000..9_000).map(move |line| (area, line)));
    for (number, (area, line)) in lines.take(wanted.saturating_sub(leads.len())).enumerate() {
        leads.push(NewLead {
            phone_number: format!("+1{area}555{line}"),
            variables: BTreeMap::from([
                ("name".into(), format!("Lead {}", number + 1).as_str().into()),
                ("budget".into(), i64::try_from(number % 10 * 100)?.into()),
            ]),
            notes: None,
            row: u64::try_from(leads.len())? + 2,
        });
    }
    Ok(leads)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_files_are_well_formed() {
        let judgement = workflow_file().unwrap().judge();
        assert!(judgement.valid, "{judgement:?}");
        assert_eq!(lead_list(1_000).unwrap().len(), 1_000);
    }

    #[test]
    fn leads_beyond_the_file_have_numbers_of_their_own() {
        let leads = lead_list(20_000).unwrap();
        let numbers: std::collections::BTreeSet<_> =
            leads.iter().skip(1_000).map(|lead| &lead.phone_number).collect();
        assert_eq!(numbers.len(), 19_000);
    }
}
