//! The table of screens. Links are written and paths are read by the same type, so a link cannot lead nowhere.

use domain::{ActorId, KeyId, OrganizationId};

/// The documentation, which is served beside the screens.
pub const DOCS: &str = "/docs";
/// Its page about service accounts.
pub const DOCS_OF_ACCOUNTS: &str = "/docs/service-accounts";
/// Its page about members.
pub const DOCS_OF_MEMBERS: &str = "/docs/members";
/// Its page about organizations.
pub const DOCS_OF_ORGANIZATIONS: &str = "/docs/organization";

/// Its page about the log.
pub const DOCS_OF_LOG: &str = "/docs/audit-log";
/// What it says of tokens for people.
pub const DOCS_OF_TOKENS: &str = "/docs/authentication#access-tokens";
/// What the documentation says of the cost of calls.
pub const DOCS_OF_COST: &str = "/docs/api-keys#costs";
/// Where pages with script hear what moves, beside the screens.
pub const LIVE: &str = "/o/{organization}/live";

mod link;
mod log;
mod place;

pub use link::LinkToken;
pub use log::{LOG_FILTERS, Period};
pub use place::{EVERY_STATE, Location, again, as_someone_else, confirm, encoded};

/// A page of the product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Screen {
    /// Leads to where the person belongs.
    Home,
    /// Signing in.
    SignIn,
    /// Making the first organization.
    Welcome,
    /// Taking up an invitation.
    Join(LinkToken),
    /// Making a further organization (KE-05).
    NewOrganization,
    /// The person's own account.
    Account,
    /// Every part in every state, in a development installation.
    Style,
    /// Leads to the API keys of the active organization (decision D21).
    Shortcut,
    /// An organization at a glance.
    Overview(OrganizationId),
    /// What an organization is, and what holds for all of its keys.
    Settings(OrganizationId),
    /// Organization Settings → API Keys (RK-07).
    ApiKeys(OrganizationId),
    /// Making a key, where no script runs.
    NewKey(OrganizationId),
    /// Confirming that several keys end.
    RevokeKeys(OrganizationId),
    /// One key.
    Key(OrganizationId, KeyId),
    /// Giving a key another name.
    RenameKey(OrganizationId, KeyId),
    /// Putting a successor in a key's place.
    RotateKey(OrganizationId, KeyId),
    /// Confirming that a key ends, where no script runs.
    RevokeKey(OrganizationId, KeyId),
    /// The service accounts of an organization (RA-17).
    ServiceAccounts(OrganizationId),
    /// Making a service account.
    NewServiceAccount(OrganizationId),
    /// One service account and its keys.
    ServiceAccount(OrganizationId, ActorId),
    /// The members of an organization, their roles, and who is invited (KE-38).
    Members(OrganizationId),
    /// Inviting someone.
    InviteMember(OrganizationId),
    /// Leaving an organization.
    Leave(OrganizationId),
    /// Giving a member another role.
    ChangeRole(OrganizationId, ActorId),
    /// Confirming that a member is taken out, and saying what becomes of their keys.
    RemoveMember(OrganizationId, ActorId),
    /// Who did what (RK-26).
    AuditLog(OrganizationId),
}

impl Screen {
    /// The addresses of all screens, as a router writes them.
    pub const PATTERNS: [&'static str; 27] = [
        "/",
        "/sign-in",
        "/welcome",
        "/account",
        "/dev/style",
        "/join/{token}",
        "/organizations/new",
        "/settings/api-keys",
        "/settings/api",
        "/o/{organization}",
        "/o/{organization}/settings",
        "/o/{organization}/settings/api-keys",
        "/o/{organization}/settings/api-keys/new",
        "/o/{organization}/settings/api-keys/revoke",
        "/o/{organization}/settings/api-keys/{key}",
        "/o/{organization}/settings/api-keys/{key}/rename",
        "/o/{organization}/settings/api-keys/{key}/rotate",
        "/o/{organization}/settings/api-keys/{key}/revoke",
        "/o/{organization}/settings/service-accounts",
        "/o/{organization}/settings/service-accounts/new",
        "/o/{organization}/settings/service-accounts/{actor}",
        "/o/{organization}/settings/members",
        "/o/{organization}/settings/members/invite",
        "/o/{organization}/settings/members/leave",
        "/o/{organization}/settings/members/{actor}/role",
        "/o/{organization}/settings/members/{actor}/remove",
        "/o/{organization}/settings/audit-log",
    ];

