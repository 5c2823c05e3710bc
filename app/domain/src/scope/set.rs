//! Sets of scopes, and all that a key may do.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Access, Scope};
use crate::closed_set::UnknownWord;
use crate::environment::Environment;

/// Chosen scopes. Empty means no power at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScopeSet(u32);

impl ScopeSet {
    /// None.
    pub const EMPTY: Self = Self(0);

    /// The set of these.
    pub fn of(scopes: impl IntoIterator<Item = Scope>) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | 1 << scope as u32))
    }

    /// Everything there is in the sandbox.
    pub fn sandbox() -> Self {
        Self::of(Scope::ALL.into_iter().filter(|scope| scope.in_sandbox()))
    }

    /// Its scopes, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.0 & (1 << *scope as u32) != 0)
    }

    /// Whether it is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether it allows what the scope allows; write includes read.
    pub fn allows(self, wanted: Scope) -> bool {
        let includes = |scope: Scope| {
            scope == wanted
                || (scope.group() == wanted.group()
                    && scope.access() == Access::Write
                    && wanted.access() == Access::Read)
        };
        self.iter().any(includes)
    }

    /// Whether it allows everything that the other allows.
    pub fn covers(self, other: Self) -> bool {
        other.iter().all(|scope| self.allows(scope))
    }

    /// Those that exist in an environment.
    #[must_use]
    pub fn within(self, environment: Environment) -> Self {
        match environment {
            Environment::Production => self,
            Environment::Test => Self(self.0 & Self::sandbox().0),
        }
    }
}

/// All that a key may do: everything its owner's role allows, or chosen scopes of it (D6). In the database and
/// the API a list of words, `*` for everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permissions {
    /// Everything the role allows.
    Everything,
    /// Only this of it.
    Only(ScopeSet),
}

impl Permissions {
    /// Whether it allows what the scope allows.
    pub fn allows(self, wanted: Scope) -> bool {
        match self {
            Self::Everything => true,
            Self::Only(scopes) => scopes.allows(wanted),
        }
    }

    /// Whether it allows everything that the other allows.
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

    /// The words in one line, as the database keeps them.
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

        let scopes: Vec<Scope> = line.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
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
        words.join(" ").parse().map_err(|_| serde::de::Error::custom("an unknown scope"))
    }
}
