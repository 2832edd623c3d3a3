//! The keys of the organisation: who may see them, make them, and end them. A secret is shown once, on the
//! page that answers its making, and is in no address.

use actix_web::{HttpRequest, HttpResponse};
use branchline_domain::{
    id::ApiKeyId,
    organisation::{ApiKey, ApiKeyStatus, Scope, Scopes},
    time::Timestamp,
};
use branchline_engine::{
    EngineError, EngineHandle,
    api_keys::{KeyAction, KeyAnswer},
};
use branchline_http_api::pages::{self, Fault, Visitor};
use branchline_projections::{ApiKeySort, Order, Paging};
use maud::{Markup, html};

use super::{frame, may_change_keys};
use crate::shell::{Form, PageAnswer, PageError, done, fault, id, number, once, post_button, time};

/// Keys on the page, the newest ones; the API has them all.
const SHOWN: usize = 200;

/// How long a key goes on beside its successor. Unit: seconds; a day, as in the API.
const OVERLAP_S: u32 = 24 * 3_600;

/// A key as it is shown.
struct Row {
    id: ApiKeyId,
    key: ApiKey,
    status: ApiKeyStatus,
    last_used_at: Option<Timestamp>,
}

/// The part of the page; empty for who may not see keys.
pub(super) async fn section(
    engine: &EngineHandle,
    visitor: &Visitor,
) -> Result<Markup, EngineError> {
    if !may_change_keys(visitor) && !visitor.may(Scope::Audit) {
        return Ok(html! {});
    }
    let (rows, total) = rows(engine, visitor).await?;
    Ok(html! {
        section.card #keys {
            div.page-head {
                h2 { "API keys" }
                @if may_change_keys(visitor) { a.button href="#new-key" { "New key" } }
            }
            @if rows.is_empty() {
                p.muted {
                    "There is none: whoever reaches the server may do everything. From the first key on, every "
                    "request needs one, and these pages ask for one too."
                }
            } @else {
                (table(&rows, visitor))
                @if total > rows.len() as u64 {
                    p.muted { "The newest of " (number(total)) "; " code { "branchline keys list" } " has all." }
                }
            }
            @if may_change_keys(visitor) { (form(None, None)) }
        }
    })
}

async fn rows(engine: &EngineHandle, visitor: &Visitor) -> Result<(Vec<Row>, u64), EngineError> {
    let newest_first = Order { by: ApiKeySort::default(), descending: true };
    let keys = engine.api_keys();
    let look = engine.read(|read| {
        let page = read.api_keys(visitor.organisation(), newest_first, Paging::first(SHOWN));
        let rows = page.items.into_iter().map(|(id, key)| Row {
            id,
            key: key.clone(),
            status: key.status(keys.now()),
            last_used_at: keys.find(id).and_then(|known| known.last_used_at()),
        });
        (rows.collect(), page.total)
    });
    look.await
}

fn table(rows: &[Row], visitor: &Visitor) -> Markup {
    html! {
        div.scroll {
            table.rows {
                thead {
                    tr {
                        th scope="col" { "Name" }
                        th scope="col" { "Status" }
                        th scope="col" { "May" }
                        th scope="col" { "Made" }
                        th scope="col" { "Ends" }
                        th scope="col" { "Last used" }
                        @if may_change_keys(visitor) { th scope="col" { span.unseen { "Change" } } }
                    }
                }
                tbody { @for row in rows { (line(row, visitor)) } }
            }
        }
    }
}

fn line(row: &Row, visitor: &Visitor) -> Markup {
    let is_own = visitor.principal() == format!("key:{}", row.id);
    html! {
        tr {
            th scope="row" {
                (row.key.name)
                @if is_own { " " span.muted { "(you)" } }
                br; code.muted.small { (row.id) }
            }
            td { (badge(row.status)) }
            td { (row.key.scopes) }
            td.nowrap { (time(row.key.created_at)) }
            td.nowrap {
                @match row.key.revoked_at.or(row.key.expires_at) {
                    Some(at) => (time(at)),
                    None => span.muted { "never" },
                }
            }
            td.nowrap {
                @match row.last_used_at {
                    Some(at) => (time(at)),
                    None => span.muted { "not known" },
                }
            }
            @if may_change_keys(visitor) {
                td { @if row.status == ApiKeyStatus::Live { (changes(row, is_own)) } }
            }
        }
    }
}

fn changes(row: &Row, is_own: bool) -> Markup {
    let path = format!("/system/keys/{}", row.id);
    html! {
        details.menu {
            summary.button { "Change" }
            div.menu-list.key-change {
                p.small { "A successor with the same name and scopes; this one ends a day later." }
                (post_button(&format!("{path}/rotate"), "Rotate", ""))
                hr;
                p.small {
                    "Ends at once, for good."
                    @if is_own { " It is the key that you are logged in with." }
                }
                (post_button(&format!("{path}/revoke"), "Revoke", "danger"))
            }
        }
    }
}

fn badge(status: ApiKeyStatus) -> Markup {
    let kind = match status {
        ApiKeyStatus::Live => "good",
        ApiKeyStatus::Expired => "plain",
        ApiKeyStatus::Revoked => "bad",
    };
    html! { span.badge.(kind) { (status.as_str()) } }
}

const fn scope_in_words(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "see everything of the organisation",
        Scope::Operate => "make workflows and steer them",
        Scope::Resolve => "decide about held leads",
        Scope::Ingest => "bring leads, report calls",
        Scope::Admin => "make and end keys",
        Scope::Audit => "see who did what, open dossiers",
    }
}

