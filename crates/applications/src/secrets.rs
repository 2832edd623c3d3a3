//! Secrets that requests may carry, and where each of them may go.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use branchline_domain::template::is_secret_name;

/// One secret. Whoever edits a workflow can put its name into a request, so it says itself where
/// it may be sent.
#[derive(Clone)]
pub struct Secret {
    /// What is sent.
    pub value: String,
    /// Hosts that may see it, in small letters.
    pub hosts: BTreeSet<String>,
}

impl fmt::Debug for Secret {
    /// Never the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

/// All secrets, by name. Only memory holds their values: they are in no journal and no log.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    by_name: BTreeMap<String, Secret>,
}

/// Why secrets cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The name cannot stand in a template.
    #[error("`{name}` is not a secret's name: write 1 to 64 of A to Z, 0 to 9 and _")]
    Name {
        /// The name.
        name: String,
    },
    /// It could end a header.
    #[error("the secret {name} is empty or has a control character; a line end, perhaps")]
    Value {
        /// Its name.
        name: String,
    },
    /// Nobody may see it.
    #[error("the secret {name} may go nowhere: name a host for it")]
    NoHost {
        /// Its name.
        name: String,
    },
}

impl Secrets {
    /// Adds a secret, in place of the one of that name.
    ///
    /// # Errors
    ///
    /// [`SecretError`] when it could not be used.
    pub fn insert(&mut self, name: &str, secret: Secret) -> Result<(), SecretError> {
        let name = name.to_owned();
        if !is_secret_name(&name) {
            return Err(SecretError::Name { name });
        }
        if secret.value.is_empty() || secret.value.contains(char::is_control) {
            return Err(SecretError::Value { name });
        }
        if secret.hosts.is_empty() {
            return Err(SecretError::NoHost { name });
        }
        self.by_name.insert(name, secret);
        Ok(())
    }

    /// Whether this host may see this secret.
    pub(crate) fn may_go(&self, name: &str, host: &str) -> bool {
        self.by_name.get(name).is_some_and(|secret| secret.hosts.contains(host))
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.by_name.get(name).map(|secret| secret.value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(value: &str, hosts: &[&str]) -> Secret {
        Secret { value: value.into(), hosts: hosts.iter().map(|&host| host.into()).collect() }
    }

    #[test]
    fn a_secret_goes_only_where_it_says() {
        let mut secrets = Secrets::default();
        secrets.insert("CRM_TOKEN", secret("abc", &["crm.example.com"])).unwrap();
        assert!(secrets.may_go("CRM_TOKEN", "crm.example.com"));
        assert!(!secrets.may_go("CRM_TOKEN", "evil.example.com"));
        assert!(!secrets.may_go("OTHER", "crm.example.com"));
        assert!(!format!("{secrets:?}").contains("abc"));
    }

    #[test]
    fn a_secret_that_could_not_be_used_is_refused() {
        let mut secrets = Secrets::default();
        let host = &["e.com"];
        assert!(matches!(
            secrets.insert("lower", secret("a", host)),
            Err(SecretError::Name { .. })
        ));
        assert!(matches!(secrets.insert("A", secret("", host)), Err(SecretError::Value { .. })));
        assert!(matches!(secrets.insert("A", secret("a\n", host)), Err(SecretError::Value { .. })));
        assert!(matches!(secrets.insert("A", secret("a", &[])), Err(SecretError::NoHost { .. })));
    }
}
