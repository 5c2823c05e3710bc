//! `/gate/{api}`: what a request at the gate needs, and the answer that lets it pass.

use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use domain::Environment;
use domain::api::{ApiScopeWords, Slug};
use engine::keys::{GateNeeds, GatePass};
use url::form_urlencoded;

const KEY_ID: HeaderName = HeaderName::from_static("x-roundtable-key-id");
const OWNER: HeaderName = HeaderName::from_static("x-roundtable-owner");
const EXTERNAL_ID: HeaderName = HeaderName::from_static("x-roundtable-external-id");
const SCOPES: HeaderName = HeaderName::from_static("x-roundtable-scopes");
const ENVIRONMENT: HeaderName = HeaderName::from_static("x-roundtable-environment");
const EXPIRES: HeaderName = HeaderName::from_static("x-roundtable-expires");

/// What the operator of the proxy asks for in the URL.
pub struct GateQuery {
    /// What the request needs.
    pub needs: GateNeeds,
    /// Whether every refusal has the status 401 or 403: nginx turns others into 500.
    pub denies_with_403: bool,
}

/// Why the URL of the gate refuses every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateFault {
    /// No API can have this slug.
    Slug,
    /// What is wrong with the query, as a sentence.
    Query(&'static str),
}

impl GateQuery {
    /// Reads the slug and the query of the URL.
    ///
    /// # Errors
    /// A slug, a parameter or a value that is not known: a misspelled `scope` must not let requests
    /// pass.
    pub fn read(api: &str, query: &str) -> Result<Self, GateFault> {
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
        })
    }
}

/// Adds the headers of an answer that lets the request pass. It has every header, an empty one where
/// there is nothing to say: some proxies pass on a client's own header if the answer lacks it.
pub fn add_headers(headers: &mut HeaderMap, pass: &GatePass) {
    let external_id = pass
        .api
        .consumer
        .as_ref()
        .map_or("", |(external_id, _)| external_id.as_str());
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
    ] {
        // All of them are ASCII.
        if let Ok(value) = value {
            headers.insert(name, value);
        }
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
            let read = GateQuery::read("orders", query);
            assert!(matches!(read, Err(GateFault::Query(_))), "{query}");
        }
        assert!(matches!(
            GateQuery::read("Orders", ""),
            Err(GateFault::Slug)
        ));
    }

    #[test]
    fn a_query_names_scopes_and_an_environment() {
        let read =
            |query| GateQuery::read("orders", query).unwrap_or_else(|fault| panic!("{fault:?}"));
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
}
