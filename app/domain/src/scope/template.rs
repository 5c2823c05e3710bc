//! Templates of permissions, and the validation of the permissions of a new key.

use super::{Access, Permissions, Scope, ScopeSet};
use crate::closed_set;
use crate::environment::Environment;
use crate::problem::Fault;

closed_set! {
    /// A template: a predefined set of permissions.
    pub enum Template(
        /// The name on a page.
        label: &'static str,
        /// A short description of its purpose.
        sentence: &'static str,
    ) {
        /// Everything that the role allows; for a test key every scope of the sandbox.
        FullAccess = "full_access" ("Full access", "Everything the key’s owner can do"),
        /// Reads everything, changes nothing.
        ReadOnly = "read_only" ("Read only", "Look at everything, change nothing"),
        /// Starts runs from a pipeline.
        CiCd = "ci_cd" ("CI/CD", "Start runs and follow them"),
        /// Manages workspaces and starts runs.
        Automation = "automation" ("Automation", "Manage workspaces and start runs"),
        /// Executes runs.
        Worker = "worker" ("Worker", "Claim runs and report their results"),
        /// Reads workspaces, runs and the audit log.
        Monitoring = "monitoring" ("Monitoring", "Watch workspaces, runs and the audit log"),
        /// Rotates other keys.
        KeyRotation = "key_rotation" ("Key rotation", "Create, rotate and revoke API keys"),
    }
}

impl Template {
    /// The permissions in an environment.
    pub fn permissions(self, environment: Environment) -> Permissions {
        use Scope as S;
        let scopes = match (self, environment) {
            (Self::FullAccess, Environment::Production) => return Permissions::Everything,
            (Self::FullAccess, Environment::Test) => ScopeSet::sandbox(),
            (Self::ReadOnly, _) => ScopeSet::of(
                S::ALL
                    .into_iter()
                    .filter(|scope| scope.access() == Access::Read),
            ),
            (Self::CiCd, _) => ScopeSet::of([S::WorkspacesRead, S::RunsRead, S::RunsWrite]),
            (Self::Automation, _) => ScopeSet::of([
                S::WorkspacesRead,
                S::WorkspacesWrite,
                S::RunsRead,
                S::RunsWrite,
            ]),
            (Self::Worker, _) => ScopeSet::of([S::RunsWork]),
            (Self::Monitoring, _) => ScopeSet::of([S::WorkspacesRead, S::RunsRead, S::AuditRead]),
            (Self::KeyRotation, _) => ScopeSet::of([S::KeysRead, S::KeysWrite]),
        };
        Permissions::Only(scopes.within(environment))
    }
}

/// Reads the permissions of a new key: a template, single scopes, or neither. Neither means
/// everything in production and nothing in the sandbox: only `sk` keys have full access (D6).
///
/// # Errors
/// `Unknown` for an unknown word, `NotInSandbox` for a scope that a test key cannot have,
/// `OneOfTwo` for a template and scopes together.
pub fn read_permissions(
    environment: Environment,
    template: Option<&str>,
    scopes: Option<&[String]>,
) -> Result<Permissions, Fault> {
    match (template, scopes) {
        (Some(_), Some(_)) => Err(Fault::OneOfTwo),
        (Some(word), None) => {
            let template: Template = word.parse()?;
            Ok(template.permissions(environment))
        }
        (None, Some(words)) => read_scopes(words).and_then(|scopes| {
            if scopes == scopes.within(environment) {
                Ok(Permissions::Only(scopes))
            } else {
                Err(Fault::NotInSandbox)
            }
        }),
        (None, None) if environment == Environment::Production => Ok(Permissions::Everything),
        (None, None) => Ok(Permissions::Only(ScopeSet::EMPTY)),
    }
}

/// Reads single scopes.
///
/// # Errors
/// `Unknown` for an unknown word.
pub fn read_scopes(words: &[String]) -> Result<ScopeSet, Fault> {
    let scopes: Vec<Scope> = words
        .iter()
        .map(|word| word.parse())
        .collect::<Result<_, _>>()?;
    Ok(ScopeSet::of(scopes))
}
