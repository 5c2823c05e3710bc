//! What a key may be allowed to do (RU-07, RU-11, RU-12). This is the one table of scopes: the policy, the dialog, the
//! description of the API and the documentation all read it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::key::Environment;
use crate::problem::Fault;

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
    MembersWrite,
    AuditRead,
    OrganizationRead,
    OrganizationWrite,
}

/// The table: word, group, access, and what it allows.
const TABLE: [(Scope, &str, Group, Access, &str); 16] = [
    (Scope::WorkspacesRead, "workspaces:read", Group::Workspaces, Access::Read, "List and open workspaces"),
    (Scope::WorkspacesWrite, "workspaces:write", Group::Workspaces, Access::Write, "Create and delete workspaces"),
    (Scope::RunsRead, "runs:read", Group::Runs, Access::Read, "List the runs of a workspace"),
    (Scope::RunsWrite, "runs:write", Group::Runs, Access::Write, "Start runs, also by webhook"),
    (Scope::KeysRead, "keys:read", Group::Keys, Access::Read, "List API keys and see how they are used"),
    (Scope::KeysWrite, "keys:write", Group::Keys, Access::Write, "Create, rename, rotate and revoke API keys"),
    (Scope::InboxRead, "inbox:read", Group::Inbox, Access::Read, "Read and delete the owner's messages"),
    (Scope::InboxWrite, "inbox:write", Group::Inbox, Access::Write, "Send messages to others"),
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
    (Scope::MembersWrite, "members:write", Group::Members, Access::Write, "Remove members"),
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
    pub const ALL: [Self; 16] = {
        let mut all = [Self::WorkspacesRead; 16];
        let mut n = 0;
        while n < 16 {
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

/// Chosen scopes. Empty means no power at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScopeSet(u32);

impl ScopeSet {
    /// None.
    pub const EMPTY: Self = Self(0);

    /// The set of these.
    pub fn of(scopes: impl IntoIterator<Item = Scope>) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | 1 << scope as u32))
    }

    /// Everything there is in the sandbox.
    pub fn sandbox() -> Self {
        Self::of(Scope::ALL.into_iter().filter(|scope| scope.in_sandbox()))
    }

    /// Its scopes, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.0 & (1 << *scope as u32) != 0)
    }

    /// Whether it is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether it allows what the scope allows; write includes read.
    pub fn allows(self, wanted: Scope) -> bool {
        let includes = |scope: Scope| {
            scope == wanted
                || (scope.group() == wanted.group()
                    && scope.access() == Access::Write
                    && wanted.access() == Access::Read)
        };
        self.iter().any(includes)
    }

    /// Whether it allows everything that the other allows.
    pub fn covers(self, other: Self) -> bool {
        other.iter().all(|scope| self.allows(scope))
    }

    /// Those that exist in an environment.
    #[must_use]
    pub fn within(self, environment: Environment) -> Self {
        match environment {
            Environment::Production => self,
            Environment::Test => Self(self.0 & Self::sandbox().0),
        }
    }
}

/// All that a key may do: everything its owner's role allows, or chosen scopes of it (decision D6). In the database and
/// the API a list of words, `*` for everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permissions {
    /// Everything the role allows.
    Everything,
    /// Only this of it.
    Only(ScopeSet),
}

impl Permissions {
    /// Whether it allows what the scope allows.
    pub fn allows(self, wanted: Scope) -> bool {
        match self {
            Self::Everything => true,
            Self::Only(scopes) => scopes.allows(wanted),
        }
    }

    /// Whether it allows everything that the other allows.
    pub fn covers(self, other: Self) -> bool {
        match (self, other) {
            (Self::Everything, _) => true,
            (Self::Only(_), Self::Everything) => false,
            (Self::Only(mine), Self::Only(theirs)) => mine.covers(theirs),
        }
    }

    /// The words, as the API lists them.
    pub fn words(self) -> Vec<&'static str> {
        match self {
            Self::Everything => vec!["*"],
            Self::Only(scopes) => scopes.iter().map(Scope::as_str).collect(),
        }
    }

    /// The words in one line, as the database keeps them.
    pub fn line(self) -> String {
        self.words().join(" ")
    }
}

impl FromStr for Permissions {
    type Err = ();

    fn from_str(line: &str) -> Result<Self, ()> {
        if line == "*" {
            return Ok(Self::Everything);
        }
        line.split_whitespace()
            .map(str::parse)
            .collect::<Result<Vec<Scope>, ()>>()
            .map(|all| Self::Only(ScopeSet::of(all)))
    }
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.words().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Vec::<String>::deserialize(deserializer)?;
        words.join(" ").parse().map_err(|()| serde::de::Error::custom("an unknown scope"))
    }
}

