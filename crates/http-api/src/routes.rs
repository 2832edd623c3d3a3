//! Every route in one place.

use actix_web::{
    HttpRequest, HttpResponse, Route, Scope,
    middleware::from_fn,
    web::{self, ServiceConfig},
};

use crate::{
    ApiState, admin, call_logs,
    error_mapping::Refusal,
    events, graph, headers, health, imports, landing, lead_actions, lead_changes, lead_upload,
    leads,
    problem::{Answer, Problem},
    whole_graph, workflows,
};

/// Puts all routes of the API into an actix-web application. Register your own routes before: this
/// answers whatever is left with a problem document.
pub fn configure(state: ApiState) -> impl Fn(&mut ServiceConfig) {
    move |config| {
        config.app_data(web::Data::new(state.clone()));
        let routes = web::scope("")
            .wrap(from_fn(headers::guard))
            .configure(outside)
            .service(
                // Routes are tried in this order; the ones that carriers ask all day come first.
                web::scope("/v1")
                    .service(call_routes())
                    .configure(workflow_routes)
                    .configure(lead_routes)
                    .configure(admin::routes)
                    .default_service(web::route().to(no_route)),
            )
            .default_service(web::route().to(no_route));
        config.service(routes);
    }
}

pub(crate) async fn no_route(request: HttpRequest) -> Answer {
    Err(Problem::not_found("route_not_found", "route", request.path()))
}

/// Answers every other method of a resource.
pub(crate) fn only(allow: &'static str) -> Route {
    web::route().to(move || async move {
        let detail = format!("this route takes {allow}");
        let problem = Problem::of(Refusal::MethodNotAllowed, detail);
        Err::<HttpResponse, Problem>(Problem { allow: Some(allow), ..problem })
    })
}

fn outside(config: &mut ServiceConfig) {
    config
        .service(web::resource("/").get(landing::page).default_service(only("GET, HEAD")))
        .service(web::resource("/healthz").get(health::healthz).default_service(only("GET, HEAD")))
        .service(web::resource("/readyz").get(health::readyz).default_service(only("GET, HEAD")));
}

fn workflow_routes(config: &mut ServiceConfig) {
    let post = |path: &str| web::resource(path).default_service(only("POST"));
    let get = |path: &str| web::resource(path).default_service(only("GET, HEAD"));
    config
        .service(
            web::resource("/workflows")
                .get(workflows::list)
                .post(workflows::create)
                .default_service(only("GET, HEAD, POST")),
        )
        .service(
            web::resource("/workflows/{workflow}")
                .get(workflows::one)
                .patch(workflows::edit)
                .delete(workflows::delete)
                .default_service(only("GET, HEAD, PATCH, DELETE")),
        )
        .service(post("/workflows/{workflow}/activate").post(workflows::activate))
        .service(post("/workflows/{workflow}/pause").post(workflows::pause))
        .service(post("/workflows/{workflow}/resume").post(workflows::resume))
        .service(post("/workflows/{workflow}/cancel").post(workflows::cancel))
        .service(post("/workflows/{workflow}/complete").post(workflows::complete))
        .service(post("/workflows/{workflow}/duplicate").post(workflows::duplicate))
        .service(post("/workflows/{workflow}/validate").post(whole_graph::validate))
        .service(get("/workflows/{workflow}/counts").get(workflows::counts))
        .service(
            web::resource("/workflows/{workflow}/graph")
                .get(whole_graph::whole)
                .put(whole_graph::put)
                .default_service(only("GET, HEAD, PUT")),
        )
        .service(
            web::resource("/workflows/{workflow}/nodes")
                .get(graph::nodes)
                .post(graph::add_node)
                .default_service(only("GET, HEAD, POST")),
        )
        .service(
            web::resource("/workflows/{workflow}/nodes/{node}")
                .get(graph::node)
                .patch(graph::patch_node)
                .delete(graph::remove_node)
                .default_service(only("GET, HEAD, PATCH, DELETE")),
        )
        .service(
            web::resource("/workflows/{workflow}/edges")
                .get(graph::edges)
                .post(graph::add_edge)
                .default_service(only("GET, HEAD, POST")),
        )
        .service(
            web::resource("/workflows/{workflow}/edges/{edge}")
                .get(graph::edge)
                .delete(graph::remove_edge)
                .default_service(only("GET, HEAD, DELETE")),
        );
}

fn lead_routes(config: &mut ServiceConfig) {
    let get = |path: &str| web::resource(path).default_service(only("GET, HEAD"));
    config
        .service(
            web::resource("/workflows/{workflow}/leads")
                .get(leads::list)
                .post(lead_upload::enrol)
                .default_service(only("GET, HEAD, POST")),
        )
        .service(
            web::resource("/workflows/{workflow}/leads/actions")
                .post(lead_actions::act)
                .default_service(only("POST")),
        )
        .service(get("/workflows/{workflow}/leads/variable-keys").get(leads::variable_keys))
        .service(
            web::resource("/workflows/{workflow}/leads/{lead}")
                .get(leads::one)
                .patch(lead_changes::edit)
                .delete(lead_changes::remove)
                .default_service(only("GET, HEAD, PATCH, DELETE")),
        )
        .service(get("/workflows/{workflow}/leads/{lead}/history").get(leads::history))
        .service(get("/workflows/{workflow}/leads/{lead}/explain").get(leads::explain))
        .service(
            web::resource("/workflows/{workflow}/leads/{lead}/resolve")
                .post(lead_changes::resolve)
                .default_service(only("POST")),
        )
        .service(get("/workflows/{workflow}/imports").get(imports::list))
        .service(get("/workflows/{workflow}/imports/{import}").get(imports::one))
        .service(get("/leads").get(leads::of_person))
        .service(web::resource("/events").get(events::events).default_service(only("GET")));
}

/// Their own scope, so that a report is not compared with the paths of everything else.
fn call_routes() -> Scope {
    let post = |path: &str| web::resource(path).default_service(only("POST"));
    let get = |path: &str| web::resource(path).default_service(only("GET, HEAD"));
    web::scope("/call-logs")
        .service(post("/{call}/status").post(call_logs::report))
        .service(post("/status").post(call_logs::report_many))
        .service(post("/claim").post(call_logs::claim))
        .service(post("/{call}/attributes").post(call_logs::attach))
        .service(post("/{call}/dispatched").post(call_logs::dispatched))
        .service(post("/{call}/refused").post(call_logs::refused))
        .service(get("/{call}").get(call_logs::one))
        .service(get("").get(call_logs::list))
        .default_service(web::route().to(no_route))
}
