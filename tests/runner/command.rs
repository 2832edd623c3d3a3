//! What a step asks for.

use branchline_domain::{
    call_status::CallStatus,
    lead::{CallReport, Values},
    output::Output,
    time::Timestamp,
    workflow::Settings,
};
use branchline_testkit::START;

use crate::{
    graph_lines::{self, EdgeLine, NodeLine},
    words::{self, Wrong},
};

/// `asha.1`: the first call of the lead asha.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CallName {
    pub(crate) lead: String,
    pub(crate) number: u32,
}

/// What a step asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    Act(Action),
    Edit(Edit),
    Duplicate,
    Enrol {
        name: String,
        phone: String,
        variables: Values,
        /// Whether the number may be in the workflow already.
        duplicate: bool,
    },
    Report {
        call: CallName,
        report: CallReport,
    },
    /// A status that is none; the text is what was refused.
    ReportNonsense(String),
    Attributes {
        call: CallName,
        values: Values,
    },
    Claim(usize),
    Dispatched {
        call: CallName,
        provider_ref: Option<String>,
    },
    Refused {
        call: CallName,
        reason: String,
    },
    Resolve {
        lead: String,
        output: Output,
    },
    Redial {
        lead: String,
    },
    Release {
        lead: String,
        at: ReleaseAt,
    },
    Remove {
        lead: String,
    },
    EditLead {
        lead: String,
        variables: Values,
    },
    /// Moves the clock. Unit: seconds.
    Wait(u64),
}

/// What is asked of the workflow.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    Activate,
    Pause,
    Resume,
    Cancel,
    Complete { force: bool },
    Delete,
    Rename(String),
    Settings(Settings),
}

/// What is changed of its graph.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Edit {
    AddNode(NodeLine),
    PatchNode(NodeLine),
    RemoveNode(String),
    AddEdge(EdgeLine),
    RemoveEdge(String),
}

/// When a person releases a lead.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ReleaseAt {
    Instant(Timestamp),
    /// Seconds from now.
    After(u64),
}

impl ReleaseAt {
    pub(crate) const fn instant(&self, now: Timestamp) -> Timestamp {
        match self {
            Self::Instant(at) => *at,
            Self::After(seconds) => now.plus_seconds(*seconds),
        }
    }
}

/// `T+2h30m`: an instant, counted from the start of every scenario, 2026-01-05T09:00:00Z.
pub(crate) fn show_instant(at: Timestamp) -> String {
    let mut seconds = at.micros_since(START) / 1_000_000;
    if seconds <= 0 {
        return format!("T{seconds:+}");
    }
    let units = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)].map(|(unit, length)| {
        let count = seconds / length;
        seconds %= length;
        if count > 0 { format!("{count}{unit}") } else { String::new() }
    });
    format!("T+{}", units.concat())
}

