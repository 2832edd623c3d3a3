//! The workflow of the campaign, and leads that wait for their first call.

use std::time::Duration;

use branchline_domain::{
    graph::{CanvasPosition, NodeConfig, VoiceCallConfig},
    id::{LeadId, NodeId, WorkflowId},
    workflow::Settings,
};
use branchline_engine::{
    EngineHandle,
    command::{Caller, Duplicates, EnrolRequest, NewEdge, NewLead, NewNode, WorkflowAction},
};

/// An active workflow with two calls.
pub(crate) async fn prepare(engine: &EngineHandle) -> anyhow::Result<WorkflowId> {
    let caller = Caller::host();
    let settings = Settings { default_country: Some("US".into()), ..Settings::default() };
    let workflow = engine.create_workflow(&caller, "Benchmark", "", settings).await?;
    let call = |label: &str| NewNode {
        label: label.into(),
        position: CanvasPosition::default(),
        config: NodeConfig::VoiceCall(VoiceCallConfig {
            from_phone_number: Some("+12025550100".into()),
            agent_id: Some("agent_1".into()),
            ..VoiceCallConfig::default()
        }),
        entry: label == "first",
    };
    let end = |label: &str, config| NewNode {
        label: label.into(),
        position: CanvasPosition::default(),
        config,
        entry: false,
    };
    let first = engine.add_node(&caller, workflow, call("first")).await?;
    let second = engine.add_node(&caller, workflow, call("second")).await?;
    let won = engine.add_node(&caller, workflow, end("won", NodeConfig::Converted)).await?;
    let lost = engine.add_node(&caller, workflow, end("lost", NodeConfig::Dropped)).await?;
    for (from, label, to) in [
        (first, "COMPLETED", second),
        (first, "DNP", second),
        (first, "FAILED", second),
        (second, "COMPLETED", won),
        (second, "DNP", lost),
        (second, "FAILED", lost),
    ] {
        connect(engine, &caller, workflow, from, label, to).await?;
    }
    engine.act_on_workflow(&caller, workflow, WorkflowAction::Activate).await?;
    Ok(workflow)
}

/// Enrols leads into the workflow; the answer comes when all of them are at their first call.
pub(crate) async fn enrol(
    engine: &EngineHandle,
    workflow: WorkflowId,
    leads: u32,
) -> anyhow::Result<Vec<LeadId>> {
    // Without gaps: an E.164 number of India has ten digits after 91, and a mobile one begins
    // with 6 to 9.
    let list = (0..leads)
        .map(|number| NewLead {
            phone_number: format!("+91{}", 7_000_000_000_u64 + u64::from(number)),
            row: u64::from(number) + 1,
            ..NewLead::default()
        })
        .collect();
    let request = EnrolRequest { leads: list, duplicates: Duplicates::Skip, file_name: None };
    let enrolled = engine.enrol(&Caller::host(), workflow, request).await?;
    loop {
        let counts = engine.read(|models| models.counts(workflow)).await?;
        if counts.by_status.active == u64::from(leads) {
            return Ok(enrolled.lead_ids);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn connect(
    engine: &EngineHandle,
    caller: &Caller,
    workflow: WorkflowId,
    from: NodeId,
    label: &str,
    to: NodeId,
) -> anyhow::Result<()> {
    let edge = NewEdge { from_node_id: from, to_node_id: to, label: Some(label.into()) };
    engine.add_edge(caller, workflow, edge).await?;
    Ok(())
}
