//! Signing in: authorization code with PKCE, state and nonce, kept in one single-use row that is bound to the browser
//! by a cookie.

mod flows;
mod problem;

use app::request::PageContext;
use app::routes::{Location, Screen, encoded};
use axum::extract::{Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use domain::Moment;
use engine::Runtime;
use engine::attempts::{Attempt, Client, Kind};
use engine::people::Identity;
use leptos::nonce::Nonce;
use oidc::Flow;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::problem::{Problem, to_problem, unavailable};
use super::AppState;
use super::context::turned_away;
use super::sessions::{ADDRESS, AGENT, PERSON, SIGNED_IN_AT, token as session_token};
use super::ui::RESUME;

/// Where the provider sends the browser back to.
pub const CALLBACK: &str = "/sign-in/callback";
/// When a person signed in whose provider does not say it.
const LONG_AGO: Moment = Moment(0);
/// No place of ours has a longer address.
const LONGEST_RETURN: usize = 2000;

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
pub fn router(app: AppState) -> Router {
    Router::new().route("/sign-in/start", get(start)).route(CALLBACK, get(finish)).with_state(app)
}

async fn start(
    State(app): State<AppState>,
    Extension(context): Extension<PageContext>,
    nonce: Option<Extension<Nonce>>,
    Query(query): Query<Start>,
    headers: HeaderMap,
) -> Response {
    // Each start keeps a row until it is finished or has run out, so each counts until somebody has signed in.
    let attempt = match app.engine.attempts().begin(Kind::SignIn, client(&context), &[]).await {
        Ok(attempt) => attempt,
        Err(error) => return turned_away(context, nonce.map(|Extension(nonce)| nonce), &error),
    };
    let draft = Some(query.draft).filter(|draft| query.fresh == "1" && is_token(draft));
    let begun = Begun { return_to: safe_return(&query.return_to), draft };
    let again = context
        .caller
        .as_ref()
        .filter(|_| query.fresh == "1")
        .map(|caller| Again { person: caller.person.0, since: app.engine.runtime().now().0.div_euclid(1000) });
    match begin(&app, &begun, again, query.other == "1").await {
        Ok((url, cookie)) => {
            attempt.failed();
            let cookies = cookie.into_iter().chain(flows::make_room(&app, &headers));
            let cookies: Vec<_> = cookies.map(|line| (SET_COOKIE, line)).collect();
            (AppendHeaders(cookies), Redirect::to(&url)).into_response()
        }
        Err(problem) => {
            attempt.undecided();
            failed(&context, problem, &begun)
        }
    }
}

/// Who the sign-ins are counted against: whoever is signed in already has nothing to guess.
fn client(context: &PageContext) -> Client {
    context.caller.as_ref().map_or_else(|| Client::of(&context.origin), |caller| Client::Person(caller.person))
}

async fn finish(
    State(app): State<AppState>,
    Extension(context): Extension<PageContext>,
    nonce: Option<Extension<Nonce>>,
    Query(back): Query<Return>,
    headers: HeaderMap,
) -> Response {
    let kept = back.state.as_deref().and_then(|state| flows::find(&app, &headers, state));
    let return_to = kept.as_ref().map_or_else(|| "/".into(), flows::Flow::return_to);
    let mut begun = Begun { return_to, draft: None };
    let attempts = app.engine.attempts();
    let state = back.state.as_deref().unwrap_or_default();
    let attempt = match attempts.begin(Kind::SignIn, client(&context), state.as_bytes()).await {
        Ok(attempt) => attempt,
        Err(error) => return turned_away(context, nonce.map(|Extension(nonce)| nonce), &error),
    };
    match come_back(&app, &context, (back, attempt), kept.as_ref(), &mut begun).await {
        Ok(()) => Redirect::to(&begun.onward()).into_response(),
        // The back button, or a second answer of the provider: this sign-in has been finished before, by this browser.
        Err(Problem::Expired) if kept.is_some() && context.caller.is_some() => {
            Redirect::to(&begun.return_to).into_response()
        }
        Err(problem) => failed(&context, problem, &begun),
    }
}

/// Where to send the browser, and the cookie that it keeps.
type Sent = (String, Option<HeaderValue>);

/// `other` asks the provider not to take for granted who it is.
async fn begin(app: &AppState, begun: &Begun, again: Option<Again>, other: bool) -> Result<Sent, Problem> {
    let runtime = app.engine.runtime();
    let fresh_since = again.map(|again| again.since);
    let flow = Flow { state: token(runtime), nonce: token(runtime), pkce_verifier: token(runtime), fresh_since };
    let kept = flows::Flow::new(runtime.now().0.div_euclid(1000), token(runtime), &begun.return_to);
    let mut url = app.oidc.authorization_url(&flow).await.map_err(|failure| to_problem(&failure))?;
    if other && again.is_none() {
        url.query_pairs_mut().append_pair("prompt", "select_account");
    }
    let waiting = Waiting {
        nonce: flow.nonce.clone(),
        pkce_verifier: flow.pkce_verifier.clone(),
        browser: digest(&kept.token),
        return_to: begun.return_to.clone(),
        again,
        draft: begun.draft.clone(),
    };
    let value = serde_json::to_vec(&waiting).map_err(|_| Problem::Unavailable)?;
    app.engine.begin_flow(flow.state.as_bytes(), &value).await.map_err(unavailable)?;
    app.engine.attempts().remember(Kind::SignIn, flow.state.as_bytes());
    Ok((url.to_string(), kept.keep(app, &flow.state)))
}

/// Takes the sign-in up where it was left; `begun` is filled in once that is known.
async fn come_back(
    app: &AppState,
    context: &PageContext,
    (back, attempt): (Return, Attempt),
    kept: Option<&flows::Flow>,
    begun: &mut Begun,
) -> Result<(), Problem> {
    let state = back.state.ok_or(Problem::Expired)?;
    let value = match app.engine.take_flow(state.as_bytes()).await {
        Ok(found) => found,
        Err(error) => {
            attempt.undecided();
            return Err(unavailable(error));
        }
    };
    let Some(value) = value else {
        attempt.failed();
        return Err(Problem::Expired);
    };
    attempt.spent();
    let waiting: Waiting = serde_json::from_slice(&value).map_err(|_| Problem::Expired)?;
    // Another browser's return would sign its person in here.
    let kept = kept.ok_or(Problem::Expired)?;
    if digest(&kept.token) != waiting.browser {
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
    let identity = app.oidc.finish(&code, back.iss.as_deref(), &flow).await.map_err(|failure| to_problem(&failure))?;
    // A provider that knows the person already asks them nothing: then they signed in when it says, not just now. One
    // that does not say has signed them in at no time that counts as fresh.
    let now = app.engine.runtime().now();
    let signed_in_at = identity.signed_in_at.map_or(LONG_AGO, |at| now.min(Moment(at.saturating_mul(1000))));
    let identity =
        Identity { issuer: identity.issuer, subject: identity.subject, email: identity.email, name: identity.name };
    if let Some(again) = waiting.again {
        same_person(app, &identity, again).await?;
    }
    let person = app.engine.sign_in(&identity, &context.origin).await.map_err(unavailable)?;
    let started_by = client(context);
    renew(context, person.0, signed_in_at).await.map_err(|error| {
        tracing::error!(%error, "the session cannot be kept");
        Problem::Unavailable
    })?;
    app.engine.attempts().refund(Kind::SignIn, started_by);
    if let Some(id) = context.session.id() {
        app.engine.attempts().remember(Kind::Session, &session_token(id));
    }
    Ok(())
}

/// Whoever signs in again is who they were: what waits for them was begun in their name.
async fn same_person(app: &AppState, identity: &Identity, again: Again) -> Result<(), Problem> {
    match app.engine.identify_person(identity, None).await {
        Ok(caller) if caller.person.0 == again.person => Ok(()),
        Ok(_) | Err(engine::Error::Unauthenticated(_)) => {
            tracing::warn!(person = again.person, "a fresh sign-in ended with someone else");
            Err(Problem::SomeoneElse)
        }
        Err(error) => Err(unavailable(error)),
    }
}

/// A new id at sign-in, and nothing of the old session in it: whoever planted or kept the old cookie has nothing of it.
async fn renew(context: &PageContext, person: i64, signed_in_at: Moment) -> Result<(), tower_sessions::session::Error> {
    context.session.clear().await;
    context.session.cycle_id().await?;
    context.session.insert(PERSON, person).await?;
    context.session.insert(SIGNED_IN_AT, signed_in_at.0).await?;
    context.session.insert(ADDRESS, &context.origin.address).await?;
    context.session.insert(AGENT, &context.origin.agent).await?;
    context.session.save().await
}

/// Back to the sign-in page, which says what went wrong and under which request it is found in the log.
fn failed(context: &PageContext, problem: Problem, begun: &Begun) -> Response {
    let (word, request) = (problem.as_str(), &context.origin.request_id);
    tracing::info!(request_id = request, problem = word, "nobody was signed in");
    let back = match begun.return_to.as_str() {
        "" | "/" => String::new(),
        path => format!("&return_to={}", encoded(path)),
    };
    // The form that waits is still there for another try.
    let draft = begun.draft.as_ref().map(|draft| format!("&draft={draft}")).unwrap_or_default();
    Redirect::to(&format!("/sign-in?problem={word}&request={request}{back}{draft}")).into_response()
}

/// Where to go after signing in: a place of ours, written anew from what was read, or the start page.
fn safe_return(path: &str) -> String {
    let place = Location::parse(path).filter(|place| place.screen != Screen::SignIn && path.len() <= LONGEST_RETURN);
    place.map_or_else(|| Screen::Home.path(), |place| place.path())
}

/// Whether a text may be the token of a kept form.
fn is_token(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// 43 characters of 62: 256 bits, fit for a PKCE verifier (RFC 7636, 4.1).
fn token(runtime: &Runtime) -> String {
    String::from_utf8_lossy(&runtime.base62::<43>()).into_owned()
}

fn digest(value: &str) -> String {
    hex::encode(Sha256::digest(value))
}
