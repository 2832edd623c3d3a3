//! The page at `/docs`: Swagger UI with this server's document. Its files are part of the program,
//! so it needs no other host, and its policy allows none.

use std::sync::{Arc, LazyLock};

use actix_web::{HttpRequest, HttpResponse, http::header};
use utoipa_swagger_ui::{Config, SwaggerFile};

use crate::problem::{Answer, Problem};

/// Scripts and styles of this server only; nothing is sent anywhere else, and nobody frames it.
/// The page styles some elements in place.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    Arc::new(
        Config::from("/openapi.json")
            .validator_url("none")
            .deep_linking(true)
            .display_request_duration(true)
            .try_it_out_enabled(true)
            .default_models_expand_depth(0)
            .use_base_layout(),
    )
});

/// `GET /docs`: the page is a folder, so that its files are found beside it.
pub(crate) async fn folder(_request: HttpRequest) -> Answer {
    Ok(HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/docs/")).finish())
}

/// `GET /docs/` and `GET /docs/{file}`.
pub(crate) async fn file(request: HttpRequest) -> Answer {
    let name = request.match_info().get("file").unwrap_or_default();
    let found = utoipa_swagger_ui::serve(name, Arc::clone(&CONFIG)).map_err(|error| {
        tracing::error!(%error, "a file of the page at /docs cannot be made");
        Problem::no_route()
    })?;
    let SwaggerFile { bytes, content_type, gzpipped, .. } = found.ok_or_else(Problem::no_route)?;
    let mut response = HttpResponse::Ok();
    if gzpipped {
        response.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    Ok(response
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .body(bytes.into_owned()))
}
