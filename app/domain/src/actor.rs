//! Who acts: a member or a service account of one organization (D4, D5).

use crate::closed_set;
use crate::environment::Environment;
use crate::id::{ActorId, OrganizationId};
use crate::scope::Permissions;

closed_set! {
    /// What an actor may do in its organization. Ordered: a later role may do all that an earlier one may.
    #[derive(PartialOrd, Ord)]
    pub enum Role as "RoleWord": "What an actor may do in its organization."(
        /// The name on a page.
        label: &'static str,
    ) {
        /// Creates, sees and revokes their own keys.
        Member = "member" ("Member"),
        /// Sees and revokes every key, manages members.
        Admin = "admin" ("Admin"),
        /// May do all that an admin may, and adds and removes owners.
        Owner = "owner" ("Owner"),
    }
}

closed_set! {
    /// What kind of actor.
    pub enum ActorKind {
        /// A person in this organization.
        Member = "member",
        /// A program.
        Service = "service",
    }
}

/// An authenticated actor with the permissions it has in this request (D6).
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
    /// Where the data of this request lives (D7).
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
