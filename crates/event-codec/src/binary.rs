//! Bincode, fenced: fixed configuration, exact lengths, errors in words of our own.

use bincode::{BorrowDecode, Encode, config};

use crate::{DecodeError, EncodeError};

/// Longest payload that is looked into. Unit: bytes. Above every record.
const PAYLOAD_READ_MAX: usize = 65_536;

/// The most that the lengths inside one payload may claim together, in memory. Unit: bytes. Without
/// it a damaged length would allocate until the process dies. The list that grows most in memory is
/// one of empty texts, sixteen times; a payload of the largest size may do that and still be read.
const CLAIMED_BYTES_MAX: usize = 262_144;
const _: () = assert!(CLAIMED_BYTES_MAX > 16 * crate::PAYLOAD_BYTES_MAX);

/// Little-endian, variable-length integers. Storage format: never changes.
const CONFIG: config::Configuration<
    config::LittleEndian,
    config::Varint,
    config::Limit<CLAIMED_BYTES_MAX>,
> = config::standard().with_limit::<CLAIMED_BYTES_MAX>();

/// Most payloads are shorter. Unit: bytes.
const PAYLOAD_BYTES_MOST: usize = 256;

/// The bytes of one layout.
///
/// Bincode makes a vector in two passes, the first of which only counts. A buffer on the stack takes
/// what is short in one, which is nearly everything; what does not fit goes the long way.
pub(crate) fn write(event_type: &'static str, layout: impl Encode) -> Result<Vec<u8>, EncodeError> {
    let mut short = [0; PAYLOAD_BYTES_MOST];
    let written = bincode::encode_into_slice(&layout, &mut short, CONFIG);
    if let Some(bytes) = written.ok().and_then(|length| short.get(..length)) {
        return Ok(bytes.to_vec());
    }
    bincode::encode_to_vec(layout, CONFIG)
        .map_err(|error| EncodeError::Unwritable { event_type, reason: error.to_string() })
}

/// One layout from exactly these bytes. Borrows from them.
pub(crate) fn read<'a, T: BorrowDecode<'a, ()>>(
    event_type: &'static str,
    bytes: &'a [u8],
) -> Result<T, DecodeError> {
    let length = bytes.len();
    if length > PAYLOAD_READ_MAX {
        return Err(DecodeError::TooLong { event_type, length, limit: PAYLOAD_READ_MAX });
    }
    let (layout, used) = bincode::borrow_decode_from_slice(bytes, CONFIG)
        .map_err(|error| DecodeError::Malformed { event_type, reason: in_words(&error) })?;
    match length.saturating_sub(used) {
        0 => Ok(layout),
        left => Err(DecodeError::TrailingBytes { event_type, length, left }),
    }
}

/// Bincode prints its errors as Rust code; these are the ones that damaged bytes can cause.
fn in_words(error: &bincode::error::DecodeError) -> String {
    use bincode::error::DecodeError as Error;
    if let Error::UnexpectedEnd { .. } = error {
        "the bytes end too early".into()
    } else if let Error::LimitExceeded = error {
        format!("a length inside it goes beyond {CLAIMED_BYTES_MAX} bytes")
    } else if let Error::UnexpectedVariant { found, .. } = error {
        format!("there is no variant {found} where it stands")
    } else if let Error::Utf8 { inner } = error {
        format!("a text is not UTF-8: {inner}")
    } else if let Error::InvalidBooleanValue(found) = error {
        format!("{found} stands where 0 or 1 must")
    } else {
        "a number or a length is out of its range".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_the_buffer_is_written_like_what_does() {
        for length in [0, 1, PAYLOAD_BYTES_MOST - 2, PAYLOAD_BYTES_MOST, 4_096] {
            let text = "x".repeat(length);
            let bytes = write("test", text.as_str()).unwrap();
            assert_eq!(bytes, bincode::encode_to_vec(text.as_str(), CONFIG).unwrap());
            assert_eq!(bytes.capacity(), bytes.len(), "nothing is kept that is not needed");
            assert_eq!(read::<&str>("test", &bytes).unwrap(), text);
        }
    }
}
