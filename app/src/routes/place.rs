//! A screen with its query: filters, order and page. The query is parsed and written again, so a
//! location contains only known words, IDs, and the text of a search.

use std::fmt::Write;

use domain::command::{ActionFilter, KeySort, ObjectFilter, StatusFilter};
use domain::device::{AuthorizationRequest, DeviceClient, LoopbackUri, PkceChallenge, UserCode};
use domain::environment::Environment;
use domain::run::RunState;
use domain::token::public_part;
use domain::{Moment, WorkspaceId};

use super::{AccountSetting, Period, Screen};

const MOST_SEARCH: usize = 100;
/// The value of `status` that lists keys of every status.
pub const EVERY_STATE: &str = "all";

/// The query parameter of a time span that ends now.
const PERIOD: &str = "period";
/// The query parameters of a first and a last day, as an alternative to [`PERIOD`].
const DAYS: [&str; 2] = ["from", "until"];

/// A screen with its query. A form sends one as its `page`, and a sign-in returns to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The screen.
    pub screen: Screen,
    query: Vec<(&'static str, String)>,
}

impl Location {
    /// A screen without a query.
    pub const fn top(screen: Screen) -> Self {
        Self {
            screen,
            query: Vec::new(),
        }
    }

    /// A screen that shows the data of an environment.
    pub fn in_environment(screen: Screen, environment: Environment) -> Self {
        let other = (environment != Environment::Production).then_some(environment.as_str());
        Self::top(screen).with("environment", other)
    }

    /// A screen with a query. Unknown parameters and values are left out.
    pub fn of(screen: Screen, pairs: &[(String, String)]) -> Self {
        let mut query: Vec<_> = pairs
            .iter()
            .filter_map(|(name, value)| read(&screen, name, value))
            .collect();
        // Days take precedence over a period.
        if query.iter().any(|(name, _)| DAYS.contains(name)) {
            query.retain(|(name, _)| *name != PERIOD);
        }
        Self { screen, query }
    }

    /// Parses a path with a query. `None` if any part of it is unknown.
    pub fn parse(target: &str) -> Option<Self> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let screen = Screen::parse(path)?;
        let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let place = Self::of(screen, &pairs);
        (place.query.len() == pairs.len()).then_some(place)
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    }

    /// All values of a parameter.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query
            .iter()
            .filter(move |(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a parameter, as a number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.parse().ok()
    }

    /// The environment whose data the screen shows.
    pub fn environment(&self) -> Environment {
        self.get("environment")
            .and_then(|word| word.parse().ok())
            .unwrap_or(Environment::Production)
    }

    /// The row before which the list begins.
    pub fn before(&self) -> Option<i64> {
        self.number("before")
    }

    /// The same location with another value of a parameter, or without it. It leads to the first
    /// page of the list, because the list is another one.
    #[must_use]
    pub fn with(&self, name: &str, value: Option<&str>) -> Self {
        let other = |known: &str| {
            (name == PERIOD && DAYS.contains(&known))
                || (DAYS.contains(&name) && known == PERIOD && value.is_some())
        };
        let gone = |known: &str| {
            known == name || ["after", "before", "key"].contains(&known) || other(known)
        };
        let mut query: Vec<_> = self
            .query
            .iter()
            .filter(|(known, _)| !gone(known))
            .cloned()
            .collect();
        query.extend(value.and_then(|value| read(&self.screen, name, value)));
        Self {
            screen: self.screen.clone(),
            query,
        }
    }

    /// The decoded query.
    pub fn pairs(&self) -> Vec<(String, String)> {
        self.query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect()
    }

    /// The path and the query.
    pub fn path(&self) -> String {
        let mut path = self.screen.path();
        for (n, (name, value)) in self.query.iter().enumerate() {
            let mark = if n == 0 { '?' } else { '&' };
            let _ = write!(path, "{mark}{name}={}", encoded(value));
        }
        path
    }
}

/// The URL to sign in and go to a location.
pub fn sign_in(to: &Location) -> String {
    format!("/sign-in/start?return_to={}", encoded(&to.path()))
}

