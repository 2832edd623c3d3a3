//! The rules, their names, and how often each was looked at.

use branchline_journal::record::Position;

/// A rule of CONTRACT.md that the records alone can show to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A workflow's status goes only where its actions lead; revisions are counted without gaps.
    Lifecycle,
    /// Nothing moves while its workflow is not active.
    ExactPause,
    /// Nothing moves, is wanted or is changed after an end or a removal.
    NothingAfterEnd,
    /// One branch a visit; visits are counted without gaps and begin where a branch led.
    OneBranch,
    /// Every branch has a cause that leads to it.
    Cause,
    /// No release before its time.
    Release,
    /// Nothing is heard or done of a call that was not requested.
    Request,
    /// One dial a request: never twice, never before it is due, never while paused.
    OneDial,
    /// The first final status of a call stands.
    FirstStatus,
    /// A dial takes its number, which is given back only when that call is over.
    LiveCall,
    /// A lead is enrolled once, into a workflow that still takes leads.
    Enrolment,
    /// The leads of an import start only after its closing, which counts them.
    Import,
    /// A try of an application begins once, and only when it was wanted.
    Application,
    /// A lead is erased once, after its end; nothing personal follows.
    Erasure,
    /// A key is made once, in the organisation that its stream and record name; nothing is told of
    /// one that was never made or was revoked.
    ApiKey,
    /// A message of a provider is kept once while it waits, and decided about once.
    ProviderEvent,
}

impl Rule {
    /// Every rule, in the order of their numbers.
    pub const ALL: [Self; 16] = [
        Self::Lifecycle,
        Self::ExactPause,
        Self::NothingAfterEnd,
        Self::OneBranch,
        Self::Cause,
        Self::Release,
        Self::Request,
        Self::OneDial,
        Self::FirstStatus,
        Self::LiveCall,
        Self::Enrolment,
        Self::Import,
        Self::Application,
        Self::Erasure,
        Self::ApiKey,
        Self::ProviderEvent,
    ];

    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lifecycle => "lifecycle",
            Self::ExactPause => "exact_pause",
            Self::NothingAfterEnd => "nothing_after_end",
            Self::OneBranch => "one_branch",
            Self::Cause => "cause",
            Self::Release => "release",
            Self::Request => "request",
            Self::OneDial => "one_dial",
            Self::FirstStatus => "first_status",
            Self::LiveCall => "live_call",
            Self::Enrolment => "enrolment",
            Self::Import => "import",
            Self::Application => "application",
            Self::Erasure => "erasure",
            Self::ApiKey => "api_key",
            Self::ProviderEvent => "provider_event",
        }
    }

    /// What it says, and what is counted as looked at, for people.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Lifecycle => {
                ("a status goes only where its actions lead", "statuses and revisions")
            }
            Self::ExactPause => ("nothing moves while its workflow is not active", "movements"),
            Self::NothingAfterEnd => ("nothing moves after an end or a removal", "steps of leads"),
            Self::OneBranch => ("one branch a visit, visits without gaps", "visits and branches"),
            Self::Cause => ("every branch has a cause that leads to it", "branches"),
            Self::Release => ("nothing is released before its time", "releases"),
            Self::Request => ("nothing of a call that was not requested", "call events"),
            Self::OneDial => ("one dial a request, when it is due", "dials"),
            Self::FirstStatus => ("the first final status of a call stands", "call statuses"),
            Self::LiveCall => ("one live call a number", "claims on numbers"),
            Self::Enrolment => ("a lead is enrolled once", "lead events"),
            Self::Import => {
                ("leads start after their import has closed", "steps of imported leads")
            }
            Self::Application => ("a try of an application begins once", "tries"),
            Self::Erasure => ("nothing personal follows an erasure", "erasures"),
            Self::ApiKey => ("a key is made once and ends once", "key events"),
            Self::ProviderEvent => {
                ("a provider event is kept once and decided once", "provider events")
            }
        }
    }
}

/// Something that must never be in a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The record that shows it.
    pub position: Position,
    /// Public id of its stream.
    pub stream: String,
    /// The rule that is broken.
    pub rule: Rule,
    /// What is wrong, in words.
    pub problem: String,
}

/// What the rules looked at, and what they say of the record at hand.
#[derive(Debug, Default)]
pub(super) struct Judge {
    looked: [u64; Rule::ALL.len()],
    pub(super) problems: Vec<(Rule, String)>,
}

impl Judge {
    /// Counts one thing looked at, and tells when it is not as it must be.
    pub(super) fn ensure(&mut self, rule: Rule, holds: bool, say: impl FnOnce() -> String) {
        self.look(rule);
        if !holds {
            self.problems.push((rule, say()));
        }
    }

    pub(super) fn look(&mut self, rule: Rule) {
        if let Some(count) = self.looked.get_mut(rule as usize) {
            *count += 1;
        }
    }

    pub(super) fn looked(&self, rule: Rule) -> u64 {
        self.looked.get(rule as usize).copied().unwrap_or_default()
    }
}
