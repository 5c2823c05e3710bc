//! Sets of scopes, and the permissions of a key.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Access, Scope};
use crate::closed_set::UnknownWord;
use crate::environment::Environment;

/// A set of scopes. An empty set allows nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScopeSet(u32);

impl ScopeSet {
    /// No scopes.
    pub const EMPTY: Self = Self(0);

    /// The set of these scopes.
    pub fn of(scopes: impl IntoIterator<Item = Scope>) -> Self {
        Self(
            scopes
                .into_iter()
                .fold(0, |bits, scope| bits | 1 << scope as u32),
        )
    }

    /// Every scope that applies to the sandbox.
    pub fn sandbox() -> Self {
        Self::of(
            Scope::ALL
                .into_iter()
                .filter(|scope| scope.in_sandbox()),
        )
    }

    /// Its scopes, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL
            .into_iter()
            .filter(move |scope| self.0 & (1 << *scope as u32) != 0)
    }

    /// Whether it is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether it allows what this scope allows; write includes read.
    pub fn allows(self, wanted: Scope) -> bool {
        let includes = |scope: Scope| {
            scope == wanted
                || (scope.group() == wanted.group()
                    && scope.access() == Access::Write
                    && wanted.access() == Access::Read)
        };
        self.iter().any(includes)
    }

    /// Whether it allows everything that `other` allows.
    pub fn covers(self, other: Self) -> bool {
        other.iter().all(|scope| self.allows(scope))
    }

    /// The scopes that apply to an environment.
    #[must_use]
    pub fn within(self, environment: Environment) -> Self {
        match environment {
            Environment::Production => self,
            Environment::Test => Self(self.0 & Self::sandbox().0),
        }
    }
}

/// The permissions of a key: everything that its owner's role allows, or selected scopes (D6). The
/// database and the API represent them as a list of words, with `*` for everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permissions {
    /// Everything the role allows.
    Everything,
    /// Only these scopes, within what the role allows.
    Only(ScopeSet),
}

impl Permissions {
    /// Whether they allow what this scope allows.
    pub fn allows(self, wanted: Scope) -> bool {
        match self {
            Self::Everything => true,
            Self::Only(scopes) => scopes.allows(wanted),
        }
    }

    /// Whether it allows everything that `other` allows.
    pub fn covers(self, other: Self) -> bool {
        match (self, other) {
            (Self::Everything, _) => true,
            (Self::Only(_), Self::Everything) => false,
            (Self::Only(mine), Self::Only(theirs)) => mine.covers(theirs),
        }
    }

    /// The words, as the API lists them.
    pub fn words(self) -> Vec<&'static str> {
        match self {
            Self::Everything => vec!["*"],
            Self::Only(scopes) => scopes.iter().map(Scope::as_str).collect(),
        }
    }

    /// The words in one line, as the database stores them.
    pub fn line(self) -> String {
        self.words().join(" ")
    }
}

impl FromStr for Permissions {
    type Err = UnknownWord;

    fn from_str(line: &str) -> Result<Self, UnknownWord> {
        if line == "*" {
            return Ok(Self::Everything);
        }

        let scopes: Vec<Scope> = line
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        Ok(Self::Only(ScopeSet::of(scopes)))
    }
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.words().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Vec::<String>::deserialize(deserializer)?;
        words
            .join(" ")
            .parse()
            .map_err(|_| serde::de::Error::custom("an unknown scope"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_scope_counts_once() {
        let one = ScopeSet::of([Scope::KeysRead]);
        let repeated = ScopeSet::of([Scope::KeysRead, Scope::KeysRead]);
        assert_eq!(repeated, one);
        assert!(ScopeSet::EMPTY.is_empty() && !one.is_empty());
    }
}
