//! The translator: events to record payloads and back, for every layout ever written.
//!
//! The journal keeps an event as its type's name, a schema number and bytes. This crate is the only
//! one that knows all three. An event's type is in the record, so a payload holds the fields of
//! that one event and nothing else. The layouts are frozen structs of this crate's own
//! (`lead_v1.rs`, `organisation_v1.rs`, `workflow_v1.rs`, `words_v1.rs`): a domain type may change without moving a byte.
//!
//! Bincode writes the fields one after the other and notices neither a changed layout nor bytes
//! that are left over. Hence the schema numbers, the byte fixtures in the tests, the refusal of
//! trailing bytes, and a limit on every length that is read: damaged bytes are an error, never a
//! panic and never a huge allocation.
//!
//! Two things inside a payload have a form of their own:
//!
//! - A node's config and a workflow's settings are JSON documents, the same ones the API takes.
//!   They are what people edit, they grow field by field, and a reader can show them without
//!   knowing this crate. Unknown fields are refused. A number that is no 64-bit integer stands in
//!   the document as text and its condition is listed beside it, because JSON readers do not agree
//!   on such numbers.
//! - What a person, a provider or a template supplied is sealed with the lead's key, see
//!   [`SealedField`]. No bytes at all mean that the field is erased. That there are no variables,
//!   attributes or notes is in clear: it saves the 40 bytes of a seal, which most leads would pay.
//!
//! ```text
//! record's event   type `lead.branch_taken` | schema 1 | payload
//! payload          bincode 2, little-endian, variable-length integers; ids are 16 bytes
//! sealed field     length | nonce (24) | ciphertext | tag (16)
//! ```

mod binary;
mod document;
mod error;
mod event_type;
mod lead_decode;
mod lead_encode;
mod lead_v1;
mod limits;
mod organisation_decode;
mod organisation_encode;
mod organisation_v1;
mod recorded;
mod sealed;
mod words;
mod words_v1;
mod workflow_decode;
mod workflow_encode;
mod workflow_v1;

pub use error::{DecodeError, EncodeError};
pub use event_type::{
    LEAD_EVENT_TYPES, ORGANISATION_EVENT_TYPES, WORKFLOW_EVENT_TYPES, lead_event_type,
    organisation_event_type, workflow_event_type,
};
pub use lead_decode::decode_lead;
pub use lead_encode::encode_lead;
pub use limits::{
    AGENT_ID_BYTES_MAX, BRANCH_BYTES_MAX, CONFIG_BYTES_MAX, DESCRIPTION_BYTES_MAX,
    END_REASON_BYTES_MAX, FILE_NAME_BYTES_MAX, FROM_NUMBER_BYTES_MAX, IMPORT_REASON_BYTES_MAX,
    PAYLOAD_BYTES_MAX, PROVIDER_REF_BYTES_MAX, REFUSAL_REASON_BYTES_MAX, SETTINGS_BYTES_MAX,
    TITLE_BYTES_MAX, VARIABLE_KEYS_BYTES_MAX,
};
pub use organisation_decode::decode_organisation;
pub use organisation_encode::encode_organisation;
pub use recorded::{RecordedEvents, decode_record, says_erased};
pub use sealed::{SEALED_FIELDS, SealedField, Sealing};
pub use workflow_decode::decode_workflow;
pub use workflow_encode::encode_workflow;

/// The layout that is written now. Every one from 1 up to it is read.
pub const SCHEMA: u16 = 1;
