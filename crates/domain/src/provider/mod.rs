//! What telephony providers call things: their words for the statuses of calls, and what each means
//! here. Source: CONTRACT.md 4.
//!
//! The tables are data that people can see and change: a provider's word never becomes a status
//! because two words look alike. Whoever takes callbacks of a provider asks [`meaning`].

mod facts;
mod words;

use std::{collections::BTreeMap, fmt, str::FromStr};

pub use facts::says_how_it_went;
pub use words::{BUILT_IN, BuiltIn};

use crate::call_status::CallStatus;

/// Longest name of a provider. Unit: bytes.
pub const PROVIDER_BYTES_MAX: usize = 32;
/// Longest word of a provider for a status. Unit: bytes.
pub const WORD_BYTES_MAX: usize = 64;

/// What a provider said of a call, in its own word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderWord {
    /// Who said it, for example `twilio`.
    pub provider: String,
    /// The word, as it came.
    pub word: String,
    /// The provider's name for this one message, if it has one.
    pub event_id: Option<String>,
}

/// What a provider's word means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordMeaning {
    /// The call has this status.
    Status(CallStatus),
    /// Nothing that anybody here waits for.
    Ignore,
}

impl WordMeaning {
    const IGNORE: &'static str = "ignore";

    /// The text form: a call status, or `ignore`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status(status) => status.as_str(),
            Self::Ignore => Self::IGNORE,
        }
    }
}

impl fmt::Display for WordMeaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for WordMeaning {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A text that no word can mean.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{status}, or `ignore`")]
pub struct UnknownMeaning {
    status: crate::call_status::UnknownCallStatus,
}

impl FromStr for WordMeaning {
    type Err = UnknownMeaning;

    fn from_str(text: &str) -> Result<Self, UnknownMeaning> {
        if text == Self::IGNORE {
            return Ok(Self::Ignore);
        }
        text.parse().map(Self::Status).map_err(|status| UnknownMeaning { status })
    }
}

/// Where a row of a word table comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WordSource {
    /// It comes with this release.
    BuiltIn,
    /// The organisation set it.
    Organisation,
}

/// The words of one provider that an organisation set, in lower case.
pub type Words = BTreeMap<String, WordMeaning>;

/// The words that an organisation set, by provider.
pub type WordTables = BTreeMap<String, Words>;

/// What a provider's word means: what the organisation says, else what comes with this release;
/// `None` when nobody said. Upper and lower case are the same.
pub fn meaning(own: &WordTables, provider: &str, word: &str) -> Option<WordMeaning> {
    let word = as_compared(word);
    let set = own.get(provider).and_then(|words| words.get(&word));
    set.copied().or_else(|| words::built_in(provider, &word))
}

/// The whole table of a provider as it is in force, with where each row comes from.
pub fn table(own: &WordTables, provider: &str) -> BTreeMap<String, (WordMeaning, WordSource)> {
    let built_in = words::of(provider).iter();
    let mut table: BTreeMap<_, _> = built_in
        .map(|&(word, meaning)| (word.to_owned(), (meaning, WordSource::BuiltIn)))
        .collect();
    let set = own.get(provider).into_iter().flatten();
    table.extend(set.map(|(word, meaning)| (word.clone(), (*meaning, WordSource::Organisation))));
    table
}

/// Every provider that has a table: built in, or set by the organisation.
pub fn providers(own: &WordTables) -> std::collections::BTreeSet<&str> {
    BUILT_IN.iter().map(|(provider, _)| *provider).chain(own.keys().map(String::as_str)).collect()
}

/// A word as tables have it.
pub fn as_compared(word: &str) -> String {
    word.trim().to_lowercase()
}

/// What is wrong with the name of a provider, if anything.
///
/// # Errors
///
/// What would be right.
pub fn check_provider(name: &str) -> Result<(), String> {
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    let begins = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    if !begins || name.len() > PROVIDER_BYTES_MAX || !name.bytes().all(plain) {
        return Err(format!(
            "must be a short name such as `twilio`: a small letter, then small letters, digits, `-`, \
             `_` and `.`, at most {PROVIDER_BYTES_MAX} in all"
        ));
    }
    Ok(())
}

/// What is wrong with a provider's word, if anything.
///
/// # Errors
///
/// What would be right.
pub fn check_word(word: &str) -> Result<(), String> {
    if word.trim().is_empty() || word.len() > WORD_BYTES_MAX || word.chars().any(char::is_control) {
        return Err(format!(
            "must be the provider's word for a status: 1 to {WORD_BYTES_MAX} bytes on one line"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_organisation_says_comes_before_what_is_built_in() {
        let mut own = WordTables::new();
        assert_eq!(
            meaning(&own, "twilio", " No-Answer "),
            Some(WordMeaning::Status(CallStatus::DidNotPick))
        );
        assert_eq!(
            meaning(&own, "twilio", "no_answer"),
            None,
            "words that look alike are two words"
        );
        assert_eq!(meaning(&own, "acme", "completed"), None, "our own words are no provider's");
        let words = [("no-answer".to_owned(), WordMeaning::Ignore)].into();
        own.insert("twilio".into(), words);
        assert_eq!(meaning(&own, "twilio", "no-answer"), Some(WordMeaning::Ignore));
        let table = table(&own, "twilio");
        assert_eq!(table["no-answer"], (WordMeaning::Ignore, WordSource::Organisation));
        assert_eq!(table["busy"], (WordMeaning::Status(CallStatus::Busy), WordSource::BuiltIn));
    }

    #[test]
    fn a_meaning_reads_back_and_a_wrong_one_names_the_right_ones() {
        for meaning in
            CallStatus::ALL.map(WordMeaning::Status).into_iter().chain([WordMeaning::Ignore])
        {
            assert_eq!(meaning.as_str().parse(), Ok(meaning));
        }
        let wrong = "rang-out".parse::<WordMeaning>().unwrap_err().to_string();
        assert!(wrong.contains("did_not_pick") && wrong.contains("ignore"), "{wrong}");
    }

    #[test]
    fn names_and_words_are_bounded() {
        for good in ["twilio", "a", "my-provider_2.eu"] {
            assert_eq!(check_provider(good), Ok(()));
        }
        let long = "x".repeat(PROVIDER_BYTES_MAX + 1);
        for wrong in ["", "Twilio", "2", "a b", "+1", &long] {
            assert!(check_provider(wrong).is_err(), "{wrong}");
        }
        let long = "x".repeat(WORD_BYTES_MAX + 1);
        for wrong in ["", "  ", "a\nb", &long] {
            assert!(check_word(wrong).is_err(), "{wrong}");
        }
        assert_eq!(check_word("Nicht erreicht"), Ok(()));
    }
}
