//! A CSV file of leads into a fresh journal: checked whole, enrolled, closed, shown.

use std::{
    fmt,
    fs::File,
    io::{BufWriter, Write},
    ops::ControlFlow,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use branchline_domain::workflow::Settings;
use branchline_engine::{
    DataDirectory, Engine, EngineConfig, EngineHandle, EngineParts, UuidV7Ids,
    applications::Applications,
    clock::SystemClock,
    command::{Caller, Duplicates, ImportRequest, Imported},
    lead_list::LeadList,
    ports::{Clock, Phones},
};
use branchline_http_api::lead_file::LeadFile;
use branchline_projections::{ImportRow, ImportStatus};
use serde::Serialize;

use crate::{process, show::show, yardstick};

/// The country of the numbers.
const COUNTRY: &str = "IN";

/// Flags of `import`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Rows of the file.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    rows: u32,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// What was measured. Field names are the benchmark's interface.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    benchmark: &'static str,
    rounds: u32,
    rows: u32,
    file_bytes: u64,
    rows_per_s: f64,
    seconds_per_million: f64,
    /// Of the seconds, those until the list was checked whole.
    checked_s: f64,
    seconds: f64,
    cpu_ms_per_row: Option<f64>,
    peak_rss_mb: Option<f64>,
    disk_bytes_per_row: u64,
    yardsticks: Yardsticks,
}

#[derive(Debug, Serialize)]
struct Yardsticks {
    /// The same bytes, split into rows and their numbers made E.164: no engine, no journal.
    parsing_alone: Yardstick,
    /// The same records, already encoded, through the writer: no file, no keys.
    journal_alone: Yardstick,
}

#[derive(Debug, Serialize)]
struct Yardstick {
    rows_per_s: f64,
    /// The import's rate as a part of this one.
    ratio: f64,
}

/// What an import took.
struct Measured {
    checked_s: f64,
    seconds: f64,
    cpu_ms: Option<f64>,
}

/// Measures and tells.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    show(&measure(args)?, args.json)
}

/// Makes a file, and imports it into a fresh journal.
pub(crate) fn measure(args: &Args) -> anyhow::Result<Figures> {
    let place = tempfile::tempdir().context("no temporary directory")?;
    let path = place.path().join("leads.csv");
    write_file(&path, args.rows, "")?;
    let file_bytes = std::fs::metadata(&path)?.len();
    let file = LeadFile::open(&path, u64::MAX)?;
    let parsing_s = parse(&file, args.rows)?;
    let data = place.path().join("data");
    let DataDirectory { store, vault } = DataDirectory::open(&data)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let mut config = EngineConfig::embedded();
    config.enrol_max = config.enrol_max.max(usize::try_from(args.rows)?);
    let engine = Engine::start(EngineParts {
        store: Arc::clone(&store),
        vault,
        ids: Arc::new(UuidV7Ids::new(Arc::clone(&clock))),
        clock,
        phones: Phones::External,
        applications: Applications::default(),
        config,
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let measured = runtime.block_on(import(&engine.handle(), file, args.rows))?;
    let peak_rss_mb = process::peak_rss_mb();
    engine.shutdown();
    let journal_s = yardstick::journal_in_pieces(store.as_ref(), |path| {
        let DataDirectory { store, .. } = DataDirectory::open(path)?;
        Ok(store)
    })?;
    let rows = f64::from(args.rows);
    let rows_per_s = rows / measured.seconds;
    let beside = |seconds: f64| Yardstick {
        rows_per_s: rows / seconds,
        ratio: rows_per_s / (rows / seconds),
    };
    Ok(Figures {
        benchmark: "import",
        rounds: 1,
        rows: args.rows,
        file_bytes,
        rows_per_s,
        seconds_per_million: 1_000_000.0 / rows_per_s,
        checked_s: measured.checked_s,
        seconds: measured.seconds,
        cpu_ms_per_row: measured.cpu_ms.map(|cpu| cpu / rows),
        peak_rss_mb,
        disk_bytes_per_row: DataDirectory::size(&data)? / u64::from(args.rows),
        yardsticks: Yardsticks {
            parsing_alone: beside(parsing_s),
            journal_alone: beside(journal_s),
        },
    })
}

/// Four columns, as people export them. The numbers are national ones behind `prefix`, and some have
/// blanks.
pub(crate) fn write_file(path: &Path, rows: u32, prefix: &str) -> anyhow::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "phone_number,name,city,plan")?;
    for row in 0..rows {
        let number = 7_000_000_000_u64 + u64::from(row);
        let (head, tail) = (number / 100_000, number % 100_000);
        let blank = if row % 3 == 0 { " " } else { "" };
        let city = ["Pune", "Mumbai", "Bengaluru", "Delhi"].get(row as usize % 4).unwrap_or(&"Goa");
        writeln!(file, "{prefix}{head:05}{blank}{tail:05},Lead number {row},{city},basic")?;
    }
    file.flush()?;
    Ok(())
}

