//! A throw-away cluster.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;

use super::{
    pgbench::{self, PostgresRun},
    programs::{Programs, Skipped, User, output_of},
    script::{self, Style},
};

/// How long the server may take to answer for the first time.
const START_MAX: Duration = Duration::from_mins(1);

/// The superuser of the cluster.
const ROLE: &str = "branchline";

/// Settings beside the defaults. Those of durability are the defaults, said aloud; those of memory
/// give the work room to stay out of the way of checkpoints.
const SETTINGS: [&str; 9] = [
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "shared_buffers=256MB",
    "max_wal_size=4GB",
    "checkpoint_timeout=30min",
    "max_connections=100",
    "listen_addresses=",
    "unix_socket_permissions=0777",
];

/// A running server with no data. Stopped and deleted when dropped.
#[derive(Debug)]
pub(crate) struct Cluster {
    programs: Programs,
    server: Child,
    place: tempfile::TempDir,
}

impl Cluster {
    /// Makes and starts one, or says why there is none.
    pub(crate) fn start() -> Result<Self, Skipped> {
        let programs = Programs::find()?;
        Self::start_with(programs).map_err(|error| Skipped::because(format!("{error:#}")))
    }

    fn start_with(programs: Programs) -> anyhow::Result<Self> {
        let place = tempfile::Builder::new().prefix("branchline-pg-").tempdir()?;
        if let Some(User { uid, gid }) = programs.user {
            std::os::unix::fs::chown(place.path(), Some(uid), Some(gid))?;
        }
        let data = place.path().join("data");
        let mut initdb = programs.command("initdb", place.path());
        initdb.arg("-D").arg(&data).args(["-U", ROLE, "-A", "trust", "-E", "UTF8", "--no-locale"]);
        output_of(&mut initdb)?;
        let log = File::create(place.path().join("server.log"))?;
        let mut server = programs.command("postgres", place.path());
        server.arg("-D").arg(&data).stdout(Stdio::null()).stderr(log);
        for setting in SETTINGS {
            server.args(["-c", setting]);
        }
        server.arg("-c").arg(format!("unix_socket_directories={}", place.path().display()));
        let server = server.spawn().context("postgres does not start")?;
        let mut cluster = Self { programs, server, place };
        cluster.wait_until_it_answers()?;
        Ok(cluster)
    }

    fn wait_until_it_answers(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        while let Err(error) = self.sql("select 1") {
            if let Some(status) = self.server.try_wait()? {
                let log = fs::read_to_string(self.place.path().join("server.log"))?;
                let last = log.lines().last().unwrap_or_default();
                anyhow::bail!("postgres ended with {status}: {last}");
            }
            anyhow::ensure!(began.elapsed() < START_MAX, "postgres does not answer: {error:#}");
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Takes leads through both calls, in fresh tables, and checks that it was done. Their number is
    /// rounded up, so that each connection has as many.
    pub(crate) fn measure(&self, style: Style, leads: u32) -> anyhow::Result<PostgresRun> {
        let share = script::Share::of(leads);
        for statement in script::schema(share) {
            self.sql(&statement)?;
        }
        let file = self.place.path().join("transition.sql");
        fs::write(&file, style.script())?;
        let run = pgbench::run(self, share, &file)?;
        let found = self.sql(script::COUNT)?;
        let expected = format!("{0}|{0}|{1}", share.leads(), share.events());
        anyhow::ensure!(
            found.trim() == expected,
            "PostgreSQL counts {} as leads|ended|events, expected {expected}",
            found.trim()
        );
        Ok(run)
    }

    /// A client program that is told where the server is. It runs as the server's user, too: what it
    /// writes goes into the cluster's directory.
    pub(super) fn client(&self, name: &str) -> Command {
        let mut client = self.programs.command(name, self.place.path());
        client.arg("-h").arg(self.place.path()).args(["-U", ROLE]);
        client
    }

    /// What a statement gives, a row a line, columns apart by `|`.
    fn sql(&self, statement: &str) -> anyhow::Result<String> {
        let mut psql = self.client("psql");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-c"]);
        output_of(psql.arg(statement))
    }

    /// Where its files lie.
    pub(super) fn directory(&self) -> &Path {
        self.place.path()
    }

    /// The process that all of the server's others descend from.
    pub(super) fn process(&self) -> u32 {
        self.server.id()
    }

    fn data(&self) -> PathBuf {
        self.place.path().join("data")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = self.programs.command("pg_ctl", self.place.path());
        stop.args(["stop", "-m", "immediate", "-w", "-D"]).arg(self.data());
        if output_of(&mut stop).is_err() {
            // Its own children end when they miss it. Nothing more can be done about an error here.
            drop(self.server.kill());
        }
        drop(self.server.wait());
    }
}
