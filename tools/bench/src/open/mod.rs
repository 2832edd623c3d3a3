//! How long a start takes on a long journal, and what the first questions cost: after a stop, after
//! a kill, and without anything but the journal itself.

mod args;
mod figures;
mod start;

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::Context as _;

pub(crate) use args::{OpenArgs, StartArgs};
pub(crate) use figures::Figures;
pub(crate) use start::run as start;

use figures::{Kind, OfSize, Round};
use start::{Order, Told};

use crate::{big_journal, show};

/// Bytes read at once by the plain reading.
const PLAIN_READ_BYTES: usize = 1024 * 1024;

pub(crate) fn run(args: &OpenArgs) -> anyhow::Result<()> {
    show::show(&measure(args)?, args.json)
}

/// Starts on each journal in each way.
pub(crate) fn measure(args: &OpenArgs) -> anyhow::Result<Figures> {
    let mut sizes = Vec::new();
    for &events in &args.events {
        sizes.push(of_size(args, events)?);
    }
    Ok(Figures::of(args, sizes))
}

fn of_size(args: &OpenArgs, events: u64) -> anyhow::Result<OfSize> {
    let place = tempfile::tempdir().context("no temporary directory")?;
    let data = place.path().join("data");
    match &args.journal {
        Some(kept) => {
            let kept = kept.join(events.to_string());
            if !kept.exists() {
                eprintln!("making a journal of {events} events in {}", kept.display());
                big_journal::make(&kept, events)?;
            }
            big_journal::copy(&kept, &data)?;
        }
        None => big_journal::make(&data, events)?,
    }
    let mut rounds = Vec::new();
    for _ in 0..args.rounds {
        rounds.extend(round(args, &data)?);
    }
    let plain_read = plain_read(&data.join("journal/db/db"))?;
    let size = |path: &str| fs::metadata(data.join(path)).map_or(0, |file| file.len());
    let checkpoints = [size("journal/index/heads"), size("journal/index/read-models")];
    Ok(OfSize { events, rounds, plain_read, database: size("journal/db/db"), checkpoints })
}

/// One start of each kind.
fn round(args: &OpenArgs, data: &Path) -> anyhow::Result<Vec<Round>> {
    let mut rounds = Vec::new();
    let index = data.join("journal/index");
    if index.exists() {
        fs::remove_dir_all(&index)?;
    }
    let mut process = Process::start(data)?;
    rounds.push(Round { kind: Kind::WithoutCheckpoints, started: process.started()? });
    process.order(&Order::Stop)?;
    process.child.wait()?;

    let mut process = Process::start(data)?;
    rounds.push(Round { kind: Kind::AfterStop, started: process.started()? });
    process.order(&Order::Enrol(args.tail_leads))?;
    process.enrolled()?;
    process.child.kill()?;
    process.child.wait()?;

    let mut process = Process::start(data)?;
    rounds.push(Round { kind: Kind::AfterKill, started: process.started()? });
    process.order(&Order::Stop)?;
    process.child.wait()?;
    Ok(rounds)
}

/// The process that is measured.
struct Process {
    child: Child,
    orders: ChildStdin,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(data: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("open-start").arg("--data").arg(data);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = piped.spawn().context("no second process")?;
        let orders = child.stdin.take().context("the second process takes no orders")?;
        let output = child.stdout.take().context("the second process tells nothing")?;
        Ok(Self { child, orders, lines: BufReader::new(output).lines() })
    }

    fn next(&mut self) -> anyhow::Result<Told> {
        let line = self.lines.next().context("the measured process ended too early")??;
        Ok(serde_json::from_str(&line)?)
    }

    fn started(&mut self) -> anyhow::Result<start::Started> {
        match self.next()? {
            Told::Started(started) => Ok(started),
            Told::Enrolled => anyhow::bail!("the measured process enrolled before it was asked"),
        }
    }

    fn enrolled(&mut self) -> anyhow::Result<()> {
        match self.next()? {
            Told::Enrolled => Ok(()),
            Told::Started(_) => anyhow::bail!("the measured process started twice"),
        }
    }

    fn order(&mut self, order: &Order) -> anyhow::Result<()> {
        writeln!(self.orders, "{}", serde_json::to_string(order)?)?;
        Ok(self.orders.flush()?)
    }
}

/// The yardstick: the same file, read from its beginning to its end.
fn plain_read(file: &Path) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    let mut file = File::open(file)?;
    let mut bytes = vec![0; PLAIN_READ_BYTES];
    while file.read(&mut bytes)? > 0 {}
    Ok(begun.elapsed())
}
