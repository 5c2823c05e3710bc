//! The table of screens. One type writes links and reads paths, so a link always leads to a page.

use domain::{ActorId, KeyId, OrganizationId, RunId, Slug, WorkspaceId};

/// The documentation.
pub const DOCS: &str = "/docs";
/// The API reference.
pub const DOCS_OF_API: &str = "/docs/api";
/// The documentation of service accounts.
pub const DOCS_OF_ACCOUNTS: &str = "/docs/service-accounts";
/// The documentation of APIs.
pub const DOCS_OF_APIS: &str = "/docs/protect-your-api";
/// The documentation of runs and workers.
pub const DOCS_OF_RUNS: &str = "/docs/runs";
/// The documentation of members.
pub const DOCS_OF_MEMBERS: &str = "/docs/members";
/// The documentation of organizations.
pub const DOCS_OF_ORGANIZATIONS: &str = "/docs/organization";
/// The documentation of the audit log.
pub const DOCS_OF_LOG: &str = "/docs/audit-log";
/// The documentation of access tokens.
pub const DOCS_OF_TOKENS: &str = "/docs/authentication#access-tokens";
/// The documentation of the first call.
pub const DOCS_OF_FIRST_CALL: &str = "/docs/quickstart";
/// The documentation of rotating keys.
pub const DOCS_OF_ROTATION: &str = "/docs/api-keys#regular-rotation";
/// The documentation of sealed items.
pub const DOCS_OF_SEALED: &str = "/docs/encryption#the-key-is-the-encryption-secret";
/// The documentation of carrying sealed items over to the next key.
pub const DOCS_OF_CARRY_OVER: &str = "/docs/encryption#rotation";
/// The documentation of the cost of calls.
pub const DOCS_OF_COST: &str = "/docs/api-keys#costs";
/// The path of the live updates for pages with script.
pub const LIVE: &str = "/o/{organization}/live";

/// The URL of the gate of an API. `public_url` is that of the installation.
pub fn gate_url(public_url: &str, slug: &Slug) -> String {
    format!("{public_url}/gate/{slug}")
}

/// The URL that starts a run of a workspace by webhook.
pub fn hook_url(public_url: &str, workspace: &WorkspaceId) -> String {
    format!("{public_url}/api/v1/hooks/{workspace}/runs")
}

mod account_setting;
mod docs_page;
mod link;
mod log;
mod period;
mod place;

