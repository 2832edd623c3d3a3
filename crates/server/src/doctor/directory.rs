//! The data directory: whose it is, who else can read it, and what it lies on.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use rustix::{fs::statvfs, process::geteuid};

use super::{
    finding::{Finding, Report},
    mounts::{Mount, mount_of},
    syncing,
};

/// Less room than this is soon gone: a thousand leads an hour write some 10 MB, and a checkpoint is
/// written aside before the one before it goes. Unit: bytes.
const ROOM_WARN_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// With less the journal stops before long. Unit: bytes.
const ROOM_FAIL_BYTES: u64 = 128 * 1024 * 1024;
/// The journal has some dozens of files. Unit: files.
const FILES_WARN: u64 = 1_000;

pub(super) fn examine(report: &mut Report, data_dir: &Path) {
    let there = existing(data_dir);
    report.add(ownership(data_dir, &there));
    if let Some(finding) = keys(data_dir) {
        report.add(finding);
    }
    let space = statvfs(&there).map_err(std::io::Error::from);
    match space {
        Ok(space) => {
            report.add(room(space.f_bavail * space.f_frsize, space.f_blocks * space.f_frsize));
            report.add(files(space.f_favail, space.f_files));
        }
        Err(error) => {
            report.add(Finding::skipped("disk.space", format!("{}: {error}", there.display())));
        }
    }
    let mount = fs::read_to_string("/proc/self/mountinfo")
        .ok()
        .and_then(|text| mount_of(&fs::canonicalize(&there).ok()?, &text));
    report.add(match mount {
        Some(mount) => kind(&mount),
        None => Finding::skipped("disk.kind", "this system does not tell its file systems"),
    });
    report.add(syncing::examine(&there));
}

/// The directory, or the nearest one above it that is there: a start makes the rest.
fn existing(data_dir: &Path) -> PathBuf {
    let absolute = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    let found = absolute.ancestors().find(|ancestor| ancestor.is_dir());
    found.unwrap_or_else(|| Path::new("/")).to_owned()
}

/// Whose the directory is, and who else may look into it.
fn ownership(data_dir: &Path, there: &Path) -> Finding {
    const CHECK: &str = "data_dir";
    let shown = data_dir.display();
    let metadata = match fs::metadata(data_dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Finding::ok(
                CHECK,
                format!("{shown} is not there yet; a start makes it in {}", there.display()),
            );
        }
        Err(error) => {
            let told = format!("{shown} cannot be looked at: {error}");
            return Finding::fail(CHECK, told, "run this as the user of the server");
        }
        Ok(metadata) if !metadata.is_dir() => {
            let advice = "name a directory in storage.data_dir";
            return Finding::fail(CHECK, format!("{shown} is no directory"), advice);
        }
        Ok(metadata) => metadata,
    };
    let (owner, us) = (metadata.uid(), geteuid().as_raw());
    if owner != us && us != 0 {
        return Finding::fail(
            CHECK,
            format!("{shown} belongs to user {owner}, and this is user {us}"),
            "run server and doctor as the same user, or give it the directory with chown -R",
        );
    }
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Finding::warn(
            CHECK,
            format!("others than its owner have rights to {shown} ({mode:o})"),
            format!("chmod 700 {shown}"),
        );
    }
    Finding::ok(CHECK, format!("{shown} is user {owner}'s alone"))
}

/// The keys of leads and organisations must be readable by the server's user only.
fn keys(data_dir: &Path) -> Option<Finding> {
    const CHECK: &str = "data_dir.keys";
    let entries = fs::read_dir(data_dir.join("keys")).ok()?;
    let open = entries.flatten().find(|entry| {
        let is_open = |metadata: fs::Metadata| metadata.is_file() && metadata.mode() & 0o077 != 0;
        entry.metadata().is_ok_and(is_open)
    });
    Some(match open {
        None => Finding::ok(CHECK, "the keys are their owner's alone"),
        Some(entry) => {
            let file = entry.path();
            Finding::fail(
                CHECK,
                format!("others can read the keys of leads in {}", file.display()),
                format!("chmod 600 {}; who read them can read what was recorded", file.display()),
            )
        }
    })
}

fn room(free: u64, all: u64) -> Finding {
    const CHECK: &str = "disk.space";
    let told = format!("{} of {} are free", bytes(free), bytes(all));
    let advice = "make room, or move the data directory to a larger disk: a full disk stops the \
                  journal, and nothing is taken until somebody has made room and started it again";
    match free {
        0..ROOM_FAIL_BYTES => Finding::fail(CHECK, told, advice),
        ROOM_FAIL_BYTES..ROOM_WARN_BYTES => Finding::warn(CHECK, told, advice),
        ROOM_WARN_BYTES.. => Finding::ok(CHECK, told),
    }
}

