//! Steps of a story, as a host asks them of an engine.

use std::collections::{BTreeMap, BTreeSet};

use branchline_domain::{
    graph::{
        ApplicationConfig, CanvasPosition, Condition, ConditionalConfig, NodeConfig, Operator,
        RetryPolicy, TimeConfig, TimeUnit, VoiceCallConfig,
    },
    id::CallId,
    lead::{CallReport, LeadRejection, Resolution, Values},
    output::Output,
    value::Value,
    workflow::{NodePatch, WorkflowRejection},
};
use branchline_engine::{
    EngineError,
    command::{
        CallAction, Caller, Duplicates, EnrolRequest, LeadAction, NewEdge, NewLead, NewNode,
        WorkflowAction,
    },
    ports::Clock,
};
use branchline_testkit::FROM;

use crate::{
    model::{Answer, Ask, Config, Edge, Kind, Name, kind},
    step::{self, Step},
    subject::{Subject, settings},
};

type Asked = Result<Answer, EngineError>;

/// Asks the engine for what a step says.
pub(crate) fn ask(subject: &mut Subject, step: &Step) -> Asked {
    match step {
        Step::Activate => act(subject, WorkflowAction::Activate),
        Step::Pause => act(subject, WorkflowAction::Pause),
        Step::Resume => act(subject, WorkflowAction::Resume),
        Step::Cancel => act(subject, WorkflowAction::Cancel),
        Step::Complete { force } => act(subject, WorkflowAction::Complete { force: *force }),
        Step::Choose(choice) => {
            let settings = Some(settings(*choice));
            act(subject, WorkflowAction::Edit { title: None, description: None, settings })
        }
        Step::AddNode(name) => add_node(subject, name, Config::first(name), false),
        Step::Configure { node, config } => {
            let config = Some(config_of(node, *config));
            patch(subject, node, NodePatch { config, ..NO_PATCH })
        }
        Step::MarkEntry { node, entry } => {
            patch(subject, node, NodePatch { entry: Some(*entry), ..NO_PATCH })
        }
        Step::RemoveNode(name) => {
            let node = subject.nodes[name];
            act(subject, WorkflowAction::RemoveNode { node, move_to: None })
        }
        Step::AddEdge(edge) => add_edge(subject, *edge),
        Step::RemoveEdge(edge) => {
            let edge = subject.edges[edge];
            act(subject, WorkflowAction::RemoveEdge { edge })
        }
        Step::Enrol { phones, duplicates, city } => enrol(subject, phones, *duplicates, *city),
        Step::Remove(lead) => decide(subject, *lead, LeadAction::Remove),
        Step::Erase(lead) => {
            let (handle, host) = (subject.handle(), Caller::host());
            let erased = subject.block_on(handle.erase_lead(&host, subject.leads[*lead]))?;
            assert!(erased.key_destroyed, "{erased:?}");
            Ok(Answer::Done)
        }
        Step::Resolve { lead, output } => {
            let choice = Resolution::Output(Output::from(*output));
            decide(subject, *lead, LeadAction::Resolve(choice))
        }
        Step::Redial(lead) => decide(subject, *lead, LeadAction::Resolve(Resolution::Redial)),
        Step::ReleaseIn { lead, seconds } => {
            let at = subject.clock.now().plus_seconds(*seconds);
            decide(subject, *lead, LeadAction::Resolve(Resolution::ReleaseAt(at)))
        }
        Step::EditCity { lead, city } => {
            let variables = BTreeMap::from([("city".into(), city.map(Value::from))]);
            decide(subject, *lead, LeadAction::Edit { variables, notes: None })
        }
        Step::Report { call, status, interested } => {
            let (occurred_at, end_reason, provider_ref, heard) = (None, None, None, None);
            let (status, attributes) = (*status, attributes(*interested));
            let report =
                CallReport { status, occurred_at, end_reason, attributes, provider_ref, heard };
            tell(subject, *call, CallAction::Report(report))
        }
        Step::Attach { call, interested } => {
            tell(subject, *call, CallAction::AttachAttributes(attributes(Some(interested))))
        }
        Step::Dispatched(call) => {
            tell(subject, *call, CallAction::Dispatched { provider_ref: None })
        }
        Step::DialRefused(call) => {
            tell(subject, *call, CallAction::Refused { reason: "no route".into() })
        }
        Step::Claim { max, lease_s } => claim(subject, *max, *lease_s),
        Step::Wait(_) | Step::Restart { .. } => Ok(Answer::Done),
    }
}

