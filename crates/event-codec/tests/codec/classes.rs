//! Every field that carries a text, and whether it is sealed. What a person, a provider or a
//! template supplied is; the rest is listed here with who writes it, and a new text that is neither
//! fails. An erasure can only make unreadable what is sealed.

use std::collections::{BTreeMap, BTreeSet};

use branchline_domain::{
    lead::{HoldReason, LeadEvent, Values},
    personal::Personal,
};
use branchline_event_codec::{SEALED_FIELDS, encode_lead};

use crate::{
    examples::{further_lead_events, two_visits},
    support::Keyed,
};

/// The layouts as they stand in the source: there is no other list of all fields.
const LAYOUTS: [&str; 4] = [
    include_str!("../../src/lead_v1.rs"),
    include_str!("../../src/organisation_v1.rs"),
    include_str!("../../src/workflow_v1.rs"),
    include_str!("../../src/words_v1.rs"),
];

/// Sealed fields by their layout, with the kind of field that they are sealed as.
const SEALED: [(&str, &str); 12] = [
    ("Enrolled.phone_number", "phone_number"),
    ("Enrolled.variables", "variables"),
    ("Enrolled.notes", "notes"),
    ("Edited.variables", "variables"),
    ("Edited.notes", "notes"),
    ("CallAttributesAttached.attributes", "attributes"),
    ("CallDispatchRefused.reason", "reason"),
    ("RoutingHeld.UnreadableTime", "unreadable_time"),
    ("ApplicationTried.evidence", "evidence"),
    ("ApplicationAnswered.fields", "fields"),
    // Inside the seal of variables, attributes and answers.
    ("Values", "variables"),
    ("Value.Text", "variables"),
];

/// Texts in clear, and who writes them. None of them is about one lead's person, except where said.
const IN_CLEAR: [(&str, &str); 38] = [
    ("CallRequested.from", "the config of the call's node: a number of the organisation"),
    ("CallRequested.agent_id", "the config of the call's node"),
    ("CallDispatched.provider_ref", "the carrier: its id of the call, no words"),
    ("CallReferenced.provider_ref", "the carrier: its id of the call, no words"),
    ("CallConcluded.end_reason", "the carrier: its word for the end; none after an erasure"),
    ("CallConflictRecorded.end_reason", "the carrier: its word for the end; none after an erasure"),
    ("ApplicationTried.missing_fields", "the config of the node: names of variables, no values"),
    ("Output.Branch", "the config of a switch: the name of a branch"),
    ("Created.title", "the owner of the workflow"),
    ("Created.description", "the owner of the workflow"),
    ("Created.settings", "the owner of the workflow"),
    ("Renamed.title", "the owner of the workflow"),
    ("Renamed.description", "the owner of the workflow"),
    ("SettingsChanged.settings", "the owner of the workflow"),
    ("Node.label", "the owner of the workflow"),
    ("Node.config", "the owner of the workflow: templates with names, no values"),
    ("ImportOpened.file_name", "who enrols: the name of the file"),
    ("ImportOpened.variable_keys", "who enrols: the names of columns, no values"),
    ("ImportCancelled.reason", "the engine"),
    ("ImportRefused.file_name", "who enrols: the name of the file"),
    ("ImportFault.reason", "the engine: quotes nothing out of the list"),
    ("Edge.label", "the owner of the workflow"),
    ("ApiKeyCreated.name", "who makes the key: what it is for"),
    ("ActionRefused.action", "the API: a word of its table"),
    ("ActionRefused.target", "the API: ids"),
    ("ActionRefused.code", "the API: a word of its table"),
    ("ProviderStatusHeard.provider", "who reports: a provider's short name"),
    ("ProviderStatusHeard.word", "the provider: its word for a status; none after an erasure"),
    ("ProviderStatusHeard.event_id", "the provider: its id of the message, no words"),
    ("ProviderEventUnmatched.provider", "who reports: a provider's short name"),
    ("ProviderEventUnmatched.word", "the provider: its word for a status"),
    ("ProviderEventUnmatched.provider_call_id", "the provider: its id of the call, no words"),
    ("ProviderEventUnmatched.event_id", "the provider: its id of the message, no words"),
    ("ProviderEventUnmatched.end_reason", "the provider: its word for the end"),
    ("ProviderEventUnmatched.facts", "the provider: fields that name nobody, by a list of ours"),
    ("ProviderEventDismissed.note", "who dismisses it: why"),
    ("ProviderWordsSet.provider", "who sets them: a provider's short name"),
    ("ProviderWordsSet.words", "who sets them: words of a provider"),
];