/// Some file systems have no fixed number of files, and say 0 of 0.
fn files(free: u64, all: u64) -> Finding {
    const CHECK: &str = "disk.files";
    match (free, all) {
        (_, 0) => Finding::ok(CHECK, "as many files as there is room"),
        (0..FILES_WARN, _) => Finding::warn(
            CHECK,
            format!("{free} more files can be made, of {all}"),
            "delete files that nobody needs: without a free inode no checkpoint is written",
        ),
        (FILES_WARN.., _) => Finding::ok(CHECK, format!("{free} more files can be made")),
    }
}

/// Whether the file system keeps what it syncs, and locks what it is told to lock.
fn kind(mount: &Mount) -> Finding {
    const CHECK: &str = "disk.kind";
    let told = format!("{} at {}", mount.kind, mount.point.display());
    match mount.kind.as_str() {
        "tmpfs" | "ramfs" => Finding::warn(
            CHECK,
            format!("{told} is memory: a restart of the machine takes the whole journal"),
            "put the data directory on a disk",
        ),
        "overlay" | "aufs" => Finding::warn(
            CHECK,
            format!("{told} is the layer of a container, and goes with it"),
            "mount a volume at the data directory",
        ),
        "nfs" | "nfs4" | "cifs" | "smb3" | "9p" | "ceph" | "glusterfs" | "virtiofs" => {
            network(&told)
        }
        kind if kind.starts_with("fuse") => network(&told),
        "btrfs" | "zfs" | "bcachefs" => Finding::warn(
            CHECK,
            format!(
                "{told} never overwrites: the key of an erased lead may be found in old blocks"
            ),
            "use ext4 or xfs, or keep no snapshots and put it on an encrypted disk (SECURITY.md)",
        ),
        _ => Finding::ok(CHECK, told),
    }
}

fn network(told: &str) -> Finding {
    Finding::warn(
        "disk.kind",
        format!(
            "{told} is reached over a network or a program: locks and syncs may not hold there"
        ),
        "put the data directory on a disk of this machine: two servers on one journal destroy it",
    )
}

/// A size for people.
fn bytes(size: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB")];
    for (unit, name) in UNITS {
        if size >= unit {
            return format!("{}.{} {name}", size / unit, size % unit * 10 / unit);
        }
    }
    format!("{size} bytes")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::{super::finding::Level, *};

    #[test]
    fn little_room_is_a_warning_and_hardly_any_a_failure() {
        let gib = 1 << 30;
        for (free, level) in
            [(5 * gib, Level::Ok), (gib, Level::Warn), (gib / 16, Level::Fail), (0, Level::Fail)]
        {
            assert_eq!(room(free, 10 * gib).level, level, "{free}");
        }
        assert!(room(5 * gib + gib / 2, 10 * gib).found.contains("5.5 GiB of 10.0 GiB"));
        assert_eq!(files(10, 100_000).level, Level::Warn);
        assert_eq!(files(90_000, 100_000).level, Level::Ok);
        assert_eq!(files(0, 0).level, Level::Ok);
    }

    #[test]
    fn file_systems_that_keep_nothing_or_lock_nothing_are_told() {
        for (name, level) in [
            ("ext4", Level::Ok),
            ("xfs", Level::Ok),
            ("tmpfs", Level::Warn),
            ("overlay", Level::Warn),
            ("nfs4", Level::Warn),
            ("fuse.sshfs", Level::Warn),
            ("zfs", Level::Warn),
        ] {
            let found = kind(&Mount { point: "/data".into(), kind: name.into() });
            assert_eq!(found.level, level, "{found:?}");
        }
    }

    #[test]
    fn a_directory_that_others_can_read_is_told_and_so_are_their_keys() {
        let place = tempfile::tempdir().unwrap();
        let dir = place.path().join("data");
        assert_eq!(ownership(&dir, &existing(&dir)).level, Level::Ok, "it will be made");
        assert_eq!(existing(&dir.join("a/b")), place.path());
        fs::create_dir_all(dir.join("keys")).unwrap();
        let set = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        set(&dir, 0o755);
        assert_eq!(ownership(&dir, &dir).level, Level::Warn);
        set(&dir, 0o700);
        assert_eq!(ownership(&dir, &dir).level, Level::Ok);
        let file = dir.join("keys/leads.keys");
        fs::write(&file, "").unwrap();
        set(&file, 0o640);
        assert_eq!(keys(&dir).unwrap().level, Level::Fail);
        set(&file, 0o600);
        assert_eq!(keys(&dir).unwrap().level, Level::Ok);
        assert_eq!(ownership(&file, &file).level, Level::Fail, "a file is no directory");
    }
}
