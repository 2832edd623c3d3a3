//! What processes have used, as the kernel tells it. `None` on systems without `/proc`.

use std::fs;

/// Ticks a second in `/proc`; the same on every Linux that people run.
const TICKS_PER_S: f64 = 100.0;

/// Processor time of this process so far, user and system. Unit: milliseconds; the kernel counts in
/// steps of ten.
pub(crate) fn cpu_ms() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    Some(ticks_ms(Stat::parse(&stat)?.own))
}

/// The same of another process, without its children.
pub(crate) fn cpu_ms_of(process: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    Some(ticks_ms(Stat::parse(&stat)?.own))
}

/// Processor time of a process, of its children that are there, and of all that ended before. Unit:
/// milliseconds.
pub(crate) fn family_cpu_ms(parent: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{parent}/stat")).ok()?;
    let stat = Stat::parse(&stat)?;
    // A process that ends while it is looked for is counted by its parent the next time.
    let children = fs::read_dir("/proc").ok()?.flatten().filter_map(|entry| {
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        Stat::parse(&stat).filter(|stat| stat.parent == parent)
    });
    let children: u64 = children.map(|child| child.own + child.ended).sum();
    Some(ticks_ms(stat.own + stat.ended + children))
}

/// What is read of `/proc/<pid>/stat`. Times in ticks.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    own: u64,
    /// Of children that ended.
    ended: u64,
}

impl Stat {
    fn parse(text: &str) -> Option<Self> {
        // The name may have spaces in it; what follows its closing bracket has none: state, parent, …,
        // and as the 12th to 15th the times.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            own: ticks(11)? + ticks(12)?,
            ended: ticks(13)? + ticks(14)?,
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people to read")]
fn ticks_ms(ticks: u64) -> f64 {
    ticks as f64 * 1_000.0 / TICKS_PER_S
}

/// Resident memory. Unit: megabytes.
pub(crate) fn rss_mb() -> Option<f64> {
    memory_mb("/proc/self/status", "VmRSS:")
}

/// Resident memory of another process. Unit: megabytes.
pub(crate) fn rss_mb_of(process: u32) -> Option<f64> {
    memory_mb(&format!("/proc/{process}/status"), "VmRSS:")
}

/// The most resident memory so far. Unit: megabytes.
pub(crate) fn peak_rss_mb() -> Option<f64> {
    memory_mb("/proc/self/status", "VmHWM:")
}

fn memory_mb(file: &str, name: &str) -> Option<f64> {
    let status = fs::read_to_string(file).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes / 1_024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_a_name_with_spaces_and_brackets() {
        let line = "4711 (a (b) c) S 42 1 1 0 -1 4194560 100 200 3 4 15 6 70 8 20 0 1 0 900 1 2";
        assert_eq!(Stat::parse(line), Some(Stat { parent: 42, own: 21, ended: 78 }));
        assert_eq!(Stat::parse("4711 (short) S 42"), None);
    }
}
