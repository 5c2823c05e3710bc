//! Who may do what. One pure function; the engine, the doors and the pages all ask it.

use crate::actor::{Actor, Role};
use crate::id::{ActorId, OrganizationId};

/// Something an actor may want to do. The names are those of the operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// See keys.
    ListKeys,
    /// Make a key for oneself.
    CreateKey,
    /// End a key.
    RevokeKey,
    /// See who made a key (KE-24).
    SeeCreators,
    /// Read the audit log (decision D26).
    ReadAudit,
    /// See workspaces.
    ListWorkspaces,
    /// Make a workspace.
    CreateWorkspace,
    /// Remove a workspace.
    DeleteWorkspace,
    /// Manage members (RA-30).
    ManageMembers,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 9] = [
        Self::ListKeys,
        Self::CreateKey,
        Self::RevokeKey,
        Self::SeeCreators,
        Self::ReadAudit,
        Self::ListWorkspaces,
        Self::CreateWorkspace,
        Self::DeleteWorkspace,
        Self::ManageMembers,
    ];
}

/// The policy's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Not at all.
    No,
    /// On what is one's own.
    Own,
    /// On everything in the organization.
    All,
}

/// The policy (decision D5, KE-25..KE-29, D22, D26).
pub const fn decide(role: Role, action: Action) -> Grant {
    let admin = matches!(role, Role::Admin | Role::Owner);
    match action {
        Action::ListKeys | Action::RevokeKey | Action::ReadAudit | Action::DeleteWorkspace => {
            if admin {
                Grant::All
            } else {
                Grant::Own
            }
        }
        Action::CreateKey => Grant::Own,
        Action::ListWorkspaces | Action::CreateWorkspace => Grant::All,
        Action::SeeCreators | Action::ManageMembers => {
            if admin {
                Grant::All
            } else {
                Grant::No
            }
        }
    }
}

/// The policy said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denied;

/// Proof that someone was asked: which rows an actor may touch. Only [`permit`] makes one, and every read takes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    organization: OrganizationId,
    owner: Option<ActorId>,
}

impl Reach {
    /// The one organization.
    pub const fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    /// The one owner whose things are within reach; `None` means everyone's.
    pub const fn owner(&self) -> Option<ActorId> {
        self.owner
    }

    /// Whether a thing of this owner is within reach.
    pub fn covers(&self, owner: ActorId) -> bool {
        self.owner.is_none_or(|own| own == owner)
    }
}

/// Asks the policy for an actor.
///
/// # Errors
/// [`Denied`] when the actor's role does not allow the action on anything at all.
pub fn permit(actor: &Actor, action: Action) -> Result<Reach, Denied> {
    let owner = match decide(actor.role, action) {
        Grant::No => return Err(Denied),
        Grant::Own => Some(actor.id),
        Grant::All => None,
    };
    Ok(Reach { organization: actor.organization.clone(), owner })
}

#[cfg(test)]
mod tests {
    use super::*;

    // KE-25, KE-26, KE-27, KE-28, KE-29, KE-24, RA-30: the whole policy, as people read it.
    #[test]
    fn ke_25_the_policy_table() {
        let mut table = String::new();
        for action in Action::ALL {
            let row = Role::ALL.map(|role| format!("{:<8}", format!("{:?}", decide(role, action)))).concat();
            table.push_str(&format!("{:<18}{}\n", format!("{action:?}"), row.trim_end()));
        }
        insta::assert_snapshot!(format!("{:<18}member  admin   owner\n{table}", ""), @r"
                          member  admin   owner
        ListKeys          Own     All     All
        CreateKey         Own     Own     Own
        RevokeKey         Own     All     All
        SeeCreators       No      All     All
        ReadAudit         Own     All     All
        ListWorkspaces    All     All     All
        CreateWorkspace   All     All     All
        DeleteWorkspace   Own     All     All
        ManageMembers     No      All     All
        ");
    }

    #[test]
    fn a_higher_role_never_may_less() {
        let rank = |grant| match grant {
            Grant::No => 0,
            Grant::Own => 1,
            Grant::All => 2,
        };
        for action in Action::ALL {
            for pair in Role::ALL.windows(2) {
                assert!(rank(decide(pair[0], action)) <= rank(decide(pair[1], action)), "{action:?} {pair:?}");
            }
        }
    }
}
