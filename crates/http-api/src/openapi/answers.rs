//! Schemas of what answers show of other crates: graphs, judgements, explanations, histories, calls,
//! evidence. Shapes of this crate derive theirs.

use serde_json::{Value, json};

use super::{
    names::{
        CallId, CallStatus, EdgeId, EventCursor, GraphFaultCode, GuardKind, HoldReason, LeadId,
        LeadStatus, NodeId, NodeType, OrganisationId, Output, Remedy, Timestamp, TransitionCause,
        TryOutcome, Values, WorkflowId,
    },
    notation::{
        answer, answer_with, boolean, count, list, maybe, nullable, of, schemas, text, told,
    },
    settings::NodeConfig,
};
use crate::event_shapes::EventShape;

/// A hash, or other bytes, as hexadecimal text.
fn hex(bytes: usize) -> Value {
    json!({ "type": "string", "pattern": format!("^[0-9a-f]{{{}}}$", bytes * 2) })
}

/// A hash of a proof, base64.
fn hash() -> Value {
    json!({ "type": "string", "pattern": "^[A-Za-z0-9+/]{43}=$" })
}

/// A tree head in evidence.
fn tree() -> Value {
    answer(json!({ "size": count(), "root": hex(32) }))
}

fn graph_fields() -> Value {
    json!({
        "revision": told("Counts changes of the graph; the `ETag` too.", count()),
        "nodes": told("In order of creation.", list(of::<Node>())),
        "edges": told("In the order they are tried.", list(of::<Edge>())),
    })
}

