//! The one table of who may ask what: a route, the scopes of which one opens it, and under which
//! word a refusal of it is remembered.
//!
//! A route that is not in here is there for nobody who comes with a key. The `OpenAPI` document takes
//! what it says of access from here.

use std::sync::LazyLock;

use branchline_domain::organisation::Scope;

/// What a route asks of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    /// The method.
    pub(crate) method: &'static str,
    /// The path below `/v1`, with `{…}` for each id.
    pub(crate) pattern: &'static str,
    /// One of these opens it. Where there are several, the body may narrow them: the route says so.
    pub(crate) any_of: &'static [Scope],
    /// What a refused write is called in the journal; `None` for a route that changes nothing.
    pub(crate) action: Option<&'static str>,
    /// Whether a refusal by the state of things (409) is remembered too, not only one by scope:
    /// somebody tried to steer what people wait for.
    pub(crate) is_control: bool,
}

const READ: &[Scope] = &[Scope::Read];
const OPERATE: &[Scope] = &[Scope::Operate];
const RESOLVE: &[Scope] = &[Scope::Resolve];
const INGEST: &[Scope] = &[Scope::Ingest];
const ADMIN: &[Scope] = &[Scope::Admin];

const fn get(pattern: &'static str, any_of: &'static [Scope]) -> Access {
    Access { method: "GET", pattern, any_of, action: None, is_control: false }
}

const fn write(
    method: &'static str,
    pattern: &'static str,
    any_of: &'static [Scope],
    action: &'static str,
) -> Access {
    Access { method, pattern, any_of, action: Some(action), is_control: false }
}

/// A write whose refusal by the state of things is remembered too.
const fn control(
    method: &'static str,
    pattern: &'static str,
    any_of: &'static [Scope],
    action: &'static str,
) -> Access {
    Access { is_control: true, ..write(method, pattern, any_of, action) }
}

/// Every route below `/v1` that takes a key. Of patterns that fit one path, the one with the word
/// comes before the one with the id, as in [`crate::routes`].
pub(crate) const ROUTES: &[Access] = &[
    // What carriers ask all day.
    write("POST", "/call-logs/status", INGEST, "call.report_many"),
    write("POST", "/call-logs/claim", INGEST, "call.claim"),
    write("POST", "/call-logs/{call}/status", INGEST, "call.report"),
    write("POST", "/call-logs/{call}/attributes", INGEST, "call.attach"),
    write("POST", "/call-logs/{call}/dispatched", INGEST, "call.dispatched"),
    write("POST", "/call-logs/{call}/refused", INGEST, "call.refused"),
    get("/call-logs", READ),
    get("/call-logs.csv", READ),
    get("/call-logs/{call}", READ),
    get("/workflows", READ),
    write("POST", "/workflows", OPERATE, "workflow.create"),
    get("/workflows/{workflow}", READ),
    write("PATCH", "/workflows/{workflow}", OPERATE, "workflow.edit"),
    control("DELETE", "/workflows/{workflow}", OPERATE, "workflow.delete"),
    control("POST", "/workflows/{workflow}/activate", OPERATE, "workflow.activate"),
    control("POST", "/workflows/{workflow}/pause", OPERATE, "workflow.pause"),
    control("POST", "/workflows/{workflow}/resume", OPERATE, "workflow.resume"),
    control("POST", "/workflows/{workflow}/cancel", OPERATE, "workflow.cancel"),
    control("POST", "/workflows/{workflow}/complete", OPERATE, "workflow.complete"),
    write("POST", "/workflows/{workflow}/duplicate", OPERATE, "workflow.duplicate"),
    // Changes nothing: it is a question with a long name.
    write(
        "POST",
        "/workflows/{workflow}/validate",
        &[Scope::Read, Scope::Operate],
        "workflow.validate",
    ),
    get("/workflows/{workflow}/counts", READ),
    get("/workflows/{workflow}/graph", READ),
    write("PUT", "/workflows/{workflow}/graph", OPERATE, "graph.put"),
    get("/workflows/{workflow}/nodes", READ),
    write("POST", "/workflows/{workflow}/nodes", OPERATE, "graph.add_node"),
    get("/workflows/{workflow}/nodes/{node}", READ),
    write("PATCH", "/workflows/{workflow}/nodes/{node}", OPERATE, "graph.edit_node"),
    write("DELETE", "/workflows/{workflow}/nodes/{node}", OPERATE, "graph.remove_node"),
    get("/workflows/{workflow}/edges", READ),
    write("POST", "/workflows/{workflow}/edges", OPERATE, "graph.add_edge"),
    get("/workflows/{workflow}/edges/{edge}", READ),
    write("DELETE", "/workflows/{workflow}/edges/{edge}", OPERATE, "graph.remove_edge"),
    get("/workflows/{workflow}/leads", READ),
    get("/workflows/{workflow}/leads.csv", READ),
    write("POST", "/workflows/{workflow}/leads", OPERATE, "lead.enrol"),
    // To resolve, redial and move asks for `resolve`, to remove for `operate`.
    write(
        "POST",
        "/workflows/{workflow}/leads/actions",
        &[Scope::Operate, Scope::Resolve],
        "lead.act_on_many",
    ),
    get("/workflows/{workflow}/leads/variable-keys", READ),
    get("/workflows/{workflow}/leads/{lead}", READ),
    write("PATCH", "/workflows/{workflow}/leads/{lead}", OPERATE, "lead.edit"),
    control("DELETE", "/workflows/{workflow}/leads/{lead}", OPERATE, "lead.remove"),
    get("/workflows/{workflow}/leads/{lead}/history", READ),
    get("/workflows/{workflow}/leads/{lead}/explain", READ),
    control("POST", "/workflows/{workflow}/leads/{lead}/resolve", RESOLVE, "lead.resolve"),
    get("/workflows/{workflow}/imports", READ),
    get("/workflows/{workflow}/imports/{import}", READ),
    write("POST", "/workflows/{workflow}/leads/{lead}/erase", ADMIN, "lead.erase"),
    get("/leads", READ),
    get("/keys", &[Scope::Admin, Scope::Audit]),
    write("POST", "/keys", ADMIN, "key.create"),
    write("PATCH", "/keys/{key}", ADMIN, "key.edit"),
    write("DELETE", "/keys/{key}", ADMIN, "key.revoke"),
    write("POST", "/keys/{key}/rotate", ADMIN, "key.rotate"),
    get("/refused-actions", &[Scope::Audit]),
    get("/events", &[Scope::Read, Scope::Audit]),
];

