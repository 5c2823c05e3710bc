//! Scopes. This is the only table of scopes: the policy, the pages, the OpenAPI description and the
//! documentation all use it.

mod set;
mod template;

pub use set::{Permissions, ScopeSet};
pub use template::{Template, read_permissions, read_scopes};

use crate::closed_set;

closed_set! {
    /// A group of scopes, in the order of the permission picker. The word of a group is the first
    /// half of the words of its scopes, except for the group of workers.
    #[derive(PartialOrd, Ord)]
    pub enum Group(
        /// The name on a page.
        label: &'static str,
    ) {
        /// Workspaces.
        Workspaces = "workspaces" ("Workspaces"),
        /// Runs of workspaces.
        Runs = "runs" ("Runs"),
        /// Runs, for the workers that execute them. A key can start runs without getting those of
        /// others, and the other way round.
        Workers = "workers" ("Workers"),
        /// API keys.
        Keys = "keys" ("API keys"),
        /// Messages encrypted for a key.
        Inbox = "inbox" ("Inbox"),
        /// Notes encrypted for a key.
        Notebook = "notebook" ("Notebook"),
        /// Sessions, todos and activities encrypted for a key.
        Sealed = "sealed" ("Sealed items"),
        /// Service accounts.
        ServiceAccounts = "service_accounts" ("Service accounts"),
        /// APIs that the organization protects.
        Apis = "apis" ("APIs"),
        /// The users of these APIs.
        Consumers = "consumers" ("Consumers"),
        /// Members.
        Members = "members" ("Members"),
        /// The audit log.
        Audit = "audit" ("Audit log"),
        /// The organization's settings.
        Organization = "organization" ("Organization"),
    }
}

impl Group {
    /// The group's scope with this access, if there is one.
    pub fn scope(self, access: Access) -> Option<Scope> {
        Scope::ALL
            .into_iter()
            .find(|scope| scope.group() == self && scope.access() == access)
    }
}

/// Whether a scope reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Reads.
    Read,
    /// Writes and reads.
    Write,
}

closed_set! {
    /// One permission. `…:write` includes `…:read` of the same group.
    #[derive(PartialOrd, Ord)]
    #[expect(missing_docs, reason = "the sentence of each describes what it allows")]
    pub enum Scope(
        /// Its group.
        group: Group,
        /// Whether it reads or writes.
        access: Access,
        /// A short description of what it allows.
        sentence: &'static str,
    ) {
        WorkspacesRead = "workspaces:read" (Group::Workspaces, Access::Read, "List and open workspaces"),
        WorkspacesWrite = "workspaces:write" (
            Group::Workspaces,
            Access::Write,
            "Create, start, stop and delete workspaces"
        ),
        RunsRead = "runs:read" (Group::Runs, Access::Read, "List runs and see their results"),
        RunsWrite = "runs:write" (Group::Runs, Access::Write, "Start runs, also by webhook, and cancel them"),
        RunsWork = "runs:work" (Group::Workers, Access::Write, "Claim runs and report their results"),
        KeysRead = "keys:read" (Group::Keys, Access::Read, "List API keys and see how they are used"),
        KeysWrite = "keys:write" (Group::Keys, Access::Write, "Create, rename, rotate and revoke API keys"),
        InboxRead = "inbox:read" (Group::Inbox, Access::Read, "Read the owner's messages"),
        InboxWrite = "inbox:write" (Group::Inbox, Access::Write, "Send messages to others and delete the owner's"),
        NotebookRead = "notebook:read" (Group::Notebook, Access::Read, "Read the owner's notes"),
        NotebookWrite = "notebook:write" (Group::Notebook, Access::Write, "Write and delete notes"),
        SealedRead = "sealed:read" (Group::Sealed, Access::Read, "Read the owner's sealed sessions, todos and activities"),
        SealedWrite = "sealed:write" (
            Group::Sealed,
            Access::Write,
            "Write and delete sealed sessions, todos and activities"
        ),
        ServiceAccountsRead = "service_accounts:read" (Group::ServiceAccounts, Access::Read, "List service accounts"),
        ServiceAccountsWrite = "service_accounts:write" (
            Group::ServiceAccounts,
            Access::Write,
            "Create, change and disable service accounts"
        ),
        ApisRead = "apis:read" (Group::Apis, Access::Read, "List your own APIs"),
        ApisWrite = "apis:write" (Group::Apis, Access::Write, "Register, change and archive your own APIs"),
        ConsumersRead = "consumers:read" (Group::Consumers, Access::Read, "List the consumers of your APIs"),
        ConsumersWrite = "consumers:write" (Group::Consumers, Access::Write, "Create, change and pause consumers"),
        MembersRead = "members:read" (Group::Members, Access::Read, "See members and invitations"),
        MembersWrite = "members:write" (Group::Members, Access::Write, "Invite and remove members, change roles"),
        AuditRead = "audit:read" (Group::Audit, Access::Read, "Read the audit log"),
        OrganizationRead = "organization:read" (Group::Organization, Access::Read, "See the organization's settings"),
        OrganizationWrite = "organization:write" (
            Group::Organization,
            Access::Write,
            "Change the organization's settings"
        ),
    }
}

