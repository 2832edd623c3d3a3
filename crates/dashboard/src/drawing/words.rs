//! What a node does, in one line that people read: on its card, beside a lead, in the builder.
//!
//! The most important comes first, because a card cuts what it has no room for. Nothing that
//! changes what happens is left out. Source of the defaults: CONTRACT.md 4 and 5.

use branchline_domain::{
    graph::{
        ApplicationConfig, ApplicationRetry, CallingWindow, Condition, ConditionalConfig, Day,
        Logic, NodeConfig, NodeType, Operator, RetryPolicy, TimeConfig, TimeSource, TimeUnit,
        VoiceCallConfig,
    },
    output::Output,
    value::Value,
};

use super::text::{grouped, listed};

/// What people call a kind of node.
pub const fn node_type_in_words(node_type: NodeType) -> &'static str {
    match node_type {
        NodeType::VoiceCall => "Call",
        NodeType::Conditional => "Condition",
        NodeType::Time => "Wait",
        NodeType::Application => "Application",
        NodeType::Converted => "Converted",
        NodeType::Dropped => "Dropped",
    }
}

/// What is written on a way out of a node. An edge without a label serves every output that its
/// node routes.
pub fn output_in_words(node_type: NodeType, label: Option<&Output>) -> String {
    match (label, node_type) {
        (Some(label), _) => label.to_string(),
        // They have one output, or none.
        (None, NodeType::Time | NodeType::Converted | NodeType::Dropped) => String::new(),
        (None, NodeType::VoiceCall | NodeType::Conditional | NodeType::Application) => {
            "any outcome".into()
        }
    }
}

/// What a node does, in one line.
pub fn config_in_words(config: &NodeConfig) -> String {
    match config {
        NodeConfig::VoiceCall(config) => call_in_words(config),
        NodeConfig::Conditional(config) => condition_in_words(config),
        NodeConfig::Time(config) => wait_in_words(config),
        NodeConfig::Application(config) => application_in_words(config),
        NodeConfig::Converted => "The lead is won".into(),
        NodeConfig::Dropped => "The lead is lost".into(),
    }
}

fn call_in_words(config: &VoiceCallConfig) -> String {
    let mut parts = vec![match &config.from_phone_number {
        Some(number) => format!("Call from {number}"),
        None => "Call from no number yet".into(),
    }];
    parts.extend(config.retry.as_ref().map(retry_in_words));
    parts.extend(config.calling_window.as_ref().map(window_in_words));
    parts.extend(config.max_visits.map(|visits| format!("at most {}", counted(visits, "visit"))));
    parts.extend(config.agent_id.as_ref().map(|agent| format!("agent {agent}")));
    parts.extend(config.ring_timeout_s.map(|seconds| format!("rings {seconds} s")));
    parts.extend(config.agent_timezone.as_ref().map(|zone| format!("agent's clock in {zone}")));
    parts.join(", ")
}

fn counted(count: u32, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", grouped(count.into()))
}

fn up_to(attempts: u32) -> String {
    format!("up to {} {}", grouped(attempts.into()), if attempts == 1 { "try" } else { "tries" })
}

fn retry_in_words(retry: &RetryPolicy) -> String {
    let mut parts = vec![match retry.max_attempts {
        Some(attempts) => up_to(attempts),
        None => "tried again".into(),
    }];
    let minutes = |minutes: u32| span(u64::from(minutes) * 60);
    parts.extend(retry.delay_minutes.map(|delay| format!("{} apart", minutes(delay))));
    if let Some(statuses) = &retry.statuses {
        let statuses: Vec<&str> = statuses.iter().map(|status| status.as_str()).collect();
        parts.push(format!("after {}", listed(&statuses, "or")));
    }
    parts.extend(
        retry.expire_after_minutes.map(|limit| format!("(each within {})", minutes(limit))),
    );
    parts.join(" ")
}

/// A whole number of the largest unit that fits: 90 minutes stay 90 minutes. Unit: seconds.
fn span(seconds: u64) -> String {
    let (size, unit) = [(86_400, "day"), (3_600, "hour"), (60, "minute")]
        .into_iter()
        .find(|(size, _)| seconds >= *size && seconds.is_multiple_of(*size))
        .unwrap_or((1, "second"));
    let amount = seconds / size;
    format!("{} {unit}{}", grouped(amount), if amount == 1 { "" } else { "s" })
}

fn window_in_words(window: &CallingWindow) -> String {
    let mut parts = Vec::new();
    parts.extend(window.days.as_deref().map(days_in_words));
    match (&window.from, &window.to) {
        (Some(from), Some(to)) => parts.push(format!("{from}–{to}")),
        (Some(from), None) => parts.push(format!("from {from}")),
        (None, Some(to)) => parts.push(format!("until {to}")),
        (None, None) => {}
    }
    parts.push(match &window.timezone {
        Some(zone) => zone.clone(),
        None => "lead's time".into(),
    });
    parts.join(" ")
}

