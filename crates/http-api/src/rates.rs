//! How often somebody may ask: by API key, with a budget of its own for what carriers report; and how often
//! an address may come with a wrong key. Without API keys nobody is counted.

use std::{
    fmt,
    hash::Hash,
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use actix_web::{
    HttpMessage as _, ResponseError as _,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
};
use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DashMapStateStore,
};

use crate::{
    access, error_mapping::Refusal, headers::state, limits::Limits, problem::Problem,
    routes::path_of,
};

/// Keys and addresses that are remembered at once. Beyond it, those that are not share one budget.
const REMEMBERED_MAX: usize = 10_000;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Principals of API keys begin so.
const KEY: &str = "key:";

/// Where what carriers report comes in, and what providers tell.
const INTAKE: &str = "/v1/call-logs/";
const PROVIDER_INTAKE: &str = "/v1/provider-events";

/// Whether this principal is an API key.
pub(crate) fn is_key(principal: &str) -> bool {
    principal.starts_with(KEY)
}

/// The budgets of everybody.
pub(crate) struct Rates {
    requests: Budgets<Arc<str>>,
    intake: Budgets<Arc<str>>,
    wrong_keys: Budgets<Network>,
}

impl fmt::Debug for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rates").finish_non_exhaustive()
    }
}

impl Rates {
    pub(crate) fn new(limits: &Limits) -> Self {
        let per_second =
            |rate, burst| Quota::per_second(at_least_one(rate)).allow_burst(at_least_one(burst));
        Self {
            requests: Budgets::new(per_second(limits.requests_per_s, limits.requests_burst)),
            intake: Budgets::new(per_second(limits.intake_per_s, limits.intake_burst)),
            wrong_keys: Budgets::new(Quota::per_minute(at_least_one(limits.bad_keys_per_min))),
        }
    }
}

