//! What a node lacks whatever stands around it.

use super::*;
use crate::{
    call_status::CallStatus,
    graph::{CallingWindow, RetryPolicy, TimeSource, TimeUnit},
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
    let call = |max_attempts, delay_minutes, statuses| {
        NodeConfig::VoiceCall(VoiceCallConfig {
            from_phone_number: Some("+4915112345678".into()),
            retry: Some(RetryPolicy {
                max_attempts,
                delay_minutes,
                statuses,
                ..RetryPolicy::default()
            }),
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

/// A call with everything else in order.
fn calling(with: VoiceCallConfig) -> NodeConfig {
    NodeConfig::VoiceCall(VoiceCallConfig {
        from_phone_number: Some("+4915112345678".into()),
        ..with
    })
}

#[test]
fn an_attempt_expires_after_a_minute_to_a_week() {
    for (minutes, expected) in
        [(0, false), (1, true), (10_080, true), (10_081, false), (u32::MAX, false)]
    {
        let retry = RetryPolicy {
            max_attempts: Some(2),
            delay_minutes: Some(1),
            expire_after_minutes: Some(minutes),
            ..RetryPolicy::default()
        };
        let config = calling(VoiceCallConfig { retry: Some(retry), ..VoiceCallConfig::default() });
        assert_eq!(is_complete(&config), expected, "{minutes}");
        if !expected {
            assert_eq!(faults(&ended(config)), [(FaultCode::InvalidRetry, Some(A), None)]);
        }
    }
}

#[test]
fn a_cap_of_visits_is_from_1_to_100() {
    for (visits, expected) in [(0, false), (1, true), (100, true), (101, false)] {
        let config =
            calling(VoiceCallConfig { max_visits: Some(visits), ..VoiceCallConfig::default() });
        assert_eq!(is_complete(&config), expected, "{visits}");
        if !expected {
            assert_eq!(faults(&ended(config)), [(FaultCode::InvalidMaxVisits, Some(A), None)]);
        }
    }
}

#[test]
fn an_agent_is_in_a_time_zone_of_the_database() {
    for (zone, expected) in [
        ("Asia/Kolkata", true),
        ("UTC", true),
        ("", false),
        ("asia/kolkata", false),
        ("IST", false),
        ("+05:30", false),
        ("../etc/passwd", false),
    ] {
        let agent_timezone = Some(zone.to_owned());
        let config = calling(VoiceCallConfig { agent_timezone, ..VoiceCallConfig::default() });
        assert_eq!(is_complete(&config), expected, "{zone}");
        if !expected {
            assert_eq!(faults(&ended(config)), [(FaultCode::InvalidTimezone, Some(A), None)]);
        }
    }
}

#[test]
fn a_calling_window_opens_and_closes_at_times_that_there_are() {
    for (window, gaps) in [
        (r"{}", 0),
        (r#"{"days": ["monday", "sunday"]}"#, 0),
        (r#"{"from": "09:00", "to": "18:30", "timezone": "Europe/Berlin"}"#, 0),
        (r#"{"from": "22:00", "to": "06:00"}"#, 0),
        (r#"{"from": "09:00"}"#, 0),
        (r#"{"to": "18:00"}"#, 0),
        (r#"{"from": "22:00", "to": "00:00"}"#, 0),
        (r#"{"days": []}"#, 1),
        (r#"{"from": "9:00", "to": "24:00"}"#, 2),
        (r#"{"from": "09:60", "to": "+1:00"}"#, 2),
        (r#"{"from": "", "to": "１２:00"}"#, 2),
        (r#"{"from": "09:00", "to": "09:00"}"#, 1),
        (r#"{"to": "00:00"}"#, 1),
        (r#"{"timezone": "Mars/Olympus", "days": [], "from": "9"}"#, 3),
    ] {
        let calling_window = Some(serde_json::from_str(window).unwrap());
        let config = calling(VoiceCallConfig { calling_window, ..VoiceCallConfig::default() });
        let expected = vec![(FaultCode::InvalidCallingWindow, Some(A), None); gaps];
        assert_eq!(faults(&ended(config.clone())), expected, "{window}");
        assert_eq!(is_complete(&config), gaps == 0);
    }
    for window in [r#"{"days": ["Monday"]}"#, r#"{"until": "18:00"}"#, r#"{"from": 9}"#] {
        assert!(serde_json::from_str::<CallingWindow>(window).is_err(), "{window}");
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

/// Source: CONTRACT.md 5-template-names, 6-bad-template.
#[test]
fn a_name_that_no_lead_has_is_a_fault_as_soon_as_names_are_known() {
    let config = ApplicationConfig {
        required_fields: vec!["City".into(), "phone_number".into(), "email".into()],
        handler: Some("crm".into()),
        ..ApplicationConfig::default()
    };
    let graph = Graph::default().revised(1, &ended(NodeConfig::Application(config)));
    assert!(validate(&graph, &BTreeSet::new()).valid, "nobody can tell yet");
    let keys = ["city", "email"].map(String::from).into();
    let report = validate(&graph, &keys);
    let [fault] = report.faults.as_slice() else { panic!("{report:?}") };
    assert_eq!((fault.code, fault.node_id), (FaultCode::BadTemplate, Some(A)));
    assert!(fault.message.contains("`City`"), "{}", fault.message);
    assert!(fault.fix.ends_with("city, email, phone_number"), "{}", fault.fix);
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
