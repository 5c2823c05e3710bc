//! `/gate/{api}`: a reverse proxy asks whether it may pass on a request to an API that the
//! organization protects (D35).
//!
//! The proxy sends the headers of the client's request. The answer is in the status: 2xx lets the
//! request pass, everything else refuses it. What the request needs is in the URL, which the
//! operator of the proxy writes. A parameter that is not known refuses every request: a misspelled
//! `scope` must not let them pass.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use domain::Code;
use domain::command::RequiredScopes;
use domain::view::VerdictCode;
use engine::Error;
use engine::attempts::Kind;
use engine::ctx::Origin;
use engine::keys::{GateNeeds, GatePass, GateVerdict, PresentedAtGate};
use fast_path::credential::{AtGate, at_gate};
use fast_path::gate::{GateFault, GateQuery, add_headers};

use super::AppState;
use super::api::authentication::count_failure;
use super::problem::{ApiError, ApiResult};

const STATUS: HeaderName = HeaderName::from_static("x-roundtable-status");
const CODE: HeaderName = HeaderName::from_static("x-roundtable-code");

/// The routes. A request below `/gate` that is for none of them is refused too.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/gate/{*rest}", any(check))
        .route("/gate", any(unknown))
        .route("/gate/", any(unknown))
        .with_state(state)
}

/// Refuses a request for no gate.
pub async fn unknown() -> ApiError {
    ApiError::new(Code::NotFound, "no such URL")
}

async fn check(
    State(state): State<AppState>,
    uri: Uri,
    headers: HeaderMap,
    origin: axum::Extension<Origin>,
) -> Response {
    let has_token = state
        .gate_token
        .as_ref()
        .is_none_or(|token| token.is_in(&headers));
    if !has_token {
        return refusal(ApiError::without_gate_token(), false);
    }
    let query = match GateQuery::read(uri.path(), uri.query()) {
        Ok(query) => query,
        Err(fault) => return refusal(unusable(fault), false),
    };
    match pass(&state, &query.needs, &headers, &origin).await {
        Ok(pass) => passed(&query, &pass),
        Err(error) => refusal(error, query.denies_with_403),
    }
}

/// Why the URL of the gate refuses every request.
fn unusable(fault: GateFault) -> ApiError {
    match fault {
        GateFault::Slug => ApiError::new(Code::NotFound, "no such gate"),
        GateFault::Query(sentence) => ApiError::with_details(Code::BadRequest, sentence),
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
        AtGate::Malformed => return Err(count_failure(state, origin, "not a key")),
    };
    let verdict = verdict(state, needs, &presented, origin).await?;
    verdict.map_err(|code| match code {
        VerdictCode::MissingScope => ApiError::missing_scopes(scopes(needs)),
        VerdictCode::IpNotAllowed => {
            ApiError::new(Code::IpNotAllowed, "the IP address is not allowed")
        }
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
    let checked = async {
        match engine
            .check_at_gate(needs, presented, origin)
            .await?
        {
            Err(VerdictCode::NotFound) => Err(Error::Unauthenticated("no such key")),
            verdict => Ok(verdict),
        }
    };
    let attempt = engine.attempt(
        Kind::Key,
        origin,
        presented.key.expose().as_bytes(),
        checked,
    );
    Ok(attempt.await?)
}

fn scopes(needs: &GateNeeds) -> String {
    match &needs.required {
        RequiredScopes::Api { scopes, .. } => scopes.line(),
        RequiredScopes::Roundtable(_) => String::new(),
    }
}

fn passed(query: &GateQuery, pass: &GatePass) -> Response {
    let mut response = StatusCode::OK.into_response();
    add_headers(response.headers_mut(), query, pass);
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
