//! Mistakes of ours in the middle of a request: whoever asked gets a problem document, the connection goes
//! on, and the log has the id of the request.

use std::{fmt, future::Future, panic::AssertUnwindSafe, sync::Arc};

use actix_web::{
    HttpResponse, ResponseError,
    dev::ServiceResponse,
    http::{StatusCode, header::HeaderValue},
};
use futures_util::FutureExt as _;

use crate::{headers::label, problem::Problem};

/// A request that no route answered.
#[derive(Debug)]
struct Unanswered {
    problem: Problem,
    request_id: Arc<str>,
    hsts: Option<HeaderValue>,
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

impl ResponseError for Unanswered {
    fn status_code(&self) -> StatusCode {
        self.problem.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = self.problem.error_response();
        label(response.headers_mut(), &self.request_id, self.hsts.as_ref());
        response
    }
}

/// The answer of a route, or why there is none. What a panic says is not told, and not logged either: it
/// may hold what somebody sent. Where it happened is told by the hook of the program.
///
/// # Errors
///
/// 500 when the route panics; the problem of a layer that has one instead of an answer.
pub(crate) async fn caught<B>(
    answering: impl Future<Output = Result<ServiceResponse<B>, actix_web::Error>>,
    request_id: &Arc<str>,
    hsts: Option<&HeaderValue>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    // Nothing of the request outlives its panic; what requests share is behind locks of the engine, whose
    // own panics end one actor.
    let problem = match AssertUnwindSafe(answering).catch_unwind().await {
        Ok(Ok(response)) => return Ok(response),
        Ok(Err(error)) => error.as_error::<Problem>().cloned().unwrap_or_else(|| {
            // What it says may hold what somebody sent.
            let status = error.as_response_error().status_code().as_u16();
            tracing::error!(request_id = &**request_id, status, "a request has no answer");
            Problem::internal()
        }),
        Err(_panic) => {
            tracing::error!(request_id = &**request_id, "a route panicked");
            Problem::internal()
        }
    };
    Err(Unanswered { problem, request_id: Arc::clone(request_id), hsts: hsts.cloned() }.into())
}

#[cfg(test)]
mod tests {
    use std::{
        future::{Ready, ready},
        io::{Read as _, Write as _},
        net::{TcpListener, TcpStream},
    };

    use actix_web::{
        App, HttpServer, dev::ServiceRequest, http::header::STRICT_TRANSPORT_SECURITY,
        middleware::from_fn, web,
    };

    use super::*;
    use crate::headers;

    async fn panics() -> HttpResponse {
        let personal = "+919876543210";
        assert!(personal.is_empty(), "{personal}");
        HttpResponse::Ok().finish()
    }

    fn has_no_answer(_: ServiceRequest) -> Ready<Result<ServiceResponse, actix_web::Error>> {
        ready(Err(actix_web::error::ErrorImATeapot("+919876543210")))
    }

    #[actix_web::test]
    async fn an_answer_that_a_panic_made_keeps_browsers_on_tls_like_every_other() {
        let age = HeaderValue::from_static("max-age=60");
        for hsts in [Some(&age), None] {
            let panics = async {
                let _answer = panics().await;
                Err::<ServiceResponse, _>(actix_web::error::ErrorImATeapot("it went on"))
            };
            let error = caught(panics, &"r-7".into(), hsts).await.unwrap_err();
            let response = error.error_response();
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            let told = response.headers().get(STRICT_TRANSPORT_SECURITY);
            assert_eq!(told, hsts);
        }
    }

    #[actix_web::test]
    async fn a_route_that_panics_is_500_and_the_connection_goes_on() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let app = || {
            App::new()
                .wrap(from_fn(headers::guard))
                .route("/panics", web::get().to(panics))
                .service(web::scope("/no").wrap_fn(|request, _| has_no_answer(request)))
                .route("/well", web::get().to(|| async { "well" }))
        };
        let server = HttpServer::new(app).workers(1).listen(listener).unwrap().run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let asking = web::block(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            let get = |path: &str, more: &str| {
                format!("GET {path} HTTP/1.1\r\nhost: a\r\nx-request-id: r-7\r\n{more}\r\n")
            };
            let all = [get("/panics", ""), get("/no", ""), get("/well", "connection: close\r\n")];
            stream.write_all(all.concat().as_bytes()).unwrap();
            let mut told = String::new();
            stream.read_to_string(&mut told).unwrap();
            told
        });
        let told = asking.await.unwrap();
        let answers: Vec<_> = told.split("HTTP/1.1 ").skip(1).collect();
        assert_eq!(answers.len(), 3, "{told}");
        for answer in &answers[..2] {
            assert!(
                answer.starts_with("500 ") && answer.contains("\"internal_error\""),
                "{answer}"
            );
            assert!(answer.contains("x-request-id: r-7\r\n"), "{answer}");
        }
        assert!(answers[2].starts_with("200 ") && answers[2].ends_with("well"));
        assert!(!told.contains("9876543210"));
        handle.stop(false).await;
    }
}
