//! The calls that clients make, and what became of each.

use reqwest::Method;
use serde_json::{Value, json};

/// A kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A key of the owner's.
    CreateKey,
    /// A key of a service account.
    CreateKeyFor,
    /// Ends a key.
    Revoke,
    /// Replaces a key by its id.
    Rotate,
    /// Has a key replace itself.
    RotateItself,
    /// Names a key.
    Rename,
    /// A service account.
    CreateAccount,
    /// Has the keys of a service account refused.
    Disable,
    /// Lets them in again.
    Enable,
    /// A workspace.
    CreateWorkspace,
    /// Removes one.
    DeleteWorkspace,
    /// An invitation.
    Invite,
    /// Takes one back.
    Withdraw,
    /// Removes a member.
    RemoveMember,
}

/// A call: what is to happen, to which thing, under which name.
#[derive(Clone, Debug)]
pub struct Call {
    /// What.
    pub kind: Kind,
    /// The id of the thing that is changed; empty for a new one.
    pub target: String,
    /// The new name, unique in the run.
    pub label: String,
}

/// A call and its answer, if there was one.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The call.
    pub call: Call,
    /// The status of the answer.
    pub status: Option<u16>,
    /// The answer.
    pub made: Value,
}

impl Entry {
    /// Whether the caller was told that it happened.
    pub fn is_acknowledged(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// The id of the thing that was made or changed.
    pub fn id(&self, field: &str) -> String {
        match &self.made[field] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

impl Call {
    /// As it is sent.
    pub fn request(&self) -> (Method, String, Value) {
        let Self { kind, target, label } = self;
        match kind {
            Kind::CreateKey => (Method::POST, "/api/v1/keys".into(), json!({ "label": label })),
            Kind::CreateKeyFor => {
                let account: i64 = target.parse().unwrap_or_default();
                (Method::POST, "/api/v1/keys".into(), json!({ "label": label, "actor_id": account }))
            }
            Kind::Revoke => (Method::DELETE, format!("/api/v1/keys/{target}"), Value::Null),
            Kind::Rotate => (Method::POST, format!("/api/v1/keys/{target}/rotate"), json!({ "label": label })),
            Kind::RotateItself => (Method::POST, "/api/v1/keys/rotate".into(), json!({ "label": label })),
            Kind::Rename => (Method::PATCH, format!("/api/v1/keys/{target}"), json!({ "label": label })),
            Kind::CreateAccount => (Method::POST, "/api/v1/service-accounts".into(), json!({ "name": label })),
            Kind::Disable => (Method::PATCH, format!("/api/v1/service-accounts/{target}"), json!({ "disabled": true })),
            Kind::Enable => (Method::PATCH, format!("/api/v1/service-accounts/{target}"), json!({ "disabled": false })),
            Kind::CreateWorkspace => {
                (Method::POST, "/api/v1/workspaces".into(), json!({ "name": label, "provider": "openai" }))
            }
            Kind::DeleteWorkspace => (Method::DELETE, format!("/api/v1/workspaces/{target}"), Value::Null),
            Kind::Invite => {
                let email = format!("{}@prove.example", label.replace(' ', "-"));
                (Method::POST, "/api/v1/invitations".into(), json!({ "email": email }))
            }
            Kind::Withdraw => (Method::DELETE, format!("/api/v1/invitations/{target}"), Value::Null),
            Kind::RemoveMember => (Method::DELETE, format!("/api/v1/members/{target}"), Value::Null),
        }
    }
}