/// A pattern cut at its slashes, and what the methods on it ask.
struct Resource {
    segments: Vec<&'static str>,
    methods: Vec<&'static Access>,
}

/// By the number of segments, so that a path is compared with few patterns.
static RESOURCES: LazyLock<Vec<Vec<Resource>>> = LazyLock::new(|| {
    let mut by_length: Vec<Vec<Resource>> = Vec::new();
    for access in ROUTES {
        let segments: Vec<&str> = access.pattern.split('/').skip(1).collect();
        if by_length.len() <= segments.len() {
            by_length.resize_with(segments.len() + 1, Vec::new);
        }
        let Some(resources) = by_length.get_mut(segments.len()) else { continue };
        match resources.iter_mut().find(|resource| resource.segments == segments) {
            Some(resource) => resource.methods.push(access),
            None => resources.push(Resource { segments, methods: vec![access] }),
        }
    }
    by_length
});

/// What the table says of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It asks this.
    Route(&'static Access),
    /// The path is there, with other methods.
    OtherMethods(&'static [&'static Access]),
    /// The path is in no row.
    Nothing,
}

/// Longest path that is looked at. Unit: segments.
const SEGMENTS_MAX: usize = 8;

/// Finds the row of a request. `path` is what the router matches, with its `/v1`.
pub(crate) fn find(method: &str, path: &str) -> Found {
    let Some(rest) = path.strip_prefix("/v1/") else { return Found::Nothing };
    let mut segments = [""; SEGMENTS_MAX];
    let mut count = 0;
    for segment in rest.split('/') {
        let Some(place) = segments.get_mut(count) else { return Found::Nothing };
        *place = segment;
        count += 1;
    }
    let segments = segments.get(..count).unwrap_or_default();
    let Some(resources) = RESOURCES.get(count) else { return Found::Nothing };
    let resource = resources.iter().find(|resource| fits(&resource.segments, segments));
    let Some(resource) = resource else { return Found::Nothing };
    match resource.methods.iter().find(|access| access.method == method) {
        Some(access) => Found::Route(access),
        None => Found::OtherMethods(&resource.methods),
    }
}

fn fits(pattern: &[&str], segments: &[&str]) -> bool {
    pattern.iter().zip(segments).all(|(pattern, segment)| {
        pattern == segment || (pattern.starts_with('{') && !segment.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::routes::below_v1;

    fn pattern(method: &str, path: &str) -> Option<&'static str> {
        match find(method, path) {
            Found::Route(access) => Some(access.pattern),
            Found::OtherMethods(_) => Some("other methods"),
            Found::Nothing => None,
        }
    }

    #[test]
    fn each_row_is_found_by_its_own_path_and_is_there_once() {
        for access in ROUTES {
            let path = format!("/v1{}", access.pattern);
            assert_eq!(find(access.method, &path), Found::Route(access), "{access:?}");
            assert!(!access.any_of.is_empty(), "{access:?}");
        }
    }

    #[test]
    fn every_route_has_a_row_and_every_row_a_route() {
        let rows: BTreeSet<_> = ROUTES.iter().map(|row| (row.method, row.pattern)).collect();
        let routes: BTreeSet<(String, &str)> = below_v1()
            .map(|line| (line.method.to_ascii_uppercase(), &line.pattern["/v1".len()..]))
            .collect();
        let routes = routes.iter().map(|(method, pattern)| (method.as_str(), *pattern)).collect();
        assert_eq!(rows, routes);
    }

    #[test]
    fn a_word_comes_before_an_id() {
        let many = "/v1/workflows/w/leads/actions";
        assert_eq!(pattern("POST", many), Some("/workflows/{workflow}/leads/actions"));
        assert_eq!(pattern("GET", many), Some("other methods"));
        assert_eq!(pattern("POST", "/v1/call-logs/status"), Some("/call-logs/status"));
    }

    #[test]
    fn what_is_in_no_row_is_nothing() {
        for path in [
            "/v1",
            "/v1/",
            "/v1/nothing",
            "/workflows",
            "/v1/workflows/",
            "/v1/a/b/c/d/e/f/g/h/i/j",
        ] {
            assert_eq!(pattern("GET", path), None, "{path}");
        }
    }
}
