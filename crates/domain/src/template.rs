//! Texts with places to fill in: `{{name}}` stands for a variable of the lead, `{{phone_number}}`
//! for its number, `{{secret:NAME}}` for something that only the runner of the action knows.
//!
//! White space inside the braces does not count, case does. `{{{{` writes two braces that open
//! nothing; `}}` without an opening pair is ordinary text. Whoever fills a template says where the
//! text will stand, and each value is escaped for that place: no value can become part of the
//! document around it. Source: CONTRACT.md 5, templates.

use std::{borrow::Cow, collections::BTreeSet, fmt::Write as _};

use crate::{lead::Values, value::Value};

/// The name that reads the lead's number. It is no variable: a file's column of this name becomes
/// the number itself.
pub const PHONE_NUMBER: &str = "phone_number";

/// Longest name between braces, that of a variable. Unit: characters.
const NAME_CHARS_MAX: usize = 64;
/// What introduces the name of a secret.
const SECRET: &str = "secret:";

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Stands there as it was written.
    Written(&'a str),
    /// A variable of the lead, or its number.
    Variable(&'a str),
    /// A secret of the runner, by its name.
    Secret(&'a str),
}

/// A text that was read as a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template<'a> {
    parts: Vec<Part<'a>>,
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    /// Braces open and never close.
    #[error("the braces that open at character {at} are not closed")]
    Unclosed {
        /// Which character, from 1.
        at: usize,
    },
    /// Nothing stands between the braces.
    #[error("the braces at character {at} name nothing")]
    EmptyName {
        /// Which character, from 1.
        at: usize,
    },
    /// What stands between the braces names no variable.
    #[error("`{name}` at character {at} is not a name of at most {NAME_CHARS_MAX} characters")]
    BadName {
        /// Which character, from 1.
        at: usize,
        /// What stands there, cut to 80 characters.
        name: String,
    },
    /// What stands between the braces names no secret.
    #[error("`{name}` at character {at} is not a secret's name of A to Z, 0 to 9 and _")]
    BadSecret {
        /// Which character, from 1.
        at: usize,
        /// What stands there, cut to 80 characters.
        name: String,
    },
}

impl TemplateFault {
    /// How to mend it.
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::Unclosed { .. } => "close them with }}, or write {{{{ for two plain braces",
            Self::EmptyName { .. } => "write the name of a variable between them, such as {{city}}",
            Self::BadName { .. } => "write the name of one variable, without braces or line ends",
            Self::BadSecret { .. } => "name a secret such as {{secret:CRM_TOKEN}}",
        }
    }
}

/// Where a filled text will stand, which decides how values are escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On its own, or where the writer of the whole escapes it: as it is.
    Plain,
    /// In an address or a form: everything but letters, digits, `-`, `.`, `_` and `~` as `%XX`.
    Url,
    /// In XML or HTML, between tags or in a quoted attribute.
    Markup,
}

/// What templates are filled with.
#[derive(Clone, Copy)]
pub struct Fill<'a> {
    /// The lead's number, E.164; none when it cannot be read any more.
    pub phone_number: Option<&'a str>,
    /// The lead's variables.
    pub variables: &'a Values,
    /// Gives a secret by its name.
    pub secret: &'a dyn Fn(&str) -> Option<String>,
}

impl std::fmt::Debug for Fill<'_> {
    /// Never the values: debug output ends up in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fill(…)")
    }
}

/// A secret that a template names and nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret {name} is not known here")]
pub struct UnknownSecret {
    /// Its name.
    pub name: String,
}

impl<'a> Template<'a> {
    /// Reads a text as a template.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with it.
    pub fn parse(text: &'a str) -> Result<Self, TemplateFault> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((written, opened)) = rest.split_once("{{") {
            push_written(&mut parts, written);
            if let Some(behind) = opened.strip_prefix("{{") {
                parts.push(Part::Written("{{"));
                rest = behind;
                continue;
            }
            let before = text.len() - opened.len() - "{{".len();
            let at = 1 + text.get(..before).unwrap_or(text).chars().count();
            let (inside, behind) = opened.split_once("}}").ok_or(TemplateFault::Unclosed { at })?;
            parts.push(name(inside.trim(), at)?);
            rest = behind;
        }
        push_written(&mut parts, rest);
        Ok(Self { parts })
    }

    /// Its pieces, in order.
    pub fn parts(&self) -> &[Part<'a>] {
        &self.parts
    }

    /// Whether nothing is to be filled in.
    pub fn is_written_out(&self) -> bool {
        self.parts.iter().all(|part| match part {
            Part::Written(_) => true,
            Part::Variable(_) | Part::Secret(_) => false,
        })
    }

    /// The variables that it reads, the number among them.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(*name),
            Part::Written(_) | Part::Secret(_) => None,
        })
    }

    /// The secrets that it reads.
    pub fn secrets(&self) -> impl Iterator<Item = &'a str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Secret(name) => Some(*name),
            Part::Written(_) | Part::Variable(_) => None,
        })
    }

    /// The text with everything filled in. A variable that is missing fills in nothing.
    ///
    /// # Errors
    ///
    /// A secret is not known.
    pub fn filled(&self, fill: &Fill<'_>, place: Place) -> Result<String, UnknownSecret> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Written(written) => text.push_str(written),
                Part::Variable(name) => {
                    if let Some(value) = value(fill.phone_number, fill.variables, name) {
                        push_escaped(&mut text, &value, place);
                    }
                }
                Part::Secret(name) => {
                    let unknown = || UnknownSecret { name: (*name).into() };
                    let secret = (fill.secret)(name).ok_or_else(unknown)?;
                    push_escaped(&mut text, &secret, place);
                }
            }
        }
        Ok(text)
    }
}

