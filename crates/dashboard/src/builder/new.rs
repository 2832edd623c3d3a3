//! A new workflow: what people call it, and what its owner chooses.

use actix_web::HttpRequest;
use branchline_domain::{organisation::Scope, workflow::Settings};
use branchline_http_api::pages::{self, Fault, Visitor};
use maud::{Markup, html};

use super::builder;
use crate::shell::{Form, Frame, PageAnswer, Section, done, fault, once};

/// `GET /workflows/new`
pub(crate) async fn page(request: HttpRequest) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    let main = html! {
        (head())
        @if visitor.may(Scope::Operate) {
            (form(None, None))
            (super::demo::offer())
        } @else {
            div.warning { p { "Your key reads: it makes no workflows." } }
        }
    };
    Ok(frame().answer(&request, &main))
}

/// `POST /workflows/new`
pub(crate) async fn create(request: HttpRequest, typed: Form) -> PageAnswer {
    let visitor = builder(&request, "workflow.create")?;
    match made(&request, &visitor, &typed).await {
        Ok(path) => Ok(done(&format!("{path}/edit"), "created")),
        Err(refused) => {
            let main = html! { (head()) (form(Some(&typed), Some(&refused))) };
            Ok(frame().answer_with(refused.status(), &request, &main))
        }
    }
}

async fn made(request: &HttpRequest, visitor: &Visitor, typed: &Form) -> Result<String, Fault> {
    let (title, settings) = (typed.required("title")?, settings(typed)?);
    let description = typed.get("description").unwrap_or_default();
    let caller = typed.caller(visitor, request);
    let engine = pages::engine(request)?;
    let workflow = engine.create_workflow(&caller, title, description, settings).await?;
    Ok(format!("/workflows/{workflow}"))
}

fn settings(typed: &Form) -> Result<Settings, Fault> {
    let usual = Settings::default();
    let seconds = |name: &str, usual: u64| match typed.get(name) {
        None => Ok(usual),
        Some(text) => text
            .parse()
            .map_err(|_| Fault::invalid(format!("{name} must be a whole number of seconds"))),
    };
    Ok(Settings {
        default_country: typed.get("default_country").map(str::to_ascii_uppercase),
        default_timezone: typed
            .get("default_timezone")
            .map_or(usual.default_timezone, ToOwned::to_owned),
        start_on_enrol: typed.has("start_on_enrol"),
        auto_complete: typed.has("auto_complete"),
        late_final_resolves_review: typed.has("late_final_resolves_review"),
        call_deadline_s: seconds("call_deadline_s", usual.call_deadline_s)?,
        analysis_timeout_s: seconds("analysis_timeout_s", usual.analysis_timeout_s)?,
    })
}

const fn frame() -> Frame<'static> {
    Frame { styles: &["builder.css"], ..Frame::new("New workflow", Section::Overview) }
}

fn head() -> Markup {
    html! {
        nav.crumbs aria-label="Where this is" {
            a href="/" { "Workflows" } " / " span aria-current="page" { "New" }
        }
        div.page-head { h1 { "New workflow" } }
    }
}

/// The form, with what was typed before.
fn form(typed: Option<&Form>, refused: Option<&Fault>) -> Markup {
    let usual = Settings::default();
    let text = |name: &str| typed.and_then(|typed| typed.get(name)).unwrap_or_default().to_owned();
    let ticked = |name: &str, usual: bool| typed.map_or(usual, |typed| typed.has(name));
    let seconds = |name: &str, usual: u64| {
        typed.and_then(|typed| typed.get(name)).map_or_else(|| usual.to_string(), ToOwned::to_owned)
    };
    html! {
        form.card.b-sheet method="post" action="/workflows/new" {
            (once())
            @if let Some(refused) = refused { (fault(refused)) }
            label for="title" { "Title" }
            input #title name="title" required maxlength="200" value=(text("title")) autofocus
                placeholder="For example: Spring offer";
            label for="description" { "Description " span.muted { "(optional)" } }
            textarea #description name="description" rows="2" { (text("description")) }
            div.b-pair {
                div {
                    label for="default_country" { "Country of numbers without a country code" }
                    input #default_country name="default_country" maxlength="2" size="4"
                        value=(text("default_country")) placeholder="US" aria-describedby="country-hint";
                    p.hint #country-hint { "Two letters. Without one, only numbers that begin with + are taken." }
                }
                div {
                    label for="default_timezone" { "Time zone, where nothing else tells" }
                    input #default_timezone name="default_timezone"
                        value=(text("default_timezone")) placeholder=(usual.default_timezone);
                    p.hint { "A name such as Europe/Berlin." }
                }
            }
            label.check {
                input type="checkbox" name="start_on_enrol" checked[ticked("start_on_enrol", usual.start_on_enrol)];
                "Leads that are brought in while it is active start at once"
            }
            label.check {
                input type="checkbox" name="auto_complete" checked[ticked("auto_complete", usual.auto_complete)];
                "It completes by itself once every lead has reached its end"
            }
            details {
                summary { "More settings" }
                label.check {
                    input type="checkbox" name="late_final_resolves_review"
                        checked[ticked("late_final_resolves_review", usual.late_final_resolves_review)];
                    "A final status that comes late decides about a lead that waits for review"
                }
                div.b-pair {
                    div {
                        label for="call_deadline_s" { "A call without a final status is overdue after" }
                        input #call_deadline_s name="call_deadline_s" type="number" min="1"
                            value=(seconds("call_deadline_s", usual.call_deadline_s));
                        p.hint { "Seconds." }
                    }
                    div {
                        label for="analysis_timeout_s" { "A step waits for an attribute of a call for" }
                        input #analysis_timeout_s name="analysis_timeout_s" type="number" min="0"
                            value=(seconds("analysis_timeout_s", usual.analysis_timeout_s));
                        p.hint { "Seconds; 0 does not wait." }
                    }
                }
            }
            div.actions.b-submit { button.button.primary type="submit" { "Create, and draw its graph" } }
        }
    }
}
