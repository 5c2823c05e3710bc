//! The audit log: one event for every change of state, written in the transaction of that change.

use serde::{Deserialize, Serialize};

use crate::closed_set;

mod category;
mod object;

pub use category::EventCategory;
pub use object::{ObjectId, ObjectKind};

closed_set! {
    /// What happened.
    #[expect(missing_docs, reason = "the label of each describes it")]
    pub enum AuditAction as "HappeningWord"(
        /// The text on a page, which follows the actor's name.
        label: &'static str,
        /// Its category.
        category: EventCategory,
    ) {
        OrganizationCreated = "organization.created" ("Created the organization", EventCategory::Organization),
        OrganizationChanged = "organization.changed" ("Changed the organization", EventCategory::Organization),
        MemberInvited = "invitation.created" ("Invited someone", EventCategory::Members),
        InvitationAccepted = "invitation.accepted" ("Accepted an invitation", EventCategory::Members),
        InvitationRevoked = "invitation.revoked" ("Cancelled an invitation", EventCategory::Members),
        MemberJoined = "member.joined" ("Joined the organization", EventCategory::Members),
        MemberLeft = "member.left" ("Left the organization", EventCategory::Members),
        MemberRemoved = "member.removed" ("Removed a member", EventCategory::Members),
        MemberRoleChanged = "member.role_changed" ("Changed a role", EventCategory::Members),
        ServiceAccountCreated = "service_account.created" ("Created a service account", EventCategory::ServiceAccounts),
        ServiceAccountChanged = "service_account.changed" ("Changed a service account", EventCategory::ServiceAccounts),
        ApiCreated = "api.created" ("Registered an API", EventCategory::Apis),
        ApiChanged = "api.changed" ("Changed an API", EventCategory::Apis),
        ConsumerCreated = "consumer.created" ("Created a consumer", EventCategory::Apis),
        ConsumerChanged = "consumer.changed" ("Changed a consumer", EventCategory::Apis),
        SignedIn = "session.started" ("Signed in", EventCategory::SignIn),
        SessionEnded = "session.ended" ("Ended a session", EventCategory::SignIn),
        DeviceAllowed = "device.allowed" ("Allowed a device to sign in", EventCategory::SignIn),
        DeviceDenied = "device.denied" ("Denied a device", EventCategory::SignIn),
        TokenIssued = "token.issued" ("Created an access token", EventCategory::SignIn),
        AuditExported = "audit_log.exported" ("Exported the audit log", EventCategory::Organization),
        AuditAccepted = "audit_log.accepted" ("Accepted a broken audit log", EventCategory::Organization),
        AuditCut = "audit_log.cut" ("Removed old events from the audit log", EventCategory::Organization),
        KeyCreated = "key.created" ("Created an API key", EventCategory::Keys),
        KeyRenamed = "key.renamed" ("Renamed an API key", EventCategory::Keys),
        KeyDescriptionChanged = "key.description_changed" ("Changed the description of an API key", EventCategory::Keys),
        KeyNarrowed = "key.narrowed" ("Removed permissions from an API key", EventCategory::Keys),
        KeyIpsChanged = "key.allowed_ips_changed" ("Changed the allowed IP addresses of an API key", EventCategory::Keys),
        KeyExpirationChanged = "key.expiration_changed" ("Set an earlier expiration of an API key", EventCategory::Keys),
        KeyRotated = "key.rotated" ("Rotated an API key", EventCategory::Keys),
        KeyExposed = "key.exposed" ("API key sent in a URL", EventCategory::Keys),
        KeyExpired = "key.expired" ("API key expired", EventCategory::Keys),
        KeyRevoked = "key.revoked" ("Revoked an API key", EventCategory::Keys),
        WorkspaceCreated = "workspace.created" ("Created a workspace", EventCategory::Workspaces),
        WorkspaceStarted = "workspace.started" ("Started a workspace", EventCategory::Workspaces),
        WorkspaceStopped = "workspace.stopped" ("Stopped a workspace", EventCategory::Workspaces),
        WorkspaceDeleted = "workspace.deleted" ("Deleted a workspace", EventCategory::Workspaces),
        RunCreated = "run.created" ("Started a run", EventCategory::Workspaces),
        RunSucceeded = "run.succeeded" ("Run succeeded", EventCategory::Workspaces),
        RunFailed = "run.failed" ("Run failed", EventCategory::Workspaces),
        RunCancelled = "run.cancelled" ("Cancelled a run", EventCategory::Workspaces),
        MessageSent = "message.sent" ("Sent a message", EventCategory::Messages),
        MessageDeleted = "message.deleted" ("Deleted a message", EventCategory::Messages),
        NoteWritten = "note.written" ("Wrote a note", EventCategory::Messages),
        NoteDeleted = "note.deleted" ("Deleted a note", EventCategory::Messages),
        ItemWritten = "item.written" ("Wrote a sealed item", EventCategory::Messages),
        ItemDeleted = "item.deleted" ("Deleted a sealed item", EventCategory::Messages),
        TodoChanged = "todo.changed" ("Changed a todo", EventCategory::Messages),
    }
}

/// One field before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ChangeBody))]
pub struct Change {
    /// The field's name.
    #[cfg_attr(feature = "schema", schema(example = "reason"))]
    pub field: String,
    /// The value before, if it had one.
    pub before: Option<String>,
    /// The value after, if it has one.
    #[cfg_attr(feature = "schema", schema(example = "leaked"))]
    pub after: Option<String>,
}

/// An event to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub action: AuditAction,
    /// The kind of its object, a word of [`ObjectKind`].
    pub object_kind: &'static str,
    /// The id of the object.
    pub object_id: String,
    /// The object's name; for a key also its public prefix.
    pub object_label: String,
    /// The actor who may see the event besides admins: the owner of the key, if the event is about
    /// a key (D26).
    pub concerns: Option<crate::id::ActorId>,
    /// What changed.
    pub changes: Vec<Change>,
}

impl Event {
    /// An event about one object, without changes.
    pub fn new(
        action: AuditAction,
        object_kind: &'static str,
        object_id: impl ToString,
        object_label: &str,
    ) -> Self {
        debug_assert!(
            object_kind.parse::<ObjectKind>().is_ok(),
            "{object_kind} is not an object kind"
        );
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

    /// Adds a field that changed.
    #[must_use]
    pub fn changed(mut self, field: &str, before: Option<&str>, after: Option<&str>) -> Self {
        self.changes.push(Change {
            field: field.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        });
        self
    }

    /// Adds a field of something new, if it has a value.
    #[must_use]
    pub fn with(self, field: &str, value: Option<&str>) -> Self {
        match value {
            Some(_) => self.changed(field, None, value),
            None => self,
        }
    }

    /// Adds those of these fields whose values differ. Both sides list the same fields.
    #[must_use]
    pub fn with_differences<const N: usize>(
        self,
        before: [(&str, Option<String>); N],
        after: [(&str, Option<String>); N],
    ) -> Self {
        let pairs = before.into_iter().zip(after);
        pairs
            .filter(|((_, was), (_, is))| was != is)
            .fold(self, |event, ((field, was), (_, is))| {
                event.changed(field, was.as_deref(), is.as_deref())
            })
    }

    /// Makes the event visible to this actor.
    #[must_use]
    pub const fn concerning(mut self, actor: crate::id::ActorId) -> Self {
        self.concerns = Some(actor);
        self
    }
}
