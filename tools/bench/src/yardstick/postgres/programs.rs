//! Where PostgreSQL's programs are, and as whom they may run.

use std::{
    env, fmt, fs,
    os::unix::{fs::MetadataExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::Context as _;

/// What must lie in one folder.
const NEEDED: [&str; 5] = ["initdb", "postgres", "pg_ctl", "psql", "pgbench"];

/// Folders in which distributions keep them, one a version. They are seldom on the search path.
const HOMES: [&str; 3] = ["/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt"];

/// Why there are no figures of PostgreSQL.
#[derive(Clone, Debug)]
pub(crate) struct Skipped(String);

impl Skipped {
    /// Nobody asked for it.
    pub(crate) fn unwanted() -> Self {
        Self("not asked for".into())
    }

    pub(super) fn because(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A user of the system: PostgreSQL refuses to run as root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct User {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// One version's programs.
#[derive(Debug)]
pub(super) struct Programs {
    folder: PathBuf,
    /// Whom the server runs as, when we are root.
    pub(super) user: Option<User>,
}

impl Programs {
    /// The newest version that has all of them.
    pub(super) fn find() -> Result<Self, Skipped> {
        let folder = folders().into_iter().find(|folder| has_all(folder)).ok_or_else(|| {
            Skipped::because(
                "initdb and pgbench are not found, neither on PATH nor in \
                 /usr/lib/postgresql/*/bin (Debian: apt-get install postgresql)",
            )
        })?;
        // The kernel shows our own process under the user that it runs as.
        let we = fs::metadata("/proc/self").map(|process| process.uid()).unwrap_or_default();
        let user = if we == 0 { Some(unprivileged()?) } else { None };
        Ok(Self { folder, user })
    }

    /// A program, run as the server's user, in this directory.
    pub(super) fn command(&self, name: &str, directory: &Path) -> Command {
        let mut command = Command::new(self.folder.join(name));
        command
            .current_dir(directory)
            .stdin(Stdio::null())
            .env("LC_ALL", "C")
            .env_remove("PGOPTIONS");
        if let Some(User { uid, gid }) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }
}

/// Runs a program to its end and gives what it printed.
pub(super) fn output_of(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("{command:?} does not start"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{command:?}: {}: {}", output.status, said.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn has_all(folder: &Path) -> bool {
    NEEDED.iter().all(|name| folder.join(name).is_file())
}

/// Folders to look in: where `initdb` on the search path really lies, then every version's own one.
fn folders() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path)
        .filter_map(|folder| fs::canonicalize(folder.join("initdb")).ok())
        .filter_map(|program| program.parent().map(Path::to_owned))
        .collect();
    for home in HOMES {
        let versions = fs::read_dir(home).into_iter().flatten().flatten();
        let mut versions: Vec<PathBuf> = versions.map(|version| version.path()).collect();
        versions.sort_by_key(|version| std::cmp::Reverse(version_of(version)));
        folders.extend(versions.into_iter().map(|version| version.join("bin")));
    }
    folders
}

/// The number at the end of a folder's name; 0 where there is none.
fn version_of(folder: &Path) -> u32 {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let digits = name.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    digits.parse().unwrap_or_default()
}

/// `postgres`, or else `nobody`.
fn unprivileged() -> Result<User, Skipped> {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    ["postgres", "nobody"].iter().find_map(|name| user_in(&users, name)).ok_or_else(|| {
        Skipped::because(
            "PostgreSQL does not run as root, and there is neither a user postgres nor nobody",
        )
    })
}

/// A line of `/etc/passwd`: name, password, user, group, …
fn user_in(users: &str, name: &str) -> Option<User> {
    let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut numbers = line.split(':').skip(2).map(str::parse);
    let (uid, gid) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    (uid != 0).then_some(User { uid, gid })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_read_by_its_whole_name_and_root_is_none() {
        let users = "root:x:0:0:root:/root:/bin/sh\npostgres2:x:7:7::/:/bin/sh\n\
                     postgres:x:101:104:,,,:/var/lib/postgresql:/bin/bash\n";
        assert_eq!(user_in(users, "postgres"), Some(User { uid: 101, gid: 104 }));
        assert_eq!(user_in(users, "root"), None);
        assert_eq!(user_in(users, "nobody"), None);
    }

    #[test]
    fn newer_versions_are_found_by_number_not_by_letters() {
        let of = |name: &str| version_of(Path::new(name));
        assert!(of("/usr/lib/postgresql/15") > of("/usr/lib/postgresql/9"));
        assert_eq!(of("/opt/homebrew/opt/postgresql@17"), 17);
        assert_eq!(of("/usr/lib/postgresql/lib"), 0);
    }
}
