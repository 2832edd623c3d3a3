//! A server with TLS that logs everything, and everything that it says.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command},
};

use crate::{server::eventually, tls};

/// Files, the process, and what was heard of it.
pub(super) struct Place {
    pub(super) dir: tempfile::TempDir,
    child: Option<Child>,
}

impl Place {
    /// Certificate, key and configuration; the server does not run yet.
    pub(super) fn new() -> Self {
        let place = Self { dir: tempfile::tempdir().unwrap(), child: None };
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(place.file("cert.pem"), made.cert.pem()).unwrap();
        fs::write(place.file("key.pem"), made.signing_key.serialize_pem()).unwrap();
        place
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(super) fn data(&self) -> PathBuf {
        self.file("data")
    }

    /// Starts the server: every line of every part of it goes to `log`.
    pub(super) fn serve(&mut self, environment: &[(&str, &str)]) -> SocketAddr {
        let path = |name: &str| self.file(name).display().to_string();
        let config = format!(
            "[server]\ntls_cert_path = \"{}\"\ntls_key_path = \"{}\"\n\
             [log]\nfilter = \"trace\"\nformat = \"json\"\nrequests = \"all\"\n\
             [applications]\nallow_private_addresses = true\n\
             secret_hosts = [\"CRM_TOKEN 127.0.0.1\", \"OTHER_TOKEN other.example\"]\n\
             [audit]\nsigning_key_path = \"{}\"\n",
            path("cert.pem"),
            path("key.pem"),
            path("journal.key"),
        );
        fs::write(self.file("config.toml"), config).unwrap();
        let log = |name: &str| fs::File::create(self.file(name)).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_branchline"))
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(self.file("config.toml"))
            .arg("--data-dir")
            .arg(self.data())
            .envs(environment.iter().copied())
            .stdout(log("out"))
            .stderr(log("log"))
            .spawn()
            .unwrap();
        self.child = Some(child);
        let url = eventually("the server says where it is", || {
            fs::read_to_string(self.data().join("admin-url")).ok().filter(|url| url.ends_with('\n'))
        });
        url.trim().strip_prefix("https://").unwrap().parse().unwrap()
    }

    /// Reads certificate and key again.
    pub(super) fn hang_up(&self) {
        self.signal("HUP");
    }

    pub(super) fn stop(&mut self) {
        self.signal("TERM");
        let ended = self.child.take().unwrap().wait().unwrap();
        assert!(ended.success(), "{}", self.log());
    }

    fn signal(&self, name: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// All that it has logged so far.
    pub(super) fn log(&self) -> String {
        let read = |name: &str| fs::read(self.file(name)).unwrap();
        String::from_utf8_lossy(&[read("out"), read("log")].concat()).into_owned()
    }

    /// Sends bytes over a connection of their own; gives all that is answered, headers too.
    pub(super) fn say(&self, address: SocketAddr, bytes: &[u8]) -> String {
        let mut stream = tls::connect(address, &self.file("shown.pem")).unwrap();
        // A server that has heard enough may close before it has heard all.
        let _ = stream.write_all(bytes).and_then(|()| stream.flush());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Every file under a directory.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}
