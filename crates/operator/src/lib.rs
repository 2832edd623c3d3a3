//! The operator's commands: workflows, leads, calls and events of a running server, over its HTTP
//! API.
//!
//! The binary `branchline` has them beside its commands for files and data directories. Answers go
//! to the standard output, as tables for people or as the API's own JSON for programs; talk and
//! progress go to standard error. [`Fault::exit_code`] is what the process ends with.

mod assignments;
mod call;
mod client;
mod confirm;
mod events;
mod export;
mod fault;
mod lead;
mod listing;
mod names;
mod out;
mod progress;
mod provider_event;
#[cfg(test)]
mod stub;
mod workflow;
mod write;

use std::process::ExitCode;

pub use self::{
    call::CallCommand,
    client::{FieldFault, KEY_VARIABLE, ListedFault, Problem, URL_VARIABLE},
    events::EventsArgs,
    fault::{FAILED, Fault, MISUSED, UNANSWERED, UNAUTHORISED},
    lead::LeadCommand,
    provider_event::{ProviderEventCommand, ProviderWordsCommand},
    workflow::WorkflowCommand,
};

/// Says why a command could not be done, on standard error, and what the process ends with.
pub fn end(done: Result<(), Fault>) -> ExitCode {
    match done {
        Ok(()) | Err(Fault::Closed) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("branchline: {fault}");
            ExitCode::from(fault.exit_code())
        }
    }
}
