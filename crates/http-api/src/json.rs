//! Bodies: JSON read field by field, so that one answer names everything that is wrong.

use std::collections::BTreeMap;

use branchline_domain::{lead::Values, nearest::advice, value as domain};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{
    error_mapping::Refusal,
    problem::{FieldFault, Problem},
    unquoted::unquoted,
};

/// Faults named in one answer; a list of ten thousand faulty leads is told by its first hundred.
const FAULTS_MAX: usize = 100;

/// Characters of an unknown name that are told, and compared with known ones.
const NAME_CHARS_SHOWN: usize = 80;

/// The fields of a JSON object, taken one by one. What is left over at the end is unknown.
#[derive(Debug)]
pub(crate) struct Fields {
    object: Map<String, Value>,
    /// Pointer of the object in the body; empty for the body itself.
    base: String,
    known: Vec<&'static str>,
    faults: Vec<FieldFault>,
}

/// Reads JSON.
///
/// # Errors
///
/// 400 with line and column when it is malformed.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    let parsed = serde_json::from_slice(bytes).map(|mut value| {
        whole_numbers(&mut value);
        value
    });
    parsed.map_err(|error| {
        let detail = format!("the body is not JSON: {error}");
        let fault = FieldFault {
            line: Some(error.line()),
            column: Some(error.column()),
            detail: detail.clone(),
            ..FieldFault::default()
        };
        Problem { errors: vec![fault], ..Problem::of(Refusal::MalformedJson, detail) }
    })
}

