//! Schemas of bodies that somebody sends. They are read field by field, so no type has them.

use branchline_domain::{
    graph::NodeType as Kind,
    workflow::{DESCRIPTION_CHARS_MAX, TITLE_CHARS_MAX},
};
use branchline_engine::batch::BATCH_MAX;
use serde_json::{Value, json};

use super::{
    names::{
        CallStatus, HoldReason, LeadId, LeadStatus, NodeId, NodeType, Output, Scalar, Timestamp,
    },
    notation::{
        body, boolean, chars, integer, list, maybe, nullable, object, of, schemas, such_as, text,
        told, words,
    },
    settings::{self, NodeConfig, Settings},
};

/// Farthest place on the canvas, to each side. Unit: canvas units.
const CANVAS_MAX: i64 = 1_000_000;

fn title() -> Value {
    told(
        "What people call it; white space around it is cut off.",
        json!({
            "type": "string", "minLength": 1, "maxLength": TITLE_CHARS_MAX, "pattern": r"\S",
        }),
    )
}

fn description() -> Value {
    told("What it is for.", nullable(chars(0, DESCRIPTION_CHARS_MAX)))
}

fn coordinate(what: &str) -> Value {
    told(what, json!({ "type": ["number", "null"], "minimum": -CANVAS_MAX, "maximum": CANVAS_MAX }))
}

/// Fields of a node, as a body has them, without its type.
fn node_fields() -> Value {
    json!({
        "position_x": coordinate("Where it is drawn, to the right. Unit: canvas units."),
        "position_y": coordinate("Where it is drawn, down. Unit: canvas units."),
        "config": maybe::<NodeConfig>(),
        "entry": told(
            "Whether leads start here. Marking one node unmarks the other.",
            nullable(boolean()),
        ),
    })
}

fn with(mut base: Value, further: Value) -> Value {
    if let (Some(base), Value::Object(further)) = (base.as_object_mut(), further) {
        base.extend(further);
    }
    base
}

/// A node with the config of its type, and further fields.
fn node_by_type(further: &Value) -> Value {
    let types = Kind::ALL.map(|kind| {
        let config = match kind {
            Kind::VoiceCall => maybe::<settings::VoiceCallConfig>(),
            Kind::Conditional => maybe::<settings::ConditionalConfig>(),
            Kind::Time => maybe::<settings::TimeConfig>(),
            Kind::Application => maybe::<settings::ApplicationConfig>(),
            Kind::Converted | Kind::Dropped => maybe::<settings::NoConfig>(),
        };
        body(
            json!({ "node_type": words([kind.as_str()]), "label": node_label() }),
            with(with(node_fields(), further.clone()), object([("config", config)])),
        )
    });
    object([("oneOf", types.to_vec().into())])
}

fn node_label() -> Value {
    told("What people call it.", chars(0, TITLE_CHARS_MAX))
}

fn edge_label() -> Value {
    told(
        "The output it serves; without one it serves every routed output of its node. At most 256 bytes.",
        nullable(chars(0, 256)),
    )
}

fn report_fields() -> Value {
    json!({
        "occurred_at": told("When it came about; now, unless said otherwise.", maybe::<Timestamp>()),
        "end_reason": told("Why the call ended, in the provider's word.", nullable(text())),
        "attributes": told(
            "What analysis found; added to what is known. Null is no value.",
            nullable(json!({ "type": "object", "additionalProperties": maybe::<Scalar>() })),
        ),
        "provider_ref": told("The provider's name for the call.", nullable(text())),
    })
}

fn nothing() -> Value {
    json!({ "type": "null" })
}

/// One action on many leads, with what belongs to it.
fn lead_action(action: &str, own: &[(&str, Value)]) -> Value {
    let mut always = json!({
        "filter": of::<LeadActionFilter>(),
        "action": words([action]),
        "dry_run": told("Whether only to tell what it would do.", boolean()),
    });
    let mut sometimes = json!({
        "output": nothing(),
        "release_at": nothing(),
        "node": nothing(),
        "cursor": told("Only leads behind this one: `next_cursor`.", maybe::<LeadId>()),
        "limit": told(
            "How many leads this part acts on; 100 unless said otherwise.",
            json!({ "type": ["integer", "null"], "minimum": 1, "maximum": BATCH_MAX }),
        ),
    });
    if let (Some(always), Some(sometimes)) = (always.as_object_mut(), sometimes.as_object_mut()) {
        for (name, schema) in own {
            sometimes.remove(*name);
            always.insert((*name).to_owned(), schema.clone());
        }
    }
    body(always, sometimes)
}

fn held() -> Value {
    told(
        "Held for any reason (true), or for this one.",
        json!({ "anyOf": [of::<HoldReason>(), { "type": "boolean", "enum": [true] }] }),
    )
}