/// The URL of the form that accepts the invitation of its page with a sign-in.
pub const JOIN: &str = "/sign-in/join";

/// The URL to sign in as an account of a development installation, and return to a location.
pub fn sign_in_as(to: &Location, account: &str) -> String {
    format!("{}&account={}", sign_in(to), encoded(account))
}

/// The URL to sign in again and return to a location.
pub fn again(back: &Location) -> String {
    format!(
        "/sign-in/start?fresh=1&return_to={}",
        encoded(&back.path())
    )
}

/// The same, and then the server processes the stored form of that location.
pub fn confirm(back: &Location, draft: &str) -> String {
    format!(
        "/sign-in/start?fresh=1&draft={}&return_to={}",
        encoded(draft),
        encoded(&back.path())
    )
}

/// The URL to sign in as another person and return to a location.
pub fn as_someone_else(back: &Location) -> String {
    format!(
        "/sign-in/start?other=1&return_to={}",
        encoded(&back.path())
    )
}

/// A value, percent-encoded for a query.
pub fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// The canonical form of a parameter, if the screen knows it.
fn read(screen: &Screen, name: &str, value: &str) -> Option<(&'static str, String)> {
    let known = |is_known: bool| is_known.then(|| value.to_owned());
    let id = || {
        value
            .parse::<domain::KeyId>()
            .ok()
            .map(|id| id.to_string())
    };
    Some(match (screen, name) {
        (
            Screen::ApiKeys(_)
            | Screen::RevokeKeys(_)
            | Screen::Consumers(_)
            | Screen::Members(_)
            | Screen::Search(_),
            "q",
        ) => ("q", search(value)?),
        (
            Screen::ApiKeys(_)
            | Screen::RevokeKeys(_)
            | Screen::Workspaces(_)
            | Screen::NewWorkspace(_)
            | Screen::Workspace(..)
            | Screen::Runs(_)
            | Screen::Run(..),
            "environment",
        ) => (
            "environment",
            known(value.parse::<Environment>().is_ok())?,
        ),
        (Screen::ApiKeys(_) | Screen::RevokeKeys(_), "status") => (
            "status",
            known(value == EVERY_STATE || value.parse::<StatusFilter>().is_ok())?,
        ),
        (Screen::ApiKeys(_) | Screen::RevokeKeys(_), "creator") => ("creator", id()?),
        (Screen::ApiKeys(_) | Screen::RevokeKeys(_), "api") => ("api", id()?),
        (Screen::ApiKeys(_), "sort") => ("sort", known(value.parse::<KeySort>().is_ok())?),
        (Screen::ApiKeys(_), "dir") => ("dir", known(value == "asc" || value == "desc")?),
        (Screen::ApiKeys(_), "after") => ("after", id()?),
        (Screen::ApiKeys(_), "before") => ("before", id()?),
        // The key that is shown in a panel over the list.
        (
            Screen::ApiKeys(_)
            | Screen::Api(..)
            | Screen::Consumer(..)
            | Screen::ServiceAccount(..)
            | Screen::RevokeKeys(_),
            "key",
        ) => ("key", id()?),
        // All keys that match the filters, on all pages of the list.
        (Screen::RevokeKeys(_), "all") => ("all", known(value == "true")?),
        (Screen::Device, "user_code") => (
            "user_code",
            value.parse::<UserCode>().ok()?.to_string(),
        ),
        (Screen::Authorize, name) => authorization(name, value)?,
        (Screen::NewKey(_) | Screen::NewApiKey(..), "for") => ("for", id()?),
        (Screen::AuditLog(_), "action") => (
            "action",
            known(value.parse::<ActionFilter>().is_ok())?,
        ),
        (Screen::AuditLog(_), "actor") => ("actor", id()?),
        (Screen::AuditLog(_), "object") => (
            "object",
            value.parse::<ObjectFilter>().ok()?.to_string(),
        ),
        (Screen::AuditLog(_), "period") => (PERIOD, known(value.parse::<Period>().is_ok())?),
        (Screen::AuditLog(_), "from") => ("from", known(Moment::start_of_day(value).is_some())?),
        (Screen::AuditLog(_), "until") => ("until", known(Moment::start_of_day(value).is_some())?),
        (Screen::ApiKeys(_) | Screen::RevokeKeys(_), "owner") => ("owner", id()?),
        (Screen::Runs(_), "state") => ("state", known(value.parse::<RunState>().is_ok())?),
        (Screen::Runs(_), "workspace") => (
            "workspace",
            known(value.parse::<WorkspaceId>().is_ok())?,
        ),
        (Screen::ServiceAccount(..), "edit") => (
            "edit",
            known(value.parse::<AccountSetting>().is_ok())?,
        ),
        // The step after creating the organization.
        (Screen::InviteMember(_), "first") => ("first", known(value == "true")?),
        (Screen::Members(_), "waiting") => ("waiting", id()?),
        (
            Screen::AuditLog(_)
            | Screen::Members(_)
            | Screen::ServiceAccounts(_)
            | Screen::ServiceAccount(..)
            | Screen::Apis(_)
            | Screen::Api(..)
            | Screen::Consumers(_)
            | Screen::Consumer(..)
            | Screen::Workspaces(_)
            | Screen::Runs(_),
            "before",
        ) => ("before", id()?),
        _ => return None,
    })
}

