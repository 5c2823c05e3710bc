//! Actors: the members, service accounts and consumers of an organization (D4, D5, D33).

use crate::closed_set;
use crate::environment::Environment;
use crate::id::{ActorId, OrganizationId};
use crate::scope::Permissions;

closed_set! {
    /// What an actor may do in its organization. Each role may do everything that the roles before
    /// it may do.
    #[derive(PartialOrd, Ord)]
    pub enum Role as "RoleWord": "What an actor may do in its organization."(
        /// The name on a page.
        label: &'static str,
    ) {
        /// Creates, lists and revokes their own keys.
        Member = "member" ("Member"),
        /// Lists and revokes every key, and manages members.
        Admin = "admin" ("Admin"),
        /// May do everything that an admin may, and adds and removes owners.
        Owner = "owner" ("Owner"),
    }
}

closed_set! {
    /// The kind of an actor.
    pub enum ActorKind {
        /// A person who belongs to the organization.
        Member = "member",
        /// A program.
        Service = "service",
        /// A user of an API that the organization protects (D33). It has no power in Roundtable.
        Consumer = "consumer",
    }
}

/// An authenticated actor with the permissions it has in this request (D6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Its id.
    pub id: ActorId,
    /// The one organization it belongs to.
    pub organization: OrganizationId,
    /// Member, service account or consumer.
    pub kind: ActorKind,
    /// Its display name.
    pub name: String,
    /// The effective role. For a key it is the lower of the key's role and its owner's current
    /// role.
    pub role: Role,
    /// What the request may do of what the role allows. Only a restricted key limits it.
    pub permissions: Permissions,
    /// The environment of the request (D7).
    pub environment: Environment,
}

#[cfg(test)]
mod tests {
    use super::*;

    // RA-33
    #[test]
    fn each_role_ranks_above_the_one_before() {
        assert!(Role::Member < Role::Admin && Role::Admin < Role::Owner);
    }
}