fn at_least_one(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

/// An address, or the network that one owner has: 64 bits of an IPv6 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Network(IpAddr);

impl Network {
    fn of(peer: SocketAddr) -> Self {
        Self(match peer.ip().to_canonical() {
            IpAddr::V6(address) => {
                let network = u128::from(address) & (u128::MAX << 64);
                IpAddr::V6(network.into())
            }
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// What is left of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Left {
    burst: u32,
    remaining: u32,
    /// Until all of it is there again. Unit: seconds.
    reset_s: u64,
}

/// One budget each.
struct Budgets<K: Hash + Eq + Clone> {
    quota: Quota,
    each: RateLimiter<K, DashMapStateStore<K>, DefaultClock, StateInformationMiddleware>,
    /// For those who are too many to be remembered.
    others: DefaultDirectRateLimiter,
    /// When those that need not be remembered may be looked for again.
    sweep: DefaultDirectRateLimiter,
}

impl<K: Hash + Eq + Clone> Budgets<K> {
    fn new(quota: Quota) -> Self {
        let each = RateLimiter::dashmap(quota).with_middleware::<StateInformationMiddleware>();
        let sweep = RateLimiter::direct(Quota::per_second(NonZeroU32::MIN));
        Self { quota, each, others: RateLimiter::direct(quota), sweep }
    }

    /// Takes one of a budget. What is left, or how long to wait.
    fn take(&self, who: &K) -> Result<Left, Duration> {
        if self.each.len() >= REMEMBERED_MAX {
            // Whoever has a whole budget again need not be remembered. That is looked for once a
            // second: a crowd of strangers must not make every request look through all of them.
            if self.sweep.check().is_ok() {
                self.each.retain_recent();
            }
            if self.each.len() >= REMEMBERED_MAX {
                let none = |until: governor::NotUntil<_>| {
                    until.wait_time_from(DefaultClock::default().now())
                };
                return self.others.check().map(|()| self.left(0)).map_err(none);
            }
        }
        match self.each.check_key(who) {
            Ok(snapshot) => Ok(self.left(snapshot.remaining_burst_capacity())),
            Err(until) => Err(until.wait_time_from(DefaultClock::default().now())),
        }
    }

    fn left(&self, remaining: u32) -> Left {
        let burst = self.quota.burst_size().get();
        let missing = self.quota.replenish_interval() * burst.saturating_sub(remaining);
        Left { burst, remaining, reset_s: whole_seconds(missing) }
    }
}

/// Rounded up.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

impl Left {
    fn write(self, headers: &mut HeaderMap) {
        headers.insert(LIMIT, self.burst.into());
        headers.insert(REMAINING, self.remaining.into());
        headers.insert(RESET, HeaderValue::from(self.reset_s));
    }
}

/// Takes one of the budget of whoever asks for a page.
///
/// # Errors
///
/// 429 when it is used up.
pub(crate) fn check_key(request: &ServiceRequest) -> Result<(), Problem> {
    match take_of_key(request) {
        None | Some(Ok(_)) => Ok(()),
        Some(Err((problem, _))) => Err(problem),
    }
}

fn too_many(wait: Duration, what: &str) -> Problem {
    let seconds = whole_seconds(wait).max(1);
    let detail = format!("{what}: ask again in {seconds} s");
    Problem {
        retry_after_s: Some(u32::try_from(seconds).unwrap_or(u32::MAX)),
        ..Problem::of(Refusal::TooManyRequests, detail)
    }
}

/// Runs behind [`access::guard`]: a key that has used up its budget is refused, and every other one told
/// what is left.
pub(crate) async fn of_keys(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let taken = take_of_key(&request);
    let (mut response, left) = match taken {
        None => return Ok(next.call(request).await?.map_into_left_body()),
        Some(Ok(left)) => (next.call(request).await?.map_into_left_body(), left),
        Some(Err((problem, left))) => {
            drop(request.take_payload());
            let refusal = problem.error_response();
            (request.into_response(refusal).map_into_right_body(), left)
        }
    };
    left.write(response.headers_mut());
    Ok(response)
}

/// `None` when whoever asks has no key, and so no budget.
fn take_of_key(request: &ServiceRequest) -> Option<Result<Left, (Problem, Left)>> {
    let identity = access::identity(request.request())?;
    if !is_key(&identity.principal) {
        return None;
    }
    let rates = &state(request.request()).ok()?.rates;
    let path = path_of(request.request());
    let is_intake = path.starts_with(INTAKE) || path == PROVIDER_INTAKE;
    let reports = is_intake && *request.method() == Method::POST;
    let budgets = if reports { &rates.intake } else { &rates.requests };
    Some(budgets.take(&identity.principal).map_err(|wait| {
        let left = Left { reset_s: whole_seconds(wait).max(1), ..budgets.left(0) };
        (too_many(wait, "the key has used up what it may ask"), left)
    }))
}

/// Runs around [`access::guard`] and the operator's: an address that comes with wrong keys all the time is
/// told so.
pub(crate) async fn of_strangers(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let response = next.call(request).await?;
    if response.status() != StatusCode::UNAUTHORIZED {
        return Ok(response.map_into_left_body());
    }
    let wait = response.request().peer_addr().and_then(|peer| {
        let rates = &state(response.request()).ok()?.rates;
        rates.wrong_keys.take(&Network::of(peer)).err()
    });
    let Some(wait) = wait else { return Ok(response.map_into_left_body()) };
    let refusal = too_many(wait, "this address has sent too many wrong keys").error_response();
    Ok(response.into_response(refusal).map_into_right_body())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_used_up_and_tells_how_long_to_wait() {
        let budgets =
            Budgets::<u32>::new(Quota::per_minute(at_least_one(1)).allow_burst(at_least_one(3)));
        for remaining in [2, 1, 0] {
            let left = budgets.take(&7).unwrap();
            assert_eq!((left.burst, left.remaining), (3, remaining));
            assert_eq!(left.reset_s, 60 * u64::from(3 - remaining));
        }
        let wait = budgets.take(&7).unwrap_err();
        assert!(wait > Duration::from_secs(50) && wait <= Duration::from_mins(1), "{wait:?}");
        assert!(budgets.take(&8).is_ok(), "each has a budget of its own");
        let problem = too_many(wait, "the key");
        assert_eq!((problem.status.as_u16(), problem.code), (429, "too_many_requests"));
    }

    #[test]
    fn those_who_are_too_many_share_one_budget() {
        let budgets = Budgets::<usize>::new(Quota::per_hour(at_least_one(2)));
        for who in 0..REMEMBERED_MAX {
            budgets.take(&who).unwrap();
        }
        assert!(
            budgets.take(&REMEMBERED_MAX).is_ok() && budgets.take(&(REMEMBERED_MAX + 1)).is_ok()
        );
        assert!(budgets.take(&(REMEMBERED_MAX + 2)).is_err());
        assert_eq!(budgets.each.len(), REMEMBERED_MAX);
    }

    #[test]
    fn an_owner_of_a_network_is_one() {
        let network = |text: &str| Network::of(text.parse().unwrap());
        assert_eq!(network("[2001:db8::1]:1"), network("[2001:db8::ffff:2]:9"));
        assert_ne!(network("[2001:db8::1]:1"), network("[2001:db8:0:1::1]:1"));
        assert_eq!(network("[::ffff:10.0.0.1]:1"), network("10.0.0.1:2"));
        assert_ne!(network("10.0.0.1:1"), network("10.0.0.2:1"));
    }

    #[test]
    fn zero_is_one_and_a_key_is_told_by_its_principal() {
        assert_eq!(at_least_one(0).get(), 1);
        assert!(is_key("key:key_1") && !is_key("api"));
    }
}
