//! The front of the house: pages for campaign operators, who ask what runs, where everybody is, what
//! is stuck, and what happened to a person.
//!
//! Every page reads without a script, and its buttons are forms; scripts keep it fresh. Nothing is
//! decided here, and there is no write that the HTTP API does not have. Assets come out of the
//! binary: a browser is sent nowhere else.

mod assets;
mod audit;
mod builder;
mod calls;
pub mod drawing;
mod insights;
mod lead;
mod live;
mod login;
mod overview;
mod shell;
mod system;
mod throughput;
mod workflow;

use actix_web::web::ServiceConfig;
use branchline_http_api::pages::{Page, PageAccess, register};

pub use builder::{DEMO_FILES, DemoFiles};

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
    get "/audit" => audit::page, Visitors;
    get "/audit/refused" => audit::refused_page, Visitors;
    get "/system" => system::page, Visitors;
    post "/system/check" => system::check, Visitors;
    post "/system/keys" => system::make, Visitors;
    post "/system/keys/{key}/rotate" => system::rotate, Visitors;
    post "/system/keys/{key}/revoke" => system::revoke, Visitors;
    get "/login" => login::page, Everybody;
    post "/login" => login::log_in, Everybody;
    post "/logout" => login::log_out, Everybody;
    get "/workflows/{workflow}/insights" => insights::page, Visitors;
    get "/workflows/new" => builder::new_page, Visitors;
    post "/workflows/new" => builder::create, Visitors;
    post "/workflows/demo" => builder::create_demo, Visitors;
    get "/workflows/{workflow}/edit" => builder::edit_page, Visitors;
    get "/workflows/{workflow}/edit/newest" => builder::newest, Visitors;
    post "/workflows/{workflow}/edit/check" => builder::check, Visitors;
    post "/workflows/{workflow}/edit/tidy" => builder::tidy, Visitors;
    post "/workflows/{workflow}/edit/walk" => builder::walk, Visitors;
    post "/workflows/{workflow}/edit/nodes" => builder::add_node, Visitors;
    post "/workflows/{workflow}/edit/nodes/{node}" => builder::change_node, Visitors;
    post "/workflows/{workflow}/edit/nodes/{node}/delete" => builder::remove_node, Visitors;
    post "/workflows/{workflow}/edit/edges" => builder::add_edge, Visitors;
    post "/workflows/{workflow}/edit/edges/{edge}/delete" => builder::remove_edge, Visitors;
    get "/workflows/{workflow}/import" => builder::import_page, Visitors;
    post "/workflows/{workflow}/import" => builder::upload, Visitors;
    post "/workflows/{workflow}/import/country" => builder::change_country, Visitors;
    get "/workflows/{workflow}/import/{import}/faults.csv" => builder::faults_as_csv, Visitors;
    get "/calls" => calls::page, Visitors;
    get "/workflows/{workflow}/calls" => calls::of_workflow, Visitors;
    get "/calls/{call}" => calls::one, Visitors;
    get "/leads" => lead::search, Visitors;
    get "/leads/{lead}" => lead::page, Visitors;
    post "/leads/{lead}/resolve" => lead::resolve, Visitors;
    post "/leads/{lead}/move" => lead::move_to, Visitors;
    post "/leads/{lead}/edit" => lead::edit, Visitors;
    post "/leads/{lead}/remove" => lead::remove, Visitors;
    post "/leads/{lead}/erase" => lead::erase, Visitors;
    get "/live" => live::stream, Visitors;
    get "/workflows/{workflow}" => workflow::page::page, Visitors;
    get "/workflows/{workflow}/activate" => workflow::preflight::page, Visitors;
    post "/workflows/{workflow}/activate" => workflow::actions::activate, Visitors;
    get "/workflows/{workflow}/pause" => workflow::statement::pause, Visitors;
    post "/workflows/{workflow}/pause" => workflow::actions::pause, Visitors;
    post "/workflows/{workflow}/resume" => workflow::actions::resume, Visitors;
    get "/workflows/{workflow}/cancel" => workflow::statement::cancel, Visitors;
    post "/workflows/{workflow}/cancel" => workflow::actions::cancel, Visitors;
    get "/workflows/{workflow}/complete" => workflow::statement::complete, Visitors;
    post "/workflows/{workflow}/complete" => workflow::actions::complete, Visitors;
    get "/workflows/{workflow}/delete" => workflow::statement::delete, Visitors;
    post "/workflows/{workflow}/delete" => workflow::actions::delete, Visitors;
    post "/workflows/{workflow}/duplicate" => workflow::actions::duplicate, Visitors;
    get "/workflows/{workflow}/leads" => workflow::leads::page, Visitors;
    get "/workflows/{workflow}/leads/act" => workflow::leads::bulk::page, Visitors;
    post "/workflows/{workflow}/leads/act" => workflow::leads::bulk::run, Visitors;
    get "/workflows/{workflow}/revisions" => workflow::revisions::page, Visitors;
    get "/workflows/{workflow}/audit" => workflow::audit::page, Visitors;
    get "/workflows/{workflow}/settings" => workflow::settings::page, Visitors;
    post "/workflows/{workflow}/settings" => workflow::settings::save, Visitors;
    get "/assets/{hash}/{file}" => assets::file, Everybody;
    get "/favicon.ico" => assets::icon, Everybody;
];

/// Puts the pages beside the API: for `ApiState::with_pages`.
pub fn pages(config: &mut ServiceConfig) {
    register(config, PAGES);
}

/// The patterns of all pages that visitors get, in the order of the table.
pub fn visitors_pages() -> impl Iterator<Item = &'static str> {
    let gets = PAGES.iter().filter(|page| page.method == "get" && page.access == Visitors);
    gets.map(|page| page.pattern)
}
