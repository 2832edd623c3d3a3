//! `name=value` on a command line: texts with `=`, other values with `:=`.

use std::str::FromStr;

use serde_json::{Map, Value};

/// A name with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assignment {
    name: String,
    value: Value,
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((left, right)) = text.split_once('=') else {
            return Err("write name=text, or name:=value for a number, true or false".into());
        };
        let (name, value) = match left.strip_suffix(':') {
            Some(name) => {
                let value = serde_json::from_str(right)
                    .map_err(|_| format!("`{right}` is neither a number nor true or false"))?;
                (name, value)
            }
            None => (left, Value::String(right.to_owned())),
        };
        if name.is_empty() {
            return Err("there is no name before `=`".into());
        }
        Ok(Self { name: name.to_owned(), value })
    }
}

/// All of them as one document. Of a name that is given twice the last one counts.
pub(crate) fn document(assignments: &[Assignment]) -> Map<String, Value> {
    assignments.iter().map(|given| (given.name.clone(), given.value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_a_text_unless_it_says_otherwise() {
        for (text, value) in [
            ("city=Pune", json!("Pune")),
            ("age=42", json!("42")),
            ("age:=42", json!(42)),
            ("vip:=true", json!(true)),
            ("note=a=b", json!("a=b")),
            ("empty=", json!("")),
        ] {
            assert_eq!(text.parse::<Assignment>().unwrap().value, value, "{text}");
        }
        for text in ["city", "=x", ":=1", "age:=forty", "age:="] {
            assert!(text.parse::<Assignment>().is_err(), "{text}");
        }
    }
}
