//! The table of routes, written by hand. Source: CONTRACT.md 9.

const WORKFLOW: &str = "id title description status settings revision node_count edge_count \
    enrolled_leads can_process_leads control control_reason created_at updated_at";
const NODE: &str = "id node_type label position_x position_y config entry";
const EDGE: &str = "id from_node_id to_node_id label";
const LEAD: &str = "id workflow_id phone_number variables notes status current_node_id entered_at \
    release_at call_id hold removed erased_at enrolled_at";
const CALL: &str = "id workflow_id lead_id node_id to from agent_id status dispatch refusal \
    end_reason attributes provider_ref conflicts timeline created_at ended_at";
const TOLD: &str = "accepted id workflow_id lead_id node_id to from agent_id status dispatch \
    refusal end_reason attributes provider_ref conflicts timeline created_at ended_at";
const IMPORT: &str = "id file_name at status rows leads_enrolled duplicates_skipped faults";
const LIST: &str = "data meta";
const KEY: &str =
    "id organisation_id name scopes status created_at expires_at revoked_at last_used_at";
const MADE: &str = "key credentials";

/// Columns of the files; those of leads have one for each variable.
const LEADS_CSV: &str = "phone_number name branchline.notes branchline.id branchline.workflow_id \
    branchline.status branchline.removed branchline.current_node_id branchline.current_node_label \
    branchline.entered_at branchline.release_at branchline.call_id branchline.hold \
    branchline.enrolled_at branchline.erased_at branchline.other_variables";
const CALLS_CSV: &str = "id workflow_id lead_id node_id to from agent_id status dispatch refusal \
    end_reason provider_ref created_at ended_at attributes conflicts";

/// Method, path, body, status, fields of the answer. `{…}` stands for an id of `Places`; an empty
/// body is none.
pub(crate) type Row = (&'static str, &'static str, &'static str, u16, &'static str);

