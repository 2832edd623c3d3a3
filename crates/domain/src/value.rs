//! Values of variables, attributes and conditions: text, exact numbers, yes and no.

use std::{cmp::Ordering, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A decimal number, kept exactly. No floats: the same journal must give the same state everywhere.
///
/// Up to 30 digits, of which up to 29 stand after the point; text beyond that is not a number here.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    /// All digits, without the point.
    digits: i128,
    /// How many of them stand after the point.
    places: u32,
}

impl Decimal {
    const DIGITS_MAX: usize = 30;

    /// The digits without the point, and how many of them stand after it. No trailing zeros after
    /// the point.
    pub const fn parts(self) -> (i128, u32) {
        (self.digits, self.places)
    }

    fn scaled(self, places: u32) -> Option<i128> {
        10_i128.checked_pow(places.checked_sub(self.places)?)?.checked_mul(self.digits)
    }

    fn normal(mut self) -> Self {
        while self.places > 0 && self.digits % 10 == 0 {
            self.digits /= 10;
            self.places -= 1;
        }
        self
    }
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Self { digits: number.into(), places: 0 }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let places = self.places.max(other.places);
        match (self.scaled(places), other.scaled(places)) {
            (Some(a), Some(b)) => a.cmp(&b),
            // Only the one with fewer places can overflow, so it is the larger in size; with both
            // within 30 digits the signs decide.
            (None, _) => self.digits.cmp(&0),
            (_, None) => 0.cmp(&other.digits),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

/// A text that is no decimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number of at most 30 digits")]
pub struct ParseDecimalError;

impl FromStr for Decimal {
    type Err = ParseDecimalError;

    /// Reads `-12`, `+3`, `0.50`, `.5`, `1e3`: what spreadsheets and JSON write.
    fn from_str(text: &str) -> Result<Self, ParseDecimalError> {
        let text = text.trim();
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => {
                (mantissa, exponent.parse::<i32>().map_err(|_| ParseDecimalError)?)
            }
            None => (text, 0),
        };
        let unsigned = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let written = whole.len() + fraction.len();
        let leading_zeros = whole.bytes().chain(fraction.bytes()).take_while(|&b| b == b'0');
        if written == 0
            || written - leading_zeros.count() > Self::DIGITS_MAX
            || !all_digits(whole)
            || !all_digits(fraction)
            || exponent.unsigned_abs() > 30
        {
            return Err(ParseDecimalError);
        }
        let digits: i128 = format!("{whole}{fraction}").parse().map_err(|_| ParseDecimalError)?;
        let digits = if mantissa.starts_with('-') { -digits } else { digits };
        let places = i32::try_from(fraction.len()).map_err(|_| ParseDecimalError)? - exponent;
        let number = if let Ok(places) = u32::try_from(places) {
            Self { digits, places }.normal()
        } else {
            let shift = 10_i128.checked_pow(places.unsigned_abs()).ok_or(ParseDecimalError)?;
            Self { digits: digits.checked_mul(shift).ok_or(ParseDecimalError)?, places: 0 }
        };
        let fits = number.places <= 29 && number.digits.unsigned_abs() < 10_u128.pow(30);
        if fits { Ok(number) } else { Err(ParseDecimalError) }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.normal();
        let sign = if number.digits < 0 { "-" } else { "" };
        let digits = number.digits.unsigned_abs().to_string();
        let places = usize::try_from(number.places).unwrap_or_default();
        if places == 0 {
            return write!(f, "{sign}{digits}");
        }
        let padded = format!("{digits:0>width$}", width = places + 1);
        let (whole, fraction) = padded.split_at_checked(padded.len() - places).unwrap_or_default();
        write!(f, "{sign}{whole}.{fraction}")
    }
}

/// A variable of a lead, an attribute of a call, or the right side of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Any text.
    Text(String),
    /// An exact number.
    Number(Decimal),
    /// Yes or no.
    Bool(bool),
}

impl Value {
    /// The number, also when it is written as text. Source: CONTRACT.md 5, operators.
    pub fn as_number(&self) -> Option<Decimal> {
        match self {
            Self::Text(text) => text.parse().ok(),
            Self::Number(number) => Some(*number),
            Self::Bool(_) => None,
        }
    }

    /// The value as people write it.
    pub fn as_text(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Text(text) => text.into(),
            Self::Number(number) => number.to_string().into(),
            Self::Bool(true) => "true".into(),
            Self::Bool(false) => "false".into(),
        }
    }

    /// Whether this counts as a missing field: an empty cell does.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Bool(yes) => serializer.serialize_bool(*yes),
            Self::Number(number) => match number.normal() {
                Decimal { digits, places: 0 } if i64::try_from(digits).is_ok() => {
                    serializer.serialize_i64(i64::try_from(digits).unwrap_or_default())
                }
                // Only for show: the exact number stays inside.
                other => match other.to_string().parse::<f64>() {
                    Ok(shown) => serializer.serialize_f64(shown),
                    Err(_) => serializer.serialize_str(&other.to_string()),
                },
            },
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scalar;

        impl de::Visitor<'_> for Scalar {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number, or true or false")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.into()))
            }

            fn visit_bool<E: de::Error>(self, yes: bool) -> Result<Value, E> {
                Ok(Value::Bool(yes))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value, E> {
                Ok(Value::from(number))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
                Ok(Value::Number(Decimal { digits: number.into(), places: 0 }))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Value, E> {
                // The shortest text that reads back as the same float is what was written.
                number.to_string().parse().map(Value::Number).map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Scalar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_compare_by_size_and_not_by_spelling() {
        assert_eq!(number("10.50"), number("10.5"));
        assert_eq!(number("1e3"), number("1000"));
        assert!(number("9") < number("10"));
        assert!(number("-0.1") < number("0"));
        assert!(number("0.00000000000000000000000000001") < number("1"));
        assert!(number("999999999999999999999999999999") > number("0.5"));
        assert!(
            number("-999999999999999999999999999999") < number("0.000000000000000000000000001")
        );
    }

    #[test]
    fn numbers_are_written_without_needless_zeros() {
        for (read, written) in
            [("007", "7"), ("-0.50", "-0.5"), (".05", "0.05"), ("12e-1", "1.2"), ("-0", "0")]
        {
            assert_eq!(number(read).to_string(), written);
        }
    }

    #[test]
    fn what_is_written_reads_back_as_the_same_number() {
        for text in ["1e-29", "1e29", "999999999999999999999999999999", "-0.5"] {
            assert_eq!(number(&number(text).to_string()), number(text), "{text}");
        }
        assert!("1e-30".parse::<Decimal>().is_err());
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let long = "1".repeat(31);
        for text in ["", ".", "-", "1,5", "1e99", "0x10", "NaN", "inf", "１", "1 2", &long] {
            assert!(text.parse::<Decimal>().is_err(), "{text}");
        }
    }

    #[test]
    fn values_keep_their_json_type() {
        for json in ["\"a\"", "7", "true", "1.25", "-3"] {
            let value: Value = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
        }
        assert!(serde_json::from_str::<Value>("[1]").is_err());
        assert!(serde_json::from_str::<Value>("null").is_err());
    }
}
