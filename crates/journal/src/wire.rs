//! Numbers and texts as bytes, and back. Reading is total: any bytes give a value or an error, and
//! nothing is allocated for a length that the bytes cannot back.

pub(crate) mod flow;

/// Why bytes are not what this format writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FormatError(pub &'static str);

/// Appends a number in groups of seven bits, lowest first; the top bit says that more follow.
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            out.push(low & 0x7f);
            return;
        }
        out.push(low | 0x80);
    }
}

/// Appends a length as a varint. Lengths in memory always fit.
pub fn put_len(out: &mut Vec<u8>, len: usize) {
    put_varint(out, len as u64);
}

/// Appends a signed number so that small ones of either sign stay short.
pub fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_varint(out, ((value << 1) ^ (value >> 63)).cast_unsigned());
}

/// Appends a text with its length before it.
pub fn put_text(out: &mut Vec<u8>, text: &str) {
    put_len(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

/// Bytes still to be read.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    /// What there is to read.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Bytes that were not read. Unit: bytes.
    pub const fn left(&self) -> usize {
        self.rest.len()
    }

    /// One byte.
    ///
    /// # Errors
    ///
    /// When the bytes end early.
    pub fn byte(&mut self) -> Result<u8, FormatError> {
        let (first, rest) = self.rest.split_first().ok_or(FormatError("the bytes end early"))?;
        self.rest = rest;
        Ok(*first)
    }

    /// This many bytes.
    ///
    /// # Errors
    ///
    /// When the bytes end early.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], FormatError> {
        let (taken, rest) =
            self.rest.split_at_checked(len).ok_or(FormatError("the bytes end early"))?;
        self.rest = rest;
        Ok(taken)
    }

    /// As many bytes as the array has.
    ///
    /// # Errors
    ///
    /// When the bytes end early.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], FormatError> {
        let (taken, rest) =
            self.rest.split_first_chunk::<N>().ok_or(FormatError("the bytes end early"))?;
        self.rest = rest;
        Ok(*taken)
    }

    /// A number as [`put_varint`] writes it. Only the shortest form is taken, so that equal values have
    /// equal bytes.
    ///
    /// # Errors
    ///
    /// When the bytes end early, or are another form or a larger number.
    pub fn varint(&mut self) -> Result<u64, FormatError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                return Err(FormatError("a number is larger than 64 bits"));
            }
            value |= part << shift;
            if byte & 0x80 == 0 {
                return if part == 0 && shift > 0 {
                    Err(FormatError("a number is longer than it needs to be"))
                } else {
                    Ok(value)
                };
            }
        }
        Err(FormatError("a number is larger than 64 bits"))
    }

    /// A number that fits its field.
    ///
    /// # Errors
    ///
    /// As [`Self::varint`], and when it does not fit.
    pub fn small<T: TryFrom<u64>>(&mut self) -> Result<T, FormatError> {
        T::try_from(self.varint()?).map_err(|_| FormatError("a number is larger than its field"))
    }

    /// A number as [`put_signed`] writes it.
    ///
    /// # Errors
    ///
    /// As [`Self::varint`].
    pub fn signed(&mut self) -> Result<i64, FormatError> {
        let raw = self.varint()?;
        Ok((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed())
    }

    /// A text as [`put_text`] writes it, of at most `max` bytes.
    ///
    /// # Errors
    ///
    /// When it is longer, ends early or is not UTF-8.
    pub fn text(&mut self, max: usize) -> Result<&'a str, FormatError> {
        let len: usize = self.small()?;
        if len > max {
            return Err(FormatError("a text is longer than its limit"));
        }
        std::str::from_utf8(self.take(len)?).map_err(|_| FormatError("a text is not UTF-8"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_comes_back_and_leaves_nothing(value: u64, signed: i64) {
            let mut out = Vec::new();
            put_varint(&mut out, value);
            put_signed(&mut out, signed);
            let mut input = Input::new(&out);
            prop_assert_eq!(input.varint(), Ok(value));
            prop_assert_eq!(input.signed(), Ok(signed));
            prop_assert_eq!(input.left(), 0);
        }

        #[test]
        fn a_number_has_one_form_only(bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
            let mut input = Input::new(&bytes);
            if let Ok(value) = input.varint() {
                let mut out = Vec::new();
                put_varint(&mut out, value);
                prop_assert_eq!(&out[..], &bytes[..bytes.len() - input.left()]);
            }
        }
    }

    #[test]
    fn a_number_longer_than_needed_or_wider_than_64_bits_is_refused() {
        assert!(Input::new(&[0x80, 0x00]).varint().is_err());
        assert!(Input::new(&[0xff; 10]).varint().is_err());
        assert!(
            Input::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02])
                .varint()
                .is_err()
        );
    }
}
