//! The clock: calling windows, waits and the order that people read are told by it.

use std::{
    path::Path,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, SystemTime},
};

use super::finding::{Finding, Report};

/// 2025-01-01T00:00:00Z: before there was this program. Unit: seconds since 1970.
const TOO_EARLY_S: u64 = 1_735_689_600;
/// 2100-01-01T00:00:00Z. Unit: seconds since 1970.
const TOO_LATE_S: u64 = 4_102_444_800;
/// Longest time for another program's answer.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) fn examine(report: &mut Report, now: SystemTime) {
    report.add(time(now));
    report.add(synchronised(asked().as_deref(), has_mark()));
}

fn time(now: SystemTime) -> Finding {
    const CHECK: &str = "clock";
    let seconds = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    if (TOO_EARLY_S..TOO_LATE_S).contains(&seconds) {
        return Finding::ok(CHECK, format!("unix time {seconds}"));
    }
    Finding::fail(
        CHECK,
        format!("the clock says unix time {seconds}, which cannot be"),
        "set it: leads would be called at night, and what is recorded would be dated wrongly",
    )
}

/// What systemd's program says, and whether the mark of its time service is there.
fn synchronised(said: Option<&str>, has_mark: bool) -> Finding {
    const CHECK: &str = "clock.sync";
    match said.map(str::trim) {
        Some("yes") => Finding::ok(CHECK, "it is set by a time service"),
        None if has_mark => Finding::ok(CHECK, "it is set by a time service"),
        Some("no") => Finding::warn(
            CHECK,
            "no time service sets it",
            "run chrony or systemd-timesyncd; if another program sets it, this is a mistake",
        ),
        Some(_) | None => Finding::skipped(
            CHECK,
            "whether a time service sets it is not told here (timedatectl gives no answer)",
        ),
    }
}

/// systemd-timesyncd leaves it once the clock is right.
fn has_mark() -> bool {
    Path::new("/run/systemd/timesync/synchronized").exists()
}

fn asked() -> Option<String> {
    let (say, heard) = mpsc::channel();
    thread::spawn(move || {
        let output = Command::new("timedatectl")
            .args(["show", "--property=NTPSynchronized", "--value"])
            .stdin(Stdio::null())
            .output();
        // Nobody listens any more after a while.
        let _ = say.send(output);
    });
    let output = heard.recv_timeout(PATIENCE).ok()?.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    #[test]
    fn a_year_that_cannot_be_is_a_failure() {
        let at = |seconds| time(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).level;
        assert_eq!(at(0), Level::Fail);
        assert_eq!(at(1_790_000_000), Level::Ok);
        assert_eq!(at(5_000_000_000), Level::Fail);
    }

    #[test]
    fn a_clock_that_nobody_sets_is_a_warning_and_silence_is_told_as_such() {
        assert_eq!(synchronised(Some("yes\n"), false).level, Level::Ok);
        assert_eq!(synchronised(Some("no\n"), false).level, Level::Warn);
        assert_eq!(synchronised(None, true).level, Level::Ok);
        assert_eq!(synchronised(None, false).level, Level::Skipped);
        assert_eq!(synchronised(Some("?"), false).level, Level::Skipped);
    }
}
