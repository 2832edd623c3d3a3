//! Configuration: the embedded defaults, then a file, then the environment, then flags.
//!
//! A key that is not in `config/default.toml` is refused with its file, line and nearest key: a
//! setting with a typo in it must not be a setting that silently does nothing.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, bail};
use branchline_domain::nearest::advice;
use branchline_engine::EngineConfig;
use branchline_http_api::Limits;
use serde::Deserialize;
use toml::{
    Table, Value,
    de::{DeTable, DeValue},
};

/// Every key with its default; the only place where defaults live.
const DEFAULTS: &str = include_str!("../../../config/default.toml");

/// Environment variables that set a key begin so.
const ENVIRONMENT_PREFIX: &str = "BRANCHLINE_";
/// Environment variables with secrets begin so. They set no key, and no configuration holds them.
pub(crate) const SECRET_PREFIX: &str = "BRANCHLINE_SECRET_";
/// With these a running server is asked, by `branchline-log` and by `branchline`. Who has them exported
/// starts servers too.
const OF_CLIENTS: [&str; 3] =
    ["BRANCHLINE_TOKEN", branchline_operator::URL_VARIABLE, branchline_operator::KEY_VARIABLE];

/// All settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) server: ServerConfig,
    pub(crate) limits: Limits,
    pub(crate) storage: StorageConfig,
    pub(crate) carrier: CarrierConfig,
    pub(crate) applications: ApplicationsConfig,
    pub(crate) audit: AuditConfig,
    pub(crate) log: LogConfig,
    pub(crate) readiness: ReadinessConfig,
    pub(crate) trace: TraceConfig,
    pub(crate) engine: EngineConfig,
}

/// The `[server]` table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerConfig {
    /// Address and port.
    pub(crate) listen: String,
    pub(crate) behind_proxy: bool,
    /// Empty without TLS.
    pub(crate) tls_cert_path: std::path::PathBuf,
    /// Empty without TLS.
    pub(crate) tls_key_path: std::path::PathBuf,
    /// Unit: seconds.
    pub(crate) tls_handshake_timeout_s: u64,
    /// Unit: seconds. Zero: not said.
    pub(crate) tls_hsts_max_age_s: u64,
    /// Unit: seconds.
    pub(crate) shutdown_timeout_s: u64,
}

impl ServerConfig {
    /// Whether connections are encrypted by the server itself.
    pub(crate) fn tls_is_on(&self) -> bool {
        !self.tls_cert_path.as_os_str().is_empty() && !self.tls_key_path.as_os_str().is_empty()
    }
}

/// The `[storage]` table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StorageConfig {
    pub(crate) data_dir: std::path::PathBuf,
}

/// The `[carrier]` table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CarrierConfig {
    pub(crate) kind: CarrierKind,
    /// Empty when there is none.
    pub(crate) ledger_path: std::path::PathBuf,
}

/// Who dials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CarrierKind {
    /// A host or its worker.
    External,
    /// Nobody: outcomes are drawn from a seed.
    Simulated,
}

/// The `[applications]` table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplicationsConfig {
    /// Whether requests may go to our own network.
    pub(crate) allow_private_addresses: bool,
    /// `NAME host` each.
    pub(crate) secret_hosts: Vec<String>,
}

/// The `[audit]` table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditConfig {
    /// Empty: heads are not signed.
    pub(crate) signing_key_path: std::path::PathBuf,
}

/// The `[log]` table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogConfig {
    pub(crate) filter: String,
    pub(crate) format: LogFormat,
    pub(crate) requests: LoggedRequests,
}

/// Requests that have a line of their own in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LoggedRequests {
    /// None.
    None,
    /// Those that the server failed.
    Failed,
    /// Every one.
    All,
}

/// The `[readiness]` table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadinessConfig {
    /// Unit: records.
    pub(crate) lag_max_records: u64,
    /// Unit: bytes. Zero: nobody looks.
    pub(crate) disk_free_min_bytes: u64,
}

/// The `[trace]` table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TraceConfig {
    /// Empty: nothing is sent.
    pub(crate) otlp_endpoint: String,
    /// Unit: percent.
    pub(crate) sample_percent: u8,
    pub(crate) service_name: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For machines, one JSON object a line.
    Json,
}

