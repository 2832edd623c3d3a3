//! The process, under the names that every Prometheus program uses. What the operating system does
//! not tell is left out: memory, processor time and files are told on Linux only.

use std::{
    fs,
    sync::Arc,
    time::{Duration, SystemTime},
};

use branchline_domain::time::Timestamp;
use prometheus_client::{collector::Collector, encoding::DescriptorEncoder};

use super::{
    ApiMetrics,
    format::{Metrics, Written, float},
};

/// Ticks of a processor's time in `/proc/self/stat`; the same on every Linux.
const TICKS_PER_S: f64 = 100.0;

/// Looks at the process each time.
#[derive(Debug)]
pub(super) struct ProcessCollector(pub(super) Arc<ApiMetrics>);

impl Collector for ProcessCollector {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> Written {
        let mut metrics = Metrics(encoder);
        metrics.counts(
            "branchline_build_info",
            "1, with what runs as its labels",
            [([("version", env!("CARGO_PKG_VERSION"))], 1_u64)],
        )?;
        let started = self.0.started.duration_since(SystemTime::UNIX_EPOCH);
        metrics.gauge(
            "process_start_time_seconds",
            "When the process began, in seconds since 1970",
            started.as_ref().map_or(0.0, Duration::as_secs_f64),
        )?;
        if let Some(bytes) = resident_bytes() {
            metrics.count("process_resident_memory_bytes", "Memory that is in use", bytes)?;
        }
        if let Some(seconds) = cpu_seconds() {
            metrics.seconds("process_cpu_seconds", "Time on the processors", seconds)?;
        }
        if let Some(open) = open_files() {
            metrics.count("process_open_fds", "Open files and sockets", open)?;
        }
        if let Some(limit) = files_max() {
            metrics.count("process_max_fds", "Files and sockets that may be open", limit)?;
        }
        Ok(())
    }
}

/// How the process does. What the operating system does not tell is left out.
#[derive(Clone, Debug)]
pub struct ProcessReading {
    /// When it began, about.
    pub started: Timestamp,
    /// Memory that is in use. Unit: bytes.
    pub resident_bytes: Option<u64>,
    /// Time on the processors. Unit: seconds.
    pub cpu_seconds: Option<f64>,
    /// Open files and sockets.
    pub open_files: Option<u64>,
    /// How many may be open.
    pub files_max: Option<u64>,
    /// Streams of events that are open.
    pub event_streams: u64,
}

impl ProcessReading {
    pub(super) fn of(started: SystemTime, event_streams: u64) -> Self {
        let started = started.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let started = i64::try_from(started.as_micros()).unwrap_or_default();
        Self {
            started: Timestamp::from_micros(started),
            resident_bytes: resident_bytes(),
            cpu_seconds: cpu_seconds(),
            open_files: open_files(),
            files_max: files_max(),
            event_streams,
        }
    }
}

fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name may hold spaces and brackets; what follows its last one does not.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(float(user + system) / TICKS_PER_S)
}

fn open_files() -> Option<u64> {
    Some(fs::read_dir("/proc/self/fd").ok()?.count() as u64)
}

fn files_max() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn linux_tells_everything_about_a_process() {
        assert!(resident_bytes().unwrap() > 1024 * 1024);
        assert!(cpu_seconds().unwrap() >= 0.0);
        let (open, limit) = (open_files().unwrap(), files_max().unwrap());
        assert!(open > 2 && open <= limit, "{open} of {limit}");
    }
}