const NO_PATCH: NodePatch =
    NodePatch { label: None, x_milli: None, y_milli: None, config: None, entry: None };

fn attributes(interested: Option<&'static str>) -> Values {
    interested.map(|answer| ("interested".to_owned(), Value::from(answer))).into_iter().collect()
}

fn act(subject: &Subject, action: WorkflowAction) -> Asked {
    let (handle, host) = (subject.handle(), Caller::host());
    subject.block_on(handle.act_on_workflow(&host, subject.workflow, action))?;
    Ok(Answer::Done)
}

fn patch(subject: &Subject, name: Name, patch: NodePatch) -> Asked {
    let node = subject.nodes[name];
    act(subject, WorkflowAction::PatchNode { node, patch })
}

/// Adds a node.
pub(crate) fn add_node(subject: &mut Subject, name: Name, config: Config, entry: bool) -> Asked {
    let node = NewNode {
        label: name.into(),
        position: CanvasPosition::default(),
        config: config_of(name, config),
        entry,
    };
    let (handle, host) = (subject.handle(), Caller::host());
    let id = subject.block_on(handle.add_node(&host, subject.workflow, node))?;
    subject.nodes.insert(name, id);
    Ok(Answer::Done)
}

fn add_edge(subject: &mut Subject, edge: Edge) -> Asked {
    let new = NewEdge {
        from_node_id: subject.nodes[edge.from],
        to_node_id: subject.nodes[edge.to],
        label: edge.label.map(Output::from),
    };
    let (handle, host) = (subject.handle(), Caller::host());
    let id = subject.block_on(handle.add_edge(&host, subject.workflow, new))?;
    subject.edges.insert(edge, id);
    Ok(Answer::Done)
}

fn enrol(
    subject: &mut Subject,
    phones: &[u8],
    duplicates: step::Duplicates,
    city: Option<&'static str>,
) -> Asked {
    let variables: Values =
        city.map(|city| ("city".to_owned(), Value::from(city))).into_iter().collect();
    let leads = (1..).zip(phones).map(|(row, phone)| NewLead {
        phone_number: format!("+49151123456{:02}", 70 + phone),
        variables: variables.clone(),
        notes: None,
        row,
    });
    let request = EnrolRequest {
        leads: leads.collect(),
        duplicates: match duplicates {
            step::Duplicates::Skip => Duplicates::Skip,
            step::Duplicates::Reject => Duplicates::Reject,
            step::Duplicates::Allow => Duplicates::Allow,
        },
        file_name: None,
    };
    let (handle, host) = (subject.handle(), Caller::host());
    let enrolled = subject.block_on(handle.enrol(&host, subject.workflow, request));
    // Right after a workflow has completed by itself either word may come; both say its status.
    if let Err(EngineError::Workflow(WorkflowRejection::WrongStatus { .. })) = enrolled {
        return Ok(Answer::Refused("workflow_ended"));
    }
    let enrolled = enrolled?;
    let new = enrolled.lead_ids.len();
    subject.leads.extend(enrolled.lead_ids);
    Ok(Answer::Enrolled { new, skipped: enrolled.duplicates_skipped as usize })
}

fn decide(subject: &Subject, lead: usize, action: LeadAction) -> Asked {
    let (handle, host) = (subject.handle(), Caller::host());
    subject.block_on(handle.act_on_lead(&host, subject.leads[lead], action))?;
    Ok(Answer::Done)
}

fn tell(subject: &Subject, (lead, number): (usize, u32), action: CallAction) -> Asked {
    let call = CallId { lead: subject.leads[lead], number };
    let (handle, host) = (subject.handle(), Caller::host());
    let told = subject.block_on(handle.tell_of_call(&host, call, action))?;
    Ok(Answer::Told { accepted: told.accepted })
}

fn claim(subject: &Subject, max: usize, lease_s: u64) -> Asked {
    let lease_s = u32::try_from(lease_s).unwrap_or(u32::MAX);
    let (handle, host) = (subject.handle(), Caller::host());
    let claimed = subject.block_on(handle.claim_calls(&host, max, lease_s))?;
    let name = |call: CallId| {
        let at = subject.leads.iter().position(|lead| *lead == call.lead);
        (at.unwrap_or(usize::MAX), call.number)
    };
    Ok(Answer::Claimed(
        claimed.iter().map(|request| name(request.call_id)).collect::<BTreeSet<_>>(),
    ))
}

