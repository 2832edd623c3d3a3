//! Schemas of what insights tell.

use serde_json::json;

use super::{
    names::{CallStatus, NodeId, Output, Timestamp, Weekday},
    notation::{answer, count, integer, list, maybe, of, schemas, text, told},
};

schemas! {
    /// Calls, and how many of them were answered.
    AnsweredCalls = answer(json!({
        "dialled": told("Calls that somebody was asked to dial.", count()),
        "answered": told("Of those: somebody was on the line, or the call is `completed`.", count()),
    }));
    /// How far leads came; each counts once in each.
    Funnel = answer(json!({
        "enrolled": told("Enrolled; those of imports that run do not count yet.", count()),
        "started": told("Came to a first node.", count()),
        "dialled": told("Had a call that somebody was asked to dial.", count()),
        "answered": told("Had a call that was answered.", count()),
        "converted": told("Reached a `CONVERTED` node, with or without a call.", count()),
        "dropped": told("Reached a `DROPPED` node.", count()),
    }));
    /// Calls by the time at which they were dialled.
    HourOfWeek = answer(json!({
        "weekday": of::<Weekday>(),
        "hour": told("On the clock of `timezone`.", integer(0, 23)),
        "dialled": told("Calls that somebody was asked to dial within it.", count()),
        "answered": told("Of those, answered, whenever that was.", count()),
    }));
    /// A way out of a node, and how often it was taken.
    BranchTraffic = answer(json!({
        "from_node": of::<NodeId>(),
        "output": of::<Output>(),
        "to_node": of::<NodeId>(),
        "taken": told("A lead may take it more than once.", count()),
    }));
    /// How long visits took that ended with a branch or a move, pauses and calls included; to a
    /// sixteenth.
    Stay = answer(json!({
        "visits": count(),
        "p50_ms": told("Half of them took no longer. Unit: milliseconds.", count()),
        "p95_ms": told("95 of 100 took no longer. Unit: milliseconds.", count()),
    }));
    /// What happened at a node.
    NodeInsights = answer(json!({
        "entered": told("Visits that began.", count()),
        "branches": told("The branches that leads took from here.", list(of::<BranchTraffic>())),
        "calls": told(
            "Its calls that ended, by status; statuses that none has are missing.",
            json!({
                "type": "object",
                "propertyNames": of::<CallStatus>(),
                "additionalProperties": count(),
            }),
        ),
        "attempts": told(
            "Its calls by which of their visit's calls they are, the first, the second, …; the tenth \
             counts those beyond it too.",
            list(of::<AnsweredCalls>()),
        ),
        "stay": told("Null before the first visit has ended.", maybe::<Stay>()),
    }));
    /// Branches that were taken within one minute, by what kind of output decided.
    ThroughputMinute = answer(json!({
        "at": told("When it began.", of::<Timestamp>()),
        "positive": told("`COMPLETED`, `true`, `success`.", count()),
        "unreached": told("`DNP`.", count()),
        "negative": told("`FAILED`, `false`, `failure`.", count()),
        "onward": told("Of a wait, or a named branch of a switch.", count()),
    }));
    /// What happened in a workflow so far. Leads that were removed or erased since count.
    Insights = answer(json!({
        "as_of": told("The last record that is counted.", of::<Timestamp>()),
        "funnel": of::<Funnel>(),
        "attempts": told(
            "Calls by which of their lead's calls they are, the first that was dialled, the second, …; the \
             tenth counts those beyond it too. The first says how many leads were dialled at all.",
            list(of::<AnsweredCalls>()),
        ),
        "timezone": told("Where the clock stands that tells `hours`: the workflow's zone.", text()),
        "hours": told("168, from Monday 00:00.", list(of::<HourOfWeek>())),
        "by_node": told(
            "By node id: every node of the newest revision, and older ones that were entered.",
            json!({ "type": "object", "additionalProperties": of::<NodeInsights>() }),
        ),
        "by_edge": told(
            "How often each edge of the newest graph was taken, by its id.",
            json!({ "type": "object", "additionalProperties": count() }),
        ),
        "throughput": told(
            "Branches of the last hour: 60 minutes up to now.",
            list(of::<ThroughputMinute>()),
        ),
    }));
}
