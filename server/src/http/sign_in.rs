//! Signing in: authorization code with PKCE, state and nonce, kept in one single-use row that is bound to the browser
//! by a cookie.

use app::doors::Visit;
use app::routes::{Place, Screen, encoded};
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use domain::Moment;
use engine::Outside;
use engine::people::Identity;
use oidc::Flow;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::House;
use super::layers::cookie;
use super::sessions::{ADDRESS, AGENT, PERSON, SIGNED_IN_AT};
use super::ui::RESUME;

/// Where the provider sends the browser back to.
pub const CALLBACK: &str = "/sign-in/callback";
/// No place of ours has a longer address.
const LONGEST_RETURN: usize = 2000;

/// Why a sign-in did not succeed; the sign-in page has a sentence for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    /// The person turned back at the provider.
    Cancelled,
    /// It took too long, or came back in another browser.
    Expired,
    /// The account is none of those that are let in.
    NotAllowed,
    /// The provider vouches for no e-mail of the account.
    Unverified,
    /// A fresh sign-in was asked for, and the provider gave an old one.
    NotFresh,
    /// A fresh sign-in ended with someone else.
    SomeoneElse,
    /// What came back is no good; why stands in the log only.
    Refused,
    /// The provider, or we ourselves, cannot be reached.
    Unavailable,
}

impl Problem {
    /// The word in the address of the sign-in page.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::NotAllowed => "not_allowed",
            Self::Unverified => "unverified",
            Self::NotFresh => "not_fresh",
            Self::SomeoneElse => "someone_else",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
        }
    }

    /// What an error code of the provider means (RFC 6749, 4.1.2.1).
    fn said(error: &str) -> Self {
        match error {
            "access_denied" => Self::Cancelled,
            "server_error" | "temporarily_unavailable" => Self::Unavailable,
            _ => Self::Refused,
        }
    }
}

/// What waits for the browser's return, sealed in the database under the state.
#[derive(Serialize, Deserialize)]
struct Waiting {
    nonce: String,
    pkce_verifier: String,
    browser: String,
    return_to: String,
    #[serde(default)]
    again: Option<Again>,
    /// The token of a form that is finished afterwards.
    #[serde(default)]
    draft: Option<String>,
}

/// Where a sign-in was begun, and what waits for its end.
#[derive(Clone, Default)]
struct Begun {
    return_to: String,
    draft: Option<String>,
}

impl Begun {
    /// Where to go once the person has signed in.
    fn onward(&self) -> String {
        match &self.draft {
            Some(draft) => format!("{RESUME}?draft={draft}&return_to={}", encoded(&self.return_to)),
            None => self.return_to.clone(),
        }
    }
}

/// A fresh sign-in: of whom, and since when (in seconds).
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Again {
    person: i64,
    since: i64,
}

