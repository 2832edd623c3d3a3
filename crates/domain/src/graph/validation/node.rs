//! What a node lacks on its own, whatever stands around it.

use super::{Fault, FaultCode, application, name};
use crate::{
    call_status::CallStatus,
    condition::gaps,
    graph::{
        CallingWindow, Node, NodeConfig, RetryPolicy, TimeConfig, TimeSource, VoiceCallConfig,
    },
    zone::Zone,
};

/// Waits are shorter than this: ten years of 365 days. Longer ones are slips of the unit, and an
/// instant that far away tells nobody anything. Unit: seconds.
const WAIT_S_MAX: u64 = 3_650 * 86_400;

/// One thing that a config lacks.
pub(super) struct Gap {
    code: FaultCode,
    what: String,
    fix: &'static str,
}

impl Gap {
    pub(super) fn new(code: FaultCode, what: impl Into<String>, fix: &'static str) -> Self {
        Self { code, what: what.into(), fix }
    }
}

/// Everything that this node lacks, so that it could not do its step. Does not look at edges.
pub fn node_faults(node: &Node) -> Vec<Fault> {
    let fault = |gap: Gap| Fault {
        code: gap.code,
        node_id: Some(node.id),
        edge_id: None,
        message: format!("{} {}", name(node), gap.what),
        fix: gap.fix.into(),
    };
    config_gaps(&node.config).into_iter().map(fault).collect()
}

/// Whether a node with this config could do its step. A lead that arrives at one that could not is
/// held. Source: CONTRACT.md 6, rule 4.
pub fn is_complete(config: &NodeConfig) -> bool {
    config_gaps(config).is_empty()
}

fn config_gaps(config: &NodeConfig) -> Vec<Gap> {
    match config {
        NodeConfig::VoiceCall(config) => call_gaps(config),
        NodeConfig::Conditional(config) => gaps(config)
            .iter()
            .map(|gap| Gap::new(FaultCode::IncompleteCondition, gap.to_string(), gap.fix()))
            .collect(),
        NodeConfig::Time(config) => time_gap(config).into_iter().collect(),
        NodeConfig::Application(config) => application::gaps(config),
        NodeConfig::Converted | NodeConfig::Dropped => Vec::new(),
    }
}

/// Visits of one lead at most: a hundred calls to a person are more than anybody means.
const MAX_VISITS: std::ops::RangeInclusive<u32> = 1..=100;

fn call_gaps(config: &VoiceCallConfig) -> Vec<Gap> {
    let window = config.calling_window.iter().flat_map(CallingWindow::gaps);
    number_gap(config.from_phone_number.as_deref())
        .into_iter()
        .chain(config.agent_timezone.as_deref().and_then(timezone_gap))
        .chain(config.retry.as_ref().and_then(retry_gap))
        .chain(config.max_visits.and_then(max_visits_gap))
        .chain(
            window.map(|gap| Gap::new(FaultCode::InvalidCallingWindow, gap.to_string(), gap.fix())),
        )
        .collect()
}

fn timezone_gap(name: &str) -> Option<Gap> {
    if Zone::named(name).is_some() {
        return None;
    }
    let name: String = name.chars().take(80).collect();
    Some(Gap::new(
        FaultCode::InvalidTimezone,
        format!("has an agent in `{name}`, which is no time zone"),
        "set agent_timezone to an IANA name such as Europe/Berlin, or leave it out",
    ))
}

fn max_visits_gap(visits: u32) -> Option<Gap> {
    (!MAX_VISITS.contains(&visits)).then(|| {
        Gap::new(
            FaultCode::InvalidMaxVisits,
            format!("takes a lead {visits} times at most"),
            "set max_visits from 1 to 100, or leave it out",
        )
    })
}

fn number_gap(number: Option<&str>) -> Option<Gap> {
    const FIX: &str = "set from_phone_number in E.164, such as +4915112345678";
    match number {
        None | Some("") => {
            Some(Gap::new(FaultCode::MissingNumber, "has no number to call from", FIX))
        }
        Some(number) if is_e164(number) => None,
        Some(number) => {
            let number: String = number.chars().take(80).collect();
            let what = format!("calls from `{number}`, which is not a number in E.164");
            Some(Gap::new(FaultCode::MissingNumber, what, FIX))
        }
    }
}

/// What a retry policy lacks, or where it is out of its limits.
fn retry_gap(retry: &RetryPolicy) -> Option<Gap> {
    let tried = |status: &CallStatus| match status {
        CallStatus::DidNotPick | CallStatus::Busy | CallStatus::Failed | CallStatus::NoAnswer => {
            true
        }
        CallStatus::Created
        | CallStatus::Initiated
        | CallStatus::Sent
        | CallStatus::Received
        | CallStatus::Connected
        | CallStatus::Waiting
        | CallStatus::Completed
        | CallStatus::Cancelled
        | CallStatus::RetryExpired => false,
    };
    let gap = |what: &str, fix| Some(Gap::new(FaultCode::InvalidRetry, what, fix));
    if !retry.max_attempts.is_some_and(|attempts| (2..=10).contains(&attempts)) {
        return gap(
            "has a retry policy without 2 to 10 attempts",
            "set retry.max_attempts from 2 to 10, or take retry away",
        );
    }
    if !retry.delay_minutes.is_some_and(|minutes| (1..=10_080).contains(&minutes)) {
        return gap(
            "has a retry policy without a delay of 1 minute to a week",
            "set retry.delay_minutes from 1 to 10080",
        );
    }
    if retry.expire_after_minutes.is_some_and(|minutes| !(1..=10_080).contains(&minutes)) {
        return gap(
            "has a retry policy whose attempts do not expire after 1 minute to a week",
            "set retry.expire_after_minutes from 1 to 10080, or leave it out",
        );
    }
    let named = retry.statuses.as_ref();
    if named.is_some_and(|statuses| statuses.is_empty() || !statuses.iter().all(tried)) {
        return gap(
            "retries statuses that cannot be tried again",
            "name some of did_not_pick, busy, failed, no_answer in retry.statuses, or leave it out",
        );
    }
    None
}

/// A plus and 8 to 15 digits; no country code begins with 0.
fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (8..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

fn time_gap(config: &TimeConfig) -> Option<Gap> {
    if config.time_source == Some(TimeSource::PostcallAnalysis) {
        let named = config.pca_field.as_ref().is_some_and(|field| !field.is_empty());
        let what = "waits for a time from the call and does not say which attribute it is in";
        let gap = Gap::new(FaultCode::MissingField, what, "set pca_field to the attribute's name");
        return (!named).then_some(gap);
    }
    let invalid = |what, fix| Some(Gap::new(FaultCode::InvalidDuration, what, fix));
    match (config.duration, config.unit, config.delay_hours) {
        (None, _, None) => invalid(
            "does not say how long it waits",
            "set duration and unit, or delay_hours, or time_source: postcall_analysis",
        ),
        (Some(_), None, _) => {
            invalid("has a duration without a unit", "set unit to minutes, hours or days")
        }
        (Some(_), Some(_), _) | (None, _, Some(_)) => match config.fixed_seconds() {
            None => invalid("waits no time at all", "set a duration above 0"),
            Some(WAIT_S_MAX..) => invalid("waits ten years or longer", "set a shorter duration"),
            Some(_) => None,
        },
    }
}
