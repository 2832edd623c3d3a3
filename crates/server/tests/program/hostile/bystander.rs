//! Somebody who means no harm, and keeps asking.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// Longest wait for an answer: one that comes later never came.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between two questions, so that the machine is not his.
const PAUSE: Duration = Duration::from_millis(5);

/// Asks until he is told to stop: reads and writes, on a connection that he keeps and on new ones.
pub(super) struct Bystander {
    over: Arc<AtomicBool>,
    asking: JoinHandle<Vec<Duration>>,
}

impl Bystander {
    pub(super) fn of(address: SocketAddr) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&over);
        let asking = std::thread::spawn(move || {
            let mut kept = connect(address);
            let mut took = Vec::new();
            // Once at least, however quick the others were.
            while took.is_empty() || !stop.load(Ordering::Relaxed) {
                for turn in 0..4 {
                    let began = Instant::now();
                    match turn {
                        0 => ask(&mut kept, "GET", "/v1/workflows?limit=1", ""),
                        1 => ask(&mut kept, "POST", "/v1/workflows", "{\"title\": \"x\"}"),
                        2 => ask(&mut kept, "GET", "/healthz", ""),
                        _ => ask(&mut connect(address), "GET", "/v1/workflows?limit=1", ""),
                    }
                    took.push(began.elapsed());
                    std::thread::sleep(PAUSE);
                }
            }
            took
        });
        Self { over, asking }
    }

    /// He was always answered. Says how long that took.
    pub(super) fn was_served(self, what: &str) {
        self.over.store(true, Ordering::Relaxed);
        let mut took =
            self.asking.join().unwrap_or_else(|_| panic!("{what}: a bystander suffered"));
        took.sort_unstable();
        let at = |percent: usize| took[(took.len() - 1) * percent / 100];
        eprintln!(
            "{what}: a bystander asked {} times; half were answered in {:.1?}, 99 of 100 in {:.1?}, all in \
             {:.1?}",
            took.len(),
            at(50),
            at(99),
            at(100)
        );
    }
}

fn connect(address: SocketAddr) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(address).expect("a bystander is let in");
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    BufReader::new(stream)
}

/// Asks, and reads the whole answer, which is a good one.
fn ask(stream: &mut BufReader<TcpStream>, method: &str, path: &str, body: &str) {
    let kind = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{kind}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.get_mut().write_all(request.as_bytes()).expect("a bystander is heard");
    let (mut line, mut head, mut length) = (String::new(), String::new(), 0);
    loop {
        line.clear();
        stream.read_line(&mut line).expect("a bystander is answered");
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    assert!(head.starts_with("HTTP/1.1 2"), "{method} {path}: `{head}`");
    stream.read_exact(&mut vec![0; length]).expect("a bystander is answered in full");
}
