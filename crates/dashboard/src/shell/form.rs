//! Forms: what they send, and buttons that are forms.

use std::{
    collections::BTreeMap,
    future::Future,
    hash::{BuildHasher as _, RandomState},
    pin::Pin,
    sync::atomic::{AtomicU64, Ordering},
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use branchline_engine::command::Caller;
use branchline_http_api::pages::{Fault, Visitor};
use maud::{Markup, html};

use super::PageError;

/// Longest form. Unit: bytes.
const FORM_BYTES_MAX: usize = 256 * 1024;

/// Name of the field that makes a form one intent.
const ONCE: &str = "once";

/// What a form sent. The guard of all routes has checked that it is a form of ours.
#[derive(Debug)]
pub(crate) struct Form {
    fields: BTreeMap<String, String>,
    body: web::Bytes,
}

impl Form {
    /// A field, if it is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// A field that must be there.
    ///
    /// # Errors
    ///
    /// 400 that names it.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Fault> {
        self.get(name).ok_or_else(|| Fault::invalid(format!("{name} is missing")))
    }

    /// Whether a box is ticked.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// All fields by name.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Who asks the engine with this form: sent twice, it is one intent.
    pub(crate) fn caller(&self, visitor: &Visitor, request: &HttpRequest) -> Caller {
        visitor.caller(request, self.get(ONCE), &self.body)
    }
}

impl FromRequest for Form {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = web::Payload::from_request(&request, payload);
        Box::pin(async move {
            let is_form = actix_web::HttpMessage::content_type(&request)
                == "application/x-www-form-urlencoded";
            if !is_form {
                return Err(Fault::invalid("this takes a form").into());
            }
            let payload = payload.await.map_err(|_| Fault::invalid("the form cannot be read"))?;
            let body = payload.to_bytes_limited(FORM_BYTES_MAX).await.map_err(|_| {
                Fault::too_large(format!("the form is longer than {FORM_BYTES_MAX} bytes"))
            })?;
            let body = body.map_err(|_| Fault::invalid("the form broke off: send it again"))?;
            let text =
                std::str::from_utf8(&body).map_err(|_| Fault::invalid("the form is no text"))?;
            let given = web::Query::<Vec<(String, String)>>::from_query(text)
                .map_err(|error| Fault::invalid(format!("the form cannot be read: {error}")))?;
            Ok(Self { fields: given.into_inner().into_iter().collect(), body })
        })
    }
}

/// A hidden field that is different on every page: a form that is sent twice, by a double click or a
/// page that is loaded again, is one intent.
pub(crate) fn once() -> Markup {
    html! { input type="hidden" name=(ONCE) value=(fresh_word()); }
}

fn fresh_word() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    // A hasher of its own has keys of its own, from the system's randomness.
    let (first, second) = (RandomState::new(), RandomState::new());
    format!("{:016x}{:016x}", first.hash_one(count), second.hash_one(count))
}

/// A button that does something: a form with nothing to fill in. `class` is one of the kinds of
/// `base.css`: `primary`, `danger`, or none.
pub(crate) fn post_button(action: &str, words: &str, class: &str) -> Markup {
    html! {
        form.inline method="post" action=(action) {
            (once())
            button.button.(class) type="submit" { (words) }
        }
    }
}

/// A submit button that looks like a link.
pub(super) fn hidden_submit(words: &str) -> Markup {
    html! { button.link type="submit" { (words) } }
}
