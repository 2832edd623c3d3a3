//! Connections: how many there are, what they may wait for, and what is said on them before a request is
//! one. The library below reads and writes HTTP; it has a time limit for the first request of a connection
//! only, none for those who do not read, and answers what is no HTTP without a word.
//!
//! ```text
//! socket, TLS ─▶ Wire      times, sizes, and problem documents where the library says nothing
//!                  ▲ Connection: is a request under way?
//!                  ▼
//! library     ─▶ attend    marks where a request begins, and where its answer is done
//! ```

mod bare_answer;
mod head;
mod room;
mod transport;
mod wire;

use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll, Waker},
};

use actix_web::{
    HttpRequest,
    body::{BodySize, BoxBody, MessageBody},
    dev::{Extensions, Payload, ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Bytes,
};
use tokio::time::Instant;

pub(crate) use self::{
    room::Room,
    transport::{Encryption, accept, connections_max, prepare},
    wire::{LINGER, Wire},
};

/// What the two ends of a connection know of each other: the one that moves bytes, and the one that answers
/// requests. Both run on one thread.
#[derive(Debug)]
pub(crate) struct Connection {
    room: Weak<Room>,
    /// Requests that are under way. One more than the library answers at a time is never seen.
    under_way: Cell<u32>,
    /// Requests that have begun so far.
    begun: Cell<u64>,
    /// Since when none is under way.
    idle_since: Cell<Instant>,
    /// Whether a request was answered before its body was read whole: what comes next may be the rest.
    unread: Cell<bool>,
    /// Whether another connection takes the place of this one.
    evicted: Cell<bool>,
    waker: RefCell<Option<Waker>>,
    /// Where it stands among the idle ones.
    place: Cell<Option<room::Place>>,
}

impl Connection {
    fn is_idle(&self) -> bool {
        self.under_way.get() == 0
    }

    /// Wakes whoever reads this connection up once it is to be closed.
    fn watch(&self, context: &Context<'_>) {
        let mut waker = self.waker.borrow_mut();
        if !waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            *waker = Some(context.waker().clone());
        }
    }

    /// Waits until another connection takes the place of this one.
    fn poll_evicted(&self, context: &Context<'_>) -> Poll<()> {
        self.watch(context);
        if self.evicted.get() { Poll::Ready(()) } else { Poll::Pending }
    }

    fn evict(&self) {
        self.evicted.set(true);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    /// A request begins.
    fn begin(self: Rc<Self>, has_body: bool) -> Turn {
        self.begun.set(self.begun.get() + 1);
        self.unread.set(has_body);
        self.under_way.set(self.under_way.get() + 1);
        if let Some(room) = self.room.upgrade() {
            room.busy(&self);
        }
        Turn(self)
    }
}

/// One request, until its answer is made.
#[derive(Debug)]
struct Turn(Rc<Connection>);

impl Drop for Turn {
    fn drop(&mut self) {
        let connection = &self.0;
        connection.under_way.set(connection.under_way.get().saturating_sub(1));
        if connection.is_idle() {
            connection.idle_since.set(Instant::now());
            if let Some(room) = connection.room.upgrade() {
                room.idle(connection);
            }
        }
    }
}

/// Makes a connection known to its requests.
pub(crate) fn introduce(wire: &Wire, extensions: &mut Extensions) {
    extensions.insert(Rc::clone(wire.connection()));
}

/// The body of a request was read to its end.
pub(crate) fn body_was_read(request: &HttpRequest) {
    if let Some(connection) = request.conn_data::<Rc<Connection>>() {
        connection.unread.set(false);
    }
}

/// Runs around every request: while it is under way, its connection is not idle.
pub(crate) async fn attend(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<Attended>, actix_web::Error> {
    let connection = request.request().conn_data::<Rc<Connection>>().map(Rc::clone);
    let has_body = !matches!(request.parts_mut().1, Payload::None);
    let turn = connection.map(|connection| connection.begin(has_body));
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| Attended {
        body: body.boxed(),
        rest: Bytes::new(),
        _turn: turn,
    }))
}

/// Longest piece of an answer that the library is given at once. It copies what it is given, so a thousand
/// readers that do not read would hold a thousand copies of a long answer. Unit: bytes.
const PIECE_BYTES: usize = 32 * 1_024;

/// The body of an answer; the request is under way until it is made.
pub(crate) struct Attended {
    body: BoxBody,
    /// Of the last piece, what is not given yet.
    rest: Bytes,
    _turn: Option<Turn>,
}

impl MessageBody for Attended {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.rest.is_empty() {
            match Pin::new(&mut self.body).poll_next(context) {
                Poll::Ready(Some(Ok(piece))) if piece.len() > PIECE_BYTES => self.rest = piece,
                other @ (Poll::Ready(_) | Poll::Pending) => return other,
            }
        }
        let most = self.rest.len().min(PIECE_BYTES);
        Poll::Ready(Some(Ok(self.rest.split_to(most))))
    }
}
