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
        (self.method(), self.path(), self.body())
    }

    /// The method of the request.
    fn method(&self) -> Method {
        match self.kind {
            Kind::CreateKey
            | Kind::CreateKeyFor
            | Kind::Rotate
            | Kind::RotateItself
            | Kind::CreateAccount
            | Kind::CreateWorkspace
            | Kind::Invite => Method::POST,
            Kind::Rename | Kind::Disable | Kind::Enable => Method::PATCH,
            Kind::Revoke | Kind::DeleteWorkspace | Kind::Withdraw | Kind::RemoveMember => {
                Method::DELETE
            }
        }
    }

    /// The path of the request.
    fn path(&self) -> String {
        let target = &self.target;
        match self.kind {
            Kind::CreateKey | Kind::CreateKeyFor => "/api/v1/keys".into(),
            Kind::Revoke | Kind::Rename => format!("/api/v1/keys/{target}"),
            Kind::Rotate => format!("/api/v1/keys/{target}/rotate"),
            Kind::RotateItself => "/api/v1/keys/rotate".into(),
            Kind::CreateAccount => "/api/v1/service-accounts".into(),
            Kind::Disable | Kind::Enable => format!("/api/v1/service-accounts/{target}"),
            Kind::CreateWorkspace => "/api/v1/workspaces".into(),
            Kind::DeleteWorkspace => format!("/api/v1/workspaces/{target}"),
            Kind::Invite => "/api/v1/invitations".into(),
            Kind::Withdraw => format!("/api/v1/invitations/{target}"),
            Kind::RemoveMember => format!("/api/v1/members/{target}"),
        }
    }

    /// The body of the request. Null if it has none.
    fn body(&self) -> Value {
        let label = &self.label;
        match self.kind {
            Kind::CreateKey | Kind::Rotate | Kind::RotateItself | Kind::Rename => {
                json!({ "label": label })
            }
            Kind::CreateKeyFor => {
                let account: i64 = self.target.parse().unwrap_or_default();
                json!({ "label": label, "actor_id": account })
            }
            Kind::CreateAccount => json!({ "name": label }),
            Kind::Disable => json!({ "disabled": true }),
            Kind::Enable => json!({ "disabled": false }),
            Kind::CreateWorkspace => json!({ "name": label, "provider": "openai" }),
            Kind::Invite => {
                let email = format!("{}@prove.example", label.replace(' ', "-"));
                json!({ "email": email })
            }
            Kind::Revoke | Kind::DeleteWorkspace | Kind::Withdraw | Kind::RemoveMember => {
                Value::Null
            }
        }
    }
}