/// Those of these names for which the lead has no value. An empty cell is none. Source: CONTRACT.md
/// 5, missing fields.
pub fn missing_fields<'a>(
    names: impl IntoIterator<Item = &'a str>,
    phone_number: Option<&str>,
    variables: &Values,
) -> BTreeSet<String> {
    let missing = |name: &&str| value(phone_number, variables, name).is_none();
    names.into_iter().filter(missing).map(Into::into).collect()
}

fn value<'a>(
    phone_number: Option<&'a str>,
    variables: &'a Values,
    name: &str,
) -> Option<Cow<'a, str>> {
    if name == PHONE_NUMBER {
        return phone_number.map(Into::into);
    }
    variables.get(name).filter(|value| !value.is_missing()).map(Value::as_text)
}

fn push_written<'a>(parts: &mut Vec<Part<'a>>, written: &'a str) {
    if !written.is_empty() {
        parts.push(Part::Written(written));
    }
}

fn name(name: &str, at: usize) -> Result<Part<'_>, TemplateFault> {
    let shown = || name.chars().take(80).collect();
    if name.is_empty() {
        return Err(TemplateFault::EmptyName { at });
    }
    let odd = |c: char| c.is_control() || matches!(c, '{' | '}');
    if let Some(secret) = name.strip_prefix(SECRET) {
        return if is_secret_name(secret) {
            Ok(Part::Secret(secret))
        } else {
            Err(TemplateFault::BadSecret { at, name: shown() })
        };
    }
    if name.chars().count() > NAME_CHARS_MAX || name.contains(odd) {
        return Err(TemplateFault::BadName { at, name: shown() });
    }
    Ok(Part::Variable(name))
}

/// Whether a secret can have this name: 1 to 64 of `A` to `Z`, `0` to `9` and `_`.
pub fn is_secret_name(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(known)
}

