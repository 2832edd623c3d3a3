//! Bodies that are refused, with a secret in them.

/// The request line of what makes a workflow.
pub(super) const CREATE: &str = "POST /v1/workflows";
/// The header of a body that is JSON.
pub(super) const JSON: &str = "content-type: application/json\r\n";

/// Where the secret is, request line, header and body. Names of fields are told back, because they are
/// what is wrong; their values are not.
///
/// Not in what is right: titles, labels, settings and configurations of nodes are kept and shown in clear,
/// as SECURITY.md says. A secret of a step is named there, `{{secret:NAME}}`. Their faults, such as a
/// country or a time zone that is none, are told with them.
pub(super) const REFUSED_BODIES: &[(&str, &str, &str, &str)] = &[
    ("a token that is no JSON", CREATE, JSON, r#"{"title": {word}}"#),
    ("a text without an end", CREATE, JSON, r#"{"title": "{word}"#),
    ("a text with a wrong escape", CREATE, JSON, r#"{"title": "{word}\q"}"#),
    ("what follows JSON", CREATE, JSON, r#"{"title": "x"} {word}"#),
    ("a list that is no object", CREATE, JSON, r#"["{word}"]"#),
    ("a text that is no object", CREATE, JSON, r#""{word}""#),
    ("an unknown field's value", CREATE, JSON, r#"{"title": "x", "password": "{word}"}"#),
    ("a title of a wrong kind", CREATE, JSON, r#"{"title": {"a": "{word}"}}"#),
    ("settings of a wrong kind", CREATE, JSON, r#"{"title": "x", "settings": "{word}"}"#),
    (
        "a number's place",
        CREATE,
        JSON,
        r#"{"title": "x", "settings": {"call_deadline_s": "{word}"}}"#,
    ),
    ("a flag's place", CREATE, JSON, r#"{"title": "x", "settings": {"auto_complete": "{word}"}}"#),
    (
        "JSON that is not said to be",
        CREATE,
        "content-type: text/plain\r\n",
        r#"{"title": "{word}"}"#,
    ),
    ("a form", CREATE, "content-type: application/x-www-form-urlencoded\r\n", "title={word}"),
    (
        "a body that breaks off",
        CREATE,
        "content-type: application/json\r\ntransfer-encoding: chunked\r\n",
        "5\r\n{word}",
    ),
    (
        "a word of a list",
        "POST /v1/call-logs/status",
        JSON,
        r#"{"reports": [{"call_id": "{word}", "status": "{word}"}]}"#,
    ),
    ("the max of a claim", "POST /v1/call-logs/claim", JSON, r#"{"max": "{word}"}"#),
    ("an unknown scope", "POST /v1/keys", JSON, r#"{"name": "x", "scopes": ["{word}"]}"#),
    (
        "a secret of one's own",
        "POST /v1/keys",
        JSON,
        r#"{"name": "x", "scopes": ["read"], "secret": "{word}"}"#,
    ),
    (
        "an expiry",
        "POST /v1/keys",
        JSON,
        r#"{"name": "x", "scopes": ["read"], "expires_at": "{word}"}"#,
    ),
    ("a type of a node", "POST {workflow}/nodes", JSON, r#"{"node_type": "{word}", "label": "x"}"#),
    (
        "a config of a wrong kind",
        "POST {workflow}/nodes",
        JSON,
        r#"{"node_type": "WAIT", "label": "x", "config": "{word}"}"#,
    ),
    (
        "an unknown field of a node",
        "POST {workflow}/nodes",
        JSON,
        r#"{"node_type": "WAIT", "label": "x", "config": {"api_key": "{word}"}}"#,
    ),
    (
        "an action's kind",
        "POST {workflow}/leads/actions",
        JSON,
        r#"{"action": "{word}", "filter": {"status": "{word}"}}"#,
    ),
    (
        "a workbook that is none",
        "POST {workflow}/leads",
        "content-type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet\r\n",
        "PK\x03\x04{word}",
    ),
    (
        "a form without an end",
        "POST {workflow}/leads",
        "content-type: multipart/form-data; boundary=b\r\n",
        "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{word}.csv\"\r\n\r\n{word}",
    ),
];
