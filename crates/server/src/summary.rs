//! What a campaign came to, as tables.

use std::{fmt::Write as _, path::Path, time::Duration};

use anyhow::Context as _;
use branchline_domain::{call_status::CallStatus, graph::Graph, id::WorkflowId};
use branchline_engine::{DataDirectory, EngineHandle};
use branchline_projections::Counts;

/// What a campaign came to.
#[derive(Debug)]
pub(crate) struct Summary {
    workflow: WorkflowId,
    title: String,
    counts: Counts,
    calls: Vec<(CallStatus, u64)>,
    graph: std::sync::Arc<Graph>,
    disk_bytes: u64,
    data_dir: std::path::PathBuf,
    records: u64,
}

/// Sums a campaign up.
pub(crate) async fn of(
    engine: &EngineHandle,
    workflow: WorkflowId,
    data_dir: &Path,
) -> anyhow::Result<Summary> {
    let (title, graph, counts, calls) = engine
        .read(|models| {
            let row = models.workflow(workflow)?;
            let calls = models.call_counts(workflow);
            Some((row.state.title.clone(), row.state.graph.clone(), models.counts(workflow), calls))
        })
        .await?
        .context("the campaign's workflow is gone")?;
    let calls = CallStatus::ALL
        .into_iter()
        .filter_map(|status| calls.get(&status).map(|&count| (status, count)))
        .collect();
    Ok(Summary {
        workflow,
        title,
        counts,
        calls,
        graph,
        disk_bytes: DataDirectory::size(data_dir)
            .with_context(|| format!("cannot measure {}", data_dir.display()))?,
        data_dir: data_dir.into(),
        records: engine.health().position.0,
    })
}

impl Summary {
    /// Writes the tables to standard output.
    #[expect(clippy::print_stdout, reason = "the summary is what the command is for")]
    pub(crate) fn print(&self, elapsed: Duration, transitions_before: u64, url: &str) {
        println!("{}", self.render(elapsed, transitions_before, url));
    }

    fn render(&self, elapsed: Duration, before: u64, url: &str) -> String {
        let status = &self.counts.by_status;
        let leads = [
            ("pending", status.pending),
            ("active", status.active),
            ("completed", status.completed),
            ("dropped", status.dropped),
            ("removed", status.removed),
        ];
        let enrolled: u64 = leads.iter().map(|(_, count)| count).sum();
        let transitions: u64 = self.counts.by_node.values().map(|node| node.passed).sum();
        let mut text = format!("\n{} ({})\n", self.title, self.workflow);
        table(&mut text, "leads", leads.map(|(name, count)| (name.to_owned(), count)));
        let calls = self.calls.iter().map(|(status, count)| (status.to_string(), *count));
        table(&mut text, "calls", calls);
        let _ = writeln!(text, "\n  {:<32} {:>8} {:>8} {:>8}", "node", "here", "passed", "held");
        for node in self.graph.nodes() {
            let counts = self.counts.by_node.get(&node.id).copied().unwrap_or_default();
            let _ = writeln!(
                text,
                "  {:<32} {:>8} {:>8} {:>8}",
                node.label, counts.here, counts.passed, counts.held
            );
        }
        let moved = transitions.saturating_sub(before);
        let _ = writeln!(
            text,
            "\n  {moved} transitions in {:.1} s; {} records; {} bytes on disk a lead",
            elapsed.as_secs_f64(),
            self.records,
            self.disk_bytes / enrolled.max(1)
        );
        let held: u64 = self.counts.by_node.values().map(|node| node.held).sum();
        if held > 0 {
            let _ = writeln!(
                text,
                "\n  {held} leads wait for a person, who decides with POST …/leads/<lead>/resolve:\n  \
                 {url}/v1/workflows/{}/leads?held=true",
                self.workflow
            );
        }
        let journal = self.data_dir.join("journal");
        let journal = journal.display();
        let _ = write!(
            text,
            "\nwhere to look next\n  \
             {url}/                        the campaign in a browser\n  \
             {url}/v1/workflows/{id}/leads\n  \
             cargo run --release -p branchline-log -- list {journal}     (once this has stopped)\n  \
             cargo run --release -p branchline-log -- verify {journal}",
            id = self.workflow,
        );
        text
    }
}

fn table(text: &mut String, title: &str, rows: impl IntoIterator<Item = (String, u64)>) {
    let _ = writeln!(text, "\n  {title:<32} {:>8}", "count");
    for (name, count) in rows {
        let _ = writeln!(text, "  {name:<32} {count:>8}");
    }
}
