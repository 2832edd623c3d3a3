//! How long and how many. What a person sends is refused here with the name of the field, long
//! before a record of the journal would be too large (12 KiB).

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use crate::{
    graph::{
        ApplicationConfig, CallingWindow, Condition, Edge, Graph, GraphChange, HttpAction, Node,
        NodeConfig, RetryPolicy, VoiceCallConfig,
    },
    id::{EdgeId, NodeId},
    output::Output,
    workflow::{
        DESCRIPTION_CHARS_MAX, ImportOpening, Settings, TITLE_CHARS_MAX, WorkflowRejection,
    },
    zone::Zone,
};

/// Most nodes of a graph. Unit: nodes. More cannot be laid out so that a person finds a way through,
/// and every revision is kept in memory.
pub const NODES_MAX: usize = 500;
/// Most edges of a graph. Unit: edges. Four a node, which is more than any node but a switch has
/// outputs.
pub const EDGES_MAX: usize = 2_000;
/// Longest label of an edge and name of a branch. Unit: bytes.
const LABEL_BYTES_MAX: usize = 256;
/// Longest number a call comes from. Unit: bytes.
const NUMBER_BYTES_MAX: usize = 64;
/// Longest name of who or what talks. Unit: bytes.
const AGENT_BYTES_MAX: usize = 256;
/// Largest config of a node, as JSON at its worst. Unit: bytes. A record has room for one such.
const CONFIG_BYTES_MAX: usize = 8 * 1_024;
/// Largest title, description and changes of a graph in one record: 1.5 KiB of that are left for
/// settings and for who asked. Unit: bytes.
pub(super) const CREATION_BYTES_MAX: usize = 10 * 1_024 + 512;
/// Longest name of an imported file. Unit: bytes.
const FILE_NAME_BYTES_MAX: usize = 512;
/// Longest names of an import's variables, all together with 8 bytes each around them. Unit: bytes.
const VARIABLE_KEYS_BYTES_MAX: usize = 8 * 1_024;
/// Longest reason for giving up an import; the rest is cut. Unit: characters, of 4 bytes at most.
pub(super) const REASON_CHARS_MAX: usize = 250;
/// Shortest and longest time that a call may go without a final status: a minute, and a week.
/// Unit: seconds.
const CALL_DEADLINE_S: RangeInclusive<u64> = 60..=604_800;
/// Longest time that a step waits for an attribute of a call: a day. Unit: seconds.
const ANALYSIS_TIMEOUT_S: RangeInclusive<u64> = 0..=86_400;

type Checked<T = ()> = Result<T, WorkflowRejection>;

pub(super) const fn invalid(field: &'static str, problem: String) -> WorkflowRejection {
    WorkflowRejection::Invalid { field, problem }
}

fn check_chars(field: &'static str, text: &str, most: usize) -> Checked {
    let given = text.chars().count();
    if given > most {
        return Err(invalid(field, format!("has {given} characters, at most {most} are kept")));
    }
    Ok(())
}

fn check_bytes(field: &'static str, given: usize, most: usize) -> Checked {
    if given > most {
        return Err(invalid(field, format!("takes {given} bytes, at most {most} are kept")));
    }
    Ok(())
}

/// The title without white space around it.
pub(super) fn title(text: &str) -> Checked<String> {
    let title = text.trim();
    if title.is_empty() {
        return Err(invalid("title", "is empty; give the workflow a name".into()));
    }
    check_chars("title", title, TITLE_CHARS_MAX)?;
    Ok(title.to_owned())
}

pub(super) fn check_description(text: &str) -> Checked {
    check_chars("description", text, DESCRIPTION_CHARS_MAX)
}

/// The settings with the country in capitals.
pub(super) fn settings(given: &Settings) -> Checked<Settings> {
    let country = given.default_country.as_deref();
    if let Some(country) = country
        && !(country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_alphabetic()))
    {
        let country: String = country.chars().take(80).collect();
        let problem = format!("`{country}` is not a country code of two letters such as IN or DE");
        return Err(invalid("settings.default_country", problem));
    }
    if Zone::named(&given.default_timezone).is_none() {
        let name: String = given.default_timezone.chars().take(80).collect();
        let problem = format!("`{name}` is not a time zone such as Asia/Kolkata or Europe/Berlin");
        return Err(invalid("settings.default_timezone", problem));
    }
    check_seconds("settings.call_deadline_s", given.call_deadline_s, &CALL_DEADLINE_S)?;
    check_seconds("settings.analysis_timeout_s", given.analysis_timeout_s, &ANALYSIS_TIMEOUT_S)?;
    let default_country = country.map(str::to_ascii_uppercase);
    Ok(Settings { default_country, ..given.clone() })
}

