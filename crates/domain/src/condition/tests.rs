use std::collections::BTreeMap;

use super::*;

/// Facts by the text of their field.
struct Known(BTreeMap<String, Value>);

impl Facts for Known {
    fn field(&self, field: &FieldRef) -> Option<Cow<'_, Value>> {
        self.0.get(&field.to_string()).map(Cow::Borrowed)
    }
}

fn known(facts: &[(&str, Value)]) -> Known {
    Known(facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

fn text(text: &str) -> Value {
    Value::from(text)
}

fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

fn condition(field: &str, operator: Operator, value: Option<Value>) -> Condition {
    Condition { field: Some(field.into()), operator: Some(operator), value }
}

fn all(conditions: Vec<Condition>) -> ConditionalConfig {
    ConditionalConfig { conditions, ..ConditionalConfig::default() }
}

fn switch(branches: &[&str]) -> ConditionalConfig {
    ConditionalConfig {
        condition_field: Some("lead.tier".into()),
        branches: branches.iter().map(|&name| name.to_owned()).collect(),
        ..ConditionalConfig::default()
    }
}

/// The answer of one condition on `lead.x`.
fn answer(x: Option<Value>, operator: Operator, value: Option<Value>) -> bool {
    let facts = x.map_or_else(|| known(&[]), |x| known(&[("lead.x", x)]));
    let output = decide_output(&all(vec![condition("lead.x", operator, value)]), &facts).unwrap();
    assert!([Output::True, Output::False].contains(&output), "conditions answered {output}");
    output == Output::True
}

#[test]
fn every_operator_on_a_field_that_is_missing_or_an_empty_cell() {
    for x in [None, Some(text(""))] {
        for (operator, expected) in [
            (Operator::Equals, false),
            (Operator::NotEquals, true),
            (Operator::Exists, false),
            (Operator::Contains, false),
            (Operator::GreaterThan, false),
            (Operator::LessThan, false),
        ] {
            assert_eq!(answer(x.clone(), operator, Some(number("5"))), expected, "{operator:?}");
        }
    }
}

#[test]
fn every_operator_with_a_number_on_a_number_on_text_that_is_one_and_on_other_things() {
    // Columns: the field is above, equal, below, text above, text equal, text below, no number,
    // and a yes or no.
    let fields = [
        number("18.5"),
        number("18.0"),
        number("17.99"),
        text("100"),
        text(" 18.00 "),
        text("9"),
        text("eighteen"),
        Value::Bool(true),
    ];
    for (operator, expected) in [
        (Operator::Equals, [false, true, false, false, true, false, false, false]),
        (Operator::NotEquals, [true, false, true, true, false, true, true, true]),
        (Operator::Exists, [true; 8]),
        (Operator::GreaterThan, [true, false, false, true, false, false, false, false]),
        (Operator::LessThan, [false, false, true, false, false, true, false, false]),
    ] {
        let answers = fields.clone().map(|x| answer(Some(x), operator, Some(number("18"))));
        assert_eq!(answers, expected, "{operator:?}");
    }
}

#[test]
fn a_number_written_as_text_in_the_condition_compares_sizes_too() {
    assert!(answer(Some(text("100")), Operator::GreaterThan, Some(text("9"))));
    assert!(answer(Some(number("5")), Operator::Equals, Some(text("5.0"))));
    assert!(!answer(Some(text("5")), Operator::Equals, Some(text("5.0"))), "two texts are text");
}

#[test]
fn text_compares_exactly_and_contains_looks_for_exact_text() {
    for (x, wanted, same, inside) in [
        ("Berlin", "Berlin", true, true),
        ("Berlin", "berlin", false, false),
        ("Berlin ", "Berlin", false, true),
        ("Berlin", "Berlin ", false, false),
        ("Ber lin", "r l", false, true),
    ] {
        assert_eq!(answer(Some(text(x)), Operator::Equals, Some(text(wanted))), same, "{x}");
        assert_eq!(answer(Some(text(x)), Operator::NotEquals, Some(text(wanted))), !same, "{x}");
        assert_eq!(answer(Some(text(x)), Operator::Contains, Some(text(wanted))), inside, "{x}");
    }
    assert!(answer(Some(number("4917")), Operator::Contains, Some(number("91"))));
    assert!(answer(Some(Value::Bool(true)), Operator::Equals, Some(text("true"))));
    assert!(answer(Some(text("false")), Operator::Equals, Some(Value::Bool(false))));
    assert!(!answer(Some(text("FALSE")), Operator::Equals, Some(Value::Bool(false))));
}

#[test]
fn exists_needs_no_value_and_looks_at_none() {
    assert!(answer(Some(text("x")), Operator::Exists, None));
    assert!(answer(Some(text("x")), Operator::Exists, Some(text("y"))));
    assert!(!answer(None, Operator::Exists, None));
}

#[test]
fn and_wants_all_or_wants_one_and_without_logic_all_are_wanted() {
    let facts = known(&[("lead.city", text("Rome")), ("call.status", text("completed"))]);
    let yes = condition("lead.city", Operator::Equals, Some(text("Rome")));
    let no = condition("call.status", Operator::Equals, Some(text("busy")));
    for (logic, conditions, expected) in [
        (None, vec![yes.clone(), no.clone()], Output::False),
        (None, vec![yes.clone(), yes.clone()], Output::True),
        (Some(Logic::And), vec![no.clone(), yes.clone()], Output::False),
        (Some(Logic::Or), vec![no.clone(), yes.clone()], Output::True),
        (Some(Logic::Or), vec![yes, no.clone()], Output::True),
        (Some(Logic::Or), vec![no.clone(), no], Output::False),
    ] {
        let config = ConditionalConfig { logic, conditions, ..ConditionalConfig::default() };
        assert_eq!(decide_output(&config, &facts), Ok(expected), "{config:?}");
    }
}

#[test]
fn a_switch_answers_the_text_of_its_field_known_or_not() {
    for (x, expected) in [
        (Some(text("gold")), "gold"),
        (Some(text("Gold")), "Gold"),
        (Some(text("tin")), "tin"),
        (Some(number("2.50")), "2.5"),
        (Some(Value::Bool(true)), "true"),
        (Some(text("")), ""),
        (None, ""),
    ] {
        let facts = x.map_or_else(|| known(&[]), |x| known(&[("lead.tier", x)]));
        assert_eq!(
            decide_output(&switch(&["gold", "silver"]), &facts),
            Ok(Output::from(expected)),
            "{expected}"
        );
    }
}

#[test]
fn an_unfinished_config_has_no_output_and_says_everything_it_lacks() {
    let unknown = |text: &str| text.parse::<FieldRef>().unwrap_err();
    let both = ConditionalConfig {
        conditions: vec![condition("lead.x", Operator::Exists, None)],
        ..switch(&["gold"])
    };
    let compare = |value| condition("lead.x", Operator::GreaterThan, value);
    for (config, lacks) in [
        (all(vec![]), vec![Incomplete::Nothing]),
        (both, vec![Incomplete::Both]),
        (
            all(vec![Condition::default(), condition("x", Operator::Equals, Some(text("")))]),
            vec![
                Incomplete::Field { number: 1 },
                Incomplete::Operator { number: 1 },
                Incomplete::UnknownField { number: 2, error: unknown("x") },
                Incomplete::Value { number: 2 },
            ],
        ),
        (all(vec![compare(None)]), vec![Incomplete::Value { number: 1 }]),
        (
            all(vec![compare(Some(text("many")))]),
            vec![Incomplete::NotANumber { number: 1, value: "many".into() }],
        ),
        (
            all(vec![compare(Some(Value::Bool(true)))]),
            vec![Incomplete::NotANumber { number: 1, value: "true".into() }],
        ),
        (switch(&[]), vec![Incomplete::NoBranches]),
        (switch(&["gold", ""]), vec![Incomplete::UnnamedBranch]),
        (
            ConditionalConfig { condition_field: None, ..switch(&["gold"]) },
            vec![Incomplete::NoSwitchField],
        ),
        (
            ConditionalConfig { condition_field: Some("tier".into()), ..switch(&["gold"]) },
            vec![Incomplete::SwitchField(unknown("tier"))],
        ),
    ] {
        assert_eq!(gaps(&config), lacks);
        assert_eq!(decide_output(&config, &known(&[])).err(), lacks.into_iter().next());
    }
}