/// A parameter of the request of a program on this computer.
fn authorization(name: &str, value: &str) -> Option<(&'static str, String)> {
    const NAMES: [&str; 6] = [
        "response_type",
        "client_id",
        "redirect_uri",
        "code_challenge",
        "code_challenge_method",
        "state",
    ];
    let name = NAMES.into_iter().find(|known| *known == name)?;
    let is_valid = match name {
        "response_type" => value == "code",
        "client_id" => value.parse::<DeviceClient>().is_ok(),
        "redirect_uri" => value.parse::<LoopbackUri>().is_ok(),
        "code_challenge" => value.parse::<PkceChallenge>().is_ok(),
        "code_challenge_method" => value == "S256",
        _ => AuthorizationRequest::is_state(value),
    };
    is_valid.then(|| (name, value.to_owned()))
}

/// The text of a search: without control characters, and never a whole key.
fn search(typed: &str) -> Option<String> {
    let text: String = public_part(typed)
        .chars()
        .filter(|c| !c.is_control())
        .take(MOST_SEARCH)
        .collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(target: &str) -> String {
        Location::parse(target)
            .unwrap_or_else(|| panic!("{target}"))
            .path()
    }

    #[test]
    fn what_is_no_screen_is_no_place() {
        let hostile = [
            "",
            "//",
            "//evil.test",
            "https://evil.test",
            "/o/",
            "/o/x",
            "/o/org_a/",
            "/o/org_a?status=active",
            "/o/x/settings",
            "/o/org_/settings",
            "/o/org_a/settings/api-keys/",
            "/o/org_a/settings/",
            "/o/org_a/settings/api-keys/07/revoke",
            "/o/org_a/settings/service-accounts/07",
            "/o/org_a/settings/service-accounts/new/",
            "/o/org_a/settings/service-accounts/7/keys",
            "/o/org_a/settings/workspaces/7",
            "/o/org_a/settings/workspaces/ws_1/runs",
            "/o/org_a/settings/runs/ws_1",
            "/o/org_a/settings/runs?state=asleep",
            "/o/org_a/settings/runs?workspace=7",
            "/o/org_a/settings/members/",
            "/o/org_a/settings/members/7",
            "/o/org_a/settings/members/07/remove",
            "/o/org_a/settings/members/7/remove/now",
            "/o/org_a/settings/members?before=x",
            "/o/org_a/settings/members/leave?before=1",
            "/join",
            "/join/",
            "/join/a/b",
            "/join/a%2Fb",
            "/join/a?next=//evil.test",
            "/organizations",
            "/o/org_a\r\n/settings",
            "/o/../settings",
            "/api/v1/keys",
            "/sign-in/start",
            "/?before=1&x=2",
            "/welcome?next=//evil.test",
            "/o/org_a/settings/api-keys?status=asleep",
            "/o/org_a/settings/api-keys?after=-1",
            "/o/org_a/settings/audit-log?action=key.eaten",
            "/o/org_a/settings/audit-log?object=key:rt_sk_Ab3dE9xQ",
            "/o/org_a/settings/audit-log?from=8+April",
            "/o/org_a/settings/audit-log?period=7d&until=2026-04-08",
        ];
        for target in hostile {
            assert_eq!(Location::parse(target), None, "{target:?}");
        }
        for list in [
            "audit-log",
            "members",
            "service-accounts",
            "service-accounts/7",
            "apis",
            "apis/orders",
            "consumers",
            "consumers/7",
            "workspaces",
            "runs",
        ] {
            let target = format!("/o/org_a/settings/{list}?before=12");
            let place = Location::parse(&target).unwrap_or_else(|| panic!("{target}"));
            assert_eq!((place.before(), place.path()), (Some(12), target));
        }
    }

    #[test]
    fn a_list_keeps_its_filters_together() {
        let list = "/o/org_a/settings/api-keys";
        let place = Location::parse(&format!(
            "{list}?q=ci%2Fcd+%D9%86&environment=test&after=7"
        ))
        .expect("place");
        assert_eq!(place.get("q"), Some("ci/cd ن"));
        assert_eq!(
            place.path(),
            format!("{list}?q=ci/cd%20%D9%86&environment=test&after=7")
        );
        assert_eq!(
            place.with("sort", Some("name")).path(),
            format!("{list}?q=ci/cd%20%D9%86&environment=test&sort=name")
        );
        assert_eq!(
            place
                .with("q", None)
                .with("environment", None)
                .path(),
            list
        );
        assert_eq!(
            place.with("status", Some("asleep")).get("status"),
            None
        );
        // The panel belongs to the page, not to another one with other filters.
        let panel = Location::parse(&format!("{list}?q=ci&key=7")).expect("place");
        assert_eq!(panel.path(), format!("{list}?q=ci&key=7"));
        assert_eq!(
            panel.with("sort", Some("name")).path(),
            format!("{list}?q=ci&sort=name")
        );
        for target in ["revoke?key=1&key=2", "revoke?all=true&q=ci&status=unused"] {
            let target = format!("{list}/{target}");
            assert_eq!(read_back(&target), target);
        }
    }

    // RU-17, D7: a page shows the data of one environment.
    #[test]
    fn a_page_of_runs_has_an_environment() {
        let runs = "/o/org_a/settings/runs";
        let place = Location::parse(&format!(
            "{runs}?environment=test&state=failed&workspace=ws_1&before=7"
        ))
        .expect("place");
        assert_eq!(place.environment(), Environment::Test);
        assert_eq!(
            place.with("state", Some("queued")).path(),
            format!("{runs}?environment=test&workspace=ws_1&state=queued")
        );
        let screen = || Screen::Runs("org_a".parse().expect("id"));
        for environment in Environment::ALL {
            let place = Location::in_environment(screen(), environment);
            assert_eq!(place.environment(), environment);
        }
        assert_eq!(
            Location::in_environment(screen(), Environment::Production).path(),
            runs
        );
    }

    #[test]
    fn days_take_the_place_of_a_period_and_the_other_way_round() {
        let log = "/o/org_a/settings/audit-log";
        let place =
            Location::parse(&format!("{log}?object=key%3A12&period=7d&before=9")).expect("place");
        let days = place.with("from", Some("2026-04-08"));
        assert_eq!(
            days.path(),
            format!("{log}?object=key:12&from=2026-04-08")
        );
        assert_eq!(
            days.with("until", Some("2026-04-09"))
                .with("period", Some("24h"))
                .path(),
            format!("{log}?object=key:12&period=24h")
        );
        assert_eq!(
            place.with("from", None).path(),
            format!("{log}?object=key:12&period=7d")
        );
    }

    // B31: a pasted key never stands in an address.
    #[test]
    fn a_whole_key_in_a_search_leaves_only_its_public_part() {
        let key = format!("rt_sk_Ab3dE9xQ{}", "z".repeat(49));
        let path = read_back(&format!("/o/org_a/settings/api-keys?q={key}"));
        assert_eq!(path, "/o/org_a/settings/api-keys?q=rt_sk_Ab3dE9xQ");
    }
}
