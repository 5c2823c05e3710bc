//! Commands for workspaces.

use super::Faults;
use crate::id::WorkspaceId;
use crate::problem::{Fault, FieldFault};
use crate::text::Name;
use crate::workspace::{Provider, WorkspaceStatus};

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

/// Start or stop a workspace.
#[derive(Clone, Debug)]
pub struct ChangeWorkspace {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Whether it takes runs.
    pub status: WorkspaceStatus,
}

impl ChangeWorkspace {
    /// Reads the fields of a body.
    ///
    /// # Errors
    /// The status, if it is missing or unknown.
    pub fn read(workspace: WorkspaceId, status: Option<&str>) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let status = match status {
            Some(word) => word.parse().map_err(Fault::from),
            None => Err(Fault::Missing),
        };
        let status = faults.take("status", status);
        faults.done(|| {
            Some(Self {
                workspace,
                status: status?,
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

    #[test]
    fn a_status_is_running_or_stopped() {
        let read = |word| {
            let id: WorkspaceId = "ws_a".parse().expect("an id");
            ChangeWorkspace::read(id, word)
        };
        assert_eq!(
            read(Some("stopped")).expect("valid").status,
            WorkspaceStatus::Stopped
        );
        for bad in [None, Some(""), Some("paused")] {
            assert_eq!(
                read(bad).expect_err("faults")[0].field,
                "status",
                "{bad:?}"
            );
        }
    }
}
