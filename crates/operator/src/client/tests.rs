//! The client against servers that answer what a test wants.

use std::{
    io::Read as _,
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;

use super::*;
use crate::stub::{Flags, answer, broken, busy, ok, read_request, server, stub, write_all};

fn write() -> Ask {
    let key = IdempotencyKey::given_or_fresh(None).unwrap();
    Ask::write(Method::POST, "/workflows", &key).json(&json!({"title": "Spring"}))
}

#[test]
fn a_write_goes_again_with_the_same_key_and_body() {
    let (url, serving) = stub(vec![busy(), broken(), ok("{}")]);
    server(&url, &[]).ask(&write()).unwrap();
    let seen = serving.join().unwrap();
    assert_eq!(seen.len(), 3);
    let first = &seen[0];
    assert_eq!(first.line, "POST /v1/workflows HTTP/1.1");
    assert!(first.header("idempotency-key").unwrap().starts_with("cli-"));
    for again in &seen[1..] {
        assert_eq!(again.header("idempotency-key"), first.header("idempotency-key"));
        assert_eq!(again.body, first.body);
    }
    let other = write();
    assert_ne!(Some(other.headers[0].1.as_str()), first.header("idempotency-key"));
}

#[test]
fn a_refusal_is_final() {
    let body = r#"{"code": "wrong_status", "detail": "it is a draft", "status": 409}"#;
    let (url, serving) = stub(vec![answer("409 Conflict", "x-request-id: req-7\r\n", body)]);
    let fault = server(&url, &[]).ask(&write()).unwrap_err();
    assert_eq!(fault.to_string(), "it is a draft (wrong_status)\n  request req-7");
    assert_eq!(serving.join().unwrap().len(), 1);
}

#[test]
fn patience_ends_and_the_last_answer_is_told() {
    let (url, serving) = stub(vec![busy(), busy()]);
    let fault = server(&url, &["--retries", "1"]).ask(&Ask::get("/workflows")).unwrap_err();
    assert!(matches!(&fault, Fault::Refused(problem) if problem.status == 503), "{fault}");
    serving.join().unwrap();
}

#[test]
fn nobody_there_is_told_with_the_address() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let fault = server(&url, &["--retries", "0"]).ask(&Ask::get("/workflows")).unwrap_err();
    let told = fault.to_string();
    assert!(told.contains(&url) && told.contains("refused"), "{told}");
    assert_eq!(fault.exit_code(), crate::UNANSWERED);
}

#[test]
fn a_redirect_is_not_followed() {
    let moved = answer("307 Temporary Redirect", "location: http://192.0.2.1/\r\n", "");
    let (url, serving) = stub(vec![moved]);
    let fault = server(&url, &[]).ask(&write()).unwrap_err();
    assert!(matches!(fault, Fault::Strange { .. }), "{fault}");
    serving.join().unwrap();
}

#[test]
fn the_key_of_a_file_is_shown_to_the_server() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "key_1:secret\n").unwrap();
    let (url, serving) = stub(vec![ok("{}")]);
    let path = file.path().to_str().unwrap();
    let server = server(&url, &["--key-file", path]);
    assert!(!format!("{:?}", server.key).contains("secret"));
    server.ask(&Ask::get("/workflows")).unwrap();
    let seen = serving.join().unwrap();
    assert_eq!(seen[0].header("authorization"), Some("Bearer key_1:secret"));
}

