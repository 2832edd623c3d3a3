//! What clears a guard, as a word that programs can act on.

use serde::Serialize;

/// What clears a guard. The sentence beside it says the same to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// Somebody activates the workflow.
    Activate,
    /// Somebody resumes the workflow.
    Resume,
    /// Somebody pauses the workflow and resumes it.
    PauseAndResume,
    /// The import ends.
    ImportEnds,
    /// Somebody marks a node as entry.
    MarkEntry,
    /// The engine comes to the lead by itself.
    EngineGoesOn,
    /// Time passes, until `clears_at`.
    TimePasses,
    /// A carrier takes the call.
    CallIsDialled,
    /// The call of another lead ends.
    OtherCallEnds,
    /// Any status of the call is reported.
    StatusArrives,
    /// A final status of the call is reported.
    FinalStatusArrives,
    /// Attributes of the last call are reported.
    AttributesArrive,
    /// The application answers.
    ApplicationAnswers,
    /// The host registers the handler.
    RegisterHandler,
    /// Somebody adds an edge for the outcome.
    AddEdge,
    /// Somebody completes the node's config.
    CompleteNode,
    /// Somebody changes the graph so that it goes around no more.
    BreakCycle,
    /// A person resolves the lead with an output of its node.
    ResolveOutput,
    /// A person has the call made again.
    Redial,
    /// A person gives the time to release the lead at.
    ResolveRelease,
    /// A person moves the lead to another node.
    MoveTo,
    /// A person removes the lead.
    Remove,
}

impl Remedy {
    /// Every remedy.
    pub const ALL: [Self; 22] = [
        Self::Activate,
        Self::Resume,
        Self::PauseAndResume,
        Self::ImportEnds,
        Self::MarkEntry,
        Self::EngineGoesOn,
        Self::TimePasses,
        Self::CallIsDialled,
        Self::OtherCallEnds,
        Self::StatusArrives,
        Self::FinalStatusArrives,
        Self::AttributesArrive,
        Self::ApplicationAnswers,
        Self::RegisterHandler,
        Self::AddEdge,
        Self::CompleteNode,
        Self::BreakCycle,
        Self::ResolveOutput,
        Self::Redial,
        Self::ResolveRelease,
        Self::MoveTo,
        Self::Remove,
    ];
}
