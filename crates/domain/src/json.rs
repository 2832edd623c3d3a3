//! A JSON document inside a config: the body of an application's request.
//!
//! Kept so that it reads back as exactly what was written, whatever reads it: members in the order
//! of their names, numbers as exact decimals.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, SeqAccess},
};

use crate::value::{Decimal, Value};

/// Any JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// Nothing.
    Null,
    /// A text, a number, yes or no. A number is an integer of 64 bits, or has at most 15 digits:
    /// every JSON reader takes those exactly.
    Scalar(Value),
    /// A list.
    List(Vec<Self>),
    /// An object.
    Object(BTreeMap<String, Self>),
}

impl Json {
    /// Every text in it, in order; not the names of members.
    pub fn texts(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.each_text(&mut |text| found.push(text));
        found
    }

    fn each_text<'a>(&'a self, found: &mut impl FnMut(&'a str)) {
        match self {
            Self::Scalar(Value::Text(text)) => found(text),
            Self::Null | Self::Scalar(Value::Number(_) | Value::Bool(_)) => {}
            Self::List(items) => items.iter().for_each(|item| item.each_text(found)),
            Self::Object(members) => members.values().for_each(|member| member.each_text(found)),
        }
    }

    /// The name of every member of every object in it.
    pub fn member_names(&self) -> Vec<&str> {
        match self {
            Self::Null | Self::Scalar(_) => Vec::new(),
            Self::List(items) => items.iter().flat_map(Self::member_names).collect(),
            Self::Object(members) => members
                .iter()
                .flat_map(|(name, member)| {
                    std::iter::once(name.as_str()).chain(member.member_names())
                })
                .collect(),
        }
    }

    /// The same document with every text replaced. Its shape cannot change.
    ///
    /// # Errors
    ///
    /// The first error of a replacement.
    pub fn with_texts<E>(
        &self,
        replace: &mut impl FnMut(&str) -> Result<String, E>,
    ) -> Result<Self, E> {
        Ok(match self {
            Self::Scalar(Value::Text(text)) => Self::Scalar(Value::Text(replace(text)?)),
            Self::Null | Self::Scalar(Value::Number(_) | Value::Bool(_)) => self.clone(),
            Self::List(items) => Self::List(
                items.iter().map(|item| item.with_texts(replace)).collect::<Result<_, E>>()?,
            ),
            Self::Object(members) => Self::Object(
                members
                    .iter()
                    .map(|(name, member)| Ok((name.clone(), member.with_texts(replace)?)))
                    .collect::<Result<_, E>>()?,
            ),
        })
    }
}

/// Whether every JSON reader takes this number exactly: one that reads it as a double divides two
/// integers that a double holds exactly.
fn is_portable(number: Decimal) -> bool {
    match number.parts() {
        (digits, 0) => i64::try_from(digits).is_ok(),
        (digits, places) => digits.unsigned_abs() < 10_u128.pow(15) && places <= 22,
    }
}

impl fmt::Display for Json {
    /// Writes the document, without needless white space.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Scalar(Value::Text(text)) => write_text(f, text),
            Self::Scalar(value @ (Value::Number(_) | Value::Bool(_))) => {
                f.write_str(&value.as_text())
            }
            Self::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { "," })?;
                    item.fmt(f)?;
                }
                f.write_str("]")
            }
            Self::Object(members) => {
                f.write_str("{")?;
                for (index, (name, member)) in members.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { "," })?;
                    write_text(f, name)?;
                    f.write_str(":")?;
                    member.fmt(f)?;
                }
                f.write_str("}")
            }
        }
    }
}