/// A ready-made set of permissions (RU-12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Template {
    /// Everything the role allows; in the sandbox everything there is.
    FullAccess,
    /// Looks at everything, changes nothing.
    ReadOnly,
    /// Starts runs from a pipeline.
    CiCd,
    /// Manages workspaces and starts runs.
    Automation,
    /// Watches, and reads the audit log.
    Monitoring,
    /// Keeps other keys fresh.
    KeyRotation,
}

impl Template {
    /// Every template, in the order of the picker.
    pub const ALL: [Self; 6] =
        [Self::FullAccess, Self::ReadOnly, Self::CiCd, Self::Automation, Self::Monitoring, Self::KeyRotation];

    /// The word in forms and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FullAccess => "full_access",
            Self::ReadOnly => "read_only",
            Self::CiCd => "ci_cd",
            Self::Automation => "automation",
            Self::Monitoring => "monitoring",
            Self::KeyRotation => "key_rotation",
        }
    }

    /// The words on a page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::FullAccess => "Full access of the role",
            Self::ReadOnly => "Read only",
            Self::CiCd => "CI/CD",
            Self::Automation => "Automation",
            Self::Monitoring => "Monitoring",
            Self::KeyRotation => "Key rotation",
        }
    }

    /// What it is good for.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::FullAccess => "Everything the key's owner may do",
            Self::ReadOnly => "Look at everything, change nothing",
            Self::CiCd => "Start runs and follow them",
            Self::Automation => "Manage workspaces and start runs",
            Self::Monitoring => "Watch workspaces, runs and the audit log",
            Self::KeyRotation => "Create, rotate and revoke API keys",
        }
    }

    /// What it allows in an environment.
    pub fn permissions(self, environment: Environment) -> Permissions {
        use Scope as S;
        let scopes = match (self, environment) {
            (Self::FullAccess, Environment::Production) => return Permissions::Everything,
            (Self::FullAccess, Environment::Test) => ScopeSet::sandbox(),
            (Self::ReadOnly, _) => ScopeSet::of(S::ALL.into_iter().filter(|scope| scope.access() == Access::Read)),
            (Self::CiCd, _) => ScopeSet::of([S::WorkspacesRead, S::RunsRead, S::RunsWrite]),
            (Self::Automation, _) => ScopeSet::of([S::WorkspacesRead, S::WorkspacesWrite, S::RunsRead, S::RunsWrite]),
            (Self::Monitoring, _) => ScopeSet::of([S::WorkspacesRead, S::RunsRead, S::AuditRead]),
            (Self::KeyRotation, _) => ScopeSet::of([S::KeysRead, S::KeysWrite]),
        };
        Permissions::Only(scopes.within(environment))
    }
}

impl FromStr for Template {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|template| template.as_str() == text).ok_or(())
    }
}

/// Reads the permissions of a new key: a template, or single scopes, or neither. Neither means everything in production,
/// and nothing in the sandbox (decision D6: only `sk` inherits).
///
/// # Errors
/// `Unknown` for words that are none, `NotInSandbox` for scopes that a test key cannot have, `OneOfTwo` for both.
pub fn read_permissions(
    environment: Environment,
    template: Option<&str>,
    scopes: Option<&[String]>,
) -> Result<Permissions, Fault> {
    match (template, scopes) {
        (Some(_), Some(_)) => Err(Fault::OneOfTwo),
        (Some(word), None) => match word.parse::<Template>() {
            Ok(template) => Ok(template.permissions(environment)),
            Err(()) => Err(Fault::Unknown { known: Template::ALL.map(Template::as_str).join(", ") }),
        },
        (None, Some(words)) => read_scopes(words).and_then(|scopes| {
            if scopes == scopes.within(environment) { Ok(Permissions::Only(scopes)) } else { Err(Fault::NotInSandbox) }
        }),
        (None, None) if environment == Environment::Production => Ok(Permissions::Everything),
        (None, None) => Ok(Permissions::Only(ScopeSet::EMPTY)),
    }
}

/// Reads single scopes.
///
/// # Errors
/// `Unknown` for words that are none.
pub fn read_scopes(words: &[String]) -> Result<ScopeSet, Fault> {
    let read: Result<Vec<Scope>, ()> = words.iter().map(|word| word.parse()).collect();
    read.map(ScopeSet::of).map_err(|()| Fault::Unknown { known: Scope::ALL.map(Scope::as_str).join(", ") })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