fn check_seconds(field: &'static str, given: u64, known: &RangeInclusive<u64>) -> Checked {
    if known.contains(&given) {
        return Ok(());
    }
    let (shortest, longest) = (known.start(), known.end());
    Err(invalid(field, format!("{given} is not from {shortest} to {longest} seconds")))
}

pub(super) fn check_nodes(count: usize) -> Checked {
    if count > NODES_MAX {
        return Err(invalid("nodes", format!("a graph has at most {NODES_MAX} nodes")));
    }
    Ok(())
}

pub(super) fn check_edges(count: usize) -> Checked {
    if count > EDGES_MAX {
        return Err(invalid("edges", format!("a graph has at most {EDGES_MAX} edges")));
    }
    Ok(())
}

pub(super) fn check_node(node: &Node) -> Checked {
    check_chars("label", &node.label, TITLE_CHARS_MAX)?;
    match &node.config {
        NodeConfig::VoiceCall(config) => {
            let bytes = |text: &Option<String>| text.as_ref().map_or(0, String::len);
            let number = bytes(&config.from_phone_number);
            check_bytes("config.from_phone_number", number, NUMBER_BYTES_MAX)?;
            check_bytes("config.agent_id", bytes(&config.agent_id), AGENT_BYTES_MAX)?;
        }
        NodeConfig::Conditional(config) => {
            let longest = config.branches.iter().map(String::len).max();
            check_bytes("config.branches", longest.unwrap_or_default(), LABEL_BYTES_MAX)?;
        }
        NodeConfig::Time(_)
        | NodeConfig::Application(_)
        | NodeConfig::Converted
        | NodeConfig::Dropped => {}
    }
    check_bytes("config", config_bytes(&node.config), CONFIG_BYTES_MAX)
}

/// An empty label is refused: an edge that serves every output has none at all.
pub(super) fn check_edge(edge: &Edge) -> Checked {
    let Some(label) = &edge.label else { return Ok(()) };
    if label.as_str().is_empty() {
        let problem = "is empty; leave it out for an edge that serves every output";
        return Err(invalid("label", problem.into()));
    }
    check_bytes("label", label.as_str().len(), LABEL_BYTES_MAX)
}

/// What makes an edge the same as another. Source: CONTRACT.md 6, rule 3.
pub(super) const fn way(edge: &Edge) -> (NodeId, NodeId, Option<&Output>) {
    (edge.from_node_id, edge.to_node_id, edge.label.as_ref())
}

pub(super) fn edge_exists(known: &Edge) -> WorkflowRejection {
    WorkflowRejection::EdgeExists {
        edge: known.id,
        from: known.from_node_id,
        to: known.to_node_id,
        label: known.label.clone(),
    }
}

/// All that is checked edit by edge and node by node, for a graph that comes as a whole.
pub(super) fn check_graph(graph: &Graph) -> Checked {
    check_nodes(graph.nodes().len())?;
    check_edges(graph.edges().len())?;
    graph.nodes().iter().try_for_each(|node| check_node(node))?;
    let mut ids = BTreeSet::<EdgeId>::new();
    let mut ways = BTreeMap::new();
    for edge in graph.edges() {
        check_edge(edge)?;
        if let Some(known) = ways.insert(way(edge), edge) {
            return Err(edge_exists(known));
        }
        if !ids.insert(edge.id) {
            return Err(edge_exists(edge));
        }
    }
    Ok(())
}

/// No less than the stored change takes: three ids and the length of a label are 54 bytes, an id,
/// a position, marks and lengths 46.
pub(super) fn change_bytes(change: &GraphChange) -> usize {
    match change {
        GraphChange::NodePut(node) => 48 + node.label.len() + config_bytes(&node.config),
        GraphChange::EdgeAdded(edge) => 56 + edge.label.as_ref().map_or(0, |l| l.as_str().len()),
        GraphChange::NodeRemoved(_) | GraphChange::EdgeRemoved(_) => 20,
    }
}

/// Digits of the largest number in a config. Unit: bytes.
const INTEGER_BYTES: usize = 20;
/// Longest word of a config that we chose ourselves, with its quotes: `postcall_analysis`.
/// Unit: bytes.
const WORD_BYTES: usize = 19;