impl Config {
    /// Reads defaults, the file if there is one, and the environment.
    pub(crate) fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| is_setting(name))
            .collect();
        let text = match file {
            Some(path) => Some(
                fs::read_to_string(path)
                    .with_context(|| format!("cannot read the config file {}", path.display()))?,
            ),
            None => None,
        };
        let name = file.map_or_else(String::new, |path| path.display().to_string());
        Self::from_parts(text.as_deref().map(|text| (name.as_str(), text)), &environment)
    }

    /// The defaults alone.
    pub(crate) fn defaults() -> anyhow::Result<Self> {
        Self::from_parts(None, &BTreeMap::new())
    }

    fn from_parts(
        file: Option<(&str, &str)>,
        environment: &BTreeMap<String, String>,
    ) -> anyhow::Result<Self> {
        let mut settings: Table = toml::from_str(DEFAULTS).context("config/default.toml")?;
        if let Some((name, text)) = file {
            overlay_file(&mut settings, name, text)?;
        }
        overlay_environment(&mut settings, environment)?;
        let origin = file.map_or("the environment", |(name, _)| name);
        settings.try_into().map_err(|error| {
            // Kinds and names are right by now; what is left is a number out of its range or a
            // word that is none of the known ones.
            anyhow::anyhow!("{origin}: {}", error.to_string().trim_end().replace('\n', " "))
        })
    }
}

/// Puts what a file says over the defaults.
fn overlay_file(settings: &mut Table, name: &str, text: &str) -> anyhow::Result<()> {
    let parsed = DeTable::parse(text).map_err(|error| {
        let line = line_of(text, error.span().map_or(0, |span| span.start));
        anyhow::anyhow!("{name}:{line}: {}", error.message())
    })?;
    // Spans and values of the same text: the first to say where, the second to say what.
    let values: Table = toml::from_str(text).with_context(|| name.to_owned())?;
    for (table, entry) in parsed.get_ref() {
        let line = line_of(text, table.span().start);
        let table = table.get_ref().as_ref();
        let Some(Value::Table(known)) = settings.get_mut(table) else {
            let names: Vec<&str> = settings.keys().map(String::as_str).collect();
            bail!("{name}:{line}: unknown table `[{table}]`; {}", advice(table, &names));
        };
        let DeValue::Table(entries) = entry.get_ref() else {
            bail!("{name}:{line}: `{table}` is a table: write `[{table}]`");
        };
        for (key, value) in entries {
            let line = line_of(text, key.span().start);
            let key = key.get_ref().as_ref();
            let Some(place) = known.get_mut(key) else {
                let names: Vec<&str> = known.keys().map(String::as_str).collect();
                bail!("{name}:{line}: unknown key `{key}` in `[{table}]`; {}", advice(key, &names));
            };
            let wanted = place.type_str();
            let found = value.get_ref().type_str();
            if found != wanted {
                bail!("{name}:{line}: `{table}.{key}` is a {wanted}, found a {found}");
            }
            if let Some(new) = values.get(table).and_then(|table| table.get(key)) {
                *place = new.clone();
            }
        }
    }
    Ok(())
}

/// Whether an environment variable is meant to set a key.
fn is_setting(name: &str) -> bool {
    name.starts_with(ENVIRONMENT_PREFIX)
        && !name.starts_with(SECRET_PREFIX)
        && !OF_CLIENTS.contains(&name)
}

/// Puts `BRANCHLINE_<TABLE>_<KEY>` over what is there.
fn overlay_environment(
    settings: &mut Table,
    environment: &BTreeMap<String, String>,
) -> anyhow::Result<()> {
    let names: Vec<String> = settings
        .iter()
        .filter_map(|(table, entries)| Some((table, entries.as_table()?)))
        .flat_map(|(table, entries)| entries.keys().map(move |key| variable(table, key)))
        .collect();
    for (name, text) in environment {
        let place = settings.iter_mut().find_map(|(table, entries)| {
            entries
                .as_table_mut()?
                .iter_mut()
                .find_map(|(key, place)| (variable(table, key) == *name).then_some(place))
        });
        let Some(place) = place else {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            bail!("unknown environment variable {name}; {}", advice(name, &names));
        };
        let wanted = place.type_str();
        *place = match place {
            Value::Integer(_) => Value::Integer(text.replace('_', "").parse().map_err(|_| {
                anyhow::anyhow!("{name} is an {wanted}, and what is there is none")
            })?),
            Value::Boolean(_) => Value::Boolean(
                text.parse().map_err(|_| anyhow::anyhow!("{name} is true or false"))?,
            ),
            Value::String(_)
            | Value::Float(_)
            | Value::Datetime(_)
            | Value::Array(_)
            | Value::Table(_) => Value::String(text.clone()),
        };
    }
    Ok(())
}