    /// The screen at a path.
    pub fn parse(path: &str) -> Option<Self> {
        let steps: Vec<_> = path.strip_prefix('/')?.split('/').collect();
        match steps.as_slice() {
            [""] => Some(Self::Home),
            ["sign-in"] => Some(Self::SignIn),
            ["welcome"] => Some(Self::Welcome),
            ["join", token] => Some(Self::Join(token.parse().ok()?)),
            ["organizations", "new"] => Some(Self::NewOrganization),
            ["account"] => Some(Self::Account),
            ["dev", "style"] => Some(Self::Style),
            ["settings", "api-keys" | "api"] => Some(Self::Shortcut),
            ["o", organization] => Some(Self::Overview(organization.parse().ok()?)),
            ["o", organization, "settings", rest @ ..] => Self::inside(organization.parse().ok()?, rest),
            _ => None,
        }
    }

    fn inside(organization: OrganizationId, rest: &[&str]) -> Option<Self> {
        match rest {
            [] => Some(Self::Settings(organization)),
            ["api-keys"] => Some(Self::ApiKeys(organization)),
            ["api-keys", "new"] => Some(Self::NewKey(organization)),
            ["api-keys", "revoke"] => Some(Self::RevokeKeys(organization)),
            ["api-keys", key] => Some(Self::Key(organization, key.parse().ok()?)),
            ["api-keys", key, "rename"] => Some(Self::RenameKey(organization, key.parse().ok()?)),
            ["api-keys", key, "rotate"] => Some(Self::RotateKey(organization, key.parse().ok()?)),
            ["api-keys", key, "revoke"] => Some(Self::RevokeKey(organization, key.parse().ok()?)),
            ["service-accounts"] => Some(Self::ServiceAccounts(organization)),
            ["service-accounts", "new"] => Some(Self::NewServiceAccount(organization)),
            ["service-accounts", actor] => Some(Self::ServiceAccount(organization, actor.parse().ok()?)),
            ["members"] => Some(Self::Members(organization)),
            ["members", "invite"] => Some(Self::InviteMember(organization)),
            ["members", "leave"] => Some(Self::Leave(organization)),
            ["members", actor, "role"] => Some(Self::ChangeRole(organization, actor.parse().ok()?)),
            ["members", actor, "remove"] => Some(Self::RemoveMember(organization, actor.parse().ok()?)),
            ["audit-log"] => Some(Self::AuditLog(organization)),
            _ => None,
        }
    }

    /// Whether it is the list of keys or a page beneath it.
    pub const fn is_about_keys(&self) -> bool {
        matches!(
            self,
            Self::ApiKeys(_)
                | Self::NewKey(_)
                | Self::Key(..)
                | Self::RenameKey(..)
                | Self::RotateKey(..)
                | Self::RevokeKey(..)
                | Self::RevokeKeys(_)
        )
    }

    /// Whether it is the list of members or a page beneath it.
    pub const fn is_about_members(&self) -> bool {
        matches!(
            self,
            Self::Members(_) | Self::InviteMember(_) | Self::Leave(_) | Self::ChangeRole(..) | Self::RemoveMember(..)
        )
    }

