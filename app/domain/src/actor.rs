//! Who acts: a member or a service account of one organization (decisions D4, D5).

use crate::closed_set;
use crate::environment::Environment;
use crate::id::{ActorId, OrganizationId};
use crate::scope::Permissions;

closed_set! {
    /// What an actor may do in its organization. Ordered: a later role may do all that an earlier one may (RA-33).
    #[derive(PartialOrd, Ord)]
    pub enum Role as "RoleWord": "What an actor may do in its organization."(
        /// The name on a page.
        label: &'static str,
    ) {
        /// Makes, sees and revokes own keys.
        Member = "member" ("Member"),
        /// Sees and revokes every key, manages people.
        Admin = "admin" ("Admin"),
        /// As an admin, and makes and unmakes owners.
        Owner = "owner" ("Owner"),
    }
}

closed_set! {
    /// What kind of actor.
    pub enum ActorKind {
        /// A person in this organization.
        Member = "member",
        /// A program that no person stands behind.
        Service = "service",
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

    // RA-33
    #[test]
    fn three_roles_in_order() {
        assert!(Role::Member < Role::Admin && Role::Admin < Role::Owner);
    }
}