pub(crate) fn parse(line: &str) -> Result<Command, Wrong> {
    // Lines whose rest is a line of the graph, spaces and colons included.
    for (prefix, edit) in
        [("add node ", Edit::AddNode as fn(_) -> _), ("patch node ", Edit::PatchNode)]
    {
        if let Some(rest) = line.strip_prefix(prefix) {
            return graph_lines::node(rest).map(edit).map(Command::Edit);
        }
    }
    if let Some(rest) = line.strip_prefix("add edge ") {
        return graph_lines::edge(rest).map(Edit::AddEdge).map(Command::Edit);
    }
    if let Some(rest) = line.strip_prefix("remove edge ") {
        return graph_lines::edge(rest).map(|_| Command::Edit(Edit::RemoveEdge(rest.into())));
    }
    let given = words::split(line)?;
    let plain: Vec<&str> = given.iter().map(String::as_str).collect();
    if let Some(action) = action(line, &plain)? {
        return Ok(Command::Act(action));
    }
    Ok(match plain.as_slice() {
        ["duplicate"] => Command::Duplicate,
        ["enrol", "again", name, phone] => Command::Enrol {
            name: (*name).into(),
            phone: words::text(phone),
            variables: Values::new(),
            duplicate: true,
        },
        ["enrol", name, phone, ..] => Command::Enrol {
            name: (*name).into(),
            phone: words::text(phone),
            variables: words::variables(given.get(3..).unwrap_or_default())?,
            duplicate: false,
        },
        ["report", call, status, ..] => report(call, status, given.get(3..).unwrap_or_default())?,
        ["attributes", call, ..] => Command::Attributes {
            call: call_name(call)?,
            values: words::attributes(given.get(2..).unwrap_or_default())?,
        },
        ["claim", count] => {
            Command::Claim(count.parse().map_err(|_| format!("`{count}` is not a number"))?)
        }
        ["dispatched", call] => Command::Dispatched { call: call_name(call)?, provider_ref: None },
        ["dispatched", call, provider_ref] => Command::Dispatched {
            call: call_name(call)?,
            provider_ref: Some((*provider_ref).into()),
        },
        ["refused", call, reason @ ..] => {
            Command::Refused { call: call_name(call)?, reason: reason.join(" ") }
        }
        ["resolve", lead, output] => {
            Command::Resolve { lead: (*lead).into(), output: Output::from(*output) }
        }
        ["redial", lead] => Command::Redial { lead: (*lead).into() },
        ["release", lead, at] => Command::Release {
            lead: (*lead).into(),
            at: ReleaseAt::Instant(at.parse().map_err(|wrong| format!("{wrong}"))?),
        },
        ["release", lead, "in", amount, unit] => Command::Release {
            lead: (*lead).into(),
            at: ReleaseAt::After(words::span(amount, unit)?),
        },
        ["remove", "node", name] => Command::Edit(Edit::RemoveNode((*name).into())),
        ["remove", lead] => Command::Remove { lead: (*lead).into() },
        ["edit", lead, ..] => Command::EditLead {
            lead: (*lead).into(),
            variables: words::variables(given.get(2..).unwrap_or_default())?,
        },
        ["wait", amount, unit] => Command::Wait(words::span(amount, unit)?),
        _ => return Err(format!("`{line}` is no command; tests/scenarios/README.md lists them")),
    })
}

/// What is asked of the workflow, if the line does.
fn action(line: &str, plain: &[&str]) -> Result<Option<Action>, Wrong> {
    Ok(Some(match plain {
        ["activate"] => Action::Activate,
        ["pause"] => Action::Pause,
        ["resume"] => Action::Resume,
        ["cancel"] => Action::Cancel,
        ["complete"] => Action::Complete { force: false },
        ["complete", "force"] => Action::Complete { force: true },
        ["delete"] => Action::Delete,
        ["rename", title] => Action::Rename(words::text(title)),
        ["settings", ..] => Action::Settings(settings(line)?),
        _ => return Ok(None),
    }))
}

/// Settings in the same words as the `settings` table of a scenario; all others are as by default.
fn settings(line: &str) -> Result<Settings, Wrong> {
    let table = line.trim_start_matches("settings").trim().replace(' ', "\n");
    toml::from_str(&table).map_err(|wrong| wrong.message().to_string())
}

pub(crate) fn call_name(word: &str) -> Result<CallName, Wrong> {
    word.split_once('.')
        .and_then(|(lead, number)| {
            Some(CallName { lead: lead.into(), number: number.parse().ok()? })
        })
        .ok_or_else(|| format!("`{word}` is no call: write `asha.1` for the first call of asha"))
}

fn report(call: &str, status: &str, details: &[String]) -> Result<Command, Wrong> {
    let call = call_name(call)?;
    let Ok(status) = status.parse::<CallStatus>() else {
        return Ok(Command::ReportNonsense(status.into()));
    };
    let mut report = CallReport {
        status,
        occurred_at: None,
        end_reason: None,
        attributes: Values::new(),
        provider_ref: None,
    };
    for detail in details {
        if let Some(reason) = detail.strip_prefix("reason=") {
            report.end_reason = Some(words::text(reason));
        } else if let Some(name) = detail.strip_prefix("ref=") {
            report.provider_ref = Some(words::text(name));
        } else if let Some(attribute) = detail.strip_prefix("attr.") {
            report.attributes.extend([words::attribute(attribute)?]);
        } else {
            return Err(format!("`{detail}` is not reason=…, ref=… or attr.<key>=…"));
        }
    }
    Ok(Command::Report { call, report })
}
