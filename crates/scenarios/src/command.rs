//! What a step asks for.

use branchline_domain::{
    call_status::CallStatus,
    lead::{ApplicationOutcome, CallReport, Values},
    nearest,
    output::Output,
    time::Timestamp,
    workflow::Settings,
};

use crate::{
    graph_lines::{self, EdgeLine, NodeLine},
    story_ids::START,
    words::{self, Wrong},
};

/// `asha.1`: the first call of the lead asha.
#[derive(Clone, Debug, PartialEq)]
pub struct CallName {
    /// Whose call it is.
    pub lead: String,
    /// Which of its calls, from 1.
    pub number: u32,
}

/// What a step asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Something is asked of the workflow.
    Act(Action),
    /// Its graph is edited.
    Edit(Edit),
    /// The workflow is copied.
    Duplicate,
    /// A lead is enrolled.
    Enrol {
        /// What the story calls it.
        name: String,
        /// Its number.
        phone: String,
        /// What is known of it.
        variables: Values,
        /// Whether the number may be in the workflow already.
        duplicate: bool,
    },
    /// A status of a call is reported.
    Report {
        /// Which call.
        call: CallName,
        /// What is told.
        report: CallReport,
    },
    /// A status that is none; the text is what was refused.
    ReportNonsense(String),
    /// Attributes of a call are told.
    Attributes {
        /// Which call.
        call: CallName,
        /// Their values.
        values: Values,
    },
    /// A worker takes at most this many calls.
    Claim(usize),
    /// The carrier took a call.
    Dispatched {
        /// Which call.
        call: CallName,
        /// The carrier's name for it.
        provider_ref: Option<String>,
    },
    /// The carrier refused a call.
    Refused {
        /// Which call.
        call: CallName,
        /// Why, in words.
        reason: String,
    },
    /// A person decides for an output.
    Resolve {
        /// Whose hold is resolved.
        lead: String,
        /// The output it takes.
        output: Output,
    },
    /// A person wants another call.
    Redial {
        /// Who is called again.
        lead: String,
    },
    /// A person puts a lead at another node.
    Move {
        /// Which lead.
        lead: String,
        /// Name of the node.
        to: String,
    },
    /// A person decides when a lead goes on.
    Release {
        /// Who waits.
        lead: String,
        /// When it goes on.
        at: ReleaseAt,
    },
    /// A lead is taken out.
    Remove {
        /// Which lead.
        lead: String,
    },
    /// What is personal of a lead is erased.
    Erase {
        /// Which lead.
        lead: String,
    },
    /// Variables of a lead are set, or taken away where empty.
    EditLead {
        /// Which lead.
        lead: String,
        /// What is set.
        variables: Values,
    },
    /// From now on somebody answers like this for the application of a node.
    Answers {
        /// Name of the node.
        node: String,
        /// What its application answers.
        answer: Answer,
    },
    /// The graph is judged, and nothing happens.
    Validate,
    /// Moves the clock. Unit: seconds.
    Wait(u64),
}

/// What an application answers, each time it is tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What comes of a try.
    pub outcome: ApplicationOutcome,
    /// Fields of the answer.
    pub fields: Values,
}

/// What is asked of the workflow.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Draft or paused to active.
    Activate,
    /// Active to paused.
    Pause,
    /// Paused to active.
    Resume,
    /// Stops it for good.
    Cancel,
    /// Ends it for good.
    Complete {
        /// Even while leads are under way.
        force: bool,
    },
    /// Takes it out of sight.
    Delete,
    /// Gives it another title.
    Rename(String),
    /// Gives it other settings, whole.
    Settings(Settings),
}

/// What is changed of its graph.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Adds a node.
    AddNode(NodeLine),
    /// Changes the node with this name.
    PatchNode(NodeLine),
    /// Takes a node away.
    RemoveNode {
        /// Its name.
        name: String,
        /// Name of the node where leads that stand there go.
        move_to: Option<String>,
    },
    /// Adds an edge.
    AddEdge(EdgeLine),
    /// Takes the edge with this line away.
    RemoveEdge(String),
}

/// When a person releases a lead.
#[derive(Clone, Debug, PartialEq)]
pub enum ReleaseAt {
    /// At this instant.
    Instant(Timestamp),
    /// Seconds from now.
    After(u64),
}

impl ReleaseAt {
    /// The instant, when it is `now`.
    pub const fn instant(&self, now: Timestamp) -> Timestamp {
        match self {
            Self::Instant(at) => *at,
            Self::After(seconds) => now.plus_seconds(*seconds),
        }
    }
}

