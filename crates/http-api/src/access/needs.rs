//! Who may ask what: finds the row of [`crate::routes`] that a request is for.

use std::sync::LazyLock;

use branchline_domain::organisation::Scope;

use crate::routes::{self, Line};

/// Who may ask a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody.
    Everybody,
    /// Whoever sits at the machine; others with a key that reads.
    Local,
    /// Whoever has a key that fits.
    Key(Needs),
    /// Whoever has the token in the data directory.
    Operator,
}

/// What a route needs of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Needs {
    /// One of these opens it. Where there are several, the body may narrow them: the route says so.
    pub(crate) any_of: &'static [Scope],
    /// What a refused write is called in the journal; `None` for a route that changes nothing.
    pub(crate) action: Option<&'static str>,
    /// Whether a refusal by the state of things (409) is remembered too, not only one by scope:
    /// somebody tried to steer what people wait for.
    pub(crate) is_control: bool,
}

/// A route that changes nothing.
pub(crate) const fn reads(any_of: &'static [Scope]) -> Access {
    Access::Key(Needs { any_of, action: None, is_control: false })
}

/// A write.
pub(crate) const fn write(any_of: &'static [Scope], action: &'static str) -> Access {
    Access::Key(Needs { any_of, action: Some(action), is_control: false })
}

/// A write whose refusal by the state of things is remembered too.
pub(crate) const fn control(any_of: &'static [Scope], action: &'static str) -> Access {
    Access::Key(Needs { any_of, action: Some(action), is_control: true })
}

/// A pattern cut at its slashes, and the methods on it.
struct Resource {
    segments: Vec<&'static str>,
    methods: Vec<&'static Line>,
}

/// By the number of segments, so that a path is compared with few patterns; those of one number in
/// the order of the router.
static RESOURCES: LazyLock<Vec<Vec<Resource>>> = LazyLock::new(|| {
    let mut by_length: Vec<Vec<Resource>> = Vec::new();
    for line in routes::all() {
        let segments: Vec<&str> = line.pattern.split('/').skip(1).collect();
        if by_length.len() <= segments.len() {
            by_length.resize_with(segments.len() + 1, Vec::new);
        }
        let Some(resources) = by_length.get_mut(segments.len()) else { continue };
        match resources.iter_mut().find(|resource| resource.segments == segments) {
            Some(resource) => resource.methods.push(line),
            None => resources.push(Resource { segments, methods: vec![line] }),
        }
    }
    by_length
});

/// What the table says of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found {
    /// It is for this row.
    Route(&'static Line),
    /// The path is there, with other methods.
    OtherMethods(&'static [&'static Line]),
    /// The path is in no row.
    Nothing,
}

/// Longest path that is looked at. Unit: segments.
const SEGMENTS_MAX: usize = 8;

/// Finds the row of a request. `path` is that of [`routes::path_of`].
pub(crate) fn find(method: &str, path: &str) -> Found {
    let Some(rest) = path.strip_prefix('/') else { return Found::Nothing };
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
    match resource.methods.iter().find(|line| line.method.eq_ignore_ascii_case(method)) {
        Some(line) => Found::Route(line),
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
    use super::*;

    fn pattern(method: &str, path: &str) -> Option<&'static str> {
        match find(method, path) {
            Found::Route(line) => Some(line.pattern),
            Found::OtherMethods(_) => Some("other methods"),
            Found::Nothing => None,
        }
    }

    #[test]
    fn each_row_is_found_by_its_own_path_and_is_there_once() {
        for line in routes::all() {
            assert_eq!(pattern(line.method, line.pattern), Some(line.pattern), "{line:?}");
            let same = |other: &&Line| (other.method, other.pattern) == (line.method, line.pattern);
            assert_eq!(routes::all().filter(same).count(), 1, "{line:?}");
        }
    }

    #[test]
    fn keys_open_what_is_below_v1_and_the_operator_has_a_corner_there() {
        for line in routes::all() {
            let operators = line.pattern.starts_with("/v1/admin/");
            let below = line.pattern.starts_with("/v1/");
            let fits = match line.access {
                Access::Key(needs) => below && !operators && !needs.any_of.is_empty(),
                Access::Operator => operators,
                Access::Everybody | Access::Local => !below,
            };
            assert!(fits, "{line:?}");
        }
    }

    #[test]
    fn a_word_comes_before_an_id() {
        let many = "/v1/workflows/w/leads/actions";
        assert_eq!(pattern("POST", many), Some("/v1/workflows/{workflow}/leads/actions"));
        assert_eq!(pattern("GET", many), Some("other methods"));
        assert_eq!(pattern("POST", "/v1/call-logs/status"), Some("/v1/call-logs/status"));
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
