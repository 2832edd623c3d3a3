//! The commands that ask a running server, as its operator types them.

mod calls;
mod events;
mod keys;
mod leads;
mod many_leads;
mod real_keys;
mod refusals;
mod shell;
mod workflows;

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use crate::server::Running;

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/demo/workflow.json");

/// A server with nothing in it, and commands that ask it.
struct Asked {
    directory: tempfile::TempDir,
    server: Running,
}

impl Asked {
    fn start() -> Self {
        Self::start_with("")
    }

    /// With these settings.
    fn start_with(settings: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = directory.path().join("branchline.toml");
        std::fs::write(&config, settings).unwrap();
        let flags = ["--config", config.to_str().unwrap()];
        let server = Running::start("serve", &directory.path().join("data"), &flags);
        Self { directory, server }
    }

    fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// A file for a command.
    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn run(&self, line: &[&str]) -> Output {
        self.run_with(line, "")
    }

    fn run_with(&self, line: &[&str], stdin: &str) -> Output {
        let mut command = branchline(self.directory.path(), line);
        command.env("BRANCHLINE_URL", self.url());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // One that wants no input may have ended.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// What a command printed, when it went well.
    #[track_caller]
    fn done(&self, line: &[&str]) -> String {
        let output = self.run(line);
        assert!(output.status.success(), "{line:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The documents that it printed, a line each.
    #[track_caller]
    fn json(&self, line: &[&str]) -> Vec<Value> {
        let printed = self.done(&[line, &["--json"]].concat());
        printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What it said when it ended with this code.
    #[track_caller]
    fn refused(&self, code: i32, line: &[&str]) -> String {
        told(&self.run(line), code)
    }

    /// An active workflow `Spring` of one call with two ends.
    fn spring(&self) {
        let graph = self.file(
            "spring.toml",
            r#"
            title = "Spring"
            settings = { default_country = "US" }
            nodes = [
                { key = "Intro", node_type = "VOICE_CALL", entry = true, config = { from_phone_number = "+12025550100" } },
                { key = "Won", node_type = "CONVERTED" },
                { key = "Lost", node_type = "DROPPED" },
            ]
            edges = [
                { from = "Intro", to = "Won", label = "COMPLETED" },
                { from = "Intro", to = "Lost" },
            ]
            "#,
        );
        self.done(&["workflow", "create", "--file", &graph]);
        self.done(&["workflow", "activate", "Spring"]);
    }

    /// The only call there is.
    fn call(&self) -> String {
        let calls = self.json(&["call", "list"]);
        assert_eq!(calls.len(), 1, "{calls:?}");
        calls[0]["id"].as_str().unwrap().to_owned()
    }
}

/// A command, without the environment of whoever runs the tests.
fn branchline(directory: &Path, line: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_branchline"));
    command.args(line).current_dir(directory);
    command.env_remove("BRANCHLINE_URL").env_remove("BRANCHLINE_API_KEY");
    command
}

#[track_caller]
fn told(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert_eq!(output.stdout, b"", "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A table without what is different each time: ids end in `#`, instants are `T`.
fn masked(table: &str) -> String {
    let mask = |word: &str| {
        let prefixes = ["wf_", "node_", "lead_", "call_", "import_"];
        match prefixes.into_iter().find(|prefix| word.starts_with(prefix)) {
            // A UUID has 36 characters.
            Some(prefix) if word.len() >= prefix.len() + 36 => format!("{prefix}#"),
            _ if word.len() == 20 && word.ends_with('Z') => "T".to_owned(),
            _ => word.to_owned(),
        }
    };
    let lines = table.lines().map(|line| {
        let words = line.split_whitespace().map(mask);
        words.collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}
