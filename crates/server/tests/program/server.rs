//! A running `branchline`, killed when dropped.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

/// How long a test waits for what must come. Unit: seconds. Generous: a test machine may be slow.
const PATIENCE_S: u64 = 120;

pub(crate) struct Running {
    child: Child,
    /// What it has said since it told where it listens.
    lines: Receiver<String>,
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
            let found = line.split_once("://").map(|(_, rest)| {
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
        let (say, heard) = mpsc::channel();
        thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| drop(say.send(line)));
        });
        Self { child, lines: heard, address }
    }

    /// Asks it to stop, as service managers do, and waits until it has.
    pub(crate) fn stop(self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The process, for what the system says of it.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, such as `HUP`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// Waits until it says a line with this text.
    pub(crate) fn says(&self, text: &str) -> String {
        let mut said = Vec::new();
        loop {
            match self.lines.recv_timeout(Duration::from_secs(PATIENCE_S)) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => said.push(line),
                Err(error) => panic!("never said `{text}` ({error}): {said:#?}"),
            }
        }
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