/// A filter in which one thing is given for sure.
fn lead_filter(name: &str, schema: Value) -> Value {
    let mut optional = json!({
        "all": json!({ "type": ["boolean", "null"], "enum": [false, null] }),
        "status": maybe::<LeadStatus>(),
        "node": maybe::<NodeId>(),
        "held": nullable(held()),
    });
    if let Some(optional) = optional.as_object_mut() {
        optional.remove(name);
    }
    body(object([(name, schema)]), optional)
}

schemas! {
    /// A new workflow: a draft without a graph.
    NewWorkflow = such_as(
        body(
            json!({ "title": title() }),
            json!({
                "description": description(),
                "settings": maybe::<Settings>(),
                "status": told("Ignored: a new workflow is a draft.", json!({})),
            }),
        ),
        json!([{ "title": "Spring", "settings": { "default_country": "US" } }]),
    );
    /// What shall be different. What is left out stays as it is, settings too.
    WorkflowEdit = such_as(
        body(
            json!({}),
            json!({
                "title": json!({ "anyOf": [title(), { "type": "null" }] }),
                "description": description(),
                "settings": maybe::<Settings>(),
            }),
        ),
        json!([{ "title": "Fall", "settings": { "auto_complete": true } }]),
    );
    /// A new node.
    NewNode = such_as(
        node_by_type(&json!({})),
        json!([
            {
                "node_type": "VOICE_CALL", "label": "Intro", "entry": true,
                "config": { "from_phone_number": "+12025550100" },
            },
            { "node_type": "TIME", "label": "Wait", "config": { "duration": 2, "unit": "hours" } },
        ]),
    );
    /// What shall be different at a node. A `config` replaces the whole config.
    NodeEdit = such_as(
        body(
            json!({}),
            with(
                node_fields(),
                json!({
                    "label": nullable(chars(0, TITLE_CHARS_MAX)),
                    "node_type": told(
                        "Only the one that it has: a node never changes its type.",
                        maybe::<NodeType>(),
                    ),
                }),
            ),
        ),
        json!([{ "label": "Hello", "position_x": 3, "entry": true }]),
    );
    /// A new edge. Both nodes should be there; validation says so.
    NewEdge = such_as(
        body(
            json!({ "from_node_id": of::<NodeId>(), "to_node_id": of::<NodeId>() }),
            json!({ "label": edge_label() }),
        ),
        json!([{
            "from_node_id": "node_0192f3a1-0000-7000-8000-000000000001",
            "to_node_id": "node_0192f3a1-0000-7000-8000-000000000002",
            "label": "COMPLETED",
        }]),
    );
    /// A whole graph. A node's `id` is one that the graph has, or any name: the answer's `node_ids`
    /// says what became of it. A graph that was got may be sent back as it is.
    GraphPut = such_as(
        body(
            json!({
                "nodes": list(of::<GraphPutNode>()),
                "edges": list(of::<GraphPutEdge>()),
            }),
            json!({
                "revision": told(
                    "That of `If-Match`, if it is there.",
                    nullable(integer(0, 4_294_967_295)),
                ),
                "move": told(
                    "Where leads of a node that is left out go: from its id to another node's.",
                    nullable(json!({ "type": "object", "additionalProperties": text() })),
                ),
            }),
        ),
        json!([{
            "nodes": [
                {
                    "id": "call", "node_type": "VOICE_CALL", "label": "Intro", "entry": true,
                    "config": { "from_phone_number": "+12025550100" },
                },
                { "id": "won", "node_type": "CONVERTED", "label": "Won" },
                { "id": "lost", "node_type": "DROPPED", "label": "Lost" },
            ],
            "edges": [
                { "from_node_id": "call", "to_node_id": "won", "label": "COMPLETED" },
                { "from_node_id": "call", "to_node_id": "lost" },
            ],
        }]),
    );
    /// A node of a graph that is put.
    GraphPutNode = node_by_type(&json!({ "id": nullable(chars(1, 128)) }));
    /// An edge of a graph that is put, between nodes of its list.
    GraphPutEdge = body(
        json!({ "from_node_id": chars(1, 128), "to_node_id": chars(1, 128) }),
        json!({ "id": nullable(text()), "label": edge_label() }),
    );
    /// Leads to enrol: all of them or none.
    Enrolment = such_as(
        body(json!({ "leads": list(of::<EnrolmentLead>()) }), json!({})),
        json!([{ "leads": [
            { "phone_number": "+12125550123", "variables": { "name": "Asha" }, "notes": "VIP" },
        ] }]),
    );
    /// A lead to enrol.
    EnrolmentLead = body(
        json!({
            "phone_number": told(
                "As people write it; without a country code it is of the workflow's \
                 `default_country`.",
                such_as(text(), json!(["+12125550123", "(212) 555-0123"])),
            ),
        }),
        json!({
            "variables": told(
                "What is known of the lead. Null is no value.",
                nullable(json!({ "type": "object", "additionalProperties": maybe::<Scalar>() })),
            ),
            "notes": nullable(text()),
        }),
    );
    /// A file of leads in a form.
    EnrolmentForm = json!({
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": told(
                "CSV, or an XLSX workbook, with a column `phone_number`.",
                json!({ "type": "string", "contentMediaType": "application/octet-stream" }),
            ),
            "duplicates": of::<DuplicatePolicy>(),
        },
    });
    /// What to do with a number that is in the list or the workflow already: enrol the first only,
    /// refuse the list, or enrol them all.
    DuplicatePolicy = words(["skip", "reject", "allow"]);
    /// What shall be different at a lead: a variable that is null is taken away, others stay; notes
    /// that are null are taken away.
    LeadEdit = such_as(
        body(
            json!({}),
            json!({
                "variables": nullable(
                    json!({ "type": "object", "additionalProperties": maybe::<Scalar>() }),
                ),
                "notes": nullable(text()),
            }),
        ),
        json!([{ "variables": { "city": "Pune", "name": null }, "notes": "prefers mornings" }]),
    );
    /// A person's decision about a hold: an output of the node, another call, or when a wait ends.
    Resolution = such_as(
        json!({ "oneOf": [
            body(json!({ "output": of::<Output>() }), json!({})),
            body(json!({ "action": words(["redial"]) }), json!({})),
            body(json!({ "release_at": of::<Timestamp>() }), json!({})),
        ] }),
        json!([
            { "output": "FAILED" },
            { "action": "redial" },
            { "release_at": "2026-11-24T10:00:00Z" },
        ]),
    );
    /// One action on every lead that a filter matches. `resolve` takes `output` or `release_at`,
    /// `move_to` takes `node`. A batch is done in parts: ask again with the answer's `next_cursor`.
    LeadActions = such_as(
        json!({ "oneOf": [
            lead_action("resolve", &[("output", of::<Output>())]),
            lead_action("resolve", &[("release_at", of::<Timestamp>())]),
            lead_action("redial", &[]),
            lead_action("remove", &[]),
            lead_action("move_to", &[("node", told("Where the leads go.", of::<NodeId>()))]),
        ] }),
        json!([
            { "filter": { "held": "review_required" }, "action": "resolve", "output": "DNP",
              "dry_run": true },
            { "filter": { "held": true }, "action": "redial", "dry_run": false, "limit": 100 },
        ]),
    );
    /// Which leads of a workflow: `all` of them, or those that everything else given matches. At least
    /// one thing is given, so that a forgotten filter acts on nobody.
    LeadActionFilter = json!({ "anyOf": [
        body(
            json!({ "all": told("Every lead; stands alone.", json!({ "type": "boolean", "enum": [true] })) }),
            json!({ "status": nothing(), "node": nothing(), "held": nothing() }),
        ),
        lead_filter("status", of::<LeadStatus>()),
        lead_filter("node", of::<NodeId>()),
        lead_filter("held", held()),
    ] });
    /// What a carrier says of a call.
    CallReport = such_as(
        body(json!({ "status": of::<CallStatus>() }), report_fields()),
        json!([{
            "status": "completed", "occurred_at": "2026-11-24T10:00:00Z",
            "end_reason": "user_disconnected", "attributes": { "mood": "good" },
        }]),
    );
    /// Reports about many calls.
    CallReports = such_as(
        body(
            json!({ "items": told(
                "At most 10,000 reports, each with a `call_id` and the fields of a `CallReport`. Each is \
                 read by itself: one that cannot be read does not hold up the others.",
                json!({ "type": "array", "maxItems": 10_000, "items": {} }),
            ) }),
            json!({}),
        ),
        json!([{ "items": [{
            "call_id": "call_0192f3a1-0000-7000-8000-000000000007_1", "status": "connected",
        }] }]),
    );
    /// What analysis found of a call; added to what is known.
    CallAttributes = such_as(
        body(
            json!({ "attributes":
                { "type": "object", "additionalProperties": maybe::<Scalar>() } }),
            json!({}),
        ),
        json!([{ "attributes": { "mood": "good" } }]),
    );
    /// How many calls to hand out, and for how long. The limits are configured.
    CallClaim = such_as(
        body(
            json!({
                "max": told("Calls at most.", integer(1, 1_000)),
                "lease_s": told(
                    "How long the caller has to dial and report; a call of which nothing is heard then \
                     is never handed out again. Unit: seconds.",
                    integer(1, 3_600),
                ),
            }),
            json!({}),
        ),
        json!([{ "max": 10, "lease_s": 60 }]),
    );
    /// That the provider took a call.
    CallDispatched = such_as(
        body(
            json!({}),
            json!({ "provider_ref": told("The provider's name for the call.", nullable(text())) }),
        ),
        json!([{ "provider_ref": "CA-77" }]),
    );
    /// That the provider surely did not dial.
    CallRefused = such_as(
        body(json!({ "reason": told("Why, in its words.", text()) }), json!({})),
        json!([{ "reason": "no route" }]),
    );
}