/// The config of a node, as the engine takes it.
fn config_of(name: Name, config: Config) -> NodeConfig {
    match config {
        Config::Call { number, retry, visits_max } => NodeConfig::VoiceCall(VoiceCallConfig {
            from_phone_number: number.then(|| FROM.into()),
            retry: retry.map(|retry| RetryPolicy {
                max_attempts: u32::try_from(retry.attempts).ok(),
                delay_minutes: u32::try_from(retry.delay).ok(),
                expire_after_minutes: retry
                    .expires_after
                    .and_then(|minutes| u32::try_from(minutes).ok()),
                ..RetryPolicy::default()
            }),
            max_visits: visits_max.and_then(|most| u32::try_from(most).ok()),
            ..VoiceCallConfig::default()
        }),
        Config::Wait { minutes } => NodeConfig::Time(TimeConfig {
            duration: minutes.and_then(|minutes| i64::try_from(minutes).ok()),
            unit: minutes.map(|_| TimeUnit::Minutes),
            ..TimeConfig::default()
        }),
        Config::Condition(ask) => {
            NodeConfig::Conditional(ask.map(condition_of).unwrap_or_default())
        }
        Config::Application => NodeConfig::Application(ApplicationConfig {
            handler: Some("push".into()),
            ..ApplicationConfig::default()
        }),
        Config::End if kind(name) == Kind::Won => NodeConfig::Converted,
        Config::End => NodeConfig::Dropped,
    }
}

fn condition_of(ask: Ask) -> ConditionalConfig {
    let one = |field: &str, operator, value: &str| ConditionalConfig {
        conditions: vec![Condition {
            field: Some(field.into()),
            operator: Some(operator),
            value: Some(value.into()),
        }],
        ..ConditionalConfig::default()
    };
    match ask {
        Ask::WasBusy => one("call.status", Operator::Equals, "busy"),
        Ask::IsInterested => one("call.interested", Operator::Equals, "yes"),
        Ask::IsNotAverse => one("call.interested", Operator::NotEquals, "no"),
        Ask::IsInPune => one("lead.city", Operator::Equals, "Pune"),
        Ask::OnStatus => ConditionalConfig {
            condition_field: Some("call.status".into()),
            branches: vec!["busy".into(), "completed".into()],
            ..ConditionalConfig::default()
        },
    }
}

/// The word for a refusal. Anything else than one by the rules breaks the story.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a refusal that the model does not know is a difference, whatever it is called"
)]
pub(crate) fn refusal(error: &EngineError) -> Answer {
    let word = match error {
        EngineError::Workflow(rejection) => match rejection {
            WorkflowRejection::WrongStatus { .. } => "wrong_status",
            WorkflowRejection::InvalidGraph { .. } => "invalid_graph",
            WorkflowRejection::LeadsUnderWay { .. } => "leads_under_way",
            WorkflowRejection::LeadsAtNodes { .. } => "leads_at_node",
            WorkflowRejection::StaleRevision { .. } => "stale_revision",
            WorkflowRejection::NodeNotFound { .. } => "node_not_found",
            WorkflowRejection::EdgeExists { .. } => "edge_exists",
            other => panic!("a workflow refused: {other}"),
        },
        EngineError::Lead(rejection) => match rejection {
            LeadRejection::WorkflowEnded { .. } => "workflow_ended",
            LeadRejection::CallNotFound { .. } => "call_not_found",
            LeadRejection::CallNotRequested { .. } => "not_requested",
            LeadRejection::Ended { .. } => "ended",
            LeadRejection::CannotErase { .. } => "cannot_erase",
            LeadRejection::Erased => "lead_erased",
            LeadRejection::NotHeld => "not_held",
            LeadRejection::WrongResolution { .. } => "wrong_resolution",
            other => panic!("a lead refused: {other}"),
        },
        EngineError::Rows { .. } => "rows",
        EngineError::CallNotFound(_) => "call_not_found",
        other => panic!("the engine failed: {other}"),
    };
    Answer::Refused(word)
}