/// Fields and variants of the layouts by name, each with its type as the source has it.
fn fields() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for layout in LAYOUTS {
        let (mut owner, mut variant) = (String::new(), String::new());
        for line in layout.lines().map(str::trim) {
            let line = line.split("//").next().unwrap_or_default().trim_end_matches(',');
            let words = line.strip_prefix("pub(crate) ").unwrap_or(line);
            if let Some(rest) =
                ["struct ", "enum "].iter().find_map(|word| words.strip_prefix(word))
            {
                owner = name(rest);
                variant.clear();
            } else if let Some((alias, kind)) =
                words.strip_prefix("type ").and_then(|rest| rest.split_once('='))
            {
                found.insert(name(alias), kind.trim_end_matches(';').into());
            } else if let Some((field, kind)) = words.split_once(": ") {
                found.insert(format!("{owner}.{variant}{field}"), kind.into());
            } else if let Some((name, kind)) =
                words.strip_suffix(')').and_then(|it| it.split_once('('))
            {
                found.insert(format!("{owner}.{name}"), kind.into());
            } else if let Some(name) = words.strip_suffix(" {") {
                variant = format!("{name}.");
            } else if words == "}" {
                variant.clear();
            }
        }
    }
    found
}

/// `Enrolled` out of `Enrolled<'a> {`.
fn name(text: &str) -> String {
    text.chars().take_while(char::is_ascii_alphanumeric).collect()
}

fn carries_bytes(kind: &str) -> bool {
    kind.contains("[u8]") || kind.contains("Vec<u8>")
}

fn carries_text(kind: &str) -> bool {
    kind.contains("str") || kind.contains("String") || kind.contains("char")
}

/// Types of the layouts, which are looked into by themselves, and types that carry no text at all.
fn is_harmless(kind: &str) -> bool {
    let words = kind.split(|letter: char| !letter.is_ascii_alphanumeric());
    let known = [
        "u8",
        "u16",
        "u32",
        "u64",
        "i32",
        "i64",
        "i128",
        "bool",
        "16",
        "32",
        "Scope",
        "a",
        "Option",
        "Vec",
        "",
        "Output",
        "Outcome",
        "BranchCause",
        "CallStatus",
        "ApplicationOutcome",
        "GraphChange",
        "Node",
        "Edge",
        "NodeType",
        "ImportFault",
        "Value",
        "UnmatchedReason",
        "Call",
        "WordMeaning",
    ];
    words.into_iter().all(|word| known.contains(&word))
}

#[test]
fn every_text_is_sealed_or_listed_with_who_writes_it() {
    let fields = fields();
    assert!(fields.len() > 60, "the layouts are read: {fields:?}");
    let sealed: BTreeSet<&str> = SEALED.iter().map(|(field, _)| *field).collect();
    let listed: BTreeSet<&str> = IN_CLEAR.iter().map(|(field, _)| *field).collect();
    let mut problems = Vec::new();
    for (field, kind) in &fields {
        let is_sealed = sealed.contains(&**field);
        if carries_bytes(kind) && !is_sealed {
            problems.push(format!("{field}: {kind} is bytes, and not said to be sealed"));
        }
        if carries_text(kind) && !is_sealed && !listed.contains(&**field) {
            problems.push(format!("{field}: {kind} is a text in clear that nobody answers for"));
        }
        if !carries_bytes(kind) && !carries_text(kind) && !is_harmless(kind) {
            problems.push(format!("{field}: {kind} is of a type that this test does not know"));
        }
    }
    let gone = sealed.iter().chain(&listed).filter(|field| !fields.contains_key(**field));
    problems.extend(gone.map(|field| format!("{field} is listed and is no field")));
    assert_eq!(problems, Vec::<String>::new());
    let kinds: BTreeSet<&str> = SEALED.iter().map(|(_, kind)| *kind).collect();
    let all: BTreeSet<&str> = SEALED_FIELDS.iter().map(|field| field.name).collect();
    assert_eq!(kinds, all, "every kind of sealed field is somewhere");
}

