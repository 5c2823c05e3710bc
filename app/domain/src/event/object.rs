//! What events happen to.

use std::fmt;
use std::str::FromStr;

use crate::id::{InvitationId, ItemId, KeyId, NotAnId, OrganizationId, RunId, SessionId, WorkspaceId};

/// A kind of thing that something happens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// An API key.
    Key,
    /// A service account.
    ServiceAccount,
    /// A member.
    Member,
    /// An invitation.
    Invitation,
    /// A workspace.
    Workspace,
    /// A run of a workspace.
    Run,
    /// A message or a note.
    Item,
    /// A session of a person.
    Session,
    /// A token of a person.
    Token,
    /// The organization.
    Organization,
    /// Its log.
    AuditLog,
}

impl ObjectKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Key,
        Self::ServiceAccount,
        Self::Member,
        Self::Invitation,
        Self::Workspace,
        Self::Run,
        Self::Item,
        Self::Session,
        Self::Token,
        Self::Organization,
        Self::AuditLog,
    ];

    /// The word in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::ServiceAccount => "service_account",
            Self::Member => "member",
            Self::Invitation => "invitation",
            Self::Workspace => "workspace",
            Self::Run => "run",
            Self::Item => "item",
            Self::Session => "session",
            Self::Token => "token",
            Self::Organization => "organization",
            Self::AuditLog => "audit_log",
        }
    }

    /// The word on a page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Key => "API key",
            Self::ServiceAccount => "Service account",
            Self::Member => "Member",
            Self::Invitation => "Invitation",
            Self::Workspace => "Workspace",
            Self::Run => "Run",
            Self::Item => "Message or note",
            Self::Session => "Session",
            Self::Token => "Access token",
            Self::Organization => "Organization",
            Self::AuditLog => "Audit log",
        }
    }
}

impl FromStr for ObjectKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

/// The id of anything that something happens to, as text: a number, or one of the words with a prefix. A whole API key
/// is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectId(String);

impl ObjectId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<KeyId> for ObjectId {
    fn from(id: KeyId) -> Self {
        Self(id.to_string())
    }
}

impl FromStr for ObjectId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let forms = [
            text.parse::<KeyId>().is_ok(),
            text.parse::<WorkspaceId>().is_ok(),
            text.parse::<RunId>().is_ok(),
            text.parse::<ItemId>().is_ok(),
            text.parse::<InvitationId>().is_ok(),
            text.parse::<SessionId>().is_ok(),
            text.parse::<OrganizationId>().is_ok(),
        ];
        if forms.contains(&true) { Ok(Self(text.to_owned())) } else { Err(NotAnId) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back() {
        for kind in ObjectKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
    }

    // B31: a pasted key is no id of anything.
    #[test]
    fn ids_of_things_are_read_and_nothing_else() {
        for good in ["12", "ws_abc", "run_abc", "item_abc", "inv_abc", "ses_abc", "org_abc"] {
            assert_eq!(good.parse::<ObjectId>().map(|id| id.to_string()), Ok(good.into()));
        }
        let key = format!("rt_sk_{}", "a".repeat(57));
        for bad in ["", "0", "-1", "key:1", "' OR 1=1", "ws_", "ws_a b", "rt_sk_Ab3dE9xQ", &key] {
            assert_eq!(bad.parse::<ObjectId>(), Err(NotAnId), "{bad:?}");
        }
    }
}
