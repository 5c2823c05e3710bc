//! What a key may be allowed to do (RU-07, RU-11, RU-12). This is the one table of scopes: the policy, the dialog, the
//! description of the API and the documentation all read it.

mod set;
mod template;

pub use set::{Permissions, ScopeSet};
pub use template::{Template, read_permissions, read_scopes};

use std::fmt;
use std::str::FromStr;

/// What a scope is about; the groups of the permission picker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// API keys.
    Keys,
    /// Workspaces.
    Workspaces,
    /// Runs of workspaces.
    Runs,
    /// Messages sealed to a key.
    Inbox,
    /// Notes sealed to a key.
    Notebook,
    /// Service accounts.
    ServiceAccounts,
    /// Members.
    Members,
    /// The audit log.
    Audit,
    /// The organization's settings.
    Organization,
}

impl Group {
    /// Every group, in the order of the picker.
    pub const ALL: [Self; 9] = [
        Self::Workspaces,
        Self::Runs,
        Self::Keys,
        Self::Inbox,
        Self::Notebook,
        Self::ServiceAccounts,
        Self::Members,
        Self::Audit,
        Self::Organization,
    ];

    /// The first half of its scopes' words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Workspaces => "workspaces",
            Self::Runs => "runs",
            Self::Inbox => "inbox",
            Self::Notebook => "notebook",
            Self::ServiceAccounts => "service_accounts",
            Self::Members => "members",
            Self::Audit => "audit",
            Self::Organization => "organization",
        }
    }

    /// The words on a page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Keys => "API keys",
            Self::Workspaces => "Workspaces",
            Self::Runs => "Runs",
            Self::Inbox => "Inbox",
            Self::Notebook => "Notebook",
            Self::ServiceAccounts => "Service accounts",
            Self::Members => "Members",
            Self::Audit => "Audit log",
            Self::Organization => "Organization",
        }
    }

    /// The group's scope of this access, if it has one.
    pub fn scope(self, access: Access) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.group() == self && scope.access() == access)
    }
}

/// Whether a scope looks or changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Looks.
    Read,
    /// Changes, and looks.
    Write,
}

/// One permission. `…:write` includes `…:read` of the same group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is described by the sentence in the table below")]
pub enum Scope {
    WorkspacesRead,
    WorkspacesWrite,
    RunsRead,
    RunsWrite,
    KeysRead,
    KeysWrite,
    InboxRead,
    InboxWrite,
    NotebookRead,
    NotebookWrite,
    ServiceAccountsRead,
    ServiceAccountsWrite,
    MembersRead,
    MembersWrite,
    AuditRead,
    OrganizationRead,
    OrganizationWrite,
}

/// The table: word, group, access, and what it allows.
const TABLE: [(Scope, &str, Group, Access, &str); 17] = [
    (Scope::WorkspacesRead, "workspaces:read", Group::Workspaces, Access::Read, "List and open workspaces"),
    (Scope::WorkspacesWrite, "workspaces:write", Group::Workspaces, Access::Write, "Create and delete workspaces"),
    (Scope::RunsRead, "runs:read", Group::Runs, Access::Read, "List the runs of a workspace"),
    (Scope::RunsWrite, "runs:write", Group::Runs, Access::Write, "Start runs, also by webhook"),
    (Scope::KeysRead, "keys:read", Group::Keys, Access::Read, "List API keys and see how they are used"),
    (Scope::KeysWrite, "keys:write", Group::Keys, Access::Write, "Create, rename, rotate and revoke API keys"),
    (Scope::InboxRead, "inbox:read", Group::Inbox, Access::Read, "Read the owner's messages"),
    (Scope::InboxWrite, "inbox:write", Group::Inbox, Access::Write, "Send messages to others and delete the owner's"),
    (Scope::NotebookRead, "notebook:read", Group::Notebook, Access::Read, "Read the owner's notes"),
    (Scope::NotebookWrite, "notebook:write", Group::Notebook, Access::Write, "Write and delete notes"),
    (
        Scope::ServiceAccountsRead,
        "service_accounts:read",
        Group::ServiceAccounts,
        Access::Read,
        "List service accounts",
    ),
    (
        Scope::ServiceAccountsWrite,
        "service_accounts:write",
        Group::ServiceAccounts,
        Access::Write,
        "Create, change and disable service accounts",
    ),
    (Scope::MembersRead, "members:read", Group::Members, Access::Read, "See members and invitations"),
    (Scope::MembersWrite, "members:write", Group::Members, Access::Write, "Invite and remove members, change roles"),
    (Scope::AuditRead, "audit:read", Group::Audit, Access::Read, "Read the audit log"),
    (
        Scope::OrganizationRead,
        "organization:read",
        Group::Organization,
        Access::Read,
        "See the organization's settings",
    ),
    (
        Scope::OrganizationWrite,
        "organization:write",
        Group::Organization,
        Access::Write,
        "Change the organization's settings",
    ),
];

