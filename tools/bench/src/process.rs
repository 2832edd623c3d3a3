//! What this process has used, as the kernel tells it. `None` on systems without `/proc`.

use std::fs;

/// Ticks a second in `/proc`; the same on every Linux that people run.
const TICKS_PER_S: f64 = 100.0;

/// Processor time so far, user and system. Unit: milliseconds; the kernel counts in steps of ten.
pub(crate) fn cpu_ms() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name may have spaces in it; what follows its closing bracket has none.
    let fields = stat.rsplit_once(')')?.1;
    let ticks: Vec<f64> =
        fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    Some(ticks.iter().sum::<f64>() * 1_000.0 / TICKS_PER_S)
}

/// Resident memory. Unit: megabytes.
pub(crate) fn rss_mb() -> Option<f64> {
    memory_mb("VmRSS:")
}

/// The most resident memory so far. Unit: megabytes.
pub(crate) fn peak_rss_mb() -> Option<f64> {
    memory_mb("VmHWM:")
}

fn memory_mb(name: &str) -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes / 1_024.0)
}
