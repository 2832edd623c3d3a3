//! How the measuring process and the measured one talk: a line of JSON each way.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{self, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::{
    child::Phase,
    figures::{Answers, Filled, Part},
};

/// What the measured process tells, one line each.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Told {
    /// All leads stand at their first call.
    Arrived(Filled),
    /// Their actors have left memory.
    Resting { parts: Vec<Part> },
    /// The leads to touch after the restart are drawn and written down.
    Sampled,
    /// The restarted engine has answered a read.
    Serving,
    /// Drawn leads were told a status: leads out of the journal, and the same ones once more.
    Touched { cold: Answers, warm: Answers, parts: Vec<Part> },
}

/// The measured process. Killed when dropped.
#[derive(Debug)]
pub(super) struct Child {
    process: process::Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Child {
    /// Starts this program again.
    pub(super) fn start(
        place: &Path,
        leads: u32,
        touched: u32,
        phase: Phase,
    ) -> anyhow::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("scale-child")
            .arg(place)
            .args(["--leads", &leads.to_string(), "--touched", &touched.to_string()])
            .args(["--phase", phase.name()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the measured process does not start")?;
        let input = process.stdin.take().context("the measured process has no input")?;
        let output = process.stdout.take().context("the measured process has no output")?;
        Ok(Self { process, input, output: BufReader::new(output) })
    }

    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it tells next.
    pub(super) fn hear(&mut self) -> anyhow::Result<Told> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        serde_json::from_str(&line).context("the measured process ended, or told nonsense")
    }

    /// Lets it go on.
    pub(super) fn say(&mut self) -> anyhow::Result<()> {
        self.input.write_all(b"\n").context("the measured process listens no more")
    }

    /// SIGKILL: nothing is closed or written on the way out.
    pub(super) fn kill(mut self) -> anyhow::Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Gone already, or never to be seen again.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
