//! The stream of events, and the same as a list.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    pin::pin,
};

use crate::common::{Api, text};
use actix_web::{
    App,
    body::MessageBody,
    test::{TestRequest, call_service, init_service},
    web,
};
use branchline_domain::workflow::Settings;
use branchline_engine::command::Caller;
use branchline_http_api::{configure, serve};

/// Reads a stream until it has sent this text.
async fn read_until(api: &Api, request: TestRequest, wanted: &str) -> String {
    let app = init_service(App::new().configure(configure(api.state.clone()))).await;
    let response = call_service(&app, request.to_request()).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers().get("content-type").unwrap(), "text/event-stream");
    assert_eq!(response.headers().get("cache-control").unwrap(), "no-cache");
    assert_eq!(response.headers().get("x-accel-buffering").unwrap(), "no");
    let mut body = pin!(response.into_body());
    let mut text = String::new();
    while !text.contains(wanted) {
        let chunk = std::future::poll_fn(|context| body.as_mut().poll_next(context)).await;
        let chunk = chunk.unwrap_or_else(|| panic!("the stream ended after {text}"));
        text.push_str(std::str::from_utf8(&chunk.ok().unwrap()).unwrap());
    }
    text
}

fn ids(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("id: ")).collect()
}

#[actix_web::test]
async fn the_stream_tells_what_is_there_and_then_what_comes() {
    let api = Api::start();
    let workflow = api.calling().await;
    let stream = TestRequest::get().uri("/v1/events");
    let reading = read_until(&api, stream, "event: workflow.paused\n");
    let acting = async {
        api.act(&format!("{}/activate", workflow.path)).await.expect(200);
        api.act(&format!("{}/pause", workflow.path)).await.expect(200);
    };
    let (text, ()) = futures_util::future::join(reading, acting).await;
    assert!(text.starts_with("retry: "), "{text}");
    let types: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!(types.first(), Some(&"workflow.created"));
    assert_eq!(types.last(), Some(&"workflow.paused"));
    let ids = ids(&text);
    let mut unique = ids.clone();
    unique.dedup();
    assert_eq!(ids, unique, "a record is told once");
}

#[actix_web::test]
async fn a_reader_that_comes_back_goes_on_where_it_was() {
    let api = Api::start();
    let workflow = api.calling().await;
    api.act(&format!("{}/activate", workflow.path)).await.expect(200);
    let all = read_until(&api, TestRequest::get().uri("/v1/events"), "workflow.activated").await;
    let ids = ids(&all);
    let resumed = TestRequest::get()
        .uri("/v1/events?after=0-0")
        .insert_header(("accept", "text/event-stream"))
        .insert_header(("last-event-id", ids[ids.len() - 2]));
    let rest = read_until(&api, resumed, "workflow.activated").await;
    assert_eq!(self::ids(&rest), [ids[ids.len() - 1]]);
    let limited =
        TestRequest::get().uri("/v1/events?limit=2").insert_header(("accept", "text/event-stream"));
    api.send(limited).await.problem(400, "invalid_query");
    let wrong = TestRequest::get().uri("/v1/events").insert_header(("last-event-id", "12"));
    api.send(wrong).await.problem(400, "invalid_header");
}

#[actix_web::test]
async fn a_place_that_the_journal_has_not_reached_is_refused() {
    let api = Api::start();
    api.draft().await;
    for path in ["/v1/events?after=0-900", "/v1/events?after=0-900&limit=5"] {
        let told = api.get(path).await.problem(400, "invalid_query");
        assert!(text(&told["detail"]).contains("another journal"), "{told}");
    }
    let stream =
        || TestRequest::get().uri("/v1/events").insert_header(("accept", "text/event-stream"));
    let ahead = stream().insert_header(("last-event-id", "0-900"));
    api.send(ahead).await.problem(400, "invalid_header");
    let ahead = stream().uri("/v1/events?after=0-900");
    api.send(ahead).await.problem(400, "invalid_query");
}

