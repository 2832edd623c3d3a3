//! Every route in one place: a table, so that what is registered can be compared with what is
//! documented.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse, Route,
    middleware::from_fn,
    web::{self, ServiceConfig},
};

use crate::{
    ApiState, access, admin, api_keys, call_logs,
    error_mapping::Refusal,
    events, exports, graph, headers, health, imports, landing, lead_actions, lead_changes,
    lead_upload, leads, metrics, observe, openapi, positions,
    problem::{Answer, Problem},
    rates, whole_graph, workflows,
};

/// One route: a method of a pattern, and who answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    /// In lower case.
    pub(crate) method: &'static str,
    /// The whole path, with `{…}` for ids.
    pub(crate) pattern: &'static str,
    route: fn() -> Route,
}

/// Makes a table of routes: `get "/v1/workflows" => workflows::list,` and so on.
macro_rules! lines {
    ($($method:ident $pattern:literal => $handler:path),+ $(,)?) => {
        &[$($crate::routes::Line::new(
            stringify!($method),
            $pattern,
            || actix_web::web::$method().to($handler),
        )),+]
    };
}
pub(crate) use lines;

impl Line {
    /// For [`lines!`].
    pub(crate) const fn new(
        method: &'static str,
        pattern: &'static str,
        route: fn() -> Route,
    ) -> Self {
        Self { method, pattern, route }
    }
}

const OUTSIDE: &[Line] = lines![
    get "/" => landing::page,
    get "/healthz" => health::healthz,
    get "/readyz" => health::readyz,
    get "/openapi.json" => openapi::document,
    get "/docs" => openapi::page::folder,
    get "/docs/" => openapi::page::file,
    get "/docs/{file}" => openapi::page::file,
    get "/metrics" => metrics::metrics,
];

const CALLS: &[Line] = lines![
    post "/v1/call-logs/{call}/status" => call_logs::report,
    post "/v1/call-logs/status" => call_logs::report_many,
    post "/v1/call-logs/claim" => call_logs::claim,
    post "/v1/call-logs/{call}/attributes" => call_logs::attach,
    post "/v1/call-logs/{call}/dispatched" => call_logs::dispatched,
    post "/v1/call-logs/{call}/refused" => call_logs::refused,
    get "/v1/call-logs/{call}" => call_logs::one,
    get "/v1/call-logs" => call_logs::list,
];

const WORKFLOWS: &[Line] = lines![
    get "/v1/workflows" => workflows::list,
    post "/v1/workflows" => workflows::create,
    get "/v1/workflows/{workflow}" => workflows::one,
    patch "/v1/workflows/{workflow}" => workflows::edit,
    delete "/v1/workflows/{workflow}" => workflows::delete,
    post "/v1/workflows/{workflow}/activate" => workflows::activate,
    post "/v1/workflows/{workflow}/pause" => workflows::pause,
    post "/v1/workflows/{workflow}/resume" => workflows::resume,
    post "/v1/workflows/{workflow}/cancel" => workflows::cancel,
    post "/v1/workflows/{workflow}/complete" => workflows::complete,
    post "/v1/workflows/{workflow}/duplicate" => workflows::duplicate,
    post "/v1/workflows/{workflow}/validate" => whole_graph::validate,
    get "/v1/workflows/{workflow}/counts" => workflows::counts,
    get "/v1/workflows/{workflow}/graph" => whole_graph::whole,
    put "/v1/workflows/{workflow}/graph" => whole_graph::put,
    get "/v1/workflows/{workflow}/nodes" => graph::nodes,
    post "/v1/workflows/{workflow}/nodes" => graph::add_node,
    get "/v1/workflows/{workflow}/nodes/{node}" => graph::node,
    patch "/v1/workflows/{workflow}/nodes/{node}" => graph::patch_node,
    delete "/v1/workflows/{workflow}/nodes/{node}" => graph::remove_node,
    get "/v1/workflows/{workflow}/edges" => graph::edges,
    post "/v1/workflows/{workflow}/edges" => graph::add_edge,
    get "/v1/workflows/{workflow}/edges/{edge}" => graph::edge,
    delete "/v1/workflows/{workflow}/edges/{edge}" => graph::remove_edge,
];

