//! Commands: requests for changes. A command is valid by construction: `read` returns every invalid
//! field.

mod accounts;
mod apis;
mod consumers;
mod keys;
mod listing;
mod log;
mod members;
mod organizations;

pub use accounts::{ChangeServiceAccount, CreateServiceAccount};
pub use apis::{ApiDraft, ApiKeyDraft, ChangeApi, CreateApi, CreateApiKey};
pub use consumers::{ChangeConsumer, CreateConsumer};
pub use keys::{
    ChangeKey, CreateKey, EXPIRY_DAYS, Expiry, KeyDraft, MOST_DAYS, RequiredScopes, RevokeKey,
    RotateKey, VerifyKey,
};
pub use listing::{KeyQuery, KeySort, StatusFilter};
pub use log::{ActionFilter, AuditDraft, AuditQuery, ExportFormat, ObjectFilter};
pub use members::{InviteMember, KeyDisposition, RemoveMember};
pub use organizations::{
    ChangeOrganization, CreateOrganization, FoundOrganization, OrganizationDraft,
};

use crate::id::WorkspaceId;
use crate::problem::{Fault, FieldFault};
use crate::text::Name;
use crate::workspace::Provider;

/// Start a run.
#[derive(Clone, Debug)]
pub struct CreateRun {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its input.
    pub input: Option<String>,
    /// Whether the request used the webhook-style URL.
    pub by_hook: bool,
}

impl CreateRun {
    /// Reads the fields of a body.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn read(
        workspace: WorkspaceId,
        input: Option<String>,
        by_hook: bool,
    ) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let input = faults.take(
            "input",
            input
                .map(|input| read_text(&input, 0))
                .transpose(),
        );
        faults.done(|| {
            Some(Self {
                workspace,
                input: input?,
                by_hook,
            })
        })
    }
}

/// The most characters of a message, a note or a run's input.
pub const MOST_TEXT: usize = 10_000;

/// Text to be encrypted: 1 to 10,000 characters, stored unchanged.
#[derive(Clone, Debug)]
pub struct SealText(pub String);

impl SealText {
    /// Reads the field of a body.
    ///
    /// # Errors
    /// The field, if it is invalid.
    pub fn read(text: &str) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let text = faults.take("text", read_text(text, 1));
        faults.done(|| Some(Self(text?)))
    }
}

/// Text is not normalized. A zero character is rejected because Postgres cannot store it.
fn read_text(text: &str, min: usize) -> Result<String, Fault> {
    match text.chars().count() {
        n if n < min => Err(Fault::Missing),
        n if n > MOST_TEXT => Err(Fault::TooLong { max: MOST_TEXT }),
        _ if text.contains('\0') => Err(Fault::ForbiddenCharacter),
        _ => Ok(text.to_owned()),
    }
}

/// Create a workspace.
#[derive(Clone, Debug)]
pub struct CreateWorkspace {
    /// Its name.
    pub name: Name,
    /// The provider of its model.
    pub provider: Provider,
    /// Its model, 1 to 100 characters.
    pub model: Name,
}

impl CreateWorkspace {
    /// Reads the fields of a body. Without a model, the provider's default model is used.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn read(name: &str, provider: &str, model: Option<&str>) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let name = faults.take("name", Name::parse(name));
        let provider = faults.take("provider", Provider::parse(provider));
        let default = provider.map_or("", Provider::default_model);
        let model = faults.take(
            "model",
            Name::parse(model.unwrap_or(if default.is_empty() { "-" } else { default })),
        );
        faults.done(|| {
            Some(Self {
                name: name?,
                provider: provider?,
                model: model?,
            })
        })
    }
}

/// Delete a workspace.
#[derive(Clone, Debug)]
pub struct DeleteWorkspace {
    /// The workspace.
    pub workspace: WorkspaceId,
}

/// Collects the invalid fields while a command is read.
#[derive(Default)]
struct Faults(Vec<FieldFault>);

impl Faults {
    fn take<T>(&mut self, field: &str, read: Result<T, Fault>) -> Option<T> {
        read.map_err(|fault| self.0.push(FieldFault::new(field, fault)))
            .ok()
    }

    fn done<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T, Vec<FieldFault>> {
        if self.0.is_empty() {
            build().ok_or_else(Vec::new)
        } else {
            Err(self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_invalid_field_is_reported() {
        let faults = CreateWorkspace::read(" ", "aws", Some("\u{200b}x")).expect_err("faults");
        let fields: Vec<_> = faults
            .iter()
            .map(|fault| fault.field.as_str())
            .collect();
        assert_eq!(fields, ["name", "provider", "model"]);
    }

    // RA-20, RK-40
    #[test]
    fn a_workspace_without_a_model_gets_the_default_model() {
        let command =
            CreateWorkspace::read("Staging Environment", "vertex_ai", None).expect("valid");
        assert_eq!(command.model.as_str(), "gemini-2.5-pro");
        let command =
            CreateWorkspace::read("Analytics", "vertex_ai", Some("gemini-2.5-pro")).expect("valid");
        assert_eq!(
            (command.provider, command.model.as_str()),
            (Provider::VertexAi, "gemini-2.5-pro")
        );
    }
}
