//! What can be said about a node of each kind: the fields of its form, with words, units and limits.
//! Forms with and without a script are made of these. Source of the limits: CONTRACT.md 4 and 5.

use branchline_domain::graph::NodeType;

/// What a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A line of text.
    Text,
    /// A whole number.
    Number { min: u32, max: u32, unit: &'static str },
    /// One of some values, each with words for it.
    Choice(&'static [(&'static str, &'static str)]),
    /// Any of some values.
    Ticks(&'static [(&'static str, &'static str)]),
    /// A time of day.
    Clock,
    /// A list of texts, one a line.
    Lines,
    /// Pairs of name and value, one a line: `Name: value`.
    Pairs,
    /// A JSON document, or a text.
    Document,
    /// Conditions: a field, what is asked, and a value.
    Conditions,
}

/// One field of a config.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// Where it stands in the config, with a dot for each step down.
    pub(super) path: &'static str,
    pub(super) words: &'static str,
    pub(super) kind: Kind,
    /// What people need to know about it.
    pub(super) hint: &'static str,
    pub(super) example: &'static str,
}

/// Fields that belong together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    /// Empty for what everybody sets.
    pub(super) words: &'static str,
    pub(super) fields: &'static [Field],
}

const fn field(
    path: &'static str,
    words: &'static str,
    kind: Kind,
    (hint, example): (&'static str, &'static str),
) -> Field {
    Field { path, words, kind, hint, example }
}

const fn number(min: u32, max: u32, unit: &'static str) -> Kind {
    Kind::Number { min, max, unit }
}

/// The fields of a kind of node.
pub(super) const fn groups(node_type: NodeType) -> &'static [Group] {
    match node_type {
        NodeType::VoiceCall => CALL,
        NodeType::Conditional => CONDITION,
        NodeType::Time => WAIT,
        NodeType::Application => APPLICATION,
        NodeType::Converted | NodeType::Dropped => &[],
    }
}

/// Unit: minutes.
const WEEK: u32 = 10_080;

const STATUSES: Kind = Kind::Ticks(&[
    ("did_not_pick", "did not pick"),
    ("busy", "busy"),
    ("no_answer", "no answer"),
    ("failed", "failed"),
]);

const DAYS: Kind = Kind::Ticks(&[
    ("monday", "Mon"),
    ("tuesday", "Tue"),
    ("wednesday", "Wed"),
    ("thursday", "Thu"),
    ("friday", "Fri"),
    ("saturday", "Sat"),
    ("sunday", "Sun"),
]);

const CALL: &[Group] = &[
    Group {
        words: "",
        fields: &[
            field(
                "from_phone_number",
                "Calls from",
                Kind::Text,
                ("With the country code.", "+12025550100"),
            ),
            field(
                "agent_id",
                "Agent",
                Kind::Text,
                ("Who or what talks, as your carrier names it.", "agent_intro"),
            ),
            field(
                "ring_timeout_s",
                "Rings at most",
                number(1, 600, "seconds"),
                ("The carrier's own limit when left empty.", ""),
            ),
        ],
    },
    Group {
        words: "Call again within the same step",
        fields: &[
            field(
                "retry.max_attempts",
                "Calls at most",
                number(2, 10, "calls"),
                ("The first one is among them. Only the last one takes a way out.", ""),
            ),
            field("retry.delay_minutes", "Apart", number(1, WEEK, "minutes"), ("", "")),
            field(
                "retry.statuses",
                "After",
                STATUSES,
                ("Did not pick, busy and no answer when none is ticked.", ""),
            ),
            field(
                "retry.expire_after_minutes",
                "An attempt that is not dialled expires after",
                number(1, WEEK, "minutes"),
                ("Never when left empty.", ""),
            ),
        ],
    },
    Group {
        words: "Calling hours",
        fields: &[
            field("calling_window.from", "From", Kind::Clock, ("", "")),
            field("calling_window.to", "To", Kind::Clock, ("", "")),
            field("calling_window.days", "On", DAYS, ("Every day when none is ticked.", "")),
            field(
                "calling_window.timezone",
                "By the clock of",
                Kind::Text,
                ("The lead's own zone when left empty.", "Europe/Berlin"),
            ),
        ],
    },
    Group {
        words: "More",
        fields: &[
            field(
                "max_visits",
                "A lead comes here at most",
                number(1, 100, "times"),
                ("A way round without a wait needs this.", ""),
            ),
            field(
                "agent_timezone",
                "The agent's clock stands in",
                Kind::Text,
                ("Times that are named in the call are read in it.", "Asia/Kolkata"),
            ),
        ],
    },
];