/// A text between quotes. Source: RFC 8259, 7.
fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if c < '\u{20}' => write!(f, "\\u{:04x}", u32::from(c))?,
            c => write!(f, "{c}")?,
        }
    }
    f.write_str("\"")
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Scalar(value) => value.serialize(serializer),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(members) => serializer.collect_map(members),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        fn number<E: de::Error>(number: Decimal) -> Result<Json, E> {
            if is_portable(number) {
                return Ok(Json::Scalar(Value::Number(number)));
            }
            let problem = "a number here is an integer of 64 bits or has at most 15 digits; write \
                           others as text";
            Err(E::custom(problem))
        }

        impl<'de> de::Visitor<'de> for Any {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON value")
            }

            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }

            fn visit_str<E>(self, text: &str) -> Result<Json, E> {
                Ok(Json::Scalar(text.into()))
            }

            fn visit_bool<E>(self, yes: bool) -> Result<Json, E> {
                Ok(Json::Scalar(Value::Bool(yes)))
            }

            fn visit_i64<E: de::Error>(self, integer: i64) -> Result<Json, E> {
                number(integer.into())
            }

            fn visit_u64<E: de::Error>(self, integer: u64) -> Result<Json, E> {
                number(integer.to_string().parse().map_err(E::custom)?)
            }

            fn visit_f64<E: de::Error>(self, float: f64) -> Result<Json, E> {
                // The shortest text that reads back as the same float is what was written.
                number(float.to_string().parse().map_err(E::custom)?)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Json::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, member)) = map.next_entry::<String, _>()? {
                    if members.contains_key(&name) {
                        return Err(de::Error::custom(format_args!("`{name}` stands there twice")));
                    }
                    members.insert(name, member);
                }
                Ok(Json::Object(members))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(json: &str) -> Result<Json, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn a_document_is_written_as_it_was_read() {
        for json in [
            "null",
            "\"a\\n\\\"\\\\\\u0001é\"",
            "[1,-2.5,true,null,[],{}]",
            r#"{"a":{"b":[9007199254740993]},"c":"{{x}}"}"#,
            "[0.123456789012345]",
        ] {
            let document = read(json).unwrap();
            assert_eq!(document.to_string(), json);
            assert_eq!(read(&serde_json::to_string(&document).unwrap()).unwrap(), document);
        }
        assert_eq!(read(r#"{"b":1,"a":2}"#).unwrap().to_string(), r#"{"a":2,"b":1}"#);
    }

    #[test]
    fn what_would_not_read_back_exactly_is_refused() {
        for json in ["0.1234567890123456", "18446744073709551615", "1e25", "1e-29"] {
            assert!(read(json).is_err(), "{json}");
        }
        let twice = read(r#"{"a":1,"a":2}"#).unwrap_err();
        assert!(twice.to_string().contains("twice"), "{twice}");
    }

    #[test]
    fn texts_and_the_names_of_members_are_found_at_any_depth() {
        let document = read(r#"{"a":["x",{"b":"y","c":1}],"d":null}"#).unwrap();
        assert_eq!(document.texts(), ["x", "y"]);
        assert_eq!(document.member_names(), ["a", "b", "c", "d"]);
    }

    fn any_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(|yes| Json::Scalar(Value::Bool(yes))),
            any::<i64>().prop_map(|number| Json::Scalar(number.into())),
            any::<String>().prop_map(|text| Json::Scalar(Value::Text(text))),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::List),
                prop::collection::btree_map(any::<String>(), inner, 0..4).prop_map(Json::Object),
            ]
        })
    }

    fn shape(document: &Json) -> Json {
        let Ok(shape) = document.with_texts::<std::convert::Infallible>(&mut |_| Ok(String::new()));
        shape
    }

    proptest! {
        /// Whatever text stands in a document, another reader sees the same document.
        #[test]
        fn no_text_breaks_out_of_its_place(document in any_json(), text in any::<String>()) {
            let Ok(filled) = document
                .with_texts::<std::convert::Infallible>(&mut |_| Ok(text.clone()));
            let seen: serde_json::Value = serde_json::from_str(&filled.to_string()).unwrap();
            prop_assert_eq!(&seen, &serde_json::to_value(&filled).unwrap());
            prop_assert_eq!(shape(&filled), shape(&document));
            prop_assert!(filled.texts().into_iter().all(|found| found == text));
        }
    }
}
