//! What a node lacks whatever stands around it.

use super::*;
use crate::{
    graph::{TimeSource, TimeUnit},
    value::Value,
};

#[test]
fn a_call_node_needs_a_number_in_e164() {
    let from = |number: Option<&str>| {
        NodeConfig::VoiceCall(VoiceCallConfig {
            from_phone_number: number.map(str::to_owned),
            ..VoiceCallConfig::default()
        })
    };
    for number in ["+12345678", "+123456789012345"] {
        assert_eq!(faults(&ended(from(Some(number)))), [], "{number}");
    }
    let wrong = [
        "",
        "15112345678",
        "+1234567",
        "+1234567890123456",
        "+49 151 123",
        "+0123456789",
        "+１２３４５６７８９",
    ];
    for number in wrong.map(Some).into_iter().chain([None]) {
        assert_eq!(
            faults(&ended(from(number))),
            [(FaultCode::MissingNumber, Some(A), None)],
            "{number:?}"
        );
    }
}

#[test]
fn a_retry_policy_needs_its_limits() {
    use crate::{call_status::CallStatus, graph::RetryPolicy};

    let call = |max_attempts, delay_minutes, statuses| {
        NodeConfig::VoiceCall(VoiceCallConfig {
            from_phone_number: Some("+4915112345678".into()),
            retry: Some(RetryPolicy { max_attempts, delay_minutes, statuses }),
            ..VoiceCallConfig::default()
        })
    };
    let failed = Some(vec![CallStatus::Failed, CallStatus::Busy]);
    for config in [call(Some(2), Some(1), None), call(Some(10), Some(10_080), failed)] {
        assert_eq!(faults(&ended(config)), []);
    }
    for config in [
        call(None, Some(30), None),
        call(Some(1), Some(30), None),
        call(Some(11), Some(30), None),
        call(Some(3), None, None),
        call(Some(3), Some(0), None),
        call(Some(3), Some(10_081), None),
        call(Some(3), Some(30), Some(Vec::new())),
        call(Some(3), Some(30), Some(vec![CallStatus::Completed])),
        call(Some(3), Some(30), Some(vec![CallStatus::Busy, CallStatus::Connected])),
        call(Some(3), Some(30), Some(vec![CallStatus::Cancelled])),
    ] {
        assert_eq!(faults(&ended(config.clone())), [(FaultCode::InvalidRetry, Some(A), None)]);
        assert!(!crate::graph::is_complete(&config));
    }
}

#[test]
fn a_condition_needs_its_operands_and_every_gap_is_told() {
    let condition = |field: Option<&str>, operator, value: Option<Value>| {
        NodeConfig::Conditional(ConditionalConfig {
            conditions: vec![Condition { field: field.map(str::to_owned), operator, value }],
            ..ConditionalConfig::default()
        })
    };
    let age = Some("lead.age");
    for (config, gaps) in [
        (NodeConfig::empty(NodeType::Conditional), 1),
        (condition(None, Some(Operator::Exists), None), 1),
        (condition(age, None, None), 1),
        (condition(age, Some(Operator::Equals), None), 1),
        (condition(Some("age"), Some(Operator::Exists), None), 1),
        (condition(age, Some(Operator::LessThan), Some("old".into())), 1),
        (condition(Some("age"), Some(Operator::GreaterThan), None), 2),
        (switch(&[]), 1),
        (condition(age, Some(Operator::LessThan), Some("17.5".into())), 0),
        (condition(age, Some(Operator::Exists), None), 0),
        (switch(&["gold"]), 0),
    ] {
        let expected = vec![(FaultCode::IncompleteCondition, Some(A), None); gaps];
        assert_eq!(faults(&ended(config.clone())), expected, "{config:?}");
        assert_eq!(is_complete(&config), gaps == 0);
    }
}

#[test]
fn a_wait_needs_a_time_above_zero_and_below_ten_years_or_an_attribute() {
    let fixed = |duration, unit| TimeConfig { duration, unit, ..TimeConfig::default() };
    let hours = |hours| TimeConfig { delay_hours: Some(hours), ..TimeConfig::default() };
    let from_call = |field: Option<&str>| TimeConfig {
        time_source: Some(TimeSource::PostcallAnalysis),
        pca_field: field.map(str::to_owned),
        ..TimeConfig::default()
    };
    let invalid = Some(FaultCode::InvalidDuration);
    for (config, code) in [
        (TimeConfig::default(), invalid),
        (fixed(Some(1), None), invalid),
        (fixed(None, Some(TimeUnit::Days)), invalid),
        (fixed(Some(0), Some(TimeUnit::Days)), invalid),
        (fixed(Some(-1), Some(TimeUnit::Hours)), invalid),
        (fixed(Some(3_650), Some(TimeUnit::Days)), invalid),
        (fixed(Some(i64::MAX), Some(TimeUnit::Days)), invalid),
        (fixed(Some(i64::MIN), Some(TimeUnit::Minutes)), invalid),
        (hours(0), invalid),
        (hours(i64::MAX), invalid),
        (from_call(None), Some(FaultCode::MissingField)),
        (from_call(Some("")), Some(FaultCode::MissingField)),
        (fixed(Some(1), Some(TimeUnit::Minutes)), None),
        (fixed(Some(3_649), Some(TimeUnit::Days)), None),
        (hours(1), None),
        (from_call(Some("callback_time")), None),
    ] {
        let config = NodeConfig::Time(config);
        let expected: Vec<Place> = code.map(|code| (code, Some(A), None)).into_iter().collect();
        assert_eq!(faults(&ended(config.clone())), expected, "{config:?}");
        assert_eq!(is_complete(&config), code.is_none());
    }
}

#[test]
fn an_application_needs_a_handler() {
    for handler in [None, Some(String::new())] {
        let config =
            NodeConfig::Application(ApplicationConfig { handler, ..ApplicationConfig::default() });
        assert!(!is_complete(&config));
        assert_eq!(faults(&ended(config)), [(FaultCode::IncompleteApplication, Some(A), None)]);
    }
    assert!(is_complete(&application()));
}

#[test]
fn what_a_node_lacks_is_told_the_same_alone_and_in_a_graph() {
    for node_type in NodeType::ALL {
        let config = NodeConfig::empty(node_type);
        let alone = Node {
            id: A,
            label: "1".into(),
            position: CanvasPosition::default(),
            config: config.clone(),
            entry: false,
        };
        assert_eq!(is_complete(&config), node_type.is_terminal());
        assert_eq!(node_faults(&alone).is_empty(), is_complete(&config));
        if !node_type.is_terminal() {
            assert_eq!(report(&ended(config)).faults, node_faults(&alone));
        }
    }
}
