//! Who acts: a member or a service account of one organization (decisions D4, D5).

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{ActorId, OrganizationId};
use crate::key::Environment;
use crate::scope::Permissions;

/// What an actor may do in its organization. Ordered: a later role may do all that an earlier one may (RA-33).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Makes, sees and revokes own keys.
    Member,
    /// Sees and revokes every key, manages people.
    Admin,
    /// As an admin, and makes and unmakes owners.
    Owner,
}

impl Role {
    /// Every role, lowest first.
    pub const ALL: [Self; 3] = [Self::Member, Self::Admin, Self::Owner];

    /// The role's word in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The role's word on a page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Member => "Member",
            Self::Admin => "Admin",
            Self::Owner => "Owner",
        }
    }
}

impl FromStr for Role {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(())
    }
}

/// What kind of actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A person in this organization.
    Member,
    /// A program that no person stands behind.
    Service,
}

impl ActorKind {
    /// The kind's word in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Service => "service",
        }
    }
}

impl FromStr for ActorKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Member, Self::Service].into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

/// An authenticated actor with the power it has in this request (decision D6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Its id.
    pub id: ActorId,
    /// The one organization it belongs to.
    pub organization: OrganizationId,
    /// Member or service account.
    pub kind: ActorKind,
    /// Its name, as people see it.
    pub name: String,
    /// The role that counts now; for a key the lower of its cap and its owner's present role.
    pub role: Role,
    /// What of that role counts in this request: all of it, unless the request is made with a restricted key.
    pub permissions: Permissions,
    /// Where the data of this request lives (decision D7).
    pub environment: Environment,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ra_33_three_roles_in_order() {
        assert!(Role::Member < Role::Admin && Role::Admin < Role::Owner);
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        assert_eq!("builder".parse::<Role>(), Err(()));
    }
}
