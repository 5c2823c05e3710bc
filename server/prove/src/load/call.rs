//! The calls of clients and their results.

use reqwest::Method;
use serde_json::{Value, json};

/// A kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Create a key of the owner.
    CreateKey,
    /// Create a key of a service account.
    CreateKeyFor,
    /// Revoke a key.
    Revoke,
    /// Rotate a key by its ID.
    Rotate,
    /// Rotate the calling key.
    RotateItself,
    /// Rename a key.
    Rename,
    /// Create a service account.
    CreateAccount,
    /// Disable a service account.
    Disable,
    /// Enable a service account.
    Enable,
    /// Create a workspace.
    CreateWorkspace,
    /// Delete a workspace.
    DeleteWorkspace,
    /// Create an invitation.
    Invite,
    /// Revoke an invitation.
    Withdraw,
    /// Remove a member.
    RemoveMember,
}

/// A call: the operation, its object and its new name.
#[derive(Clone, Debug)]
pub struct Call {
    /// The operation.
    pub kind: Kind,
    /// The ID of the object to change. Empty for a new object.
    pub target: String,
    /// The new name, unique in the run.
    pub label: String,
}

/// A call and its response, if there was one.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The call.
    pub call: Call,
    /// The status of the response.
    pub status: Option<u16>,
    /// The response.
    pub made: Value,
}

impl Entry {
    /// Whether the response confirms the operation.
    pub fn is_acknowledged(&self) -> bool {
        self.status
            .is_some_and(|status| (200..300).contains(&status))
    }

    /// The ID of the created or changed object.
    pub fn id(&self, field: &str) -> String {
        match &self.made[field] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

impl Call {
    /// The request.
    pub fn request(&self) -> (Method, String, Value) {
        let Self {
            kind,
            target,
            label,
        } = self;
        match kind {
            Kind::CreateKey => (
                Method::POST,
                "/api/v1/keys".into(),
                json!({ "label": label }),
            ),
            Kind::CreateKeyFor => {
                let account: i64 = target.parse().unwrap_or_default();
                (
                    Method::POST,
                    "/api/v1/keys".into(),
                    json!({ "label": label, "actor_id": account }),
                )
            }
            Kind::Revoke => (
                Method::DELETE,
                format!("/api/v1/keys/{target}"),
                Value::Null,
            ),
            Kind::Rotate => (
                Method::POST,
                format!("/api/v1/keys/{target}/rotate"),
                json!({ "label": label }),
            ),
            Kind::RotateItself => (
                Method::POST,
                "/api/v1/keys/rotate".into(),
                json!({ "label": label }),
            ),
            Kind::Rename => (
                Method::PATCH,
                format!("/api/v1/keys/{target}"),
                json!({ "label": label }),
            ),
            Kind::CreateAccount => (
                Method::POST,
                "/api/v1/service-accounts".into(),
                json!({ "name": label }),
            ),
            Kind::Disable => (
                Method::PATCH,
                format!("/api/v1/service-accounts/{target}"),
                json!({ "disabled": true }),
            ),
            Kind::Enable => (
                Method::PATCH,
                format!("/api/v1/service-accounts/{target}"),
                json!({ "disabled": false }),
            ),
            Kind::CreateWorkspace => (
                Method::POST,
                "/api/v1/workspaces".into(),
                json!({ "name": label, "provider": "openai" }),
            ),
            Kind::DeleteWorkspace => (
                Method::DELETE,
                format!("/api/v1/workspaces/{target}"),
                Value::Null,
            ),
            Kind::Invite => {
                let email = format!("{}@prove.example", label.replace(' ', "-"));
                (
                    Method::POST,
                    "/api/v1/invitations".into(),
                    json!({ "email": email }),
                )
            }
            Kind::Withdraw => (
                Method::DELETE,
                format!("/api/v1/invitations/{target}"),
                Value::Null,
            ),
            Kind::RemoveMember => (
                Method::DELETE,
                format!("/api/v1/members/{target}"),
                Value::Null,
            ),
        }
    }
}
