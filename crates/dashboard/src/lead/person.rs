//! What is known of the person: number, variables, notes, and the form that changes them.

use std::collections::BTreeMap;

use branchline_domain::{
    id::CallId,
    organisation::Scope,
    value::{Decimal, Value},
};
use branchline_engine::command::LeadAction;
use branchline_http_api::pages::{Fault, Visitor};
use maud::{Markup, html};

use super::story::Story;
use crate::shell::{Form, call_badge, fault as fault_in_words, lead_badge, once, query, time};

/// Prefix of the field of a variable.
const VALUE: &str = "value.";

/// Prefix of the field of what a variable was when the form was made.
const WAS: &str = "was.";

/// Prefix of the field of what kind of value a variable is: what is typed is of that kind too, if it
/// can be. A text of digits stays a text.
const KIND: &str = "kind.";

/// What is known.
pub(super) fn facts(story: &Story) -> Markup {
    let state = &story.state;
    let number = state.phone_number.known().filter(|number| !number.is_empty());
    html! {
        h2 { "The person" }
        dl.facts {
            dt { "Number" }
            dd {
                @match number {
                    Some(number) => { span.mono { (number) } " " a.small href=(search(number)) { "all workflows" } },
                    None => em.muted { "erased" },
                }
            }
            dt { "Status" } dd { (lead_badge(state.status, state.removed)) }
            @if let Some(node) = state.node { dt { "Step" } dd { (story.label(node)) } }
            dt { "Enrolled" } dd { (time(state.enrolled_at)) }
            @if let Some(at) = state.release_at.filter(|_| !state.has_ended()) {
                dt { "Waits until" } dd { (time(at)) }
            }
            @if let Some(at) = state.erased_at { dt { "Erased" } dd { (time(at)) } }
            dt { "Lead" } dd.mono.small { (story.lead) }
        }
    }
}

/// The address that finds a number. A `+` would be read as a space.
fn search(number: &str) -> String {
    format!("/leads?{}", query([("phone", number.to_owned())]))
}

/// Variables and notes.
pub(super) fn known(story: &Story) -> Markup {
    html! {
        h2 { "Variables" }
        @match story.state.variables.known() {
            None => p.muted { "Erased." },
            Some(variables) if variables.is_empty() => p.muted { "None." },
            Some(variables) => dl.facts {
                @for (name, value) in variables { dt { (name) } dd { (value.as_text()) } }
            }
        }
        @if let Some(notes) = story.state.notes.known().and_then(Option::as_deref) {
            h3 { "Notes" }
            p.notes { (notes) }
        }
    }
}

/// The calls so far.
pub(super) fn calls(story: &Story) -> Markup {
    html! {
        h2 { "Calls" }
        @if story.state.calls.is_empty() { p.muted { "None yet." } }
        @else {
            ul.calls {
                @for (number, call) in &story.state.calls {
                    @let id = CallId { lead: story.lead, number: *number };
                    li {
                        a href={ "/calls/" (id) } { "Call " (number) }
                        " " (call_badge(call.status))
                        span.small.muted { (time(call.created_at)) }
                    }
                }
            }
        }
    }
}

/// Whether this visitor can change variables and notes now.
pub(super) fn can_edit(story: &Story, visitor: &Visitor) -> bool {
    let state = &story.state;
    let is_open = !story.is_past() && !state.has_ended() && !state.is_erased();
    is_open && !story.view.deleted && visitor.may(Scope::Operate)
}

/// The form. `typed` is what was sent and refused, with why.
pub(super) fn form(story: &Story, typed: Option<(&Form, &Fault)>) -> Markup {
    let variables = story.state.variables.known();
    let sent = |name: &str| typed.and_then(|(form, _)| raw(form, name));
    html! {
        details.edit open[typed.is_some()] {
            summary { "Change variables and notes" }
            @if let Some((_, fault)) = typed { (fault_in_words(fault)) }
            form method="post" action={ (story.path()) "/edit" } {
                (once())
                @for (nth, (name, value)) in variables.into_iter().flatten().enumerate() {
                    @let text = value.as_text();
                    @let (field, id) = (format!("{VALUE}{name}"), format!("variable-{nth}"));
                    label for=(id) { (name) }
                    input type="hidden" name={ (WAS) (name) } value=(text);
                    input type="hidden" name={ (KIND) (name) } value=(kind(value));
                    (input(&id, &field, sent(&field).unwrap_or(&text)))
                }
                fieldset.new-variable {
                    legend { "One more" }
                    label for="new-name" { "Name" }
                    input #new-name name="new.name" value=(sent("new.name").unwrap_or_default());
                    label for="new-value" { "Value" }
                    input #new-value name="new.value" value=(sent("new.value").unwrap_or_default());
                }
                @let notes = story.state.notes.known().and_then(Option::as_deref).unwrap_or_default();
                label for="notes" { "Notes" }
                input type="hidden" name="was-notes" value=(notes);
                textarea #notes name="notes" rows="3" { (sent("notes").unwrap_or(notes)) }
                p.hint { "A variable whose value is emptied is taken away. Steps read the new values from now on." }
                button.button.primary type="submit" { "Save" }
            }
        }
    }
}

/// A field for a text: several lines where it has them.
fn input(id: &str, name: &str, text: &str) -> Markup {
    html! {
        @if text.contains('\n') { textarea id=(id) name=(name) rows="3" { (text) } }
        @else { input id=(id) name=(name) value=(text); }
    }
}

/// A field as it was sent, spaces and all.
fn raw<'a>(form: &'a Form, name: &str) -> Option<&'a str> {
    form.fields().find(|(field, _)| *field == name).map(|(_, value)| value)
}

/// What a form changes: what is not as it was when the form was made, and nothing else, so that
/// nobody undoes what somebody else did in between.
pub(super) fn edit(form: &Form) -> LeadAction {
    let was: BTreeMap<&str, &str> = form
        .fields()
        .filter_map(|(field, value)| Some((field.strip_prefix(WAS)?, value)))
        .collect();
    let mut variables = BTreeMap::new();
    for (field, value) in form.fields() {
        let Some(name) = field.strip_prefix(VALUE) else { continue };
        let (new, old) = (lines(value), lines(was.get(name).copied().unwrap_or_default()));
        if new != old {
            let kind = raw(form, &format!("{KIND}{name}")).unwrap_or_default();
            let value = (!new.is_empty()).then(|| of_kind(kind, new));
            variables.insert(name.to_owned(), value);
        }
    }
    if let (Some(name), Some(value)) = (form.get("new.name"), form.get("new.value")) {
        variables.insert(name.to_owned(), Some(Value::Text(value.to_owned())));
    }
    let notes = lines(raw(form, "notes").unwrap_or_default());
    let had = lines(raw(form, "was-notes").unwrap_or_default());
    let notes = (notes != had).then(|| Some(notes).filter(|notes| !notes.is_empty()));
    LeadAction::Edit { variables, notes }
}

/// Browsers send the ends of lines in their own way.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Text(_) => "text",
        Value::Number(_) => "number",
        Value::Bool(_) => "bool",
    }
}

/// A number stays a number, yes and no stay yes and no; what cannot becomes a text.
fn of_kind(kind: &str, text: String) -> Value {
    match (kind, text.as_str()) {
        ("bool", "true") => Value::Bool(true),
        ("bool", "false") => Value::Bool(false),
        ("number", _) => match text.parse::<Decimal>() {
            Ok(number) => Value::Number(number),
            Err(_) => Value::Text(text),
        },
        (_, _) => Value::Text(text),
    }
}
