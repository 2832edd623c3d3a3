//! Takes out of an answer what nobody should find in a journal.

use branchline_domain::{json::Json, value::Value};

/// Stands where something was taken out.
pub(crate) const REDACTED: &str = "[redacted]";

/// Parts of the names of fields that hold credentials, in small letters without separators.
const SENSITIVE: [&str; 12] = [
    "accesskey",
    "apikey",
    "authorization",
    "cookie",
    "credential",
    "jwt",
    "passwd",
    "password",
    "privatekey",
    "secret",
    "signature",
    "token",
];

/// Whether a header or field of this name holds a credential.
pub(crate) fn is_sensitive(name: &str) -> bool {
    let plain: String =
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    SENSITIVE.iter().any(|part| plain.contains(part))
}

/// The same document without the values of sensitive members.
pub(crate) fn document(document: &Json) -> Json {
    match document {
        Json::Null | Json::Scalar(_) => document.clone(),
        Json::List(items) => Json::List(items.iter().map(self::document).collect()),
        Json::Object(members) => Json::Object(
            members
                .iter()
                .map(|(name, member)| {
                    let member = if is_sensitive(name) {
                        Json::Scalar(Value::from(REDACTED))
                    } else {
                        self::document(member)
                    };
                    (name.clone(), member)
                })
                .collect(),
        ),
    }
}

/// The same text without what stands behind a sensitive name and `:` or `=`, up to the next
/// separator. For texts that are no whole document.
pub(crate) fn text(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find([':', '=']) {
        let (before, behind) = rest.split_at(at);
        shown.push_str(before);
        let (separator, value) = behind.split_at(1);
        shown.push_str(separator);
        rest = value;
        if is_sensitive(last_word(before)) {
            let blank = value.len() - value.trim_start_matches([' ', '\t']).len();
            let (space, value) = value.split_at(blank);
            shown.push_str(space);
            shown.push_str(REDACTED);
            rest = behind_value(value);
        }
    }
    shown.push_str(rest);
    shown
}

/// The name that ends here, without quotes and white space.
fn last_word(text: &str) -> &str {
    let text = text.trim_end_matches(['"', '\'', ' ', '\t']);
    let start = text.rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.')));
    text.get(start.map_or(0, |at| at + 1)..).unwrap_or(text).trim_start()
}

/// What stands behind the value that begins here: a quoted one ends with its quote, another one at
/// a separator. An authorization has two words, so a space ends nothing.
fn behind_value(text: &str) -> &str {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(['&', ',', ';', '\n', '\r', '}', ']', '<']).unwrap_or(text.len());
        return text.get(end..).unwrap_or_default();
    };
    let mut escaped = false;
    for (at, c) in quoted.char_indices() {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return quoted.get(at + 1..).unwrap_or_default(),
            _ => escaped = false,
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_of_credentials_are_known_in_every_spelling() {
        for name in ["Authorization", "X-API-Key", "access_token", "refreshToken", "Set-Cookie"] {
            assert!(is_sensitive(name), "{name}");
        }
        for name in ["city", "X-Request-Id", "key", "author"] {
            assert!(!is_sensitive(name), "{name}");
        }
    }

    #[test]
    fn a_document_loses_the_values_of_sensitive_members_at_any_depth() {
        let answer: Json = serde_json::from_str(
            r#"{"id": 7, "auth": {"token": {"value": "abc"}}, "list": [{"Password": "x", "n": 1}]}"#,
        )
        .unwrap();
        assert_eq!(
            document(&answer).to_string(),
            r#"{"auth":{"token":"[redacted]"},"id":7,"list":[{"Password":"[redacted]","n":1}]}"#
        );
    }

    #[test]
    fn a_text_loses_what_follows_a_sensitive_name() {
        for (said, shown) in [
            ("a=1&access_token=abc&b=2", "a=1&access_token=[redacted]&b=2"),
            (r#"{"token": "a\"b", "id": 7, "sec"#, r#"{"token": [redacted], "id": 7, "sec"#),
            (r#"{"password":"abc"#, r#"{"password":[redacted]"#),
            ("Authorization: Bearer abc\nok: yes", "Authorization: [redacted]\nok: yes"),
            ("city: Bonn, https://e.com/?x=1", "city: Bonn, https://e.com/?x=1"),
            ("", ""),
        ] {
            assert_eq!(text(said), shown);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(said in any::<String>()) {
            let _ = text(&said);
        }

        #[test]
        fn a_value_of_a_token_never_shows(value in "[a-z]{8,20}") {
            for said in [format!("token={value}"), format!(r#"{{"my-token" : "{value}"}}"#)] {
                prop_assert!(!text(&said).contains(&value));
            }
        }
    }
}
