//! Following the stream of events, through broken connections and restarts of the server.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    thread,
    time::Duration,
};

use serde_json::value::RawValue;

use super::{
    Shown,
    sse::{Parser, Sent},
};
use crate::{
    client::{Ask, Server},
    fault::Fault,
};

/// Longest silence of a stream. The server says something every 15 s.
pub(super) const SILENCE_MAX: Duration = Duration::from_mins(1);
/// Wait before a stream that ended is asked for again.
const RECONNECT: Duration = Duration::from_secs(1);
/// Longest line of a stream. Unit: bytes.
const LINE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The server could not keep what we were too slow to take: it is asked for again.
const RESYNC: &str = "resync";

/// Why a stream ended.
enum End {
    /// There are enough events.
    Enough,
    /// It broke off, or the server stopped.
    Broken(String),
    /// It is to be asked for again at once.
    Resync,
}

/// Shows events until there are enough. A server that is not there at first is an error; one that
/// goes away is waited for.
pub(super) fn follow(
    server: &Server,
    mut after: Option<String>,
    silence: Duration,
    shown: &mut Shown<'_>,
) -> Result<(), Fault> {
    let mut silent = false;
    let mut begun = false;
    loop {
        let ask = Ask::get("/events").header("accept", "text/event-stream");
        // Also for the beginning: without a place a list may be meant.
        let ask = ask.header("last-event-id", after.as_deref().unwrap_or("0-0"));
        let ended = match server.open(&ask, silence) {
            Ok(stream) => {
                begun = true;
                silent = false;
                read(stream, &mut after, shown)?
            }
            Err(Fault::Unanswered { reason, .. }) if begun => End::Broken(reason),
            // A server that stops says 503.
            Err(Fault::Refused(problem)) if begun && problem.status >= 500 => {
                End::Broken(problem.detail)
            }
            Err(other) => return Err(other),
        };
        match ended {
            End::Enough => return shown.out.flush(),
            End::Resync => {}
            End::Broken(reason) => {
                if !silent {
                    eprintln!("branchline: the stream ended: {reason}; waiting for the server");
                    silent = true;
                }
                thread::sleep(RECONNECT);
            }
        }
    }
}

/// Shows what a stream brings. The events of one record are shown together, once the last of them
/// is there: after a break the server sends a record from its beginning.
fn read(
    stream: reqwest::blocking::Response,
    after: &mut Option<String>,
    shown: &mut Shown<'_>,
) -> Result<End, Fault> {
    let mut stream = BufReader::new(stream);
    let (mut parser, mut record) = (Parser::default(), Vec::new());
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = stream.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
        match read {
            Ok(0) => return Ok(End::Broken("the server closed it".into())),
            Err(error) => return Ok(End::Broken(error.to_string())),
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        let Some(sent) = parser.line(text.trim_end_matches(['\n', '\r'])) else { continue };
        if sent.name == RESYNC {
            if let Some(id) = sent.id {
                *after = Some(id);
            }
            return Ok(End::Resync);
        }
        let Sent { id, data, .. } = sent;
        record.push(data);
        let Some(id) = id else { continue };
        for event in record.drain(..) {
            let event: Box<RawValue> = crate::names::read(shown.server, &event)?;
            if !shown.show(&event)? {
                return Ok(End::Enough);
            }
        }
        *after = Some(id);
        // Whoever follows wants to see it now.
        shown.out.flush()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        out::Out,
        stub::{answer, read_request, server, stub, write_all},
    };

    /// A stream that sends this and breaks off.
    fn stream(text: &str) -> String {
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{text}"
        )
    }

    fn event(position: u64, kind: &str, last: bool) -> String {
        let id = if last { format!("id: 0-{position}\n") } else { String::new() };
        format!("{id}event: {kind}\ndata: {{\"position\":{position},\"type\":\"{kind}\"}}\n\n")
    }

    fn followed(answers: Vec<String>, limit: u64) -> (Result<(), Fault>, String, Vec<String>) {
        let (url, serving) = stub(answers);
        let server = server(&url, &["--retries", "0"]);
        let (out, kept) = Out::kept(true);
        let left = Some(limit);
        let mut shown =
            Shown { server: &server, out, types: &[], workflow: None, lead: None, left };
        let ended = follow(&server, Some("0-3".into()), SILENCE_MAX, &mut shown);
        let text = String::from_utf8(kept.lock().unwrap().clone()).unwrap();
        let places = serving.join().unwrap();
        let places = places.iter().map(|seen| seen.header("last-event-id").unwrap().to_owned());
        (ended, text, places.collect())
    }

    #[test]
    fn a_stream_that_breaks_in_the_middle_of_a_record_goes_on_without_gap_or_repeat() {
        let first = format!(
            "retry: 2000\n\n{}: still here\n\n{}{}",
            event(4, "a", true),
            event(5, "b", false),
            "event: c\ndata: {\"pos"
        );
        let second = event(5, "b", false) + &event(5, "c", true) + &event(6, "d", true);
        let (ended, text, places) = followed(vec![stream(&first), stream(&second)], 4);
        ended.unwrap();
        let kinds: Vec<&str> = text.lines().map(|line| &line[line.len() - 3..]).collect();
        assert_eq!(kinds, ["a\"}", "b\"}", "c\"}", "d\"}"], "{text}");
        assert_eq!(places, ["0-3", "0-4"]);
    }

    #[test]
    fn a_stream_may_be_as_long_as_it_likes_when_it_is_never_silent() {
        let silence = Duration::from_secs(2);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = thread::spawn(move || {
            let (connection, _) = listener.accept().unwrap();
            read_request(&connection);
            write_all(&connection, &stream(": hello\n\n"));
            // Together half as long again as a silence may be.
            for _ in 0..12 {
                thread::sleep(silence / 8);
                write_all(&connection, ": still here\n\n");
            }
            write_all(&connection, &event(4, "a", true));
        });
        let server = server(&url, &["--retries", "0"]);
        let (out, kept) = Out::kept(true);
        let left = Some(1);
        let mut shown =
            Shown { server: &server, out, types: &[], workflow: None, lead: None, left };
        follow(&server, None, silence, &mut shown).unwrap();
        let text = String::from_utf8(kept.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        serving.join().unwrap();
    }

    #[test]
    fn who_was_too_slow_asks_again_from_where_it_was() {
        let first = event(4, "a", true) + "event: resync\ndata: {}\n\n";
        let (ended, text, places) = followed(vec![stream(&first), stream(&event(5, "b", true))], 2);
        ended.unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert_eq!(places, ["0-3", "0-4"]);
    }

    #[test]
    fn a_server_that_stops_is_waited_for_and_one_that_refuses_is_not() {
        let stopping = answer("503 Service Unavailable", "", r#"{"code": "shutting_down"}"#);
        let refusing = answer("401 Unauthorized", "", r#"{"code": "unauthorized"}"#);
        let begun = stream(&event(4, "a", true));
        let (ended, _, places) = followed(vec![begun, stopping.clone(), refusing], 9);
        assert_eq!(ended.unwrap_err().exit_code(), crate::UNAUTHORISED);
        assert_eq!(places, ["0-3", "0-4", "0-4"]);
        let (ended, ..) = followed(vec![stopping], 9);
        assert!(matches!(ended, Err(Fault::Refused(_))), "{ended:?}");
    }
}
