//! What is answered when it is no HTTP, comes too slowly, or is too much, by a server with real sockets.

use std::{
    io::{Read as _, Write as _},
    time::Duration,
};

use branchline_domain::workflow::Settings;
use branchline_engine::command::Caller;
use branchline_http_api::{ApiState, Limits};

use crate::{
    common::Api,
    sockets::{Served, answers, connect, say, say_all, told},
};

const HOST: &str = "host: 127.0.0.1\r\n";

/// An API whose limits are reached quickly.
fn api(change: impl FnOnce(&mut Limits)) -> (Api, ApiState) {
    let api = Api::start();
    let mut state = api.state.clone();
    state.limits.shutdown_timeout = Duration::from_secs(5);
    change(&mut state.limits);
    (api, state)
}

#[actix_web::test]
async fn what_is_no_http_is_told_so_in_a_problem_document() {
    let (_api, state) = api(|_| {});
    let served = Served::start(&state);
    served
        .with(|address| {
            for bytes in [
                "\x16\x03\x01\x02\x00\x01\x00\x01\x7c\x03\x03".to_owned(),
                "HELO example.com\r\n\r\n".into(),
                "GET / HTTP/1.1\r\n\r\n".into(),
                "GET / HTTP/9.9\r\n\r\n".into(),
                format!("GET /\x01 HTTP/1.1\r\n{HOST}\r\n"),
                format!("GET / HTTP/1.1\r\n{HOST}{HOST}\r\n"),
                format!("GET / HTTP/1.1\r\n{HOST}bad header\r\n\r\n"),
                format!("GET / HTTP/1.1\r\n{HOST}x: a\x00b\r\n\r\n"),
                format!("GET / HTTP/1.1\r\n{HOST}x : b\r\n\r\n"),
            ] {
                let told = say(address, &bytes);
                assert_eq!(told.len(), 1, "{bytes:?}: {told:?}");
                told[0].problem(400, "malformed_request");
                assert_eq!(told[0].header("connection"), "close");
            }
        })
        .await;
    served.stop().await;
}

#[actix_web::test]
async fn two_lengths_are_none() {
    let (_api, state) = api(|_| {});
    let served = Served::start(&state);
    served
        .with(|address| {
            let post =
                format!("POST /v1/workflows HTTP/1.1\r\n{HOST}content-type: application/json\r\n");
            let smuggled = "GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
            for lengths in [
                "content-length: 5\r\ntransfer-encoding: chunked\r\n",
                "transfer-encoding: chunked\r\ncontent-length: 5\r\n",
                "content-length: 5\r\ncontent-length: 6\r\n",
                "content-length: +5\r\n",
                "content-length: 5, 5\r\n",
                "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
                "transfer-encoding: xchunked\r\n",
                "transfer-encoding:\x0bchunked\r\n",
            ] {
                let told = say(address, format!("{post}{lengths}\r\n0\r\n\r\n{smuggled}"));
                assert_eq!(told.len(), 1, "{lengths:?}: {told:?}");
                told[0].problem(400, "malformed_request");
            }
        })
        .await;
    served.stop().await;
}

#[actix_web::test]
async fn a_body_with_a_malformed_chunk_is_answered_once() {
    let (_api, state) = api(|_| {});
    let served = Served::start(&state);
    served
        .with(|address| {
            for path in ["/v1/workflows", "/v1/nothing"] {
                let told = say(
                    address,
                    format!(
                        "POST {path} HTTP/1.1\r\n{HOST}content-type: application/json\r\n\
                         transfer-encoding: chunked\r\n\r\n5\r\n{{\"tit\r\nzz\r\nGET /healthz HTTP/1.1\r\n"
                    ),
                );
                assert_eq!(told.len(), 1, "{path}: {told:?}");
                match path {
                    "/v1/nothing" => told[0].problem(404, "route_not_found"),
                    _ => told[0].problem(400, "broken_body"),
                };
            }
        })
        .await;
    served.stop().await;
}

