//! Ready-made permissions, and reading what someone chose.

use std::str::FromStr;

use super::{Access, Permissions, Scope, ScopeSet};
use crate::key::Environment;
use crate::problem::Fault;

/// A ready-made set of permissions (RU-12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Template {
    /// Everything the role allows; in the sandbox everything there is.
    FullAccess,
    /// Looks at everything, changes nothing.
    ReadOnly,
    /// Starts runs from a pipeline.
    CiCd,
    /// Manages workspaces and starts runs.
    Automation,
    /// Watches, and reads the audit log.
    Monitoring,
    /// Keeps other keys fresh.
    KeyRotation,
}

impl Template {
    /// Every template, in the order of the picker.
    pub const ALL: [Self; 6] =
        [Self::FullAccess, Self::ReadOnly, Self::CiCd, Self::Automation, Self::Monitoring, Self::KeyRotation];

    /// The word in forms and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FullAccess => "full_access",
            Self::ReadOnly => "read_only",
            Self::CiCd => "ci_cd",
            Self::Automation => "automation",
            Self::Monitoring => "monitoring",
            Self::KeyRotation => "key_rotation",
        }
    }

    /// The words on a page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::FullAccess => "Full access",
            Self::ReadOnly => "Read only",
            Self::CiCd => "CI/CD",
            Self::Automation => "Automation",
            Self::Monitoring => "Monitoring",
            Self::KeyRotation => "Key rotation",
        }
    }

    /// What it is good for.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::FullAccess => "Everything the key’s owner can do",
            Self::ReadOnly => "Look at everything, change nothing",
            Self::CiCd => "Start runs and follow them",
            Self::Automation => "Manage workspaces and start runs",
            Self::Monitoring => "Watch workspaces, runs and the audit log",
            Self::KeyRotation => "Create, rotate and revoke API keys",
        }
    }

    /// What it allows in an environment.
    pub fn permissions(self, environment: Environment) -> Permissions {
        use Scope as S;
        let scopes = match (self, environment) {
            (Self::FullAccess, Environment::Production) => return Permissions::Everything,
            (Self::FullAccess, Environment::Test) => ScopeSet::sandbox(),
            (Self::ReadOnly, _) => ScopeSet::of(S::ALL.into_iter().filter(|scope| scope.access() == Access::Read)),
            (Self::CiCd, _) => ScopeSet::of([S::WorkspacesRead, S::RunsRead, S::RunsWrite]),
            (Self::Automation, _) => ScopeSet::of([S::WorkspacesRead, S::WorkspacesWrite, S::RunsRead, S::RunsWrite]),
            (Self::Monitoring, _) => ScopeSet::of([S::WorkspacesRead, S::RunsRead, S::AuditRead]),
            (Self::KeyRotation, _) => ScopeSet::of([S::KeysRead, S::KeysWrite]),
        };
        Permissions::Only(scopes.within(environment))
    }
}

impl FromStr for Template {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|template| template.as_str() == text).ok_or(())
    }
}

/// Reads the permissions of a new key: a template, or single scopes, or neither. Neither means everything in production,
/// and nothing in the sandbox (decision D6: only `sk` inherits).
///
/// # Errors
/// `Unknown` for words that are none, `NotInSandbox` for scopes that a test key cannot have, `OneOfTwo` for both.
pub fn read_permissions(
    environment: Environment,
    template: Option<&str>,
    scopes: Option<&[String]>,
) -> Result<Permissions, Fault> {
    match (template, scopes) {
        (Some(_), Some(_)) => Err(Fault::OneOfTwo),
        (Some(word), None) => match word.parse::<Template>() {
            Ok(template) => Ok(template.permissions(environment)),
            Err(()) => Err(Fault::Unknown { known: Template::ALL.map(Template::as_str).join(", ") }),
        },
        (None, Some(words)) => read_scopes(words).and_then(|scopes| {
            if scopes == scopes.within(environment) { Ok(Permissions::Only(scopes)) } else { Err(Fault::NotInSandbox) }
        }),
        (None, None) if environment == Environment::Production => Ok(Permissions::Everything),
        (None, None) => Ok(Permissions::Only(ScopeSet::EMPTY)),
    }
}

/// Reads single scopes.
///
/// # Errors
/// `Unknown` for words that are none.
pub fn read_scopes(words: &[String]) -> Result<ScopeSet, Fault> {
    let read: Result<Vec<Scope>, ()> = words.iter().map(|word| word.parse()).collect();
    read.map(ScopeSet::of).map_err(|()| Fault::Unknown { known: Scope::ALL.map(Scope::as_str).join(", ") })
}
