//! Words of a line: separated by spaces, except between double quotes.

use std::collections::BTreeMap;

use branchline_domain::{lead::Values, value::Value};

/// What is wrong with a line.
pub type Wrong = String;

/// The words of a line. Quotes stay: they tell a text from a number.
pub(crate) fn split(line: &str) -> Result<Vec<String>, Wrong> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            ' ' if !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            '"' => {
                quoted = !quoted;
                word.push(letter);
            }
            _ => word.push(letter),
        }
    }
    if quoted {
        return Err(format!("a quote is not closed in `{line}`"));
    }
    if !word.is_empty() {
        words.push(word);
    }
    Ok(words)
}

/// The word without its quotes.
pub(crate) fn text(word: &str) -> String {
    word.replace('"', "")
}

/// `30` is a number, `true` is yes, `Pune` and `"30"` are texts.
pub(crate) fn value(word: &str) -> Value {
    if word.contains('"') {
        return Value::Text(text(word));
    }
    match word {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => word.parse().map_or_else(|_| Value::Text(word.into()), Value::Number),
    }
}

/// `key=value` with a typed value, as JSON brings it.
pub(crate) fn attribute(word: &str) -> Result<(String, Value), Wrong> {
    let (name, given) = word.split_once('=').ok_or_else(|| format!("`{word}` is not key=value"))?;
    Ok((name.into(), value(given)))
}

/// `key=value …` with texts, as a file brings them.
pub(crate) fn variables(words: &[String]) -> Result<Values, Wrong> {
    let pair = |word: &String| {
        let (name, given) =
            word.split_once('=').ok_or_else(|| format!("`{word}` is not key=value"))?;
        Ok((text(name), Value::Text(text(given))))
    };
    words.iter().map(pair).collect()
}

/// `key=value …` with typed values.
pub(crate) fn attributes(words: &[String]) -> Result<Values, Wrong> {
    words.iter().map(|word| attribute(word)).collect()
}

/// `city=` takes a variable away.
pub fn unless_empty(value: &Value) -> Option<Value> {
    (!value.is_missing()).then(|| value.clone())
}

/// Named values as they are written in event lines.
pub(crate) fn show(values: &BTreeMap<String, Value>) -> String {
    let pairs: Vec<String> =
        values.iter().map(|(name, value)| format!("{name}={}", value.as_text())).collect();
    pairs.join(" ")
}

/// `2 hours` and the like. Unit of the answer: seconds.
pub(crate) fn span(amount: &str, unit: &str) -> Result<u64, Wrong> {
    let amount: u64 = amount.parse().map_err(|_| format!("`{amount}` is not a number"))?;
    let seconds = match unit.trim_end_matches('s') {
        "second" => 1,
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        _ => return Err(format!("`{unit}` is not seconds, minutes, hours or days")),
    };
    Ok(amount * seconds)
}
