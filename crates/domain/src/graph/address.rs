//! The address of an HTTP action, as far as the rules read it. Whoever sends the request parses
//! the whole of it.

use crate::template::{Part, Template};

/// Why an address cannot be used: what is wrong, and how to mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AddressFault {
    pub(super) what: &'static str,
    pub(super) fix: &'static str,
}

const fn fault<T>(what: &'static str, fix: &'static str) -> Result<T, AddressFault> {
    Err(AddressFault { what, fix })
}

/// Judges the address of an action. Values may be filled in behind the host only: a lead's
/// variable must not choose who is asked.
pub(super) fn check(url: &str) -> Result<(), AddressFault> {
    scheme_and_host(url)?;
    if url.contains(|c: char| c.is_control() || c == ' ' || c == '\\') {
        return fault(
            "has an url with a space, a backslash or a control character",
            "write spaces as %20 and backslashes as %5C",
        );
    }
    if url.contains('#') {
        return fault("has an url with a fragment", "take `#` and what follows away, or write %23");
    }
    if has_path_step(url) {
        return fault("has an url with a step `.` or `..`", "write the path without such steps");
    }
    Ok(())
}

/// Scheme and host of the address of an action.
pub(super) fn scheme_and_host(url: &str) -> Result<(&str, &str), AddressFault> {
    const SCHEME: &str = "write it as https://host/path";
    // What stands before the first place to fill in; the host has to be in there whole.
    let written =
        match Template::parse(url).as_ref().map(|template| template.parts().first().copied()) {
            Ok(Some(Part::Written(written))) => written,
            Ok(Some(Part::Variable(_) | Part::Secret(_)) | None) => "",
            // Told as a bad template.
            Err(_) => url,
        };
    let Some((scheme, rest)) = written.split_once("://") else {
        return fault("has an url without a scheme and host that are written out", SCHEME);
    };
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return fault("has an url that is neither http nor https", SCHEME);
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.len() == rest.len() && written.len() != url.len() {
        return fault(
            "has an url whose host or port is filled in",
            "write scheme, host and port out, with a / behind them",
        );
    }
    if authority.contains('@') {
        return fault(
            "has an url with a user or password",
            "send them in an Authorization header, with {{secret:NAME}}",
        );
    }
    let (host, port) = match authority.split_once(']') {
        Some((host, port)) => (host.strip_prefix('[').unwrap_or_default(), port),
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let known = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '-' | '.' | '_')
            || (c == ':' && authority.starts_with('['))
    };
    if host.is_empty() || host.len() > 253 || !host.chars().all(known) {
        return fault(
            "has an url without a host name of letters, digits, `-`, `.` and `_`",
            "write a host such as api.example.com; names in other letters begin with xn--",
        );
    }
    let in_range = |port: &str| {
        port.bytes().all(|byte| byte.is_ascii_digit())
            && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    if !port.is_empty() && !port.strip_prefix(':').is_some_and(in_range) {
        return fault("has an url with a port that is no number", "write a port from 1 to 65535");
    }
    Ok((scheme, host))
}

/// Whether the path has a step that leads elsewhere than it says: `.` or `..`, also as `%2e`.
pub(super) fn has_path_step(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let mut steps = path.split(['/', '\\']).skip(1);
    steps.any(|step| matches!(&*step.to_ascii_lowercase().replace("%2e", "."), "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_and_a_host_that_are_written_out() {
        for (url, host) in [
            ("https://api.example.com", "api.example.com"),
            ("HTTP://Example.com:8080/a?b={{c}}", "Example.com"),
            ("https://[2001:db8::1]:443/{{a}}", "2001:db8::1"),
            ("http://a_b.internal/{{a}}/..b", "a_b.internal"),
            ("http://10.0.0.1?{{a}}", "10.0.0.1"),
        ] {
            assert_eq!(check(url), Ok(()), "{url}");
            assert_eq!(scheme_and_host(url).unwrap().1, host, "{url}");
        }
        for url in [
            "",
            "example.com/a",
            "ftp://example.com/",
            "file:///etc/passwd",
            "{{url}}",
            "https://{{host}}/",
            "https://example.com{{rest}}",
            "https://example.com:{{port}}/",
            "https://example.{{tld}}/",
            "{{secret:SCHEME}}://example.com/",
            "https://user:password@example.com/",
            "https://example.com@evil.example/",
            "https:///path",
            "https://exämple.com/",
            "https://example.com:0/",
            "https://example.com:70000/",
            "https://example.com:x/",
            "https://example.com:+80/",
            "https://[::1/",
            "https://[::1]x/",
            "https://exa mple.com/",
            "https://example.com/a b",
            "https://example.com/a\\b",
            "https://example.com/a\nb",
            "https://example.com/a#b",
            "https://example.com/a/../b",
            "https://example.com/%2E%2e/b",
            "https://example.com/.",
        ] {
            assert!(check(url).is_err(), "{url}");
        }
    }

    #[test]
    fn dots_that_are_no_step_stay() {
        for url in ["https://e.com/a..b/...?x=/../", "https://e.com/.well-known/a", "https://e.com"]
        {
            assert!(!has_path_step(url), "{url}");
        }
    }
}
