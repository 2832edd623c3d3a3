//! The front of the house: pages for campaign operators, who ask what runs, where everybody is, what
//! is stuck, and what happened to a person.
//!
//! Every page reads without a script, and its buttons are forms; scripts keep it fresh. Nothing is
//! decided here, and there is no write that the HTTP API does not have. Assets come out of the
//! binary: a browser is sent nowhere else.

#![allow(dead_code, unused_imports, reason = "the pages that use the rest of the shell come next")]

mod assets;
pub mod drawing;
mod insights;
mod live;
mod login;
mod overview;
mod shell;
mod throughput;
mod workflow;

use actix_web::web::ServiceConfig;
use branchline_http_api::pages::{Page, PageAccess, register};

use PageAccess::{Everybody, Visitors};

/// Makes a table of pages: `get "/" => overview::page, Visitors;` and so on.
macro_rules! pages {
    ($($method:ident $pattern:literal => $handler:path, $access:expr);+ $(;)?) => {
        &[$(Page {
            method: stringify!($method),
            pattern: $pattern,
            access: $access,
            route: || actix_web::web::$method().to($handler),
        }),+]
    };
}

/// Every page in one place.
const PAGES: &[Page] = pages![
    get "/" => overview::page, Visitors;
    get "/login" => login::page, Everybody;
    post "/login" => login::log_in, Everybody;
    post "/logout" => login::log_out, Everybody;
    get "/workflows/{workflow}/insights" => insights::page, Visitors;
    get "/live" => live::stream, Visitors;
    get "/assets/{hash}/{file}" => assets::file, Everybody;
    get "/favicon.ico" => assets::icon, Everybody;
];

/// Puts the pages beside the API: for `ApiState::with_pages`.
pub fn pages(config: &mut ServiceConfig) {
    register(config, PAGES);
}
