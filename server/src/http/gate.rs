//! `/gate/{api}`: a reverse proxy asks whether it may pass on a request to an API that the
//! organization protects (D35).
//!
//! The proxy sends the headers of the client's request. The answer is in the status: 2xx lets the
//! request pass, everything else refuses it. What the request needs is in the query, which the
//! operator of the proxy writes. A parameter that is not known refuses every request: a misspelled
//! `scope` must not let them pass.

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use domain::api::{ApiScopeWords, Slug};
use domain::command::RequiredScopes;
use domain::token::PlainKey;
use domain::view::VerdictCode;
use domain::{Code, Environment};
use engine::Error;
use engine::attempts::{Client, Kind};
use engine::ctx::Origin;
use engine::keys::{GateNeeds, GatePass, GateVerdict, PresentedAtGate};
use fast_path::credential::{AtGate, at_gate};
use url::form_urlencoded;

use super::AppState;
use super::problem::{ApiError, ApiResult};

const KEY_ID: HeaderName = HeaderName::from_static("x-roundtable-key-id");
const OWNER: HeaderName = HeaderName::from_static("x-roundtable-owner");
const EXTERNAL_ID: HeaderName = HeaderName::from_static("x-roundtable-external-id");
const SCOPES: HeaderName = HeaderName::from_static("x-roundtable-scopes");
const ENVIRONMENT: HeaderName = HeaderName::from_static("x-roundtable-environment");
const EXPIRES: HeaderName = HeaderName::from_static("x-roundtable-expires");
const STATUS: HeaderName = HeaderName::from_static("x-roundtable-status");
const CODE: HeaderName = HeaderName::from_static("x-roundtable-code");

/// The routes. A request below `/gate` that is for none of them is refused too.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/gate/{api}", any(check))
        .route("/gate", any(unknown))
        .route("/gate/", any(unknown))
        .route("/gate/{api}/{*rest}", any(unknown))
        .with_state(state)
}

async fn unknown() -> ApiError {
    ApiError::new(Code::NotFound, "no such URL")
}

/// What the operator of the proxy asks for.
struct GateQuery {
    needs: GateNeeds,
    /// Whether every refusal has the status 401 or 403: nginx turns others into 500.
    denies_with_403: bool,
}

async fn check(
    State(state): State<AppState>,
    Path(api): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    origin: axum::Extension<Origin>,
) -> Response {
    let query = match GateQuery::read(&api, query.as_deref().unwrap_or_default()) {
        Ok(query) => query,
        Err(error) => return refusal(error, false),
    };
    match pass(&state, &query.needs, &headers, &origin).await {
        Ok(pass) => passed(&pass),
        Err(error) => refusal(error, query.denies_with_403),
    }
}

impl GateQuery {
    fn read(api: &str, query: &str) -> ApiResult<Self> {
        let unusable = |what| ApiError::with_details(Code::BadRequest, what);
        let slug: Slug = api
            .parse()
            .map_err(|_| ApiError::new(Code::NotFound, "not the slug of an API"))?;
        let (mut scopes, mut environment, mut denies_with_403) = (Vec::new(), None, false);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match (&*name, &*value) {
                ("scope", word) => scopes.push(word.to_owned()),
                ("environment", word) if environment.is_none() => {
                    let word: Environment = word
                        .parse()
                        .map_err(|_| unusable("The URL of the gate has an unknown environment"))?;
                    environment = Some(word);
                }
                ("deny", "403") => denies_with_403 = true,
                _ => {
                    return Err(unusable(
                        "The URL of the gate has an unknown parameter",
                    ));
                }
            }
        }
        let scopes = ApiScopeWords::read(&scopes)
            .map_err(|_| unusable("The URL of the gate has a scope that no API can have"))?;
        let environment = environment.unwrap_or(Environment::Production);
        Ok(Self {
            needs: GateNeeds::new(slug, scopes, environment),
            denies_with_403,
        })
    }
}

