//! What is kept of an enrolment that was refused whole: reasons and row numbers, nobody's values.

/// Most reasons kept of one refusal. Unit: reasons.
pub const REFUSAL_FAULTS_MAX: usize = 8;
/// Longest reason kept; the rest is cut. Unit: characters.
pub const REFUSAL_REASON_CHARS_MAX: usize = 200;
/// Most rows kept of one reason. Unit: rows.
pub const REFUSAL_ROWS_MAX: usize = 50;
/// Longest name kept of a refused file; the rest is cut. Unit: characters.
const FILE_NAME_CHARS_MAX: usize = 128;

/// A reason for which rows were refused.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ImportFault {
    /// What is wrong, and what would be right. Never a value out of the list: this is kept in clear.
    pub reason: String,
    /// Where, as a spreadsheet counts (header = 1).
    pub rows: Vec<u64>,
}

/// A list of leads that was refused whole. Nobody in it was enrolled. Source: CONTRACT.md 7 and 9.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportRefusal {
    /// Name of the file, if there was one.
    pub file_name: Option<String>,
    /// Rows that were read, header and empty ones not counted. Unit: rows.
    pub rows: u32,
    /// The first reasons, with their first rows.
    pub faults: Vec<ImportFault>,
    /// How many reasons there were in all. Unit: reasons.
    pub reasons: u32,
}

impl ImportRefusal {
    /// The same, cut to what one record has room for.
    #[must_use]
    pub fn cut(&self) -> Self {
        let cut = |text: &str, most| text.chars().take(most).collect::<String>();
        let faults = self.faults.iter().take(REFUSAL_FAULTS_MAX).map(|fault| ImportFault {
            reason: cut(&fault.reason, REFUSAL_REASON_CHARS_MAX),
            rows: fault.rows.iter().take(REFUSAL_ROWS_MAX).copied().collect(),
        });
        Self {
            file_name: self.file_name.as_deref().map(|name| cut(name, FILE_NAME_CHARS_MAX)),
            rows: self.rows,
            faults: faults.collect(),
            reasons: self.reasons,
        }
    }
}
