//! `branchline serve` with a certificate of its own.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use branchline_admin_files::{certificate_file, tls_client, url_file};
use rcgen::{CertifiedKey, KeyPair};
use rustls::{
    ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    version::{TLS12, TLS13},
};

use crate::{
    client::ask,
    operator::directory::done,
    server::{Running, eventually},
};

/// Certificate, key and data directory of one server.
struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { dir: tempfile::tempdir().unwrap() };
        place.renew("calls.example.com");
        place
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Puts a new certificate for this name there, and its key.
    fn renew(&self, name: &str) -> CertifiedKey<KeyPair> {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        fs::write(self.file("key.pem"), made.signing_key.serialize_pem()).unwrap();
        fs::write(self.file("cert.pem"), made.cert.pem()).unwrap();
        made
    }

    fn serve(&self) -> Running {
        let cert = self.file("cert.pem").display().to_string();
        let key = self.file("key.pem").display().to_string();
        let environment = [
            ("BRANCHLINE_SERVER_TLS_CERT_PATH", cert.as_str()),
            ("BRANCHLINE_SERVER_TLS_KEY_PATH", key.as_str()),
        ];
        Running::start_with("serve", &self.data(), &[], &environment)
    }
}

/// An encrypted connection to a server with the certificate in this file. `None` when it shows
/// another one, or does not speak TLS.
pub(crate) fn connect(
    address: SocketAddr,
    certificate: &Path,
) -> Option<StreamOwned<ClientConnection, TcpStream>> {
    let config = tls_client(RootCertStore::empty(), Some(certificate.to_owned())).unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut socket = TcpStream::connect(address).ok()?;
    while connection.is_handshaking() {
        connection.complete_io(&mut socket).ok()?;
    }
    Some(StreamOwned::new(connection, socket))
}

/// Asks for this path; gives the whole answer.
fn get(stream: &mut StreamOwned<ClientConnection, TcpStream>, path: &str) -> String {
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn with_a_certificate_it_answers_encrypted_and_nothing_else() {
    let place = Place::new();
    let server = place.serve();
    let mut stream = connect(server.address, &place.file("cert.pem")).unwrap();
    let answer = get(&mut stream, "/healthz");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let answer = answer.to_lowercase();
    assert!(answer.contains("strict-transport-security: max-age=31536000\r\n"), "{answer}");
    // What is answered before there is a request says so too.
    let mut stream = connect(server.address, &place.file("cert.pem")).unwrap();
    stream.write_all(b"this is no HTTP\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let answer = answer.to_lowercase();
    assert!(answer.starts_with("http/1.1 400"), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age=31536000\r\n"), "{answer}");
    // In clear there is no answer at all.
    assert_eq!(ask(server.address, "GET", "/healthz", None), None);
    assert!(server.stop().success());
    assert!(!certificate_file(&place.data()).exists(), "it goes with the server");
}

#[test]
fn both_versions_of_the_protocol_that_are_safe_are_spoken() {
    let place = Place::new();
    let server = place.serve();
    for version in [&TLS12, &TLS13] {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        let pem = fs::read(place.file("cert.pem")).unwrap();
        roots.add(CertificateDer::from_pem_slice(&pem).unwrap()).unwrap();
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("calls.example.com").unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let socket = TcpStream::connect(server.address).unwrap();
        let mut stream = StreamOwned::new(connection, socket);
        assert!(get(&mut stream, "/healthz").starts_with("HTTP/1.1 200"));
        assert_eq!(stream.conn.protocol_version(), Some(version.version));
    }
}

#[test]
fn a_new_certificate_is_shown_without_a_restart_and_open_connections_go_on() {
    let place = Place::new();
    let old = place.file("old.pem");
    fs::copy(place.file("cert.pem"), &old).unwrap();
    let server = place.serve();
    let mut before = connect(server.address, &old).unwrap();
    place.renew("renewed.example.com");
    server.signal("HUP");
    let new = place.file("cert.pem");
    eventually("the new one is shown", || connect(server.address, &new));
    assert!(connect(server.address, &old).is_none(), "and not the old one");
    assert!(get(&mut before, "/healthz").starts_with("HTTP/1.1 200"));
    // Who looks for the server in its directory knows it too.
    let found = fs::read_to_string(url_file(&place.data())).unwrap();
    assert_eq!(found.trim(), format!("https://{}", server.address));
    assert!(connect(server.address, &certificate_file(&place.data())).is_some());
}

#[test]
fn a_new_certificate_is_found_without_a_signal_too() {
    let place = Place::new();
    let server = place.serve();
    place.renew("renewed.example.com");
    eventually("it is found", || connect(server.address, &place.file("cert.pem")));
}

#[test]
fn a_broken_pair_leaves_the_one_before_in_use() {
    let place = Place::new();
    let old = place.file("old.pem");
    fs::copy(place.file("cert.pem"), &old).unwrap();
    let old_key = fs::read(place.file("key.pem")).unwrap();
    let server = place.serve();
    place.renew("renewed.example.com");
    fs::write(place.file("key.pem"), old_key).unwrap();
    server.signal("HUP");
    server.says("the TLS certificate before it stays in use");
    assert!(connect(server.address, &old).is_some());
    place.renew("again.example.com");
    server.signal("HUP");
    eventually("the whole pair is used", || connect(server.address, &place.file("cert.pem")));
}

#[test]
fn who_connects_and_says_nothing_is_let_go() {
    let place = Place::new();
    let server = place.serve();
    let mut silent = TcpStream::connect(server.address).unwrap();
    silent.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let mut heard = Vec::new();
    assert_eq!(silent.read_to_end(&mut heard).unwrap_or(0), 0);
    assert!(connect(server.address, &place.file("cert.pem")).is_some());
}

#[test]
fn the_operator_reaches_a_server_with_a_certificate_for_another_name() {
    let place = Place::new();
    let server = place.serve();
    let out = place.file("monday.blocks");
    let health = done(&place.data(), &["healthcheck"]);
    assert!(health.contains(&format!("https://{} is ready", server.address)), "{health}");
    let said = done(&place.data(), &["backup", &out.display().to_string()]);
    assert!(said.contains("records in"), "{said}");
    assert!(server.stop().success());
}
