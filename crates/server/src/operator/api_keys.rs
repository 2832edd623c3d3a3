//! `branchline keys create`, `list`, `rotate` and `revoke`: API keys of a data directory, whether its
//! server runs or not.
//!
//! What a key opens with is printed once, alone on standard output: `key=$(branchline keys create …)`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context as _, bail};
use branchline_domain::{
    id::{ApiKeyId, OrganisationId},
    organisation::Scope,
};
use branchline_engine::{
    EngineHandle, UuidV7Ids,
    api_keys::KeyAction,
    clock::{ScaledClock, SystemClock},
    command::Caller,
    ports::{Clock, Phones},
};
use branchline_http_api::admin::api_key_document;
use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};

use super::client::Server;
use crate::{config::Config, house, print};

/// Whose key it is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Home {
    New,
    Organisation(OrganisationId),
}

fn home(text: &str) -> Result<Home, String> {
    if text == "new" {
        return Ok(Home::New);
    }
    text.parse().map(Home::Organisation).map_err(|wrong| format!("{wrong}, or `new`"))
}

/// Seconds from `90d`, `24h`, `30m`, `45s` or `2w`.
fn span(text: &str) -> Result<u64, String> {
    let unit = text.chars().next_back().unwrap_or(' ');
    let seconds = match unit {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3_600),
        'd' => Some(86_400),
        'w' => Some(604_800),
        _ => None,
    };
    let number = text.strip_suffix(unit).and_then(|digits| digits.parse::<u64>().ok());
    number
        .zip(seconds)
        .and_then(|(number, seconds)| number.checked_mul(seconds))
        .ok_or_else(|| format!("`{text}` is no span of time such as 90d, 24h, 30m or 45s"))
}

/// Where the keys are, and how they are told.
#[derive(Debug, Args)]
struct Place {
    /// Directory of journal and keys, of a running or a stopped server.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Flags of `keys create`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    branchline keys create --name dialler --scope ingest\n  \
    branchline keys create --name tenant-1 --scope admin --organisation new --expires 90d")]
pub(crate) struct CreateArgs {
    /// What it may do; none implies another. Several may be given.
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',')]
    scopes: Vec<Scope>,
    /// What it is for, not whose it is: the journal keeps it in clear.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Whose things it opens: an organisation that has keys, `new` to make one, or nothing for the one
    /// that a server without keys has.
    #[arg(long, value_name = "ID", value_parser = home)]
    organisation: Option<Home>,
    /// After how long it opens nothing, such as 90d; never, unless said otherwise.
    #[arg(long, value_name = "TIME", value_parser = span)]
    expires: Option<u64>,
    #[command(flatten)]
    place: Place,
}

/// Flags of `keys list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only keys of this organisation.
    #[arg(long, value_name = "ID")]
    organisation: Option<OrganisationId>,
    #[command(flatten)]
    place: Place,
}

/// Flags of `keys rotate`.
#[derive(Debug, Args)]
pub(crate) struct RotateArgs {
    /// The key that gets a successor, and ends.
    #[arg(value_name = "KEY")]
    key: ApiKeyId,
    /// How long both open.
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = span)]
    overlap: u64,
    #[command(flatten)]
    place: Place,
}

/// Flags of `keys revoke`.
#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    /// The key that shall open nothing from now on.
    #[arg(value_name = "KEY")]
    key: ApiKeyId,
    #[command(flatten)]
    place: Place,
}

/// Makes a key.
pub(crate) fn create(config: &Config, args: CreateArgs) -> anyhow::Result<ExitCode> {
    let CreateArgs { scopes, name, organisation, expires, place } = args;
    let expires_at = expires.map(|seconds| SystemClock::new().now().plus_seconds(seconds));
    let home = organisation.unwrap_or(Home::Organisation(OrganisationId::DEFAULT));
    let path = match home {
        Home::New => "/v1/admin/organisations".into(),
        Home::Organisation(id) => format!("/v1/admin/organisations/{id}/keys"),
    };
    let body = json!({ "name": name, "scopes": scopes, "expires_at": expires_at });
    let action = KeyAction::Create {
        name,
        scopes: scopes.into_iter().collect(),
        expires_at,
        new_organisation: home == Home::New,
    };
    let own = match home {
        Home::New => OrganisationId::DEFAULT,
        Home::Organisation(id) => id,
    };
    let made = act(config, &place, (Method::POST, &path, Some(&body)), |_| Ok((own, action)))?;
    tell_made(&place, &made)
}

