//! `/gate/{api}`: what a request at the gate needs, and the answer that lets it pass.
//!
//! For Envoy, the parameters are a step of the path: `/gate/{api}/envoy/{query}/…`. Its filter
//! `ext_authz` adds the path and the query of the client's request to the URL of the check, so that
//! a client could choose parameters in the query.

use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use domain::Environment;
use domain::api::{ApiScopeWords, KeyHeader, Slug};
use engine::keys::{GateNeeds, GatePass};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use url::form_urlencoded;

const KEY_ID: HeaderName = HeaderName::from_static("x-roundtable-key-id");
const OWNER: HeaderName = HeaderName::from_static("x-roundtable-owner");
const EXTERNAL_ID: HeaderName = HeaderName::from_static("x-roundtable-external-id");
const SCOPES: HeaderName = HeaderName::from_static("x-roundtable-scopes");
const ENVIRONMENT: HeaderName = HeaderName::from_static("x-roundtable-environment");
/// Envoy removes the headers that it names from the request.
const REMOVE: HeaderName = HeaderName::from_static("x-envoy-auth-headers-to-remove");
const ASSERTION: HeaderName = HeaderName::from_static("x-roundtable-assertion");
const EXPIRES: HeaderName = HeaderName::from_static("x-roundtable-expires");

const GATE_TOKEN: HeaderName = HeaderName::from_static("x-roundtable-gate-token");

/// The token that every request for a gate must carry. It keeps those who reach the gate without the
/// proxy from trying keys there.
#[derive(Clone)]
pub struct GateToken(SecretString);

impl GateToken {
    /// A token of the operator.
    pub const fn new(token: SecretString) -> Self {
        Self(token)
    }

    /// Whether a request carries the token, once.
    pub fn is_in(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(GATE_TOKEN).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => {
                let expected = self.0.expose_secret().as_bytes();
                value.as_bytes().ct_eq(expected).into()
            }
            _ => false,
        }
    }
}

/// What the operator of the proxy asks for in the URL.
pub struct GateQuery {
    /// What the request needs.
    pub needs: GateNeeds,
    /// Whether every refusal has the status 401 or 403: nginx turns others into 500.
    pub denies_with_403: bool,
    /// Whether Envoy asks.
    pub is_envoy: bool,
}

/// Why the URL of the gate refuses every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateFault {
    /// It has no slug that an API can have, or another path.
    Slug,
    /// What is wrong with the query, as a sentence.
    Query(&'static str),
}

impl GateQuery {
    /// Reads the path and the query of the URL.
    ///
    /// # Errors
    /// A slug, a parameter or a value that is not known: a misspelled `scope` must not let requests
    /// pass.
    pub fn read(path: &str, query: Option<&str>) -> Result<Self, GateFault> {
        let rest = path
            .strip_prefix("/gate/")
            .ok_or(GateFault::Slug)?;
        let (api, query, is_envoy) = match rest.split_once('/') {
            None => (rest, query.unwrap_or_default(), false),
            Some((api, rest)) => {
                let rest = rest
                    .strip_prefix("envoy/")
                    .ok_or(GateFault::Slug)?;
                let (query, _path_of_client) = rest.split_once('/').unwrap_or((rest, ""));
                (api, if query == "-" { "" } else { query }, true)
            }
        };
        let slug: Slug = api.parse().map_err(|_| GateFault::Slug)?;
        let (mut scopes, mut environment, mut denies_with_403) = (Vec::new(), None, false);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match (&*name, &*value) {
                ("scope", word) => scopes.push(word.to_owned()),
                ("environment", word) if environment.is_none() => {
                    let word: Environment = word.parse().map_err(|_| {
                        GateFault::Query("The URL of the gate has an unknown environment")
                    })?;
                    environment = Some(word);
                }
                ("deny", "403") => denies_with_403 = true,
                _ => {
                    return Err(GateFault::Query(
                        "The URL of the gate has an unknown parameter",
                    ));
                }
            }
        }
        let scopes = ApiScopeWords::read(&scopes).map_err(|_| {
            GateFault::Query("The URL of the gate has a scope that no API can have")
        })?;
        let environment = environment.unwrap_or(Environment::Production);
        Ok(Self {
            needs: GateNeeds::new(slug, scopes, environment),
            denies_with_403,
            is_envoy,
        })
    }
}

