//! The server that is tried, and how much memory it has.

use std::{fs, net::SocketAddr};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::is_full;
use crate::server::Running;

/// Most memory that a server may ever have had, whatever was done to it. Unit: bytes. The dearest are a
/// thousand readers that do not read: the library keeps half a megabyte of answers for each.
const MEMORY_MAX: u64 = 768 << 20;

/// Files that the tests and the server need besides connections.
const OTHER_FILES: u64 = 512;

/// A server of its own directory.
pub(super) struct Target {
    server: Running,
    pub(super) directory: tempfile::TempDir,
}

impl Target {
    /// Starts one. In the short form nobody waits as long as by default.
    pub(super) fn start(more: &str) -> Self {
        let quick = if is_full() {
            ""
        } else {
            "head_timeout_s = 2\nbody_idle_s = 2\nanswer_stall_s = 2\n"
        };
        Self::start_with(&format!("{quick}{more}"))
    }

    /// Starts one with these limits.
    pub(super) fn start_with(limits: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = directory.path().join("hostile.toml");
        fs::write(&config, format!("[limits]\n{limits}")).unwrap();
        let data = directory.path().join("data");
        let server = Running::start("serve", &data, &["--config", config.to_str().unwrap()]);
        Self { server, directory }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Fails when the server has ever taken too much memory; says how much that was.
    #[track_caller]
    pub(super) fn stayed_small(&self, what: &str) {
        // Only Linux says so.
        let Ok(status) = fs::read_to_string(format!("/proc/{}/status", self.server.id())) else {
            eprintln!("{what}: this system does not tell how much memory the server has");
            return;
        };
        let kilobytes = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim_start_matches(':').split_whitespace().next().unwrap().parse().unwrap()
        };
        let (most, now) = (kilobytes("VmHWM"), kilobytes("VmRSS"));
        eprintln!("{what}: the server had at most {} MB, and has {} MB", most / 1_000, now / 1_000);
        assert!(most * 1_024 < MEMORY_MAX, "{what}: the server had {most} kB");
    }
}

/// Lets this process, and the server that it starts, have so many connections. Says why not, when it may not.
pub(super) fn may_connect(connections: usize) -> bool {
    let wanted = connections as u64 + OTHER_FILES;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= wanted) {
        return true;
    }
    let raised = Rlimit { current: Some(wanted), maximum };
    let allowed = maximum.is_none_or(|maximum| maximum >= wanted);
    let may = allowed && setrlimit(Resource::Nofile, raised).is_ok();
    if !may {
        eprintln!("SKIPPED: {connections} connections want `ulimit -Hn` to be {wanted} or more");
    }
    may
}
