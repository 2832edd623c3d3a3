//! Every route in one place: a table of what is there, who answers, and who may ask. The `OpenAPI`
//! document is compared with it, and takes from it what it says of access.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse, Route,
    middleware::from_fn,
    web::{self, ServiceConfig},
};
use branchline_domain::organisation::Scope;

use crate::{
    ApiState,
    access::{
        self,
        needs::{Access, control, reads, write},
    },
    admin, api_keys, call_logs, events, exports, graph, headers, health, imports, insights,
    lead_actions, lead_changes, lead_upload, leads, metrics, observe, openapi, positions,
    problem::{Answer, Problem},
    provider_events, provider_words, rates, whole_graph, workflows,
};

/// One route: a method of a pattern, who may ask, and who answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    /// In lower case.
    pub(crate) method: &'static str,
    /// The whole path, with `{…}` for ids.
    pub(crate) pattern: &'static str,
    /// Who may ask.
    pub(crate) access: Access,
    route: fn() -> Route,
}

/// Makes a table of routes: `get "/v1/workflows" => workflows::list, READS;` and so on.
macro_rules! lines {
    ($($method:ident $pattern:literal => $handler:path, $access:expr);+ $(;)?) => {
        &[$($crate::routes::Line::new(
            stringify!($method),
            $pattern,
            $access,
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
        access: Access,
        route: fn() -> Route,
    ) -> Self {
        Self { method, pattern, access, route }
    }
}

const OPERATE: &[Scope] = &[Scope::Operate];
const RESOLVE: &[Scope] = &[Scope::Resolve];
const INGEST: &[Scope] = &[Scope::Ingest];
const ADMIN: &[Scope] = &[Scope::Admin];

/// What shows things of the organisation.
const READS: Access = reads(&[Scope::Read]);

const OUTSIDE: &[Line] = lines![
    get "/healthz" => health::healthz, Access::Everybody;
    get "/readyz" => health::readyz, Access::Everybody;
    get "/openapi.json" => openapi::document, Access::Local;
    get "/docs" => openapi::page::folder, Access::Local;
    get "/docs/" => openapi::page::file, Access::Local;
    get "/docs/{file}" => openapi::page::file, Access::Local;
    get "/metrics" => metrics::metrics, Access::Local;
];

const CALLS: &[Line] = lines![
    post "/v1/call-logs/{call}/status" => call_logs::report, write(INGEST, "call.report");
    post "/v1/call-logs/status" => call_logs::report_many, write(INGEST, "call.report_many");
    post "/v1/call-logs/claim" => call_logs::claim, write(INGEST, "call.claim");
    post "/v1/call-logs/{call}/attributes" => call_logs::attach, write(INGEST, "call.attach");
    post "/v1/call-logs/{call}/dispatched" => call_logs::dispatched, write(INGEST, "call.dispatched");
    post "/v1/call-logs/{call}/refused" => call_logs::refused, write(INGEST, "call.refused");
    get "/v1/call-logs/{call}" => call_logs::one, READS;
    get "/v1/call-logs" => call_logs::list, READS;
];

const WORKFLOWS: &[Line] = lines![
    get "/v1/workflows" => workflows::list, READS;
    post "/v1/workflows" => workflows::create, write(OPERATE, "workflow.create");
    get "/v1/workflows/{workflow}" => workflows::one, READS;
    patch "/v1/workflows/{workflow}" => workflows::edit, write(OPERATE, "workflow.edit");
    delete "/v1/workflows/{workflow}" => workflows::delete, control(OPERATE, "workflow.delete");
    post "/v1/workflows/{workflow}/activate" => workflows::activate, control(OPERATE, "workflow.activate");
    post "/v1/workflows/{workflow}/pause" => workflows::pause, control(OPERATE, "workflow.pause");
    post "/v1/workflows/{workflow}/resume" => workflows::resume, control(OPERATE, "workflow.resume");
    post "/v1/workflows/{workflow}/cancel" => workflows::cancel, control(OPERATE, "workflow.cancel");
    post "/v1/workflows/{workflow}/complete" => workflows::complete, control(OPERATE, "workflow.complete");
    post "/v1/workflows/{workflow}/duplicate" => workflows::duplicate, write(OPERATE, "workflow.duplicate");
    post "/v1/workflows/{workflow}/validate" => whole_graph::validate, reads(&[Scope::Read, Scope::Operate]);
    get "/v1/workflows/{workflow}/counts" => workflows::counts, READS;
    get "/v1/workflows/{workflow}/insights" => insights::insights, READS;
    get "/v1/workflows/{workflow}/insights.csv" => insights::export, READS;
    get "/v1/workflows/{workflow}/graph" => whole_graph::whole, READS;
    put "/v1/workflows/{workflow}/graph" => whole_graph::put, write(OPERATE, "graph.put");
    get "/v1/workflows/{workflow}/nodes" => graph::nodes, READS;
    post "/v1/workflows/{workflow}/nodes" => graph::add_node, write(OPERATE, "graph.add_node");
    get "/v1/workflows/{workflow}/nodes/{node}" => graph::node, READS;
    patch "/v1/workflows/{workflow}/nodes/{node}" => graph::patch_node, write(OPERATE, "graph.edit_node");
    delete "/v1/workflows/{workflow}/nodes/{node}" => graph::remove_node, write(OPERATE, "graph.remove_node");
    get "/v1/workflows/{workflow}/edges" => graph::edges, READS;
    post "/v1/workflows/{workflow}/edges" => graph::add_edge, write(OPERATE, "graph.add_edge");
    get "/v1/workflows/{workflow}/edges/{edge}" => graph::edge, READS;
    delete "/v1/workflows/{workflow}/edges/{edge}" => graph::remove_edge, write(OPERATE, "graph.remove_edge");
];

const LEADS: &[Line] = lines![
    get "/v1/workflows/{workflow}/leads" => leads::list, READS;
    post "/v1/workflows/{workflow}/leads" => lead_upload::enrol, write(OPERATE, "lead.enrol");
    // To resolve, redial and move asks for `resolve`, to remove for `operate`: the route says so.
    post "/v1/workflows/{workflow}/leads/actions" => lead_actions::act, write(&[Scope::Operate, Scope::Resolve], "lead.act_on_many");
    get "/v1/workflows/{workflow}/leads/variable-keys" => leads::variable_keys, READS;
    get "/v1/workflows/{workflow}/leads.csv" => exports::of_leads, READS;
    get "/v1/call-logs.csv" => exports::of_calls, READS;
    get "/v1/workflows/{workflow}/leads/{lead}" => leads::one, READS;
    patch "/v1/workflows/{workflow}/leads/{lead}" => lead_changes::edit, write(OPERATE, "lead.edit");
    delete "/v1/workflows/{workflow}/leads/{lead}" => lead_changes::remove, control(OPERATE, "lead.remove");
    get "/v1/workflows/{workflow}/leads/{lead}/history" => leads::history, READS;
    get "/v1/workflows/{workflow}/leads/{lead}/explain" => leads::explain, READS;
    post "/v1/workflows/{workflow}/leads/{lead}/resolve" => lead_changes::resolve, control(RESOLVE, "lead.resolve");
    get "/v1/workflows/{workflow}/imports" => imports::list, READS;
    get "/v1/workflows/{workflow}/imports/{import}" => imports::one, READS;
    post "/v1/workflows/{workflow}/leads/{lead}/erase" => lead_changes::erase, write(ADMIN, "lead.erase");
    get "/v1/leads" => leads::of_person, READS;
    get "/v1/leads/{lead}/dossier" => admin::proofs::own_dossier, reads(&[Scope::Audit]);
    get "/v1/events" => events::events, reads(&[Scope::Read, Scope::Audit]);
];

const KEYS: &[Line] = lines![
    get "/v1/keys" => api_keys::list, reads(&[Scope::Admin, Scope::Audit]);
    post "/v1/keys" => api_keys::create, write(ADMIN, "key.create");
    patch "/v1/keys/{key}" => api_keys::edit, write(ADMIN, "key.edit");
    delete "/v1/keys/{key}" => api_keys::revoke, write(ADMIN, "key.revoke");
    post "/v1/keys/{key}/rotate" => api_keys::rotate, write(ADMIN, "key.rotate");
    get "/v1/refused-actions" => api_keys::refused, reads(&[Scope::Audit]);
];

const PROVIDERS: &[Line] = lines![
    post "/v1/provider-events" => provider_events::hear, write(INGEST, "provider_event.hear");
    get "/v1/provider-events" => provider_events::list, READS;
    post "/v1/provider-events/{provider_event}/match" => provider_events::match_to, control(RESOLVE, "provider_event.match");
    post "/v1/provider-events/{provider_event}/dismiss" => provider_events::dismiss, control(RESOLVE, "provider_event.dismiss");
    get "/v1/provider-words" => provider_words::list, READS;
    put "/v1/provider-words/{provider}" => provider_words::set, write(OPERATE, "provider_words.set");
];

/// Every route.
pub(crate) fn all() -> impl Iterator<Item = &'static Line> {
    [OUTSIDE, CALLS, WORKFLOWS, LEADS, PROVIDERS, KEYS, admin::ROUTES].into_iter().flatten()
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
                    .configure(|config| register(config, "/v1", PROVIDERS))
                    .configure(|config| register(config, "/v1", KEYS))
                    .configure(admin::routes)
                    .default_service(web::route().to(no_route)),
            )
            .configure(|config| state.pages.iter().for_each(|pages| pages(config)))
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
        let of_pattern = || lines.iter().filter(|line| line.pattern == pattern);
        for line in of_pattern() {
            resource = resource.route((line.route)());
        }
        config.service(resource.default_service(only(&allow(of_pattern()))));
    }
}

/// The methods of a resource, as `Allow` says them.
pub(crate) fn allow<'a>(lines: impl Iterator<Item = &'a Line>) -> String {
    let mut taken = Vec::new();
    for line in lines {
        taken.push(line.method.to_ascii_uppercase());
        // A stream without a body would never end.
        if line.method == "get" && line.pattern != headers::EVENTS_PATH {
            taken.push("HEAD".into());
        }
    }
    taken.join(", ")
}

/// The path of a request as the router compares it with patterns. The one it came with may be
/// spelled in many ways (`/%6detrics`), and whoever compares that one lets some of them past.
pub(crate) fn path_of(request: &HttpRequest) -> &str {
    request.match_info().as_str()
}

pub(crate) async fn no_route() -> Answer {
    Err(Problem::no_route())
}

/// Answers every other method of a resource.
pub(crate) fn only(allow: &str) -> Route {
    let allow: Arc<str> = allow.into();
    web::route().to(move || {
        let allow = Arc::clone(&allow);
        async move { Err::<HttpResponse, Problem>(Problem::other_methods(allow)) }
    })
}
