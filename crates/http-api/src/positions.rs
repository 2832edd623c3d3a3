//! Places in the journal: every answer says one, and a request may ask for one.
//!
//! A write is answered with the position of the record that it made or found; a read with one whose
//! records, and all before, it shows. So whoever has written through one process can read through
//! another what must be there, and whoever has read a list can follow the events from it.

use actix_web::{
    HttpMessage, HttpRequest, ResponseError,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
};
use branchline_engine::{EngineError, command::LastPosition};
use branchline_journal::record::Position;

use crate::{
    access::is_operators,
    headers::{header_fault, state},
    problem::Problem,
    routes::path_of,
};

const POSITION: HeaderName = HeaderName::from_static("branchline-position");
const AT_LEAST: HeaderName = HeaderName::from_static("branchline-at-least");

/// Largest position that a request may ask for: no journal is that long, so it is a mistake.
pub(crate) const AT_LEAST_MAX: u64 = 999_999_999_999;

/// Runs before and after every route below `/v1` but those of the operator, whose answers have a
/// header of their own: checks that the journal has the record that a request asks for, and says in
/// the answer which records it is about.
pub(crate) async fn guard(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    if is_operators(path_of(request.request())) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    match before(&request) {
        Ok(before) => {
            let mut response = next.call(request).await?;
            label(&mut response, before);
            Ok(response.map_into_left_body())
        }
        Err(problem) => {
            drop(request.take_payload());
            let refusal = problem.error_response();
            Ok(request.into_response(refusal).map_into_right_body())
        }
    }
}

/// Where the journal stands when a request comes. A read waits for the read models anyway; what the
/// journal does not have may never come.
///
/// # Errors
///
/// 400 for a header that is no position; 503 when the journal has no such record yet.
fn before(request: &ServiceRequest) -> Result<Position, Problem> {
    let head = state(request.request())?.engine.position();
    if let Some(wanted) = request.headers().get(AT_LEAST) {
        let wanted = wanted.to_str().ok().and_then(|text| text.trim().parse::<u64>().ok());
        let wanted = wanted.filter(|wanted| *wanted <= AT_LEAST_MAX);
        let wanted = wanted.map(Position).ok_or_else(|| {
            let problem = "Branchline-At-Least: must be a position, such as 1042".to_owned();
            header_fault("Branchline-At-Least", problem)
        })?;
        if head < wanted {
            return Err(EngineError::Behind.into());
        }
    }
    Ok(head)
}

/// Where the answers to this request's commands will be noted.
pub(crate) fn noted(request: &HttpRequest) -> LastPosition {
    let noted = LastPosition::default();
    request.extensions_mut().insert(noted.clone());
    noted
}

/// Says in an answer which records it is about, unless the route has said so itself.
fn label<B>(response: &mut ServiceResponse<B>, before: Position) {
    if !response.status().is_success() || response.headers().contains_key(POSITION) {
        return;
    }
    let position = if *response.request().method() == Method::GET {
        before
    } else {
        let noted =
            response.request().extensions().get::<LastPosition>().and_then(LastPosition::get);
        // Nothing new was recorded: what was found is there.
        let newest = || state(response.request()).map_or(before, |state| state.engine.position());
        noted.unwrap_or_else(newest)
    };
    set(response.headers_mut(), position);
}

/// Names a position in an answer.
pub(crate) fn set(headers: &mut HeaderMap, position: Position) {
    headers.insert(POSITION, HeaderValue::from(position.0));
}
