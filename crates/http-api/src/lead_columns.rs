//! The header of a lead file: which column is the phone number, and what the others are called.

use branchline_domain::{lead::Values, value::Value};
use branchline_engine::{command::NewLead, lead_list::ListFault};

/// The column that every file has.
pub const PHONE_COLUMN: &str = "phone_number";
/// Columns of a file at most. A lead's variables have to fit one record of the journal.
pub const COLUMNS_MAX: usize = 500;
/// Longest name shown in a reason. Unit: characters.
const SHOWN_CHARS_MAX: usize = 40;
/// Names shown in a reason. Unit: names.
const SHOWN_MAX: usize = 20;

/// How columns of our own exports begin: they say what the engine knows of a lead. In a file that
/// comes in they are passed over, so that an export can be enrolled again.
pub(crate) const OWN_PREFIX: &str = "branchline.";
/// The one of them that is read.
const NOTES_COLUMN: &str = "branchline.notes";

/// The columns of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Columns(Vec<Column>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Column {
    Phone,
    Notes,
    Variable(String),
    /// Of an export of our own.
    Own,
}

impl Column {
    fn of(name: &str) -> Self {
        match name {
            PHONE_COLUMN => Self::Phone,
            NOTES_COLUMN => Self::Notes,
            _ if name.starts_with(OWN_PREFIX) => Self::Own,
            _ => Self::Variable(name.to_owned()),
        }
    }
}

impl Columns {
    /// Reads a header.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it. A file without a header has a person's values there, so
    /// what quotes from it is not for the journal.
    pub(crate) fn of<'a>(
        row: u64,
        cells: impl Iterator<Item = &'a str>,
    ) -> Result<Self, Vec<ListFault>> {
        let mut faults = Vec::new();
        let mut names: Vec<&str> = Vec::new();
        let mut columns = Vec::new();
        for cell in cells {
            if names.len() == COLUMNS_MAX {
                let reason = format!("the file has more than {COLUMNS_MAX} columns");
                faults.push(ListFault::whole(row, reason));
                break;
            }
            let trimmed = cell.trim();
            let is_phone = trimmed.eq_ignore_ascii_case(PHONE_COLUMN);
            let name = if is_phone { PHONE_COLUMN } else { trimmed };
            if name.is_empty() {
                let reason = format!("column {} has no name", names.len() + 1);
                faults.push(ListFault::whole(row, reason));
            } else if names.contains(&name) {
                let reason = format!("there are two columns named `{}`", shown(name));
                let recorded = Some("there are two columns with the same name");
                faults.push(ListFault { recorded, ..ListFault::whole(row, reason) });
            }
            names.push(name);
            columns.push(Column::of(name));
        }
        if !names.contains(&PHONE_COLUMN) {
            let found: Vec<_> = names.iter().take(SHOWN_MAX).map(|name| shown(name)).collect();
            let found = found.join("`, `");
            let reason = format!("there is no column `{PHONE_COLUMN}`; the columns are `{found}`");
            let recorded = Some("there is no column `phone_number`");
            faults.push(ListFault { recorded, ..ListFault::whole(row, reason) });
        }
        if faults.is_empty() { Ok(Self(columns)) } else { Err(faults) }
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    /// A row as a lead. Cells that are missing at the end are missing values.
    pub(crate) fn lead<'a>(&self, row: u64, cells: impl Iterator<Item = &'a str>) -> NewLead {
        let mut lead = NewLead { row, ..NewLead::default() };
        let mut variables = Values::new();
        let cells = cells.chain(std::iter::repeat(""));
        for (column, cell) in self.0.iter().zip(cells) {
            match column {
                Column::Phone => cell.trim().clone_into(&mut lead.phone_number),
                Column::Notes => lead.notes = Some(cell.to_owned()).filter(|text| !text.is_empty()),
                Column::Variable(name) => {
                    variables.insert(name.clone(), Value::Text(cell.to_owned()));
                }
                Column::Own => {}
            }
        }
        lead.variables = variables;
        lead
    }
}

fn shown(name: &str) -> String {
    name.chars().take(SHOWN_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(cells: &[&str]) -> Vec<ListFault> {
        Columns::of(1, cells.iter().copied()).unwrap_err()
    }

    #[test]
    fn a_header_is_told_all_its_faults() {
        let found = faults(&["name", "name", "", "Phone"]);
        let reasons: Vec<_> = found.iter().map(|fault| fault.reason.as_str()).collect();
        assert_eq!(
            reasons,
            [
                "there are two columns named `name`",
                "column 3 has no name",
                "there is no column `phone_number`; the columns are `name`, `name`, ``, `Phone`",
            ]
        );
        assert!(found.iter().all(|fault| fault.whole && fault.row == 1));
        assert!(faults(&["phone_number", "PHONE_NUMBER"])[0].reason.contains("two columns"));
        let many = vec!["x"; COLUMNS_MAX + 1];
        assert!(faults(&many).iter().any(|fault| fault.reason.contains("more than 500")));
    }

    #[test]
    fn what_a_header_may_hold_of_a_person_is_not_kept() {
        for fault in faults(&["+919876543210", "Asha", "Asha"]) {
            let kept = fault.recorded.unwrap_or(&fault.reason);
            assert!(!kept.contains("Asha") && !kept.contains("+91"), "{kept}");
        }
    }
}