    /// The path of the screen.
    pub fn path(&self) -> String {
        match self {
            Self::Home => "/".into(),
            Self::SignIn => "/sign-in".into(),
            Self::Welcome => "/welcome".into(),
            Self::Join(token) => format!("/join/{}", token.as_str()),
            Self::NewOrganization => "/organizations/new".into(),
            Self::Account => "/account".into(),
            Self::Style => "/dev/style".into(),
            Self::Shortcut => "/settings/api-keys".into(),
            Self::Overview(organization) => format!("/o/{organization}"),
            Self::Settings(organization) => format!("/o/{organization}/settings"),
            Self::ApiKeys(organization) => format!("/o/{organization}/settings/api-keys"),
            Self::NewKey(organization) => format!("/o/{organization}/settings/api-keys/new"),
            Self::RevokeKeys(organization) => format!("/o/{organization}/settings/api-keys/revoke"),
            Self::Key(organization, key) => format!("/o/{organization}/settings/api-keys/{key}"),
            Self::RenameKey(organization, key) => format!("/o/{organization}/settings/api-keys/{key}/rename"),
            Self::RotateKey(organization, key) => format!("/o/{organization}/settings/api-keys/{key}/rotate"),
            Self::RevokeKey(organization, key) => format!("/o/{organization}/settings/api-keys/{key}/revoke"),
            Self::ServiceAccounts(organization) => format!("/o/{organization}/settings/service-accounts"),
            Self::NewServiceAccount(organization) => format!("/o/{organization}/settings/service-accounts/new"),
            Self::ServiceAccount(organization, actor) => {
                format!("/o/{organization}/settings/service-accounts/{actor}")
            }
            Self::Members(organization) => format!("/o/{organization}/settings/members"),
            Self::InviteMember(organization) => format!("/o/{organization}/settings/members/invite"),
            Self::Leave(organization) => format!("/o/{organization}/settings/members/leave"),
            Self::ChangeRole(organization, actor) => format!("/o/{organization}/settings/members/{actor}/role"),
            Self::RemoveMember(organization, actor) => format!("/o/{organization}/settings/members/{actor}/remove"),
            Self::AuditLog(organization) => format!("/o/{organization}/settings/audit-log"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RK-07, and D21: /settings/api-keys and /settings/api lead to the active organization.
    #[test]
    fn rk_07_every_screen_reads_its_own_path() {
        let org: OrganizationId = "org_a1".parse().expect("id");
        let screens = [
            Screen::Home,
            Screen::SignIn,
            Screen::Welcome,
            Screen::Join("k3y".parse().expect("token")),
            Screen::NewOrganization,
            Screen::Account,
            Screen::Style,
            Screen::Shortcut,
            Screen::Overview(org.clone()),
            Screen::Settings(org.clone()),
            Screen::ApiKeys(org.clone()),
            Screen::NewKey(org.clone()),
            Screen::RevokeKeys(org.clone()),
            Screen::Key(org.clone(), KeyId(7)),
            Screen::RenameKey(org.clone(), KeyId(7)),
            Screen::RotateKey(org.clone(), KeyId(7)),
            Screen::RevokeKey(org.clone(), KeyId(7)),
            Screen::ServiceAccounts(org.clone()),
            Screen::NewServiceAccount(org.clone()),
            Screen::ServiceAccount(org.clone(), ActorId(7)),
            Screen::Members(org.clone()),
            Screen::InviteMember(org.clone()),
            Screen::Leave(org.clone()),
            Screen::ChangeRole(org.clone(), ActorId(7)),
            Screen::RemoveMember(org.clone(), ActorId(7)),
            Screen::AuditLog(org),
        ];
        for screen in screens {
            assert_eq!(Screen::parse(&screen.path()), Some(screen));
        }
        assert_eq!(Screen::parse("/settings/api"), Some(Screen::Shortcut));
    }

    #[test]
    fn a_fresh_sign_in_leads_back_to_its_place() {
        let place = Location::parse("/o/org_a1/settings/members?before=7").expect("place");
        let path = "/sign-in/start?fresh=1&return_to=/o/org_a1/settings/members%3Fbefore%3D7";
        assert_eq!(again(&place), path);
    }
}
