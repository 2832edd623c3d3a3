//! Bodies that are too much.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use super::{Size, bystander::Bystander, target::Target};
use crate::operator::directory::workflow;

/// Sends a head and then so many bytes, in chunks or as they are; gives what is answered. A server that has
/// answered need not take the rest.
fn send(address: SocketAddr, head: &str, chunked: bool, bytes: usize) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(2))).unwrap();
    stream.set_write_timeout(Some(Duration::from_mins(2))).unwrap();
    let length = if chunked {
        "transfer-encoding: chunked".into()
    } else {
        format!("content-length: {bytes}")
    };
    stream.write_all(format!("{head}{length}\r\n\r\n").as_bytes()).unwrap();
    let row = b"+12125550123,somebody\n".repeat(2_979);
    let mut piece = row[..65_536].to_vec();
    if chunked {
        piece = [b"10000\r\n".to_vec(), piece, b"\r\n".to_vec()].concat();
    }
    let mut sending = stream.try_clone().unwrap();
    let sent =
        std::thread::spawn(move || (0..bytes / 65_536).all(|_| sending.write_all(&piece).is_ok()));
    let mut heard = Vec::new();
    let _reset = stream.read_to_end(&mut heard);
    assert!(!sent.join().unwrap() || !heard.is_empty(), "nothing is answered");
    String::from_utf8_lossy(&heard).into_owned()
}

/// Source: docs/http-limits.md, `json_body_max_bytes`, `file_max_bytes`.
#[test]
fn a_body_of_100_megabytes_is_413_declared_or_in_chunks() {
    let size = Size::of_run();
    let target = Target::start(if super::is_full() { "" } else { "file_max_bytes = 4_000_000\n" });
    let address = target.address();
    let leads = format!("{}/leads", workflow(address));
    let bystander = Bystander::of(address);
    for (path, kind) in [
        ("/v1/workflows", "application/json"),
        ("/v1/call-logs/status", "application/json"),
        (&leads, "application/json"),
        (&leads, "text/csv"),
    ] {
        for chunked in [false, true] {
            let head =
                format!("POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: {kind}\r\n");
            let heard = send(address, &head, chunked, size.body_bytes);
            assert!(heard.starts_with("HTTP/1.1 413 "), "{path} {kind} {chunked}: {heard}");
            assert!(heard.contains("\"body_too_large\""), "{heard}");
            assert_eq!(heard.matches("HTTP/1.1 ").count(), 1, "{heard}");
        }
    }
    bystander.was_served("long bodies");
    target.stayed_small("long bodies");
    let uploads = crate::secrets::files(&target.directory.path().join("data"));
    let left: u64 = uploads.iter().map(|file| file.metadata().map_or(0, |data| data.len())).sum();
    assert!(left < 50_000_000, "{left} bytes are left of what was refused");
}

/// Source: docs/http-limits.md, `json_depth_max`.
#[test]
fn brackets_and_nothing_else_are_400_many_times_over() {
    let target = Target::start("");
    let bystander = Bystander::of(target.address());
    for (open, times) in [("[", 2_000_000), ("{\"a\":", 400_000), ("[[{\"a\":", 250_000)] {
        for _ in 0..8 {
            let body = open.repeat(times);
            let request = format!(
                "POST /v1/workflows HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-type: \
                 application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            let mut stream = TcpStream::connect(target.address()).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            let mut heard = String::new();
            stream.read_to_string(&mut heard).unwrap();
            assert!(heard.contains("\"json_too_deep\"") && heard.len() < 2_000, "{heard}");
        }
    }
    bystander.was_served("deep JSON");
    target.stayed_small("deep JSON");
}