/// Everything the contract has a row for, and its usual refusals. `{flow}` is active and has a lead
/// whose call was handed out; `{held}` waits for a person; `{draft}` could be activated.
pub(crate) const TABLE: &[Row] = &[
    (
        "POST",
        "/workflows",
        r#"{"title": "Spring", "description": "d", "settings": {"default_country": "IN"}}"#,
        201,
        WORKFLOW,
    ),
    ("POST", "/workflows", r#"{"title": "Spring", "status": "active"}"#, 201, WORKFLOW),
    ("POST", "/workflows", r"{}", 400, ""),
    ("GET", "/workflows?status=running&page=1&limit=5", "", 200, LIST),
    ("GET", "/workflows?status=gone", "", 400, ""),
    ("GET", "/workflows?sort=-title", "", 200, LIST),
    ("GET", "/workflows?sort=titel", "", 400, ""),
    ("GET", "/workflows/{flow}", "", 200, WORKFLOW),
    (
        "PATCH",
        "/workflows/{flow}",
        r#"{"title": "Fall", "description": null, "settings": {"auto_complete": true}}"#,
        200,
        WORKFLOW,
    ),
    ("PATCH", "/workflows/{flow}", r#"{"status": "paused"}"#, 409, ""),
    ("DELETE", "/workflows/{draft}", "", 204, ""),
    ("DELETE", "/workflows/{flow}", "", 409, ""),
    ("POST", "/workflows/{draft}/activate", "", 200, WORKFLOW),
    ("POST", "/workflows/{empty}/activate", "", 400, ""),
    ("POST", "/workflows/{flow}/activate", "", 409, ""),
    ("POST", "/workflows/{flow}/pause", "", 200, WORKFLOW),
    ("POST", "/workflows/{draft}/pause", "", 409, ""),
    ("POST", "/workflows/{paused}/resume", "", 200, WORKFLOW),
    ("POST", "/workflows/{flow}/resume", "", 409, ""),
    ("POST", "/workflows/{flow}/cancel", "", 200, WORKFLOW),
    ("POST", "/workflows/{flow}/complete", "", 409, ""),
    ("POST", "/workflows/{flow}/complete?force=true", "", 200, WORKFLOW),
    ("POST", "/workflows/{flow}/duplicate", "", 201, WORKFLOW),
    ("GET", "/workflows/{flow}/nodes?page=1", "", 200, LIST),
    (
        "POST",
        "/workflows/{flow}/nodes",
        r#"{"node_type": "TIME", "label": "Wait", "position_x": 1.5, "position_y": 2, "config": {"delay_hours": 1}, "entry": false}"#,
        201,
        NODE,
    ),
    ("POST", "/workflows/{flow}/nodes", r#"{"node_type": "TIME", "label": "Wait"}"#, 201, NODE),
    ("POST", "/workflows/{flow}/nodes", r#"{"node_type": "WAIT", "label": "Wait"}"#, 400, ""),
    ("GET", "/workflows/{flow}/nodes/{node}", "", 200, NODE),
    (
        "PATCH",
        "/workflows/{flow}/nodes/{node}",
        r#"{"label": "Hello", "position_x": 3, "entry": true}"#,
        200,
        NODE,
    ),
    ("DELETE", "/workflows/{flow}/nodes/{end}", "", 204, ""),
    ("DELETE", "/workflows/{flow}/nodes/{node}", "", 409, ""),
    ("GET", "/workflows/{flow}/edges?limit=1", "", 200, LIST),
    (
        "POST",
        "/workflows/{flow}/edges",
        r#"{"from_node_id": "{node}", "to_node_id": "{end}"}"#,
        201,
        EDGE,
    ),
    (
        "POST",
        "/workflows/{flow}/edges",
        r#"{"from_node_id": "{node}", "to_node_id": "{end}", "label": "COMPLETED"}"#,
        409,
        "",
    ),
    ("GET", "/workflows/{flow}/edges/{edge}", "", 200, EDGE),
    ("DELETE", "/workflows/{flow}/edges/{edge}", "", 204, ""),
    ("POST", "/workflows/{flow}/validate", "", 200, "valid faults warnings"),
    ("GET", "/workflows/{flow}/counts", "", 200, "as_of by_status by_node"),
    (
        "GET",
        "/workflows/{flow}/insights",
        "",
        200,
        "as_of funnel attempts timezone hours by_node by_edge throughput",
    ),
    (
        "POST",
        "/workflows/{flow}/leads",
        r#"{"leads": [{"phone_number": "+919876543299", "variables": {"a": 1}, "notes": "n"}]}"#,
        201,
        "leads_enrolled duplicates_skipped lead_ids import_id",
    ),
    ("POST", "/workflows/{flow}/leads", r#"{"leads": [{"phone_number": "12"}]}"#, 400, ""),
    (
        "POST",
        "/workflows/{ended}/leads",
        r#"{"leads": [{"phone_number": "+919876543299"}]}"#,
        409,
        "",
    ),
    (
        "GET",
        "/workflows/{flow}/leads?status=active&node={node}&held=review_required",
        "",
        200,
        LIST,
    ),
    ("GET", "/workflows/{flow}/leads?held=tired", "", 400, ""),
    ("GET", "/workflows/{flow}/leads?sort=-entered_at", "", 200, LIST),
    ("GET", "/workflows/{flow}/leads?sort=title", "", 400, ""),
    (
        "POST",
        "/workflows/{flow}/leads/actions",
        r#"{"filter": {"held": true}, "action": "redial", "dry_run": true}"#,
        200,
        "matched by_hold",
    ),
    (
        "POST",
        "/workflows/{flow}/leads/actions",
        r#"{"filter": {"held": true}, "action": "resolve", "output": "DNP", "dry_run": false}"#,
        200,
        "matched results next_cursor",
    ),
    (
        "POST",
        "/workflows/{flow}/leads/actions",
        r#"{"filter": {}, "action": "remove", "dry_run": true}"#,
        400,
        "",
    ),
    ("GET", "/workflows/{flow}/leads/variable-keys", "", 200, "keys"),
    ("GET", "/workflows/{flow}/leads/{lead}", "", 200, LEAD),
    (
        "PATCH",
        "/workflows/{flow}/leads/{lead}",
        r#"{"variables": {"city": "Pune", "name": null}, "notes": "n"}"#,
        200,
        LEAD,
    ),
    ("DELETE", "/workflows/{flow}/leads/{lead}", "", 200, LEAD),
    ("DELETE", "/workflows/{flow}/leads/{removed}", "", 409, ""),
    ("GET", "/workflows/{flow}/leads/{removed}", "", 200, LEAD),
    (
        "GET",
        "/workflows/{flow}/leads/{lead}/history",
        "",
        200,
        "lead execution history visits nodes edges",
    ),
    (
        "GET",
        "/workflows/{flow}/leads/{lead}/explain",
        "",
        200,
        "lead_id status current_node_id erased_at guards next",
    ),
    ("POST", "/workflows/{flow}/leads/{held}/resolve", r#"{"output": "FAILED"}"#, 200, LEAD),
    ("POST", "/workflows/{flow}/leads/{held}/resolve", r#"{"action": "redial"}"#, 200, LEAD),
    ("POST", "/workflows/{flow}/leads/{held}/resolve", r#"{"output": "next"}"#, 400, ""),
    ("POST", "/workflows/{flow}/leads/{lead}/resolve", r#"{"output": "FAILED"}"#, 409, ""),
    ("GET", "/leads?phone_number=%2B919876543210", "", 200, LIST),
    ("GET", "/leads", "", 400, ""),
    ("GET", "/workflows/{flow}/imports?sort=-at", "", 200, LIST),
    ("GET", "/workflows/{flow}/imports/{import}", "", 200, IMPORT),
    ("GET", "/call-logs?workflow={flow}&lead={lead}&status=created", "", 200, LIST),
    ("GET", "/call-logs?status=ringing", "", 400, ""),
    ("GET", "/call-logs?sort=ended_at", "", 200, LIST),
    ("GET", "/call-logs?sort=size", "", 400, ""),
    ("GET", "/call-logs/{call}", "", 200, CALL),
    (
        "POST",
        "/call-logs/{call}/status",
        r#"{"status": "completed", "occurred_at": "2026-11-24T10:00:00Z", "end_reason": "user_disconnected", "attributes": {"mood": "good"}, "provider_ref": "p1"}"#,
        200,
        TOLD,
    ),
    ("POST", "/call-logs/{call}/status", r#"{"status": "ringing"}"#, 400, ""),
    (
        "POST",
        "/call-logs/status",
        r#"{"items": [{"call_id": "{call}", "status": "connected"}]}"#,
        200,
        "items",
    ),
    ("POST", "/call-logs/{call}/attributes", r#"{"attributes": {"mood": "good"}}"#, 200, TOLD),
    ("POST", "/call-logs/claim", r#"{"max": 5, "lease_s": 3600}"#, 200, "calls"),
    ("POST", "/call-logs/claim", r#"{"max": 0, "lease_s": 60}"#, 400, ""),
    ("POST", "/call-logs/{call}/dispatched", r#"{"provider_ref": "p1"}"#, 200, TOLD),
    ("POST", "/call-logs/{queued}/dispatched", r#"{"provider_ref": "p1"}"#, 200, TOLD),
    ("POST", "/call-logs/{refused}/dispatched", r#"{"provider_ref": "p1"}"#, 409, ""),
    ("POST", "/call-logs/{call}/refused", r#"{"reason": "no route"}"#, 200, TOLD),
    ("POST", "/call-logs/{queued}/refused", r#"{"reason": "no route"}"#, 200, TOLD),
    ("POST", "/call-logs/{over}/refused", r#"{"reason": "no route"}"#, 409, ""),
    ("GET", "/events?after=0-0&limit=2", "", 200, "data meta"),
    ("GET", "/events?limit=x", "", 400, ""),
    (
        "POST",
        "/workflows/{flow}/leads/{removed}/erase",
        "",
        200,
        "lead_id position erased_at key_destroyed remains",
    ),
    ("POST", "/workflows/{flow}/leads/{lead}/erase", "", 409, ""),
    ("GET", "/keys?sort=-created_at", "", 200, LIST),
    ("POST", "/keys", r#"{"name": "Dialler", "scopes": ["ingest"]}"#, 201, MADE),
    ("POST", "/keys", r#"{"name": "Dialler", "scopes": ["write"]}"#, 400, ""),
    ("PATCH", "/keys/{key}", r#"{"expires_at": null}"#, 200, KEY),
    ("POST", "/keys/{key}/rotate", r#"{"overlap_s": 60}"#, 201, MADE),
    ("DELETE", "/keys/{key}", "", 200, KEY),
    ("GET", "/refused-actions?sort=-at", "", 200, LIST),
    ("GET", "/admin/organisations", "", 200, LIST),
    ("POST", "/admin/organisations", r#"{"name": "First", "scopes": ["admin"]}"#, 201, MADE),
    ("GET", "/admin/organisations/{organisation}/keys", "", 200, LIST),
    (
        "POST",
        "/admin/organisations/{organisation}/keys",
        r#"{"name": "Next", "scopes": ["admin"]}"#,
        201,
        MADE,
    ),
    (
        "PATCH",
        "/admin/organisations/{organisation}/keys/{key}",
        r#"{"expires_at": null}"#,
        200,
        KEY,
    ),
    (
        "POST",
        "/admin/organisations/{organisation}/keys/{key}/rotate",
        r#"{"overlap_s": 60}"#,
        201,
        MADE,
    ),
    ("DELETE", "/admin/organisations/{organisation}/keys/{key}", "", 200, KEY),
    ("GET", "/leads/{lead}/dossier", "", 200, "branchline_dossier stream head records proof"),
    ("GET", "/leads/{lead}/dossier?size=1000000", "", 400, ""),
    ("GET", "/workflows/{flow}/leads.csv?status=active", "", 200, LEADS_CSV),
    ("GET", "/workflows/{flow}/leads.csv?status=gone", "", 400, ""),
    ("GET", "/call-logs.csv?workflow={flow}&raw=true", "", 200, CALLS_CSV),
    ("GET", "/call-logs.csv?status=gone", "", 400, ""),
    ("GET", "/admin/head", "", 200, "size root recorded_at note"),
    ("GET", "/admin/leads/{lead}/dossier", "", 200, "branchline_dossier stream head records proof"),
    ("GET", "/admin/leads/{lead}/dossier?size=1000000", "", 400, ""),
    ("GET", "/admin/consistency?old=2&new=3", "", 200, "branchline_consistency old new proof"),
    ("GET", "/admin/consistency?old=3&new=2", "", 400, ""),
    (
        "POST",
        "/admin/leads/{removed}/erase",
        "",
        200,
        "lead_id position erased_at key_destroyed remains",
    ),
    ("POST", "/admin/leads/{lead}/erase", "", 409, ""),
];