/// Adds the headers of an answer that lets the request pass. It has every header, an empty one where
/// there is nothing to say: some proxies pass on a client's own header if the answer lacks it.
pub fn add_headers(headers: &mut HeaderMap, query: &GateQuery, pass: &GatePass) {
    let external_id = pass
        .api
        .consumer
        .as_ref()
        .map_or("", |(external_id, _)| external_id.as_str());
    let assertion = pass
        .assertion
        .as_ref()
        .map_or("", |assertion| assertion.as_str());
    let expires = pass.expires_at.map(|end| end.to_rfc3339());
    for (name, value) in [
        (KEY_ID, Ok(HeaderValue::from(pass.key_id.0))),
        (OWNER, Ok(HeaderValue::from(pass.owner.0))),
        (EXTERNAL_ID, HeaderValue::from_str(external_id)),
        (SCOPES, HeaderValue::try_from(pass.api.scopes.line())),
        (
            ENVIRONMENT,
            Ok(HeaderValue::from_static(pass.environment.as_str())),
        ),
        (
            EXPIRES,
            HeaderValue::from_str(expires.as_deref().unwrap_or_default()),
        ),
        (ASSERTION, HeaderValue::from_str(assertion)),
    ] {
        // All of them are ASCII.
        if let Ok(value) = value {
            headers.insert(name, value);
        }
    }
    if query.is_envoy {
        let key = match pass.header {
            KeyHeader::Any => "authorization,x-api-key",
            KeyHeader::Authorization => "authorization",
            KeyHeader::XApiKey => "x-api-key",
        };
        headers.insert(REMOVE, HeaderValue::from_static(key));
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

#[cfg(test)]
mod tests {
    use domain::command::RequiredScopes;

    use super::*;

    #[test]
    fn a_query_that_is_not_understood_refuses() {
        for query in [
            "scopes=orders:read",
            "scope=",
            "scope=Orders",
            "deny=200",
            "environment=all",
            "x",
            "scope=a&cost=1",
            "environment=test&environment=production",
        ] {
            let read = GateQuery::read("/gate/orders", Some(query));
            assert!(matches!(read, Err(GateFault::Query(_))), "{query}");
        }
        for path in [
            "/gate/Orders",
            "/gate/",
            "/gate/orders/",
            "/gate/orders/x",
            "/gate/orders/envoy",
            "/gate//envoy/-/",
            "/orders",
        ] {
            let read = GateQuery::read(path, None);
            assert!(matches!(read, Err(GateFault::Slug)), "{path}");
        }
    }

    #[test]
    fn a_query_names_scopes_and_an_environment() {
        let read = |query| {
            GateQuery::read("/gate/orders", Some(query)).unwrap_or_else(|fault| panic!("{fault:?}"))
        };
        let query = read("scope=a&scope=b%3Ac&environment=test&deny=403");
        let RequiredScopes::Api { slug, scopes } = query.needs.required else {
            panic!("an API is required")
        };
        assert_eq!(
            (slug.as_str(), scopes.line().as_str()),
            ("orders", "a b:c")
        );
        assert_eq!(query.needs.environment, Environment::Test);
        assert!(query.denies_with_403);
        let plain = read("");
        assert_eq!(plain.needs.environment, Environment::Production);
        assert!(!plain.denies_with_403);
    }

    #[test]
    fn a_request_carries_the_whole_gate_token_once() {
        let token = GateToken::new("0123456789abcdef".into());
        let is_in = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(GATE_TOKEN, HeaderValue::from_static(value));
            }
            token.is_in(&headers)
        };
        assert!(is_in(&["0123456789abcdef"]));
        for values in [
            &[][..],
            &[""],
            &["0123456789abcde"],
            &["0123456789abcdef0"],
            &["0123456789ABCDEF"],
            &["0123456789abcdef", "0123456789abcdef"],
        ] {
            assert!(!is_in(values), "{values:?}");
        }
    }

    // Envoy adds the path and the query of the client's request.
    #[test]
    fn what_envoy_adds_to_the_url_is_ignored() {
        let read =
            |path, query| GateQuery::read(path, query).unwrap_or_else(|fault| panic!("{fault:?}"));
        for (path, query) in [
            ("/gate/orders/envoy/scope=a&scope=b:c", None),
            (
                "/gate/orders/envoy/scope=a&scope=b%3Ac/",
                Some("environment=test"),
            ),
            (
                "/gate/orders/envoy/scope=a&scope=b:c/envoy/-/x",
                Some("scope=admin&x"),
            ),
            ("/gate/orders/envoy/scope=a&scope=b:c/../../-/", None),
        ] {
            let found = read(path, query);
            let RequiredScopes::Api { slug, scopes } = found.needs.required else {
                panic!("an API is required")
            };
            assert_eq!(
                (slug.as_str(), scopes.line().as_str()),
                ("orders", "a b:c")
            );
            assert_eq!(
                found.needs.environment,
                Environment::Production,
                "{path}"
            );
            assert!(found.is_envoy);
        }
        let plain = read(
            "/gate/orders/envoy/-/orders/7",
            Some("environment=test"),
        );
        assert_eq!(plain.needs.environment, Environment::Production);
        assert!(GateQuery::read("/gate/orders/envoy//orders/7", None).is_ok());
        let misspelled = GateQuery::read("/gate/orders/envoy/scopes=a/orders", None);
        assert!(matches!(misspelled, Err(GateFault::Query(_))));
    }
}