/// Runs of three days or more by their ends.
fn days_in_words(days: &[Day]) -> String {
    let mut runs: Vec<(Day, Day, usize)> = Vec::new();
    let mut before = false;
    for day in Day::ALL {
        let open = days.contains(&day);
        match runs.last_mut() {
            Some(run) if open && before => *run = (run.0, day, run.2 + 1),
            Some(_) | None if open => runs.push((day, day, 1)),
            Some(_) | None => {}
        }
        before = open;
    }
    let words: Vec<String> = runs
        .into_iter()
        .map(|(first, last, length)| match length {
            1 => short_day(first).to_owned(),
            2 => format!("{}, {}", short_day(first), short_day(last)),
            _ => format!("{}–{}", short_day(first), short_day(last)),
        })
        .collect();
    if words.is_empty() { "on no day".into() } else { words.join(", ") }
}

/// A day of the week in three letters.
pub const fn short_day(day: Day) -> &'static str {
    match day {
        Day::Monday => "Mon",
        Day::Tuesday => "Tue",
        Day::Wednesday => "Wed",
        Day::Thursday => "Thu",
        Day::Friday => "Fri",
        Day::Saturday => "Sat",
        Day::Sunday => "Sun",
    }
}

fn condition_in_words(config: &ConditionalConfig) -> String {
    if let Some(field) = &config.condition_field {
        return match config.branches.as_slice() {
            [] => format!("Switch on {}, no branches yet", field_in_words(field)),
            branches => format!("Switch on {}: {}", field_in_words(field), branches.join(", ")),
        };
    }
    let conditions: Vec<String> = config.conditions.iter().map(one_in_words).collect();
    let joint = match config.logic.unwrap_or_default() {
        Logic::And => " and ",
        Logic::Or => " or ",
    };
    if conditions.is_empty() { "No conditions yet".into() } else { conditions.join(joint) }
}

/// One condition, for example `score > 50`.
pub fn one_in_words(condition: &Condition) -> String {
    let field = condition.field.as_deref().map_or_else(|| "(no field)".into(), field_in_words);
    let sign = match condition.operator {
        Some(Operator::Exists) => return format!("{field} is known"),
        Some(Operator::Equals) => "=",
        Some(Operator::NotEquals) => "≠",
        Some(Operator::Contains) => "contains",
        Some(Operator::GreaterThan) => ">",
        Some(Operator::LessThan) => "<",
        None => "(no operator)",
    };
    let value = condition.value.as_ref().map_or_else(|| "(no value)".into(), value_in_words);
    format!("{field} {sign} {value}")
}

/// The lead's own fields without `lead.`, an application's without the id of its node.
fn field_in_words(field: &str) -> String {
    if let Some(variable) = field.strip_prefix("lead.") {
        return variable.to_owned();
    }
    match field.strip_prefix("application.").and_then(|rest| rest.split_once('.')) {
        Some((_, answered)) => format!("answer.{answered}"),
        None => field.to_owned(),
    }
}

/// Text in quotation marks where its end would not be seen.
fn value_in_words(value: &Value) -> String {
    let text = value.as_text();
    let plain = !text.is_empty() && text.chars().all(|letter| !letter.is_whitespace());
    if plain { text.into_owned() } else { format!("“{text}”") }
}

fn wait_in_words(config: &TimeConfig) -> String {
    match config.time_source.unwrap_or(TimeSource::Fixed) {
        TimeSource::PostcallAnalysis => match &config.pca_field {
            Some(field) => format!("Wait until the time in {field}"),
            None => "Wait until a time in the call, no field yet".into(),
        },
        TimeSource::Fixed => match (config.duration, config.unit, config.delay_hours) {
            (Some(duration), Some(unit), _) => wait(duration, unit),
            (None, _, Some(hours)) => wait(hours, TimeUnit::Hours),
            (Some(_), None, _) | (None, _, None) => "Wait, no duration yet".into(),
        },
    }
}

/// In the unit that was chosen: 24 hours are written as a day by nobody who wrote hours.
fn wait(amount: i64, unit: TimeUnit) -> String {
    let unit = match unit {
        TimeUnit::Minutes => "minute",
        TimeUnit::Hours => "hour",
        TimeUnit::Days => "day",
    };
    format!("Wait {amount} {unit}{}", if amount == 1 { "" } else { "s" })
}

fn application_in_words(config: &ApplicationConfig) -> String {
    let mut parts = vec![match (&config.handler, &config.http) {
        (Some(handler), None) => format!("Run {handler}"),
        (None, Some(http)) => format!(
            "{} {}",
            http.method.as_deref().unwrap_or("(no method)"),
            http.url.as_deref().unwrap_or("(no address)")
        ),
        (Some(handler), Some(_)) => format!("Run {handler}, and a request too: only one can be"),
        (None, None) => "No action yet".into(),
    }];
    parts.extend(config.retry.as_ref().map(tries_in_words));
    if !config.required_fields.is_empty() {
        parts.push(format!("needs {}", listed(&config.required_fields, "and")));
    }
    parts.extend(config.timeout_s.map(|seconds| format!("at most {seconds} s")));
    parts.join(", ")
}

