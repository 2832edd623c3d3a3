//! The journal: of a running server by asking it, of a stopped one by opening a copy and reading its
//! end. What a whole journal holds is `branchline-log verify`'s to say.

use std::{
    fs::{self, File, TryLockError},
    path::Path,
    time::{Duration, SystemTime},
};

use branchline_admin_files::url_file;
use branchline_engine::DataDirectory;
use branchline_journal::{
    reader::{JournalReader, Origin},
    record::Position,
};
use branchline_vault::Vault;
use serde_json::Value;

use super::finding::{Finding, Report};
use crate::healthcheck;

/// A larger journal is not copied for this. Unit: bytes.
const COPY_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// How many of the last records are read. Unit: records.
const LAST_RECORDS: u64 = 1_000;
/// Longest time for a running server's answer.
const PATIENCE: Duration = Duration::from_secs(4);
/// A record may be this much younger than the clock: clocks are set.
const CLOCK_SLACK: Duration = Duration::from_mins(2);

const CHECK: &str = "journal";

/// What there is to read of a directory.
#[derive(Debug)]
pub(super) enum Journal {
    /// A server has it open.
    Served,
    /// Nobody has: this is a copy.
    Stopped(Box<JournalReader>),
    /// There is none yet.
    NotThere,
    /// It was not opened, and the report says why.
    Closed,
}

pub(super) fn examine(report: &mut Report, data_dir: &Path, now: SystemTime) -> Journal {
    if let Err(error) = DataDirectory::check_whole(data_dir) {
        report.add(Finding::fail(CHECK, error.to_string(), "restore it anew"));
        return Journal::Closed;
    }
    let journal = data_dir.join("journal");
    if !journal.join("db/db").is_file() {
        report.add(Finding::ok(CHECK, "there is none yet; the first start makes it"));
        return Journal::NotThere;
    }
    match is_locked(&journal) {
        Ok(true) => {
            running(report, data_dir);
            return Journal::Served;
        }
        Ok(false) => {}
        Err(error) => {
            let told = format!("{} cannot be opened: {error}", journal.display());
            report.add(Finding::fail(CHECK, told, "run this as the user of the server"));
            return Journal::Closed;
        }
    }
    if !Vault::exists(&data_dir.join("keys")) {
        report.add(Finding::fail(
            "journal.keys",
            "the keys of this journal are gone",
            "put those of a backup there with `branchline keys restore`",
        ));
    }
    let (finding, opened) = stopped(&journal, now);
    report.add(finding);
    report.add(checkpoints(&journal));
    opened.map_or(Journal::Closed, |reader| Journal::Stopped(Box::new(reader)))
}

