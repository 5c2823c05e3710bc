//! What the audit log keeps: one event for every change of state, in the transaction of that change.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

mod category;
mod object;

pub use category::EventCategory;
pub use object::{ObjectId, ObjectKind};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AuditAction {
    /// The first organization was made.
    #[serde(rename = "organization.created")]
    OrganizationCreated,
    /// A setting of the organization changed.
    #[serde(rename = "organization.changed")]
    OrganizationChanged,
    /// Someone became a member.
    #[serde(rename = "member.joined")]
    MemberJoined,
    /// Someone was invited to become a member.
    #[serde(rename = "invitation.created")]
    MemberInvited,
    /// An invitation was taken up.
    #[serde(rename = "invitation.accepted")]
    InvitationAccepted,
    /// An invitation was taken back.
    #[serde(rename = "invitation.revoked")]
    InvitationRevoked,
    /// A member left.
    #[serde(rename = "member.left")]
    MemberLeft,
    /// A member was taken out.
    #[serde(rename = "member.removed")]
    MemberRemoved,
    /// A member's role changed.
    #[serde(rename = "member.role_changed")]
    MemberRoleChanged,
    /// A service account was made.
    #[serde(rename = "service_account.created")]
    ServiceAccountCreated,
    /// A service account was renamed, disabled, enabled or given another role.
    #[serde(rename = "service_account.changed")]
    ServiceAccountChanged,
    /// A person signed in.
    #[serde(rename = "session.started")]
    SignedIn,
    /// A session was ended: by signing out, or from the list of sessions.
    #[serde(rename = "session.ended")]
    SessionEnded,
    /// A token for the API was given to a person.
    #[serde(rename = "token.issued")]
    TokenIssued,
    /// The audit log was taken out as a file.
    #[serde(rename = "audit_log.exported")]
    AuditExported,
    /// The operator accepted that the audit log was altered, and goes on.
    #[serde(rename = "audit_log.accepted")]
    AuditAccepted,
    /// A key was made.
    #[serde(rename = "key.created")]
    KeyCreated,
    /// A key got another name.
    #[serde(rename = "key.renamed")]
    KeyRenamed,
    /// A key lost scopes.
    #[serde(rename = "key.narrowed")]
    KeyNarrowed,
    /// A successor took a key's place.
    #[serde(rename = "key.rotated")]
    KeyRotated,
    /// A key was sent in an address, where logs keep it.
    #[serde(rename = "key.exposed")]
    KeyExposed,
    /// A key ended by itself.
    #[serde(rename = "key.expired")]
    KeyExpired,
    /// A key was ended.
    #[serde(rename = "key.revoked")]
    KeyRevoked,
    /// A workspace was made.
    #[serde(rename = "workspace.created")]
    WorkspaceCreated,
    /// A workspace was removed.
    #[serde(rename = "workspace.deleted")]
    WorkspaceDeleted,
    /// A run was started.
    #[serde(rename = "run.created")]
    RunCreated,
    /// A message was sealed to a key.
    #[serde(rename = "message.sent")]
    MessageSent,
    /// A message was removed by its reader.
    #[serde(rename = "message.deleted")]
    MessageDeleted,
    /// A note was sealed to a key.
    #[serde(rename = "note.written")]
    NoteWritten,
    /// A note was removed.
    #[serde(rename = "note.deleted")]
    NoteDeleted,
}

impl AuditAction {
    /// Every kind.
    pub const ALL: [Self; 30] = [
        Self::OrganizationCreated,
        Self::OrganizationChanged,
        Self::MemberInvited,
        Self::InvitationAccepted,
        Self::InvitationRevoked,
        Self::MemberJoined,
        Self::MemberLeft,
        Self::MemberRemoved,
        Self::MemberRoleChanged,
        Self::ServiceAccountCreated,
        Self::ServiceAccountChanged,
        Self::SignedIn,
        Self::SessionEnded,
        Self::TokenIssued,
        Self::AuditExported,
        Self::AuditAccepted,
        Self::KeyCreated,
        Self::KeyRenamed,
        Self::KeyNarrowed,
        Self::KeyRotated,
        Self::KeyExposed,
        Self::KeyExpired,
        Self::KeyRevoked,
        Self::WorkspaceCreated,
        Self::WorkspaceDeleted,
        Self::RunCreated,
        Self::MessageSent,
        Self::MessageDeleted,
        Self::NoteWritten,
        Self::NoteDeleted,
    ];

