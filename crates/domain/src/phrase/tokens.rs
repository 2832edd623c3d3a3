//! Words, numbers and marks.

/// The smallest part of a phrase. White space only stands between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// ASCII digits.
    Number(&'a str),
    /// Letters; those of ASCII are small.
    Word(String),
    /// Any other character.
    Mark(char),
}

/// Cuts words into tokens.
pub(super) fn tokens(words: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = words.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = |belongs: fn(char) -> bool| rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        let (token, length) = if first.is_ascii_digit() {
            let length = length(|c| c.is_ascii_digit());
            (Token::Number(rest.get(..length).unwrap_or_default()), length)
        } else if first.is_alphabetic() {
            let length = length(char::is_alphabetic);
            (Token::Word(rest.get(..length).unwrap_or_default().to_ascii_lowercase()), length)
        } else {
            (Token::Mark(first), first.len_utf8())
        };
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    tokens
}
