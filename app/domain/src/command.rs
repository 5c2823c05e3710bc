//! What someone asks for. A command that exists is valid: reading one collects every fault at once.

use crate::id::{KeyId, WorkspaceId};
use crate::key::RevokeReason;
use crate::problem::{Fault, FieldFault};
use crate::text::{self, Name};
use crate::workspace::Provider;

/// Make a key for the caller.
#[derive(Clone, Debug)]
pub struct CreateKey {
    /// What the key is called.
    pub name: Name,
}

impl CreateKey {
    /// Reads the fields of a form or a body.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn read(name: &str) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let name = faults.take("name", Name::parse(name));
        faults.done(|| Some(Self { name: name? }))
    }
}

/// End a key, for good.
#[derive(Clone, Copy, Debug)]
pub struct RevokeKey {
    /// Which.
    pub key: KeyId,
    /// Why.
    pub reason: RevokeReason,
}

/// Make a workspace.
#[derive(Clone, Debug)]
pub struct CreateWorkspace {
    /// What it is called.
    pub name: Name,
    /// Who runs its model.
    pub provider: Provider,
    /// Its model, 1 to 100 characters.
    pub model: Name,
}

impl CreateWorkspace {
    /// Reads the fields of a body; without a model the provider's default counts (RA-20).
    ///
    /// # Errors
    /// Every field at fault.
    pub fn read(name: &str, provider: &str, model: Option<&str>) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let name = faults.take("name", Name::parse(name));
        let provider = faults.take("provider", Provider::parse(provider));
        let default = provider.map_or("", Provider::default_model);
        let model = faults.take("model", Name::parse(model.unwrap_or(if default.is_empty() { "-" } else { default })));
        faults.done(|| Some(Self { name: name?, provider: provider?, model: model? }))
    }
}

/// Remove a workspace.
#[derive(Clone, Debug)]
pub struct DeleteWorkspace {
    /// Which.
    pub workspace: WorkspaceId,
}

/// Make the first organization of an installation.
#[derive(Clone, Debug)]
pub struct FoundOrganization {
    /// What it is called.
    pub organization: Name,
    /// What its owner is called.
    pub owner: Name,
    /// The owner's address, lower case.
    pub email: String,
}

impl FoundOrganization {
    /// Reads the fields of a form or a body.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn read(organization: &str, owner: &str, email: &str) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let organization = faults.take("organization", Name::parse(organization));
        let owner = faults.take("name", Name::parse(owner));
        let email = faults.take("email", text::email(email));
        faults.done(|| Some(Self { organization: organization?, owner: owner?, email: email? }))
    }
}

/// Collects faults while the fields of a command are read.
#[derive(Default)]
struct Faults(Vec<FieldFault>);

impl Faults {
    fn take<T>(&mut self, field: &str, read: Result<T, Fault>) -> Option<T> {
        read.map_err(|fault| self.0.push(FieldFault::new(field, fault))).ok()
    }

    fn done<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T, Vec<FieldFault>> {
        if self.0.is_empty() { build().ok_or_else(Vec::new) } else { Err(self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_told_at_once() {
        let faults = CreateWorkspace::read(" ", "aws", Some("\u{200b}x")).expect_err("faults");
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["name", "provider", "model"]);
    }

    // RA-20, RK-40
    #[test]
    fn ra_20_the_model_is_optional() {
        let command = CreateWorkspace::read("Staging Environment", "vertex_ai", None).expect("valid");
        assert_eq!(command.model.as_str(), "gemini-2.5-pro");
        let command = CreateWorkspace::read("Analytics", "vertex_ai", Some("gemini-2.5-pro")).expect("valid");
        assert_eq!((command.provider, command.model.as_str()), (Provider::VertexAi, "gemini-2.5-pro"));
    }
}