#[actix_web::test]
async fn a_head_that_is_too_long_is_414_or_431() {
    let (_api, state) = api(|limits| {
        limits.url_max_bytes = 500;
        limits.head_max_bytes = 4_000;
        limits.headers_max = 20;
    });
    let served = Served::start(&state);
    served
        .with(|address| {
            let long = |count| "x".repeat(count);
            let get = |path: &str, headers: &str| {
                say_all(address, format!("GET /healthz{path} HTTP/1.1\r\n{HOST}{headers}\r\n"))
            };
            get(&format!("?{}", long(600)), "")[0].problem(414, "url_too_long");
            // In all sizes: whole, beyond what is kept, and without an end.
            for count in [5_000, 70_000, 1_000_000] {
                get(&format!("?{}", long(count)), "")[0].problem(414, "url_too_long");
                get("", &format!("x: {}\r\n", long(count)))[0].problem(431, "head_too_large");
                say(address, long(count))[0].problem(414, "url_too_long");
            }
            get("", &"x: y\r\n".repeat(20))[0].problem(431, "head_too_large");
            get("", &"x: y\r\n".repeat(200))[0].problem(431, "head_too_large");
            assert_eq!(get("", &"x: y\r\n".repeat(19))[0].status, 200);
            assert_eq!(get("", &format!("x: {}\r\n", long(3_500)))[0].status, 200);
        })
        .await;
    served.stop().await;
}

#[actix_web::test]
async fn a_head_that_does_not_come_is_408() {
    let (_api, state) = api(|limits| {
        limits.head_timeout = Duration::from_millis(300);
        limits.keep_alive = Duration::from_millis(300);
    });
    let served = Served::start(&state);
    served
        .with(|address| {
            // Nothing at all: the connection just ends.
            assert!(told(&mut connect(address)).is_empty());
            assert!(say(address, "\r\n\r\n").is_empty());
            say(address, "GET / HT")[0].problem(408, "slow_head");
            let mut dripping = connect(address);
            for byte in format!("GET /healthz HTTP/1.1\r\n{HOST}x: {}", "y".repeat(10_000)).bytes()
            {
                if dripping.write_all(&[byte]).is_err() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(2));
            }
            told(&mut dripping)[0].problem(408, "slow_head");
            let get = format!("GET /healthz HTTP/1.1\r\n{HOST}\r\n");
            let later = say(address, format!("{get}GET /readyz HTTP/1.1\r\nx"));
            assert_eq!(later[0].status, 200);
        })
        .await;
    served.stop().await;
}

#[actix_web::test]
async fn a_second_head_that_drips_is_408() {
    let (_api, state) = api(|limits| limits.head_timeout = Duration::from_millis(500));
    let served = Served::start(&state);
    served
        .with(|address| {
            let mut stream = connect(address);
            let get = format!("GET /healthz HTTP/1.1\r\n{HOST}\r\n");
            let mut seen = Vec::new();
            for _ in 0..3 {
                stream.write_all(get.as_bytes()).unwrap();
                let mut piece = [0; 4_096];
                let count = stream.read(&mut piece).unwrap();
                seen.extend_from_slice(&piece[..count]);
            }
            assert!(answers(&seen).iter().all(|told| told.status == 200));
            stream.write_all(b"GET /healthz HTT").unwrap();
            let last = told(&mut stream);
            assert_eq!(last.len(), 1);
            last[0].problem(408, "slow_head");
        })
        .await;
    served.stop().await;
}

#[actix_web::test]
async fn a_connection_without_a_next_request_ends_without_a_word() {
    let (_api, state) = api(|limits| limits.keep_alive = Duration::from_millis(300));
    let served = Served::start(&state);
    served
        .with(|address| {
            let get = format!("GET /healthz HTTP/1.1\r\n{HOST}\r\n");
            let told = say(address, format!("{get}{get}"));
            assert_eq!(told.iter().map(|told| told.status).collect::<Vec<_>>(), [200, 200]);
        })
        .await;
    served.stop().await;
}

