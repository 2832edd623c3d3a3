//! A server in a process of its own.

use std::{
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::Context as _;

use super::server::Ready;
use crate::process;

/// The process, until it is dropped.
#[derive(Debug)]
pub(super) struct ServerProcess {
    child: Child,
    pub(super) address: SocketAddr,
    pub(super) leads: Vec<String>,
    /// What `Authorization` says with each key, if there are any.
    pub(super) credentials: Vec<String>,
}

impl ServerProcess {
    /// One with an engine over a fresh directory, leads that wait for their first call, and so many
    /// API keys in force.
    pub(super) fn with_engine(directory: &Path, leads: u32, keys: u32) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("http-server").arg("--data-dir").arg(directory);
        command.arg("--leads").arg(leads.to_string());
        Self::start(command.arg("--keys").arg(keys.to_string()))
    }

    /// One that answers with a constant.
    pub(super) fn with_constant() -> anyhow::Result<Self> {
        Self::start(Command::new(std::env::current_exe()?).arg("http-server"))
    }

    fn start(command: &mut Command) -> anyhow::Result<Self> {
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.context("the server's process did not start")?;
        let mut line = String::new();
        if let Some(said) = child.stdout.take() {
            BufReader::new(said).read_line(&mut line)?;
        }
        let Ready { port, leads, credentials } =
            serde_json::from_str(&line).context("the server's process did not come up")?;
        let address = (Ipv4Addr::LOCALHOST, port).into();
        Ok(Self { child, address, leads, credentials })
    }

    /// Processor time so far. Unit: milliseconds.
    pub(super) fn cpu_ms(&self) -> Option<f64> {
        process::cpu_ms_of(self.child.id())
    }

    /// Resident memory. Unit: megabytes.
    pub(super) fn rss_mb(&self) -> Option<f64> {
        process::rss_mb_of(self.child.id())
    }

    /// Lets it end what it does, and waits.
    pub(super) fn stop(mut self) -> anyhow::Result<()> {
        drop(self.child.stdin.take());
        let ended = self.child.wait()?;
        anyhow::ensure!(ended.success(), "the server's process ended with {ended}");
        Ok(())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // After an error; one that has ended already is not there to be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