    /// The word in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OrganizationCreated => "organization.created",
            Self::OrganizationChanged => "organization.changed",
            Self::MemberJoined => "member.joined",
            Self::MemberInvited => "invitation.created",
            Self::InvitationAccepted => "invitation.accepted",
            Self::InvitationRevoked => "invitation.revoked",
            Self::MemberLeft => "member.left",
            Self::MemberRemoved => "member.removed",
            Self::MemberRoleChanged => "member.role_changed",
            Self::ServiceAccountCreated => "service_account.created",
            Self::ServiceAccountChanged => "service_account.changed",
            Self::SignedIn => "session.started",
            Self::SessionEnded => "session.ended",
            Self::TokenIssued => "token.issued",
            Self::AuditExported => "audit_log.exported",
            Self::AuditAccepted => "audit_log.accepted",
            Self::KeyCreated => "key.created",
            Self::KeyRenamed => "key.renamed",
            Self::KeyNarrowed => "key.narrowed",
            Self::KeyRotated => "key.rotated",
            Self::KeyExposed => "key.exposed",
            Self::KeyExpired => "key.expired",
            Self::KeyRevoked => "key.revoked",
            Self::WorkspaceCreated => "workspace.created",
            Self::WorkspaceDeleted => "workspace.deleted",
            Self::RunCreated => "run.created",
            Self::MessageSent => "message.sent",
            Self::MessageDeleted => "message.deleted",
            Self::NoteWritten => "note.written",
            Self::NoteDeleted => "note.deleted",
        }
    }

    /// The words on a page, to stand after the actor's name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::OrganizationCreated => "Created the organization",
            Self::OrganizationChanged => "Changed the organization",
            Self::MemberJoined => "Joined the organization",
            Self::MemberInvited => "Invited someone",
            Self::InvitationAccepted => "Accepted an invitation",
            Self::InvitationRevoked => "Withdrew an invitation",
            Self::MemberLeft => "Left the organization",
            Self::MemberRemoved => "Removed a member",
            Self::MemberRoleChanged => "Changed a role",
            Self::ServiceAccountCreated => "Created a service account",
            Self::ServiceAccountChanged => "Changed a service account",
            Self::SignedIn => "Signed in",
            Self::SessionEnded => "Ended a session",
            Self::TokenIssued => "Created an access token",
            Self::AuditExported => "Exported the audit log",
            Self::AuditAccepted => "Accepted a broken audit log",
            Self::KeyCreated => "Created an API key",
            Self::KeyRenamed => "Renamed an API key",
            Self::KeyNarrowed => "Removed permissions from an API key",
            Self::KeyRotated => "Rotated an API key",
            Self::KeyExposed => "API key sent in a URL",
            Self::KeyExpired => "API key expired",
            Self::KeyRevoked => "Revoked an API key",
            Self::WorkspaceCreated => "Created a workspace",
            Self::WorkspaceDeleted => "Deleted a workspace",
            Self::RunCreated => "Started a run",
            Self::MessageSent => "Sent a message",
            Self::MessageDeleted => "Deleted a message",
            Self::NoteWritten => "Wrote a note",
            Self::NoteDeleted => "Deleted a note",
        }
    }
}

impl FromStr for AuditAction {
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
    pub action: AuditAction,
    /// The kind of thing it happened to, a word of [`ObjectKind`].
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
    pub fn new(action: AuditAction, object_kind: &'static str, object_id: impl ToString, object_label: &str) -> Self {
        debug_assert!(object_kind.parse::<ObjectKind>().is_ok(), "{object_kind} is no kind that the log is asked for");
        let object_id = object_id.to_string();
        Self {
            action,
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
        for kind in AuditAction::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
    }
}
