//! Schemas of what people configure: settings of a workflow, and configs of nodes. They are the same
//! in bodies and answers.

use branchline_domain::graph::METHODS;
use serde_json::{Value, json};

use super::{
    names::{CallStatus, Logic, Operator, Scalar, TimeSource, TimeUnit, Weekday},
    notation::{chars, integer, list, maybe, nullable, object, of, schemas, such_as, text, told},
};

/// A config, which may be stored before it is complete: every field may be left out, or null.
fn config(properties: Value) -> Value {
    object([
        ("type", "object".into()),
        ("additionalProperties", false.into()),
        ("properties", properties),
    ])
}

fn zone() -> Value {
    such_as(text(), json!(["Asia/Kolkata", "Europe/Berlin"]))
}

fn clock_time(what: &str) -> Value {
    told(what, such_as(nullable(text()), json!(["09:30"])))
}

fn week_minutes(what: &str) -> Value {
    told(what, nullable(integer(0, 4_294_967_295)))
}

schemas! {
    /// What a workflow lets its owner choose. In a body every one may be left out.
    Settings = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "default_country": told(
                "Country of numbers without a country code, ISO 3166-1 alpha-2.",
                json!({ "type": ["string", "null"], "pattern": "^[A-Za-z]{2}$", "default": null }),
            ),
            "default_timezone": told(
                "Where the clock stands when neither the call nor the agent nor the country of the lead's \
                 number says: an IANA name.",
                such_as(json!({ "type": "string", "default": "UTC" }), json!(["Asia/Kolkata", "UTC"])),
            ),
            "start_on_enrol": told(
                "Whether a lead enrolled into an active workflow starts at once; else it waits for the \
                 next activate or resume.",
                json!({ "type": "boolean", "default": true }),
            ),
            "auto_complete": told(
                "Whether the workflow completes by itself once every lead is final.",
                json!({ "type": "boolean", "default": false }),
            ),
            "late_final_resolves_review": told(
                "Whether a routable final status that arrives after `cancelled` or `retry_expired` \
                 resolves the review by itself.",
                json!({ "type": "boolean", "default": false }),
            ),
            "call_deadline_s": told(
                "How long a dispatched call may go without a final status. Unit: seconds.",
                json!({ "type": "integer", "minimum": 60, "maximum": 604_800, "default": 7_200 }),
            ),
            "analysis_timeout_s": told(
                "How long a step waits for an attribute of a call that is not there yet; 0 does not \
                 wait. Unit: seconds.",
                json!({ "type": "integer", "minimum": 0, "maximum": 86_400, "default": 60 }),
            ),
        },
    });
    /// What a node is told to do, by its type: see `VoiceCallConfig`, `ConditionalConfig`,
    /// `TimeConfig` and `ApplicationConfig`. `CONVERTED` and `DROPPED` take none. A node is stored
    /// even if its config is incomplete; validation and activation judge it.
    NodeConfig = json!({ "anyOf": [
        of::<VoiceCallConfig>(),
        of::<ConditionalConfig>(),
        of::<TimeConfig>(),
        of::<ApplicationConfig>(),
        of::<NoConfig>(),
    ] });
    /// Config of a `CONVERTED` or `DROPPED` node.
    NoConfig = config(json!({}));
    /// Config of a `VOICE_CALL` node.
    VoiceCallConfig = config(json!({
        "from_phone_number": told(
            "Number the call comes from, E.164.",
            such_as(nullable(chars(0, 64)), json!(["+12025550100"])),
        ),
        "agent_id": told("Who or what talks; opaque to the engine.", nullable(chars(0, 256))),
        "agent_timezone": told(
            "Where the agent's clock stands: an IANA name. Times that the lead names in the call are \
             read in it, unless the call says its own zone.",
            nullable(zone()),
        ),
        "ring_timeout_s": told(
            "How long it may ring. Unit: seconds.",
            nullable(integer(0, 4_294_967_295)),
        ),
        "retry": told(
            "How often a call is tried within one visit; once, unless said otherwise.",
            maybe::<CallRetry>(),
        ),
        "max_visits": told(
            "Visits of one lead at most, from 1 to 100: the cap of a cycle without a wait. No limit \
             unless said otherwise.",
            nullable(integer(0, 4_294_967_295)),
        ),
        "calling_window": told(
            "When it may be dialled; at any time, unless said otherwise.",
            maybe::<CallingWindow>(),
        ),
    }));
    /// How often a call is tried within one visit. Only the last attempt takes a branch.
    CallRetry = config(json!({
        "max_attempts": told(
            "Calls of one visit at most, the first one among them. From 2 to 10.",
            nullable(integer(0, 4_294_967_295)),
        ),
        "delay_minutes": week_minutes(
            "How long after the end of an attempt the next one is requested. From 1 to 10,080 (a \
             week). Unit: minutes.",
        ),
        "statuses": told(
            "Final statuses that are tried again; `did_not_pick`, `busy` and `no_answer` unless named.",
            nullable(list(of::<CallStatus>())),
        ),
        "expire_after_minutes": week_minutes(
            "How long an attempt after the first may wait for its dial before it ends as \
             `retry_expired`; for ever, unless said otherwise. From 1 to 10,080. Unit: minutes.",
        ),
    }));
    /// Hours of the day, on days of the week, in which a call may be dialled. When `to` is before
    /// `from` the window stays open overnight: `days` names the days on which it opens.
    CallingWindow = config(json!({
        "days": told(
            "Days on which it opens; every day when left out.",
            nullable(list(of::<Weekday>())),
        ),
        "from": clock_time("When it opens, `HH:MM`."),
        "to": clock_time("When it closes, `HH:MM`; 00:00 is the end of the day."),
        "timezone": told(
            "Whose clock that is: an IANA name. When left out, the zone of the lead's number, or else \
             the workflow's default.",
            nullable(zone()),
        ),
    }));
    /// Config of a `CONDITIONAL` node: conditions with the outputs `true` and `false`, or a switch on
    /// one field with an output for each branch.
    ConditionalConfig = config(json!({
        "logic": told("How the conditions are joined; `AND` unless said otherwise.", maybe::<Logic>()),
        "conditions": told("The conditions.", list(of::<Condition>())),
        "condition_field": told("The field a switch reads, such as `lead.city`.", nullable(text())),
        "branches": told(
            "The values a switch knows; each is the label of an edge.",
            list(chars(0, 256)),
        ),
    }));
    /// One condition.
    Condition = config(json!({
        "field": told(
            "What is looked at: `lead.<variable>`, `call.<attribute>`, `call.status`, \
             `application.<node>.<field>`.",
            such_as(nullable(text()), json!(["lead.city"])),
        ),
        "operator": maybe::<Operator>(),
        "value": told(
            "Compared with the field; not needed for `exists`.",
            maybe::<Scalar>(),
        ),
    }));
    /// Config of a `TIME` node.
    TimeConfig = config(json!({
        "duration": told(
            "How long to wait, in `unit`.",
            json!({ "type": ["integer", "null"], "format": "int64" }),
        ),
        "unit": maybe::<TimeUnit>(),
        "delay_hours": told(
            "How long to wait. Unit: hours. The short spelling of `duration` and `unit`.",
            json!({ "type": ["integer", "null"], "format": "int64" }),
        ),
        "time_source": told("`fixed` unless said otherwise.", maybe::<TimeSource>()),
        "pca_field": told(
            "Attribute of the call with the time in words, for `postcall_analysis`.",
            nullable(text()),
        ),
    }));
    /// Config of an `APPLICATION` node: exactly one of `handler` and `http`.
    ApplicationConfig = config(json!({
        "handler": told("Key of a handler that the host registered.", nullable(text())),
        "http": maybe::<HttpAction>(),
        "timeout_s": told(
            "How long one try may take, from 1 to 120; 10 unless said otherwise. Unit: seconds.",
            nullable(integer(0, 4_294_967_295)),
        ),
        "retry": told(
            "How often it is tried within one visit; once, unless said otherwise.",
            maybe::<ApplicationRetry>(),
        ),
        "required_fields": told(
            "Variables without which nothing is tried: the outcome is `failure`.",
            list(text()),
        ),
    }));
    /// An HTTP request. All texts are templates: `{{name}}` reads a variable of the lead.
    HttpAction = config(json!({
        "method": told(
            "One of GET, POST, PUT, PATCH, DELETE; another one is a fault of validation.",
            such_as(nullable(text()), json!(METHODS)),
        ),
        "url": told(
            "Where to, with `http` or `https`. Scheme, host and port stand there as they are.",
            such_as(nullable(text()), json!(["https://crm.example.com/leads/{{crm_id}}/won"])),
        ),
        "headers": told(
            "Headers. `Content-Type` stands there as it is.",
            json!({ "type": "object", "additionalProperties": text() }),
        ),
        "body": told(
            "A text is sent as it is; everything else is sent as JSON, in which each text is a \
             template.",
            json!({}),
        ),
    }));
    /// How often an application is tried within one visit, when a try failed in a way that may pass.
    ApplicationRetry = config(json!({
        "max_attempts": told(
            "Tries of one visit at most, the first one among them. From 1 to 10.",
            nullable(integer(0, 4_294_967_295)),
        ),
        "delay_s": told(
            "How long after the first try the second one is due, from 1 to 3,600. Doubles with every \
             further try, up to an hour. Unit: seconds.",
            nullable(integer(0, 4_294_967_295)),
        ),
    }));
}