fn push_escaped(text: &mut String, value: &str, place: Place) {
    match place {
        Place::Plain => text.push_str(value),
        Place::Url => {
            for byte in value.bytes() {
                if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                    text.push(char::from(byte));
                } else {
                    // Writing to a `String` cannot fail.
                    let _ = write!(text, "%{byte:02X}");
                }
            }
        }
        Place::Markup => {
            for c in value.chars() {
                match c {
                    '&' => text.push_str("&amp;"),
                    '<' => text.push_str("&lt;"),
                    '>' => text.push_str("&gt;"),
                    '"' => text.push_str("&quot;"),
                    '\'' => text.push_str("&#39;"),
                    // XML has no way to write most of these, and no text needs them.
                    c if c.is_control() && !matches!(c, '\t' | '\n' | '\r') => {
                        text.push('\u{fffd}');
                    }
                    c => text.push(c),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn no_secret(_: &str) -> Option<String> {
        None
    }

    fn variables(of: &[(&str, &str)]) -> Values {
        of.iter().map(|&(name, value)| (name.to_owned(), value.into())).collect()
    }

    fn filled(template: &str, of: &[(&str, &str)], place: Place) -> String {
        let variables = variables(of);
        let fill = Fill {
            phone_number: Some("+4915112345678"),
            variables: &variables,
            secret: &|name| (name == "KEY").then(|| "s3cret&".to_owned()),
        };
        Template::parse(template).unwrap().filled(&fill, place).unwrap()
    }

    #[test]
    fn names_are_replaced_by_the_values_of_the_lead() {
        let of = [("city", "Köln"), ("City", "Bonn"), ("first name", "Ada"), ("empty", "")];
        for (template, text) in [
            ("", ""),
            ("plain } { }} text", "plain } { }} text"),
            ("{{city}}", "Köln"),
            ("{{ city\t}}-{{City}}", "Köln-Bonn"),
            ("{{first name}}!", "Ada!"),
            ("[{{empty}}{{unknown}}]", "[]"),
            ("{{phone_number}}", "+4915112345678"),
            ("{{secret:KEY}}", "s3cret&"),
            ("{{{{city}}", "{{city}}"),
            ("{{{{{{city}}", "{{Köln"),
            ("{{city}}}", "Köln}"),
        ] {
            assert_eq!(filled(template, &of, Place::Plain), text, "{template}");
        }
    }

    #[test]
    fn what_a_value_holds_is_never_read_as_a_template() {
        let of = [("a", "{{b}} {{secret:KEY}}"), ("b", "B")];
        assert_eq!(filled("{{a}}", &of, Place::Plain), "{{b}} {{secret:KEY}}");
    }

    #[test]
    fn faults_say_where_they_are_and_how_to_mend_them() {
        let long = format!("{{{{{}}}}}", "x".repeat(65));
        for (text, fault) in [
            ("é {{city", TemplateFault::Unclosed { at: 3 }),
            ("{{{{ {{", TemplateFault::Unclosed { at: 6 }),
            ("{{ }}", TemplateFault::EmptyName { at: 1 }),
            ("{{}}", TemplateFault::EmptyName { at: 1 }),
            ("{{{city}}", TemplateFault::BadName { at: 1, name: "{city".into() }),
            ("{{a\nb}}", TemplateFault::BadName { at: 1, name: "a\nb".into() }),
            (&long, TemplateFault::BadName { at: 1, name: "x".repeat(65) }),
            ("{{secret:}}", TemplateFault::BadSecret { at: 1, name: "secret:".into() }),
            ("{{secret:key}}", TemplateFault::BadSecret { at: 1, name: "secret:key".into() }),
        ] {
            assert!(!fault.fix().is_empty());
            assert_eq!(Template::parse(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn values_are_escaped_for_the_place_where_they_stand() {
        let of = [("a", "a/../b?x=1&y=é \r\n%2e<\"'>\u{0}")];
        assert_eq!(
            filled("/{{a}}?k={{secret:KEY}}", &of, Place::Url),
            "/a%2F..%2Fb%3Fx%3D1%26y%3D%C3%A9%20%0D%0A%252e%3C%22%27%3E%00?k=s3cret%26"
        );
        assert_eq!(
            filled("<a>{{a}}</a>", &of, Place::Markup),
            "<a>a/../b?x=1&amp;y=é \r\n%2e&lt;&quot;&#39;&gt;\u{fffd}</a>"
        );
    }

    #[test]
    fn names_and_secrets_are_told_apart() {
        let template = Template::parse("{{a}}{{secret:KEY}}{{phone_number}}{{a}}").unwrap();
        assert_eq!(template.names().collect::<Vec<_>>(), ["a", PHONE_NUMBER, "a"]);
        assert_eq!(template.secrets().collect::<Vec<_>>(), ["KEY"]);
        assert!(!template.is_written_out());
        assert!(Template::parse("{{{{a").unwrap().is_written_out());
        let missing = missing_fields(template.names(), None, &variables(&[("a", "")]));
        assert_eq!(missing.into_iter().collect::<Vec<_>>(), ["a", PHONE_NUMBER]);
        let known = missing_fields(template.names(), Some("+49"), &variables(&[("a", "1")]));
        assert!(known.is_empty());
    }

    #[test]
    fn a_secret_that_nobody_knows_fills_in_nothing_at_all() {
        let variables = Values::new();
        let fill = Fill { phone_number: None, variables: &variables, secret: &no_secret };
        let unknown = Template::parse("x{{secret:KEY}}").unwrap().filled(&fill, Place::Plain);
        assert_eq!(unknown, Err(UnknownSecret { name: "KEY".into() }));
        assert_eq!(format!("{fill:?}"), "Fill(…)");
    }

    proptest! {
        /// Any text is read or refused, and what is read keeps every character that was written.
        #[test]
        fn a_text_without_open_braces_stays_as_it_is(text in "[^{]{0,40}") {
            prop_assert_eq!(filled(&text, &[], Place::Plain), text);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "[{}a \n:secretK]{0,40}") {
            let _ = Template::parse(&text);
        }

        /// In an address a value stays one value: it brings no separator with it.
        #[test]
        fn a_value_in_an_address_brings_no_separator(value in any::<String>()) {
            let text = filled("{{v}}", &[("v", &value)], Place::Url);
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '%' | '-' | '.' | '_' | '~');
            prop_assert!(text.chars().all(plain), "{}", text);
        }

        #[test]
        fn a_value_in_markup_opens_no_tag_and_ends_no_attribute(value in any::<String>()) {
            let text = filled("{{v}}", &[("v", &value)], Place::Markup);
            prop_assert!(!text.contains(['<', '>', '"', '\'']), "{}", text);
        }
    }
}
