//! Those who ask and do not read what is answered.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    time::Duration,
};

use serde_json::Value;

use super::{
    Size,
    bystander::Bystander,
    crowd::Crowd,
    target::{Target, may_connect},
};
use crate::{
    client::{ask, expect, upload},
    operator::directory::workflow,
    server::eventually,
};

/// Source: docs/http-limits.md, `answer_stall_s`, `answer_buffer_bytes`.
#[test]
fn readers_that_do_not_read_are_left_and_nobody_else_waits() {
    /// Answers that each asks for: more than any kernel keeps for one connection.
    const ANSWERS: usize = 64;
    let size = Size::of_run();
    if !may_connect(size.slow) {
        return;
    }
    let target = Target::start("answer_buffer_bytes = 65536\n");
    let bystander = Bystander::of(target.address());
    let one = "GET /openapi.json HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
    let mut crowd = Crowd::gather(target.address(), size.slow, one.repeat(ANSWERS).as_bytes());
    // Nobody reads for longer than the server waits.
    std::thread::sleep(Duration::from_secs(if super::is_full() { 40 } else { 5 }));
    target.stayed_small("slow readers");
    bystander.was_served("slow readers");
    crowd.go_on_until(Duration::from_millis(50), |crowd| {
        crowd.listen();
        crowd.members.iter_mut().all(|member| {
            let heard = member.heard.len();
            assert!(heard < 32 << 20, "all of it was sent: {heard} bytes");
            member.ended
        })
    });
    let answers = |heard: &[u8]| String::from_utf8_lossy(heard).matches("HTTP/1.1 200 ").count();
    for member in &crowd.members {
        let told = answers(&member.heard);
        assert!((1..ANSWERS).contains(&told), "{told} of {ANSWERS} answers came");
    }
}

/// A reader that had caught up sleeps while a large list is enrolled. It is told to read anew, goes on at
/// the end, and the list of events has all that it was not told. Source: docs/http-limits.md,
/// `stream_lag_max_records`.
#[test]
fn a_reader_far_behind_is_told_to_resync_and_the_list_has_what_was_left_out() {
    let size = Size::of_run();
    // It sleeps for longer than a reader may take nothing; here only its place is in question.
    let target = Target::start_with(&format!(
        "stream_lag_max_records = {}\nanswer_buffer_bytes = 16384\nanswer_stall_s = 600\n",
        size.lag
    ));
    let address = target.address();
    let path = workflow(address);
    let mut reader = Reader::of(&target);
    // Nothing but the list is recorded while it sleeps.
    expect(address, 200, "POST", &format!("{path}/pause"), None);
    let caught_up = reader.until(|event, _| event == "workflow.paused");

    let bystander = Bystander::of(address);
    let rows = size.lag * 3 / 2 + 20_000;
    let numbers: Vec<_> = (0..rows).map(|row| format!("+1212{:07}", 2_120_000 + row)).collect();
    let file = format!("phone_number\n{}\n", numbers.join("\n"));
    let (status, answer) = upload(address, &format!("{path}/leads"), &file);
    assert!(matches!(status, 201 | 202), "{answer}");
    drop((file, numbers));
    eventually("all are enrolled", || {
        let list = expect(address, 200, "GET", &format!("{path}/leads?limit=1"), None);
        (list["meta"]["total"].as_u64() == Some(rows as u64)).then_some(())
    });
    target.stayed_small("a sleeping reader");

    let mut told = 0;
    let resync = reader.until(|event, _| {
        told += u64::from(event != "resync");
        event == "resync"
    });
    let left_out = resync["records"].as_u64().unwrap();
    eprintln!("a sleeping reader: {told} events were told, {left_out} records left out");
    assert!(left_out > size.lag as u64, "{resync}");
    // What the kernel kept, and no more.
    assert!(told < 60_000, "{told}");

    // The list goes on where the stream stopped, up to where it goes on.
    let (from, to) =
        (resync["skipped_after"].as_str().unwrap(), resync["cursor"].as_str().unwrap());
    let (mut cursor, mut records) = (from.to_owned(), std::collections::BTreeSet::new());
    while cursor != to {
        let page =
            expect(address, 200, "GET", &format!("/v1/events?after={cursor}&limit=1000"), None);
        let events = page["data"].as_array().unwrap();
        assert!(!events.is_empty(), "the list ends before {to}");
        for event in events {
            cursor = event["cursor"].as_str().unwrap().to_owned();
            records.insert(cursor.clone());
            if cursor == to {
                break;
            }
        }
    }
    assert_eq!(records.len() as u64, left_out);
    assert_ne!(from, caught_up["cursor"].as_str().unwrap());

    // And the stream does go on.
    let (status, _) = ask(address, "POST", &format!("{path}/resume"), None).unwrap();
    assert_eq!(status, 200);
    reader.until(|event, data| {
        assert_ne!(event, "resync", "{data}");
        event == "workflow.resumed"
    });
    bystander.was_served("a sleeping reader");
    target.stayed_small("a sleeping reader");
}

/// Reads the stream of events.
struct Reader {
    lines: std::io::Lines<BufReader<TcpStream>>,
}

impl Reader {
    fn of(target: &Target) -> Self {
        let mut stream = TcpStream::connect(target.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(2))).unwrap();
        stream.write_all(b"GET /v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").unwrap();
        let mut lines = BufReader::new(stream).lines();
        assert!(lines.next().unwrap().unwrap().starts_with("HTTP/1.1 200 "));
        Self { lines }
    }

    /// Reads on until an event is the one that is wanted; gives its data.
    fn until(&mut self, mut wanted: impl FnMut(&str, &Value) -> bool) -> Value {
        let mut event = String::new();
        loop {
            let line = self.lines.next().expect("the stream goes on").unwrap();
            if let Some(name) = line.strip_prefix("event: ") {
                name.clone_into(&mut event);
            }
            if let Some(data) = line.strip_prefix("data: ") {
                // Pieces of the answer may break a line; those of a whole event are read below.
                let Ok(data) = serde_json::from_str(data) else { continue };
                if wanted(&event, &data) {
                    return data;
                }
            }
        }
    }
}
