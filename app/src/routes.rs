//! The table of screens. Links are written and paths are read by the same type, so a link cannot lead nowhere.

use domain::{ActorId, KeyId, OrganizationId};

/// The documentation, which is served beside the screens.
pub const DOCS: &str = "/docs";
/// Its page about service accounts.
pub const DOCS_OF_ACCOUNTS: &str = "/docs/service-accounts";

/// A page of the product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Screen {
    /// Leads to where the person belongs.
    Home,
    /// Signing in.
    SignIn,
    /// Making the first organization.
    Welcome,
    /// Leads to the API keys of the active organization (decision D21).
    Shortcut,
    /// What an organization is, and what holds for all of its keys.
    Settings(OrganizationId),
    /// Organization Settings → API Keys (RK-07).
    ApiKeys(OrganizationId),
    /// Making a key, where no script runs.
    NewKey(OrganizationId),
    /// Confirming that a key ends, where no script runs.
    RevokeKey(OrganizationId, KeyId),
    /// The service accounts of an organization (RA-17).
    ServiceAccounts(OrganizationId),
    /// Making a service account.
    NewServiceAccount(OrganizationId),
    /// One service account and its keys.
    ServiceAccount(OrganizationId, ActorId),
    /// Who did what (RK-26).
    AuditLog(OrganizationId),
}

impl Screen {
    /// The addresses of all screens, as a router writes them.
    pub const PATTERNS: [&'static str; 13] = [
        "/",
        "/sign-in",
        "/welcome",
        "/settings/api-keys",
        "/settings/api",
        "/o/{organization}/settings",
        "/o/{organization}/settings/api-keys",
        "/o/{organization}/settings/api-keys/new",
        "/o/{organization}/settings/api-keys/{key}/revoke",
        "/o/{organization}/settings/service-accounts",
        "/o/{organization}/settings/service-accounts/new",
        "/o/{organization}/settings/service-accounts/{actor}",
        "/o/{organization}/settings/audit-log",
    ];

    /// The screen at a path.
    pub fn parse(path: &str) -> Option<Self> {
        let steps: Vec<_> = path.strip_prefix('/')?.split('/').collect();
        match steps.as_slice() {
            [""] => Some(Self::Home),
            ["sign-in"] => Some(Self::SignIn),
            ["welcome"] => Some(Self::Welcome),
            ["settings", "api-keys" | "api"] => Some(Self::Shortcut),
            ["o", organization, "settings", rest @ ..] => Self::inside(organization.parse().ok()?, rest),
            _ => None,
        }
    }

    fn inside(organization: OrganizationId, rest: &[&str]) -> Option<Self> {
        match rest {
            [] => Some(Self::Settings(organization)),
            ["api-keys"] => Some(Self::ApiKeys(organization)),
            ["api-keys", "new"] => Some(Self::NewKey(organization)),
            ["api-keys", key, "revoke"] => Some(Self::RevokeKey(organization, key.parse().ok()?)),
            ["service-accounts"] => Some(Self::ServiceAccounts(organization)),
            ["service-accounts", "new"] => Some(Self::NewServiceAccount(organization)),
            ["service-accounts", actor] => Some(Self::ServiceAccount(organization, actor.parse().ok()?)),
            ["audit-log"] => Some(Self::AuditLog(organization)),
            _ => None,
        }
    }

    /// The path of the screen.
    pub fn path(&self) -> String {
        match self {
            Self::Home => "/".into(),
            Self::SignIn => "/sign-in".into(),
            Self::Welcome => "/welcome".into(),
            Self::Shortcut => "/settings/api-keys".into(),
            Self::Settings(organization) => format!("/o/{organization}/settings"),
            Self::ApiKeys(organization) => format!("/o/{organization}/settings/api-keys"),
            Self::NewKey(organization) => format!("/o/{organization}/settings/api-keys/new"),
            Self::RevokeKey(organization, key) => format!("/o/{organization}/settings/api-keys/{key}/revoke"),
            Self::ServiceAccounts(organization) => format!("/o/{organization}/settings/service-accounts"),
            Self::NewServiceAccount(organization) => format!("/o/{organization}/settings/service-accounts/new"),
            Self::ServiceAccount(organization, actor) => {
                format!("/o/{organization}/settings/service-accounts/{actor}")
            }
            Self::AuditLog(organization) => format!("/o/{organization}/settings/audit-log"),
        }
    }
}

/// A screen and how far down its list one is: what a form gives as its `page`, and where signing in leads back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The screen.
    pub screen: Screen,
    /// The list begins before this row.
    pub before: Option<i64>,
}

impl Place {
    /// The top of a screen.
    pub const fn top(screen: Screen) -> Self {
        Self { screen, before: None }
    }

    /// Reads a path with at most `?before=…`; anything else is no place of ours.
    pub fn parse(target: &str) -> Option<Self> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let before = query.strip_prefix("before=").and_then(|n| n.parse().ok());
        (query.is_empty() || before.is_some()).then_some(Self { screen: Screen::parse(path)?, before })
    }

    /// The path, written anew: nothing of what was read survives but ids and numbers.
    pub fn path(&self) -> String {
        match self.before {
            Some(n) => format!("{}?before={n}", self.screen.path()),
            None => self.screen.path(),
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
            Screen::Shortcut,
            Screen::Settings(org.clone()),
            Screen::ApiKeys(org.clone()),
            Screen::NewKey(org.clone()),
            Screen::RevokeKey(org.clone(), KeyId(7)),
            Screen::ServiceAccounts(org.clone()),
            Screen::NewServiceAccount(org.clone()),
            Screen::ServiceAccount(org.clone(), ActorId(7)),
            Screen::AuditLog(org),
        ];
        for screen in screens {
            assert_eq!(Screen::parse(&screen.path()), Some(screen));
        }
        assert_eq!(Screen::parse("/settings/api"), Some(Screen::Shortcut));
    }

    #[test]
    fn what_is_no_screen_is_no_place() {
        let hostile = [
            "",
            "//",
            "//evil.test",
            "https://evil.test",
            "/o/x/settings",
            "/o/org_/settings",
            "/o/org_a/settings/api-keys/",
            "/o/org_a/settings/",
            "/o/org_a/settings/api-keys/07/revoke",
            "/o/org_a/settings/service-accounts/07",
            "/o/org_a/settings/service-accounts/new/",
            "/o/org_a/settings/service-accounts/7/keys",
            "/o/org_a\r\n/settings",
            "/o/../settings",
            "/api/v1/keys",
            "/sign-in/start",
            "/?before=1&x=2",
            "/welcome?next=//evil.test",
        ];
        for target in hostile {
            assert_eq!(Place::parse(target), None, "{target:?}");
        }
        let place = Place::parse("/o/org_a/settings/audit-log?before=12").expect("place");
        assert_eq!((place.before, place.path().as_str()), (Some(12), "/o/org_a/settings/audit-log?before=12"));
    }
}
