//! What application steps act with in this program: HTTP requests, and secrets of the environment.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use anyhow::{Context as _, bail};
use branchline_applications::{HttpActions, HttpSettings, Secret, Secrets};
use branchline_engine::applications::Applications;

use crate::config::{ApplicationsConfig, SECRET_PREFIX};

/// Starts the runner of HTTP requests.
pub(crate) fn start(config: &ApplicationsConfig) -> anyhow::Result<Applications> {
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with(SECRET_PREFIX))
        .collect();
    let runner = HttpActions::start(HttpSettings {
        allow_private_addresses: config.allow_private_addresses,
        secrets: secrets(config, &environment)?,
    })
    .context("application steps cannot send HTTP requests")?;
    Ok(Applications::default().with_http(Arc::new(runner)))
}

/// The secrets that the configuration names, with their values from the environment.
fn secrets(
    config: &ApplicationsConfig,
    environment: &BTreeMap<String, String>,
) -> anyhow::Result<Secrets> {
    let mut hosts: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (number, entry) in (1..).zip(&config.secret_hosts) {
        let mut words = entry.split_whitespace();
        let (Some(name), Some(host), None) = (words.next(), words.next(), words.next()) else {
            // Not told back: somebody may have put the secret itself there.
            bail!(
                "applications.secret_hosts: entry {number} is not a name and a host, such as \
                 `CRM_TOKEN crm.example.com`; the value of a secret goes into the environment"
            );
        };
        hosts.entry(name).or_default().insert(host.to_ascii_lowercase());
    }
    let unused = environment.keys().find(|variable| {
        variable.strip_prefix(SECRET_PREFIX).is_none_or(|name| !hosts.contains_key(name))
    });
    if let Some(variable) = unused {
        bail!(
            "the environment has {variable}, which may go nowhere: add it with a host to \
             applications.secret_hosts"
        );
    }
    let mut secrets = Secrets::default();
    for (name, hosts) in hosts {
        let variable = format!("{SECRET_PREFIX}{name}");
        let value = environment.get(&variable).with_context(|| {
            format!("applications.secret_hosts names {name}: set {variable} in the environment")
        })?;
        secrets.insert(name, Secret { value: value.clone(), hosts })?;
    }
    Ok(secrets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets_of(hosts: &[&str], environment: &[(&str, &str)]) -> Result<Secrets, String> {
        let config = ApplicationsConfig {
            allow_private_addresses: false,
            secret_hosts: hosts.iter().map(|&entry| entry.into()).collect(),
        };
        let environment =
            environment.iter().map(|&(name, value)| (name.into(), value.into())).collect();
        secrets(&config, &environment).map_err(|error| error.to_string())
    }

    #[test]
    fn a_secret_has_a_value_and_hosts() {
        let set = ("BRANCHLINE_SECRET_CRM_TOKEN", "abc");
        let two = ["CRM_TOKEN crm.example.com", "CRM_TOKEN  Api.example.com"];
        let known = format!("{:?}", secrets_of(&two, &[set]).unwrap());
        assert!(known.contains("crm.example.com") && known.contains("api.example.com"), "{known}");
        assert!(!known.contains("abc"), "{known}");
        assert!(secrets_of(&[], &[]).is_ok());
    }

    #[test]
    fn half_a_secret_is_refused_with_what_is_missing() {
        let set = ("BRANCHLINE_SECRET_CRM_TOKEN", "abc");
        let refused = secrets_of(&["CRM_TOKEN e.com"], &[]).unwrap_err();
        assert!(refused.contains("set BRANCHLINE_SECRET_CRM_TOKEN"), "{refused}");
        let refused = secrets_of(&[], &[set]).unwrap_err();
        assert!(refused.contains("applications.secret_hosts"), "{refused}");
        for entry in ["CRM_TOKEN", "CRM_TOKEN e.com f.com", ""] {
            assert!(secrets_of(&[entry], &[set]).unwrap_err().contains("not a name and a host"));
        }
        let refused = secrets_of(&["low e.com"], &[("BRANCHLINE_SECRET_low", "a")]).unwrap_err();
        assert!(refused.contains("`low`"), "{refused}");
    }
}
