//! Organisation events as schema 1 writes them. Frozen: what is here never changes again, and a new
//! event type adds its layout at the end.
//!
//! One struct for each event type. Bincode writes the fields in the order they stand here, and
//! numbers variants from 0. Ids are their 16 bytes, instants their microseconds since 1970.

use bincode::{BorrowDecode, Encode};

use crate::words_v1::CallStatus;

#[derive(Encode, BorrowDecode)]
pub(crate) struct ApiKeyCreated<'a> {
    pub(crate) key: [u8; 16],
    pub(crate) name: &'a str,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) secret_sha256: [u8; 32],
    pub(crate) expires_at: Option<i64>,
}

#[derive(Clone, Copy, Encode, BorrowDecode)]
pub(crate) enum Scope {
    Read,
    Operate,
    Resolve,
    Ingest,
    Admin,
    Audit,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct ApiKeyExpirySet {
    pub(crate) key: [u8; 16],
    pub(crate) expires_at: Option<i64>,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct ApiKeyRevoked {
    pub(crate) key: [u8; 16],
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct ActionRefused<'a> {
    pub(crate) action: &'a str,
    pub(crate) target: &'a str,
    pub(crate) code: &'a str,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct ProviderEventUnmatched<'a> {
    pub(crate) event: [u8; 16],
    pub(crate) reason: UnmatchedReason,
    pub(crate) provider: &'a str,
    pub(crate) word: &'a str,
    pub(crate) provider_call_id: Option<&'a str>,
    pub(crate) call: Option<Call>,
    pub(crate) event_id: Option<&'a str>,
    pub(crate) end_reason: Option<&'a str>,
    pub(crate) occurred_at: Option<i64>,
    pub(crate) facts: Vec<(&'a str, &'a str)>,
}

#[derive(Clone, Copy, Encode, BorrowDecode)]
pub(crate) enum UnmatchedReason {
    UnknownWord,
    UnknownCall,
}

#[derive(Clone, Copy, Encode, BorrowDecode)]
pub(crate) struct Call {
    pub(crate) lead: [u8; 16],
    pub(crate) number: u32,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct ProviderEventMatched {
    pub(crate) event: [u8; 16],
    pub(crate) call: Call,
    pub(crate) status: CallStatus,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct ProviderEventDismissed<'a> {
    pub(crate) event: [u8; 16],
    pub(crate) note: &'a str,
}

/// In ascending order of the words.
#[derive(Encode, BorrowDecode)]
pub(crate) struct ProviderWordsSet<'a> {
    pub(crate) provider: &'a str,
    pub(crate) words: Vec<(&'a str, WordMeaning)>,
}

#[derive(Encode, BorrowDecode)]
pub(crate) enum WordMeaning {
    Status(CallStatus),
    Ignore,
}
