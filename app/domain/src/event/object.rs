//! The objects of events.

use std::fmt;
use std::str::FromStr;

use crate::closed_set;
use crate::id::{
    InvitationId, ItemId, KeyId, NotAnId, OrganizationId, RunId, SessionId, WorkspaceId,
};

closed_set! {
    /// The kind of an object.
    pub enum ObjectKind as "ObjectWord"(
        /// The name on a page.
        label: &'static str,
    ) {
        /// An API key.
        Key = "key" ("API key"),
        /// A service account.
        ServiceAccount = "service_account" ("Service account"),
        /// An API that the organization protects.
        Api = "api" ("API"),
        /// A user of such an API.
        Consumer = "consumer" ("Consumer"),
        /// A member.
        Member = "member" ("Member"),
        /// An invitation.
        Invitation = "invitation" ("Invitation"),
        /// A workspace.
        Workspace = "workspace" ("Workspace"),
        /// A run of a workspace.
        Run = "run" ("Run"),
        /// A message, a note or another sealed item.
        Item = "item" ("Sealed item"),
        /// A session of a person.
        Session = "session" ("Session"),
        /// An access token of a person.
        Token = "token" ("Access token"),
        /// The organization.
        Organization = "organization" ("Organization"),
        /// Its log.
        AuditLog = "audit_log" ("Audit log"),
    }
}

/// The id of an object as text: a number or an id with a prefix. An API key is not an id.
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
        if forms.contains(&true) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAnId)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // B31: an API key is not accepted as an id.
    #[test]
    fn only_ids_of_objects_are_parsed() {
        for good in [
            "12", "ws_abc", "run_abc", "item_abc", "inv_abc", "ses_abc", "org_abc",
        ] {
            assert_eq!(
                good.parse::<ObjectId>().map(|id| id.to_string()),
                Ok(good.into())
            );
        }
        let key = format!("rt_sk_{}", "a".repeat(57));
        for bad in [
            "",
            "0",
            "-1",
            "key:1",
            "' OR 1=1",
            "ws_",
            "ws_a b",
            "rt_sk_Ab3dE9xQ",
            &key,
        ] {
            assert_eq!(bad.parse::<ObjectId>(), Err(NotAnId), "{bad:?}");
        }
    }
}
