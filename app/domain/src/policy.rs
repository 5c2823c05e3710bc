//! The policy: who may do what. The engine, the server functions and the pages all call this one
//! pure function.

use crate::actor::{Actor, Role};
use crate::closed_set;
use crate::environment::Environment;
use crate::event::AuditAction as Event;
use crate::id::{ActorId, OrganizationId};
use crate::scope::{Permissions, Scope};

closed_set! {
    /// An action that the policy allows or denies.
    pub enum Action(
        /// The scope that a restricted key needs for it; `None` if every key may do it.
        scope: Option<Scope>,
        /// The events that it writes to the audit log; none for an action that only reads.
        traces: &'static [Event],
    ) {
        /// List keys.
        ListKeys = "list_keys" (Some(Scope::KeysRead), &[]),
        /// Verify a key that someone else has presented.
        VerifyKey = "verify_key" (Some(Scope::KeysRead), &[]),
        /// Create a key for oneself.
        CreateKey = "create_key" (Some(Scope::KeysWrite), &[Event::KeyCreated]),
        /// Rename or describe a key, remove scopes from it, let it expire earlier or change its allowed IP
        /// addresses.
        ChangeKey = "change_key" (
            Some(Scope::KeysWrite),
            &[
                Event::KeyRenamed,
                Event::KeyDescriptionChanged,
                Event::KeyNarrowed,
                Event::KeyExpirationChanged,
                Event::KeyIpsChanged,
            ]
        ),
        /// Rotate a key.
        RotateKey = "rotate_key" (Some(Scope::KeysWrite), &[Event::KeyRotated, Event::KeyCreated]),
        /// Revoke a key.
        RevokeKey = "revoke_key" (Some(Scope::KeysWrite), &[Event::KeyRevoked]),
        /// Rotate the key of the request (D14: always allowed).
        RotateItself = "rotate_itself" (None, &[Event::KeyRotated, Event::KeyCreated]),
        /// Revoke the key of the request (D14: always allowed).
        RevokeItself = "revoke_itself" (None, &[Event::KeyRevoked]),
        /// See who created a key.
        SeeCreators = "see_creators" (None, &[]),
        /// Read the audit log (D26).
        ReadAudit = "read_audit" (Some(Scope::AuditRead), &[Event::AuditExported]),
        /// List workspaces.
        ListWorkspaces = "list_workspaces" (Some(Scope::WorkspacesRead), &[]),
        /// Create a workspace.
        CreateWorkspace = "create_workspace" (Some(Scope::WorkspacesWrite), &[Event::WorkspaceCreated]),
        /// Start or stop a workspace.
        ChangeWorkspace = "change_workspace" (
            Some(Scope::WorkspacesWrite),
            &[Event::WorkspaceStarted, Event::WorkspaceStopped]
        ),
        /// Delete a workspace.
        DeleteWorkspace = "delete_workspace" (Some(Scope::WorkspacesWrite), &[Event::WorkspaceDeleted]),
        /// List runs and see their results.
        ListRuns = "list_runs" (Some(Scope::RunsRead), &[]),
        /// Start a run.
        CreateRun = "create_run" (Some(Scope::RunsWrite), &[Event::RunCreated]),
        /// Cancel a run.
        CancelRun = "cancel_run" (Some(Scope::RunsWrite), &[Event::RunCancelled]),
        /// Claim runs, and report their results.
        WorkOnRuns = "work_on_runs" (Some(Scope::RunsWork), &[Event::RunSucceeded, Event::RunFailed]),
        /// Send a message, encrypted for the recipient's key.
        SendMessage = "send_message" (Some(Scope::InboxWrite), &[Event::MessageSent]),
        /// Read one's own messages.
        ReadInbox = "read_inbox" (Some(Scope::InboxRead), &[]),
        /// Delete one's own messages.
        DeleteMessage = "delete_message" (Some(Scope::InboxWrite), &[Event::MessageDeleted]),
        /// Read one's own notes.
        ReadNotebook = "read_notebook" (Some(Scope::NotebookRead), &[]),
        /// Write and delete one's own notes.
        WriteNotebook = "write_notebook" (
            Some(Scope::NotebookWrite),
            &[Event::NoteWritten, Event::NoteDeleted]
        ),
        /// Read one's own sealed sessions, todos and activities.
        ReadSealed = "read_sealed" (Some(Scope::SealedRead), &[]),
        /// Write, change and delete one's own sealed sessions, todos and activities.
        WriteSealed = "write_sealed" (
            Some(Scope::SealedWrite),
            &[Event::ItemWritten, Event::ItemDeleted, Event::TodoChanged]
        ),
        /// List service accounts.
        ListServiceAccounts = "list_service_accounts" (Some(Scope::ServiceAccountsRead), &[]),
        /// Create and change service accounts, and create their keys.
        ManageServiceAccounts = "manage_service_accounts" (
            Some(Scope::ServiceAccountsWrite),
            &[Event::ServiceAccountCreated, Event::ServiceAccountChanged]
        ),
        /// List the APIs that the organization protects.
        ListApis = "list_apis" (Some(Scope::ApisRead), &[]),
        /// Register, change and archive an API.
        ManageApis = "manage_apis" (Some(Scope::ApisWrite), &[Event::ApiCreated, Event::ApiChanged]),
        /// List the consumers of these APIs.
        ListConsumers = "list_consumers" (Some(Scope::ConsumersRead), &[]),
        /// Create, change and pause consumers, and create their keys.
        ManageConsumers = "manage_consumers" (
            Some(Scope::ConsumersWrite),
            &[Event::ConsumerCreated, Event::ConsumerChanged]
        ),
        /// Create a key for an API.
        CreateApiKey = "create_api_key" (Some(Scope::KeysWrite), &[Event::KeyCreated]),
        /// List members and their roles.
        ListMembers = "list_members" (Some(Scope::MembersRead), &[]),
        /// Manage members and invitations.
        ManageMembers = "manage_members" (
            Some(Scope::MembersWrite),
            &[Event::MemberInvited, Event::InvitationRevoked, Event::MemberRoleChanged, Event::MemberRemoved]
        ),
        /// See the emails of members and the invitations.
        SeeAddresses = "see_addresses" (Some(Scope::MembersRead), &[]),
        /// Leave the organization.
        Leave = "leave" (None, &[Event::MemberLeft]),
        /// See the organization's settings.
        SeeOrganization = "see_organization" (Some(Scope::OrganizationRead), &[]),
        /// Change the organization's settings.
        ChangeOrganization = "change_organization" (
            Some(Scope::OrganizationWrite),
            &[Event::OrganizationChanged]
        ),
    }
}