/// `T+2h30m`: an instant, counted from the start of every scenario, 2026-01-05T09:00:00Z.
pub fn show_instant(at: Timestamp) -> String {
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

/// Reads the line of a command.
///
/// # Errors
///
/// When the line is none; says what would be one.
pub fn parse(line: &str) -> Result<Command, Wrong> {
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
        ["move", lead, "to", node] => Command::Move { lead: (*lead).into(), to: (*node).into() },
        ["redial", lead] => Command::Redial { lead: (*lead).into() },
        ["release", lead, at @ ..] => {
            Command::Release { lead: (*lead).into(), at: release_at(line, at)? }
        }
        ["remove", "node", name, rest @ ..] => Command::Edit(remove_node(line, name, rest)?),
        ["answers", node, outcome, ..] => {
            answers(node, outcome, given.get(3..).unwrap_or_default())?
        }
        ["validate"] => Command::Validate,
        ["remove", lead] => Command::Remove { lead: (*lead).into() },
        ["erase", lead] => Command::Erase { lead: (*lead).into() },
        ["edit", lead, ..] => Command::EditLead {
            lead: (*lead).into(),
            variables: words::variables(given.get(2..).unwrap_or_default())?,
        },
        ["wait", amount, unit] => Command::Wait(words::span(amount, unit)?),
        _ => return Err(no_command(line)),
    })
}

fn answers(node: &str, word: &str, fields: &[String]) -> Result<Command, Wrong> {
    let outcome = match word {
        "success" => ApplicationOutcome::Succeeded,
        "failure" => ApplicationOutcome::Failed,
        "unavailable" => ApplicationOutcome::Unavailable,
        _ => {
            return Err(format!(
                "`{word}` is no answer of an application; write success, failure or unavailable"
            ));
        }
    };
    let answer = Answer { outcome, fields: words::attributes(fields)? };
    Ok(Command::Answers { node: node.into(), answer })
}

/// Every command by its first word, and how it is written.
const SHAPES: [(&str, &str); 27] = [
    ("activate", "activate"),
    ("add", "add node later: TIME 2 hours` or `add edge intro --DNP--> later"),
    ("answers", "answers crm success tier=gold"),
    ("attributes", "attributes asha.1 score=7"),
    ("cancel", "cancel"),
    ("claim", "claim 2"),
    ("complete", "complete` or `complete force"),
    ("delete", "delete"),
    ("dispatched", "dispatched asha.1 prov_7"),
    ("duplicate", "duplicate"),
    ("edit", "edit asha city=Pune"),
    ("enrol", "enrol asha +919812345601 city=Pune"),
    ("erase", "erase asha"),
    ("move", "move asha to later"),
    ("patch", "patch node later: TIME 3 hours"),
    ("pause", "pause"),
    ("redial", "redial asha"),
    ("refused", "refused asha.1 no route"),
    ("release", "release asha in 2 hours"),
    ("remove", "remove asha` or `remove node later` or `remove node later move to intro"),
    ("rename", "rename Autumn"),
    ("report", "report asha.1 busy"),
    ("resolve", "resolve asha DNP"),
    ("resume", "resume"),
    ("settings", "settings auto_complete=true"),
    ("validate", "validate"),
    ("wait", "wait 2 hours"),
];

/// What is wrong with a line that is no command, and what would be right.
fn no_command(line: &str) -> Wrong {
    let first = line.split(' ').next().unwrap_or_default();
    if let Some((_, shape)) = SHAPES.iter().find(|(word, _)| *word == first) {
        return format!("`{line}` is no command; write `{shape}`");
    }
    let words = SHAPES.map(|(word, _)| word);
    format!("`{line}` is no command; {}", nearest::advice(first, &words))
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

fn remove_node(line: &str, name: &str, rest: &[&str]) -> Result<Edit, Wrong> {
    let move_to = match rest {
        [] => None,
        ["move", "to", node] => Some((*node).into()),
        [..] => return Err(no_command(line)),
    };
    Ok(Edit::RemoveNode { name: name.into(), move_to })
}

fn release_at(line: &str, words: &[&str]) -> Result<ReleaseAt, Wrong> {
    match words {
        [at] => at.parse().map(ReleaseAt::Instant).map_err(|wrong| format!("{wrong}")),
        ["in", amount, unit] => words::span(amount, unit).map(ReleaseAt::After),
        [] | [..] => Err(no_command(line)),
    }
}

fn call_name(word: &str) -> Result<CallName, Wrong> {
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
    let (occurred_at, end_reason, provider_ref, heard) = (None, None, None, None);
    let attributes = Values::new();
    let mut report =
        CallReport { status, occurred_at, end_reason, attributes, provider_ref, heard };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_that_is_advised_is_a_command() {
        for (word, shapes) in SHAPES {
            for shape in shapes.split("` or `") {
                assert!(shape.starts_with(word), "{shape}");
                assert!(parse(shape).is_ok(), "{shape}: {:?}", parse(shape));
            }
        }
    }

    #[test]
    fn a_line_that_is_no_command_is_told_what_would_be_one() {
        let told = |line: &str| parse(line).unwrap_err();
        assert!(told("wait long").ends_with("write `wait 2 hours`"), "{}", told("wait long"));
        assert!(told("resum").ends_with("did you mean `resume`?"), "{}", told("resum"));
        assert!(told("").contains("the names are activate"), "{}", told(""));
    }
}
