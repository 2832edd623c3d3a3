//! Branchline inside a program of your own: an engine, its handle, the raw command channel, and the
//! stream of everything that was recorded.
//!
//! ```sh
//! cargo run -p branchline-engine --example embedded
//! ```

#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::{collections::BTreeMap, error::Error, sync::Arc, time::Duration};

use branchline_domain::{
    call_status::CallStatus,
    graph::{CanvasPosition, NodeConfig, VoiceCallConfig},
    id::WorkflowId,
    lead::CallReport,
    workflow::Settings,
};
use branchline_engine::{
    Cursor, DataDirectory, Engine, EngineConfig, EngineError, EngineHandle, EngineParts, UuidV7Ids,
    applications::Applications,
    clock::SystemClock,
    command::{
        Answer, CallAction, Caller, EnrolRequest, HostCommand, HostRequest, NewEdge, NewLead,
        NewNode, WorkflowAction,
    },
    ports::{Clock, Phones},
};
use tokio::sync::oneshot;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let directory =
        std::env::temp_dir().join(format!("branchline-embedded-{}", std::process::id()));
    let DataDirectory { store, vault } = DataDirectory::open(&directory)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let engine = Engine::start(EngineParts {
        store,
        vault,
        ids: Arc::new(UuidV7Ids::new(Arc::clone(&clock))),
        clock,
        // This program dials itself: it takes calls and reports what became of them.
        phones: Phones::External,
        applications: Applications::default(),
        config: EngineConfig::embedded(),
    })?;
    let handle = engine.handle();
    let caller = Caller::host();

    let workflow = one_call_two_ends(&handle, &caller).await?;

    // A lead that is enrolled into an active workflow starts at once.
    let lead = NewLead {
        phone_number: "+12125550123".into(),
        variables: BTreeMap::from([("name".into(), "Asha".into())]),
        row: 1,
        ..NewLead::default()
    };
    let request = EnrolRequest { leads: vec![lead], ..EnrolRequest::default() };
    let enrolled = handle.enrol(&caller, workflow, request).await?;
    let lead = enrolled.lead_ids.first().copied().ok_or("the lead was a duplicate")?;

    // Its call is handed out, once, to whoever asks. A worker asks again and again.
    let call = loop {
        if let Some(call) = handle.claim_calls(&caller, 10, 60).await?.into_iter().next() {
            break call;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    println!("dial {} from {} for {}", call.to, call.from, call.call_id);

    // What became of it, over the raw command channel: the same as `handle.report_call_status`.
    let report = CallReport {
        status: CallStatus::Completed,
        occurred_at: None,
        end_reason: Some("user_disconnected".into()),
        attributes: BTreeMap::new(),
        provider_ref: Some("provider-881".into()),
        heard: None,
    };
    let (reply, answer) = oneshot::channel();
    let command = HostCommand::Call { call: call.call_id, action: CallAction::Report(report) };
    handle.commands().send(HostRequest { caller: caller.clone(), command, reply }).await?;
    if let Answer::Call(answer) = answer.await?? {
        println!("accepted: {}", answer.accepted);
    }

    // Why is the lead where it is?
    for guard in handle.explain(caller.organisation, lead).await?.guards {
        println!("{lead}: {}", guard.message);
    }

    // Everything that was recorded, from the beginning; a host keeps its cursor and goes on there.
    let mut events = handle.events(Cursor::default().0);
    let end = handle.health().position;
    while let Some(fact) = events.next().await {
        let fact = fact?;
        println!("{} {:?}", Cursor(fact.position), fact.events);
        if fact.position >= end {
            break;
        }
    }

    drop((events, handle));
    engine.shutdown();
    std::fs::remove_dir_all(directory)?;
    Ok(())
}

/// A workflow that calls once and ends, active.
async fn one_call_two_ends(
    engine: &EngineHandle,
    caller: &Caller,
) -> Result<WorkflowId, EngineError> {
    let workflow = engine.create_workflow(caller, "Spring", "", Settings::default()).await?;
    let call = NodeConfig::VoiceCall(VoiceCallConfig {
        from_phone_number: Some("+12025550100".into()),
        agent_id: Some("agent_1".into()),
        ring_timeout_s: Some(30),
        ..VoiceCallConfig::default()
    });
    let intro = engine.add_node(caller, workflow, node("Intro", call, true)).await?;
    let won = engine.add_node(caller, workflow, node("Won", NodeConfig::Converted, false)).await?;
    let lost = engine.add_node(caller, workflow, node("Lost", NodeConfig::Dropped, false)).await?;
    for (label, to) in [(Some("COMPLETED"), won), (None, lost)] {
        let label = label.map(Into::into);
        let edge = NewEdge { from_node_id: intro, to_node_id: to, label };
        engine.add_edge(caller, workflow, edge).await?;
    }
    engine.act_on_workflow(caller, workflow, WorkflowAction::Activate).await?;
    Ok(workflow)
}

fn node(label: &str, config: NodeConfig, entry: bool) -> NewNode {
    NewNode { label: label.into(), position: CanvasPosition::default(), config, entry }
}
