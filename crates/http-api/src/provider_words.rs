//! What the words of telephony providers mean.

use actix_web::{HttpRequest, HttpResponse};
use branchline_domain::provider::{self, WordMeaning, WordSource, WordTables, Words};
use branchline_engine::provider::ProviderAction;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

use crate::{
    headers::{Write, organisation, state},
    json::Fields,
    openapi::{self, names, parameters::Paging, provider_bodies},
    paging::{Listing, Wanted},
    problem::{Answer, Problem},
    query::Query,
};

/// A row of a word table.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderWord)]
struct WordShape {
    /// Whose word it is.
    provider: String,
    /// The word, in lower case.
    word: String,
    #[schema(value_type = names::WordMeaning)]
    meaning: WordMeaning,
    /// Whether it comes with this release or the organisation set it.
    #[schema(value_type = names::WordSource)]
    source: WordSource,
}

/// The word table of a provider as it is in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderWordTable)]
struct TableShape {
    provider: String,
    words: Vec<WordShape>,
}

fn rows(own: &WordTables, provider: &str) -> Vec<WordShape> {
    let table = provider::table(own, provider).into_iter();
    let show = |(word, (meaning, source))| WordShape {
        provider: provider.to_owned(),
        word,
        meaning,
        source,
    };
    table.map(show).collect()
}

/// The word tables in force, by provider and word, with where each row comes from.
#[utoipa::path(
    get, path = "/v1/provider-words", operation_id = "listProviderWords", tag = openapi::PROVIDERS,
    params(("provider" = Option<names::ProviderName>, Query, description = "Only of this provider."), Paging),
    responses((status = 200, description = "A page.", body = Listing<WordShape>)),
)]
pub(crate) async fn list(request: HttpRequest) -> Answer {
    let mut query = Query::of(&request)?;
    let only = provider_of(&mut query);
    let wanted = Wanted::of(&mut query);
    query.finish()?;
    let own = own_words(&request).await?;
    let providers = provider::providers(&own).into_iter();
    let all = providers
        .filter(|provider| only.as_deref().is_none_or(|only| only == *provider))
        .flat_map(|provider| rows(&own, provider));
    Ok(HttpResponse::Ok().json(wanted.cut(all.collect())))
}

/// Sets the organisation's own words of a provider: these and no others. They come before what is
/// built in; `{}` leaves what is built in alone.
#[utoipa::path(
    put, path = "/v1/provider-words/{provider}", operation_id = "setProviderWords", tag = openapi::PROVIDERS,
    request_body = provider_bodies::ProviderWords,
    responses((status = 200, description = "The table as it is in force now.", body = TableShape)),
    extensions(("x-problems" = json!(["invalid_value"]))),
)]
pub(crate) async fn set(request: HttpRequest, write: Write) -> Answer {
    Query::of(&request)?.finish()?;
    let provider = request.match_info().get("provider").unwrap_or_default().to_owned();
    let words = read_words(write.fields()?)?;
    let action = ProviderAction::SetWords { provider: provider.clone(), words };
    state(&request)?.engine.tell_of_provider(&write.caller, action).await?;
    let words = rows(&own_words(&request).await?, &provider);
    Ok(HttpResponse::Ok().json(TableShape { provider, words }))
}

fn read_words(mut fields: Fields) -> Result<Words, Problem> {
    let given = fields.required::<BTreeMap<String, String>>("words");
    let words = given.map(|given| {
        let mut words = Words::new();
        for (word, meaning) in given {
            match meaning.parse() {
                Ok(meaning) => drop(words.insert(word, meaning)),
                Err(error) => {
                    let shown: String = word.chars().take(80).collect();
                    fields.fault("words", &format!("`{shown}`: {error}"));
                }
            }
        }
        words
    });
    fields.finish(words)
}

/// The provider that a list is of, when one is given; a fault is left in the query.
pub(crate) fn provider_of(query: &mut Query) -> Option<String> {
    let given = query.text("provider")?;
    if let Err(problem) = provider::check_provider(&given) {
        query.fault("provider", &problem);
    }
    Some(given)
}

async fn own_words(request: &HttpRequest) -> Result<WordTables, Problem> {
    let organisation = organisation(request);
    let engine = &state(request)?.engine;
    let own = engine.read(|read| read.word_tables(organisation).cloned()).await?;
    Ok(own.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_of_what_can_be_a_provider() {
        let read = |text: &str| {
            let mut query = Query::parse(text).unwrap();
            let provider = provider_of(&mut query);
            query.finish().map(|()| provider)
        };
        assert_eq!(read("provider=twilio").unwrap().as_deref(), Some("twilio"));
        assert_eq!(read("").unwrap(), None);
        for wrong in ["provider=0.5", "provider=", "provider=Twilio"] {
            assert_eq!(read(wrong).unwrap_err().code, "invalid_query", "{wrong}");
        }
    }
}
