//! The table of screens. One type writes links and reads paths, so a link always leads to a page.

use domain::{ActorId, KeyId, OrganizationId, Slug};

/// The documentation.
pub const DOCS: &str = "/docs";
/// The documentation of service accounts.
pub const DOCS_OF_ACCOUNTS: &str = "/docs/service-accounts";
/// The documentation of APIs.
pub const DOCS_OF_APIS: &str = "/docs/protect-your-api";
/// The documentation of members.
pub const DOCS_OF_MEMBERS: &str = "/docs/members";
/// The documentation of organizations.
pub const DOCS_OF_ORGANIZATIONS: &str = "/docs/organization";
/// The documentation of the audit log.
pub const DOCS_OF_LOG: &str = "/docs/audit-log";
/// The documentation of access tokens.
pub const DOCS_OF_TOKENS: &str = "/docs/authentication#access-tokens";
/// The documentation of the cost of calls.
pub const DOCS_OF_COST: &str = "/docs/api-keys#costs";
/// The path of the live updates for pages with script.
pub const LIVE: &str = "/o/{organization}/live";

mod link;
mod log;
mod period;
mod place;

pub use link::LinkToken;
pub use log::LOG_FILTERS;
pub use period::Period;
pub use place::{EVERY_STATE, Location, again, as_someone_else, confirm, encoded};

/// A page of the product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Screen {
    /// Redirects to the first page of the person.
    Home,
    /// Signing in.
    SignIn,
    /// Creating the first organization.
    Welcome,
    /// Accepting an invitation.
    Join(LinkToken),
    /// Creating another organization.
    NewOrganization,
    /// My account.
    Account,
    /// Every component in every state, in a development installation.
    Style,
    /// Redirects to the API keys of the active organization, so that a link works without its ID.
    Shortcut,
    /// The overview of an organization.
    Overview(OrganizationId),
    /// The settings of an organization, and the rules for its keys.
    Settings(OrganizationId),
    /// Organization Settings → API Keys.
    ApiKeys(OrganizationId),
    /// Creating a key, without script.
    NewKey(OrganizationId),
    /// Revoking several keys.
    RevokeKeys(OrganizationId),
    /// One key.
    Key(OrganizationId, KeyId),
    /// Renaming a key.
    RenameKey(OrganizationId, KeyId),
    /// Rotating a key.
    RotateKey(OrganizationId, KeyId),
    /// Revoking a key, without script.
    RevokeKey(OrganizationId, KeyId),
    /// The service accounts of an organization.
    ServiceAccounts(OrganizationId),
    /// Creating a service account.
    NewServiceAccount(OrganizationId),
    /// One service account and its keys.
    ServiceAccount(OrganizationId, ActorId),
    /// The APIs of an organization.
    Apis(OrganizationId),
    /// Registering an API. Its path is not below the list, where each word is the slug of an API.
    NewApi(OrganizationId),
    /// One API and its keys.
    Api(OrganizationId, Slug),
    /// The members of an organization, their roles, and pending invitations.
    Members(OrganizationId),
    /// Inviting someone.
    InviteMember(OrganizationId),
    /// Leaving an organization.
    Leave(OrganizationId),
    /// Changing the role of a member.
    ChangeRole(OrganizationId, ActorId),
    /// Removing a member, with a choice for each of their keys.
    RemoveMember(OrganizationId, ActorId),
    /// The audit log.
    AuditLog(OrganizationId),
}

impl Screen {
    /// The path patterns of all screens.
    pub const PATTERNS: [&'static str; 30] = [
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
        "/o/{organization}/settings/apis",
        "/o/{organization}/settings/new-api",
        "/o/{organization}/settings/apis/{slug}",
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
            ["o", organization, "settings", rest @ ..] => {
                Self::inside(organization.parse().ok()?, rest)
            }
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
            ["service-accounts", actor] => Some(Self::ServiceAccount(
                organization,
                actor.parse().ok()?,
            )),
            ["apis"] => Some(Self::Apis(organization)),
            ["new-api"] => Some(Self::NewApi(organization)),
            ["apis", slug] => Some(Self::Api(organization, slug.parse().ok()?)),
            ["members"] => Some(Self::Members(organization)),
            ["members", "invite"] => Some(Self::InviteMember(organization)),
            ["members", "leave"] => Some(Self::Leave(organization)),
            ["members", actor, "role"] => Some(Self::ChangeRole(organization, actor.parse().ok()?)),
            ["members", actor, "remove"] => {
                Some(Self::RemoveMember(organization, actor.parse().ok()?))
            }
            ["audit-log"] => Some(Self::AuditLog(organization)),
            _ => None,
        }
    }

    /// Whether it is the list of keys or a page below it.
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

    /// Whether it is the list of members or a page below it.
    pub const fn is_about_members(&self) -> bool {
        matches!(
            self,
            Self::Members(_)
                | Self::InviteMember(_)
                | Self::Leave(_)
                | Self::ChangeRole(..)
                | Self::RemoveMember(..)
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
            Self::RenameKey(organization, key) => {
                format!("/o/{organization}/settings/api-keys/{key}/rename")
            }
            Self::RotateKey(organization, key) => {
                format!("/o/{organization}/settings/api-keys/{key}/rotate")
            }
            Self::RevokeKey(organization, key) => {
                format!("/o/{organization}/settings/api-keys/{key}/revoke")
            }
            Self::ServiceAccounts(organization) => {
                format!("/o/{organization}/settings/service-accounts")
            }
            Self::NewServiceAccount(organization) => {
                format!("/o/{organization}/settings/service-accounts/new")
            }
            Self::ServiceAccount(organization, actor) => {
                format!("/o/{organization}/settings/service-accounts/{actor}")
            }
            Self::Apis(organization) => format!("/o/{organization}/settings/apis"),
            Self::NewApi(organization) => format!("/o/{organization}/settings/new-api"),
            Self::Api(organization, slug) => format!("/o/{organization}/settings/apis/{slug}"),
            Self::Members(organization) => format!("/o/{organization}/settings/members"),
            Self::InviteMember(organization) => {
                format!("/o/{organization}/settings/members/invite")
            }
            Self::Leave(organization) => format!("/o/{organization}/settings/members/leave"),
            Self::ChangeRole(organization, actor) => {
                format!("/o/{organization}/settings/members/{actor}/role")
            }
            Self::RemoveMember(organization, actor) => {
                format!("/o/{organization}/settings/members/{actor}/remove")
            }
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
            Screen::Apis(org.clone()),
            Screen::NewApi(org.clone()),
            Screen::Api(org.clone(), "new".parse().expect("slug")),
            Screen::Api(org.clone(), "orders".parse().expect("slug")),
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