/// Makes a successor.
pub(crate) fn rotate(config: &Config, args: &RotateArgs) -> anyhow::Result<ExitCode> {
    let overlap_s = u32::try_from(args.overlap).unwrap_or(u32::MAX);
    let home = home_of(config, &args.place, args.key)?;
    let path = format!("/v1/admin/organisations/{home}/keys/{}/rotate", args.key);
    let body = json!({ "overlap_s": overlap_s });
    let action = KeyAction::Rotate { key: args.key, overlap_s };
    let request = (Method::POST, path.as_str(), Some(&body));
    let made = act(config, &args.place, request, |_| Ok((home, action)))?;
    tell_made(&args.place, &made)
}

/// Ends a key.
pub(crate) fn revoke(config: &Config, args: &RevokeArgs) -> anyhow::Result<ExitCode> {
    let home = home_of(config, &args.place, args.key)?;
    let path = format!("/v1/admin/organisations/{home}/keys/{}", args.key);
    let action = KeyAction::Revoke { key: args.key };
    let request = (Method::DELETE, path.as_str(), None);
    let key = act(config, &args.place, request, |_| Ok((home, action)))?;
    if args.place.json {
        print::out(&format!("{key:#}\n"))?;
    } else {
        print::out(&format!("{} is revoked and opens nothing any more\n", args.key))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows keys.
pub(crate) fn list(config: &Config, args: &ListArgs) -> anyhow::Result<ExitCode> {
    let keys = all_keys(config, &args.place)?;
    let wanted = args.organisation.map(|id| id.to_string());
    let keys: Vec<&Value> = keys
        .iter()
        .filter(|key| wanted.as_ref().is_none_or(|id| word(key, "organisation_id") == *id))
        .collect();
    if args.place.json {
        print::out(&format!("{:#}\n", json!(keys)))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["KEY", "STATUS", "SCOPES", "EXPIRES", "LAST USED", "ORGANISATION", "NAME"]);
    for key in keys {
        let scopes: Vec<&str> = key
            .get("scopes")
            .and_then(Value::as_array)
            .map(|scopes| scopes.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let scopes = scopes.join(",");
        table.add_row([
            word(key, "id"),
            word(key, "status"),
            &scopes,
            word(key, "expires_at"),
            word(key, "last_used_at"),
            word(key, "organisation_id"),
            word(key, "name"),
        ]);
    }
    print::out(&format!("{table}\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// A text of a key; a dash for what is not there.
fn word<'a>(key: &'a Value, name: &str) -> &'a str {
    key.get(name).and_then(Value::as_str).unwrap_or("-")
}

fn tell_made(place: &Place, made: &Value) -> anyhow::Result<ExitCode> {
    if place.json {
        print::out(&format!("{made:#}\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let key = made.get("key").unwrap_or(&Value::Null);
    let credentials = made.get("credentials").and_then(Value::as_str);
    let credentials = credentials.context("the answer names no credentials")?;
    print::out(&format!("{credentials}\n"))?;
    eprintln!(
        "{} of {}: this line is printed once and kept nowhere; requests send it as \
         `Authorization: Bearer …`",
        word(key, "id"),
        word(key, "organisation_id")
    );
    Ok(ExitCode::SUCCESS)
}

/// The organisation of a key.
fn home_of(config: &Config, place: &Place, key: ApiKeyId) -> anyhow::Result<OrganisationId> {
    let id = key.to_string();
    let keys = all_keys(config, place)?;
    let found = keys.iter().find(|key| word(key, "id") == id);
    let Some(found) = found else {
        bail!("there is no key {key}; `branchline keys list` shows all");
    };
    word(found, "organisation_id").parse().context("a key names no organisation")
}

fn data_dir<'a>(config: &'a Config, place: &'a Place) -> &'a Path {
    place.data_dir.as_ref().unwrap_or(&config.storage.data_dir)
}

/// Asks the running server, or does it in the stopped directory.
fn act(
    config: &Config,
    place: &Place,
    (method, path, body): (Method, &str, Option<&Value>),
    action: impl FnOnce(&EngineHandle) -> anyhow::Result<(OrganisationId, KeyAction)>,
) -> anyhow::Result<Value> {
    let data_dir = data_dir(config, place);
    if let Some(server) = Server::of(data_dir)?
        && let Some(answer) = server.tell(method, path, body)?
    {
        return Ok(answer);
    }
    in_stopped(config, data_dir, async |handle| {
        let (organisation, action) = action(handle)?;
        let caller = Caller { organisation, principal: "operator".into(), ..Caller::host() };
        let answer = handle.act_on_keys(&caller, action).await?;
        let id = answer.key.context("no key came of it")?;
        let key = api_key_document(handle, answer.organisation, id).await?;
        Ok(match answer.secret {
            Some(secret) => {
                json!({ "key": key, "credentials": format!("{id}:{}", secret.expose()) })
            }
            None => key.unwrap_or_default(),
        })
    })
}

/// Every key of every organisation.
fn all_keys(config: &Config, place: &Place) -> anyhow::Result<Vec<Value>> {
    let data_dir = data_dir(config, place);
    if let Some(server) = Server::of(data_dir)?
        && let Some(keys) = keys_of_server(&server)?
    {
        return Ok(keys);
    }
    in_stopped(config, data_dir, async |handle| {
        let ids: Vec<(OrganisationId, ApiKeyId)> = handle
            .read(|read| {
                let homes = read.organisations();
                homes
                    .flat_map(|(home, state)| state.keys.keys().map(move |&id| (home, id)))
                    .collect()
            })
            .await?;
        let mut keys = Vec::with_capacity(ids.len());
        for (home, id) in ids {
            keys.extend(api_key_document(handle, home, id).await?);
        }
        Ok(keys)
    })
}

/// Every key of every organisation, as the server of a directory shows them; `None` when none runs.
pub(crate) fn keys_of_running(data_dir: &Path) -> anyhow::Result<Option<Vec<Value>>> {
    Server::of(data_dir)?.map_or(Ok(None), |server| keys_of_server(&server))
}

/// `None` when no server of the directory runs.
fn keys_of_server(server: &Server) -> anyhow::Result<Option<Vec<Value>>> {
    let Some(organisations) = rows(server, "/v1/admin/organisations")? else { return Ok(None) };
    let mut keys = Vec::new();
    for organisation in organisations {
        let path = format!("/v1/admin/organisations/{}/keys", word(&organisation, "id"));
        keys.extend(rows(server, &path)?.unwrap_or_default());
    }
    Ok(Some(keys))
}

/// All rows of a list.
fn rows(server: &Server, path: &str) -> anyhow::Result<Option<Vec<Value>>> {
    let mut all = Vec::new();
    let mut asked = format!("{path}?limit=100");
    loop {
        let Some(mut page) = server.ask(Method::GET, &asked)? else { return Ok(None) };
        let rows = page.get_mut("data").and_then(Value::as_array_mut);
        all.append(rows.context("the server's answer is no list")?);
        let next = page.pointer("/meta/next_cursor").and_then(Value::as_str);
        let Some(next) = next else { return Ok(Some(all)) };
        asked = format!("{path}?limit=100&cursor={next}");
    }
}

/// Opens the directory as a server does: nobody else has it. One that is not there is made, for a
/// server that is to listen where others reach it needs a key before its first start.
fn in_stopped<T>(
    config: &Config,
    data_dir: &Path,
    work: impl AsyncFnOnce(&EngineHandle) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let directory = house::open_directory(data_dir)?;
    let last = house::last_recorded_at(directory.store.as_ref())?;
    let clock: Arc<dyn Clock> = Arc::new(ScaledClock::resuming(last, 1));
    let ids = Arc::new(UuidV7Ids::new(Arc::clone(&clock)));
    let engine = house::start_engine(config, directory, clock, ids, Phones::External)?;
    actix_web::rt::System::new().block_on(async {
        let handle = engine.handle();
        let done = work(&handle).await;
        // Handles keep the journal's files open.
        drop(handle);
        engine.shutdown();
        done
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_of_time_has_a_number_and_a_unit() {
        assert_eq!(span("90d"), Ok(90 * 86_400));
        assert_eq!(span("45s"), Ok(45));
        assert_eq!(span("2w"), Ok(14 * 86_400));
        for wrong in ["", "d", "90", "90y", "-1d", "1.5h", "99999999999999999w"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_organisation_is_an_id_or_a_new_one() {
        assert_eq!(home("new"), Ok(Home::New));
        let id = OrganisationId::DEFAULT;
        assert_eq!(home(&id.to_string()), Ok(Home::Organisation(id)));
        assert!(home("old").unwrap_err().contains("`new`"));
    }
}
