//! One line that says how a campaign goes on.

use std::{
    io::{IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

use branchline_projections::Counts;

/// How often the line is drawn on a terminal; elsewhere a line is written every tenth time.
pub(crate) const INTERVAL: Duration = Duration::from_millis(500);

/// Draws the line over itself on a terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    began: Instant,
    before: Option<(Instant, u64)>,
    ticks: u32,
    terminal: bool,
}

impl Progress {
    pub(crate) fn new() -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { began: Instant::now(), before: None, ticks: 0, terminal }
    }

    /// Draws the counts, how many branches a second were taken since the line was last drawn, and
    /// how long it is until the next wait ends.
    pub(crate) fn draw(
        &mut self,
        counts: &Counts,
        transitions: u64,
        next_release: Option<Duration>,
    ) {
        self.ticks += 1;
        if !self.terminal && self.ticks % 10 != 1 {
            return;
        }
        let now = Instant::now();
        let rate = self.before.map_or(0.0, |(then, earlier)| {
            let moved = transitions.saturating_sub(earlier);
            #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
            let moved = moved as f64;
            moved / now.duration_since(then).as_secs_f64().max(0.001)
        });
        self.before = Some((now, transitions));
        let status = &counts.by_status;
        let waiting = next_release
            .filter(|wait| wait.as_secs() > 0)
            .map(|wait| format!("  next release in {} s", wait.as_secs()))
            .unwrap_or_default();
        let line = format!(
            "{:>4} s  pending {}  active {}  completed {}  dropped {}  {rate:.0} transitions/s{waiting}",
            self.began.elapsed().as_secs(),
            status.pending,
            status.active,
            status.completed,
            status.dropped,
        );
        let mut stderr = std::io::stderr().lock();
        // A progress line that cannot be written is no reason to stop a campaign.
        let _ = if self.terminal {
            write!(stderr, "\r\x1b[2K{line}").and_then(|()| stderr.flush())
        } else {
            writeln!(stderr, "{line}")
        };
    }

    /// Leaves the line for what comes after it.
    pub(crate) fn end(&self) {
        if self.terminal {
            let _ = writeln!(std::io::stderr());
        }
    }
}
