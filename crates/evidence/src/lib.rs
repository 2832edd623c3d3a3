//! The forms in which the journal leaves the house: what an auditor, a backup or another machine
//! is given, each checked to the last byte by whoever reads it.
//!
//! [`lines`] is an export of the records as lines of JSON. A [`head`] says in 100 bytes which
//! journal it is and is signed; a [`dossier`] proves one stream's records to whoever kept a head, and
//! [`consistency`] that a newer head continues an older one. Both proofs come out of one pass over
//! the records ([`gathering`]). Nothing here opens a store, and nothing needs one: what is read here
//! was handed over.

pub mod consistency;
mod document;
pub mod dossier;
pub mod gathering;
pub mod head;
pub mod hex;
pub mod lines;
#[cfg(test)]
mod sample;
mod stream_name;

pub use document::{DOCUMENT_BYTES_MAX, DocumentError};
