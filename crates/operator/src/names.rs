//! What people call a workflow or a lead, and which one they mean.

use std::collections::BTreeMap;

use branchline_domain::id::{LeadId, NodeId, WorkflowId};
use serde::Deserialize;

use crate::{
    client::{Ask, Pages, Server},
    fault::Fault,
    out::shown,
};

/// Shortest beginning of an id that may stand for it. Unit: characters after the prefix.
const PREFIX_MIN: usize = 4;
/// Candidates that are named when nothing, or too much, fits.
const NAMED_MAX: usize = 10;

#[derive(Clone, Debug, Deserialize)]
struct Named {
    id: WorkflowId,
    #[serde(default)]
    title: String,
}

impl Named {
    fn in_words(&self) -> String {
        format!("  {}  {}", self.id, shown(&self.title))
    }
}

/// The workflow that is meant: by its id, by the beginning of it, or by its title. What was meant
/// is said where it was not the id.
///
/// # Errors
///
/// [`Fault::Failed`] when none or several fit, with their names.
pub(crate) fn workflow(server: &Server, text: &str) -> Result<WorkflowId, Fault> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let rows = Pages::new(server, None, || Ask::get("/workflows"));
    let all = rows.map(|row| read::<Named>(server, row?.get())).collect::<Result<Vec<_>, _>>()?;
    let found = meant(&all, text).map_err(Fault::Failed)?;
    eprintln!("branchline: `{}` is {}", shown(text), found.id);
    Ok(found.id)
}

/// A row of a list.
pub(crate) fn read<'de, T: Deserialize<'de>>(server: &Server, row: &'de str) -> Result<T, Fault> {
    serde_json::from_str(row)
        .map_err(|error| Fault::Strange { url: server.base().into(), reason: error.to_string() })
}

/// The one that a text names: a title as it stands, else the beginning of an id, else a title in
/// other letters.
fn meant<'a>(all: &'a [Named], text: &str) -> Result<&'a Named, String> {
    let begins = |named: &Named| {
        let bare = text.strip_prefix(WorkflowId::PREFIX).unwrap_or(text);
        bare.len() >= PREFIX_MIN && named.id.as_uuid().to_string().starts_with(bare)
    };
    let alike = |named: &Named| named.title.to_lowercase() == text.to_lowercase();
    let ways: [&dyn Fn(&Named) -> bool; 3] = [&|named| named.title == text, &begins, &alike];
    for fits in ways {
        let found: Vec<&Named> = all.iter().filter(|named| fits(named)).collect();
        match found.as_slice() {
            [] => {}
            [only] => return Ok(only),
            several => {
                let listed = listed(several);
                return Err(format!("`{text}` may be any of\n{listed}\nsay which by its id"));
            }
        }
    }
    let listed = listed(&all.iter().collect::<Vec<_>>());
    Err(format!("there is no workflow `{text}`; there are\n{listed}"))
}

fn listed(named: &[&Named]) -> String {
    let mut lines: Vec<String> =
        named.iter().take(NAMED_MAX).map(|named| named.in_words()).collect();
    match named.len().checked_sub(NAMED_MAX) {
        None | Some(0) => {}
        Some(more) => lines.push(format!("  and {more} more: branchline workflow list")),
    }
    if lines.is_empty() {
        lines.push("  none".to_owned());
    }
    lines.join("\n")
}

#[derive(Deserialize)]
struct Graph {
    #[serde(default)]
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: NodeId,
    #[serde(default)]
    label: String,
}

fn nodes(server: &Server, workflow: WorkflowId) -> Result<Vec<Node>, Fault> {
    let graph: Graph = server.ask(&Ask::get(format!("/workflows/{workflow}/graph")))?.read()?;
    Ok(graph.nodes)
}

/// What people call the nodes of a workflow.
///
/// # Errors
///
/// What the server says.
pub(crate) fn labels(
    server: &Server,
    workflow: WorkflowId,
) -> Result<BTreeMap<String, String>, Fault> {
    let nodes = nodes(server, workflow)?.into_iter();
    let named = nodes.filter(|node| !node.label.is_empty());
    Ok(named.map(|node| (node.id.to_string(), node.label)).collect())
}

/// The node of a workflow that is meant: by its id, or by its label.
///
/// # Errors
///
/// [`Fault::Failed`] when none or several have the label.
pub(crate) fn node(server: &Server, workflow: WorkflowId, text: &str) -> Result<NodeId, Fault> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let nodes = nodes(server, workflow)?;
    let found: Vec<&Node> = nodes.iter().filter(|node| node.label == text).collect();
    let named = |nodes: &mut dyn Iterator<Item = &Node>| {
        let lines = nodes.map(|node| format!("\n  {}  {}", node.id, shown(&node.label)));
        lines.collect::<String>()
    };
    match found.as_slice() {
        [only] => Ok(only.id),
        [] => Err(Fault::Failed(format!(
            "{workflow} has no node `{}`; it has{}",
            shown(text),
            named(&mut nodes.iter())
        ))),
        several => Err(Fault::Failed(format!(
            "`{}` may be any of{}\nsay which by its id",
            shown(text),
            named(&mut several.iter().copied())
        ))),
    }
}

