//! Names of nodes in files.

use std::collections::BTreeSet;

use branchline_domain::graph::Node;

/// Longest name. Unit: characters.
pub const KEY_CHARS_MAX: usize = 64;

/// Where a name made from a label is cut. Unit: characters.
const MADE_CHARS_MAX: usize = 40;

/// What is wrong with a name, if anything is.
pub(super) fn fault(key: &str) -> Option<String> {
    let fits = |letter: char| letter.is_alphanumeric() || letter == '_';
    if key.is_empty() {
        return Some("a node needs a key: a short name such as `intro`".into());
    }
    if key.chars().count() > KEY_CHARS_MAX {
        return Some(format!("a key has at most {KEY_CHARS_MAX} characters"));
    }
    (!key.chars().all(fits))
        .then(|| format!("`{key}` is no key: use letters, digits and `_`, for example `intro`"))
}

/// A name for a node that nobody has yet: its label in lower case with `_` between words, or its
/// type; with a number when somebody has that.
pub(super) fn make(node: &Node, taken: &BTreeSet<String>) -> String {
    let mut key = String::new();
    for letter in node.label.chars().flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() {
            key.push(letter);
        } else if !key.is_empty() && !key.ends_with('_') {
            key.push('_');
        }
    }
    let mut key: String = key.chars().take(MADE_CHARS_MAX).collect();
    key.truncate(key.trim_end_matches('_').len());
    if key.is_empty() {
        key = node.node_type().as_str().to_lowercase();
    }
    let numbered = (2..).map(|number: u64| format!("{key}_{number}"));
    let mut candidates = std::iter::once(key.clone()).chain(numbered);
    candidates.find(|candidate| !taken.contains(candidate)).unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use branchline_domain::{
        graph::{CanvasPosition, NodeConfig},
        id::NodeId,
    };

    use super::*;

    fn node(label: &str) -> Node {
        Node {
            id: NodeId::from_u128(1),
            label: label.into(),
            position: CanvasPosition::default(),
            config: NodeConfig::Converted,
            entry: false,
        }
    }

    #[test]
    fn a_key_reads_like_the_label() {
        let nobody = BTreeSet::new();
        assert_eq!(make(&node("Budget of 500 or more?"), &nobody), "budget_of_500_or_more");
        assert_eq!(make(&node("  Приём — звонок "), &nobody), "приём_звонок");
        assert_eq!(make(&node("!?"), &nobody), "converted");
        let long = make(&node(&"wait ".repeat(40)), &nobody);
        assert!(long.len() <= MADE_CHARS_MAX && !long.ends_with('_'), "{long}");
    }

    #[test]
    fn two_nodes_with_one_label_have_two_keys() {
        let taken = BTreeSet::from(["won".to_owned(), "won_2".to_owned()]);
        assert_eq!(make(&node("Won"), &taken), "won_3");
    }

    #[test]
    fn a_made_key_is_always_a_key() {
        for label in ["", "İstanbul", "a\u{301}bc", "ß", "٣", "日本語", "x--y", "_"] {
            assert_eq!(fault(&make(&node(label), &BTreeSet::new())), None, "{label}");
        }
        assert!(fault("").is_some() && fault("a b").is_some() && fault("a: b").is_some());
    }
}
