//! Signing in: authorization code with PKCE, state and nonce, kept in one single-use row that is bound to the browser
//! by a cookie.

use app::doors::Visit;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use engine::Outside;
use engine::people::Identity;
use oidc::Flow;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::House;
use super::layers::cookie;
use super::sessions::{ADDRESS, AGENT, PERSON, SIGNED_IN_AT};

/// Where the provider sends the browser back to.
pub const CALLBACK: &str = "/sign-in/callback";

/// Why a sign-in did not succeed; the sign-in page has a sentence for each.
#[derive(Clone, Copy, Debug)]
enum Problem {
    Cancelled,
    Expired,
    Refused,
    Unavailable,
}

/// What waits for the browser's return, sealed in the database under the state.
#[derive(Serialize, Deserialize)]
struct Waiting {
    nonce: String,
    pkce_verifier: String,
    browser: String,
    return_to: String,
}

#[derive(Deserialize)]
struct Start {
    #[serde(default)]
    return_to: String,
}

#[derive(Deserialize)]
struct Return {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

/// The two addresses of a sign-in.
pub fn router(house: House) -> Router {
    Router::new().route("/sign-in/start", get(start)).route(CALLBACK, get(finish)).with_state(house)
}

async fn start(State(house): State<House>, Query(query): Query<Start>) -> Response {
    match begin(&house, &query.return_to).await {
        Ok((url, cookie)) => (AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to(&url)).into_response(),
        Err(problem) => failed(problem),
    }
}

async fn finish(
    State(house): State<House>,
    Extension(visit): Extension<Visit>,
    Query(back): Query<Return>,
    headers: HeaderMap,
) -> Response {
    match come_back(&house, &visit, back, &headers).await {
        Ok(return_to) => {
            (AppendHeaders([(SET_COOKIE, flow_cookie(&house, "", 0))]), Redirect::to(&return_to)).into_response()
        }
        Err(problem) => failed(problem),
    }
}

async fn begin(house: &House, return_to: &str) -> Result<(String, String), Problem> {
    let outside = house.engine.outside();
    let flow = Flow { state: token(outside), nonce: token(outside), pkce_verifier: token(outside), fresh_since: None };
    let browser = token(outside);
    let url = house.oidc.authorization_url(&flow).await.map_err(|failure| told(&failure))?;
    let waiting = Waiting {
        nonce: flow.nonce.clone(),
        pkce_verifier: flow.pkce_verifier.clone(),
        browser: digest(&browser),
        return_to: safe_return(return_to).to_owned(),
    };
    let value = serde_json::to_vec(&waiting).map_err(|_| Problem::Unavailable)?;
    house.engine.begin_flow(flow.state.as_bytes(), &value).await.map_err(unavailable)?;
    Ok((url.to_string(), flow_cookie(house, &browser, engine::sessions::FLOW_SECONDS)))
}

async fn come_back(house: &House, visit: &Visit, back: Return, headers: &HeaderMap) -> Result<String, Problem> {
    let state = back.state.ok_or(Problem::Expired)?;
    let value = house.engine.take_flow(state.as_bytes()).await.map_err(unavailable)?.ok_or(Problem::Expired)?;
    let waiting: Waiting = serde_json::from_slice(&value).map_err(|_| Problem::Expired)?;
    // Another browser's return would sign its person in here.
    let browser = cookie(headers, flow_cookie_name(house)).ok_or(Problem::Expired)?;
    if digest(browser) != waiting.browser {
        return Err(Problem::Expired);
    }
    if let Some(error) = back.error {
        tracing::info!(error = error.escape_debug().to_string(), "the provider did not sign the person in");
        return Err(Problem::Cancelled);
    }
    let code = back.code.ok_or(Problem::Refused)?;
    let flow = Flow { state, nonce: waiting.nonce, pkce_verifier: waiting.pkce_verifier, fresh_since: None };
    let identity = house.oidc.finish(&code, back.iss.as_deref(), &flow).await.map_err(|failure| told(&failure))?;
    let identity =
        Identity { issuer: identity.issuer, subject: identity.subject, email: identity.email, name: identity.name };
    let person = house.engine.sign_in(&identity, &visit.origin).await.map_err(unavailable)?;
    renew(visit, person.0, house.engine.outside().now().0).await.map_err(|error| {
        tracing::error!(%error, "the session cannot be kept");
        Problem::Unavailable
    })?;
    Ok(waiting.return_to)
}

/// A new id at sign-in, and nothing of the old session in it.
async fn renew(visit: &Visit, person: i64, now: i64) -> Result<(), tower_sessions::session::Error> {
    visit.session.flush().await?;
    visit.session.insert(PERSON, person).await?;
    visit.session.insert(SIGNED_IN_AT, now).await?;
    visit.session.insert(ADDRESS, &visit.origin.address).await?;
    visit.session.insert(AGENT, &visit.origin.agent).await?;
    visit.session.save().await
}

fn failed(problem: Problem) -> Response {
    let word = match problem {
        Problem::Cancelled => "cancelled",
        Problem::Expired => "expired",
        Problem::Refused => "refused",
        Problem::Unavailable => "unavailable",
    };
    Redirect::to(&format!("/sign-in?problem={word}")).into_response()
}

fn told(failure: &oidc::Failure) -> Problem {
    tracing::warn!(reason = %failure, "a sign-in was refused");
    if failure.is_outage() { Problem::Unavailable } else { Problem::Refused }
}

fn unavailable(error: engine::Error) -> Problem {
    tracing::error!(%error, "a sign-in could not be kept");
    Problem::Unavailable
}

/// Where to go after signing in: a path of ours, of plain characters, or the start page.
fn safe_return(path: &str) -> &str {
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_-?=&.".contains(&b));
    let ours = ["/o/", "/settings/", "/welcome", "/account", "/join/", "/organizations/"]
        .iter()
        .any(|start| path.starts_with(start));
    if plain && ours && !path.contains("//") && path.len() <= 300 { path } else { "/" }
}

fn flow_cookie_name(house: &House) -> &'static str {
    if house.is_https() { "__Host-rt_flow" } else { "rt_flow" }
}

fn flow_cookie(house: &House, value: &str, max_age: i64) -> String {
    let secure = if house.is_https() { "; Secure" } else { "" };
    format!("{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure}", flow_cookie_name(house))
}

/// 43 characters of 62: 256 bits, fit for a PKCE verifier (RFC 7636, 4.1).
fn token(outside: &Outside) -> String {
    String::from_utf8_lossy(&outside.base62::<43>()).into_owned()
}

fn digest(value: &str) -> String {
    hex::encode(Sha256::digest(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_return_leads_away() {
        assert_eq!(safe_return("/o/org_a/settings/api-keys?before=3"), "/o/org_a/settings/api-keys?before=3");
        assert_eq!(safe_return("/join/Zk3y09"), "/join/Zk3y09");
        let hostile = [
            "//evil.test",
            "/\\evil.test",
            "https://evil.test",
            "javascript:alert(1)",
            "/o/a//b",
            "/o/\r\nSet-Cookie:x",
            "",
            "/o/%2f%2fevil.test",
            "/api/v1/keys",
            "/dev/idp",
            "/o/a@evil.test",
            "/o/\u{2044}evil",
            " /o/a",
            "/sign-in/start",
        ];
        for path in hostile {
            assert_eq!(safe_return(path), "/", "{path}");
        }
    }
}
