//! Which types of events are looked for.

use std::str::FromStr;

use branchline_domain::nearest::nearest;
use branchline_event_codec::{LEAD_EVENT_TYPES, ORGANISATION_EVENT_TYPES, WORKFLOW_EVENT_TYPES};

use super::Pattern;

/// A type of event by its name in the journal (`lead.branch_taken`), by the part after the point
/// (`branch_taken`), by the name that lines and the API show (`lead_completed`), or a pattern of these
/// (`lead.*`, `call_*`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventTypePattern(Pattern);

/// No type of event that this release knows has the name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no event type is `{name}`{advice}; the types are\n{types}")]
pub struct UnknownEventType {
    name: String,
    advice: String,
    types: String,
}

impl EventTypePattern {
    /// Whether an event has such a type. A pattern with gaps takes types of newer releases too.
    pub fn fits(&self, event_type: &str) -> bool {
        self.0.fits(event_type)
            || self.0.fits(without_stream(event_type))
            || self.0.fits(&event_type.replacen('.', "_", 1))
    }
}

/// The part after the point.
fn without_stream(event_type: &str) -> &str {
    event_type.split_once('.').map_or(event_type, |(_, name)| name)
}

fn known() -> impl Iterator<Item = &'static str> {
    LEAD_EVENT_TYPES.iter().chain(WORKFLOW_EVENT_TYPES).chain(ORGANISATION_EVENT_TYPES).copied()
}

impl FromStr for EventTypePattern {
    type Err = UnknownEventType;

    fn from_str(text: &str) -> Result<Self, UnknownEventType> {
        let Ok(pattern) = text.parse::<Pattern>();
        let pattern = Self(pattern);
        if known().any(|event_type| pattern.fits(event_type)) {
            return Ok(pattern);
        }
        let names: Vec<&str> = known().chain(known().map(without_stream)).collect();
        let near = nearest(text, &names).filter(|_| !pattern.0.has_gaps());
        Err(UnknownEventType {
            name: text.chars().take(80).collect(),
            advice: near.map(|near| format!(", is `{near}` meant?")).unwrap_or_default(),
            types: known().map(|name| format!("  {name}")).collect::<Vec<_>>().join("\n"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_named_with_or_without_its_stream_or_by_a_pattern() {
        for (text, fits, does_not) in [
            ("lead.dropped", "lead.dropped", "lead.completed"),
            ("completed", "lead.completed", "lead.dropped"),
            ("completed", "workflow.completed", "workflow.cancelled"),
            ("lead_completed", "lead.completed", "workflow.completed"),
            ("workflow.*", "workflow.paused", "lead.dropped"),
            ("call_*", "lead.call_concluded", "lead.dropped"),
            ("lead.*", "lead.of_a_newer_release", "workflow.paused"),
        ] {
            let pattern: EventTypePattern = text.parse().unwrap();
            assert!(pattern.fits(fits) && !pattern.fits(does_not), "{text}");
        }
    }

    #[test]
    fn an_unknown_type_is_answered_with_the_near_one_and_all_of_them() {
        let told = "branch_token".parse::<EventTypePattern>().unwrap_err().to_string();
        assert!(told.contains("is `branch_taken` meant?"), "{told}");
        assert!(told.contains("\n  workflow.paused\n"), "{told}");
        let told = "lead.xyz*".parse::<EventTypePattern>().unwrap_err().to_string();
        assert!(!told.contains("meant"), "{told}");
    }
}
