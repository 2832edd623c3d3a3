//! Room for connections: when it is full, one that nobody uses makes way.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::{Rc, Weak},
};

use tokio::time::Instant;

use super::Connection;

/// Connections that are told at once, on one thread, that there is no room for them.
const TOLD_AT_ONCE: usize = 32;

/// Where a connection stands among the idle ones. Those on which nobody has asked anything yet go first,
/// then those that have been idle longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    asked: bool,
    order: u64,
}

/// The connections of one thread.
#[derive(Debug)]
pub(crate) struct Room {
    most: usize,
    here: Cell<usize>,
    next: Cell<u64>,
    turning_away: Cell<usize>,
    idle: RefCell<BTreeMap<Place, Weak<Connection>>>,
}

impl Room {
    pub(crate) fn new(most: usize) -> Rc<Self> {
        let (here, next, turning_away) = (Cell::new(0), Cell::new(0), Cell::new(0));
        Rc::new(Self { most, here, next, turning_away, idle: RefCell::default() })
    }

    /// Lets a connection in. `None` when there is no room, and nobody to make way.
    pub(crate) fn enter(self: &Rc<Self>) -> Option<Seat> {
        if self.here.get() >= self.most {
            let (_, longest) = self.idle.borrow_mut().pop_first()?;
            if let Some(connection) = longest.upgrade() {
                // It counts no more, although it takes a moment to be closed.
                connection.place.set(None);
                connection.evict();
                self.here.set(self.here.get().saturating_sub(1));
            }
        }
        self.here.set(self.here.get() + 1);
        let connection = Rc::new(Connection {
            room: Rc::downgrade(self),
            under_way: Cell::new(0),
            begun: Cell::new(0),
            idle_since: Cell::new(Instant::now()),
            unread: Cell::new(false),
            evicted: Cell::new(false),
            waker: RefCell::new(None),
            place: Cell::new(None),
        });
        self.idle(&connection);
        Some(Seat { room: Rc::clone(self), connection })
    }

    /// Whether one that found no room can be told so. `None` when enough others are being told.
    pub(super) fn turn_away(&self) -> Option<impl Drop> {
        struct TurningAway<'a>(&'a Room);
        impl Drop for TurningAway<'_> {
            fn drop(&mut self) {
                self.0.turning_away.set(self.0.turning_away.get().saturating_sub(1));
            }
        }
        let others = self.turning_away.get();
        (others < TOLD_AT_ONCE).then(|| {
            self.turning_away.set(others + 1);
            TurningAway(self)
        })
    }

    /// Nobody asks anything on it now.
    pub(super) fn idle(&self, connection: &Rc<Connection>) {
        if connection.evicted.get() {
            return;
        }
        let place = Place { asked: connection.begun.get() > 0, order: self.next.get() };
        self.next.set(self.next.get() + 1);
        connection.place.set(Some(place));
        self.idle.borrow_mut().insert(place, Rc::downgrade(connection));
    }

    /// A request has begun on it.
    pub(super) fn busy(&self, connection: &Connection) {
        if let Some(place) = connection.place.take() {
            self.idle.borrow_mut().remove(&place);
        }
    }

    fn leave(&self, connection: &Connection) {
        self.busy(connection);
        if !connection.evicted.get() {
            self.here.set(self.here.get().saturating_sub(1));
        }
    }
}

/// The room that one connection takes.
#[derive(Debug)]
pub(crate) struct Seat {
    room: Rc<Room>,
    pub(super) connection: Rc<Connection>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.room.leave(&self.connection);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_never_asked_makes_way_first_then_who_has_been_idle_longest() {
        let room = Room::new(3);
        let seats: Vec<Seat> = (0..3).map(|_| room.enter().unwrap()).collect();
        let turns: Vec<_> =
            seats.iter().map(|seat| Rc::clone(&seat.connection).begin(false)).collect();
        assert!(room.enter().is_none(), "all three are in use");
        let mut turns = turns.into_iter();
        let first = turns.next().unwrap();
        drop(turns.next());
        drop(first);
        // The second was done before the first.
        let newcomer = room.enter().unwrap();
        let evicted = |seats: &[Seat]| {
            seats.iter().map(|seat| seat.connection.evicted.get()).collect::<Vec<_>>()
        };
        assert_eq!(evicted(&seats), [false, true, false]);
        let _another = room.enter().unwrap();
        assert!(newcomer.connection.evicted.get(), "nobody asked anything on it");
        assert_eq!(evicted(&seats), [false, true, false]);
        assert_eq!(room.here.get(), 3);
        drop((seats, newcomer));
        assert_eq!((room.here.get(), room.idle.borrow().len()), (1, 1));
    }
}
