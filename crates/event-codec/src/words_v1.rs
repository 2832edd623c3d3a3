//! Outputs and call statuses as schema 1 wrote them. Frozen: this file never changes again.
//!
//! Bincode numbers the variants from 0 in the order they stand here.

use bincode::{BorrowDecode, Encode};

/// One byte, and a text for a branch.
#[derive(Encode, BorrowDecode)]
pub(crate) enum Output<'a> {
    Completed,
    Dnp,
    Failed,
    True,
    False,
    Next,
    Success,
    Failure,
    Branch(&'a str),
}

/// One byte.
#[derive(Encode, BorrowDecode)]
pub(crate) enum CallStatus {
    Created,
    Initiated,
    Sent,
    Received,
    Connected,
    Waiting,
    Completed,
    DidNotPick,
    Busy,
    Failed,
    NoAnswer,
    Cancelled,
    RetryExpired,
}
