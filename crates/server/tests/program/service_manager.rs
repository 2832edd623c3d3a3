//! `branchline serve` under a service manager, and asked by `branchline healthcheck`.

use std::{
    fs,
    os::unix::net::UnixDatagram,
    path::Path,
    process::{Command, Output},
    time::Duration,
};

use crate::{client::expect, server::Running};

/// A service manager, as far as a service sees it.
struct Manager {
    dir: tempfile::TempDir,
    socket: UnixDatagram,
}

impl Manager {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(dir.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(Duration::from_mins(2))).unwrap();
        Self { dir, socket }
    }

    fn serve(&self, environment: &[(&str, &str)]) -> Running {
        let socket = self.dir.path().join("notify").display().to_string();
        let mut variables = vec![("NOTIFY_SOCKET", socket.as_str())];
        variables.extend_from_slice(environment);
        Running::start_with("serve", &self.dir.path().join("data"), &[], &variables)
    }

    /// What is told next.
    fn told(&self) -> String {
        let mut message = [0; 4_096];
        let length = self.socket.recv(&mut message).unwrap();
        String::from_utf8(message[..length].to_vec()).unwrap()
    }

    /// The next message with this line, and what came before it.
    fn told_with(&self, line: &str) -> (String, Vec<String>) {
        let mut before = Vec::new();
        loop {
            let message = self.told();
            if message.lines().any(|found| found == line) {
                return (message, before);
            }
            before.push(message);
        }
    }
}

#[test]
fn it_is_told_when_the_server_is_ready_lives_and_stops() {
    let manager = Manager::new();
    let server = manager.serve(&[("WATCHDOG_USEC", "400000")]);
    let (ready, before) = manager.told_with("READY=1");
    expect(server.address, 200, "GET", "/readyz", None);
    assert!(ready.contains("STATUS=ready at http://127.0.0.1:"), "{ready}");
    assert!(before.iter().all(|message| message.starts_with("STATUS=opening")), "{before:?}");
    for _ in 0..3 {
        let (alive, _) = manager.told_with("WATCHDOG=1");
        assert!(alive.contains("STATUS=serving http://127.0.0.1:"), "{alive}");
    }
    assert!(server.stop().success());
    let (stopping, before) = manager.told_with("STOPPING=1");
    assert!(stopping.contains("STATUS=stopping"), "{stopping}");
    assert!(!before.iter().any(|message| message.contains("READY=1")), "ready once: {before:?}");
}

#[test]
fn without_a_watchdog_no_sign_of_life_is_sent() {
    let manager = Manager::new();
    let server = manager.serve(&[]);
    let (_, _) = manager.told_with("READY=1");
    assert!(manager.told().starts_with("STATUS=serving"));
    assert!(server.stop().success());
    let (_, before) = manager.told_with("STOPPING=1");
    assert!(!before.iter().any(|message| message.contains("WATCHDOG")), "{before:?}");
}

#[test]
fn a_reload_without_anything_to_reload_does_not_end_a_service() {
    let manager = Manager::new();
    let server = manager.serve(&[]);
    manager.told_with("READY=1");
    server.signal("HUP");
    server.says("nothing to read again");
    expect(server.address, 200, "GET", "/healthz", None);
}

fn healthcheck(directory: &Path, flags: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_branchline"))
        .args(["healthcheck", "--data-dir"])
        .arg(directory)
        .args(flags)
        .output()
        .unwrap()
}

#[test]
fn a_health_check_finds_the_server_by_its_directory_or_its_url() {
    let dir = tempfile::tempdir().unwrap();
    let server = Running::start("serve", dir.path(), &[]);
    let url = format!("http://{}/", server.address);
    let elsewhere = tempfile::tempdir().unwrap();
    for (directory, flags, wanted) in [
        (dir.path(), vec![], "is ready: 0 records"),
        (dir.path(), vec!["--live"], "answers"),
        (elsewhere.path(), vec!["--url", url.as_str()], "is ready: 0 records"),
    ] {
        let output = healthcheck(directory, &flags);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(told.contains(wanted), "{told}");
    }
    server.kill();
    // The files of a server that was killed are still there.
    let output = healthcheck(dir.path(), &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn a_server_that_is_not_ready_is_told_with_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    fs::write(dir.path().join("admin-url"), format!("http://{}\n", listener.local_addr().unwrap()))
        .unwrap();
    let server = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut socket, _) = listener.accept().unwrap();
        let mut request = [0; 1_024];
        let length = socket.read(&mut request).unwrap();
        let body = r#"{"ready":false,"failure":"the disk is full"}"#;
        write!(
            socket,
            "HTTP/1.1 503 Service Unavailable\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let output = healthcheck(dir.path(), &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("503") && told.contains("the disk is full"), "{told}");
    assert!(server.join().unwrap().starts_with("GET /readyz "));
}