/// No less than the config takes as JSON.
fn config_bytes(config: &NodeConfig) -> usize {
    2 + match config {
        NodeConfig::VoiceCall(config) => call_bytes(config),
        NodeConfig::Conditional(config) => {
            let conditions = config.conditions.iter().map(condition_bytes).sum();
            let branches = config.branches.iter().map(|name| json_bytes(name) + 1).sum();
            member("logic", config.logic.map(|_| WORD_BYTES))
                + member("conditions", Some(conditions))
                + member("condition_field", config.condition_field.as_deref().map(json_bytes))
                + member("branches", Some(branches))
                + 4
        }
        NodeConfig::Time(config) => {
            member("duration", config.duration.map(|_| INTEGER_BYTES))
                + member("unit", config.unit.map(|_| WORD_BYTES))
                + member("delay_hours", config.delay_hours.map(|_| INTEGER_BYTES))
                + member("time_source", config.time_source.map(|_| WORD_BYTES))
                + member("pca_field", config.pca_field.as_deref().map(json_bytes))
        }
        NodeConfig::Application(config) => application_bytes(config),
        NodeConfig::Converted | NodeConfig::Dropped => 0,
    }
}

fn application_bytes(config: &ApplicationConfig) -> usize {
    let retry = config.retry.as_ref().map(|retry| {
        2 + member("max_attempts", retry.max_attempts.map(|_| INTEGER_BYTES))
            + member("delay_s", retry.delay_s.map(|_| INTEGER_BYTES))
    });
    let required = config.required_fields.iter().map(|name| json_bytes(name) + 1).sum::<usize>();
    member("handler", config.handler.as_deref().map(json_bytes))
        + member("http", config.http.as_ref().map(http_bytes))
        + member("timeout_s", config.timeout_s.map(|_| INTEGER_BYTES))
        + member("retry", retry)
        + member("required_fields", Some(2 + required))
}

fn http_bytes(action: &HttpAction) -> usize {
    let header = |(name, value): (&String, &String)| json_bytes(name) + json_bytes(value) + 2;
    2 + member("method", action.method.as_deref().map(json_bytes))
        + member("url", action.url.as_deref().map(json_bytes))
        + member("headers", Some(2 + action.headers.iter().map(header).sum::<usize>()))
        + member("body", action.body.as_ref().map(|body| body.to_string().len()))
}

fn call_bytes(config: &VoiceCallConfig) -> usize {
    member("from_phone_number", config.from_phone_number.as_deref().map(json_bytes))
        + member("agent_id", config.agent_id.as_deref().map(json_bytes))
        + member("agent_timezone", config.agent_timezone.as_deref().map(json_bytes))
        + member("ring_timeout_s", config.ring_timeout_s.map(|_| INTEGER_BYTES))
        + member("retry", config.retry.as_ref().map(retry_bytes))
        + member("max_visits", config.max_visits.map(|_| INTEGER_BYTES))
        + member("calling_window", config.calling_window.as_ref().map(window_bytes))
}

fn retry_bytes(retry: &RetryPolicy) -> usize {
    2 + member("max_attempts", retry.max_attempts.map(|_| INTEGER_BYTES))
        + member("delay_minutes", retry.delay_minutes.map(|_| INTEGER_BYTES))
        + member("statuses", retry.statuses.as_ref().map(|known| 2 + known.len() * WORD_BYTES))
        + member("expire_after_minutes", retry.expire_after_minutes.map(|_| INTEGER_BYTES))
}

fn window_bytes(window: &CallingWindow) -> usize {
    2 + member("days", window.days.as_ref().map(|days| 2 + days.len() * WORD_BYTES))
        + member("from", window.from.as_deref().map(json_bytes))
        + member("to", window.to.as_deref().map(json_bytes))
        + member("timezone", window.timezone.as_deref().map(json_bytes))
}

/// An exact number is stored as digits and places and marked as one: up to 8 bytes more.
fn condition_bytes(condition: &Condition) -> usize {
    let value = condition.value.as_ref().map(|value| json_bytes(&value.as_text()) + 8);
    3 + member("field", condition.field.as_deref().map(json_bytes))
        + member("operator", condition.operator.map(|_| WORD_BYTES))
        + member("value", value)
}

/// A member of a JSON object, if it is there: quotes, colon and comma are 4 bytes.
fn member(name: &str, value: Option<usize>) -> usize {
    value.map_or(0, |bytes| name.len() + 4 + bytes)
}

/// The text between quotes, with what JSON escapes.
fn json_bytes(text: &str) -> usize {
    let byte = |byte: u8| match byte {
        b'"' | b'\\' => 2,
        0..0x20 => 6,
        0x20.. => 1,
    };
    2 + text.bytes().map(byte).sum::<usize>()
}

pub(super) fn check_opening(opening: &ImportOpening) -> Checked {
    let file_name = opening.file_name.as_ref().map_or(0, String::len);
    check_bytes("file_name", file_name, FILE_NAME_BYTES_MAX)?;
    let keys = opening.variable_keys.iter().map(|key| key.len() + 8).sum();
    check_bytes("variable_keys", keys, VARIABLE_KEYS_BYTES_MAX)
}
