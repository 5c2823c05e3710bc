//! What a form results in: a redirect, or a secret that is shown once, in the response to the form.

use domain::{KeyId, Moment, Role, SealedCounts, Slug};
use serde::{Deserialize, Serialize};

/// The result of a server function.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum FormResult {
    /// The operation is complete, and the browser goes to another page.
    Redirect {
        /// The path of the page.
        to: String,
    },
    /// A key was created or rotated.
    KeyCreated(CreatedKey),
    /// An invitation was created.
    Invited(CreatedInvitation),
    /// A member was removed, and service accounts got keys in place of theirs.
    MemberRemoved(RemovedMember),
    /// An access token was issued.
    TokenIssued(IssuedToken),
    /// The person has decided about a program on this computer.
    DeviceDecided {
        /// The address of the program, with the code for it.
        to: String,
    },
}

/// A new key. The browser shows it once and stores it nowhere.
#[derive(Clone, Serialize, Deserialize)]
pub struct CreatedKey {
    /// The key.
    pub key: String,
    /// The name.
    pub label: String,
    /// The ID.
    pub key_id: KeyId,
    /// The API that it is for, unless it is a key of Roundtable itself.
    pub api: Option<Slug>,
    /// The key that it replaces.
    pub replaced: Option<ReplacedKey>,
}

/// A key that was rotated.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct ReplacedKey {
    /// The ID.
    pub key_id: KeyId,
    /// When it expires; `None` if it no longer works.
    pub ends_at: Option<Moment>,
    /// The items that were encrypted to it and can no longer be read.
    pub lost: SealedCounts,
}

impl From<domain::view::NewKey> for CreatedKey {
    fn from(new: domain::view::NewKey) -> Self {
        Self {
            key: new.plain.expose().to_owned(),
            label: new.view.label,
            key_id: new.view.key_id,
            api: new.view.api.map(|api| api.slug),
            replaced: None,
        }
    }
}

/// A new invitation. The browser shows its link once and stores it nowhere.
#[derive(Clone, Serialize, Deserialize)]
pub struct CreatedInvitation {
    /// The link.
    pub link: String,
    /// The email address that can use it.
    pub email: String,
    /// The role that the invited person gets.
    pub role: Role,
    /// When it expires.
    pub expires_at: Moment,
}

/// A removed member whose keys were handed over.
#[derive(Clone, Serialize, Deserialize)]
pub struct RemovedMember {
    /// The path of the page that follows.
    pub to: String,
    /// The new keys, shown once.
    pub successors: Vec<Successor>,
}

/// The key that a service account got in place of a member's key.
#[derive(Clone, Serialize, Deserialize)]
pub struct Successor {
    /// The new key.
    pub key: CreatedKey,
    /// The name of the service account that owns it.
    pub owner: String,
}

/// A new access token. The browser shows it once and stores it nowhere.
#[derive(Clone, Serialize, Deserialize)]
pub struct IssuedToken {
    /// The token.
    pub token: String,
    /// When it expires.
    pub expires_at: Moment,
}
