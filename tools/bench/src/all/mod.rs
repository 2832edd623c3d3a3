//! Every benchmark, one after the other, and what of it is a bar.
//!
//! Each runs in a process of its own: what one leaves in memory is not counted as another one's, and
//! one that fails does not end the others.

mod bars;
mod path;
mod plan;

use std::{collections::BTreeMap, fmt, io, process::Command};

use anyhow::Context as _;
use serde::Serialize;
use serde_json::Value;

use self::{
    bars::{BARS, Judged},
    plan::{PLAN, Planned},
};

/// Flags of `all`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Tiny sizes, two minutes at most: shows that each benchmark does its work. The figures mean
    /// nothing.
    #[arg(long)]
    short: bool,
    /// Only these benchmarks, by their names in the JSON.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    only: Vec<String>,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

/// What all of them gave.
#[derive(Debug, Serialize)]
struct Figures {
    benchmark: &'static str,
    short: bool,
    bars: Vec<Judged>,
    /// Each one's own object.
    runs: BTreeMap<&'static str, Value>,
    /// Those that did not do their work, and why.
    failures: BTreeMap<&'static str, String>,
}

/// Measures and tells. An error when a benchmark did not do its work, never for a figure.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let wanted: Vec<&Planned> = PLAN
        .iter()
        .filter(|one| args.only.is_empty() || args.only.iter().any(|name| name == one.name))
        .collect();
    let known = PLAN.map(|one| one.name).join(", ");
    anyhow::ensure!(!wanted.is_empty(), "there is no such benchmark; there are {known}");
    let (mut runs, mut failures) = (BTreeMap::new(), BTreeMap::new());
    for planned in wanted {
        let arguments = planned.arguments(args.short);
        eprintln!("branchline-bench {}", arguments.join(" "));
        match measure_apart(&arguments) {
            Ok(figures) => drop(runs.insert(planned.name, figures)),
            Err(error) => {
                eprintln!("branchline-bench: {}: {error:#}", planned.name);
                failures.insert(planned.name, format!("{error:#}"));
            }
        }
    }
    let mut bars = Vec::new();
    for bar in &BARS {
        match bar.judge(&runs, args.short) {
            Ok(judged) => bars.extend(judged),
            // A figure that is not where it should be is a benchmark that does not tell it.
            Err(error) => drop(failures.insert(bar.run(), format!("{error:#}"))),
        }
    }
    let figures = Figures { benchmark: "all", short: args.short, bars, runs, failures };
    crate::show::show(&figures, args.json)?;
    let failed: Vec<&str> = figures.failures.keys().copied().collect();
    anyhow::ensure!(failed.is_empty(), "did not do their work: {}", failed.join(", "));
    Ok(())
}

/// Runs a benchmark of this program in another process.
fn measure_apart(arguments: &[&str]) -> anyhow::Result<Value> {
    let program = std::env::current_exe().context("this program is not found")?;
    let mut command = Command::new(program);
    let output = command.args(arguments).stderr(io::stderr()).output()?;
    anyhow::ensure!(output.status.success(), "it ended with {}", output.status);
    let figures: Value = serde_json::from_slice(&output.stdout).context("it printed no JSON")?;
    anyhow::ensure!(figures.get("benchmark").is_some(), "its JSON has no `benchmark`");
    Ok(figures)
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.short {
            writeln!(f, "A short run: the sizes are tiny, so no figure here says anything.")?;
        }
        writeln!(f, "{:<44} {:>16} {:>16}", "what", "bar", "measured")?;
        for judged in &self.bars {
            writeln!(f, "{judged}")?;
        }
        for (name, reason) in &self.failures {
            writeln!(f, "{name}: did not do its work: {reason}")?;
        }
        Ok(())
    }
}