fn variable(table: &str, key: &str) -> String {
    format!("{ENVIRONMENT_PREFIX}{}_{}", table.to_uppercase(), key.to_uppercase())
}

/// Line of a byte in a text, from 1.
fn line_of(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|&byte| byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, String> {
        Config::from_parts(Some(("my.toml", text)), &BTreeMap::new())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_defaults_alone_are_a_whole_configuration() {
        let config = Config::from_parts(None, &BTreeMap::new()).unwrap();
        assert_eq!(config.carrier.kind, CarrierKind::External);
        assert_eq!(config.server.listen, "127.0.0.1:8080");
        assert_eq!(config.engine, EngineConfig::embedded());
    }

    #[test]
    fn a_file_changes_only_what_it_names() {
        let config = load("[server]\nlisten = \"127.0.0.1:9000\"\n").unwrap();
        assert_eq!(config.server.listen, "127.0.0.1:9000");
        assert_eq!(config.log.format, LogFormat::Text);
    }

    #[test]
    fn an_unknown_key_is_refused_with_file_line_and_nearest_key() {
        assert_eq!(
            load("[server]\n\nlisten_on = \"x\"\n").unwrap_err(),
            "my.toml:3: unknown key `listen_on` in `[server]`; did you mean `listen`?"
        );
        assert_eq!(
            load("[sever]\nlisten = \"x\"\n").unwrap_err(),
            "my.toml:1: unknown table `[sever]`; did you mean `[server]`?"
                .replace("`[server]`", "`server`")
        );
        assert!(load("[log]\nzzz = 1\n").unwrap_err().contains("the names are"));
    }

    #[test]
    fn a_wrong_kind_of_value_is_refused_with_its_line() {
        assert_eq!(
            load("[engine]\nlead_idle_ms = \"soon\"\n").unwrap_err(),
            "my.toml:2: `engine.lead_idle_ms` is a integer, found a string"
        );
        assert!(load("server = 3\n").unwrap_err().contains("write `[server]`"));
        assert!(load("[server\n").unwrap_err().starts_with("my.toml:1: "));
        assert!(load("[engine]\nlead_idle_ms = -1\n").unwrap_err().contains("lead_idle_ms"));
        assert!(load("[carrier]\nkind = \"pigeon\"\n").unwrap_err().contains("pigeon"));
    }

    #[test]
    fn the_environment_wins_over_the_file_and_unknown_variables_are_refused() {
        let set = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        let file = Some(("my.toml", "[engine]\nclaim_max = 5\n"));
        let config = Config::from_parts(file, &set("BRANCHLINE_ENGINE_CLAIM_MAX", "7")).unwrap();
        assert_eq!(config.engine.claim_max, 7);
        let error = Config::from_parts(file, &set("BRANCHLINE_ENGIN_CLAIM_MAX", "7")).unwrap_err();
        assert!(error.to_string().contains("did you mean `BRANCHLINE_ENGINE_CLAIM_MAX`"));
        let error = Config::from_parts(file, &set("BRANCHLINE_ENGINE_CLAIM_MAX", "x")).unwrap_err();
        assert!(error.to_string().contains("BRANCHLINE_ENGINE_CLAIM_MAX"));
    }

    #[test]
    fn variables_of_secrets_and_of_clients_set_no_key() {
        assert!(is_setting("BRANCHLINE_SERVER_LISTEN") && is_setting("BRANCHLINE_TOKENS"));
        for other in OF_CLIENTS.into_iter().chain(["BRANCHLINE_SECRET_CRM", "PATH"]) {
            assert!(!is_setting(other), "{other}");
        }
    }
}
