//! The address of a page with ids in it, and that of the JSON route beside it.

use branchline_domain::{
    graph::Graph,
    id::{CallId, ImportId, LeadId, NodeId, WorkflowId},
};

/// What the pages are about.
#[derive(Debug)]
pub(super) struct Ids {
    pub(super) workflow: WorkflowId,
    pub(super) node: NodeId,
    /// One with a call that has ended.
    pub(super) lead: LeadId,
    pub(super) import: ImportId,
    /// Place of the newest record.
    pub(super) newest: u64,
}

impl Ids {
    /// The step that most leads stand at: where they enter.
    pub(super) fn entry(graph: &Graph) -> Option<NodeId> {
        graph.nodes().iter().find(|node| node.entry).map(|node| node.id)
    }
}

/// A page.
#[derive(Debug)]
pub(super) struct Address {
    /// As the table of pages has it, with what is asked for.
    pub(super) page: String,
    pub(super) path: String,
    /// The route that tells of the same; none where there is none.
    pub(super) json: Option<String>,
}

/// The addresses of a pattern: one, or several where what is asked for makes a difference. None for what is no
/// page.
///
/// # Errors
///
/// For a pattern with an id that nobody here knows.
pub(super) fn address(pattern: &str, ids: &Ids) -> anyhow::Result<Vec<Address>> {
    // The one does not end, and the other is a file about an import that was refused.
    if pattern == "/live" || pattern.ends_with("/faults.csv") {
        return Ok(Vec::new());
    }
    let call = CallId { lead: ids.lead, number: 1 };
    let path = pattern
        .replace("{workflow}", &ids.workflow.to_string())
        .replace("{node}", &ids.node.to_string())
        .replace("{lead}", &ids.lead.to_string())
        .replace("{call}", &call.to_string())
        .replace("{import}", &ids.import.to_string());
    if path.contains('{') {
        // A page about something that this engine has none of, such as a key.
        anyhow::ensure!(path.contains("{key}"), "what stands for the id in {pattern}?");
        return Ok(Vec::new());
    }
    let json = json(pattern, ids, &call);
    let one = |query: String| Address {
        // What stands for an id is the same in every run.
        page: format!("{pattern}{}", query.replace(&ids.node.to_string(), "{node}")),
        path: format!("{path}{query}"),
        json: json.clone(),
    };
    let mut all = vec![one(String::new())];
    match pattern {
        "/audit" => {
            // Nothing fits: as far back as a page looks.
            all.push(one("?by=nobody".into()));
            all.push(one("?until=2020-01-01".into()));
        }
        "/workflows/{workflow}/leads" => all.push(one(format!("?node={}", ids.node))),
        _ => {}
    }
    Ok(all)
}

fn json(pattern: &str, ids: &Ids, call: &CallId) -> Option<String> {
    let workflow = format!("/v1/workflows/{}", ids.workflow);
    Some(match pattern {
        "/" => "/v1/workflows?limit=50".into(),
        "/audit" => {
            format!("/v1/events?limit=60&after=0-{}", ids.newest.saturating_sub(60))
        }
        "/audit/refused" => "/v1/refused-actions".into(),
        "/system" => "/readyz".into(),
        "/calls" => "/v1/call-logs?limit=50".into(),
        "/calls/{call}" => format!("/v1/call-logs/{call}"),
        "/leads/{lead}" => format!("{workflow}/leads/{}/history", ids.lead),
        "/workflows/{workflow}" => format!("{workflow}/counts"),
        "/workflows/{workflow}/leads" => format!("{workflow}/leads?limit=50"),
        "/workflows/{workflow}/calls" => {
            format!("/v1/call-logs?limit=50&workflow={}", ids.workflow)
        }
        "/workflows/{workflow}/insights" => format!("{workflow}/insights"),
        "/workflows/{workflow}/edit" => format!("{workflow}/graph"),
        "/workflows/{workflow}/import" => format!("{workflow}/imports"),
        _ => return None,
    })
}
