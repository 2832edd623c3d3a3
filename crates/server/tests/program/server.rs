//! A running `branchline`, killed when dropped.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long a test waits for what must come. Unit: seconds. Generous: a test machine may be slow.
const PATIENCE_S: u64 = 120;

pub(crate) struct Running {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Running {
    /// Starts the program and waits until it says where it listens.
    pub(crate) fn start(command: &str, directory: &Path, flags: &[&str]) -> Self {
        Self::start_with(command, directory, flags, &[])
    }

    /// The same, with these variables in its environment.
    pub(crate) fn start_with(
        command: &str,
        directory: &Path,
        flags: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_branchline"))
            .arg(command)
            .args(["--listen", "127.0.0.1:0", "--data-dir"])
            .arg(directory)
            .args(flags)
            .env("NO_COLOR", "1")
            .envs(environment.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let address = loop {
            let Some(line) = lines.next() else { panic!("it ended: {said:#?}") };
            let line = line.unwrap();
            let found = line.split("http://").nth(1).map(|rest| {
                rest.split(|c: char| c.is_whitespace() || c == '/')
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            });
            if let Some(address) = found {
                break address.parse().unwrap();
            }
            said.push(line);
        };
        // What is not read would stop the program once the pipe is full.
        thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// Asks it to stop, as service managers do, and waits until it has.
    pub(crate) fn stop(self) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.wait()
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until the program ends by itself.
    pub(crate) fn wait(mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed().as_secs() < PATIENCE_S, "the program did not end");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until `found` gives something.
pub(crate) fn eventually<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(began.elapsed().as_secs() < PATIENCE_S, "never came about: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
