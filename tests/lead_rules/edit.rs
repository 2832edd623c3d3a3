//! Variables and notes. Source: CONTRACT.md 9.

use std::collections::BTreeMap;

use branchline_domain::{
    lead::{Lead, LeadCommand, LeadEvent, LeadRejection, Values},
    personal::Personal,
    value::Value,
};
use branchline_testkit::{active, given, now};

use crate::fixtures::{at_the_call, campaign, enrolled};

fn set(name: &str, value: Option<&str>) -> LeadCommand {
    LeadCommand::Edit {
        variables: BTreeMap::from([(name.to_owned(), value.map(Value::from))]),
        notes: None,
    }
}

fn edited(variables: &[(&str, &str)], notes: Option<&str>) -> LeadEvent {
    let variables: Values =
        variables.iter().map(|(name, value)| ((*name).into(), Value::from(*value))).collect();
    LeadEvent::LeadEdited {
        variables: Personal::Known(variables),
        notes: Personal::Known(notes.map(Into::into)),
    }
}

#[test]
fn variables_are_set_and_taken_away_and_the_same_again_is_no_news() {
    let workflow = active(&campaign());
    given::<Lead>(at_the_call())
        .when(&set("tier", Some("gold")), &now(&workflow))
        .then([edited(&[("city", "Pune"), ("tier", "gold")], None)])
        .when(&set("tier", Some("gold")), &now(&workflow))
        .then_nothing_happens()
        .when(&set("city", None), &now(&workflow))
        .then([edited(&[("tier", "gold")], None)])
        .when(&set("city", None), &now(&workflow))
        .then_nothing_happens()
        .done();
}

#[test]
fn notes_are_kept_unless_they_are_named() {
    let workflow = active(&campaign());
    let note = |notes: Option<&str>| LeadCommand::Edit {
        variables: BTreeMap::new(),
        notes: Some(notes.map(Into::into)),
    };
    given::<Lead>([enrolled()])
        .when(&note(Some("asked for Hindi")), &now(&workflow))
        .then([edited(&[("city", "Pune")], Some("asked for Hindi"))])
        .when(&set("city", None), &now(&workflow))
        .then([edited(&[], Some("asked for Hindi"))])
        .when(&note(None), &now(&workflow))
        .then([edited(&[], None)])
        .done();
}

#[test]
fn a_removed_lead_is_not_edited() {
    let workflow = active(&campaign());
    given::<Lead>([enrolled(), LeadEvent::LeadRemoved])
        .when(&set("city", None), &now(&workflow))
        .then_refused(&LeadRejection::Ended { state: "removed" })
        .done();
}

#[test]
fn an_erased_lead_is_not_edited() {
    let workflow = active(&campaign());
    let erased = LeadEvent::LeadEdited { variables: Personal::Erased, notes: Personal::Erased };
    given::<Lead>([enrolled(), erased])
        .when(&set("city", None), &now(&workflow))
        .then_refused(&LeadRejection::Erased)
        .done();
}

#[test]
fn a_name_out_of_its_limits_is_refused() {
    let workflow = active(&campaign());
    given::<Lead>([enrolled()])
        .when(&set("", Some("x")), &now(&workflow))
        .then_refused_as(|refusal| matches!(refusal, LeadRejection::InvalidVariables { .. }))
        .done();
}
