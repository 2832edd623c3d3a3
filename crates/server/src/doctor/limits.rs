//! What the operating system lets a process have.

use std::{fs, path::Path};

use branchline_engine::EngineConfig;
use rustix::process::{Resource, getrlimit};

use super::finding::{Finding, Report};

/// Fewer are gone with some hundreds of connections. Unit: files.
const FILES_FAIL: u64 = 256;
const FILES_WARN: u64 = 4_096;
/// What a lead in memory costs at most. Unit: bytes.
const LEAD_BYTES: u64 = 3_072;
/// What everything else needs: caches of the journal, read models of some ten thousand leads, the
/// program. Unit: bytes.
const REST_BYTES: u64 = 192 * 1024 * 1024;

pub(super) fn examine(report: &mut Report, engine: &EngineConfig) {
    report.add(open_files(getrlimit(Resource::Nofile).current));
    let actors = u64::try_from(engine.lead_actors_max).unwrap_or(u64::MAX);
    report.add(match memory() {
        Some(bytes) => memory_for(bytes, actors),
        None => Finding::skipped("limits.memory", "this system does not tell its memory"),
    });
}

/// `None`: as many as one likes.
fn open_files(limit: Option<u64>) -> Finding {
    const CHECK: &str = "limits.open_files";
    let Some(limit) = limit else { return Finding::ok(CHECK, "unlimited") };
    let told = format!("{limit} files may be open, and each connection is one");
    let advice = "raise it: LimitNOFILE=65536 in a systemd unit, `ulimits: nofile` in compose, \
                  `ulimit -n` in a shell";
    match limit {
        0..FILES_FAIL => Finding::fail(CHECK, told, advice),
        FILES_FAIL..FILES_WARN => Finding::warn(CHECK, told, advice),
        FILES_WARN.. => Finding::ok(CHECK, told),
    }
}

fn memory_for(bytes: u64, actors: u64) -> Finding {
    const CHECK: &str = "limits.memory";
    let wanted = actors.saturating_mul(LEAD_BYTES).saturating_add(REST_BYTES);
    let mib = |bytes: u64| bytes / 1024 / 1024;
    let told = format!("{} MiB", mib(bytes));
    if bytes >= wanted {
        return Finding::ok(CHECK, told);
    }
    let fits = bytes.saturating_sub(REST_BYTES) / LEAD_BYTES;
    Finding::warn(
        CHECK,
        format!(
            "{told}, and {actors} leads in memory with all else take up to {} MiB",
            mib(wanted)
        ),
        if fits > 1_000 {
            format!("give it more, or set engine.lead_actors_max to {}", fits / 1_000 * 1_000)
        } else {
            format!("give it {} MiB", mib(wanted))
        },
    )
}

/// What this process may have: of the machine, or of its control group. Unit: bytes.
fn memory() -> Option<u64> {
    let machine = memory_of_machine(&fs::read_to_string("/proc/meminfo").ok()?)?;
    let group = fs::read_to_string("/proc/self/cgroup").ok();
    let group = group.and_then(|text| memory_of_group(Path::new("/sys/fs/cgroup"), &text));
    Some(group.map_or(machine, |group| group.min(machine)))
}

fn memory_of_machine(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// The narrowest limit of a control group (version 2) and those around it.
fn memory_of_group(root: &Path, cgroup: &str) -> Option<u64> {
    let path = cgroup.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let group = root.join(path.trim());
    let around = group.ancestors().take_while(|ancestor| ancestor.starts_with(root));
    around
        .filter_map(|group| fs::read_to_string(group.join("memory.max")).ok()?.trim().parse().ok())
        .min()
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    #[test]
    fn few_open_files_are_told() {
        for (limit, level) in [
            (Some(64), Level::Fail),
            (Some(1_024), Level::Warn),
            (Some(65_536), Level::Ok),
            (None, Level::Ok),
        ] {
            assert_eq!(open_files(limit).level, level, "{limit:?}");
        }
    }

    #[test]
    fn memory_is_held_against_the_leads_that_may_be_in_it() {
        let mib = 1024 * 1024;
        assert_eq!(memory_for(1_024 * mib, 100_000).level, Level::Ok);
        let found = memory_for(256 * mib, 100_000);
        assert_eq!(found.level, Level::Warn);
        assert!(found.advice.unwrap().contains("lead_actors_max to 21000"));
        assert!(memory_for(64 * mib, 100_000).advice.unwrap().contains("give it 484 MiB"));
    }

    #[test]
    fn the_narrowest_limit_of_all_groups_counts() {
        assert_eq!(memory_of_machine("MemTotal:     2048 kB\nMemFree: 1 kB\n"), Some(2_097_152));
        assert_eq!(memory_of_machine("MemFree: 1 kB\n"), None);
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("system.slice/branchline.service");
        fs::create_dir_all(&inner).unwrap();
        let group = "1:name=x:/elsewhere\n0::/system.slice/branchline.service\n";
        assert_eq!(memory_of_group(root.path(), group), None);
        fs::write(inner.join("memory.max"), "max\n").unwrap();
        fs::write(root.path().join("system.slice/memory.max"), "1000000\n").unwrap();
        assert_eq!(memory_of_group(root.path(), group), Some(1_000_000));
        fs::write(inner.join("memory.max"), "500000\n").unwrap();
        assert_eq!(memory_of_group(root.path(), group), Some(500_000));
    }
}