impl Scope {
    /// Whether the scope applies to the sandbox (D7).
    pub const fn in_sandbox(self) -> bool {
        matches!(
            self.group(),
            Group::Keys | Group::Workspaces | Group::Runs | Group::Workers
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::environment::Environment;
    use crate::problem::Fault;

    fn sets() -> impl Strategy<Value = ScopeSet> {
        prop::collection::vec(prop::sample::select(Scope::ALL.to_vec()), 0..16)
            .prop_map(ScopeSet::of)
    }

    // RU-11: scopes are in groups.
    #[test]
    fn the_word_of_a_scope_consists_of_its_group_and_access() {
        for scope in Scope::ALL {
            assert_eq!(scope.group().scope(scope.access()), Some(scope));
            if scope == Scope::RunsWork {
                continue;
            }
            let access = if scope.access() == Access::Read {
                "read"
            } else {
                "write"
            };
            assert_eq!(
                scope.as_str(),
                format!("{}:{access}", scope.group().as_str())
            );
            assert!(Group::ALL.contains(&scope.group()));
        }
    }

    // RU-12: a key has a template or single scopes. D6: an empty list allows nothing.
    #[test]
    fn permissions_are_a_template_or_single_scopes() {
        let read = |environment, template: Option<&str>, scopes: Option<&[String]>| {
            read_permissions(environment, template, scopes)
        };
        let (live, test) = (Environment::Production, Environment::Test);
        assert_eq!(read(live, None, None), Ok(Permissions::Everything));
        assert_eq!(
            read(test, None, None),
            Ok(Permissions::Only(ScopeSet::EMPTY))
        );
        assert_eq!(
            read(live, None, Some(&[])),
            Ok(Permissions::Only(ScopeSet::EMPTY))
        );
        assert_eq!(
            read(test, Some("full_access"), None),
            Ok(Permissions::Only(ScopeSet::sandbox()))
        );
        let single = [Scope::RunsWrite.to_string()];
        assert_eq!(
            read(live, None, Some(&single)),
            Ok(Permissions::Only(ScopeSet::of([Scope::RunsWrite])))
        );
        assert_eq!(
            read(live, Some("ci_cd"), Some(&single)),
            Err(Fault::OneOfTwo)
        );
        assert_eq!(
            read(test, None, Some(&["audit:read".into()])),
            Err(Fault::NotInSandbox)
        );
        assert!(matches!(
            read(live, Some("root"), None),
            Err(Fault::Unknown { .. })
        ));
        assert!(matches!(
            read(live, None, Some(&["*".into()])),
            Err(Fault::Unknown { .. })
        ));
        for template in Template::ALL {
            assert_eq!(template.as_str().parse(), Ok(template));
            let Permissions::Only(scopes) = template.permissions(test) else {
                panic!("a test key never has full access")
            };
            assert!(scopes.iter().all(Scope::in_sandbox), "{template:?}");
        }
        assert!(
            !Template::ReadOnly
                .permissions(live)
                .words()
                .iter()
                .any(|word| word.ends_with(":write"))
        );
    }

    #[test]
    fn an_empty_set_allows_nothing_and_write_includes_read() {
        for scope in Scope::ALL {
            assert!(!ScopeSet::EMPTY.allows(scope) && Permissions::Everything.allows(scope));
        }
        let write = ScopeSet::of([Scope::KeysWrite]);
        assert!(write.allows(Scope::KeysRead) && !write.allows(Scope::RunsRead));
        assert!(!ScopeSet::of([Scope::KeysRead]).allows(Scope::KeysWrite));
    }

    // RU-01, D30: starting runs and working on them are separate permissions.
    #[test]
    fn a_worker_reads_and_starts_no_runs() {
        let work = ScopeSet::of([Scope::RunsWork]);
        assert!(work.allows(Scope::RunsWork));
        assert!(!work.allows(Scope::RunsRead) && !work.allows(Scope::RunsWrite));
        assert!(!ScopeSet::of([Scope::RunsWrite]).allows(Scope::RunsWork));
        for environment in Environment::ALL {
            assert_eq!(
                Template::Worker.permissions(environment),
                Permissions::Only(work)
            );
        }
    }

    proptest! {
        #[test]
        fn a_set_parses_back_and_covers_what_it_allows(one in sets(), other in sets()) {
            let kept = Permissions::Only(one);
            prop_assert_eq!(kept.line().parse(), Ok(kept));
            let covered = Scope::ALL.into_iter().all(|scope| !other.allows(scope) || one.allows(scope));
            prop_assert_eq!(one.covers(other), covered);
            prop_assert!(!kept.covers(Permissions::Everything));
        }
    }
}