fn tries_in_words(retry: &ApplicationRetry) -> String {
    let tries = match retry.max_attempts {
        Some(attempts) => up_to(attempts),
        None => "tried again".into(),
    };
    match retry.delay_s {
        Some(seconds) => format!("{tries} from {} on", span(seconds.into())),
        None => tries,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(node_type: NodeType, json: &str) -> String {
        let mut reader = serde_json::Deserializer::from_str(json);
        config_in_words(&NodeConfig::read(node_type, &mut reader).unwrap())
    }

    #[test]
    fn a_call_says_who_how_often_and_when() {
        let call = |json: &str| words(NodeType::VoiceCall, json);
        assert_eq!(call("{}"), "Call from no number yet");
        assert_eq!(
            call(
                r#"{"from_phone_number": "+12025550100", "agent_id": "intro", "ring_timeout_s": 30,
                    "retry": {"max_attempts": 3, "delay_minutes": 90, "statuses": ["busy", "no_answer"],
                              "expire_after_minutes": 1440},
                    "max_visits": 2, "agent_timezone": "Asia/Kolkata",
                    "calling_window": {"days": ["monday", "tuesday", "wednesday", "friday"],
                                       "from": "09:00", "to": "18:00"}}"#
            ),
            "Call from +12025550100, up to 3 tries 90 minutes apart after busy or no_answer \
             (each within 1 day), Mon–Wed, Fri 09:00–18:00 lead's time, at most 2 visits, \
             agent intro, rings 30 s, agent's clock in Asia/Kolkata"
        );
        let window = |json: &str| call(&format!(r#"{{"calling_window": {json}}}"#));
        assert!(window(r#"{"days": []}"#).ends_with("on no day lead's time"));
        assert!(
            window(r#"{"days": ["sunday", "saturday"], "to": "12:00", "timezone": "UTC"}"#)
                .ends_with("Sat, Sun until 12:00 UTC")
        );
    }

    #[test]
    fn a_condition_reads_like_a_sentence() {
        let condition = |json| words(NodeType::Conditional, json);
        assert_eq!(condition("{}"), "No conditions yet");
        assert_eq!(
            condition(
                r#"{"logic": "OR", "conditions": [
                    {"field": "lead.score", "operator": "greater_than", "value": 50},
                    {"field": "call.city", "operator": "equals", "value": "New York"},
                    {"field": "application.check.grade", "operator": "not_equals", "value": ""},
                    {"field": "lead.email", "operator": "exists"},
                    {"operator": "less_than"}, {"field": "lead.x"}]}"#
            ),
            "score > 50 or call.city = “New York” or answer.grade ≠ “” or email is known \
             or (no field) < (no value) or x (no operator) (no value)"
        );
        assert_eq!(
            condition(r#"{"condition_field": "lead.city", "branches": ["Pune", "Delhi"]}"#),
            "Switch on city: Pune, Delhi"
        );
        assert_eq!(condition(r#"{"condition_field": "x"}"#), "Switch on x, no branches yet");
    }

    #[test]
    fn a_wait_says_how_long_or_until_when() {
        for (json, text) in [
            (r#"{"duration": 2, "unit": "hours"}"#, "Wait 2 hours"),
            (r#"{"duration": 1, "unit": "days", "delay_hours": 5}"#, "Wait 1 day"),
            (r#"{"delay_hours": 24}"#, "Wait 24 hours"),
            (r#"{"duration": 2}"#, "Wait, no duration yet"),
            (
                r#"{"time_source": "postcall_analysis", "pca_field": "callback"}"#,
                "Wait until the time in callback",
            ),
            (
                r#"{"time_source": "postcall_analysis", "duration": 2, "unit": "hours"}"#,
                "Wait until a time in the call, no field yet",
            ),
        ] {
            assert_eq!(words(NodeType::Time, json), text);
        }
    }

    #[test]
    fn an_application_says_what_it_asks_of_whom() {
        let application = |json| words(NodeType::Application, json);
        assert_eq!(application("{}"), "No action yet");
        assert_eq!(
            application(
                r#"{"http": {"method": "POST", "url": "https://crm.example/{{lead.id}}"},
                    "retry": {"max_attempts": 4, "delay_s": 120}, "timeout_s": 20,
                    "required_fields": ["email", "name"]}"#
            ),
            "POST https://crm.example/{{lead.id}}, up to 4 tries from 2 minutes on, \
             needs email and name, at most 20 s"
        );
        assert_eq!(application(r#"{"handler": "crm.create"}"#), "Run crm.create");
    }

    #[test]
    fn an_end_says_what_became_of_the_lead() {
        assert_eq!(words(NodeType::Converted, "{}"), "The lead is won");
        assert_eq!(words(NodeType::Dropped, "{}"), "The lead is lost");
    }

    #[test]
    fn an_edge_without_a_label_says_so_where_it_matters() {
        let dnp = Output::Dnp;
        assert_eq!(output_in_words(NodeType::VoiceCall, Some(&dnp)), "DNP");
        assert_eq!(output_in_words(NodeType::VoiceCall, None), "any outcome");
        assert_eq!(output_in_words(NodeType::Time, None), "");
    }
}
