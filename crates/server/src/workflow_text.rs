//! Workflow files on the disk.

use std::path::Path;

use branchline_scenarios::{
    source_text::{Complaint, SourceText},
    workflow_file::{FileFormat, WorkflowFile},
};

use crate::print;

/// Reads a workflow file; JSON when its name says so, else TOML.
pub(crate) fn read(path: &Path) -> Result<WorkflowFile, Vec<Complaint>> {
    let text = print::text_of(path).map_err(|complaint| vec![complaint])?;
    let name = path.display().to_string();
    WorkflowFile::read(&SourceText { name: &name, text: &text }, FileFormat::of(&name))
}
