//! How long a write takes to be on the disk. Nobody is answered before that.

use std::{
    fs::File,
    io::{Result as IoResult, Seek as _, SeekFrom, Write as _},
    path::Path,
    time::{Duration, Instant},
};

use super::finding::Finding;

/// Size of a small commit. Unit: bytes.
const WRITE_BYTES: usize = 4_096;
/// Writes of one measurement: enough for a middle, few enough for a slow disk.
const WRITES: usize = 16;
/// Above this a person notices. Network disks of clouds take two to ten.
const SLOW: Duration = Duration::from_millis(20);
/// Below this nothing can have reached a device.
const TOO_FAST: Duration = Duration::from_micros(20);

/// Writes and syncs a file without a name, and judges how long it took.
pub(super) fn examine(directory: &Path) -> Finding {
    let shown = directory.display();
    match measure(directory) {
        Ok(took) => judge(&took),
        Err(error) => Finding::fail(
            "disk.sync",
            format!("{shown} cannot be written to: {error}"),
            "give the directory to the user of the server, and look whether the file system is \
             mounted read-only",
        ),
    }
}

/// Times of all writes, shortest first.
fn measure(directory: &Path) -> IoResult<Vec<Duration>> {
    let mut file: File = tempfile::tempfile_in(directory)?;
    let mut times = Vec::with_capacity(WRITES);
    for number in 0..WRITES {
        let began = Instant::now();
        file.seek(SeekFrom::Start((number * WRITE_BYTES) as u64))?;
        file.write_all(&[0xA5; WRITE_BYTES])?;
        file.sync_data()?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    Ok(times)
}

fn judge(times: &[Duration]) -> Finding {
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    let slowest = times.last().copied().unwrap_or_default();
    let told = format!(
        "4 KiB are on the disk in {} (slowest of {}: {})",
        shown(middle),
        times.len(),
        shown(slowest)
    );
    if middle > SLOW {
        return Finding::warn(
            "disk.sync",
            format!("{told}: every answer to a write waits that long"),
            "use a disk of this machine, or one with more operations a second; no other job on it",
        );
    }
    if middle < TOO_FAST {
        return Finding::warn(
            "disk.sync",
            format!("{told}: nothing writes that fast, so a power cut may take what was answered"),
            "use a file system and a device that keep what they are told to sync",
        );
    }
    let commits = 1_000_000 / middle.as_micros().max(1);
    Finding::ok("disk.sync", format!("{told}: about {commits} commits a second"))
}

fn shown(time: Duration) -> String {
    format!("{}.{:02} ms", time.as_millis(), time.subsec_micros() % 1_000 / 10)
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    #[test]
    fn a_disk_that_is_slow_and_one_that_cannot_be_true_are_told() {
        for (middle, level) in [
            (Duration::from_micros(3), Level::Warn),
            (Duration::from_micros(900), Level::Ok),
            (Duration::from_millis(15), Level::Ok),
            (Duration::from_millis(40), Level::Warn),
        ] {
            let found = judge(&[middle; WRITES]);
            assert_eq!(found.level, level, "{found:?}");
        }
        let found = judge(&[Duration::from_micros(1_250); WRITES]);
        assert!(
            found.found.contains("1.25 ms") && found.found.contains("800 commits"),
            "{found:?}"
        );
    }

    #[test]
    fn measuring_leaves_nothing_behind_and_a_directory_that_is_none_fails() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(measure(dir.path()).unwrap().len(), WRITES);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        assert_eq!(examine(&dir.path().join("missing")).level, Level::Fail);
    }
}
