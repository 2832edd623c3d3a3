//! Which requests are sent again, and when.
//!
//! Nothing is done twice by it: a read changes nothing, and every write goes again under the same
//! idempotency key, by which the server knows it again, across its own restarts too.

use std::time::Duration;

/// Wait before the first repeat; each further one waits twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// Longest wait that we choose ourselves.
const LONGEST_WAIT: Duration = Duration::from_secs(8);
/// Longest wait that a server may ask for. A longer one is told instead of waited for.
const LONGEST_ASKED: Duration = Duration::from_mins(1);

/// Why a request has no good answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No answer, or half of one: nobody knows whether it was done.
    Unanswered,
    /// An answer that says no.
    Answered {
        /// The HTTP status.
        status: u16,
        /// `Retry-After`. Unit: seconds.
        retry_after_s: Option<u64>,
        /// The first request under this key is still under way.
        under_way: bool,
    },
}

/// How often a request is repeated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Repeats after the first time.
    pub(crate) repeats: u32,
}

impl Patience {
    /// How long to wait before the request is sent again, after it was sent `sent` times; `None`
    /// when it is not. `jitter` is any number: it keeps many callers from coming back at once.
    pub(crate) fn wait(self, trouble: Trouble, sent: u32, jitter: u8) -> Option<Duration> {
        if sent > self.repeats || !may_pass(trouble) {
            return None;
        }
        if let Trouble::Answered { retry_after_s: Some(seconds), .. } = trouble {
            return Some(Duration::from_secs(seconds)).filter(|asked| *asked <= LONGEST_ASKED);
        }
        let doublings = sent.saturating_sub(1).min(16);
        let wait = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
        // Up to a quarter more.
        Some(wait + wait * u32::from(jitter) / 1_024)
    }
}

const fn may_pass(trouble: Trouble) -> bool {
    match trouble {
        Trouble::Unanswered => true,
        // Some of these a proxy says for a server that may have done it.
        Trouble::Answered { status, under_way, .. } => {
            under_way || matches!(status, 408 | 429 | 502..=504)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENT: Patience = Patience { repeats: 4 };

    const fn answered(status: u16) -> Trouble {
        Trouble::Answered { status, retry_after_s: None, under_way: false }
    }

    #[test]
    fn what_may_pass_is_sent_again() {
        let answers = [408, 429, 502, 503, 504].map(answered);
        for trouble in answers.into_iter().chain([Trouble::Unanswered]) {
            assert!(PATIENT.wait(trouble, 1, 0).is_some(), "{trouble:?}");
        }
    }

    #[test]
    fn a_refusal_is_final_and_a_first_request_under_way_is_not() {
        for status in [400, 401, 403, 404, 409, 412, 422, 500] {
            assert_eq!(PATIENT.wait(answered(status), 1, 0), None, "{status}");
        }
        let under_way = Trouble::Answered { status: 409, retry_after_s: None, under_way: true };
        assert!(PATIENT.wait(under_way, 1, 0).is_some());
    }

    #[test]
    fn waits_double_to_a_limit_and_a_server_says_its_own_within_a_minute() {
        let patient = Patience { repeats: 100 };
        let waits = [1, 2, 3, 9].map(|sent| patient.wait(Trouble::Unanswered, sent, 0));
        let ms = |ms| Some(Duration::from_millis(ms));
        assert_eq!(waits, [ms(250), ms(500), ms(1_000), ms(8_000)]);
        let longest = patient.wait(Trouble::Unanswered, 9, u8::MAX).unwrap();
        assert!(longest <= Duration::from_secs(10), "{longest:?}");
        for (seconds, waited) in [(0, Some(0)), (7, Some(7)), (60, Some(60)), (61, None)] {
            let trouble =
                Trouble::Answered { status: 429, retry_after_s: Some(seconds), under_way: false };
            let wait = patient.wait(trouble, 1, 9);
            assert_eq!(wait, waited.map(Duration::from_secs));
        }
    }

    #[test]
    fn patience_ends() {
        assert!(PATIENT.wait(Trouble::Unanswered, 4, 0).is_some());
        assert_eq!(PATIENT.wait(Trouble::Unanswered, 5, 0), None);
        let none = Patience { repeats: 0 };
        assert_eq!(none.wait(Trouble::Unanswered, 1, 0), None);
    }
}
