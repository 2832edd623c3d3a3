//! Why an event cannot be written or read.

use branchline_vault::OpenSealError;

/// An event that cannot be written. Nothing was recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A field is larger than a record has room for.
    #[error(
        "{field} of a {event_type} event has {size} bytes; at most {limit} fit, make it shorter"
    )]
    TooLarge {
        /// Name of the event's type.
        event_type: &'static str,
        /// Which field; `event` for all of them together.
        field: &'static str,
        /// How large it is. Unit: bytes.
        size: usize,
        /// How large it may be. Unit: bytes.
        limit: usize,
    },
    /// The event has no written form; a bug of this crate.
    #[error("a {event_type} event cannot be written: {reason}")]
    Unwritable {
        /// Name of the event's type.
        event_type: &'static str,
        /// What was in the way.
        reason: String,
    },
}

/// A recorded event that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// No event of this stream kind has this name; a newer release may know it.
    #[error("`{event_type}` is no event type of this stream; was it written by a newer release?")]
    UnknownType {
        /// The name found.
        event_type: String,
    },
    /// A newer release wrote it.
    #[error(
        "a {event_type} event has schema {found}, this release reads up to {newest}; use the \
         release that wrote it or a newer one"
    )]
    FromTheFuture {
        /// Name of the event's type.
        event_type: &'static str,
        /// The schema found.
        found: u16,
        /// The newest schema known here.
        newest: u16,
    },
    /// The bytes are no event of this type and schema.
    #[error("a {event_type} event is damaged: {reason}")]
    Malformed {
        /// Name of the event's type.
        event_type: &'static str,
        /// What does not fit, and where.
        reason: String,
    },
    /// The event ends before its payload does: another layout, or damage.
    #[error("a {event_type} event ends {left} bytes before its payload of {length} bytes")]
    TrailingBytes {
        /// Name of the event's type.
        event_type: &'static str,
        /// Length of the payload. Unit: bytes.
        length: usize,
        /// What was left over. Unit: bytes.
        left: usize,
    },
    /// The payload is longer than any event that was ever written.
    #[error("a {event_type} event has {length} bytes, no event has more than {limit}")]
    TooLong {
        /// Name of the event's type.
        event_type: &'static str,
        /// Length of the payload. Unit: bytes.
        length: usize,
        /// Longest payload that is looked into. Unit: bytes.
        limit: usize,
    },
    /// A sealed field does not open with the key given.
    #[error("{field} of a {event_type} event cannot be opened")]
    Seal {
        /// Name of the event's type.
        event_type: &'static str,
        /// Which field.
        field: &'static str,
        /// Why.
        #[source]
        source: OpenSealError,
    },
}
