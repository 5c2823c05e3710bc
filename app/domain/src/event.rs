//! What the audit log keeps: one event for every change of state, in the transaction of that change.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Happening {
    /// The first organization was made.
    #[serde(rename = "organization.created")]
    OrganizationCreated,
    /// Someone became a member.
    #[serde(rename = "member.joined")]
    MemberJoined,
    /// A member was taken out.
    #[serde(rename = "member.removed")]
    MemberRemoved,
    /// A member's role changed.
    #[serde(rename = "member.role_changed")]
    MemberRoleChanged,
    /// A person signed in.
    #[serde(rename = "session.started")]
    SignedIn,
    /// A key was made.
    #[serde(rename = "key.created")]
    KeyCreated,
    /// A key was ended.
    #[serde(rename = "key.revoked")]
    KeyRevoked,
    /// A workspace was made.
    #[serde(rename = "workspace.created")]
    WorkspaceCreated,
    /// A workspace was removed.
    #[serde(rename = "workspace.deleted")]
    WorkspaceDeleted,
}

impl Happening {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::OrganizationCreated,
        Self::MemberJoined,
        Self::MemberRemoved,
        Self::MemberRoleChanged,
        Self::SignedIn,
        Self::KeyCreated,
        Self::KeyRevoked,
        Self::WorkspaceCreated,
        Self::WorkspaceDeleted,
    ];

    /// The word in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OrganizationCreated => "organization.created",
            Self::MemberJoined => "member.joined",
            Self::MemberRemoved => "member.removed",
            Self::MemberRoleChanged => "member.role_changed",
            Self::SignedIn => "session.started",
            Self::KeyCreated => "key.created",
            Self::KeyRevoked => "key.revoked",
            Self::WorkspaceCreated => "workspace.created",
            Self::WorkspaceDeleted => "workspace.deleted",
        }
    }

    /// The words on a page, to stand after the actor's name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::OrganizationCreated => "Created the organization",
            Self::MemberJoined => "Joined the organization",
            Self::MemberRemoved => "Removed a member",
            Self::MemberRoleChanged => "Changed a role",
            Self::SignedIn => "Signed in",
            Self::KeyCreated => "Created an API key",
            Self::KeyRevoked => "Revoked an API key",
            Self::WorkspaceCreated => "Created a workspace",
            Self::WorkspaceDeleted => "Deleted a workspace",
        }
    }
}

impl FromStr for Happening {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

/// One field before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The field's name.
    pub field: String,
    /// Its value before, if it had one.
    pub before: Option<String>,
    /// Its value after, if it has one.
    pub after: Option<String>,
}

/// An event that is about to be written: what happened to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub happening: Happening,
    /// The kind of thing it happened to: `key`, `workspace`, `member`, `organization` or `session`.
    pub object_kind: &'static str,
    /// That thing's id.
    pub object_id: String,
    /// How people know it: a name, and for a key its public prefix too.
    pub object_label: String,
    /// Whose business it is besides the admins': the owner of the key, if it is one (decision D26).
    pub concerns: Option<crate::id::ActorId>,
    /// What changed.
    pub changes: Vec<Change>,
}

impl Event {
    /// An event about one thing, so far without changes.
    pub fn new(happening: Happening, object_kind: &'static str, object_id: impl ToString, object_label: &str) -> Self {
        let object_id = object_id.to_string();
        Self {
            happening,
            object_kind,
            object_id,
            object_label: object_label.to_owned(),
            concerns: None,
            changes: Vec::new(),
        }
    }

    /// The same event, with a field that changed.
    #[must_use]
    pub fn changed(mut self, field: &str, before: Option<&str>, after: Option<&str>) -> Self {
        let (before, after) = (before.map(str::to_owned), after.map(str::to_owned));
        self.changes.push(Change { field: field.to_owned(), before, after });
        self
    }

    /// The same event, visible to this actor too.
    #[must_use]
    pub const fn concerning(mut self, actor: crate::id::ActorId) -> Self {
        self.concerns = Some(actor);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for kind in Happening::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
    }
}
