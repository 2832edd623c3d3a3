//! What an API key may do.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, Serializer};

/// One thing that an API key may do. None implies another: a key that reports statuses reads
/// nothing, and one that makes keys moves no lead. Source: CONTRACT.md 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// See everything of the organisation, and follow its events.
    Read,
    /// Change workflows and graphs, enrol, change and remove leads.
    Operate,
    /// Decide about held leads.
    Resolve,
    /// Take calls, and tell what became of them.
    Ingest,
    /// Make and revoke keys, erase leads.
    Admin,
    /// See keys, refused actions and proofs, and follow events.
    Audit,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 6] =
        [Self::Read, Self::Operate, Self::Resolve, Self::Ingest, Self::Admin, Self::Audit];

    /// The text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Operate => "operate",
            Self::Resolve => "resolve",
            Self::Ingest => "ingest",
            Self::Admin => "admin",
            Self::Audit => "audit",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Read => 1,
            Self::Operate => 1 << 1,
            Self::Resolve => 1 << 2,
            Self::Ingest => 1 << 3,
            Self::Admin => 1 << 4,
            Self::Audit => 1 << 5,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a scope; the scopes are read, operate, resolve, ingest, admin, audit")]
pub struct UnknownScope {
    text: String,
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or_else(|| UnknownScope { text: text.chars().take(80).collect() })
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// All of them.
    pub const ALL: Self = Self((1 << 6) - 1);

    /// The same set, and this one.
    #[must_use]
    pub const fn with(self, scope: Scope) -> Self {
        Self(self.0 | scope.bit())
    }

    /// Whether it is in the set.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes, in their order.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.contains(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<T: IntoIterator<Item = Scope>>(scopes: T) -> Self {
        scopes.into_iter().fold(Self::default(), Self::with)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.iter().map(Scope::as_str).collect();
        f.write_str(&words.join(", "))
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scopes({self})")
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_reads_back_and_implies_no_other() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
            let only: Scopes = [scope].into_iter().collect();
            assert_eq!(only.iter().collect::<Vec<_>>(), [scope]);
        }
        assert_eq!(Scopes::ALL, Scope::ALL.into_iter().collect());
        assert!("write".parse::<Scope>().unwrap_err().to_string().contains("operate"));
    }
}