/// The policy's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// On no objects.
    No,
    /// On the actor's own objects.
    Own,
    /// On every object of the organization.
    All,
}

/// What a role may do (D5, D22, D26, D30).
pub const fn decide(role: Role, action: Action) -> Grant {
    let admin = matches!(role, Role::Admin | Role::Owner);
    match action {
        Action::ListKeys
        | Action::CreateApiKey
        | Action::ChangeKey
        | Action::RotateKey
        | Action::RevokeKey
        | Action::ReadAudit
        | Action::ChangeWorkspace
        | Action::DeleteWorkspace
        | Action::CancelRun => {
            if admin {
                Grant::All
            } else {
                Grant::Own
            }
        }
        Action::CreateKey
        | Action::RotateItself
        | Action::RevokeItself
        | Action::ReadInbox
        | Action::DeleteMessage
        | Action::ReadNotebook
        | Action::WriteNotebook
        | Action::ReadSealed
        | Action::WriteSealed
        | Action::Leave => Grant::Own,
        // A caller who has the key could also use it.
        Action::VerifyKey
        | Action::ListWorkspaces
        | Action::CreateWorkspace
        | Action::ListRuns
        | Action::CreateRun
        | Action::WorkOnRuns
        | Action::SendMessage
        | Action::ListApis
        | Action::ListMembers
        | Action::SeeOrganization => Grant::All,
        Action::SeeCreators
        | Action::ListServiceAccounts
        | Action::ManageServiceAccounts
        | Action::ManageApis
        | Action::ListConsumers
        | Action::ManageConsumers
        | Action::ManageMembers
        | Action::SeeAddresses
        | Action::ChangeOrganization => {
            if admin {
                Grant::All
            } else {
                Grant::No
            }
        }
    }
}

