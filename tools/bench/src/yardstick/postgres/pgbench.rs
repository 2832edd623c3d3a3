//! One run of pgbench, and what it printed and logged.

use std::{fs, path::Path, time::Duration};

use anyhow::Context as _;

use super::{Cluster, programs::output_of, script::Share};
use crate::{latency::Latency, process};

/// What PostgreSQL did.
#[derive(Debug)]
pub(crate) struct PostgresRun {
    pub(crate) connections: u32,
    /// Commits a second, without the time that connecting takes.
    pub(crate) transitions_per_s: f64,
    /// Of each transaction, as pgbench logs it.
    pub(crate) latency: Latency,
    /// Of all processes of the server.
    pub(crate) cpu_ms_per_lead: Option<f64>,
}

/// Prefix of the files in which pgbench logs each transaction.
const LOG: &str = "transitions";

/// Takes every lead through both calls.
pub(super) fn run(cluster: &Cluster, share: Share, script: &Path) -> anyhow::Result<PostgresRun> {
    let mut pgbench = cluster.client("pgbench");
    pgbench.args(["-n", "-M", "prepared", "-l", "--log-prefix", LOG, "-j", "2"]);
    pgbench.args(["-c", &share.connections.to_string()]);
    pgbench.args(["-t", &share.transitions_each().to_string()]);
    for variable in share.variables() {
        pgbench.args(["-D", &variable]);
    }
    pgbench.arg("-f").arg(script).arg("postgres");
    let before = process::family_cpu_ms(cluster.process());
    let printed = output_of(&mut pgbench)?;
    let after = process::family_cpu_ms(cluster.process());
    let waits = take_logs(cluster.directory())?;
    anyhow::ensure!(
        u64::try_from(waits.len())? == share.transitions(),
        "pgbench logged {} transactions, expected {}",
        waits.len(),
        share.transitions()
    );
    #[expect(clippy::cast_precision_loss, reason = "a figure for people to read")]
    let leads = share.leads() as f64;
    Ok(PostgresRun {
        connections: share.connections,
        transitions_per_s: rate_in(&printed)?,
        latency: Latency::of(waits),
        cpu_ms_per_lead: after.zip(before).map(|(after, before)| (after - before) / leads),
    })
}

/// Reads and deletes what every thread of pgbench logged.
fn take_logs(directory: &Path) -> anyhow::Result<Vec<Duration>> {
    let mut waits = Vec::new();
    for file in fs::read_dir(directory)? {
        let file = file?;
        if file.file_name().to_string_lossy().starts_with(&format!("{LOG}.")) {
            let log = fs::read_to_string(file.path())?;
            for line in log.lines() {
                waits.push(wait_in(line)?);
            }
            fs::remove_file(file.path())?;
        }
    }
    Ok(waits)
}

/// A line of the log: connection, transaction, wait in microseconds, …; a failed one has a word there.
fn wait_in(line: &str) -> anyhow::Result<Duration> {
    let wait = line.split(' ').nth(2).and_then(|wait| wait.parse().ok());
    wait.map(Duration::from_micros).with_context(|| format!("pgbench logged `{line}`"))
}

/// `tps = 4567.8 (without initial connection time)`; before version 14, of two such lines the one that
/// leaves connecting out.
fn rate_in(printed: &str) -> anyhow::Result<f64> {
    let of_line = |line: &str| {
        let (rate, how) = line.strip_prefix("tps = ")?.split_once(' ')?;
        let without = how.starts_with("(without") || how.starts_with("(excluding");
        if without { rate.parse().ok() } else { None }
    };
    printed.lines().find_map(of_line).with_context(|| format!("pgbench printed:\n{printed}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read_without_the_time_of_connecting() {
        let printed = "number of transactions actually processed: 20096/20096\n\
                       latency average = 7.1 ms\ninitial connection time = 152.5 ms\n\
                       tps = 8993.129 (without initial connection time)\n";
        assert!((rate_in(printed).unwrap() - 8_993.129).abs() < 1e-6);
        let older = "tps = 10.0 (including connections establishing)\n\
                     tps = 12.5 (excluding connections establishing)\n";
        assert!((rate_in(older).unwrap() - 12.5).abs() < 1e-6);
        assert!(rate_in("pgbench: error").is_err());
    }

    #[test]
    fn a_wait_is_the_third_word_of_a_line_and_a_failed_transaction_is_an_error() {
        let line = "0 199 2241 0 1175850568 995598";
        assert_eq!(wait_in(line).unwrap(), Duration::from_micros(2_241));
        assert!(wait_in("3 0 serialization 0 1499414498 84905").is_err());
        assert!(wait_in("").is_err());
    }

    #[test]
    fn logs_of_all_threads_are_read_once() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("transitions.77"), "0 1 5 0 1 1\n0 2 6 0 1 2\n").unwrap();
        fs::write(place.path().join("transitions.77.1"), "1 1 7 0 1 3\n").unwrap();
        fs::write(place.path().join("server.log"), "LOG: ready\n").unwrap();
        let mut waits = take_logs(place.path()).unwrap();
        waits.sort_unstable();
        assert_eq!(waits, [5, 6, 7].map(Duration::from_micros));
        assert!(take_logs(place.path()).unwrap().is_empty());
    }
}