/// Reads the file and makes its numbers E.164. Gives the seconds.
fn parse(file: &LeadFile, rows: u32) -> anyhow::Result<f64> {
    let began = Instant::now();
    let mut sound = 0_u32;
    file.read(&mut |row| {
        let number =
            row.ok().map(|lead| branchline_engine::normalise(&lead.phone_number, Some(COUNTRY)));
        sound += u32::from(number.is_some_and(|number| number.is_ok()));
        ControlFlow::Continue(())
    });
    anyhow::ensure!(sound == rows, "{sound} of {rows} rows are sound");
    Ok(began.elapsed().as_secs_f64())
}

/// Imports the file into a new workflow, and waits until its leads count.
async fn import(engine: &EngineHandle, file: LeadFile, rows: u32) -> anyhow::Result<Measured> {
    let caller = Caller::host();
    let settings = Settings { default_country: Some(COUNTRY.into()), ..Settings::default() };
    let workflow = engine.create_workflow(&caller, "Benchmark", "", settings).await?;
    let request = ImportRequest {
        list: Arc::new(file),
        duplicates: Duplicates::Skip,
        file_name: Some("leads.csv".into()),
    };
    let cpu_before = process::cpu_ms();
    let began = Instant::now();
    let import = match engine.import(&caller, workflow, request).await? {
        Imported::Done(enrolled) => enrolled.import.context("a list is an import")?,
        Imported::Running { import, .. } => import,
    };
    let checked_s = began.elapsed().as_secs_f64();
    let row = loop {
        let row: Option<ImportRow> = engine.read(|models| models.import(import)).await?;
        match row {
            Some(row) if row.status == ImportStatus::Running => {}
            Some(row) => break row,
            None => anyhow::bail!("the import is not listed"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    anyhow::ensure!(row.leads_enrolled == rows, "{row:?}");
    let pending = engine.read(|models| models.counts(workflow).by_status.pending).await?;
    anyhow::ensure!(pending == u64::from(rows), "{pending} of {rows} leads count");
    let seconds = began.elapsed().as_secs_f64();
    let cpu_ms = process::cpu_ms().zip(cpu_before).map(|(after, before)| after - before);
    Ok(Measured { checked_s, seconds, cpu_ms })
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} rows, a file of {} bytes", self.rows, self.file_bytes)?;
        writeln!(f, "  rows/s               {:>12.0}", self.rows_per_s)?;
        for (name, alone) in [
            ("parsing alone", &self.yardsticks.parsing_alone),
            ("the journal alone", &self.yardsticks.journal_alone),
        ] {
            writeln!(
                f,
                "  {name:<20} {:>12.0}   the import reaches {:.0} % of it",
                alone.rows_per_s,
                alone.ratio * 100.0
            )?;
        }
        writeln!(f, "  seconds a million    {:>12.1}", self.seconds_per_million)?;
        writeln!(f, "  checked after        {:>12.1} s of {:.1} s", self.checked_s, self.seconds)?;
        if let Some(cpu) = self.cpu_ms_per_row {
            writeln!(f, "  processor a row      {cpu:>12.4} ms")?;
        }
        if let Some(peak) = self.peak_rss_mb {
            writeln!(f, "  peak memory          {peak:>12.0} MB")?;
        }
        writeln!(f, "  disk a row           {:>12} bytes", self.disk_bytes_per_row)
    }
}
