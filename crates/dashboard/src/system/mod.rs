//! How the engine is: ready or not and why, the journal, timers, what needs the operator; and the keys of the
//! organisation.

mod journal;
mod keys;
mod machine;

use actix_web::HttpRequest;
use branchline_domain::{id::LeadId, id::OrganisationId, organisation::Scope};
use branchline_engine::{EngineError, EngineHandle};
use branchline_http_api::{
    pages::{self, Visitor},
    system::{self, SystemReading},
};
use branchline_projections::Totals;
use maud::{Markup, html};

pub(crate) use keys::{make, revoke, rotate};

use crate::shell::{Form, Frame, PageAnswer, Section, done, number, plural, time};

/// What is shown of the organisation itself.
struct Own {
    totals: Totals,
    /// What providers told that fits no call yet.
    unmatched: usize,
    /// Leads that nothing can be done with, and why.
    troubled: Vec<(LeadId, &'static str, String)>,
}

/// `GET /system`
pub(crate) async fn page(request: HttpRequest) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    let engine = pages::engine(&request)?;
    let reading = system::reading(&request, &visitor).await?;
    let own = own(engine, visitor.organisation()).await?;
    let keys = keys::section(engine, &visitor).await?;
    let main = html! {
        div.page-head { h1 { "System" } (ready_badge(&reading)) }
        (not_ready(&reading))
        @if let Some(machine) = &reading.machine { (machine::figures(&reading, machine)) }
        div.columns.even {
            @if let Some(machine) = &reading.machine { (journal::section(machine)) }
            (work(&own, reading.machine.is_some()))
        }
        (troubled(&own))
        @if let Some(machine) = &reading.machine { (machine::section(machine)) }
        (keys)
        @if reading.machine.is_none() {
            p.muted {
                "Version " (reading.version) ". Journal, memory and disk are of the whole machine, which other "
                "organisations share: its operator has them at " code { "/metrics" } " and with "
                code { "branchline doctor" } "."
            }
        }
    };
    Ok(frame().answer(&request, &main))
}

/// `POST /system/check`
pub(crate) async fn check(request: HttpRequest, _sent: Form) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    system::check(&request, &visitor).await?;
    Ok(done("/system", "checked"))
}

fn frame() -> Frame<'static> {
    Frame { styles: &["system.css"], ..Frame::new("System", Section::System) }
}

fn ready_badge(reading: &SystemReading) -> Markup {
    html! {
        @if reading.not_ready.is_empty() { span.badge.good { "ready" } }
        @else { span.badge.bad { "not ready" } }
    }
}

fn not_ready(reading: &SystemReading) -> Markup {
    html! {
        @if !reading.not_ready.is_empty() {
            div.fault role="alert" {
                p { strong { "The server is not ready." } }
                ul { @for reason in &reading.not_ready { li { (reason) } } }
            }
        }
    }
}

async fn own(engine: &EngineHandle, organisation: OrganisationId) -> Result<Own, EngineError> {
    let health = engine.health();
    let look = engine.read(|read| {
        let is_theirs =
            |lead: LeadId| read.lead_home(lead).is_some_and(|(_, of)| of == organisation);
        let set_aside = health
            .set_aside
            .iter()
            .map(|found| (found.lead, "cannot be read from the journal", found.reason.to_string()));
        let kept = health.keys_kept.iter().map(|kept| {
            (kept.lead, "is erased, but its key could not be destroyed", kept.reason.to_string())
        });
        Own {
            totals: read.totals_of_organisation(organisation),
            unmatched: read.organisation(organisation).map_or(0, |of| of.provider.unmatched()),
            troubled: set_aside.chain(kept).filter(|(lead, ..)| is_theirs(*lead)).collect(),
        }
    });
    look.await
}

/// What waits. The times are of all organisations: `has_times` says whether they may be shown.
fn work(own: &Own, has_times: bool) -> Markup {
    let totals = &own.totals;
    let held: u64 = totals.held.values().sum();
    html! {
        section.card {
            h2 { "Work" }
            dl.facts {
                dt { "Workflows" }
                dd {
                    @for (index, (status, count)) in totals.workflows.iter().enumerate() {
                        @if index > 0 { ", " }
                        (number(*count)) " " (status.as_str())
                    }
                    @if totals.workflows.is_empty() { "none" }
                }
                dt { "Leads under way" } dd { (number(totals.leads.active)) }
                dt { "Leads held" } dd { (number(held)) }
                dt { "Calls wanted" } dd { (number(totals.calls_requested)) }
                dt { "Calls put off to their window" } dd { (number(totals.calls_scheduled)) }
                dt { "Calls in progress" } dd { (number(totals.calls_in_progress)) }
                dt { "Provider events without a call" } dd { (number(own.unmatched as u64)) }
                @if has_times {
                    dt { "Next wait ends" } dd { (at_or_never(totals.due.release)) }
                    dt { "Next deadline of a call" } dd { (at_or_never(totals.due.call_deadline)) }
                    dt { "Next hand-out ends" } dd { (at_or_never(totals.due.lease)) }
                }
            }
        }
    }
}

fn at_or_never(at: Option<branchline_domain::time::Timestamp>) -> Markup {
    html! {
        @match at {
            Some(at) => (time(at)),
            None => span.muted { "none" },
        }
    }
}

fn troubled(own: &Own) -> Markup {
    html! {
        @if !own.troubled.is_empty() {
            section.card {
                h2 { "Needs the operator" }
                p.muted { (plural(own.troubled.len() as u64, "lead")) ". Nobody else is affected." }
                ul.attention {
                    @for (lead, what, reason) in &own.troubled {
                        li { a href={ "/leads/" (lead) } { (lead) } " " (what) ": " (reason) }
                    }
                }
            }
        }
    }
}

/// Whether somebody may change keys.
fn may_change_keys(visitor: &Visitor) -> bool {
    visitor.may(Scope::Admin)
}
