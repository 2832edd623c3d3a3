//! Title, description and settings of a workflow, as a form.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, http::StatusCode};
use branchline_domain::{
    id::WorkflowId,
    organisation::Scope,
    workflow::{DESCRIPTION_CHARS_MAX, Settings, TITLE_CHARS_MAX},
};
use branchline_engine::command::WorkflowAction;
use branchline_http_api::pages::{self, Fault, Visitor};
use maud::{Markup, html};

use super::{
    Head, Tab,
    actions::{Outcome, act},
    find, tabs,
};
use crate::{
    live::Topic,
    shell::{Form, Frame, PageAnswer, PageError, Section, done, fault, id, once},
};

/// A setting that is written.
struct Written {
    name: &'static str,
    words: &'static str,
    unit: &'static str,
    hint: &'static str,
    /// Whether it is a number.
    number: bool,
}

/// A setting that is on or off.
struct Switched {
    name: &'static str,
    words: &'static str,
    hint: &'static str,
}

const WRITTEN: [Written; 4] = [
    Written {
        name: "default_country",
        words: "Country of numbers without a country code",
        unit: "two letters, such as US",
        hint: "Empty: a number without a country code is refused.",
        number: false,
    },
    Written {
        name: "default_timezone",
        words: "Time zone where nothing else says one",
        unit: "a name such as Europe/Berlin",
        hint: "Calling windows and times follow the call's zone, the agent's or that of the lead's number first.",
        number: false,
    },
    Written {
        name: "call_deadline_s",
        words: "A call is overdue after",
        unit: "seconds",
        hint: "A call that was dialled and has no final status by then is shown to a person.",
        number: true,
    },
    Written {
        name: "analysis_timeout_s",
        words: "Wait for the analysis of a call",
        unit: "seconds",
        hint: "How long a step waits for a value of the call that is not there yet; 0 does not wait.",
        number: true,
    },
];

const SWITCHED: [Switched; 3] = [
    Switched {
        name: "start_on_enrol",
        words: "Leads that come while it is active start at once",
        hint: "Otherwise they wait for the next activation or resumption.",
    },
    Switched {
        name: "auto_complete",
        words: "Complete by itself",
        hint: "Once every lead has reached an end.",
    },
    Switched {
        name: "late_final_resolves_review",
        words: "A late final status decides a review",
        hint: "When a call that ended without a branch turns out to have one after all.",
    },
];

/// `GET /workflows/{workflow}/settings`
pub(crate) async fn page(request: HttpRequest) -> PageAnswer {
    let workflow = id(&request, "workflow", "workflow")?;
    let (head, settings) = read(&request, workflow).await?;
    let typed = fields(&head, &settings);
    show(&request, &head, &typed, None)
}

/// `POST /workflows/{workflow}/settings`
pub(crate) async fn save(request: HttpRequest, form: Form) -> PageAnswer {
    let workflow: WorkflowId = id(&request, "workflow", "workflow")?;
    let visitor = Visitor::of(&request)?;
    visitor.check(&request, "workflow.edit", &[Scope::Operate])?;
    let (head, _) = read(&request, workflow).await?;
    let typed: BTreeMap<String, String> =
        form.fields().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let settings = match settings_of(&form) {
        Ok(settings) => settings,
        Err(refused) => return show(&request, &head, &typed, Some(&refused)),
    };
    let action = WorkflowAction::Edit {
        title: Some(form.get("title").unwrap_or_default().to_owned()),
        description: Some(form.get("description").unwrap_or_default().to_owned()),
        settings: Some(settings),
    };
    match act(&request, &form, workflow, ("workflow.edit", action)).await? {
        Outcome::Done(recorded) => {
            let word = if recorded { "saved" } else { "unchanged" };
            Ok(done(&format!("{}/settings", head.path()), word))
        }
        Outcome::Refused(refused) => show(&request, &head, &typed, Some(&refused)),
    }
}

async fn read(request: &HttpRequest, workflow: WorkflowId) -> Result<(Head, Settings), PageError> {
    let organisation = Visitor::of(request)?.organisation();
    pages::engine(request)?
        .read(|projections| {
            let row = find(projections, organisation, workflow)?;
            Ok((Head::of(&row), row.state.settings.clone()))
        })
        .await?
}

