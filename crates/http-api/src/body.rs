//! Bodies on their way in: bounded in length, time and memory, whoever sends them.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::{
    HttpRequest,
    dev::Payload,
    http::header,
    web::{Bytes, BytesMut},
};
use futures_util::StreamExt;
use tokio::time::Instant;

use crate::{connection, error_mapping::Refusal, headers::state, limits::Limits, problem::Problem};

/// How many bytes of bodies are in memory at once, in all.
#[derive(Debug)]
pub(crate) struct Bodies {
    most: usize,
    held: AtomicUsize,
}

impl Bodies {
    pub(crate) const fn new(most: usize) -> Self {
        Self { most, held: AtomicUsize::new(0) }
    }
}

/// A body that has come in. Its bytes count until it is dropped.
#[derive(Debug)]
pub(crate) struct Body {
    bytes: Bytes,
    _share: Share,
}

impl std::ops::Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// What one body takes of all the room.
#[derive(Debug)]
struct Share {
    bodies: Arc<Bodies>,
    bytes: usize,
}

impl Share {
    const fn of(bodies: Arc<Bodies>) -> Self {
        Self { bodies, bytes: 0 }
    }

    /// 503 when there is no room for more.
    fn grow(&mut self, bytes: usize) -> Result<(), Problem> {
        let before = self.bodies.held.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        if before.saturating_add(bytes) <= self.bodies.most {
            return Ok(());
        }
        Err(Problem::later(
            Refusal::NoRoom,
            "there is no room for another body right now: send it again in a second",
        ))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.bodies.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// How fast a body comes in.
pub(crate) struct Pace {
    began: Instant,
    taken: u64,
    idle: Duration,
    min_per_s: u64,
}

impl Pace {
    pub(crate) fn new(limits: &Limits) -> Self {
        let (idle, min_per_s) = (limits.body_idle, limits.body_min_bytes_per_s.max(1));
        Self { began: Instant::now(), taken: 0, idle, min_per_s }
    }

    /// So much of it came.
    pub(crate) const fn note(&mut self, bytes: usize) {
        self.taken = self.taken.saturating_add(bytes as u64);
    }

    /// How long to wait for the next piece.
    fn until(&self, now: Instant) -> Instant {
        let earned = Duration::from_millis(self.taken.saturating_mul(1_000) / self.min_per_s);
        (self.began + self.idle + earned).min(now + self.idle)
    }

    /// Waits for the next piece.
    ///
    /// # Errors
    ///
    /// 408 when none comes, or when all of them come too slowly.
    pub(crate) async fn next<T>(&self, piece: impl Future<Output = T>) -> Result<T, Problem> {
        tokio::time::timeout_at(self.until(Instant::now()), piece).await.map_err(|_| {
            let detail = format!(
                "the body comes too slowly: nothing within {} s, or less than {} bytes a second",
                self.idle.as_secs(),
                self.min_per_s
            );
            Problem::of(Refusal::SlowBody, detail)
        })
    }
}

/// Collects a body.
///
/// # Errors
///
/// As [`pieces`]; 503 when the bodies of all requests together take too much memory.
pub(crate) async fn collect(
    request: &HttpRequest,
    payload: &mut Payload,
    limit: usize,
) -> Result<Body, Problem> {
    let mut share = Share::of(Arc::clone(&state(request)?.bodies));
    let mut body = BytesMut::new();
    pieces(request, payload, limit, |piece| {
        share.grow(piece.len())?;
        body.extend_from_slice(piece);
        Ok(())
    })
    .await?;
    Ok(Body { bytes: body.freeze(), _share: share })
}

/// Gives a body to `take` as it comes in.
///
/// # Errors
///
/// 413 when it is longer than `limit` bytes; 400 when it breaks off; 408 when it comes too slowly; 415
/// when it is compressed.
pub(crate) async fn pieces(
    request: &HttpRequest,
    payload: &mut Payload,
    limit: usize,
    mut take: impl FnMut(&[u8]) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    if request.headers().get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        let detail = "the body has a Content-Encoding: send it as it is";
        return Err(Problem::of(Refusal::UnsupportedContentEncoding, detail));
    }
    let mut pace = Pace::new(&state(request)?.limits);
    let mut taken = 0;
    while let Some(chunk) = pace.next(payload.next()).await? {
        let chunk = chunk.map_err(|error| {
            let detail = format!("the body broke off: {error}");
            Problem::of(Refusal::BrokenBody, detail)
        })?;
        pace.note(chunk.len());
        taken += chunk.len();
        if taken > limit {
            return Err(too_large(limit));
        }
        take(&chunk)?;
    }
    connection::body_was_read(request);
    Ok(())
}

/// 413, with the limit.
pub(crate) fn too_large(limit: usize) -> Problem {
    let detail = format!("the body is longer than the {limit} bytes this route takes");
    Problem::of(Refusal::BodyTooLarge, detail)
}

/// The media type of a body, without its parameters, in lower case.
pub(crate) fn media_type(request: &HttpRequest) -> Option<String> {
    let value = request.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    let (essence, _) = value.split_once(';').unwrap_or((value, ""));
    Some(essence.trim().to_ascii_lowercase())
}

/// Media types that are sent by mistake, and told back; of others nobody knows what they hold.
const KNOWN_TYPES: [&str; 7] = [
    "application/json",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "text/csv",
    "text/html",
    "text/plain",
];

/// 415, with what would be taken.
pub(crate) fn unsupported(found: Option<&str>, taken: &str) -> Problem {
    let detail = found.map_or_else(
        || format!("the body has no Content-Type: send {taken}"),
        |found| match KNOWN_TYPES.iter().find(|known| **known == found) {
            Some(known) => format!("the Content-Type is `{known}`: send {taken}"),
            None => format!("the Content-Type is another one: send {taken}"),
        },
    );
    Problem::of(Refusal::UnsupportedMediaType, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_take_room_until_they_are_dropped() {
        let bodies = Arc::new(Bodies::new(10));
        let mut first = Share::of(Arc::clone(&bodies));
        let mut second = Share::of(Arc::clone(&bodies));
        assert!(first.grow(6).is_ok() && second.grow(4).is_ok());
        let refused = second.grow(1).unwrap_err();
        assert_eq!((refused.status.as_u16(), refused.retry_after_s), (503, Some(1)));
        drop(second);
        assert!(first.grow(4).is_ok());
        drop(first);
        assert_eq!(bodies.held.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_body_that_drips_is_not_waited_for_and_one_that_keeps_up_is() {
        let limits = Limits { body_min_bytes_per_s: 100, ..Limits::embedded() };
        let mut pace = Pace::new(&limits);
        let waits = |pace: &Pace, after_s| {
            let now = pace.began + Duration::from_secs(after_s);
            pace.until(now).saturating_duration_since(now).as_secs()
        };
        assert_eq!((waits(&pace, 0), waits(&pace, 29), waits(&pace, 31)), (30, 1, 0));
        // A kilobyte in 29 seconds does not keep up with 100 bytes a second, but has a credit of 30.
        pace.note(1_000);
        assert_eq!((waits(&pace, 29), waits(&pace, 40)), (11, 0));
        for piece in 1..100 {
            pace.note(2_900);
            assert_eq!(waits(&pace, 29 * piece), 30);
        }
    }
}
