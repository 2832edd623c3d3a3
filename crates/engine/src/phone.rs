//! Phone numbers as people write them, made E.164.

use rlibphonenumber::{NumberLengthType, PhoneNumber, PhoneNumberFormat, Region, ValidationError};

/// Longest text that is looked at as a phone number. Unit: bytes.
const TEXT_BYTES_MAX: usize = 64;

/// Why a text is not the number of a phone that can be dialled. The words name no number, so that
/// the rows of a file which share a reason can be told together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum PhoneProblem {
    /// Nothing there.
    #[error("phone_number is empty")]
    Empty,
    /// No country code, and none to assume.
    #[error(
        "phone_number has no country code: write it as +<country code><number>, or set the workflow's default_country"
    )]
    NoCountry,
    /// A country code that no country has.
    #[error("phone_number begins with a country code that does not exist")]
    UnknownCountry,
    /// No phone number at all.
    #[error("phone_number is not a phone number: write it as +<country code><number>")]
    NotANumber,
    /// Fewer digits than any number of its country.
    #[error("phone_number is too short for its country")]
    TooShort,
    /// More digits than any number of its country, or than E.164 allows.
    #[error("phone_number is too long for its country")]
    TooLong,
    /// No number of its country has so many digits.
    #[error("phone_number does not have as many digits as numbers of its country have")]
    WrongLength,
    /// Cannot be dialled from outside.
    #[error("phone_number has an extension: only numbers that can be dialled directly are kept")]
    Extension,
}

/// Makes numbers E.164, with one country assumed where a text names none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Normaliser {
    region: Option<Region>,
}

impl Normaliser {
    /// `default_country` is ISO 3166-1 alpha-2.
    pub(crate) fn of(default_country: Option<&str>) -> Self {
        Self { region: default_country.and_then(|country| country.parse::<Region>().ok()) }
    }

    /// See [`normalise`].
    pub(crate) fn normalise(self, text: &str) -> Result<String, PhoneProblem> {
        let region = self.region;
        let text = text.trim();
        if text.is_empty() {
            return Err(PhoneProblem::Empty);
        }
        if text.len() > TEXT_BYTES_MAX {
            return Err(PhoneProblem::NotANumber);
        }
        let number = PhoneNumber::parse(text, region).map_err(|error| problem(&error, region))?;
        if !number.extension().is_empty() {
            return Err(PhoneProblem::Extension);
        }
        match number.is_possible_with_reason() {
            Ok(NumberLengthType::IsPossible) => {}
            Ok(NumberLengthType::IsPossibleLocalOnly) | Err(ValidationError::TooShort) => {
                return Err(PhoneProblem::TooShort);
            }
            Err(ValidationError::TooLong) => return Err(PhoneProblem::TooLong),
            Err(ValidationError::InvalidLength) => return Err(PhoneProblem::WrongLength),
            Err(ValidationError::InvalidCountryCode) => return Err(PhoneProblem::UnknownCountry),
        }
        Ok(number.format_as(PhoneNumberFormat::E164).into_owned())
    }
}

/// Makes a number E.164, for example `+919876543210`.
///
/// `default_country` (ISO 3166-1 alpha-2) is assumed where the text names no country. Only lengths
/// are checked, not number plans: countries open new ranges all the time, and a carrier refuses a
/// number that nobody has.
///
/// # Errors
///
/// [`PhoneProblem`] when the text is not a number that can be dialled.
pub fn normalise(text: &str, default_country: Option<&str>) -> Result<String, PhoneProblem> {
    Normaliser::of(default_country).normalise(text)
}

fn problem(error: &rlibphonenumber::ParseError, region: Option<Region>) -> PhoneProblem {
    use rlibphonenumber::ParseError;
    match error {
        // Without a country to assume, this is how a number without `+` is refused.
        ParseError::InvalidCountryCode if region.is_none() => PhoneProblem::NoCountry,
        ParseError::InvalidCountryCode => PhoneProblem::UnknownCountry,
        ParseError::NotANumber(_) => PhoneProblem::NotANumber,
        ParseError::TooShortAfterIdd | ParseError::TooShortNsn => PhoneProblem::TooShort,
        ParseError::TooLongNsn => PhoneProblem::TooLong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_e164_whatever_they_are_written_like() {
        // The Indian ones begin with 91, which is the country code too: it must not be cut off.
        let golden = [
            ("9198765432", Some("IN"), "+919198765432"),
            ("09198765432", Some("IN"), "+919198765432"),
            ("919198765432", Some("IN"), "+919198765432"),
            ("+91 91987 65432", None, "+919198765432"),
            ("9187654321", Some("IN"), "+919187654321"),
            ("91-9187654321", Some("IN"), "+919187654321"),
            ("0091 98765 43210", Some("IN"), "+919876543210"),
            ("98765 43210", Some("IN"), "+919876543210"),
            ("+919876543210", Some("US"), "+919876543210"),
            ("(202) 555-0143", Some("US"), "+12025550143"),
            ("1 202 555 0143", Some("US"), "+12025550143"),
            ("+1-202-555-0143", None, "+12025550143"),
            ("030 901820", Some("DE"), "+4930901820"),
            ("+49 (0)30 901820", None, "+4930901820"),
            ("020 7946 0018", Some("GB"), "+442079460018"),
            ("06 12 34 56 78", Some("FR"), "+33612345678"),
            ("02 1234 5678", Some("IT"), "+390212345678"),
            ("(11) 96123-4567", Some("BR"), "+5511961234567"),
            ("０９０１２３４５６７８", Some("JP"), "+819012345678"),
        ];
        for (text, country, expected) in golden {
            assert_eq!(normalise(text, country).as_deref(), Ok(expected), "{text} {country:?}");
            assert_eq!(normalise(expected, None).as_deref(), Ok(expected), "it stays what it is");
        }
    }

    #[test]
    fn what_cannot_be_dialled_is_refused_with_its_reason() {
        let long = "9".repeat(65);
        let refused = [
            ("", Some("IN"), PhoneProblem::Empty),
            ("  \t", None, PhoneProblem::Empty),
            ("9876543210", None, PhoneProblem::NoCountry),
            ("+999 123456789", None, PhoneProblem::NoCountry),
            ("+999 123456789", Some("IN"), PhoneProblem::UnknownCountry),
            ("call me", Some("IN"), PhoneProblem::NotANumber),
            (&long, Some("IN"), PhoneProblem::NotANumber),
            ("98765", Some("IN"), PhoneProblem::TooShort),
            ("+91 98765 43210 12345", None, PhoneProblem::TooLong),
            ("+1 202 555 0143 ext. 7", None, PhoneProblem::Extension),
        ];
        for (text, country, expected) in refused {
            assert_eq!(normalise(text, country), Err(expected), "{text}");
        }
    }
}