const LEADS: &[Line] = lines![
    get "/v1/workflows/{workflow}/leads" => leads::list,
    post "/v1/workflows/{workflow}/leads" => lead_upload::enrol,
    post "/v1/workflows/{workflow}/leads/actions" => lead_actions::act,
    get "/v1/workflows/{workflow}/leads/variable-keys" => leads::variable_keys,
    get "/v1/workflows/{workflow}/leads.csv" => exports::of_leads,
    get "/v1/call-logs.csv" => exports::of_calls,
    get "/v1/workflows/{workflow}/leads/{lead}" => leads::one,
    patch "/v1/workflows/{workflow}/leads/{lead}" => lead_changes::edit,
    delete "/v1/workflows/{workflow}/leads/{lead}" => lead_changes::remove,
    get "/v1/workflows/{workflow}/leads/{lead}/history" => leads::history,
    get "/v1/workflows/{workflow}/leads/{lead}/explain" => leads::explain,
    post "/v1/workflows/{workflow}/leads/{lead}/resolve" => lead_changes::resolve,
    get "/v1/workflows/{workflow}/imports" => imports::list,
    get "/v1/workflows/{workflow}/imports/{import}" => imports::one,
    post "/v1/workflows/{workflow}/leads/{lead}/erase" => lead_changes::erase,
    get "/v1/leads" => leads::of_person,
    get "/v1/events" => events::events,
];

const KEYS: &[Line] = lines![
    get "/v1/keys" => api_keys::list,
    post "/v1/keys" => api_keys::create,
    patch "/v1/keys/{key}" => api_keys::edit,
    delete "/v1/keys/{key}" => api_keys::revoke,
    post "/v1/keys/{key}/rotate" => api_keys::rotate,
    get "/v1/refused-actions" => api_keys::refused,
];

/// Every route below `/v1` but the operator's.
#[cfg(test)]
pub(crate) fn below_v1() -> impl Iterator<Item = &'static Line> {
    CALLS.iter().chain(WORKFLOWS).chain(LEADS).chain(KEYS)
}

/// Every route.
#[cfg(test)]
pub(crate) fn all() -> impl Iterator<Item = &'static Line> {
    OUTSIDE.iter().chain(below_v1()).chain(admin::ROUTES)
}

/// Puts all routes of the API into an actix-web application. Register your own routes before: this
/// answers whatever is left with a problem document.
pub fn configure(state: ApiState) -> impl Fn(&mut ServiceConfig) {
    move |config| {
        config.app_data(web::Data::new(state.clone()));
        let routes = web::scope("")
            .wrap(from_fn(headers::guard))
            .wrap(from_fn(observe::observe))
            .configure(|config| register(config, "", OUTSIDE))
            .service(
                // Routes are tried in this order; the ones that carriers ask all day come first,
                // in their own scope, so that a report is not compared with everything else.
                web::scope("/v1")
                    // The last one is asked first: nobody learns of a position without a key.
                    .wrap(from_fn(positions::guard))
                    .wrap(from_fn(rates::of_keys))
                    .wrap(from_fn(access::guard))
                    .wrap(from_fn(rates::of_strangers))
                    .service(
                        web::scope("/call-logs")
                            .configure(|config| register(config, "/v1/call-logs", CALLS))
                            .default_service(web::route().to(no_route)),
                    )
                    .configure(|config| register(config, "/v1", WORKFLOWS))
                    .configure(|config| register(config, "/v1", LEADS))
                    .configure(|config| register(config, "/v1", KEYS))
                    .configure(admin::routes)
                    .default_service(web::route().to(no_route)),
            )
            .default_service(web::route().to(no_route));
        config.service(routes);
    }
}

/// Registers a table in the scope of a prefix: the routes of a pattern as one resource, which
/// answers every other method with those that it takes.
pub(crate) fn register(config: &mut ServiceConfig, prefix: &str, lines: &[Line]) {
    for (index, line) in lines.iter().enumerate() {
        let pattern = line.pattern;
        if lines.iter().take(index).any(|earlier| earlier.pattern == pattern) {
            continue;
        }
        let mut resource = web::resource(pattern.strip_prefix(prefix).unwrap_or(pattern));
        let mut taken = Vec::new();
        for line in lines.iter().filter(|line| line.pattern == pattern) {
            resource = resource.route((line.route)());
            taken.push(line.method.to_ascii_uppercase());
            // A stream without a body would never end.
            if line.method == "get" && pattern != headers::EVENTS_PATH {
                taken.push("HEAD".into());
            }
        }
        config.service(resource.default_service(only(&taken.join(", "))));
    }
}

pub(crate) async fn no_route(request: HttpRequest) -> Answer {
    Err(Problem::not_found("route_not_found", "route", request.path()))
}

/// Answers every other method of a resource.
fn only(allow: &str) -> Route {
    let allow: Arc<str> = allow.into();
    web::route().to(move || {
        let allow = Arc::clone(&allow);
        async move {
            let detail = format!("this route takes {allow}");
            let problem = Problem::of(Refusal::MethodNotAllowed, detail);
            Err::<HttpResponse, Problem>(Problem { allow: Some(allow), ..problem })
        }
    })
}
