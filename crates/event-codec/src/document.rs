//! The JSON documents inside workflow events: settings, and the configs of nodes.

use std::borrow::Cow;

use branchline_domain::{
    graph::{NodeConfig, NodeType},
    value::{Decimal, Value},
    workflow::Settings,
};
use serde::Serialize;

use crate::{DecodeError, EncodeError, limits, sealed::number};

/// A config as JSON, and what JSON alone cannot say of it.
pub(crate) struct ConfigDocument {
    pub(crate) json: String,
    /// Conditions, by index, whose value is a number that stands in the JSON as text.
    pub(crate) numbers: Vec<u32>,
}

/// Settings as they are stored. Those that schema 1 did not begin with are left out where they are as
/// they are for a new workflow: the bytes stay as ever, and an earlier release reads them.
#[derive(Serialize)]
struct StoredSettings<'a> {
    default_country: &'a Option<String>,
    start_on_enrol: bool,
    auto_complete: bool,
    late_final_resolves_review: bool,
    call_deadline_s: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_timezone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    analysis_timeout_s: Option<u64>,
}

impl<'a> From<&'a Settings> for StoredSettings<'a> {
    fn from(settings: &'a Settings) -> Self {
        let Settings {
            default_country,
            default_timezone,
            start_on_enrol,
            auto_complete,
            late_final_resolves_review,
            call_deadline_s,
            analysis_timeout_s,
        } = settings;
        let usual = Settings::default();
        Self {
            default_country,
            start_on_enrol: *start_on_enrol,
            auto_complete: *auto_complete,
            late_final_resolves_review: *late_final_resolves_review,
            call_deadline_s: *call_deadline_s,
            default_timezone: Some(&**default_timezone)
                .filter(|&zone| zone != usual.default_timezone),
            analysis_timeout_s: Some(*analysis_timeout_s)
                .filter(|&timeout| timeout != usual.analysis_timeout_s),
        }
    }
}

pub(crate) fn write_settings(
    event_type: &'static str,
    settings: &Settings,
) -> Result<String, EncodeError> {
    let json =
        serde_json::to_string(&StoredSettings::from(settings)).map_err(unwritable(event_type))?;
    limits::within(event_type, "settings", json.len(), limits::SETTINGS_BYTES_MAX)?;
    Ok(json)
}

pub(crate) fn read_settings(event_type: &'static str, json: &str) -> Result<Settings, DecodeError> {
    serde_json::from_str(json).map_err(|error| DecodeError::Malformed {
        event_type,
        reason: format!("the settings are no document of this release: {error}"),
    })
}

pub(crate) fn write_config(
    event_type: &'static str,
    config: &NodeConfig,
) -> Result<ConfigDocument, EncodeError> {
    let (config, numbers) = with_numbers_as_text(config);
    let json = serde_json::to_string(&*config).map_err(unwritable(event_type))?;
    limits::within(event_type, "config", json.len(), limits::CONFIG_BYTES_MAX)?;
    Ok(ConfigDocument { json, numbers })
}

/// Reads the config of a node; `place` names the node in errors.
pub(crate) fn read_config(
    event_type: &'static str,
    place: impl std::fmt::Display,
    node_type: NodeType,
    json: &str,
    numbers: &[u32],
) -> Result<NodeConfig, DecodeError> {
    let malformed = |problem: &dyn std::fmt::Display| DecodeError::Malformed {
        event_type,
        reason: format!("the config of {place} is no document of this release: {problem}"),
    };
    let mut reader = serde_json::Deserializer::from_str(json);
    let mut config = NodeConfig::read(node_type, &mut reader).map_err(|error| malformed(&error))?;
    reader.end().map_err(|error| malformed(&error))?;
    for &index in numbers {
        let value = value_at(&mut config, index)
            .ok_or_else(|| malformed(&format_args!("condition {index} has no value")))?;
        let exact = match &*value {
            Value::Text(text) => read_number(text),
            Value::Number(_) | Value::Bool(_) => None,
        };
        let exact = exact
            .ok_or_else(|| malformed(&format_args!("condition {index} compares with no number")))?;
        *value = Value::Number(exact);
    }
    Ok(config)
}

fn unwritable(event_type: &'static str) -> impl Fn(serde_json::Error) -> EncodeError {
    move |error| EncodeError::Unwritable { event_type, reason: error.to_string() }
}

/// Numbers beyond 64-bit integers as text: how exactly JSON readers take those depends on how they
/// were built, and a recorded number must not.
fn with_numbers_as_text(config: &NodeConfig) -> (Cow<'_, NodeConfig>, Vec<u32>) {
    let mut config = Cow::Borrowed(config);
    let mut numbers = Vec::new();
    let NodeConfig::Conditional(conditional) = config.as_ref() else {
        return (config, numbers);
    };
    let texts: Vec<(u32, String)> = (0..)
        .zip(&conditional.conditions)
        .filter_map(|(index, condition)| match condition.value.as_ref()? {
            Value::Number(number) => Some((index, number_text(*number)?)),
            Value::Text(_) | Value::Bool(_) => None,
        })
        .collect();
    for (index, text) in texts {
        if let Some(value) = value_at(config.to_mut(), index) {
            *value = Value::Text(text);
            numbers.push(index);
        }
    }
    (config, numbers)
}

/// `<digits>e-<places>`; `None` for a number that every JSON reader takes exactly.
fn number_text(number: Decimal) -> Option<String> {
    match number.parts() {
        (digits, 0) if i64::try_from(digits).is_ok() => None,
        (digits, places) => Some(format!("{digits}e-{places}")),
    }
}

fn read_number(text: &str) -> Option<Decimal> {
    let (digits, places) = text.split_once("e-")?;
    number(digits.parse().ok()?, places.parse().ok()?)
}

fn value_at(config: &mut NodeConfig, index: u32) -> Option<&mut Value> {
    match config {
        NodeConfig::Conditional(conditional) => {
            conditional.conditions.get_mut(usize::try_from(index).ok()?)?.value.as_mut()
        }
        NodeConfig::VoiceCall(_)
        | NodeConfig::Time(_)
        | NodeConfig::Application(_)
        | NodeConfig::Converted
        | NodeConfig::Dropped => None,
    }
}