/// `60.0` is as whole as `60`: some languages write it so, and JSON knows one kind of number.
fn whole_numbers(value: &mut Value) {
    /// Largest whole number that a float has exactly, with all below it.
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) => {
            let float = number.as_f64().filter(|_| number.is_f64());
            if let Some(float) = float
                && float.fract() == 0.0
                && float.abs() <= EXACT_MAX
            {
                #[expect(clippy::cast_possible_truncation, reason = "whole, and within the limit")]
                let whole = float as i64;
                *number = whole.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        Value::Object(members) => members.values_mut().for_each(whole_numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Values as they come in.
type GivenValues = BTreeMap<String, Option<domain::Value>>;

fn present(given: GivenValues) -> Values {
    given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// One step of a JSON pointer, escaped as RFC 6901 says.
fn step(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(step(key)),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

/// What serde says of a value, with the name that was meant where it knows the names.
fn worded(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let Some(rest) = said.strip_prefix("unknown field `") else { return unquoted(&said) };
    let Some((given, expected)) = rest.split_once('`') else { return said };
    let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    let shown: String = given.chars().take(NAME_CHARS_SHOWN).collect();
    format!("`{shown}` is not a field; {}", advice(&shown, &known))
}

fn fault(pointer: String, detail: impl Into<String>) -> FieldFault {
    FieldFault { pointer: Some(pointer), detail: detail.into(), ..FieldFault::default() }
}

impl Fields {
    /// The fields of a body.
    ///
    /// # Errors
    ///
    /// 400 when the body is malformed or no object.
    pub(crate) fn of_body(bytes: &[u8]) -> Result<Self, Problem> {
        Self::of(parse(bytes)?, String::new())
            .map_err(|fault| Problem::invalid(Refusal::InvalidBody, vec![fault]))
    }

    /// The fields of a value at `base`.
    ///
    /// # Errors
    ///
    /// The fault, when it is no object.
    pub(crate) fn of(value: Value, base: String) -> Result<Self, FieldFault> {
        if let Value::Object(object) = value {
            return Ok(Self { object, base, known: Vec::new(), faults: Vec::new() });
        }
        let place = if base.is_empty() { "the body" } else { base.as_str() };
        let detail = format!("{place} is {}, expected an object", kind(&value));
        Err(fault(base, detail))
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.object.remove(name)
    }

    fn read<T>(
        &mut self,
        name: &'static str,
        value: Value,
        read: impl FnOnce(
            serde_path_to_error::Deserializer<'_, '_, Value>,
        ) -> Result<T, serde_json::Error>,
    ) -> Option<T> {
        let mut track = serde_path_to_error::Track::new();
        match read(serde_path_to_error::Deserializer::new(value, &mut track)) {
            Ok(value) => Some(value),
            Err(error) => {
                let pointer = format!("{}{}{}", self.base, step(name), pointer_of(&track.path()));
                let shown = pointer.trim_start_matches('/').replace('/', ".");
                self.faults.push(fault(pointer, format!("{shown}: {}", worded(&error))));
                None
            }
        }
    }

    /// A field that may be missing or null.
    pub(crate) fn optional<T: DeserializeOwned>(&mut self, name: &'static str) -> Option<T> {
        self.nullable(name).flatten()
    }

    /// A field that may be missing; null is told apart from that.
    #[expect(clippy::option_option, reason = "missing, null and given are three answers")]
    pub(crate) fn nullable<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
    ) -> Option<Option<T>> {
        let value = self.take(name)?;
        if value.is_null() {
            return Some(None);
        }
        self.read(name, value, |value| T::deserialize(value)).map(Some)
    }

    /// A field that must be there. `None` means that its fault is noted.
    pub(crate) fn required<T: DeserializeOwned>(&mut self, name: &'static str) -> Option<T> {
        self.required_as(name, |value| T::deserialize(value))
    }

    /// As [`Self::required`], with a reader of its own.
    pub(crate) fn required_as<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(
            serde_path_to_error::Deserializer<'_, '_, Value>,
        ) -> Result<T, serde_json::Error>,
    ) -> Option<T> {
        if let Some(value) = self.take(name) {
            return self.read(name, value, read);
        }
        self.fault(name, "is missing");
        None
    }

    /// As [`Self::optional`], with a reader of its own.
    pub(crate) fn optional_as<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(
            serde_path_to_error::Deserializer<'_, '_, Value>,
        ) -> Result<T, serde_json::Error>,
    ) -> Option<T> {
        let value = self.take(name).filter(|value| !value.is_null())?;
        self.read(name, value, read)
    }

    /// Named values that may be missing; one that is null is a missing value.
    pub(crate) fn values(&mut self, name: &'static str) -> Values {
        self.optional::<GivenValues>(name).map(present).unwrap_or_default()
    }

    /// Named values that must be there.
    pub(crate) fn required_values(&mut self, name: &'static str) -> Option<Values> {
        self.required::<GivenValues>(name).map(present)
    }

    /// An object that must be there, read by `read`. `None` means that its faults are noted.
    pub(crate) fn object<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let Some(value) = self.take(name) else {
            self.fault(name, "is missing");
            return None;
        };
        match Self::of(value, format!("{}{}", self.base, step(name))) {
            Ok(mut fields) => {
                let value = read(&mut fields);
                self.faults.extend(fields.into_faults());
                value
            }
            Err(fault) => {
                self.faults.push(fault);
                None
            }
        }
    }

    /// A list that must be there, each item an object read by `read`.
    pub(crate) fn objects<T>(
        &mut self,
        name: &'static str,
        mut read: impl FnMut(&mut Self, usize) -> Option<T>,
    ) -> Option<Vec<T>> {
        let items = match self.take(name) {
            Some(Value::Array(items)) => items,
            Some(other) => {
                self.fault(name, &format!("is {}, expected a list", kind(&other)));
                return None;
            }
            None => {
                self.fault(name, "is missing");
                return None;
            }
        };
        let mut done = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let base = format!("{}{}/{index}", self.base, step(name));
            match Self::of(item, base) {
                Ok(mut fields) => {
                    done.extend(read(&mut fields, index));
                    self.faults.extend(fields.into_faults());
                }
                Err(fault) => self.faults.push(fault),
            }
            if self.faults.len() >= FAULTS_MAX {
                break;
            }
        }
        self.faults.is_empty().then_some(done)
    }

    /// Whether a field is there at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    /// A field that is known, and not looked at.
    pub(crate) fn ignore(&mut self, name: &'static str) {
        let _known = self.take(name);
    }

    /// Whether something is wrong with a field.
    pub(crate) fn is_at_fault(&self, name: &str) -> bool {
        let pointer = format!("{}{}", self.base, step(name));
        self.faults.iter().any(|fault| fault.pointer.as_ref() == Some(&pointer))
    }

    /// Notes what is wrong with a field.
    pub(crate) fn fault(&mut self, name: &str, problem: &str) {
        let pointer = format!("{}{}", self.base, step(name));
        let shown = pointer.trim_start_matches('/').replace('/', ".");
        self.faults.push(fault(pointer, format!("{shown}: {problem}")));
    }

    fn into_faults(mut self) -> Vec<FieldFault> {
        let unknown: Vec<String> = self.object.keys().cloned().collect();
        for name in unknown {
            let shown: String = name.chars().take(NAME_CHARS_SHOWN).collect();
            let advice = advice(&shown, &self.known);
            self.fault(&shown, &format!("is not a field; {advice}"));
        }
        self.faults
    }

    /// The value, if nothing is wrong.
    ///
    /// # Errors
    ///
    /// 400 with every fault and every unknown field.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, Problem> {
        let mut faults = self.into_faults();
        match value {
            Some(value) if faults.is_empty() => Ok(value),
            Some(_) | None => {
                faults.truncate(FAULTS_MAX);
                Err(Problem::invalid(Refusal::InvalidBody, faults))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use branchline_domain::{call_status::CallStatus, workflow::Settings};

    use super::*;

    #[test]
    fn malformed_json_is_refused_with_line_and_column() {
        let problem = Fields::of_body(b"{\n  \"title\": nope\n}").unwrap_err();
        assert_eq!((problem.status.as_u16(), problem.code), (400, "malformed_json"));
        assert_eq!((problem.errors[0].line, problem.errors[0].column), (Some(2), Some(13)));
        assert!(problem.detail.contains("line 2 column 13"), "{}", problem.detail);
        for body in [&b""[..], b"{", b"{} {}", b"\xff"] {
            assert_eq!(Fields::of_body(body).unwrap_err().code, "malformed_json");
        }
    }

    #[test]
    fn a_whole_number_is_one_however_it_is_written() {
        let mut fields = Fields::of_body(br#"{"max": 60.0, "least": -3e2, "x": 1.5}"#).unwrap();
        assert_eq!(fields.required::<u32>("max"), Some(60));
        assert_eq!(fields.required::<i64>("least"), Some(-300));
        assert_eq!(fields.required::<u32>("x"), None);
        let large = parse(b"[1e300, 18446744073709551615, -0.0]").unwrap();
        assert_eq!(large.to_string(), "[1e+300,18446744073709551615,0]");
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let body = br#"{"title": 7, "settings": {"call_deadline_s": "x"}, "colour": 1, "a/b": 2}"#;
        let mut fields = Fields::of_body(body).unwrap();
        let title = fields.required::<String>("title");
        let _settings = fields.optional::<Settings>("settings");
        let problem = fields.finish(title).unwrap_err();
        let pointers: Vec<_> =
            problem.errors.iter().map(|fault| fault.pointer.as_deref().unwrap()).collect();
        assert_eq!(pointers, ["/title", "/settings/call_deadline_s", "/a~1b", "/colour"]);
    }

    #[test]
    fn an_unknown_field_is_told_with_the_one_that_was_meant() {
        let detail = |body: &str| {
            let mut fields = Fields::of_body(body.as_bytes()).unwrap();
            let number = fields.required::<String>("phone_number");
            let _settings = fields.optional::<Settings>("settings");
            fields.finish(number).unwrap_err().errors.pop().unwrap().detail
        };
        assert_eq!(
            detail(r#"{"phone_number": "1", "phone_numer": "1"}"#),
            "phone_numer: is not a field; did you mean `phone_number`?"
        );
        assert_eq!(
            detail(r#"{"phone_number": "1", "colour": 1}"#),
            "colour: is not a field; the names are phone_number, settings"
        );
        // In what is read as a whole, too.
        let nested = detail(r#"{"phone_number": "1", "settings": {"auto_complet": true}}"#);
        assert_eq!(
            nested,
            "settings.auto_complet: `auto_complet` is not a field; did you mean `auto_complete`?"
        );
        // A name as long as somebody likes is neither compared nor told in full.
        let long = format!(r#"{{"phone_number": "1", "{}": 1}}"#, "x".repeat(100_000));
        assert!(detail(&long).len() < 300);
    }

    #[test]
    fn a_word_that_is_none_of_the_known_ones_is_told_the_known_ones() {
        let mut fields = Fields::of_body(br#"{"status": "gone"}"#).unwrap();
        let status = fields.required::<CallStatus>("status");
        let problem = fields.finish(status).unwrap_err();
        assert!(problem.detail.contains("did_not_pick"), "{}", problem.detail);
    }

    #[test]
    fn missing_and_null_are_told_apart_only_where_it_matters() {
        let mut fields = Fields::of_body(br#"{"notes": null, "title": null}"#).unwrap();
        assert_eq!(fields.nullable::<String>("notes"), Some(None));
        assert_eq!(fields.nullable::<String>("other"), None);
        assert_eq!(fields.optional::<String>("title"), None);
        assert!(fields.finish(Some(())).is_ok());
    }

    #[test]
    fn faults_in_a_list_name_their_place() {
        let body = br#"{"leads": [{"phone": "1"}, 7, {"phone": 2}]}"#;
        let mut fields = Fields::of_body(body).unwrap();
        let leads = fields.objects("leads", |lead, _| lead.required::<String>("phone"));
        let problem = fields.finish(leads).unwrap_err();
        let pointers: Vec<_> =
            problem.errors.iter().map(|fault| fault.pointer.as_deref().unwrap()).collect();
        assert_eq!(pointers, ["/leads/1", "/leads/2/phone"]);
    }
}