pub use account_setting::AccountSetting;
pub use docs_page::docs_page;
pub use link::LinkToken;
pub use log::LOG_FILTERS;
pub use period::Period;
pub use place::{
    EVERY_STATE, JOIN, Location, again, as_someone_else, confirm, encoded, sign_in, sign_in_as,
};

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
    /// Signing in a device by the code that it shows.
    Device,
    /// Signing in a program on the same computer.
    Authorize,
    /// Every component in every state, in a development installation.
    Style,
    /// Redirects to the API keys of the active organization, so that a link works without its ID.
    Shortcut,
    /// The overview of an organization.
    Overview(OrganizationId),
    /// Searching keys, people, pages and actions.
    Search(OrganizationId),
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
    /// Describing a key.
    DescribeKey(OrganizationId, KeyId),
    /// Letting a key expire earlier.
    ExpireKeyEarlier(OrganizationId, KeyId),
    /// Rotating a key.
    RotateKey(OrganizationId, KeyId),
    /// Revoking a key.
    RevokeKey(OrganizationId, KeyId),
    /// What the person has sealed.
    Sealed(OrganizationId),
    /// The service accounts of an organization.
    ServiceAccounts(OrganizationId),
    /// Creating a service account.
    NewServiceAccount(OrganizationId),
    /// One service account and its keys.
    ServiceAccount(OrganizationId, ActorId),
    /// What a service account has sealed.
    SealedOfAccount(OrganizationId, ActorId),
    /// The APIs of an organization.
    Apis(OrganizationId),
    /// Registering an API. Its path is not below the list, where each word is the slug of an API.
    NewApi(OrganizationId),
    /// One API and its keys.
    Api(OrganizationId, Slug),
    /// Creating a key for an API.
    NewApiKey(OrganizationId, Slug),
    /// The consumers of an organization.
    Consumers(OrganizationId),
    /// Creating a consumer.
    NewConsumer(OrganizationId),
    /// One consumer and its keys.
    Consumer(OrganizationId, ActorId),
    /// The workspaces of an organization.
    Workspaces(OrganizationId),
    /// Creating a workspace.
    NewWorkspace(OrganizationId),
    /// One workspace and its latest runs.
    Workspace(OrganizationId, WorkspaceId),
    /// The runs of an organization.
    Runs(OrganizationId),
    /// One run.
    Run(OrganizationId, RunId),
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
    pub const PATTERNS: [&'static str; 46] = [
        "/",
        "/sign-in",
        "/welcome",
        "/account",
        "/device",
        "/authorize",
        "/dev/style",
        "/join/{token}",
        "/organizations/new",
        "/settings/api-keys",
        "/settings/api",
        "/o/{organization}",
        "/o/{organization}/search",
        "/o/{organization}/settings",
        "/o/{organization}/settings/api-keys",
        "/o/{organization}/settings/api-keys/new",
        "/o/{organization}/settings/api-keys/revoke",
        "/o/{organization}/settings/api-keys/{key}",
        "/o/{organization}/settings/api-keys/{key}/rename",
        "/o/{organization}/settings/api-keys/{key}/description",
        "/o/{organization}/settings/api-keys/{key}/expiration",
        "/o/{organization}/settings/api-keys/{key}/rotate",
        "/o/{organization}/settings/api-keys/{key}/revoke",
        "/o/{organization}/settings/sealed",
        "/o/{organization}/settings/service-accounts",
        "/o/{organization}/settings/service-accounts/new",
        "/o/{organization}/settings/service-accounts/{actor}",
        "/o/{organization}/settings/service-accounts/{actor}/sealed",
        "/o/{organization}/settings/apis",
        "/o/{organization}/settings/new-api",
        "/o/{organization}/settings/apis/{slug}",
        "/o/{organization}/settings/apis/{slug}/new-key",
        "/o/{organization}/settings/consumers",
        "/o/{organization}/settings/consumers/new",
        "/o/{organization}/settings/consumers/{actor}",
        "/o/{organization}/settings/workspaces",
        "/o/{organization}/settings/workspaces/new",
        "/o/{organization}/settings/workspaces/{workspace}",
        "/o/{organization}/settings/runs",
        "/o/{organization}/settings/runs/{run}",
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
            ["device"] => Some(Self::Device),
            ["authorize"] => Some(Self::Authorize),
            ["dev", "style"] => Some(Self::Style),
            ["settings", "api-keys" | "api"] => Some(Self::Shortcut),
            ["o", organization] => Some(Self::Overview(organization.parse().ok()?)),
            ["o", organization, "search"] => Some(Self::Search(organization.parse().ok()?)),
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
            ["api-keys", key, "description"] => {
                Some(Self::DescribeKey(organization, key.parse().ok()?))
            }
            ["api-keys", key, "expiration"] => Some(Self::ExpireKeyEarlier(
                organization,
                key.parse().ok()?,
            )),
            ["api-keys", key, "rotate"] => Some(Self::RotateKey(organization, key.parse().ok()?)),
            ["api-keys", key, "revoke"] => Some(Self::RevokeKey(organization, key.parse().ok()?)),
            ["sealed"] => Some(Self::Sealed(organization)),
            ["service-accounts"] => Some(Self::ServiceAccounts(organization)),
            ["service-accounts", "new"] => Some(Self::NewServiceAccount(organization)),
            ["service-accounts", actor] => Some(Self::ServiceAccount(
                organization,
                actor.parse().ok()?,
            )),
            ["service-accounts", actor, "sealed"] => Some(Self::SealedOfAccount(
                organization,
                actor.parse().ok()?,
            )),
            ["apis"] => Some(Self::Apis(organization)),
            ["new-api"] => Some(Self::NewApi(organization)),
            ["apis", slug] => Some(Self::Api(organization, slug.parse().ok()?)),
            ["apis", slug, "new-key"] => Some(Self::NewApiKey(organization, slug.parse().ok()?)),
            ["consumers"] => Some(Self::Consumers(organization)),
            ["consumers", "new"] => Some(Self::NewConsumer(organization)),
            ["consumers", actor] => Some(Self::Consumer(organization, actor.parse().ok()?)),
            ["workspaces"] => Some(Self::Workspaces(organization)),
            ["workspaces", "new"] => Some(Self::NewWorkspace(organization)),
            ["workspaces", id] => Some(Self::Workspace(organization, id.parse().ok()?)),
            ["runs"] => Some(Self::Runs(organization)),
            ["runs", id] => Some(Self::Run(organization, id.parse().ok()?)),
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

    /// The organization that it belongs to.
    pub const fn organization(&self) -> Option<&OrganizationId> {
        match self {
            Self::Home
            | Self::SignIn
            | Self::Welcome
            | Self::Join(_)
            | Self::NewOrganization
            | Self::Account
            | Self::Device
            | Self::Authorize
            | Self::Style
            | Self::Shortcut => None,
            Self::Overview(organization)
            | Self::Search(organization)
            | Self::Settings(organization)
            | Self::ApiKeys(organization)
            | Self::NewKey(organization)
            | Self::RevokeKeys(organization)
            | Self::Key(organization, _)
            | Self::RenameKey(organization, _)
            | Self::DescribeKey(organization, _)
            | Self::ExpireKeyEarlier(organization, _)
            | Self::RotateKey(organization, _)
            | Self::RevokeKey(organization, _)
            | Self::Sealed(organization)
            | Self::ServiceAccounts(organization)
            | Self::NewServiceAccount(organization)
            | Self::ServiceAccount(organization, _)
            | Self::SealedOfAccount(organization, _)
            | Self::Apis(organization)
            | Self::NewApi(organization)
            | Self::Api(organization, _)
            | Self::NewApiKey(organization, _)
            | Self::Consumers(organization)
            | Self::NewConsumer(organization)
            | Self::Consumer(organization, _)
            | Self::Workspaces(organization)
            | Self::NewWorkspace(organization)
            | Self::Workspace(organization, _)
            | Self::Runs(organization)
            | Self::Run(organization, _)
            | Self::Members(organization)
            | Self::InviteMember(organization)
            | Self::Leave(organization)
            | Self::ChangeRole(organization, _)
            | Self::RemoveMember(organization, _)
            | Self::AuditLog(organization) => Some(organization),
        }
    }

    /// Whether it is the list of keys or a page below it. What the person has sealed is below it,
    /// because it depends on their keys.
    pub const fn is_about_keys(&self) -> bool {
        matches!(
            self,
            Self::ApiKeys(_)
                | Self::NewKey(_)
                | Self::Key(..)
                | Self::RenameKey(..)
                | Self::DescribeKey(..)
                | Self::ExpireKeyEarlier(..)
                | Self::RotateKey(..)
                | Self::RevokeKey(..)
                | Self::RevokeKeys(_)
                | Self::Sealed(_)
        )
    }

    /// Whether it is the list of service accounts or a page below it.
    pub const fn is_about_service_accounts(&self) -> bool {
        matches!(
            self,
            Self::ServiceAccounts(_)
                | Self::NewServiceAccount(_)
                | Self::ServiceAccount(..)
                | Self::SealedOfAccount(..)
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

    /// Whether it is the list of APIs or a page below it.
    pub const fn is_about_apis(&self) -> bool {
        matches!(
            self,
            Self::Apis(_) | Self::NewApi(_) | Self::Api(..) | Self::NewApiKey(..)
        )
    }

    /// Whether it is the list of consumers or a page below it.
    pub const fn is_about_consumers(&self) -> bool {
        matches!(
            self,
            Self::Consumers(_) | Self::NewConsumer(_) | Self::Consumer(..)
        )
    }

    /// Whether it is the list of workspaces or a page below it.
    pub const fn is_about_workspaces(&self) -> bool {
        matches!(
            self,
            Self::Workspaces(_) | Self::NewWorkspace(_) | Self::Workspace(..)
        )
    }

    /// Whether it is the list of runs or a page below it.
    pub const fn is_about_runs(&self) -> bool {
        matches!(self, Self::Runs(_) | Self::Run(..))
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
            Self::Device => "/device".into(),
            Self::Authorize => "/authorize".into(),
            Self::Style => "/dev/style".into(),
            Self::Shortcut => "/settings/api-keys".into(),
            Self::Overview(organization) => format!("/o/{organization}"),
            Self::Search(organization) => format!("/o/{organization}/search"),
            Self::Settings(organization) => format!("/o/{organization}/settings"),
            Self::ApiKeys(organization) => format!("/o/{organization}/settings/api-keys"),
            Self::NewKey(organization) => format!("/o/{organization}/settings/api-keys/new"),
            Self::RevokeKeys(organization) => format!("/o/{organization}/settings/api-keys/revoke"),
            Self::Key(organization, key) => format!("/o/{organization}/settings/api-keys/{key}"),
            Self::RenameKey(organization, key) => {
                format!("/o/{organization}/settings/api-keys/{key}/rename")
            }
            Self::DescribeKey(organization, key) => {
                format!("/o/{organization}/settings/api-keys/{key}/description")
            }
            Self::ExpireKeyEarlier(organization, key) => {
                format!("/o/{organization}/settings/api-keys/{key}/expiration")
            }
            Self::RotateKey(organization, key) => {
                format!("/o/{organization}/settings/api-keys/{key}/rotate")
            }
            Self::RevokeKey(organization, key) => {
                format!("/o/{organization}/settings/api-keys/{key}/revoke")
            }
            Self::Sealed(organization) => format!("/o/{organization}/settings/sealed"),
            Self::ServiceAccounts(organization) => {
                format!("/o/{organization}/settings/service-accounts")
            }
            Self::NewServiceAccount(organization) => {
                format!("/o/{organization}/settings/service-accounts/new")
            }
            Self::ServiceAccount(organization, actor) => {
                format!("/o/{organization}/settings/service-accounts/{actor}")
            }
            Self::SealedOfAccount(organization, actor) => {
                format!("/o/{organization}/settings/service-accounts/{actor}/sealed")
            }
            Self::Apis(organization) => format!("/o/{organization}/settings/apis"),
            Self::NewApi(organization) => format!("/o/{organization}/settings/new-api"),
            Self::Api(organization, slug) => format!("/o/{organization}/settings/apis/{slug}"),
            Self::NewApiKey(organization, slug) => {
                format!("/o/{organization}/settings/apis/{slug}/new-key")
            }
            Self::Consumers(organization) => format!("/o/{organization}/settings/consumers"),
            Self::NewConsumer(organization) => format!("/o/{organization}/settings/consumers/new"),
            Self::Consumer(organization, actor) => {
                format!("/o/{organization}/settings/consumers/{actor}")
            }
            Self::Workspaces(organization) => format!("/o/{organization}/settings/workspaces"),
            Self::NewWorkspace(organization) => {
                format!("/o/{organization}/settings/workspaces/new")
            }
            Self::Workspace(organization, id) => {
                format!("/o/{organization}/settings/workspaces/{id}")
            }
            Self::Runs(organization) => format!("/o/{organization}/settings/runs"),
            Self::Run(organization, id) => format!("/o/{organization}/settings/runs/{id}"),
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
            Screen::Device,
            Screen::Authorize,
            Screen::Style,
            Screen::Shortcut,
            Screen::Overview(org.clone()),
            Screen::Settings(org.clone()),
            Screen::ApiKeys(org.clone()),
            Screen::NewKey(org.clone()),
            Screen::RevokeKeys(org.clone()),
            Screen::Key(org.clone(), KeyId(7)),
            Screen::RenameKey(org.clone(), KeyId(7)),
            Screen::DescribeKey(org.clone(), KeyId(7)),
            Screen::ExpireKeyEarlier(org.clone(), KeyId(7)),
            Screen::RotateKey(org.clone(), KeyId(7)),
            Screen::RevokeKey(org.clone(), KeyId(7)),
            Screen::Apis(org.clone()),
            Screen::NewApi(org.clone()),
            Screen::Api(org.clone(), "new".parse().expect("slug")),
            Screen::Api(org.clone(), "orders".parse().expect("slug")),
            Screen::NewApiKey(org.clone(), "new".parse().expect("slug")),
            Screen::Consumers(org.clone()),
            Screen::NewConsumer(org.clone()),
            Screen::Consumer(org.clone(), ActorId(7)),
            Screen::Workspaces(org.clone()),
            Screen::NewWorkspace(org.clone()),
            Screen::Workspace(org.clone(), "ws_a1".parse().expect("id")),
            Screen::Runs(org.clone()),
            Screen::Run(org.clone(), "run_a1".parse().expect("id")),
            Screen::ServiceAccounts(org.clone()),
            Screen::NewServiceAccount(org.clone()),
            Screen::ServiceAccount(org.clone(), ActorId(7)),
            Screen::Search(org.clone()),
            Screen::Sealed(org.clone()),
            Screen::SealedOfAccount(org.clone(), ActorId(7)),
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