/// Every personal text of an event; compiled anew with each event type that comes.
fn personal_texts(event: &LeadEvent) -> Vec<String> {
    let text = |value: &Personal<String>| value.known().cloned().into_iter().collect::<Vec<_>>();
    let named = |values: &Personal<Values>| {
        let values = values.known().into_iter().flatten();
        values.flat_map(|(name, value)| [name.clone(), value.as_text().into_owned()]).collect()
    };
    let notes = |notes: &Personal<Option<String>>| notes.known().cloned().flatten();
    match event {
        LeadEvent::LeadEnrolled { phone_number, variables, notes: said, .. } => {
            let all: Vec<String> = named(variables);
            text(phone_number).into_iter().chain(all).chain(notes(said)).collect()
        }
        LeadEvent::LeadEdited { variables, notes: said } => {
            let all: Vec<String> = named(variables);
            all.into_iter().chain(notes(said)).collect()
        }
        LeadEvent::CallAttributesAttached { attributes: values, .. }
        | LeadEvent::ApplicationAnswered { fields: values, .. } => named(values),
        LeadEvent::CallDispatchRefused { reason: words, .. }
        | LeadEvent::ApplicationTried { evidence: words, .. }
        | LeadEvent::RoutingHeld { reason: HoldReason::UnreadableTime(words) } => text(words),
        LeadEvent::RoutingHeld { .. }
        | LeadEvent::NodeEntered { .. }
        | LeadEvent::CallRequested { .. }
        | LeadEvent::CallScheduled { .. }
        | LeadEvent::CallDispatchStarted { .. }
        | LeadEvent::CallDispatched { .. }
        | LeadEvent::CallDispatchUnknown { .. }
        | LeadEvent::CallStatusChanged { .. }
        | LeadEvent::CallConcluded { .. }
        | LeadEvent::CallConflictRecorded { .. }
        | LeadEvent::CallReferenced { .. }
        | LeadEvent::ProviderStatusHeard { .. }
        | LeadEvent::BranchTaken { .. }
        | LeadEvent::LeadMoved { .. }
        | LeadEvent::AnalysisAwaited { .. }
        | LeadEvent::ApplicationRequested { .. }
        | LeadEvent::ApplicationStarted { .. }
        | LeadEvent::HoldResolved { .. }
        | LeadEvent::ReleasePlanned { .. }
        | LeadEvent::LeadCompleted
        | LeadEvent::LeadDropped
        | LeadEvent::LeadRemoved
        | LeadEvent::LeadWithdrawn
        | LeadEvent::LeadErased { .. } => Vec::new(),
    }
}

#[test]
fn no_personal_text_of_any_event_is_in_its_bytes() {
    let further = further_lead_events().into_iter().map(|(_, event)| event);
    let mut looked_for = 0;
    for event in two_visits().into_iter().chain(further) {
        let written = Keyed::new(7).sealing(|sealing| encode_lead(&event, sealing)).unwrap();
        // Shorter ones may stand in random bytes by chance.
        for text in personal_texts(&event).into_iter().filter(|text| text.len() > 3) {
            looked_for += 1;
            let found = written.payload.windows(text.len()).any(|part| part == text.as_bytes());
            assert!(!found, "`{text}` is in the bytes of {}", written.event_type);
        }
    }
    assert!(looked_for > 10, "{looked_for} texts were looked for");
}