#[test]
fn a_list_is_walked_page_by_page_as_far_as_it_is_wanted() {
    let page = |ids: &str, next: &str| {
        ok(&format!(r#"{{"data": [{ids}], "meta": {{"total": 3, "next_cursor": {next}}}}}"#))
    };
    let pages = || vec![page("1.50,2", r#""c 2""#), page("3", "null")];
    let list = || Ask::get("/workflows").query("status", Some("active"));
    let (url, serving) = stub(pages());
    let server_of_all = server(&url, &[]);
    let rows: Vec<_> =
        Pages::new(&server_of_all, None, list).map(|row| row.unwrap().get().to_owned()).collect();
    assert_eq!(rows, ["1.50", "2", "3"], "as they came");
    let seen = serving.join().unwrap();
    assert_eq!(seen[0].line, "GET /v1/workflows?status=active&limit=100 HTTP/1.1");
    assert_eq!(seen[1].line, "GET /v1/workflows?status=active&limit=100&cursor=c+2 HTTP/1.1");

    let (url, serving) = stub(pages()[..1].to_vec());
    let server = server(&url, &[]);
    assert_eq!(Pages::new(&server, Some(1), list).count(), 1);
    let seen = serving.join().unwrap();
    assert_eq!(seen[0].line, "GET /v1/workflows?status=active&limit=1 HTTP/1.1");
}

#[test]
fn a_file_is_sent_whole_each_time() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("le\"ads.csv");
    std::fs::write(&file, "phone_number\n+12125550123\n").unwrap();
    let (url, serving) = stub(vec![busy(), ok("{}")]);
    let form = FileForm::open(&file, "BOUNDARY").unwrap();
    let key = IdempotencyKey::given_or_fresh(Some("mine")).unwrap();
    let ask = Ask::write(Method::POST, "/workflows/wf_1/leads", &key).form(form);
    server(&url, &[]).ask(&ask).unwrap();
    let seen = serving.join().unwrap();
    let kind = seen[0].header("content-type").unwrap();
    assert_eq!(kind, "multipart/form-data; boundary=BOUNDARY");
    let body = String::from_utf8(seen[0].body.clone()).unwrap();
    assert_eq!(
        body,
        "--BOUNDARY\r\ncontent-disposition: form-data; name=\"file\"; \
         filename=\"le%22ads.csv\"\r\ncontent-type: application/octet-stream\r\n\r\n\
         phone_number\n+12125550123\n\r\n--BOUNDARY--\r\n"
    );
    assert_eq!(seen[1].body, seen[0].body);
    assert_eq!(seen[1].header("idempotency-key"), Some("mine"));
}

#[test]
fn a_missing_file_and_a_directory_are_told_before_anything_is_sent() {
    let directory = tempfile::tempdir().unwrap();
    for path in [directory.path().join("none.csv"), directory.path().to_owned()] {
        let told = FileForm::open(&path, "B").unwrap_err().to_string();
        assert!(told.contains("cannot read"), "{told}");
    }
}

#[test]
fn a_certificate_of_nobody_known_is_trusted_only_when_it_is_named() {
    // As openssl makes one when it is told nothing else: an authority that signed itself.
    let mut described = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    described.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let signing_key = rcgen::KeyPair::generate().unwrap();
    let cert = described.self_signed(&signing_key).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let config = Arc::new(config);
    let serving = thread::spawn(move || {
        let accept = || {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            rustls::StreamOwned::new(connection, listener.accept().unwrap().0)
        };
        // The first one goes away in the middle of the handshake.
        let mut refused: rustls::StreamOwned<_, TcpStream> = accept();
        assert!(refused.read(&mut [0]).is_err());
        drop(refused);
        let mut trusted = accept();
        let seen = read_request(&mut trusted);
        write_all(&mut trusted, &ok("{}"));
        seen
    });
    let fault = server(&url, &[]).ask(&Ask::get("/workflows")).unwrap_err();
    let told = fault.to_string();
    assert!(told.contains("--ca FILE"), "{told}");

    let pem = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(pem.path(), cert.pem()).unwrap();
    let server = server(&url, &["--ca", pem.path().to_str().unwrap()]);
    server.ask(&Ask::get("/workflows")).unwrap();
    assert_eq!(serving.join().unwrap().line, "GET /v1/workflows HTTP/1.1");
}

#[test]
fn a_file_without_certificates_is_refused() {
    let empty = tempfile::NamedTempFile::new().unwrap();
    let flags = ["--ca", empty.path().to_str().unwrap()];
    let told = Flags::of(&flags).server.server().err().unwrap().to_string();
    assert!(told.contains("none in PEM form"), "{told}");
}