/// Checks the key of the request.
async fn pass(
    state: &AppState,
    needs: &GateNeeds,
    headers: &HeaderMap,
    origin: &Origin,
) -> ApiResult<GatePass> {
    let presented = match at_gate(headers) {
        AtGate::Key(key, header) => PresentedAtGate { key, header },
        AtGate::Nothing => return Err(ApiError::anonymous()),
        AtGate::Malformed => {
            let engine = &state.engine;
            return match engine
                .attempts()
                .fail(Kind::Key, Client::of(origin))
            {
                Ok(()) => Err(ApiError::new(Code::Unauthorized, "not a key")),
                Err(too_many) => Err(too_many.into()),
            };
        }
    };
    let verdict = verdict(state, needs, &presented, origin).await?;
    verdict.map_err(|code| match code {
        VerdictCode::MissingScope => ApiError::missing_scopes(scopes(needs)),
        code => ApiError::new(Code::Unauthorized, format!("the key is {code}")),
    })
}

/// A key in memory was accepted before, so its attempt is not limited.
async fn verdict(
    state: &AppState,
    needs: &GateNeeds,
    presented: &PresentedAtGate,
    origin: &Origin,
) -> ApiResult<GateVerdict> {
    let engine = &state.engine;
    if let Some(verdict) = engine.check_cached_at_gate(needs, presented, origin) {
        return Ok(verdict);
    }
    let key: &PlainKey = &presented.key;
    let checked = async {
        match engine
            .check_at_gate(needs, presented, origin)
            .await?
        {
            Err(VerdictCode::NotFound) => Err(Error::Unauthenticated("no such key")),
            verdict => Ok(verdict),
        }
    };
    let attempt = engine.attempt(Kind::Key, origin, key.expose().as_bytes(), checked);
    Ok(attempt.await?)
}

fn scopes(needs: &GateNeeds) -> String {
    match &needs.required {
        RequiredScopes::Api { scopes, .. } => scopes.line(),
        RequiredScopes::Roundtable(_) => String::new(),
    }
}

/// The answer that lets the request pass. It has every header, an empty one where there is nothing
/// to say: some proxies pass on a client's own header if the answer lacks it.
fn passed(pass: &GatePass) -> Response {
    let mut response = StatusCode::OK.into_response();
    let headers = response.headers_mut();
    let external_id = pass.external_id.as_ref();
    let expires = pass.expires_at.map(|end| end.to_rfc3339());
    for (name, text) in [
        (KEY_ID, pass.key_id.to_string()),
        (OWNER, pass.owner.to_string()),
        (
            EXTERNAL_ID,
            external_id
                .map(ToString::to_string)
                .unwrap_or_default(),
        ),
        (SCOPES, pass.scopes.line()),
        (ENVIRONMENT, pass.environment.as_str().into()),
        (EXPIRES, expires.unwrap_or_default()),
    ] {
        // All of them are ASCII.
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The answer that refuses the request, with its true status and code for a proxy that cannot pass
/// on the status itself.
fn refusal(error: ApiError, denies_with_403: bool) -> Response {
    let code = error.code();
    let mut response = error.into_response();
    let status = response.status();
    let headers = response.headers_mut();
    headers.insert(STATUS, HeaderValue::from(status.as_u16()));
    headers.insert(CODE, HeaderValue::from_static(code.as_str()));
    let is_passed_on = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status);
    if denies_with_403 && !is_passed_on && status.is_client_error() {
        *response.status_mut() = StatusCode::FORBIDDEN;
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_is_not_understood_refuses() {
        let read =
            |api: &str, query: &str| GateQuery::read(api, query).map_err(|error| error.code());
        for query in [
            "scopes=orders:read",
            "scope=",
            "scope=Orders",
            "deny=200",
            "environment=all",
            "x",
            "scope=a&cost=1",
        ] {
            assert_eq!(
                read("orders", query).err(),
                Some(Code::BadRequest),
                "{query}"
            );
        }
        assert_eq!(read("Orders", "").err(), Some(Code::NotFound));
        let twice = "environment=test&environment=production";
        assert_eq!(read("orders", twice).err(), Some(Code::BadRequest));
    }

    #[test]
    fn a_query_names_scopes_and_an_environment() {
        let query = GateQuery::read(
            "orders",
            "scope=a&scope=b%3Ac&environment=test&deny=403",
        );
        let query = query.unwrap_or_else(|_| panic!("it is valid"));
        assert_eq!(scopes(&query.needs), "a b:c");
        assert_eq!(query.needs.environment, Environment::Test);
        assert!(query.denies_with_403);
        let plain = GateQuery::read("orders", "").unwrap_or_else(|_| panic!("it is valid"));
        assert_eq!(plain.needs.environment, Environment::Production);
        assert!(!plain.denies_with_403);
    }
}
