//! The bytes of a connection, on their way to and from the library that makes requests of them.

use std::{
    future::Future,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::http::header::HeaderValue;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use super::{
    Connection,
    bare_answer::{self, Complaint},
    head::Head,
    room::Seat,
    transport::Transport,
};
use crate::limits::Limits;

/// How long what still comes in is taken and thrown away after a last word. Closing at once would make
/// the kernel reset the connection, and the word could be lost.
pub(crate) const LINGER: Duration = Duration::from_secs(2);

/// One connection, with its limits. Bytes pass as they are, except that:
///
/// - a head that is too long or too slow is answered with 414, 431 or 408;
/// - what the library answers without a word is put in words;
/// - a connection that is idle for too long, or makes way for another, ends;
/// - a reader that takes nothing of an answer for too long is left.
pub(crate) struct Wire {
    io: Transport,
    seat: Seat,
    limits: Rc<Limits>,
    /// `Strict-Transport-Security`, which answers say only where they are encrypted.
    hsts: Option<HeaderValue>,
    head: Head,
    /// How many requests had begun when `head` began.
    head_of: u64,
    /// When the head was first waited for, in part.
    head_since: Option<Instant>,
    /// Fires no later than there is something to do while no request is under way.
    alarm: Pin<Box<Sleep>>,
    /// Fires when a reader has taken nothing for too long.
    stall: Option<Pin<Box<Sleep>>>,
    /// Whether some of the last bytes that the library sent are not sent yet.
    unsent: bool,
    /// What is said instead of a bare answer, and how much of it has been sent.
    words: Option<(Vec<u8>, usize)>,
    /// Whether it was looked at once more after another connection took its place.
    looked_again: bool,
    /// The last word was said: nothing is read or written any more.
    over: bool,
    linger: Linger,
}

/// Whether what still comes in is taken and thrown away.
#[derive(Clone, Copy, Debug)]
enum Linger {
    NotYet,
    Until(Instant),
    Done,
}

impl Wire {
    pub(super) fn new(
        io: Transport,
        seat: Seat,
        limits: Rc<Limits>,
        hsts: Option<HeaderValue>,
    ) -> Self {
        let alarm = Box::pin(sleep_until(Instant::now() + limits.head_timeout));
        Self {
            io,
            seat,
            limits,
            hsts,
            head: Head::default(),
            head_of: 0,
            head_since: None,
            alarm,
            stall: None,
            unsent: false,
            words: None,
            looked_again: false,
            over: false,
            linger: Linger::NotYet,
        }
    }

    pub(super) fn connection(&self) -> &Rc<Connection> {
        &self.seat.connection
    }

    /// Looks at what came in while no request was under way. False when it is to be forgotten.
    fn look_at(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> bool {
        let begun = self.connection().begun.get();
        if self.head_of != begun {
            (self.head, self.head_of, self.head_since) = (Head::default(), begun, None);
        }
        if self.connection().unread.get() {
            // The rest of a body that nobody wanted.
            return true;
        }
        match self.head.take(bytes, self.limits.head_max_bytes) {
            Ok(()) => true,
            Err(complaint) => {
                self.end_with(context, complaint);
                false
            }
        }
    }

    /// Says a last word, when nothing else is being said.
    fn end_with(&mut self, context: &mut Context<'_>, complaint: Complaint) {
        self.over = true;
        if self.unsent || self.connection().unread.get() {
            return;
        }
        self.words = Some((complaint.in_words(self.hsts.as_ref()), 0));
        // What does not go out at once goes out with the shutdown.
        let _later = self.send_words(context);
    }

    /// Nothing comes in, and no request is under way: when is it enough?
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let connection = self.connection();
        connection.watch(context);
        let (begun, idle_since) = (connection.begun.get(), connection.idle_since.get());
        let partial = self.head_of == begun && self.head.is_partial();
        let until = if begun == 0 {
            idle_since + self.limits.head_timeout
        } else if partial {
            *self.head_since.get_or_insert_with(Instant::now) + self.limits.head_timeout
        } else if connection.unread.get() {
            idle_since + self.limits.head_timeout
        } else {
            idle_since + self.limits.keep_alive
        };
        loop {
            if self.alarm.as_mut().poll(context).is_pending() {
                if self.alarm.deadline() <= until {
                    return Poll::Pending;
                }
            } else if Instant::now() >= until {
                break;
            }
            self.alarm.as_mut().reset(until);
        }
        if partial {
            self.end_with(context, Complaint::SlowHead);
        }
        self.over = true;
        Poll::Ready(())
    }

    /// Sends some of these bytes. An error when their reader has taken none of them for too long.
    fn send(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.io).poll_write(context, bytes);
        if let Poll::Ready(result) = &sent {
            self.stall = None;
            self.unsent = result.as_ref().is_ok_and(|sent| *sent < bytes.len());
            return sent;
        }
        self.unsent = true;
        self.be_patient(context)
    }

    /// Nothing can be sent: how long already?
    fn be_patient<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        let patience = self.limits.answer_stall;
        let stall = self.stall.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        ready!(stall.as_mut().poll(context));
        self.over = true;
        let error = io::Error::new(io::ErrorKind::TimedOut, "the answer is not taken");
        Poll::Ready(Err(error))
    }

    /// Sends what is left of the words that take the place of a bare answer, or are the last ones.
    fn send_words(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some((words, sent)) = self.words.take() {
            let rest = words.get(sent..).unwrap_or_default();
            if rest.is_empty() {
                return Poll::Ready(Ok(()));
            }
            let more = match self.send(context, rest) {
                Poll::Ready(more) => more?,
                Poll::Pending => {
                    self.words = Some((words, sent));
                    return Poll::Pending;
                }
            };
            self.words = Some((words, sent + more));
        }
        Poll::Ready(Ok(()))
    }

    /// Sends what is left of the last words and closes; what still comes in is thrown away for a moment.
    fn finish(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.send_words(context))?;
        let until = match self.linger {
            Linger::Until(until) => until,
            Linger::Done => return Poll::Ready(Ok(())),
            Linger::NotYet => {
                match Pin::new(&mut self.io).poll_shutdown(context) {
                    Poll::Pending => return self.be_patient(context),
                    Poll::Ready(done) => done?,
                }
                let until = Instant::now() + LINGER;
                self.alarm.as_mut().reset(until);
                self.linger = Linger::Until(until);
                until
            }
        };
        let mut scrap = [0; 4_096];
        while self.over && self.alarm.as_mut().poll(context).is_pending() && Instant::now() < until
        {
            let mut scrap = ReadBuf::new(&mut scrap);
            match ready!(Pin::new(&mut self.io).poll_read(context, &mut scrap)) {
                Ok(()) if !scrap.filled().is_empty() => {}
                Ok(()) | Err(_) => break,
            }
        }
        self.linger = Linger::Done;
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        // Nothing more: the library answers what it has and closes the connection.
        let evicted = wire.connection().evicted.get();
        if wire.over || (evicted && wire.looked_again) {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut wire.io).poll_read(context, buffer);
        if evicted {
            // A request that came before the end was decided is answered.
            wire.looked_again = true;
            if read.is_pending() {
                return Poll::Ready(Ok(()));
            }
        }
        if !wire.connection().is_idle() {
            return read;
        }
        if read.is_pending() {
            return wire.wait(context).map(Ok);
        }
        let came = buffer.filled().get(before..).unwrap_or_default();
        if !wire.look_at(context, came) {
            buffer.set_filled(before);
        }
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        let Some(bare) = bare_answer::find(bytes) else { return wire.send(context, bytes) };
        if let Some(before) = bytes.get(..bare.at).filter(|before| !before.is_empty()) {
            return wire.send(context, before);
        }
        if !wire.over {
            wire.over = true;
            // The request was answered already, or its answer is under way, when the rest of its body
            // turned out to be malformed: a second answer would be taken for that of the next.
            if !wire.connection().unread.get() {
                wire.words = Some((bare.complaint.in_words(wire.hsts.as_ref()), 0));
            }
        }
        ready!(wire.finish(context))?;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        match Pin::new(&mut wire.io).poll_flush(context) {
            Poll::Pending => wire.be_patient(context),
            done @ Poll::Ready(_) => done,
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().finish(context)
    }
}
