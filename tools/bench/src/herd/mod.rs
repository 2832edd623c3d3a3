//! A million leads whose wait ends in the same second, while other work goes on: how long until all
//! are released, what the other work notices, and whether the journal has each of them once.

mod args;
mod audit;
mod drain;
mod figures;
mod stage;
mod steady;
mod yardstick;

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::Context as _;

pub(crate) use args::{DrainArgs, HerdArgs};
pub(crate) use drain::run as drain;
pub(crate) use figures::Figures;

use args::{LoadArgs, Phase};
use audit::{Audit, audit};
use drain::{Drained, Told};
use stage::Staged;

use crate::show;

/// The part of the herd after which the process is killed. Unit: per cent.
const KILL_AT: u64 = 40;

/// One pass of the herd.
struct Pass {
    phase: Phase,
    drained: Drained,
    audit: Audit,
    /// The journal alone. Unit: records a second.
    alone_per_s: f64,
}

pub(crate) fn run(args: &HerdArgs) -> anyhow::Result<()> {
    let figures = measure(args)?;
    show::show(&figures, args.json)?;
    figures.ensure_sound()
}

/// Stages the herd and lets it pass as often as asked.
pub(crate) fn measure(args: &HerdArgs) -> anyhow::Result<Figures> {
    let place = tempfile::tempdir().context("no temporary directory")?;
    let directory = args.staged.clone().unwrap_or_else(|| place.path().join("staged"));
    let staged = stage::stage(&directory, args.leads, args.then)?;
    let mut passes = Vec::new();
    for round in 0..args.rounds {
        for &phase in &args.phases {
            let data = place.path().join(format!("{phase:?}-{round}"));
            passes.push(pass(&directory, &staged, &data, phase, &args.load)?);
            std::fs::remove_dir_all(&data)?;
        }
    }
    Ok(Figures::of(args, &passes))
}

/// Lets the herd pass once, counts what the journal says, and writes the same records to a journal
/// alone.
fn pass(
    directory: &Path,
    staged: &Staged,
    data: &Path,
    phase: Phase,
    load: &LoadArgs,
) -> anyhow::Result<Pass> {
    stage::copy(directory, data)?;
    let kill_at = u64::from(staged.leads) * KILL_AT / 100;
    let drained = match phase {
        Phase::Timers | Phase::Resume => Process::start(data, phase, false, load)?.wait()?,
        Phase::Restart => {
            Process::start(data, phase, false, load)?.kill_at(kill_at)?;
            Process::start(data, phase, true, load)?.wait()?
        }
    };
    let (audit, records) = audit(data, staged)?;
    let again = data.join("again");
    stage::copy(directory, &again)?;
    let alone_per_s = yardstick::records_per_s(&again, records)?;
    Ok(Pass { phase, drained, audit, alone_per_s })
}

/// The process that is measured.
struct Process {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Process {
    fn start(data: &Path, phase: Phase, rest: bool, load: &LoadArgs) -> anyhow::Result<Self> {
        let phase = match phase {
            Phase::Timers => "timers",
            Phase::Resume => "resume",
            Phase::Restart => "restart",
        };
        let program: PathBuf = std::env::current_exe()?;
        let mut command = Command::new(program);
        command.arg("herd-drain").arg("--data").arg(data).arg("--phase").arg(phase);
        command.args(["--others-per-s", &load.others_per_s.to_string()]);
        command.args(["--reads-per-s", &load.reads_per_s.to_string()]);
        command.args(["--alone-s", &load.alone_s.to_string()]);
        let settings = [
            ("--drain-per-s", load.drain_per_s.map(|value| value.to_string())),
            ("--sweep-in-flight", load.sweep_in_flight.map(|value| value.to_string())),
            ("--lead-actors-max", load.lead_actors_max.map(|value| value.to_string())),
        ];
        for (name, value) in settings {
            command.args(value.into_iter().flat_map(|value| [name.to_owned(), value]));
        }
        if rest {
            command.arg("--rest");
        }
        let mut child = command.stdout(Stdio::piped()).spawn().context("no second process")?;
        let output = child.stdout.take().context("the second process tells nothing")?;
        Ok(Self { child, lines: BufReader::new(output).lines() })
    }

    fn next(&mut self) -> anyhow::Result<Told> {
        let line = self.lines.next().context("the measured process ended too early")??;
        Ok(serde_json::from_str(&line)?)
    }

    fn wait(mut self) -> anyhow::Result<Drained> {
        loop {
            if let Told::Done(drained) = self.next()? {
                self.child.wait()?;
                return Ok(*drained);
            }
        }
    }

    /// Kills the process once so many leads have gone.
    fn kill_at(mut self, released: u64) -> anyhow::Result<()> {
        loop {
            match self.next()? {
                Told::Sample(sample) if sample.released >= released => break,
                Told::Sample(_) => {}
                Told::Done(_) => anyhow::bail!("the herd had passed before the process was killed"),
            }
        }
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    /// Nothing that was started here outlives an error.
    fn drop(&mut self) {
        // One that has ended already cannot be killed, and that is all that can go wrong.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
