//! Many connections at once, on one thread: none of them waits for another.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

/// How long a crowd is watched. A server that does not answer it fails its test here.
const PATIENCE: Duration = Duration::from_mins(5);

/// One connection.
#[derive(Debug)]
pub(super) struct Member {
    stream: TcpStream,
    /// What the server said so far.
    pub(super) heard: Vec<u8>,
    /// Whether the server has ended the connection.
    pub(super) ended: bool,
}

/// Connections of one address.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    pub(super) members: Vec<Member>,
}

impl Crowd {
    /// So many connections, each of which begins with these bytes.
    pub(super) fn gather(address: SocketAddr, count: usize, first: &[u8]) -> Self {
        let mut crowd = Self::default();
        for number in 0..count {
            if number % 10 == 9 {
                // As over a network: not all of them between two steps of a bystander.
                std::thread::sleep(Duration::from_millis(1));
            }
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(first).unwrap();
            stream.set_nonblocking(true).unwrap();
            crowd.members.push(Member { stream, heard: Vec::new(), ended: false });
        }
        crowd
    }

    /// Sends a piece on every connection that is open, reads what is there, and again after a pause, until
    /// the server has ended all of them.
    pub(super) fn drip(&mut self, piece: &[u8], pause: Duration) {
        self.go_on_until(pause, |crowd| {
            for member in crowd.members.iter_mut().filter(|member| !member.ended) {
                // It may have been ended a moment ago.
                let _ = member.stream.write(piece);
            }
            crowd.listen();
            crowd.members.iter().all(|member| member.ended)
        });
    }

    /// Does something again and again until it is enough.
    pub(super) fn go_on_until(
        &mut self,
        pause: Duration,
        mut enough: impl FnMut(&mut Self) -> bool,
    ) {
        let began = Instant::now();
        while !enough(self) {
            let open = self.members.iter().filter(|member| !member.ended).count();
            assert!(began.elapsed() < PATIENCE, "{open} of {} are still open", self.members.len());
            std::thread::sleep(pause);
        }
    }

    /// Reads all that is there, of each.
    pub(super) fn listen(&mut self) {
        let mut piece = vec![0; 64 * 1_024];
        for member in self.members.iter_mut().filter(|member| !member.ended) {
            loop {
                match member.stream.read(&mut piece) {
                    Ok(0) => member.ended = true,
                    Ok(count) => {
                        member.heard.extend_from_slice(&piece[..count]);
                        continue;
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    // Ended with some of our bytes unread.
                    Err(_) => member.ended = true,
                }
                break;
            }
        }
    }

    /// Each was answered once, with this status line and this code.
    #[track_caller]
    pub(super) fn were_told(&self, status: u16, code: &str) {
        for member in &self.members {
            let heard = String::from_utf8_lossy(&member.heard);
            assert!(heard.starts_with(&format!("HTTP/1.1 {status} ")), "`{heard}`");
            assert!(heard.contains(&format!("\"code\":\"{code}\"")), "{heard}");
            assert!(heard.to_ascii_lowercase().contains("\r\nx-request-id: "), "{heard}");
            assert_eq!(heard.matches("HTTP/1.1 ").count(), 1, "{heard}");
        }
    }
}
