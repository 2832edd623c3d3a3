//! A graph in a file: as workflow files have it, or as the API has it.
//!
//! Workflow files name nodes by `key`, and edges say `from` and `to`; the API says `id`,
//! `from_node_id` and `to_node_id`, and takes such names as well. All else is the same in both, and
//! what is wrong with it the server tells.

use std::{fs, io::Read as _, path::Path};

use serde_json::{Map, Value, json};

use crate::fault::Fault;

/// What a file says.
#[derive(Debug)]
pub(super) struct GraphFile {
    document: Map<String, Value>,
}

impl GraphFile {
    /// Reads a file, JSON or TOML; `-` is the standard input.
    pub(super) fn read(path: &Path) -> Result<Self, Fault> {
        let place = path.display().to_string();
        let read = if path == Path::new("-") {
            let mut text = Vec::new();
            std::io::stdin().lock().read_to_end(&mut text).map(|_| text)
        } else {
            fs::read(path)
        };
        let bytes = read.map_err(|error| Fault::io(&format!("cannot read {place}"), &error))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            Fault::Failed(format!("{place}: byte {at} is not UTF-8: save the file as UTF-8"))
        })?;
        Self::parse(&text).map_err(|why| Fault::Failed(format!("{place}: {why}")))
    }

    fn parse(text: &str) -> Result<Self, String> {
        // No TOML begins so.
        let is_json = text.trim_start().starts_with('{');
        let mut document: Map<String, Value> = if is_json {
            serde_json::from_str(text).map_err(|error| error.to_string())?
        } else {
            toml::from_str(text).map_err(|error| error.to_string())?
        };
        for (list, names) in [
            ("nodes", &[("key", "id")][..]),
            ("edges", &[("from", "from_node_id"), ("to", "to_node_id")]),
        ] {
            let found = document.entry(list).or_insert_with(|| json!([]));
            for item in found.as_array_mut().into_iter().flatten() {
                let Some(item) = item.as_object_mut() else { continue };
                rename(item, names);
                if list == "nodes" && !item.contains_key("label") {
                    // What people see is the key when nothing else is said.
                    let label = item.get("id").cloned().unwrap_or_else(|| json!(""));
                    item.insert("label".into(), label);
                }
            }
        }
        Ok(Self { document })
    }

    /// Takes title, description and settings out.
    pub(super) fn take_head(&mut self) -> Map<String, Value> {
        let names = ["title", "description", "settings"].into_iter();
        names.filter_map(|name| Some((name.to_owned(), self.document.remove(name)?))).collect()
    }

    /// Says where leads of nodes go that are left out.
    pub(super) fn move_leads(&mut self, moves: &[(String, String)]) {
        if moves.is_empty() {
            return;
        }
        let there = self.document.entry("move").or_insert_with(|| json!({}));
        if let Some(there) = there.as_object_mut() {
            there.extend(moves.iter().map(|(from, to)| (from.clone(), json!(to))));
        }
    }

    /// The revision that it was made from, if it says so.
    pub(super) fn revision(&self) -> Option<u64> {
        self.document.get("revision").and_then(Value::as_u64)
    }

    /// What is sent when it was made from this revision.
    pub(super) fn body(&self, revision: u64) -> Value {
        let mut body = self.document.clone();
        for head in ["title", "description", "settings"] {
            body.remove(head);
        }
        if body.contains_key("revision") {
            body.insert("revision".into(), json!(revision));
        }
        Value::Object(body)
    }
}

fn rename(item: &mut Map<String, Value>, names: &[(&str, &str)]) {
    for (file, api) in names {
        if let Some(value) = item.remove(*file) {
            item.insert((*api).to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = "title = \"t\"\n[[nodes]]\nkey = \"a\"\nnode_type = \"CONVERTED\"\n[[edges]]\nfrom = \"a\"\nto = \"a\"\n";

    #[test]
    fn both_forms_become_what_the_api_takes() {
        let mut file = GraphFile::parse(TOML).unwrap();
        assert_eq!(Value::Object(file.take_head()), json!({"title": "t"}));
        let graph = json!({
            "nodes": [{"id": "a", "label": "a", "node_type": "CONVERTED"}],
            "edges": [{"from_node_id": "a", "to_node_id": "a"}]
        });
        assert_eq!(file.body(3), graph);
        let again = GraphFile::parse(&graph.to_string()).unwrap();
        assert_eq!(again.body(3), graph);
        assert_eq!(again.revision(), None);
    }

    #[test]
    fn a_graph_that_was_got_keeps_its_revision_unless_another_is_said() {
        let got = r#"{"revision": 6, "nodes": [], "edges": []}"#;
        let mut file = GraphFile::parse(got).unwrap();
        assert_eq!(file.revision(), Some(6));
        assert_eq!(file.body(7)["revision"], 7);
        file.move_leads(&[("a".into(), "b".into())]);
        assert_eq!(file.body(6)["move"], json!({"a": "b"}));
    }

    #[test]
    fn what_is_no_document_is_told_with_its_place() {
        assert!(GraphFile::parse("{\n\"nodes\": [}").unwrap_err().contains("line 2"));
        assert!(GraphFile::parse("title = ").unwrap_err().contains("line 1"));
        assert!(GraphFile::parse("[]").is_err());
    }
}
