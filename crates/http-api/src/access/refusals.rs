//! What was refused to a key, for the journal: steering that was not theirs, or not the moment.

use actix_web::{HttpRequest, http::StatusCode};
use branchline_domain::{
    id::{ApiKeyId, CallId, EdgeId, ImportId, LeadId, NodeId, WorkflowId},
    organisation::TARGET_BYTES_MAX,
};
use branchline_engine::api_keys::KnownKey;

use super::needs::Needs;
use crate::{
    headers::{request_id, state},
    problem::Problem,
    routes::path_of,
};

/// Says what became of a write, when it was refused to a known key by its scopes, or by the state of
/// what it steers.
pub(super) fn note(key: &KnownKey, needs: Needs, request: &HttpRequest, problem: &Problem) {
    if let Some(action) = needs.action {
        note_action(key, action, needs.is_control, request, problem);
    }
}

/// The same for a write of this name. `is_control`: whether it steers what people wait for.
pub(crate) fn note_action(
    key: &KnownKey,
    action: &'static str,
    is_control: bool,
    request: &HttpRequest,
    problem: &Problem,
) {
    let by_scope = problem.status == StatusCode::FORBIDDEN;
    let by_state = is_control && problem.status == StatusCode::CONFLICT;
    if !by_scope && !by_state {
        return;
    }
    // Another request with the same idempotency key is no refusal.
    if problem.code == "request_under_way" {
        return;
    }
    if let Ok(state) = state(request) {
        let refusal = (action, target(request), problem.code);
        state.engine.note_refusal(key, request_id(request), refusal);
    }
}

/// The ids in the path. Nothing else of it: somebody may have put a number there.
fn target(request: &HttpRequest) -> String {
    let ids = path_of(request).split('/').filter(|segment| is_id(segment));
    let mut target = String::new();
    for id in ids {
        if target.len() + id.len() < TARGET_BYTES_MAX {
            target.extend(if target.is_empty() { None } else { Some('/') });
            target.push_str(id);
        }
    }
    target
}

fn is_id(text: &str) -> bool {
    fn reads<T: std::str::FromStr + ToString>(text: &str) -> bool {
        text.parse::<T>().is_ok_and(|id| id.to_string() == text)
    }
    reads::<WorkflowId>(text)
        || reads::<LeadId>(text)
        || reads::<NodeId>(text)
        || reads::<EdgeId>(text)
        || reads::<ImportId>(text)
        || reads::<CallId>(text)
        || reads::<ApiKeyId>(text)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_target_of_a_refusal_is_made_of_ids_alone() {
        let (flow, lead) = (WorkflowId::from_u128(1), LeadId::from_u128(2));
        let path = format!("/v1/workflows/{flow}/leads/{lead}/resolve");
        let named = TestRequest::post().uri(&path).to_http_request();
        assert_eq!(target(&named), format!("{flow}/{lead}"));
        let path = "/v1/workflows/+4915112345678/activate";
        assert_eq!(target(&TestRequest::post().uri(path).to_http_request()), "");
    }
}
