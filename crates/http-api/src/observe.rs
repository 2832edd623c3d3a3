//! What is noted about each request, whatever answers it.

use std::time::Instant;

use actix_web::{
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web,
};

use crate::ApiState;

/// The route of requests that no route answers. Their paths are anybody's to make up, so none is a
/// label or in a log line.
const NO_ROUTE: &str = "none";

/// Runs around everything else: counts and times each request by the pattern of its route.
pub(crate) async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let (asked, method) = (Instant::now(), request.method().clone());
    let metrics = request.app_data::<web::Data<ApiState>>().map(|state| state.metrics.clone());
    let answered = next.call(request).await;
    if let Some(metrics) = metrics {
        let (pattern, status) = match &answered {
            Ok(response) => (response.request().match_pattern(), response.status()),
            Err(error) => (None, error.as_response_error().status_code()),
        };
        let pattern = pattern.as_deref().unwrap_or(NO_ROUTE);
        metrics.requests.answered(pattern, &method, status, asked.elapsed());
    }
    answered
}