/// Whether a server has the journal open. Its lock is taken for a moment, shared with other readers.
fn is_locked(journal: &Path) -> std::io::Result<bool> {
    let file = match File::open(journal.join("LOCK")) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        opened => opened?,
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Asks the server.
fn running(report: &mut Report, data_dir: &Path) {
    let advice = "look at its log; `branchline healthcheck` asks it again";
    let Ok(url) = fs::read_to_string(url_file(data_dir)) else {
        let told = "a process has it open, and does not say where it can be asked (admin-url)";
        report.add(Finding::warn(CHECK, told, "wait if it is starting, else look at its log"));
        return;
    };
    match healthcheck::ask(data_dir, &format!("{}/readyz", url.trim()), PATIENCE) {
        Ok(answer) => judge_running(report, &answer),
        Err(error) => report.add(Finding::fail(CHECK, format!("{error:#}"), advice)),
    }
}

/// What a server that is ready tells of itself.
fn judge_running(report: &mut Report, answer: &Value) {
    let position = answer.get("position").and_then(Value::as_u64).unwrap_or_default();
    report
        .add(Finding::ok(CHECK, format!("a server has it open and is ready: {position} records")));
    let count = |name: &str| answer.get(name).and_then(Value::as_array).map_or(0, Vec::len);
    let (set_aside, keys_kept) = (count("set_aside"), count("keys_kept"));
    if set_aside > 0 {
        report.add(Finding::warn(
            "journal.set_aside",
            format!("{set_aside} leads could not be rebuilt and do not move"),
            "/readyz names them; `branchline-log verify` says what is wrong",
        ));
    }
    if keys_kept > 0 {
        report.add(Finding::warn(
            "journal.keys_kept",
            format!("the keys of {keys_kept} erased leads could not be destroyed"),
            "/readyz names them; make the keys' files writable and start the server again",
        ));
    }
}

/// Opens a copy and reads its last records.
fn stopped(journal: &Path, now: SystemTime) -> (Finding, Option<JournalReader>) {
    let size = DataDirectory::size(&journal.join("db")).unwrap_or(u64::MAX);
    if size > COPY_BYTES_MAX {
        let told = format!(
            "{} MiB are not copied for this; `branchline-log verify {}` reads all of it",
            size / 1024 / 1024,
            journal.display()
        );
        return (Finding::skipped(CHECK, told), None);
    }
    let unopened = |error: anyhow::Error| {
        Finding::fail(
            CHECK,
            format!("{} does not open: {error:#}", journal.display()),
            "keep the directory as it is; `branchline-log verify` tells more, and `branchline \
             restore` makes a new one out of a backup",
        )
    };
    match JournalReader::open(journal) {
        Ok(reader) => (read_end(&reader, now).unwrap_or_else(unopened), Some(reader)),
        Err(error) => (unopened(error.into()), None),
    }
}

fn read_end(reader: &JournalReader, now: SystemTime) -> anyhow::Result<Finding> {
    let keep = "keep the directory as it is; `branchline-log verify` tells more, and a backup may \
                have what is missing";
    if let Origin::Salvaged { reason } = reader.origin() {
        return Ok(Finding::fail(CHECK, format!("its files are damaged: {reason}"), keep));
    }
    let acknowledged = reader.acknowledged()?.unwrap_or(Position::START);
    let mut last = Position::START;
    let mut decided = SystemTime::UNIX_EPOCH;
    for record in reader.records(Position(acknowledged.0.saturating_sub(LAST_RECORDS))) {
        let record = record?;
        last = record.position;
        let micros = u64::try_from(record.body.recorded_at.0).unwrap_or_default();
        decided = SystemTime::UNIX_EPOCH + Duration::from_micros(micros);
    }
    if last < acknowledged {
        let told = format!("it ends at {last}, and {acknowledged} was acknowledged");
        return Ok(Finding::fail(CHECK, told, keep));
    }
    if decided > now + CLOCK_SLACK {
        let ahead = decided.duration_since(now).unwrap_or_default().as_secs();
        return Ok(Finding::warn(
            CHECK,
            format!("its last record is {ahead} s younger than the clock of this machine"),
            "set the clock; a demo with compressed time leaves such a journal too",
        ));
    }
    Ok(Finding::ok(CHECK, format!("it opens, and its end is whole: {last} records")))
}

/// A start without them reads everything, which only takes longer.
fn checkpoints(journal: &Path) -> Finding {
    const CHECK: &str = "journal.checkpoints";
    let index = journal.join("index");
    let missing: Vec<&str> =
        ["heads", "read-models"].into_iter().filter(|name| !index.join(name).is_file()).collect();
    if missing.is_empty() {
        return Finding::ok(CHECK, "a start reads only what came after them");
    }
    let told = format!("without {} the next start reads the whole journal", missing.join(" and "));
    Finding::ok(CHECK, told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_that_do_not_move_and_keys_that_are_still_there_are_told() {
        let look = |answer: Value| {
            let mut report = Report::default();
            judge_running(&mut report, &answer);
            (report.exit_code(), report.text())
        };
        let (code, text) = look(serde_json::json!({"position": 7, "set_aside": []}));
        assert_eq!(code, 0);
        assert!(text.contains("7 records"), "{text}");
        let (code, text) = look(serde_json::json!({
            "position": 7, "set_aside": [{"lead_id": "x"}], "keys_kept": [{}, {}],
        }));
        assert_eq!(code, 5);
        assert!(text.contains("1 leads could not") && text.contains("of 2 erased"), "{text}");
    }

    #[test]
    fn a_directory_without_a_journal_is_fine_and_a_journal_without_sense_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let mut report = Report::default();
        let found = examine(&mut report, dir.path(), SystemTime::now());
        assert!(matches!(found, Journal::NotThere), "{found:?}");
        assert_eq!(report.exit_code(), 0);
        let database = dir.path().join("journal/db");
        fs::create_dir_all(&database).unwrap();
        fs::write(database.join("db"), vec![0xA5; 70_000]).unwrap();
        let mut report = Report::default();
        examine(&mut report, dir.path(), SystemTime::now());
        assert_eq!(report.exit_code(), 1);
        let text = report.text();
        assert!(text.contains("keys of this journal are gone"), "{text}");
        assert_eq!(fs::read(database.join("db")).unwrap(), vec![0xA5; 70_000]);
    }

    #[test]
    fn the_lock_of_a_server_is_seen_and_not_kept() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!is_locked(dir.path()).unwrap());
        let lock = File::create(dir.path().join("LOCK")).unwrap();
        assert!(!is_locked(dir.path()).unwrap());
        lock.try_lock().unwrap();
        assert!(is_locked(dir.path()).unwrap());
        lock.unlock().unwrap();
        assert!(!is_locked(dir.path()).unwrap());
    }
}
