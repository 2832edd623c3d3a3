//! Arbitrary JSON documents: configs of nodes, settings of workflows.

use branchline_domain::{
    call_status::CallStatus,
    graph::{
        ApplicationConfig, ApplicationRetry, CallingWindow, Condition, ConditionalConfig, Day,
        HttpAction, Logic, NodeConfig, Operator, RetryPolicy, TimeConfig, TimeSource, TimeUnit,
        VoiceCallConfig,
    },
    json::Json,
    value::Value,
    workflow::Settings,
};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
};

use crate::arbitrary::{short, text, value};

fn condition() -> impl Strategy<Value = Condition> {
    let operators = vec![
        Operator::Equals,
        Operator::NotEquals,
        Operator::Exists,
        Operator::Contains,
        Operator::GreaterThan,
        Operator::LessThan,
    ];
    (option::of(short()), option::of(proptest::sample::select(operators)), option::of(value()))
        .prop_map(|(field, operator, value)| Condition { field, operator, value })
}

fn retry() -> impl Strategy<Value = RetryPolicy> {
    let statuses = option::of(vec(proptest::sample::select(CallStatus::ALL.to_vec()), 0..4));
    let count = || option::of(any::<u32>());
    (count(), count(), statuses, count()).prop_map(
        |(max_attempts, delay_minutes, statuses, expire_after_minutes)| RetryPolicy {
            max_attempts,
            delay_minutes,
            statuses,
            expire_after_minutes,
        },
    )
}

fn calling_window() -> impl Strategy<Value = CallingWindow> {
    let word = || option::of(short());
    let days = option::of(vec(proptest::sample::select(Day::ALL.to_vec()), 0..8));
    (days, word(), word(), word()).prop_map(|(days, from, to, timezone)| CallingWindow {
        days,
        from,
        to,
        timezone,
    })
}

fn voice_call() -> impl Strategy<Value = VoiceCallConfig> {
    let (word, count) = (|| option::of(short()), || option::of(any::<u32>()));
    (word(), word(), word(), count(), option::of(retry()), count(), option::of(calling_window()))
        .prop_map(
            |(
                from_phone_number,
                agent_id,
                agent_timezone,
                ring_timeout_s,
                retry,
                max_visits,
                calling_window,
            )| VoiceCallConfig {
                from_phone_number,
                agent_id,
                agent_timezone,
                ring_timeout_s,
                retry,
                max_visits,
                calling_window,
            },
        )
}

pub(crate) fn config() -> impl Strategy<Value = NodeConfig> {
    let units = vec![TimeUnit::Minutes, TimeUnit::Hours, TimeUnit::Days];
    let sources = vec![TimeSource::Fixed, TimeSource::PostcallAnalysis];
    let logics = vec![Logic::And, Logic::Or];
    prop_oneof![
        voice_call().prop_map(NodeConfig::VoiceCall),
        (
            option::of(proptest::sample::select(logics)),
            vec(condition(), 0..4),
            option::of(short()),
            vec(short(), 0..4)
        )
            .prop_map(|(logic, conditions, condition_field, branches)| {
                NodeConfig::Conditional(ConditionalConfig {
                    logic,
                    conditions,
                    condition_field,
                    branches,
                })
            }),
        (
            option::of(any::<i64>()),
            option::of(proptest::sample::select(units)),
            option::of(any::<i64>()),
            option::of(proptest::sample::select(sources)),
            option::of(short())
        )
            .prop_map(|(duration, unit, delay_hours, time_source, pca_field)| {
                NodeConfig::Time(TimeConfig { duration, unit, delay_hours, time_source, pca_field })
            }),
        application().prop_map(NodeConfig::Application),
        Just(NodeConfig::Converted),
        Just(NodeConfig::Dropped),
    ]
}

fn application() -> impl Strategy<Value = ApplicationConfig> {
    let retry = (option::of(any::<u32>()), option::of(any::<u32>()))
        .prop_map(|(max_attempts, delay_s)| ApplicationRetry { max_attempts, delay_s });
    let http = (
        option::of(short()),
        option::of(short()),
        btree_map(short(), short(), 0..3),
        option::of(json()),
    )
        .prop_map(|(method, url, headers, body)| HttpAction { method, url, headers, body });
    (
        option::of(short()),
        option::of(http),
        option::of(any::<u32>()),
        option::of(retry),
        vec(short(), 0..3),
    )
        .prop_map(|(handler, http, timeout_s, retry, required_fields)| ApplicationConfig {
            handler,
            http,
            timeout_s,
            retry,
            required_fields,
        })
}

/// A body within a config. Its numbers are those that a body may have.
fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(|yes| Json::Scalar(Value::Bool(yes))),
        any::<i64>().prop_map(|integer| Json::Scalar(integer.into())),
        (0..10_i64.pow(15), 1..=22_u32).prop_map(|(digits, places)| {
            let number = format!("{digits}e-{places}").parse().unwrap();
            Json::Scalar(Value::Number(number))
        }),
        short().prop_map(|text| Json::Scalar(Value::Text(text))),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(prop_oneof![inner.clone(), Just(Json::Null)], 0..3).prop_map(Json::List),
            btree_map(short(), inner, 0..3).prop_map(Json::Object),
        ]
    })
}

pub(crate) fn settings() -> impl Strategy<Value = Settings> {
    let flags = any::<[bool; 3]>();
    (option::of(text(2)), short(), flags, any::<u64>(), any::<u64>()).prop_map(
        |(default_country, default_timezone, flags, call_deadline_s, analysis_timeout_s)| {
            let [start_on_enrol, auto_complete, late_final_resolves_review] = flags;
            Settings {
                default_country,
                default_timezone,
                start_on_enrol,
                auto_complete,
                late_final_resolves_review,
                call_deadline_s,
                analysis_timeout_s,
            }
        },
    )
}