schemas! {
    /// A step of a workflow.
    Node = answer(json!({
        "id": of::<NodeId>(),
        "node_type": of::<NodeType>(),
        "label": told("What people call it.", text()),
        "position_x": told(
            "Where it is drawn, to the right. Unit: canvas units.",
            json!({ "type": "number" }),
        ),
        "position_y": told("Where it is drawn, down. Unit: canvas units.", json!({ "type": "number" })),
        "config": of::<NodeConfig>(),
        "entry": told("Whether leads start here.", boolean()),
    }));
    /// A way from one node to another.
    Edge = answer(json!({
        "id": of::<EdgeId>(),
        "from_node_id": of::<NodeId>(),
        "to_node_id": told(
            "Where it ends. May name a node that is not there: validation says so.",
            of::<NodeId>(),
        ),
        "label": told(
            "The output it serves; null serves every routed output of its node.",
            maybe::<Output>(),
        ),
    }));
    /// A whole graph.
    Graph = answer_with(
        graph_fields(),
        json!({ "node_ids": told(
            "Only after a put: the ids of new nodes, by the names they had in the body.",
            json!({ "type": "object", "additionalProperties": of::<NodeId>() }),
        ) }),
    );
    /// The judgement of a graph.
    GraphReport = answer(json!({
        "valid": told("Whether it may be activated.", boolean()),
        "faults": told("What blocks activation: all of it.", list(of::<GraphFault>())),
        "warnings": told("What does not.", list(of::<GraphFault>())),
    }));
    /// One thing that is wrong with a graph, or doubtful.
    GraphFault = answer(json!({
        "code": of::<GraphFaultCode>(),
        "node_id": told("At which node.", maybe::<NodeId>()),
        "edge_id": told("At which edge.", maybe::<EdgeId>()),
        "message": told("The same in a sentence.", text()),
        "fix": told("How to mend it.", text()),
    }));
    /// Leads of a workflow by status. A removed lead counts as removed only.
    StatusCounts = answer(json!({
        "pending": count(), "active": count(), "completed": count(), "dropped": count(),
        "removed": count(),
    }));
    /// Leads at a node.
    NodeCounts = answer(json!({
        "here": told("Stand there; at a terminal node, those that ended there.", count()),
        "passed": told("Have left it by a branch at least once.", count()),
        "held": told("Of those here, held.", count()),
    }));
    /// Leads of a workflow, counted.
    Counts = answer(json!({
        "as_of": told("The last record that is counted.", of::<Timestamp>()),
        "by_status": of::<StatusCounts>(),
        "by_node": told(
            "By node id: every node of the newest revision, and older ones where leads stand or stood.",
            json!({ "type": "object", "additionalProperties": of::<NodeCounts>() }),
        ),
    }));
    /// A message of the stream. The `id` stands at the last event of a record only: whoever breaks off
    /// in the middle gets the whole record again.
    EventMessage = answer_with(
        json!({ "event": told("The `type` of the event.", text()), "data": json!({
            "type": "string", "contentMediaType": "application/json",
            "contentSchema": of::<EventShape>(),
        }) }),
        json!({
            "id": told("Send it as `Last-Event-ID` to go on.", of::<EventCursor>()),
            "retry": told("How long to wait before connecting again. Unit: milliseconds.", count()),
        }),
    );
    /// Why a lead is where it is.
    Explanation = answer(json!({
        "lead_id": of::<LeadId>(),
        "status": of::<LeadStatus>(),
        "current_node_id": maybe::<NodeId>(),
        "erased_at": told(
            "When what is personal was erased; then messages do not say what values were.",
            maybe::<Timestamp>(),
        ),
        "guards": told("Everything that holds it.", list(of::<Guard>())),
        "next": told("What would move it next; null when nothing will.", nullable(text())),
    }));
    /// One thing that holds a lead.
    Guard = answer(json!({
        "code": of::<GuardKind>(),
        "message": told("The same in a sentence.", text()),
        "evidence": told("Position of the record that proves it.", nullable(count())),
        "clears_at": told("Earliest instant at which it can clear.", maybe::<Timestamp>()),
        "clears_by": told("Who or what clears it, and how; null when nothing does.", nullable(text())),
        "remedies": told("For programs: each of these alone clears it.", list(of::<Remedy>())),
    }));
    /// One transition of a lead.
    Transition = answer(json!({
        "from_node": told("The node it left; null for the entry.", maybe::<NodeId>()),
        "output": told("Null for the entry and for a lead that was put elsewhere.", maybe::<Output>()),
        "to_node": of::<NodeId>(),
        "cause": of::<TransitionCause>(),
        "at": of::<Timestamp>(),
        "call_id": told("The call that decided, if one did.", maybe::<CallId>()),
        "revision": told("Revision whose edges were read.", count()),
        "position": told("The record that says so.", count()),
    }));
    /// A stay of a lead at a node.
    Visit = answer(json!({
        "node_id": of::<NodeId>(),
        "node_label": told("What people called the node then.", nullable(text())),
        "node_type": maybe::<NodeType>(),
        "visit": told("Number of the visit, from 1.", count()),
        "revision": told("Revision whose config the step keeps.", count()),
        "status": told("Furthest status of the visit's newest call.", maybe::<CallStatus>()),
        "call_id": told("The visit's newest call.", maybe::<CallId>()),
        "entered_at": of::<Timestamp>(),
        "release_at": told("When the wait ends or ended.", maybe::<Timestamp>()),
        "exited_at": told("Null while it is there, and at a terminal node.", maybe::<Timestamp>()),
        "hold": told("Why it stays, while it does.", maybe::<HoldReason>()),
        "tries": told("Tries of an application step.", list(of::<ApplicationTry>())),
    }));
    /// A try of an application step, with what was sent and what came back, redacted.
    ApplicationTry = answer(json!({
        "attempt": told("Number of the try within the visit, from 1.", count()),
        "started_at": of::<Timestamp>(),
        "outcome": told("Null while it is under way.", maybe::<TryOutcome>()),
        "latency_ms": told("How long it took. Unit: milliseconds.", nullable(count())),
        "missing_fields": told(
            "Names that the step read and the lead had no value for.",
            list(text()),
        ),
        "request": told("What was sent; null when nothing was.", json!({})),
        "response": told("What came back; null when nothing did.", json!({})),
        "error": told("What went wrong; null when nothing did.", json!({})),
    }));
    /// A call that was handed out: dial it, and report.
    ClaimedCall = answer(json!({
        "call_id": of::<CallId>(),
        "workflow_id": of::<WorkflowId>(),
        "organisation_id": of::<OrganisationId>(),
        "node_id": maybe::<NodeId>(),
        "to": told("Number to dial, E.164.", text()),
        "from": told("Number it comes from, E.164.", text()),
        "agent_id": told("Who or what talks.", nullable(text())),
        "ring_timeout_s": told("How long it may ring. Unit: seconds.", nullable(count())),
        "variables": told("Variables of the lead, for the agent.", of::<Values>()),
        "lease_until": told("When the hand-out runs out.", maybe::<Timestamp>()),
    }));
    /// A status that a call came to.
    StatusMark = answer(json!({
        "status": of::<CallStatus>(),
        "at": told("As the reporter said; else when it was recorded.", of::<Timestamp>()),
    }));
    /// A status in the word of the provider that told it.
    HeardWord = answer(json!({
        "provider": told("Who told it.", text()),
        "word": told("Its word, as it came.", text()),
        "event_id": told("Its name for the message.", nullable(text())),
        "status": told("The status that it was taken for.", of::<CallStatus>()),
        "at": told("When it was recorded.", of::<Timestamp>()),
    }));
    /// A final status that was reported after another one. It moved nothing.
    StatusConflict = answer(json!({
        "status": of::<CallStatus>(),
        "end_reason": nullable(text()),
        "at": told("When it was recorded.", of::<Timestamp>()),
    }));
    /// Rows of a list that the same thing is wrong with.
    RowFault = answer(json!({
        "reason": told("What is wrong, and what would be right.", text()),
        "rows": told(
            "Where, as a spreadsheet counts (header = 1). At most 100 are named.",
            list(count()),
        ),
    }));
    /// Everything recorded of a lead, with the proof that it is in the journal of that size. See
    /// docs/audit.md.
    Dossier = answer(json!({
        "branchline_dossier": told("Number of this form.", count()),
        "stream": text(),
        "head": answer(json!({
            "size": count(), "root": hex(32),
            "note": told("The signed head, if there is a key to sign it.", nullable(text())),
        })),
        "records": list(answer(json!({
            "position": count(), "leaf": hex(32),
            "bytes": told("The record, base64.", text()),
        }))),
        "proof": list(hash()),
    }));
    /// The proof that the journal of a size continues that of a smaller one. See docs/audit.md.
    ConsistencyProof = answer(json!({
        "branchline_consistency": told("Number of this form.", count()),
        "old": tree(),
        "new": tree(),
        "proof": list(hash()),
    }));
}