#[derive(Deserialize)]
struct Start {
    #[serde(default)]
    return_to: String,
    /// `1` for signing in again although one is signed in.
    #[serde(default)]
    fresh: String,
    /// The token of a form that waits for a fresh sign-in.
    #[serde(default)]
    draft: String,
    /// `1` for signing in as someone else.
    #[serde(default)]
    other: String,
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

async fn start(State(house): State<House>, Extension(visit): Extension<Visit>, Query(query): Query<Start>) -> Response {
    let draft = Some(query.draft).filter(|draft| query.fresh == "1" && is_token(draft));
    let begun = Begun { return_to: safe_return(&query.return_to), draft };
    let again = visit
        .caller
        .as_ref()
        .filter(|_| query.fresh == "1")
        .map(|caller| Again { person: caller.person.0, since: house.engine.outside().now().0.div_euclid(1000) });
    match begin(&house, &begun, again, query.other == "1").await {
        Ok((url, cookie)) => (AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to(&url)).into_response(),
        Err(problem) => failed(&visit, problem, &begun),
    }
}

async fn finish(
    State(house): State<House>,
    Extension(visit): Extension<Visit>,
    Query(back): Query<Return>,
    headers: HeaderMap,
) -> Response {
    let mut begun = Begun { return_to: "/".into(), draft: None };
    match come_back(&house, &visit, back, &headers, &mut begun).await {
        Ok(()) => {
            (AppendHeaders([(SET_COOKIE, flow_cookie(&house, "", 0))]), Redirect::to(&begun.onward())).into_response()
        }
        Err(problem) => failed(&visit, problem, &begun),
    }
}

/// `other` asks the provider not to take for granted who it is.
async fn begin(house: &House, begun: &Begun, again: Option<Again>, other: bool) -> Result<(String, String), Problem> {
    let outside = house.engine.outside();
    let fresh_since = again.map(|again| again.since);
    let flow = Flow { state: token(outside), nonce: token(outside), pkce_verifier: token(outside), fresh_since };
    let browser = token(outside);
    let mut url = house.oidc.authorization_url(&flow).await.map_err(|failure| told(&failure))?;
    if other && again.is_none() {
        url.query_pairs_mut().append_pair("prompt", "select_account");
    }
    let waiting = Waiting {
        nonce: flow.nonce.clone(),
        pkce_verifier: flow.pkce_verifier.clone(),
        browser: digest(&browser),
        return_to: begun.return_to.clone(),
        again,
        draft: begun.draft.clone(),
    };
    let value = serde_json::to_vec(&waiting).map_err(|_| Problem::Unavailable)?;
    house.engine.begin_flow(flow.state.as_bytes(), &value).await.map_err(unavailable)?;
    Ok((url.to_string(), flow_cookie(house, &browser, engine::sessions::FLOW_SECONDS)))
}

/// Takes the sign-in up where it was left; `begun` is filled in once that is known.
async fn come_back(
    house: &House,
    visit: &Visit,
    back: Return,
    headers: &HeaderMap,
    begun: &mut Begun,
) -> Result<(), Problem> {
    let state = back.state.ok_or(Problem::Expired)?;
    let value = house.engine.take_flow(state.as_bytes()).await.map_err(unavailable)?.ok_or(Problem::Expired)?;
    let waiting: Waiting = serde_json::from_slice(&value).map_err(|_| Problem::Expired)?;
    // Another browser's return would sign its person in here.
    let browser = cookie(headers, flow_cookie_name(house)).ok_or(Problem::Expired)?;
    if digest(browser) != waiting.browser {
        return Err(Problem::Expired);
    }
    *begun = Begun { return_to: waiting.return_to, draft: waiting.draft };
    if let Some(error) = back.error {
        tracing::info!(error = error.escape_debug().to_string(), "the provider did not sign the person in");
        return Err(Problem::said(&error));
    }
    let code = back.code.ok_or(Problem::Refused)?;
    let fresh_since = waiting.again.map(|again| again.since);
    let flow = Flow { state, nonce: waiting.nonce, pkce_verifier: waiting.pkce_verifier, fresh_since };
    let identity = house.oidc.finish(&code, back.iss.as_deref(), &flow).await.map_err(|failure| told(&failure))?;
    // A provider that knows the person already asks them nothing: then they signed in when it says, not just now.
    let now = house.engine.outside().now();
    let signed_in_at = identity.signed_in_at.map_or(now, |at| now.min(Moment(at.saturating_mul(1000))));
    let identity =
        Identity { issuer: identity.issuer, subject: identity.subject, email: identity.email, name: identity.name };
    if let Some(again) = waiting.again {
        same_person(house, &identity, again).await?;
    }
    let person = house.engine.sign_in(&identity, &visit.origin).await.map_err(unavailable)?;
    renew(visit, person.0, signed_in_at).await.map_err(|error| {
        tracing::error!(%error, "the session cannot be kept");
        Problem::Unavailable
    })
}

/// Whoever signs in again is who they were: what waits for them was begun in their name.
async fn same_person(house: &House, identity: &Identity, again: Again) -> Result<(), Problem> {
    match house.engine.recognize(identity, None).await {
        Ok(caller) if caller.person.0 == again.person => Ok(()),
        Ok(_) | Err(engine::Error::Unauthenticated(_)) => {
            tracing::warn!(person = again.person, "a fresh sign-in ended with someone else");
            Err(Problem::SomeoneElse)
        }
        Err(error) => Err(unavailable(error)),
    }
}

/// A new id at sign-in, and nothing of the old session in it: whoever planted or kept the old cookie has nothing of it.
async fn renew(visit: &Visit, person: i64, signed_in_at: Moment) -> Result<(), tower_sessions::session::Error> {
    visit.session.clear().await;
    visit.session.cycle_id().await?;
    visit.session.insert(PERSON, person).await?;
    visit.session.insert(SIGNED_IN_AT, signed_in_at.0).await?;
    visit.session.insert(ADDRESS, &visit.origin.address).await?;
    visit.session.insert(AGENT, &visit.origin.agent).await?;
    visit.session.save().await
}

/// Back to the sign-in page, which says what went wrong and under which request it is found in the log.
fn failed(visit: &Visit, problem: Problem, begun: &Begun) -> Response {
    let (word, request) = (problem.as_str(), &visit.origin.request_id);
    tracing::info!(request_id = request, problem = word, "nobody was signed in");
    let back = match begun.return_to.as_str() {
        "" | "/" => String::new(),
        path => format!("&return_to={}", encoded(path)),
    };
    // The form that waits is still there for another try.
    let draft = begun.draft.as_ref().map(|draft| format!("&draft={draft}")).unwrap_or_default();
    Redirect::to(&format!("/sign-in?problem={word}&request={request}{back}{draft}")).into_response()
}

fn told(failure: &oidc::Failure) -> Problem {
    use oidc::Failure as F;
    tracing::warn!(reason = %failure, "a sign-in was refused");
    match failure {
        F::HostedDomain | F::EmailDomain => Problem::NotAllowed,
        F::UnverifiedEmail => Problem::Unverified,
        F::NotFresh => Problem::NotFresh,
        failure if failure.is_outage() => Problem::Unavailable,
        _ => Problem::Refused,
    }
}

fn unavailable(error: engine::Error) -> Problem {
    tracing::error!(%error, "a sign-in could not be kept");
    Problem::Unavailable
}

/// Where to go after signing in: a place of ours, written anew from what was read, or the start page.
fn safe_return(path: &str) -> String {
    let place = Place::parse(path).filter(|place| place.screen != Screen::SignIn && path.len() <= LONGEST_RETURN);
    place.map_or_else(|| Screen::Home.path(), |place| place.path())
}

/// Whether a text may be the token of a kept form.
fn is_token(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
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