/// Whether an actor may assign a role to members and remove it: only owners add or remove an owner
/// (D5).
pub const fn may_give(own: Role, role: Role) -> bool {
    match role {
        Role::Owner => matches!(own, Role::Owner),
        Role::Member | Role::Admin => matches!(own, Role::Admin | Role::Owner),
    }
}

/// Whether a key with this role and these permissions could manage other people's keys, members or
/// settings. Creating such a key requires a recent sign-in, so that a hijacked session cannot be
/// turned into permanent access.
pub fn has_admin_power(role: Role, permissions: Permissions) -> bool {
    const POWERS: [Scope; 4] = [
        Scope::KeysWrite,
        Scope::ServiceAccountsWrite,
        Scope::MembersWrite,
        Scope::OrganizationWrite,
    ];
    role >= Role::Admin
        && POWERS
            .iter()
            .any(|scope| permissions.allows(*scope))
}

/// The policy denies the action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// The role does not allow it.
    Role,
    /// The key lacks this scope.
    Scope(Scope),
}

/// Proof that the policy was consulted: the rows that an actor may access. Only [`permit`] creates
/// one, and every query requires one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    organization: OrganizationId,
    owner: Option<ActorId>,
    environment: Environment,
}

impl Reach {
    /// The organization.
    pub const fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    /// The only owner whose objects are accessible; `None` means every owner.
    pub const fn owner(&self) -> Option<ActorId> {
        self.owner
    }

    /// The environment whose workspaces and runs are accessible (D7).
    pub const fn environment(&self) -> Environment {
        self.environment
    }

    /// Whether objects of this owner are accessible.
    pub fn covers(&self, owner: ActorId) -> bool {
        self.owner.is_none_or(|own| own == owner)
    }

    /// Whether keys for this environment are accessible: a test key manages only test keys, a
    /// production key manages both.
    pub const fn covers_keys_of(&self, environment: Environment) -> bool {
        matches!(
            (self.environment, environment),
            (Environment::Production, _) | (_, Environment::Test)
        )
    }
}