#[actix_web::test]
async fn a_body_that_stops_coming_is_408_and_one_that_breaks_off_is_400() {
    let (_api, state) = api(|limits| limits.body_idle = Duration::from_millis(300));
    let served = Served::start(&state);
    served
        .with(|address| {
            let post = format!(
                "POST /v1/workflows HTTP/1.1\r\n{HOST}content-type: application/json\r\n\
                 content-length: 100\r\n\r\n{{\"title\": "
            );
            say(address, &post)[0].problem(408, "slow_body");
            say_all(address, &post)[0].problem(400, "broken_body");
            let form = format!(
                "POST /v1/workflows/7/leads HTTP/1.1\r\n{HOST}content-type: multipart/form-data; boundary=b\r\n\
                 content-length: 1000\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n+1"
            );
            let told = say(address, form);
            assert!(matches!(told[0].status, 404 | 408), "{told:?}");
        })
        .await;
    served.stop().await;
}

#[actix_web::test]
async fn a_reader_that_reads_nothing_is_left() {
    let (api, state) = api(|limits| {
        limits.answer_stall = Duration::from_millis(500);
        limits.answer_buffer_bytes = 16 * 1024;
    });
    // Enough events for more than the kernel keeps.
    let title = "x".repeat(200);
    let (engine, host) = (api.engine.handle(), Caller::host());
    for _ in 0..3_000 {
        engine.create_workflow(&host, &title, &title, Settings::default()).await.unwrap();
    }
    let served = Served::start(&state);
    served
        .with(|address| {
            let mut stream = connect(address);
            let get = format!("GET /v1/events HTTP/1.1\r\n{HOST}\r\n");
            stream.write_all(get.as_bytes()).unwrap();
            std::thread::sleep(Duration::from_secs(2));
            // What the kernels hold is still read; then the connection is gone.
            let mut bytes = Vec::new();
            let _reset = stream.read_to_end(&mut bytes);
            let text = String::from_utf8_lossy(&bytes);
            assert!(text.contains("event: workflow.created"));
            assert!(text.matches("event: workflow.created").count() < 3_000);
        })
        .await;
    served.stop().await;
}

#[actix_web::test]
async fn beyond_the_most_connections_an_idle_one_makes_way_and_with_none_a_new_one_is_503() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (api, state) = api(|limits| limits.connections_max = 4 * threads);
    api.draft().await;
    let served = Served::start(&state);
    served
        .with(move |address| {
            let get = format!("GET /healthz HTTP/1.1\r\n{HOST}\r\n");
            let idle: Vec<_> = (0..50 * threads).map(|_| connect(address)).collect();
            // Whoever asks is answered, however many are idle.
            for _ in 0..20 {
                assert_eq!(say_all(address, &get)[0].status, 200);
            }
            let gone = idle.iter().filter(|stream| {
                stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
                matches!(stream.peek(&mut [0; 1]), Ok(0))
            });
            assert!(gone.count() >= 46 * threads);
            drop(idle);
            // All that there is room for are in use.
            let events = format!("GET /v1/events HTTP/1.1\r\n{HOST}\r\n");
            let (mut streams, mut refused) = (Vec::new(), 0);
            for _ in 0..20 * threads {
                let mut stream = connect(address);
                stream.write_all(events.as_bytes()).unwrap();
                let mut piece = [0; 1_000];
                let count = stream.read(&mut piece).unwrap_or(0);
                match std::str::from_utf8(&piece[..count]).unwrap() {
                    text if text.starts_with("HTTP/1.1 200 OK") => streams.push(stream),
                    text if text.starts_with("HTTP/1.1 503 ") => {
                        assert!(text.contains("too_many_connections"), "{text}");
                        refused += 1;
                    }
                    other => assert_eq!(other, "", "the word may be lost to a reset"),
                }
            }
            assert!(streams.len() <= 4 * threads && refused > 0, "{} {refused}", streams.len());
        })
        .await;
    served.stop().await;
}
