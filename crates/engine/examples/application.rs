//! An application step that this program itself carries out: a handler, registered by its key.
//!
//! ```sh
//! cargo run -p branchline-engine --example application
//! ```

#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::{collections::BTreeMap, error::Error, sync::Arc, time::Duration};

use branchline_domain::{
    graph::{ApplicationConfig, ApplicationRetry, CanvasPosition, NodeConfig},
    lead::LeadStatus,
    workflow::Settings,
};
use branchline_engine::{
    Engine, EngineConfig, EngineParts, UuidV7Ids,
    applications::{ApplicationReply, Applications},
    clock::SystemClock,
    command::{Caller, EnrolRequest, NewEdge, NewLead, NewNode, WorkflowAction},
    ports::{Clock, Phones},
};
use branchline_journal::memory::MemoryStore;
use branchline_vault::{SystemEntropy, Vault};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let applications = Applications::default();
    let engine = Engine::start(EngineParts {
        store: Arc::new(MemoryStore::new()),
        vault: Arc::new(Vault::in_memory(Arc::new(SystemEntropy))),
        ids: Arc::new(UuidV7Ids::new(Arc::clone(&clock))),
        clock,
        phones: Phones::External,
        applications: applications.clone(),
        config: EngineConfig::embedded(),
    })?;
    let handle = engine.handle();
    let caller = Caller::host();

    // A step that asks the handler `mail.welcome`, twice at most.
    let workflow = handle.create_workflow(&caller, "Welcome", "", Settings::default()).await?;
    let step = NodeConfig::Application(ApplicationConfig {
        handler: Some("mail.welcome".into()),
        retry: Some(ApplicationRetry { max_attempts: Some(2), delay_s: Some(1) }),
        required_fields: vec!["email".into()],
        ..ApplicationConfig::default()
    });
    let step = handle.add_node(&caller, workflow, node("Welcome", step)).await?;
    let sent = handle.add_node(&caller, workflow, node("Sent", NodeConfig::Converted)).await?;
    let not_sent = handle.add_node(&caller, workflow, node("Not", NodeConfig::Dropped)).await?;
    for (label, to) in [("success", sent), ("failure", not_sent)] {
        let edge = NewEdge { from_node_id: step, to_node_id: to, label: Some(label.into()) };
        handle.add_edge(&caller, workflow, edge).await?;
    }
    handle.act_on_workflow(&caller, workflow, WorkflowAction::Activate).await?;
    let lead = NewLead {
        phone_number: "+12125550123".into(),
        variables: BTreeMap::from([("email".into(), "asha@example.com".into())]),
        row: 1,
        ..NewLead::default()
    };
    let request = EnrolRequest { leads: vec![lead], ..EnrolRequest::default() };
    let enrolled = handle.enrol(&caller, workflow, request).await?;
    let lead = enrolled.lead_ids.first().copied().ok_or("the lead was a duplicate")?;

    // Nobody answers to the key yet: the lead waits, and says so.
    let status = || async { handle.read(|read| read.lead(lead).map(|row| row.status)).await };
    while handle.read(|read| read.lead(lead).and_then(|row| row.hold)).await?.is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for guard in handle.explain(caller.organisation, lead).await?.guards {
        println!("{lead}: {}", guard.message);
    }

    // Now somebody does. What a crash interrupts is asked again under the same key, so that the
    // handler can see that it has done this already.
    applications.register("mail.welcome", |request| async move {
        println!("try {} of {}", request.attempt, request.idempotency_key);
        match request.attempt {
            1 => ApplicationReply::unavailable("the mail server is busy"),
            _ => ApplicationReply::success().with_field("message_id", "m-1"),
        }
    });
    while status().await? != Some(LeadStatus::Completed) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("{lead}: sent");

    drop(handle);
    engine.shutdown();
    Ok(())
}

fn node(label: &str, config: NodeConfig) -> NewNode {
    NewNode { label: label.into(), position: CanvasPosition::default(), config, entry: false }
}
