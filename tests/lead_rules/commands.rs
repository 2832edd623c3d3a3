//! Random commands to a lead.

use branchline_domain::{
    call_status::CallStatus,
    lead::{ApplicationOutcome, ApplicationReport, CallReport, LeadCommand, Resolution, Values},
    output::Output,
    value::Value,
};
use branchline_testkit::{START, node_id};
use proptest::{option, prelude::*, sample::select};

use crate::fixtures::{enrol, enrolment, plain};

fn reports() -> impl Strategy<Value = LeadCommand> {
    let attributes = option::of(select(vec!["yes", "no"])).prop_map(|answer| {
        answer.map(|answer| ("interested".to_owned(), Value::from(answer))).into_iter().collect()
    });
    let report = (select(CallStatus::ALL.to_vec()), attributes, any::<bool>());
    (1..4_u32, report).prop_map(|(call, (status, attributes, named))| {
        let provider_ref = named.then(|| format!("prov_{call}"));
        let attributes: Values = attributes;
        LeadCommand::ReportCallStatus {
            call,
            report: CallReport { attributes, provider_ref, ..plain(status) },
        }
    })
}

fn application_reports() -> impl Strategy<Value = LeadCommand> {
    let outcomes = select(vec![
        ApplicationOutcome::Succeeded,
        ApplicationOutcome::Failed,
        ApplicationOutcome::Unavailable,
        ApplicationOutcome::Interrupted,
    ]);
    (1..3_u32, outcomes).prop_map(|(attempt, outcome)| {
        LeadCommand::RecordApplication(Box::new(ApplicationReport {
            attempt,
            outcome,
            latency_ms: 12,
            missing_fields: Vec::new(),
            evidence: String::new(),
            fields: Values::from([("status_code".into(), "200".into())]),
        }))
    })
}

pub(crate) fn commands() -> impl Strategy<Value = LeadCommand> {
    let call = || 1..4_u32;
    let lease = option::of((0..7_200_u64).prop_map(|second| START.plus_seconds(second)));
    let outputs =
        ["COMPLETED", "DNP", "FAILED", "true", "false", "next", "success", "failure", "x"];
    prop_oneof![
        8 => reports(),
        6 => Just(LeadCommand::Advance),
        3 => (call(), lease)
            .prop_map(|(call, lease_until)| LeadCommand::StartDispatch { call, lease_until }),
        1 => call().prop_map(|call| LeadCommand::RecordDispatched { call, provider_ref: None }),
        1 => call().prop_map(|call| LeadCommand::RecordDispatchRefused {
            call,
            reason: "no route".into(),
        }),
        1 => call().prop_map(|call| LeadCommand::RecordDispatchUnknown { call }),
        3 => select(outputs.to_vec())
            .prop_map(|output| LeadCommand::Resolve(Resolution::Output(Output::from(output)))),
        2 => Just(LeadCommand::Resolve(Resolution::Redial)),
        1 => (0..20_000_u64).prop_map(|second| {
            LeadCommand::Resolve(Resolution::ReleaseAt(START.plus_seconds(second)))
        }),
        3 => Just(LeadCommand::StartApplication),
        3 => application_reports(),
        2 => Just(LeadCommand::HoldApplication),
        1 => Just(LeadCommand::RequestApplication),
        1 => select(vec!["intro", "pause", "check", "crm", "later", "won", "nowhere"])
            .prop_map(|name| LeadCommand::MoveTo { node: node_id(name) }),
        2 => select(vec!["in 2 hours", "when it suits", ""]).prop_map(|words| {
            LeadCommand::AttachCallAttributes {
                call: 1,
                attributes: Values::from([("callback_at".into(), words.into())]),
            }
        }),
        1 => Just(LeadCommand::Remove),
        1 => Just(LeadCommand::Erase),
        1 => Just(LeadCommand::AttachCallAttributes {
            call: 1,
            attributes: Values::from([("interested".into(), "yes".into())]),
        }),
        1 => Just(enrol(enrolment())),
    ]
}