#[actix_web::test]
async fn a_reader_that_falls_too_far_behind_is_told_and_put_at_the_end() {
    let mut api = Api::start();
    api.state.limits.stream_lag_max_records = 20;
    // Who begins far back is not slow: nothing is left out.
    let (engine, host) = (api.engine.handle(), Caller::host());
    let make = |title: String| {
        let (engine, host) = (engine.clone(), host.clone());
        async move { engine.create_workflow(&host, &title, "", Settings::default()).await.unwrap() }
    };
    for number in 0..300 {
        make(format!("early {number}")).await;
    }
    let app = init_service(App::new().configure(configure(api.state.clone()))).await;
    let stream = TestRequest::get().uri("/v1/events").to_request();
    let mut body = pin!(call_service(&app, stream).await.into_body());
    let mut told = String::new();
    let mut read = async |until: &str| {
        told.clear();
        while !told.contains(until) {
            let piece = std::future::poll_fn(|context| body.as_mut().poll_next(context)).await;
            told.push_str(std::str::from_utf8(&piece.unwrap().ok().unwrap()).unwrap());
        }
        told.clone()
    };
    let early = read("early 299").await;
    assert_eq!(early.matches("event: workflow.created").count(), 300);
    assert!(!early.contains("resync"));
    make("between".into()).await;
    read("between").await;
    for number in 0..300 {
        make(format!("late {number}")).await;
    }
    // A read shows all of them, and so does the stream.
    engine.read(|_| ()).await.unwrap();
    let late = read("event: resync").await;
    let data = late.lines().rev().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let resync: serde_json::Value = serde_json::from_str(data).unwrap();
    let skipped = resync["records"].as_u64().unwrap();
    assert_eq!(late.matches("event: workflow.created").count() as u64 + skipped, 300);
    assert!(late.contains(&format!("id: {}\nevent: resync", text(&resync["cursor"]))));
    make("after".into()).await;
    assert!(!read("after").await.contains("late 299"));
    // What was left out is still in the list.
    let list = format!("/v1/events?after={}&limit=1000", text(&resync["skipped_after"]));
    let list = api.get(&list).await.expect(200);
    assert_eq!(list["data"].as_array().unwrap().len() as u64, skipped + 1);
}

#[actix_web::test]
async fn there_are_only_so_many_streams() {
    let mut api = Api::start();
    api.state.limits.streams_max = 2;
    let app = init_service(App::new().configure(configure(api.state.clone()))).await;
    let open = || call_service(&app, TestRequest::get().uri("/v1/events").to_request());
    let (first, _second) = (open().await, open().await);
    let refused = open().await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers().get("retry-after").unwrap(), "1");
    drop(first);
    assert_eq!(open().await.status(), 200);
}

#[actix_web::test]
async fn the_list_walks_the_same_events_and_its_cursor_stays_good() {
    let api = Api::start();
    api.calling().await;
    let first = api.get("/v1/events?limit=2").await.expect(200);
    assert_eq!(first["data"].as_array().unwrap().len(), 2);
    assert_eq!(first["meta"]["more"], true);
    let cursor = text(&first["meta"]["next_cursor"]);
    let rest = api.get(&format!("/v1/events?after={cursor}")).await.expect(200);
    assert_eq!(rest["meta"]["more"], false);
    assert_ne!(rest["data"][0]["cursor"], first["data"][1]["cursor"]);
    let end = text(&rest["meta"]["next_cursor"]);
    let none = api.get(&format!("/v1/events?after={end}")).await.expect(200);
    assert_eq!(
        (none["data"].as_array().unwrap().len(), text(&none["meta"]["next_cursor"])),
        (0, end.clone())
    );
    api.draft().await;
    let news = api.get(&format!("/v1/events?after={end}")).await.expect(200);
    assert_eq!(news["data"][0]["type"], "workflow.created");
    for query in ["after=x", "limit=0", "limit=1001", "from=1"] {
        api.get(&format!("/v1/events?{query}")).await.problem(400, "invalid_query");
    }
}

#[actix_web::test]
async fn events_of_a_lead_name_its_workflow_and_nothing_personal() {
    let api = Api::start();
    let (workflow, lead, call) = api.with_call().await;
    let events = api.get("/v1/events?limit=1000").await;
    let body = String::from_utf8(events.body.to_vec()).unwrap();
    assert!(!body.contains("9876543210") && !body.contains("Asha"), "{body}");
    let events = events.expect(200);
    let requested = events["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|event| event["type"] == "lead.call_requested")
        .unwrap();
    assert!(workflow.path.ends_with(&text(&requested["workflow_id"])));
    assert!(lead.ends_with(&text(&requested["lead_id"])));
    assert_eq!(requested["call_id"], call);
}

#[actix_web::test]
async fn an_open_stream_does_not_keep_the_server_from_stopping() {
    let api = Api::start();
    api.draft().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = actix_web::rt::spawn(serve(listener, api.state.clone()));
    let read = web::block(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let request = format!("GET /v1/events HTTP/1.1\r\nhost: {address}\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let found = lines.map(Result::unwrap).any(|line| line == "event: workflow.created");
        (found, stream)
    });
    let (found, _open) = read.await.unwrap();
    assert!(found);
    api.state.shutdown.cancel();
    server.await.unwrap().unwrap();
}

#[actix_web::test]
async fn head_is_get_without_the_body() {
    let api = Api::start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = actix_web::rt::spawn(serve(listener, api.state.clone()));
    let read = web::block(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let request =
            format!("HEAD /healthz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    let answer = read.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\n"), "{answer}");
    assert_eq!(answer.matches("\r\n\r\n").count(), 1, "{answer}");
    api.state.shutdown.cancel();
    server.await.unwrap().unwrap();
}
