//! The check of a whole journal, beside a plain reading of the same bytes.

use std::{
    fmt,
    fs::File,
    io::{BufWriter, Read as _, Write as _},
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context as _;
use branchline_journal::{block_file::BlockFileWriter, reader::JournalReader};
use branchline_log::{AsOf, Evidence, Soundness, verify, world::World};
use serde::Serialize;

use crate::{big_journal, process, show::show};

/// Bytes read at once.
const PLAIN_READ_BYTES: usize = 1024 * 1024;

/// Flags of `verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Events of the journal that is made.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
    events: u64,
    /// A stopped data directory to check. Made here, and kept, when it is not there.
    #[arg(long, value_name = "DIR")]
    journal: Option<PathBuf>,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// What was measured. Field names are the benchmark's interface.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    benchmark: &'static str,
    rounds: u32,
    events: u64,
    records: u64,
    leads: u64,
    block_bytes: u64,
    /// The private copy that is made before the first record is read.
    copy_s: f64,
    steps: Vec<Step>,
    peak_rss_mb: Option<f64>,
}

/// One way of going through the whole journal.
#[derive(Debug, Serialize)]
struct Step {
    name: &'static str,
    seconds: f64,
    events_per_s: f64,
    mb_per_s: f64,
    /// Events a second of processor time, whatever ran beside.
    events_per_core_s: Option<f64>,
    /// Seconds as a multiple of the plain reading's.
    times_plain_read: f64,
    /// Resident memory when it was done. Unit: megabytes.
    rss_mb: Option<f64>,
}

/// Measures and tells.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    show(&measure(args)?, args.json)
}

/// Goes through a whole journal in each way.
pub(crate) fn measure(args: &Args) -> anyhow::Result<Figures> {
    let place = tempfile::tempdir().context("no temporary directory")?;
    let directory = match &args.journal {
        Some(directory) => directory.clone(),
        None => place.path().join("data"),
    };
    if !directory.exists() {
        eprintln!("making a journal of {} events in {}", args.events, directory.display());
        big_journal::make(&directory, args.events)?;
    }
    let file = place.path().join("journal.blocks");
    let block_bytes = write_block_file(&directory, &file)?;
    go_through(&directory, &file, block_bytes)
}

/// The journal's blocks in one file, for the plain reading. Gives its size.
fn write_block_file(directory: &Path, file: &PathBuf) -> anyhow::Result<u64> {
    let reader = JournalReader::open(&directory.join("journal"))?;
    let mut writer = BlockFileWriter::new(BufWriter::new(File::create_new(file)?))?;
    for block in reader.block_bytes() {
        writer.push(&block?)?;
    }
    let (mut out, _) = writer.finish()?;
    out.flush()?;
    Ok(std::fs::metadata(file)?.len())
}

/// A step on its way to a row.
struct Timed {
    name: &'static str,
    seconds: f64,
    cpu_ms: Option<f64>,
    rss_mb: Option<f64>,
}

fn timed<T>(
    name: &'static str,
    rows: &mut Vec<Timed>,
    work: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let (began, cpu) = (Instant::now(), process::cpu_ms());
    let done = work()?;
    let seconds = began.elapsed().as_secs_f64();
    let cpu_ms = process::cpu_ms().zip(cpu).map(|(after, before)| after - before);
    rows.push(Timed { name, seconds, cpu_ms, rss_mb: process::rss_mb() });
    Ok(done)
}

fn go_through(directory: &Path, file: &Path, block_bytes: u64) -> anyhow::Result<Figures> {
    let mut rows = Vec::new();
    // Twice: the first one brings the file into the system's cache, for all alike.
    plain_read(file)?;
    timed("plain read", &mut rows, || plain_read(file))?;
    let blocks = JournalReader::open_file(file)?;
    timed("blocks decoded", &mut rows, || {
        let mut records = 0_usize;
        for block in blocks.blocks() {
            records += block?.records.len();
        }
        Ok(records)
    })?;
    drop(blocks);
    let began = Instant::now();
    let evidence = Evidence::open(directory)?;
    let copy_s = began.elapsed().as_secs_f64();
    let report = timed("verify", &mut rows, || verify::check(&evidence, None))?;
    anyhow::ensure!(
        report.soundness() == Soundness::Sound,
        "the journal is not sound: {:?}",
        report.findings.first()
    );
    let leads = timed("replay", &mut rows, || {
        let (world, _) = World::of(&evidence, AsOf::Head)?;
        Ok(u64::from(world.projections().lead_count()))
    })?;
    timed("export as lines", &mut rows, || {
        let lines = file.with_extension("jsonl");
        let done = branchline_log::export::run(
            &evidence,
            &lines,
            branchline_log::export::FileForm::Jsonl,
            AsOf::Head,
            &mut Vec::new(),
        );
        std::fs::remove_file(&lines)?;
        done
    })?;
    let plain = rows.first().map_or(0.0, |row| row.seconds);
    Ok(Figures {
        benchmark: "verify",
        rounds: 1,
        events: report.events,
        records: report.records,
        leads,
        block_bytes,
        copy_s,
        steps: rows.iter().map(|row| step(row, report.events, block_bytes, plain)).collect(),
        peak_rss_mb: process::peak_rss_mb(),
    })
}

fn plain_read(file: &Path) -> anyhow::Result<u64> {
    let mut opened = File::open(file)?;
    let mut buffer = vec![0; PLAIN_READ_BYTES];
    let mut sum = 0_u64;
    loop {
        let read = opened.read(&mut buffer)?;
        if read == 0 {
            return Ok(sum);
        }
        // Every byte is looked at, as any reading does.
        let bytes = buffer.get(..read).unwrap_or_default();
        sum = bytes.iter().fold(sum, |sum, byte| sum.wrapping_add(u64::from(*byte)));
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people to read")]
fn step(row: &Timed, events: u64, bytes: u64, plain: f64) -> Step {
    let (events, bytes) = (events as f64, bytes as f64);
    Step {
        name: row.name,
        seconds: row.seconds,
        events_per_s: events / row.seconds,
        mb_per_s: bytes / row.seconds / 1e6,
        events_per_core_s: row.cpu_ms.filter(|cpu| *cpu > 0.0).map(|cpu| events * 1_000.0 / cpu),
        times_plain_read: row.seconds / plain,
        rss_mb: row.rss_mb,
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} events in {} records of {} leads, {} bytes of blocks; copied in {:.2} s",
            self.events, self.records, self.leads, self.block_bytes, self.copy_s
        )?;
        writeln!(
            f,
            "  {:<16} {:>9} {:>12} {:>10} {:>16} {:>13} {:>9}",
            "", "seconds", "events/s", "MB/s", "events/s a core", "x plain read", "RSS MB"
        )?;
        for step in &self.steps {
            writeln!(
                f,
                "  {:<16} {:>9.2} {:>12.0} {:>10.0} {:>16.0} {:>13.1} {:>9.0}",
                step.name,
                step.seconds,
                step.events_per_s,
                step.mb_per_s,
                step.events_per_core_s.unwrap_or_default(),
                step.times_plain_read,
                step.rss_mb.unwrap_or_default()
            )?;
        }
        if let Some(peak) = self.peak_rss_mb {
            writeln!(f, "  peak memory {peak:.0} MB")?;
        }
        Ok(())
    }
}