impl Scope {
    /// Every scope, in the order of the table.
    pub const ALL: [Self; 17] = {
        let mut all = [Self::WorkspacesRead; 17];
        let mut n = 0;
        while n < 17 {
            all[n] = TABLE[n].0;
            n += 1;
        }
        all
    };

    /// The word in the database and the API.
    pub const fn as_str(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// What it is about.
    pub const fn group(self) -> Group {
        TABLE[self as usize].2
    }

    /// Whether it looks or changes.
    pub const fn access(self) -> Access {
        TABLE[self as usize].3
    }

    /// What it allows, in a few words.
    pub const fn sentence(self) -> &'static str {
        TABLE[self as usize].4
    }

    /// Whether there is something of the kind in the sandbox (decision D7).
    pub const fn in_sandbox(self) -> bool {
        matches!(self.group(), Group::Keys | Group::Workspaces | Group::Runs)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::Environment;
    use crate::problem::Fault;

    fn sets() -> impl Strategy<Value = ScopeSet> {
        prop::collection::vec(prop::sample::select(Scope::ALL.to_vec()), 0..16).prop_map(ScopeSet::of)
    }

    // RU-11: scopes stand in groups. The table is in the order of the enum, so that indexing it is right.
    #[test]
    fn ru_11_every_scope_stands_in_its_group() {
        for (n, scope) in Scope::ALL.into_iter().enumerate() {
            assert_eq!(scope as usize, n);
            assert_eq!(scope.as_str().parse(), Ok(scope));
            let access = if scope.access() == Access::Read { "read" } else { "write" };
            assert_eq!(scope.as_str(), format!("{}:{access}", scope.group().as_str()));
            assert_eq!(scope.group().scope(scope.access()), Some(scope));
            assert!(Group::ALL.contains(&scope.group()));
        }
    }

    // RU-12: templates cover common sets, and single scopes are possible beside them; D6: empty means nothing.
    #[test]
    fn ru_12_templates_and_single_scopes() {
        let read = |environment, template: Option<&str>, scopes: Option<&[String]>| {
            read_permissions(environment, template, scopes)
        };
        let (live, test) = (Environment::Production, Environment::Test);
        assert_eq!(read(live, None, None), Ok(Permissions::Everything));
        assert_eq!(read(test, None, None), Ok(Permissions::Only(ScopeSet::EMPTY)));
        assert_eq!(read(live, None, Some(&[])), Ok(Permissions::Only(ScopeSet::EMPTY)));
        assert_eq!(read(test, Some("full_access"), None), Ok(Permissions::Only(ScopeSet::sandbox())));
        let single = [Scope::RunsWrite.to_string()];
        assert_eq!(read(live, None, Some(&single)), Ok(Permissions::Only(ScopeSet::of([Scope::RunsWrite]))));
        assert_eq!(read(live, Some("ci_cd"), Some(&single)), Err(Fault::OneOfTwo));
        assert_eq!(read(test, None, Some(&["audit:read".into()])), Err(Fault::NotInSandbox));
        assert!(matches!(read(live, Some("root"), None), Err(Fault::Unknown { .. })));
        assert!(matches!(read(live, None, Some(&["*".into()])), Err(Fault::Unknown { .. })));
        for template in Template::ALL {
            assert_eq!(template.as_str().parse(), Ok(template));
            let Permissions::Only(scopes) = template.permissions(test) else { panic!("a test key never inherits") };
            assert!(scopes.iter().all(Scope::in_sandbox), "{template:?}");
        }
        assert!(!Template::ReadOnly.permissions(live).words().iter().any(|word| word.ends_with(":write")));
    }

    #[test]
    fn nothing_allows_nothing_and_write_includes_read() {
        for scope in Scope::ALL {
            assert!(!ScopeSet::EMPTY.allows(scope) && Permissions::Everything.allows(scope));
        }
        let write = ScopeSet::of([Scope::KeysWrite]);
        assert!(write.allows(Scope::KeysRead) && !write.allows(Scope::RunsRead));
        assert!(!ScopeSet::of([Scope::KeysRead]).allows(Scope::KeysWrite));
    }

    proptest! {
        #[test]
        fn a_set_reads_back_and_covers_what_it_allows(one in sets(), other in sets()) {
            let kept = Permissions::Only(one);
            prop_assert_eq!(kept.line().parse(), Ok(kept));
            let covered = Scope::ALL.into_iter().all(|scope| !other.allows(scope) || one.allows(scope));
            prop_assert_eq!(one.covers(other), covered);
            prop_assert!(!kept.covers(Permissions::Everything));
        }
    }
}
