//! Trace context of requests, as W3C Trace Context level 1 has it: `traceparent` is taken from whoever
//! asks and answered with, so that what a client, a proxy and this server log about one request can
//! be found together. What is malformed is as good as absent; nobody is refused for it.

use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// Where a request stands in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// The whole trace; not zero.
    pub trace_id: u128,
    /// The work that this request is a part of, in the words of whoever asked; `None` when the trace
    /// begins here.
    pub parent_id: Option<u64>,
    /// This request; not zero.
    pub span_id: u64,
    /// Whether somebody before us keeps the trace.
    pub sampled: bool,
}

impl TraceContext {
    /// The context of a request that came with this header, if it came with one.
    pub(crate) fn of(traceparent: Option<&str>) -> Self {
        let span_id = fresh();
        let Some((trace_id, parent_id, sampled)) = traceparent.and_then(parse) else {
            let trace_id = (u128::from(fresh()) << 64) | u128::from(fresh());
            return Self { trace_id, parent_id: None, span_id, sampled: false };
        };
        Self { trace_id, parent_id: Some(parent_id), span_id, sampled }
    }

    /// A name for a request that has none of its own: trace and span, so that the journal leads to
    /// the trace. `None` when the trace begins here, and nobody else knows it.
    pub(crate) fn request_id(&self) -> Option<String> {
        self.parent_id.map(|_| format!("{:032x}-{:016x}", self.trace_id, self.span_id))
    }
}

impl fmt::Display for TraceContext {
    /// As `traceparent`, for whoever works for this request.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.sampled);
        write!(f, "00-{:032x}-{:016x}-{flags:02x}", self.trace_id, self.span_id)
    }
}

/// Trace, parent, and whether it is sampled.
fn parse(text: &str) -> Option<(u128, u64, bool)> {
    let mut parts = text.trim().split('-');
    let version = hex(parts.next()?, 2)?;
    let trace_id = hex(parts.next()?, 32)?;
    let parent_id = u64::try_from(hex(parts.next()?, 16)?).ok()?;
    let flags = hex(parts.next()?, 2)?;
    // Later versions may say more; 255 is none.
    let well_formed = version < 255 && (version > 0 || parts.next().is_none());
    (well_formed && trace_id != 0 && parent_id != 0).then_some((
        trace_id,
        parent_id,
        flags & 1 == 1,
    ))
}

/// So many digits, in lower case.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let known = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != digits || !text.bytes().all(known) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

/// A number that nobody else has, about: unpredictable is not asked for, and a system call for each
/// request would be dear.
fn fresh() -> u64 {
    static RUN: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    RUN.hash_one(COUNT.fetch_add(1, Ordering::Relaxed)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_request_goes_on_in_the_trace_it_came_with() {
        let trace = TraceContext::of(Some(GIVEN));
        assert_eq!(trace.trace_id, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        assert_eq!(trace.parent_id, Some(0x00f0_67aa_0ba9_02b7));
        assert!(trace.sampled && trace.span_id != 0x00f0_67aa_0ba9_02b7);
        let told = trace.to_string();
        assert!(told.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && told.ends_with("-01"));
        assert_eq!(parse(&told), Some((trace.trace_id, trace.span_id, true)));
        let request_id = trace.request_id().unwrap();
        assert_eq!(request_id, told[3..52]);
    }

    #[test]
    fn what_is_malformed_is_as_good_as_absent() {
        for text in [
            "",
            "nonsense",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            let trace = TraceContext::of(Some(text));
            assert_eq!((trace.parent_id, trace.sampled), (None, false), "{text}");
            assert_eq!(trace.request_id(), None);
        }
        let later = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more";
        assert!(TraceContext::of(Some(later)).parent_id.is_some());
    }

    #[test]
    fn traces_and_requests_that_begin_here_have_names_of_their_own() {
        let (one, two) = (TraceContext::of(None), TraceContext::of(None));
        assert!(one.trace_id != 0 && one.span_id != 0);
        assert!(one.trace_id != two.trace_id && one.span_id != two.span_id);
        assert_eq!(one.to_string().len(), GIVEN.len());
    }
}
