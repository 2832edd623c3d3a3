//! Requests by route, method and status, and how long they took.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU16, AtomicU64, Ordering},
    },
    time::Duration,
};

use actix_web::http::{Method, StatusCode};
use branchline_engine::metrics::{Histogram, HistogramReading};
use prometheus_client::{collector::Collector, encoding::DescriptorEncoder};

use super::{
    ApiMetrics,
    format::{Metrics, Written},
};

/// Statuses of one route that are told apart; later ones are counted as `other`. No route has half
/// as many.
const STATUSES: usize = 32;

/// Requests that were answered. The patterns are those of the routes, so there are few.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    routes: RwLock<HashMap<Box<str>, Arc<[OfMethod; METHODS.len()]>>>,
}

/// The methods that are told apart; the last stands for all others, which anybody may make up.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"];

/// A method that is known, or the word for all others.
pub(crate) fn method_name(method: &Method) -> &'static str {
    METHODS.get(method_index(method)).copied().unwrap_or("other")
}

fn method_index(method: &Method) -> usize {
    let known = METHODS.iter().position(|known| *known == method.as_str());
    known.unwrap_or(METHODS.len() - 1)
}

/// Requests to one route with one method.
#[derive(Debug)]
struct OfMethod {
    duration: Histogram,
    /// A status and its number; 0 is nobody's status.
    statuses: [(AtomicU16, AtomicU64); STATUSES],
    other: AtomicU64,
}

impl Default for OfMethod {
    fn default() -> Self {
        Self {
            duration: Histogram::of_durations(),
            statuses: Default::default(),
            other: AtomicU64::new(0),
        }
    }
}

impl OfMethod {
    fn count(&self, status: u16) {
        for (slot, count) in &self.statuses {
            let taken = slot.compare_exchange(0, status, Ordering::Relaxed, Ordering::Relaxed);
            if taken.is_ok() || taken == Err(status) {
                count.fetch_add(1, Ordering::Relaxed);
                return;
            }
        }
        self.other.fetch_add(1, Ordering::Relaxed);
    }

    /// Each status that came, as text, and how often.
    fn read(&self) -> Vec<(String, u64)> {
        let statuses = self.statuses.iter().map(|(status, count)| {
            (status.load(Ordering::Relaxed).to_string(), count.load(Ordering::Relaxed))
        });
        let other = ("other".to_owned(), self.other.load(Ordering::Relaxed));
        statuses.chain([other]).filter(|(_, count)| *count > 0).collect()
    }
}

impl Requests {
    /// Counts a request. `pattern` is the route's, not the path that was asked for.
    pub(crate) fn answered(
        &self,
        pattern: &str,
        method: &Method,
        status: StatusCode,
        took: Duration,
    ) {
        let known = {
            let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
            routes.get(pattern).map(Arc::clone)
        };
        let route = known.unwrap_or_else(|| {
            let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(routes.entry(pattern.into()).or_default())
        });
        if let Some(of_method) = route.get(method_index(method)) {
            of_method.duration.observe_duration(took);
            of_method.count(status.as_u16());
        }
    }

    /// How long all of them took, as one. Unit: microseconds.
    pub(crate) fn together(&self) -> HistogramReading {
        let mut all = Histogram::of_durations().read();
        for row in self.read() {
            all.add(&row.duration);
        }
        all
    }

    /// Every route and method that was asked for, in order.
    fn read(&self) -> Vec<Row> {
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        let routes: Vec<_> = routes
            .iter()
            .map(|(pattern, route)| (pattern.to_string(), Arc::clone(route)))
            .collect();
        let mut rows = Vec::new();
        for (pattern, route) in routes {
            for (&method, of_method) in METHODS.iter().zip(route.iter()) {
                let duration = of_method.duration.read();
                if duration.count() > 0 {
                    let statuses = of_method.read();
                    rows.push(Row { pattern: pattern.clone(), method, statuses, duration });
                }
            }
        }
        rows.sort_by(|one, other| (&one.pattern, one.method).cmp(&(&other.pattern, other.method)));
        rows
    }
}

struct Row {
    pattern: String,
    method: &'static str,
    statuses: Vec<(String, u64)>,
    duration: branchline_engine::metrics::HistogramReading,
}

/// Tells what the API counted.
#[derive(Debug)]
pub(super) struct HttpCollector(pub(super) Arc<ApiMetrics>);

impl Collector for HttpCollector {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> Written {
        let rows = self.0.requests.read();
        let mut metrics = Metrics(encoder);
        metrics.counters(
            "branchline_http_requests",
            "Requests that were answered, by pattern of the route, method and status",
            rows.iter().flat_map(|row| {
                row.statuses.iter().map(|(status, count)| {
                    let labels = [
                        ("route", row.pattern.as_str()),
                        ("method", row.method),
                        ("status", status.as_str()),
                    ];
                    (labels, *count)
                })
            }),
        )?;
        metrics.labelled_durations(
            "branchline_http_request_duration_seconds",
            "Until the head of the answer was ready; bodies that come piece by piece not counted",
            rows.iter().map(|row| {
                let labels = [("route", row.pattern.as_str()), ("method", row.method)];
                (labels, row.duration.clone())
            }),
        )?;
        metrics.count(
            "branchline_event_streams",
            "Streams of events that are open",
            self.0.event_streams.load(Ordering::Relaxed),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_count_by_route_method_and_status_and_made_up_methods_are_one() {
        let requests = Requests::default();
        let took = Duration::from_micros(80);
        let invented = |name: &str| Method::from_bytes(name.as_bytes()).unwrap();
        for (method, status) in [
            (Method::GET, StatusCode::OK),
            (Method::GET, StatusCode::OK),
            (Method::GET, StatusCode::NOT_FOUND),
            (invented("FETCH"), StatusCode::METHOD_NOT_ALLOWED),
            (invented("GRAB"), StatusCode::METHOD_NOT_ALLOWED),
        ] {
            requests.answered("/v1/leads", &method, status, took);
        }
        let rows: Vec<_> = requests
            .read()
            .into_iter()
            .map(|row| (row.method, row.statuses, row.duration.count()))
            .collect();
        let status = |status: &str, count| (status.to_owned(), count);
        assert_eq!(
            rows,
            [
                ("GET", vec![status("200", 2), status("404", 1)], 3),
                ("other", vec![status("405", 2)], 2),
            ]
        );
    }

    #[test]
    fn more_statuses_than_there_is_room_for_are_counted_as_one() {
        let of_method = OfMethod::default();
        (200..).take(STATUSES + 3).for_each(|status| of_method.count(status));
        assert_eq!(of_method.read().last(), Some(&("other".to_owned(), 3)));
    }
}
