//! A server that says what a test wants it to say: whole, cut, late or wrong.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// One answer, to one request on a connection of its own.
pub(crate) enum Reply {
    /// 200 with the head of the journal and a body.
    Whole { head: u64, body: Vec<u8> },
    /// As before, but the connection ends so many bytes before the body does.
    Cut { head: u64, body: Vec<u8>, missing: usize },
    /// The connection ends without an answer.
    HangUp,
    /// A status with a problem document.
    Problem(u16, &'static str),
    /// A status with a page for people.
    Page(u16, &'static str),
}

/// What was asked: the first line without version, and the Authorization.
pub(crate) type Asked = (String, String);

pub(crate) struct FakeServer {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl FakeServer {
    /// Answers the requests that come, in order; refuses connections after the last one.
    pub(crate) fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&asked);
        thread::spawn(move || {
            for reply in replies {
                let (stream, _) = listener.accept().unwrap();
                told.lock().unwrap().push(request(&stream));
                answer(stream, &reply);
            }
        });
        Self { url, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn request(stream: &TcpStream) -> Asked {
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let first = lines.next().unwrap();
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let authorization = headers.iter().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("authorization").then(|| value.to_owned())
    });
    (first.trim_end_matches(" HTTP/1.1").to_owned(), authorization.unwrap_or_default())
}

fn answer(mut stream: TcpStream, reply: &Reply) {
    let (status, kind, extra, body, missing) = match reply {
        Reply::HangUp => return,
        Reply::Whole { head, body } => {
            (200, "application/octet-stream", Some(head), body.clone(), 0)
        }
        Reply::Cut { head, body, missing } => {
            (200, "application/octet-stream", Some(head), body.clone(), *missing)
        }
        Reply::Problem(status, detail) => {
            let body = format!("{{\"status\":{status},\"detail\":\"{detail}\"}}");
            (*status, "application/problem+json", None, body.into_bytes(), 0)
        }
        Reply::Page(status, page) => (*status, "text/html", None, page.as_bytes().to_vec(), 0),
    };
    let head = extra.map(|head| format!("branchline-head: {head}\r\n")).unwrap_or_default();
    let length = body.len();
    let sent = body.get(..length - missing).unwrap();
    // Whoever reads may have heard enough.
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\n{head}content-length: {length}\r\n\
         connection: close\r\n\r\n"
    )
    .and_then(|()| stream.write_all(sent));
}