/// The form for a new key, with what was typed.
fn form(typed: Option<&Form>, refused: Option<&Fault>) -> Markup {
    let value = |name: &str| typed.and_then(|form| form.get(name)).unwrap_or_default();
    html! {
        form.key-form #new-key method="post" action="/system/keys" {
            h3 { "New key" }
            @if let Some(refused) = refused { (fault(refused)) }
            (once())
            label for="key-name" { "Name" }
            input #key-name name="name" value=(value("name")) required maxlength="100"
                placeholder="what it is for, such as dialler";
            fieldset {
                legend { "It may" }
                @for scope in Scope::ALL {
                    @let ticked = typed.map_or(scope == Scope::Read, |form| form.has(&field_of(scope)));
                    label.check {
                        input type="checkbox" name=(field_of(scope)) checked[ticked];
                        span { code { (scope.as_str()) } " — " (scope_in_words(scope)) }
                    }
                }
            }
            label for="key-days" { "Ends after days" }
            input #key-days name="days" value=(value("days")) inputmode="numeric" placeholder="never";
            div.actions { button.button.primary type="submit" { "Make the key" } }
        }
    }
}

fn field_of(scope: Scope) -> String {
    format!("scope-{}", scope.as_str())
}

/// What the form asks for.
fn wanted(sent: &Form, now: Timestamp) -> Result<KeyAction, Fault> {
    let name = sent.required("name")?.to_owned();
    let scopes: Scopes =
        Scope::ALL.into_iter().filter(|&scope| sent.has(&field_of(scope))).collect();
    let days = sent.get("days").map(|days| {
        let number: Option<u64> = days.parse().ok().filter(|days| (1..=3_650).contains(days));
        number.ok_or_else(|| Fault::invalid("days: a whole number from 1 to 3650, or nothing"))
    });
    let expires_at = days.transpose()?.map(|days| now.plus_seconds(days * 86_400));
    Ok(KeyAction::Create { name, scopes, expires_at, new_organisation: false })
}

/// `POST /system/keys`
pub(crate) async fn make(request: HttpRequest, sent: Form) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    visitor.check(&request, "key.create", &[Scope::Admin])?;
    let engine = pages::engine(&request)?;
    let again = |refused: &Fault| {
        let main = html! {
            div.page-head { h1 { "New key" } }
            section.card { (form(Some(&sent), Some(refused))) }
        };
        frame().answer_with(refused.status(), &request, &main)
    };
    let action = match wanted(&sent, engine.api_keys().now()) {
        Ok(action) => action,
        Err(refused) => return Ok(again(&refused)),
    };
    let is_first = !engine.api_keys().are_required();
    match engine.act_on_keys(&sent.caller(&visitor, &request), action).await {
        Ok(answer) => Ok(made(&request, &answer, is_first)),
        Err(error) => Ok(again(&Fault::from(error))),
    }
}

/// `POST /system/keys/{key}/rotate`
pub(crate) async fn rotate(request: HttpRequest, sent: Form) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    visitor.check(&request, "key.rotate", &[Scope::Admin])?;
    let engine = pages::engine(&request)?;
    let key = known(engine, &visitor, &request).await?;
    let action = KeyAction::Rotate { key, overlap_s: OVERLAP_S };
    let answer = engine.act_on_keys(&sent.caller(&visitor, &request), action).await?;
    Ok(made(&request, &answer, false))
}

/// `POST /system/keys/{key}/revoke`
pub(crate) async fn revoke(request: HttpRequest, sent: Form) -> PageAnswer {
    let visitor = Visitor::of(&request)?;
    visitor.check(&request, "key.revoke", &[Scope::Admin])?;
    let engine = pages::engine(&request)?;
    let key = known(engine, &visitor, &request).await?;
    let caller = sent.caller(&visitor, &request);
    engine.act_on_keys(&caller, KeyAction::Revoke { key }).await?;
    Ok(done("/system", "key-revoked"))
}

/// The key in the path, when the organisation has it.
async fn known(
    engine: &EngineHandle,
    visitor: &Visitor,
    request: &HttpRequest,
) -> Result<ApiKeyId, PageError> {
    let key: ApiKeyId = id(request, "key", "key")?;
    let theirs = visitor.organisation();
    let is_known = engine
        .read(|read| read.organisation(theirs).is_some_and(|state| state.keys.contains_key(&key)))
        .await?;
    if is_known { Ok(key) } else { Err(PageError::not_found("key", &key.to_string())) }
}

/// The one page that shows a secret. It is answered to the form itself, is not kept, and has no address.
fn made(request: &HttpRequest, answer: &KeyAnswer, is_first: bool) -> HttpResponse {
    let credentials = answer
        .key
        .zip(answer.secret.as_ref())
        .map(|(key, secret)| format!("{key}:{}", secret.expose()));
    let main = html! {
        div.page-head { h1 { "The key is made" } }
        section.card {
            @match credentials {
                Some(credentials) => {
                    p { "This is what it opens with. It is shown now, and never again: keep it where secrets are kept." }
                    label for="credentials" { "Key" }
                    input.mono.secret #credentials value=(credentials) readonly autocomplete="off";
                    p.hint { "A program sends it as " code { "Authorization: Bearer …" } "; people log in with it." }
                }
                None => p {
                    "It was made by this form before, and what it opens with was shown then. If nobody kept it, revoke "
                    "the key and make another."
                }
            }
            @if is_first {
                div.warning {
                    p { "It is the first key: from now on every request needs one, and these pages ask you to log in." }
                }
            }
            div.actions { a.button.primary href="/system" { "Done" } }
        }
    };
    frame().answer(request, &main)
}
