//! Workflow events as schema 1 writes them. Frozen: what is here never changes again, and a new
//! event type adds its layout at the end.
//!
//! One struct for each event type. Bincode writes the fields in the order they stand here, and
//! numbers variants from 0. Ids are their 16 bytes; settings and configs are JSON documents.

use std::borrow::Cow;

use bincode::{BorrowDecode, Encode};

use crate::words_v1::Output;

#[derive(Encode, BorrowDecode)]
pub(crate) struct Created<'a> {
    pub(crate) organisation: [u8; 16],
    pub(crate) title: &'a str,
    pub(crate) description: &'a str,
    pub(crate) settings: &'a str,
    pub(crate) source: Option<[u8; 16]>,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct Renamed<'a> {
    pub(crate) title: &'a str,
    pub(crate) description: &'a str,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct SettingsChanged<'a> {
    pub(crate) settings: &'a str,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct GraphRevised<'a> {
    pub(crate) revision: u32,
    pub(crate) changes: Vec<GraphChange<'a>>,
}

#[derive(Encode, BorrowDecode)]
pub(crate) enum GraphChange<'a> {
    NodePut(Node<'a>),
    NodeRemoved([u8; 16]),
    EdgeAdded(Edge<'a>),
    EdgeRemoved([u8; 16]),
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct Node<'a> {
    pub(crate) id: [u8; 16],
    pub(crate) label: &'a str,
    pub(crate) x_milli: i64,
    pub(crate) y_milli: i64,
    pub(crate) kind: NodeType,
    pub(crate) config: Cow<'a, str>,
    /// Conditions, by their index, whose value is a number that stands in the config as a text of
    /// the form `<digits>e-<places>`.
    pub(crate) numbers: Vec<u32>,
    pub(crate) entry: bool,
}

#[derive(Encode, BorrowDecode)]
pub(crate) enum NodeType {
    VoiceCall,
    Conditional,
    Time,
    Application,
    Converted,
    Dropped,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct Edge<'a> {
    pub(crate) id: [u8; 16],
    pub(crate) from: [u8; 16],
    pub(crate) to: [u8; 16],
    pub(crate) label: Option<Output<'a>>,
}

/// Of an event that has no fields: no bytes.
#[derive(Encode, BorrowDecode)]
pub(crate) struct Nothing;

#[derive(Encode, BorrowDecode)]
pub(crate) struct Completed {
    pub(crate) automatic: bool,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct ImportOpened<'a> {
    pub(crate) import: [u8; 16],
    pub(crate) file_name: Option<&'a str>,
    pub(crate) rows: u32,
    pub(crate) duplicates_skipped: u32,
    pub(crate) variable_keys: Vec<&'a str>,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct ImportClosed {
    pub(crate) import: [u8; 16],
    pub(crate) enrolled: u32,
    pub(crate) duplicates_skipped: u32,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct ImportCancelled<'a> {
    pub(crate) import: [u8; 16],
    pub(crate) reason: &'a str,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct ImportRefused<'a> {
    pub(crate) import: [u8; 16],
    pub(crate) file_name: Option<&'a str>,
    pub(crate) rows: u32,
    pub(crate) faults: Vec<ImportFault<'a>>,
    pub(crate) reasons: u32,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct ImportFault<'a> {
    pub(crate) reason: &'a str,
    pub(crate) rows: Vec<u64>,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct GraphStaged<'a> {
    pub(crate) part: u32,
    pub(crate) changes: Vec<GraphChange<'a>>,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct NodeReplaced {
    pub(crate) node: [u8; 16],
    pub(crate) by: [u8; 16],
}