/// Consults the policy for an actor: first the permissions of the credential, then the role.
///
/// # Errors
/// [`Denied`] when the action is not allowed on any object.
pub fn permit(actor: &Actor, action: Action) -> Result<Reach, Denied> {
    if let Some(scope) = action
        .scope()
        .filter(|scope| !actor.permissions.allows(*scope))
    {
        return Err(Denied::Scope(scope));
    }
    let owner = match decide(actor.role, action) {
        Grant::No => return Err(Denied::Role),
        Grant::Own => Some(actor.id),
        Grant::All => None,
    };
    Ok(Reach {
        organization: actor.organization.clone(),
        owner,
        environment: actor.environment,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::actor::ActorKind;
    use crate::scope::ScopeSet;

    // D7: a test key manages only test keys. Without an owner, every owner is accessible.
    #[test]
    fn a_reach_covers_its_owner_and_its_environment() {
        let organization: OrganizationId = "org_a1B2c3D4e5F6g7H8".parse().expect("an ID");
        let reach = |owner, environment| Reach {
            organization: organization.clone(),
            owner,
            environment,
        };
        let own = reach(Some(ActorId(7)), Environment::Test);
        assert_eq!(own.owner(), Some(ActorId(7)));
        assert!(own.covers(ActorId(7)) && !own.covers(ActorId(8)));
        assert!(own.covers_keys_of(Environment::Test));
        assert!(!own.covers_keys_of(Environment::Production));
        let all = reach(None, Environment::Production);
        assert_eq!(all.owner(), None);
        assert!(all.covers(ActorId(7)) && all.covers(ActorId(8)));
        assert!(all.covers_keys_of(Environment::Test));
        assert!(all.covers_keys_of(Environment::Production));
    }

    // KE-25, KE-26, KE-27, KE-28, KE-29, KE-24, RA-30, KE-08, KE-09: the whole policy as a readable
    // table.
    #[test]
    fn the_policy_table_matches_the_snapshot() {
        let mut table = String::new();
        for action in Action::ALL {
            let row = Role::ALL
                .map(|role| format!("{:<8}", format!("{:?}", decide(role, action))))
                .concat();
            let scope = action.scope().map_or("-", Scope::as_str);
            table.push_str(&format!(
                "{:<23}{row}{scope}\n",
                format!("{action:?}")
            ));
        }
        insta::assert_snapshot!(format!(
            "{:<23}member  admin   owner   scope\n{table}",
            ""
        ));
    }

    // D5, RA-30: only an owner adds or removes an owner, and a member assigns no role.
    #[test]
    fn only_owners_may_assign_the_owner_role() {
        let given = |own| Role::ALL.map(|role| may_give(own, role));
        let table = [Role::Member, Role::Admin, Role::Owner].map(given);
        assert_eq!(
            table,
            [
                [false, false, false],
                [true, true, false],
                [true, true, true]
            ]
        );
    }

    #[test]
    fn a_higher_role_never_has_fewer_permissions() {
        let rank = |grant| match grant {
            Grant::No => 0,
            Grant::Own => 1,
            Grant::All => 2,
        };
        for action in Action::ALL {
            for pair in Role::ALL.windows(2) {
                assert!(
                    rank(decide(pair[0], action)) <= rank(decide(pair[1], action)),
                    "{action:?} {pair:?}"
                );
            }
        }
    }

    // B22: creating a key with admin power requires a fresh sign-in.
    #[test]
    fn admin_power_needs_an_admin_role_and_a_managing_scope() {
        let only = |scopes: &[Scope]| Permissions::Only(ScopeSet::of(scopes.iter().copied()));
        let managing = [
            Scope::KeysWrite,
            Scope::ServiceAccountsWrite,
            Scope::MembersWrite,
            Scope::OrganizationWrite,
        ];
        for role in Role::ALL {
            let high = role != Role::Member;
            assert_eq!(has_admin_power(role, Permissions::Everything), high);
            for scope in Scope::ALL {
                assert_eq!(
                    has_admin_power(role, only(&[scope])),
                    high && managing.contains(&scope),
                    "{role:?} {scope}"
                );
            }
            assert!(!has_admin_power(
                role,
                Permissions::Only(ScopeSet::EMPTY)
            ));
        }
    }

    fn actor(role: Role, permissions: Permissions) -> Actor {
        let organization = "org_a".parse().expect("an id");
        let (id, name, kind) = (ActorId(1), "a".into(), ActorKind::Member);
        Actor {
            id,
            organization,
            kind,
            name,
            role,
            permissions,
            environment: Environment::Production,
        }
    }

    proptest! {
        // D6: a key may do nothing that its owner's role or its scopes do not allow.
        #[test]
        fn the_scopes_of_a_key_limit_its_role(
            scopes in prop::collection::vec(prop::sample::select(Scope::ALL.to_vec()), 0..16),
            role in prop::sample::select(Role::ALL.to_vec()),
            action in prop::sample::select(Action::ALL.to_vec()),
        ) {
            let set = ScopeSet::of(scopes);
            let (whole, part) = (permit(&actor(role, Permissions::Everything), action), permit(&actor(role, Permissions::Only(set)), action));
            prop_assert!(part.is_err() || part == whole);
            if let Some(scope) = action.scope().filter(|scope| !set.allows(*scope)) {
                prop_assert_eq!(part, Err(Denied::Scope(scope)));
            } else {
                prop_assert_eq!(part, whole);
            }
        }
    }
}
