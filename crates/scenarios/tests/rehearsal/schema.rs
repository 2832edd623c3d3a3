//! The schema of scenario files says what the reader reads, and every file of ours keeps to it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use branchline_domain::workflow::Settings;
use branchline_scenarios::scenario::{Only, Scenario, Step};
use serde::de::DeserializeOwned;
use serde_json::Value;

const SCHEMA: &str = include_str!("../../scenario.schema.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

/// The keys that a type reads: it tells them when it is given one that it does not know.
fn keys_read<T: DeserializeOwned + std::fmt::Debug>() -> BTreeSet<String> {
    let wrong = toml::from_str::<T>("no_such_key = 1").unwrap_err();
    let told = wrong.message().to_owned();
    assert!(told.starts_with("unknown field `no_such_key`"), "{told}");
    told.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

fn keys_of(schema: &Value, at: &str) -> BTreeSet<String> {
    let properties = schema.pointer(&format!("{at}/properties")).and_then(Value::as_object);
    properties.expect("an object of the schema").keys().cloned().collect()
}

#[test]
fn the_schema_has_every_key_that_is_read_and_no_other() {
    let schema = schema();
    for (at, keys) in [
        ("", keys_read::<Scenario>()),
        ("/properties/only", keys_read::<Only>()),
        ("/$defs/step", keys_read::<Step>()),
        ("/$defs/settings", keys_read::<Settings>()),
    ] {
        assert_eq!(keys_of(&schema, at), keys, "mend {at} in scenario.schema.json");
    }
}

/// What is wrong with a value by a schema. Knows the words that our schema uses, and no others.
fn faults(schema: &Value, root: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (word, says) in schema.as_object().expect("a schema is an object") {
        let right = match word.as_str() {
            "$schema" | "$defs" | "title" | "description" | "examples" => true,
            "$ref" => {
                let path = says.as_str().unwrap().trim_start_matches('#');
                found.extend(faults(root.pointer(path).unwrap(), root, value, at));
                true
            }
            "type" => match says.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                "integer" => value.is_i64(),
                other => panic!("the type {other} is not known here"),
            },
            "enum" => says.as_array().unwrap().contains(value),
            "minLength" => value.as_str().is_none_or(|text| !text.is_empty()),
            "minItems" => value.as_array().is_none_or(|items| !items.is_empty()),
            "minimum" => value.as_i64().is_none_or(|number| number >= says.as_i64().unwrap()),
            "required" => {
                let required = says.as_array().unwrap().iter().filter_map(Value::as_str);
                required.clone().all(|key| value.get(key).is_some())
            }
            "items" => {
                for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                    found.extend(faults(says, root, item, &format!("{at}/{place}")));
                }
                true
            }
            "properties" => {
                for (key, schema) in says.as_object().unwrap() {
                    if let Some(inner) = value.get(key) {
                        found.extend(faults(schema, root, inner, &format!("{at}/{key}")));
                    }
                }
                true
            }
            "additionalProperties" => {
                let named = schema.get("properties").and_then(Value::as_object);
                for (key, inner) in value.as_object().into_iter().flatten() {
                    if named.is_some_and(|named| named.contains_key(key)) {
                        continue;
                    }
                    if *says == Value::Bool(false) {
                        found.push(format!("{at}: unknown key {key}"));
                    } else {
                        found.extend(faults(says, root, inner, &format!("{at}/{key}")));
                    }
                }
                true
            }
            other => panic!("the word {other} is not known here"),
        };
        if !right {
            found.push(format!("{at}: {word} should be {says}, found {value}"));
        }
    }
    found
}

fn scenario_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            scenario_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            found.push(path);
        }
    }
}

#[test]
fn every_scenario_of_ours_keeps_to_the_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in ["tests/scenarios", "config/demo/scenarios"] {
        scenario_files(&root.join(folder), &mut files);
    }
    assert!(files.len() > 100, "{}", files.len());
    let schema = schema();
    let mut wrong = Vec::new();
    for path in files {
        let value: Value = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        wrong.extend(faults(&schema, &schema, &value, &path.display().to_string()));
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn the_check_by_the_schema_can_say_no() {
    let schema = schema();
    let told = |text: &str| {
        let value: Value = toml::from_str(text).unwrap();
        faults(&schema, &schema, &value, "").join("; ")
    };
    assert_eq!(told("title = \"t\"\n[[step]]\nwhen = \"activate\"\nthen = []"), "");
    assert!(told("title = \"t\"").contains("required"));
    assert!(told("title = 3\nstep = []").contains("/title: type"));
    assert!(told("title = \"t\"\nstep = []").contains("minItems"));
    assert!(told("title = \"t\"\nstart = \"asleep\"\n[[step]]\nwhen = \"x\"").contains("enum"));
    assert!(told("title = \"t\"\n[[step]]\nwhen = \"x\"\nthan = []").contains("unknown key than"));
    let count = "title = \"t\"\n[[step]]\nwhen = \"x\"\ncounts = { active = -1 }";
    assert!(told(count).contains("/counts/active: minimum"), "{}", told(count));
}
