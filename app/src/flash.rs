//! A message that one request leaves in the session for the next page.

use domain::view::Stopped;
use domain::{KeyId, Problem, Role};
use serde::{Deserialize, Serialize};

use crate::request::PageContext;

const FLASH: &str = "flash";

impl PageContext {
    /// Stores a message for the next page. If the session cannot be written, the message is lost
    /// and the operation stands.
    pub async fn set_flash(&self, flash: Flash) {
        if let Err(error) = self.session.insert(FLASH, flash).await {
            let trace_id = self.origin.trace_field();
            tracing::warn!(request_id = self.origin.request_id, trace_id, %error, "the flash message was not stored");
        }
    }

    /// Takes the message for this page. A prefetched page leaves the message for the visit that
    /// follows.
    pub async fn take_flash(&self) -> Option<Flash> {
        if self.ahead {
            return None;
        }
        self.session
            .get::<Flash>(FLASH)
            .await
            .ok()
            .flatten()?;
        self.session.remove(FLASH).await.ok().flatten()
    }
}

/// A message that the next page shows once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flash {
    /// A key was created. The list highlights its row.
    Created {
        /// The key.
        key_id: KeyId,
    },
    /// A key was revoked.
    Revoked {
        /// The key.
        key_id: KeyId,
        /// Its name.
        name: String,
        /// False when it had been revoked before.
        fresh: bool,
        /// Where it has stopped.
        #[serde(default)]
        stopped: Stopped,
    },
    /// The API of the next page was registered or changed.
    Api(ApiNotice),
    /// The consumer of the next page was created or changed.
    Consumer(ConsumerNotice),
    /// A workspace was created, changed or deleted.
    Workspace(WorkspaceNotice),
    /// The run of the next page was cancelled.
    RunCancelled,
    /// The service account of the next page was changed.
    Account(AccountNotice),
    /// The organization was changed.
    Organization(OrganizationSettingSaved),
    /// A member or an invitation was changed.
    People(MemberNotice),
    /// The person created, joined or left an organization.
    Moved(OrganizationNotice),
    /// The person did not join the organization of the invitation, because of an error.
    NotJoined(Box<Problem>),
    /// Several keys were revoked.
    RevokedMany {
        /// The number of them.
        count: usize,
        /// Where they have stopped.
        #[serde(default)]
        stopped: Stopped,
    },
    /// A key was renamed.
    Renamed,
    /// A key was described.
    Described,
    /// A key was made to expire earlier.
    ExpiresEarlier,
    /// Scopes were removed from a key.
    Narrowed,
    /// A form was submitted again. The next page shows the key that the first submission created.
    KeyAlreadyCreated,
    /// A form was submitted again after its token was shown.
    TokenAlreadyIssued,
    /// A device was allowed to sign in.
    DeviceAllowed,
    /// A device was denied.
    DeviceDenied,
    /// One of the person's own sessions was revoked.
    SessionRevoked,
    /// All other sessions of the person were revoked.
    OtherSessionsRevoked {
        /// The number of them.
        count: usize,
    },
}

/// What changed about a service account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountNotice {
    /// It was created, and has no key yet.
    Created,
    /// Its name, its role or the number of keys it can have was changed.
    Changed,
    /// It was disabled: its keys are refused.
    Disabled,
    /// It was enabled: its keys are accepted again.
    Enabled,
}

/// What changed about an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApiNotice {
    /// It was registered, and has no key yet.
    Registered,
    /// It was changed.
    Changed,
    /// It was archived: its keys are refused.
    Archived,
    /// It was restored: its keys are accepted again.
    Restored,
}

/// What changed about a consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConsumerNotice {
    /// It was created, and has no key yet.
    Created,
    /// Its name or its metadata was changed.
    Changed,
    /// It was paused: its keys are refused.
    Paused,
    /// It was resumed: its keys are accepted again.
    Resumed,
}

/// What changed about a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WorkspaceNotice {
    /// It was created.
    Created,
    /// It was started: it takes runs.
    Started,
    /// It was stopped: it takes no runs.
    Stopped,
    /// It was deleted, with its runs.
    Deleted {
        /// Its name.
        name: String,
    },
}

/// The setting of an organization that was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrganizationSettingSaved {
    /// Its name.
    Name,
    /// Rules for its keys.
    KeyRules,
    /// None: the form had no change.
    Nothing,
}

/// What changed about a member or an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MemberNotice {
    /// An invitation was canceled.
    InvitationCanceled,
    /// A form was submitted again after its invitation was created.
    AlreadyInvited,
    /// The role of a member was changed.
    RoleChanged {
        /// Their name.
        name: String,
        /// The new role.
        role: Role,
    },
    /// A member was removed.
    Removed {
        /// Their name.
        name: String,
    },
}

/// What a person did with an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrganizationNotice {
    /// They created it.
    Created,
    /// They joined it.
    Joined,
    /// They left another organization.
    Left {
        /// Its name.
        organization: String,
    },
}