const CONDITION: &[Group] = &[
    Group {
        words: "",
        fields: &[
            field(
                "logic",
                "Holds when",
                Kind::Choice(&[("AND", "all conditions hold"), ("OR", "one condition holds")]),
                ("", ""),
            ),
            field(
                "conditions",
                "Conditions",
                Kind::Conditions,
                (
                    "A field is lead.<variable>, call.status, call.<attribute> or \
                     application.<node>.<field>.",
                    "lead.budget",
                ),
            ),
        ],
    },
    Group {
        words: "Or switch on a field",
        fields: &[
            field(
                "condition_field",
                "Field",
                Kind::Text,
                ("Its value names the way out.", "lead.plan"),
            ),
            field("branches", "Ways out, one a line", Kind::Lines, ("", "basic\nplus")),
        ],
    },
];

const WAIT: &[Group] = &[
    Group {
        words: "",
        fields: &[
            field("duration", "Waits", number(1, 5_256_000, ""), ("", "2")),
            field(
                "unit",
                "Unit",
                Kind::Choice(&[("minutes", "minutes"), ("hours", "hours"), ("days", "days")]),
                ("A day is 24 hours, whatever the clocks do.", ""),
            ),
        ],
    },
    Group {
        words: "Or until a time that was named in the call",
        fields: &[
            field(
                "time_source",
                "Waits for",
                Kind::Choice(&[
                    ("fixed", "the time above"),
                    ("postcall_analysis", "a time from the last call"),
                ]),
                ("", ""),
            ),
            field(
                "pca_field",
                "Attribute of the call",
                Kind::Text,
                ("The one with the time in words.", "callback_time"),
            ),
        ],
    },
];

const APPLICATION: &[Group] = &[
    Group {
        words: "",
        fields: &[
            field(
                "http.method",
                "Method",
                Kind::Choice(&[
                    ("POST", "POST"),
                    ("PUT", "PUT"),
                    ("PATCH", "PATCH"),
                    ("GET", "GET"),
                    ("DELETE", "DELETE"),
                ]),
                ("", ""),
            ),
            field(
                "http.url",
                "Address",
                Kind::Text,
                (
                    "A variable of the lead is filled in where {{variable}} stands.",
                    "https://crm.example/leads/{{phone_number}}",
                ),
            ),
            field(
                "http.headers",
                "Headers, one a line",
                Kind::Pairs,
                ("", "Authorization: Bearer {{secret:CRM}}"),
            ),
            field(
                "http.body",
                "Body",
                Kind::Document,
                ("JSON, or a text.", "{\"name\": \"{{name}}\"}"),
            ),
        ],
    },
    Group {
        words: "Try again",
        fields: &[
            field("retry.max_attempts", "Tries at most", number(1, 10, "tries"), ("", "")),
            field(
                "retry.delay_s",
                "The second one after",
                number(1, 3_600, "seconds"),
                ("Doubles with every further try.", ""),
            ),
            field(
                "timeout_s",
                "A try takes at most",
                number(1, 120, "seconds"),
                ("10 when left empty.", ""),
            ),
        ],
    },
    Group {
        words: "More",
        fields: &[
            field(
                "required_fields",
                "Only with these variables, one a line",
                Kind::Lines,
                ("Without one of them the outcome is failure.", "email"),
            ),
            field(
                "handler",
                "Or a handler of the host program",
                Kind::Text,
                ("Instead of an address.", "crm.create"),
            ),
        ],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_field_has_a_place_of_its_own() {
        for node_type in NodeType::ALL {
            let fields = groups(node_type).iter().flat_map(|group| group.fields);
            let paths: Vec<_> = fields.map(|field| field.path).collect();
            let different: BTreeSet<_> = paths.iter().collect();
            assert_eq!(different.len(), paths.len(), "{node_type}");
        }
    }
}
