//! How large a field may be. All limits are in bytes of UTF-8, and all are inclusive.
//!
//! A record holds one step of one stream and must stay below 12 KiB. The limits leave room for
//! what a step adds beside its largest event. What comes from outside is cut or refused before it
//! gets here; these are the last line, not the first.

use branchline_domain::{
    organisation::{self, KEY_NAME_CHARS_MAX},
    provider,
    workflow::{DESCRIPTION_CHARS_MAX, REFUSAL_REASON_CHARS_MAX, TITLE_CHARS_MAX},
};

use crate::EncodeError;

/// Longest UTF-8 form of one character. Unit: bytes.
const CHAR_BYTES_MAX: usize = 4;

/// Largest payload of one event: a record's limit, less 1 KiB for what stands around it.
pub const PAYLOAD_BYTES_MAX: usize = branchline_journal::record::RECORD_BYTES_MAX - 1_024;
/// Longest number a call comes from.
pub const FROM_NUMBER_BYTES_MAX: usize = 64;
/// Longest name of who or what talks.
pub const AGENT_ID_BYTES_MAX: usize = 256;
/// Longest name a carrier gives a call.
pub const PROVIDER_REF_BYTES_MAX: usize = 256;
/// Longest word of a provider for why a call ended.
pub const END_REASON_BYTES_MAX: usize = 256;
/// Longest name of a switch's branch.
pub const BRANCH_BYTES_MAX: usize = 256;
/// Longest title of a workflow or label of a node.
pub const TITLE_BYTES_MAX: usize = TITLE_CHARS_MAX * CHAR_BYTES_MAX;
/// Longest description of a workflow.
pub const DESCRIPTION_BYTES_MAX: usize = DESCRIPTION_CHARS_MAX * CHAR_BYTES_MAX;
/// Largest settings of a workflow, as JSON.
pub const SETTINGS_BYTES_MAX: usize = 1_024;
/// Largest config of a node, as JSON.
pub const CONFIG_BYTES_MAX: usize = 8 * 1_024;
/// Longest name of an imported file.
pub const FILE_NAME_BYTES_MAX: usize = 512;
/// Longest names of an import's variables, all together.
pub const VARIABLE_KEYS_BYTES_MAX: usize = 8 * 1_024;
/// Longest reason for giving up an import.
pub const IMPORT_REASON_BYTES_MAX: usize = 1_024;

/// Longest reason for refusing rows of an import.
pub const REFUSAL_REASON_BYTES_MAX: usize = REFUSAL_REASON_CHARS_MAX * CHAR_BYTES_MAX;
/// Longest name of an API key.
pub(crate) const KEY_NAME_BYTES_MAX: usize = KEY_NAME_CHARS_MAX * CHAR_BYTES_MAX;
/// Longest word for a refused action, and longest code of its answer.
pub(crate) const CODE_BYTES_MAX: usize = organisation::CODE_BYTES_MAX;
/// Longest text for what a refused action was about.
pub(crate) const TARGET_BYTES_MAX: usize = organisation::TARGET_BYTES_MAX;
/// Longest name of a provider.
pub(crate) const PROVIDER_BYTES_MAX: usize = provider::PROVIDER_BYTES_MAX;
/// Longest word of a provider for a status.
pub(crate) const WORD_BYTES_MAX: usize = provider::WORD_BYTES_MAX;
/// Longest name that a provider gives a message.
pub(crate) const PROVIDER_TEXT_BYTES_MAX: usize = organisation::PROVIDER_TEXT_BYTES_MAX;
/// Longest further fact of a provider's message, and longest name of one.
pub(crate) const FACT_BYTES_MAX: usize = organisation::FACT_BYTES_MAX;
/// Longest note of a dismissal.
pub(crate) const DISMISSAL_NOTE_BYTES_MAX: usize =
    organisation::DISMISSAL_NOTE_CHARS_MAX * CHAR_BYTES_MAX;
/// Longest names of fields that an application missed, all together. The evidence, the fields of
/// the answer and these share a record.
pub(crate) const MISSING_FIELDS_BYTES_MAX: usize = 1_024;

/// Refuses a field that is too large.
pub(crate) const fn within(
    event_type: &'static str,
    field: &'static str,
    size: usize,
    limit: usize,
) -> Result<(), EncodeError> {
    if size > limit {
        return Err(EncodeError::TooLarge { event_type, field, size, limit });
    }
    Ok(())
}

/// Gives the text back unless it is too large.
pub(crate) fn text<'a>(
    event_type: &'static str,
    field: &'static str,
    text: &'a str,
    limit: usize,
) -> Result<&'a str, EncodeError> {
    within(event_type, field, text.len(), limit).map(|()| text)
}

/// Like [`text`], for a text that may be missing.
pub(crate) fn optional<'a>(
    event_type: &'static str,
    field: &'static str,
    value: Option<&'a str>,
    limit: usize,
) -> Result<Option<&'a str>, EncodeError> {
    value.map(|value| text(event_type, field, value, limit)).transpose()
}