#[derive(Deserialize)]
struct HomeOfLead {
    id: LeadId,
    workflow_id: Option<WorkflowId>,
}

#[derive(Deserialize)]
struct HomeOfCall {
    workflow_id: WorkflowId,
}

/// The lead that is meant, and its workflow: by its id or its phone number. Without the workflow
/// it is looked for in all of them.
///
/// # Errors
///
/// [`Fault::Failed`] when none or several fit.
pub(crate) fn lead(
    server: &Server,
    text: &str,
    within: Option<&str>,
) -> Result<(WorkflowId, LeadId), Fault> {
    let within = within.map(|within| workflow(server, within)).transpose()?;
    match (text.parse::<LeadId>(), within) {
        (Ok(lead), Some(workflow)) => Ok((workflow, lead)),
        (Ok(lead), None) => Ok((home(server, lead)?, lead)),
        (Err(_), within) if looks_like_a_number(text) => of_number(server, text, within),
        (Err(error), _) => Err(Fault::Misused(format!("{error}; a phone number is taken too"))),
    }
}

/// Whether a text is meant as a phone number.
fn looks_like_a_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    digits >= 5 && text.chars().all(|c| c.is_ascii_digit() || "+-() ./".contains(c))
}

fn of_number(
    server: &Server,
    number: &str,
    within: Option<WorkflowId>,
) -> Result<(WorkflowId, LeadId), Fault> {
    let ask = || Ask::get("/leads").query("phone_number", Some(number));
    let mut found = Vec::new();
    for row in Pages::new(server, None, ask) {
        let row: HomeOfLead = read(server, row?.get())?;
        if let Some(home) = row.workflow_id
            && within.is_none_or(|within| within == home)
        {
            found.push((home, row.id));
        }
    }
    match found.as_slice() {
        [] => Err(Fault::Failed(format!("there is no lead with the number {number}"))),
        [only] => {
            eprintln!("branchline: {number} is {} of {}", only.1, only.0);
            Ok(*only)
        }
        several => {
            let listed: Vec<String> = several
                .iter()
                .take(NAMED_MAX)
                .map(|(home, lead)| format!("  {lead} of {home}"))
                .collect();
            let count = several.len();
            Err(Fault::Failed(format!(
                "{number} belongs to {count} leads; say which by its id, or name its --workflow\n{}",
                listed.join("\n")
            )))
        }
    }
}

/// The workflow of a lead: that of its calls, else the one that knows it.
fn home(server: &Server, lead: LeadId) -> Result<WorkflowId, Fault> {
    let calls = || Ask::get("/call-logs").query("lead", Some(lead));
    if let Some(row) = Pages::new(server, Some(1), calls).next() {
        let call: HomeOfCall = read(server, row?.get())?;
        return Ok(call.workflow_id);
    }
    for row in Pages::new(server, None, || Ask::get("/workflows")) {
        let Named { id, .. } = read(server, row?.get())?;
        match server.ask(&Ask::get(format!("/workflows/{id}/leads/{lead}"))) {
            Ok(_) => return Ok(id),
            Err(Fault::Refused(problem)) if problem.status == 404 => {}
            Err(other) => return Err(other),
        }
    }
    Err(Fault::Failed(format!("there is no lead {lead} in any workflow")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: u128, title: &str) -> Named {
        Named { id: WorkflowId::from_u128(id), title: title.into() }
    }

    fn some() -> Vec<Named> {
        vec![
            named(0x0192_f3a1_0000_7000_8000_0000_0000_0001, "Spring"),
            named(0x0192_f3a1_0000_7000_8000_0000_0000_0002, "spring"),
            named(0x0192_f3b7_0000_7000_8000_0000_0000_0003, "Autumn"),
        ]
    }

    #[test]
    fn a_title_or_the_beginning_of_an_id_names_one() {
        let all = some();
        assert_eq!(meant(&all, "Spring").unwrap().id, all[0].id);
        assert_eq!(meant(&all, "spring").unwrap().id, all[1].id);
        assert_eq!(meant(&all, "AUTUMN").unwrap().id, all[2].id);
        assert_eq!(meant(&all, "wf_0192f3b7").unwrap().id, all[2].id);
        assert_eq!(meant(&all, "0192f3b7").unwrap().id, all[2].id);
    }

    #[test]
    fn what_fits_several_or_none_is_told_with_their_names() {
        let all = some();
        for several in ["SPRING", "wf_0192f3a1", "0192"] {
            let told = meant(&all, several).unwrap_err();
            assert!(told.contains("may be any of") && told.contains("Spring"), "{told}");
        }
        // Too short to be a beginning.
        for none in ["019", "wf_", "Winter", ""] {
            let told = meant(&all, none).unwrap_err();
            assert!(told.contains("there is no workflow") && told.contains("Autumn"), "{told}");
        }
        assert!(meant(&[], "x").unwrap_err().ends_with("none"));
    }

    #[test]
    fn a_phone_number_is_known_by_its_digits() {
        for number in ["+12125550123", "(212) 555-0123", "98123 45601"] {
            assert!(looks_like_a_number(number), "{number}");
        }
        for other in ["lead_1", "1234", "+", "asha", "0192f3a1"] {
            assert!(!looks_like_a_number(other), "{other}");
        }
    }
}