/// What the form shows, by field; a switch that is off has none.
fn fields(head: &Head, settings: &Settings) -> BTreeMap<String, String> {
    let mut fields: BTreeMap<String, String> = [
        ("title", head.title.clone()),
        ("description", head.description.clone()),
        ("default_country", settings.default_country.clone().unwrap_or_default()),
        ("default_timezone", settings.default_timezone.clone()),
        ("call_deadline_s", settings.call_deadline_s.to_string()),
        ("analysis_timeout_s", settings.analysis_timeout_s.to_string()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    for (name, is_on) in [
        ("start_on_enrol", settings.start_on_enrol),
        ("auto_complete", settings.auto_complete),
        ("late_final_resolves_review", settings.late_final_resolves_review),
    ] {
        if is_on {
            fields.insert(name.to_owned(), "true".to_owned());
        }
    }
    fields
}

/// The settings as the form says: it has all of them.
fn settings_of(form: &Form) -> Result<Settings, Fault> {
    let seconds = |name: &str, words: &str| {
        let text = form.get(name).unwrap_or_default();
        text.parse::<u64>()
            .map_err(|_| Fault::invalid(format!("{words}: `{text}` is no whole number of seconds")))
    };
    let [_, _, deadline, analysis] = &WRITTEN;
    Ok(Settings {
        default_country: form.get("default_country").map(str::to_uppercase),
        default_timezone: form.get("default_timezone").unwrap_or("UTC").to_owned(),
        start_on_enrol: form.has("start_on_enrol"),
        auto_complete: form.has("auto_complete"),
        late_final_resolves_review: form.has("late_final_resolves_review"),
        call_deadline_s: seconds(deadline.name, deadline.words)?,
        analysis_timeout_s: seconds(analysis.name, analysis.words)?,
    })
}

fn show(
    request: &HttpRequest,
    head: &Head,
    typed: &BTreeMap<String, String>,
    refused: Option<&Fault>,
) -> PageAnswer {
    let visitor = Visitor::of(request)?;
    let may = visitor.may(Scope::Operate);
    let path = head.path();
    let main = html! {
        (head.show(&visitor, Some("Settings")))
        (tabs(head.id, Tab::Settings, &visitor))
        @if let Some(refused) = refused { (fault(refused)) }
        form.card.settings method="post" action={ (path) "/settings" } {
            // Disabled as a whole for whoever may only look.
            fieldset disabled[!may] {
                legend.unseen { "Settings of the workflow" }
                (form_fields(typed))
            }
            @if may {
                (once())
                div.actions { button.button.primary type="submit" { "Save" } a.button href=(path) { "Cancel" } }
            } @else {
                p.muted { "Your key may look, and not change them." }
            }
        }
    };
    let frame = Frame {
        topics: &[Topic::Workflow(head.id).to_string()],
        styles: &["workflow.css"],
        ..Frame::new("Settings", Section::Overview)
    };
    let status = refused.map_or(StatusCode::OK, Fault::status);
    Ok(frame.answer_with(status, request, &main))
}

fn form_fields(typed: &BTreeMap<String, String>) -> Markup {
    let value = |name: &str| typed.get(name).map_or("", String::as_str);
    html! {
        label for="title" { "Title" }
        input #title name="title" required maxlength=(TITLE_CHARS_MAX) value=(value("title"));
        label for="description" { "What it is for" }
        textarea #description name="description" rows="3" maxlength=(DESCRIPTION_CHARS_MAX) {
            (value("description"))
        }
        @for setting in &WRITTEN {
            label for=(setting.name) { (setting.words) " " span.muted { "(" (setting.unit) ")" } }
            input id=(setting.name) name=(setting.name) value=(value(setting.name))
                type=(if setting.number { "number" } else { "text" }) min=[setting.number.then_some("0")]
                aria-describedby={ (setting.name) "-hint" };
            p.hint id={ (setting.name) "-hint" } { (setting.hint) }
        }
        @for setting in &SWITCHED {
            label.check {
                input type="checkbox" name=(setting.name) value="true"
                    checked[typed.contains_key(setting.name)];
                span { (setting.words) ". " span.muted { (setting.hint) } }
            }
        }
    }
}
