//! Which file system a directory is on, from `/proc/self/mountinfo`: proc(5).

use std::path::{Path, PathBuf};

/// A mounted file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    /// Where it is seen.
    pub(super) point: PathBuf,
    /// As the kernel calls it: `ext4`, `nfs4`, `tmpfs`.
    pub(super) kind: String,
}

/// The file system of a path, which must be absolute and without links.
pub(super) fn mount_of(path: &Path, mountinfo: &str) -> Option<Mount> {
    let mounts = mountinfo.lines().filter_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let point = PathBuf::from(unescaped(before.split(' ').nth(4)?));
        let kind = after.split(' ').next()?.to_owned();
        path.starts_with(&point).then_some(Mount { point, kind })
    });
    // The innermost one, and of several at one place the last: it covers the others.
    mounts.max_by_key(|mount| mount.point.components().count())
}

/// The kernel writes spaces, tabs, line feeds and backslashes as three octal digits.
fn unescaped(text: &str) -> String {
    [(r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", r"\")]
        .iter()
        .fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTINFO: &str = "\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:25 / /var/lib rw,nosuid shared:2 master:1 - tmpfs tmpfs rw,size=10%
31 22 0:26 / /mnt/my\\040disk rw - nfs4 host:/export rw,vers=4.2
32 22 0:27 / /var/lib rw - xfs /dev/vdb rw
";

    #[test]
    fn the_innermost_and_newest_mount_is_the_one() {
        for (path, kind) in [
            ("/home/me/data", "ext4"),
            ("/var/lib/branchline", "xfs"),
            ("/var/library", "ext4"),
            ("/mnt/my disk/data", "nfs4"),
        ] {
            assert_eq!(mount_of(Path::new(path), MOUNTINFO).unwrap().kind, kind, "{path}");
        }
        assert_eq!(mount_of(Path::new("/"), "nonsense\n"), None);
    }
}
