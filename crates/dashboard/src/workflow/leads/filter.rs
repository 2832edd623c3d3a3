//! Which leads of a workflow a page is about, as its address says.

use std::fmt::Write as _;

use branchline_domain::{
    graph::Graph,
    id::NodeId,
    lead::{HoldCode, LeadStatus},
};
use branchline_engine::batch::BatchFilter;
use branchline_http_api::pages::Fault;
use branchline_projections::{Held, LeadFilter};

use crate::shell::{hold_in_words, query};

/// Which leads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    /// Only those with this status that were not removed.
    pub(super) status: Option<LeadStatus>,
    /// Only removed ones.
    pub(super) removed: bool,
    /// Only those at this step.
    pub(super) node: Option<NodeId>,
    /// Only those that are held.
    pub(super) held: Option<Held>,
}

impl Filter {
    /// Reads `status`, `node` and `hold`; `get` finds a field that is not empty.
    ///
    /// # Errors
    ///
    /// 400 for a value that means nothing: what it leaves out must not be shown, or acted on.
    pub(super) fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, Fault> {
        let wrong = |name: &str, text: &str| {
            let shown: String = text.chars().take(80).collect();
            Fault::invalid(format!("{name}: `{shown}` is no such filter"))
        };
        let mut filter = Self::default();
        match get("status").as_deref() {
            None => {}
            Some("removed") => filter.removed = true,
            Some(text) => {
                filter.status = Some(text.parse().map_err(|_| wrong("status", text))?);
            }
        }
        if let Some(text) = get("node") {
            filter.node = Some(text.parse().map_err(|_| wrong("node", &text))?);
        }
        if let Some(text) = get("hold") {
            filter.held = Some(held(&text).ok_or_else(|| wrong("hold", &text))?);
        }
        Ok(filter)
    }

    /// The fields as an address has them.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = Vec::new();
        if self.removed {
            fields.push(("status", "removed".to_owned()));
        }
        fields.extend(self.status.map(|status| ("status", status.as_str().to_owned())));
        fields.extend(self.node.map(|node| ("node", node.to_string())));
        fields.extend(self.hold().map(|hold| ("hold", hold.to_owned())));
        fields
    }

    /// What is looked for among holds.
    pub(super) fn hold(&self) -> Option<&'static str> {
        self.held.map(|held| match held {
            Held::Any => "any",
            Held::With(code) => code.as_str(),
        })
    }

    /// The same as a query of the API: what holds a lead has another name there.
    pub(super) fn api_query(&self) -> String {
        let fields = self.fields().into_iter().map(|(name, value)| {
            let name = if name == "hold" { "held" } else { name };
            (name, value)
        });
        query(fields)
    }

    /// As the read models take it.
    pub(super) fn as_lead_filter(&self) -> LeadFilter {
        let removed = match (self.removed, self.status) {
            (true, _) => Some(true),
            // A removed lead counts as removed only.
            (false, Some(_)) => Some(false),
            (false, None) => None,
        };
        LeadFilter { status: self.status, node: self.node, held: self.held, removed }
    }

    /// As a batch takes it; `None` for removed leads: nothing can be done with them.
    pub(super) fn as_batch_filter(&self) -> Option<BatchFilter> {
        match *self {
            Self { removed: true, .. } => None,
            Self { status: None, node: None, held: None, removed: false } => Some(BatchFilter::All),
            Self { status, node, held, removed: false } => {
                Some(BatchFilter::Matching { status, node, held })
            }
        }
    }

    /// Which leads, for a sentence: `leads that are active, at First call`.
    pub(super) fn in_words(&self, graph: &Graph) -> String {
        let mut words = "leads".to_owned();
        // Writing to a `String` cannot fail.
        if self.removed {
            words.push_str(" that were removed");
        }
        if let Some(status) = self.status {
            let _ = write!(words, " that are {status}");
        }
        if let Some(node) = self.node {
            let _ = write!(words, " at {}", label(graph, node));
        }
        match self.held {
            None => {}
            Some(Held::Any) => words.push_str(" that are held"),
            Some(Held::With(code)) => {
                let _ = write!(words, " {}", hold_in_words(code));
            }
        }
        words
    }
}

fn held(text: &str) -> Option<Held> {
    if text == "any" || text == "true" {
        return Some(Held::Any);
    }
    HoldCode::ALL.into_iter().find(|code| code.as_str() == text).map(Held::With)
}

/// What people call a step; one of an older revision may be gone.
pub(in crate::workflow) fn label(graph: &Graph, node: NodeId) -> String {
    graph.node(node).map_or_else(|| "a step that is gone".to_owned(), |node| node.label.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[(&str, &str)]) -> Result<Filter, Fault> {
        Filter::read(|name| {
            fields.iter().find(|(field, _)| *field == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_filter_reads_back_and_other_words_are_refused() {
        let node = NodeId::from_u128(7).to_string();
        for fields in [
            &[][..],
            &[("status", "removed")],
            &[("status", "active"), ("node", node.as_str()), ("hold", "missing_output")],
            &[("hold", "any")],
        ] {
            let filter = read(fields).unwrap();
            let told = filter.fields();
            let told: Vec<(&str, &str)> =
                told.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_eq!(told, fields);
        }
        for wrong in [("status", "gone"), ("node", "7"), ("hold", "tired")] {
            assert!(read(&[wrong]).unwrap_err().detail().contains(wrong.0), "{wrong:?}");
        }
    }

    #[test]
    fn nothing_is_done_with_removed_leads() {
        assert_eq!(read(&[("status", "removed")]).unwrap().as_batch_filter(), None);
        assert_eq!(Filter::default().as_batch_filter(), Some(BatchFilter::All));
        let held = read(&[("hold", "any")]).unwrap();
        assert_eq!(held.api_query(), "held=any");
        assert!(matches!(held.as_batch_filter(), Some(BatchFilter::Matching { .. })));
    }
}
