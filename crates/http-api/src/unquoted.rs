//! What is wrong with a value, without the value. Whoever sent it knows it; whoever keeps answers in a log,
//! as clients do with errors, must not learn a secret that was sent in a wrong place.
//!
//! Names of fields and parameters are told back, because they are what is wrong.

use branchline_domain::nearest::advice;

/// Characters of an unknown word that are compared with known ones.
const WORD_CHARS_COMPARED: usize = 80;

/// Takes the value out of what a reader of values says: one of ours, which begins with it in backticks, or
/// one of serde.
pub(crate) fn unquoted(said: &str) -> String {
    if let Some(rest) = said.strip_prefix('`') {
        // The last one, because the value may have backticks too.
        return match rest.rfind("` is ") {
            Some(end) => rest.get(end + 2..).unwrap_or_default().to_owned(),
            None => "cannot be read".to_owned(),
        };
    }
    let expected =
        || said.rsplit_once(", expected ").map_or("another value", |(_, expected)| expected);
    if let Some(found) = said.strip_prefix("invalid type: ") {
        return format!("expected {}, found {}", expected(), kind(found));
    }
    if said.starts_with("invalid value: ") {
        return format!("is none of its values: expected {}", expected());
    }
    if let Some(given) = said.strip_prefix("unknown variant `") {
        let given: String =
            given.chars().take_while(|&c| c != '`').take(WORD_CHARS_COMPARED).collect();
        let known: Vec<&str> = expected().split('`').skip(1).step_by(2).collect();
        return format!("is none of its words; {}", advice(&given, &known));
    }
    said.to_owned()
}

/// What kind of value serde speaks of.
fn kind(found: &str) -> &'static str {
    let is = |word: &str| found.starts_with(word);
    if is("string") || is("character") {
        "a text"
    } else if is("integer") || is("floating point") || is("number") {
        "a number"
    } else if is("boolean") {
        "true or false"
    } else if is("sequence") {
        "a list"
    } else if is("map") {
        "an object"
    } else if is("null") || is("unit") {
        "null"
    } else {
        "something else"
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Display;

    use branchline_domain::{call_status::CallStatus, organisation::Scope, workflow::Settings};
    use serde::de::DeserializeOwned;

    use super::*;

    fn read<T: DeserializeOwned>(json: &str) -> String {
        let Err(error) = serde_json::from_str::<serde_json::Value>(json)
            .map_err(|error| error.to_string())
            .and_then(|value| {
                serde_json::from_value::<T>(value).map_err(|error| error.to_string())
            })
        else {
            panic!("{json} can be read")
        };
        unquoted(&error)
    }

    fn parsed<T: std::str::FromStr<Err: Display>>(text: &str) -> String {
        let Err(error) = text.parse::<T>() else { panic!("{text} can be read") };
        unquoted(&error.to_string())
    }

    #[test]
    fn a_value_is_not_said_back_and_what_would_be_right_is() {
        assert_eq!(read::<u32>("\"hush\""), "expected u32, found a text");
        assert_eq!(read::<u32>("-1"), "is none of its values: expected u32");
        assert_eq!(read::<String>("1.5"), "expected a string, found a number");
        assert_eq!(read::<Vec<u8>>("{\"hush\": 1}"), "expected a sequence, found an object");
        assert_eq!(
            read::<Settings>("\"hush, expected `x`\""),
            "expected struct Settings, found a text"
        );
        for said in
            [read::<CallStatus>("\"hush-hush-hush\""), parsed::<CallStatus>("hush` is `hush")]
        {
            assert!(!said.contains("hush") && said.contains("did_not_pick"), "{said}");
        }
        assert!(parsed::<Scope>("hush").starts_with("is not a scope; the scopes are read"));
        assert_eq!(unquoted("`hush` has no end"), "cannot be read");
        assert_eq!(unquoted("missing field `max`"), "missing field `max`");
    }

    #[test]
    fn a_word_that_is_nearly_one_of_them_is_told_which() {
        let said = "unknown variant `complted`, expected one of `created`, `completed`";
        assert_eq!(unquoted(said), "is none of its words; did you mean `completed`?");
    }
}
