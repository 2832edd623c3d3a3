//! What keeps people out: axe-core, put into the page by the protocol, which no policy of the page binds.

use std::{env, fs, sync::LazyLock};

use serde::Deserialize;

use crate::tab::Tab;

/// The script of axe-core, where `tests/browser/run` could fetch it.
static SCRIPT: LazyLock<Option<String>> = LazyLock::new(|| {
    let path = env::var_os("BRANCHLINE_AXE").filter(|path| !path.is_empty())?;
    Some(fs::read_to_string(path).expect("axe-core can be read"))
});

/// A rule that a page breaks.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Violation {
    id: String,
    impact: Option<String>,
    help: String,
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    html: String,
    failure_summary: Option<String>,
}

/// Everything serious that axe-core finds on the page, in words; `None` without axe-core.
pub(crate) async fn serious(tab: &Tab) -> Option<Vec<String>> {
    let script = SCRIPT.as_ref()?;
    let is_there: bool = tab.ask("typeof axe === 'object'").await;
    if !is_there {
        let _: bool = tab.ask(&format!("{script}\n; true")).await;
    }
    // Colours that are on their way to others are neither.
    tab.until("document.getAnimations().every((one) => one.playState !== 'running')").await;
    let found: Vec<Violation> = tab
        .ask("axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations)")
        .await;
    let serious = found
        .into_iter()
        .filter(|found| matches!(found.impact.as_deref(), Some("serious" | "critical")));
    Some(serious.flat_map(in_words).collect())
}

fn in_words(found: Violation) -> impl Iterator<Item = String> {
    let rule = format!("{} ({})", found.id, found.help);
    found.nodes.into_iter().take(4).map(move |node| {
        let why = node.failure_summary.unwrap_or_default().replace('\n', " ");
        let html: String = node.html.chars().take(200).collect();
        format!("{rule}: {html} — {why}")
    })
}
