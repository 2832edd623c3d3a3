//! What was refused to keys: writes that no scope of theirs opens, and steering at the wrong time.

use actix_web::HttpRequest;
use branchline_domain::organisation::Scope;
use branchline_engine::{RecordedFact, api_keys::refusals_of};
use branchline_http_api::pages::{self, Visitor};
use branchline_projections::{Order, PageStart, Paging, RefusalSort};
use maud::{Markup, html};

use super::{Names, frame, ways};
use crate::shell::{PageAnswer, number, parameter, time};

/// Refusals on a page.
const SHOWN: usize = 60;

/// `GET /audit/refused`
pub(crate) async fn page(request: HttpRequest) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    visitor.check(&request, "refusals.read", &[Scope::Audit])?;
    let engine = pages::engine(&request)?;
    let start = parameter(&request, "cursor").and_then(|cursor| cursor.parse().ok());
    let paging = Paging { start: start.map_or(PageStart::Page(1), PageStart::After), limit: SHOWN };
    let newest_first = Order { by: RefusalSort::At, descending: true };
    let page = engine.refused_actions(visitor.organisation(), newest_first, paging).await?;
    let names = Names::of(engine, &visitor, &page.items).await?;
    let main = html! {
        div.page-head { h1 { "Audit" } }
        (ways(&visitor, true))
        section.card {
            @if page.items.is_empty() {
                p.muted { "Nothing was refused to a key." }
            } @else {
                p.muted { (number(page.total)) " in all. What is refused to whoever brings no good key is not among them." }
                div.scroll {
                    table.rows {
                        thead {
                            tr {
                                th scope="col" { "When" }
                                th scope="col" { "Who" }
                                th scope="col" { "Wanted to" }
                                th scope="col" { "Of what" }
                                th scope="col" { "Refused because" }
                                th scope="col" { "Request" }
                            }
                        }
                        tbody { @for fact in &page.items { (lines(&names, fact)) } }
                    }
                }
            }
            @if let Some(cursor) = &page.next {
                nav.pager aria-label="Pages" {
                    a.button href={ "/audit/refused?cursor=" (cursor) } { "Older" }
                }
            }
        }
    };
    Ok(frame().answer(&request, &main))
}

fn lines(names: &Names, fact: &RecordedFact) -> Markup {
    html! {
        @for (action, target, code) in refusals_of(fact) {
            tr {
                td.nowrap { (time(fact.at)) }
                td { (names.who(&fact.principal)) }
                td { code { (action) } }
                td { @for id in target.split('/') { code.target { (id) } " " } }
                td { code { (code) } }
                td { @if let Some(request) = fact.request_id() { code { (request) } } }
            }
        }
    }
}
