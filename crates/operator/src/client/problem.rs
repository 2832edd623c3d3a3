//! What a server says when it says no: an RFC 9457 problem document. Fields that a newer server adds
//! are passed over.

use serde::Deserialize;

/// A refusal.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Problem {
    /// The HTTP status.
    #[serde(default)]
    pub status: u16,
    /// Stable word for programs; empty when the answer has none.
    #[serde(default)]
    pub code: String,
    /// One sentence for people.
    #[serde(default)]
    pub detail: String,
    /// Every field at fault.
    #[serde(default)]
    pub errors: Vec<FieldFault>,
    /// Every fault of a graph or of a file of leads.
    #[serde(default)]
    pub faults: Option<Vec<ListedFault>>,
    /// How the server's log names the request.
    #[serde(skip)]
    pub request_id: Option<String>,
}

/// One thing that is wrong with a request.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct FieldFault {
    /// Where in the body, as a JSON pointer.
    pub pointer: Option<String>,
    /// Which query parameter or header.
    pub parameter: Option<String>,
    /// What is wrong, and what would be right.
    #[serde(default)]
    pub detail: String,
}

/// A fault of a graph, or of rows of a file.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ListedFault {
    /// Word for the kind of fault of a graph.
    pub code: Option<String>,
    /// The edge at fault.
    pub edge_id: Option<String>,
    /// The node at fault.
    pub node_id: Option<String>,
    /// What is wrong with a graph.
    pub message: Option<String>,
    /// What to do about it.
    pub fix: Option<String>,
    /// What is wrong with rows.
    pub reason: Option<String>,
    /// Which rows, as a spreadsheet counts them.
    #[serde(default)]
    pub rows: Vec<u64>,
}

impl Problem {
    /// Reads an answer, whatever it is.
    pub(crate) fn read(status: u16, body: &[u8], request_id: Option<String>) -> Self {
        let mut read: Self = serde_json::from_slice(body).unwrap_or_default();
        if read.detail.is_empty() {
            "the server does not say why".clone_into(&mut read.detail);
        }
        Self { status, request_id, ..read }
    }
}

impl ListedFault {
    /// The fault in one line.
    pub(crate) fn in_words(&self) -> String {
        if let Some(reason) = &self.reason {
            let rows: Vec<String> = self.rows.iter().map(ToString::to_string).collect();
            return match rows.as_slice() {
                [] => reason.clone(),
                [row] => format!("row {row}: {reason}"),
                _ => format!("rows {}: {reason}", rows.join(", ")),
            };
        }
        let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
        let place = self.edge_id.as_ref().or(self.node_id.as_ref());
        let place = place.map(|place| format!(" at {place}")).unwrap_or_default();
        let fix = self.fix.as_ref().map(|fix| format!("; {fix}")).unwrap_or_default();
        format!("{}{place}: {}{fix}", or_empty(&self.code), or_empty(&self.message))
    }
}
