//! Sign-in with the authorization code flow: PKCE, state and nonce are stored in a single-use row
//! that a cookie binds to the browser.

mod flows;
mod join;
mod problem;

use app::request::PageContext;
use app::routes::{JOIN, Location, Screen, encoded};
use axum::extract::{Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use domain::Moment;
use engine::attempts::{Attempt, Client, Kind};
use engine::ctx::Origin;
use engine::people::Identity;
use engine::{Caller, Runtime};
use leptos::nonce::Nonce;
use oidc::Flow;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tower_sessions::session::Id;
use tower_sessions::session_store;
use url::Url;

use self::problem::{SignInProblem, to_problem, unavailable};
use super::context::{caller_of, turned_away};
use super::layers::is_ours;
use super::sessions::{ADDRESS, AGENT, PERSON, SIGNED_IN_AT, token as session_token};
use super::ui::RESUME;
use super::{AppState, identity};

/// The redirect URI.
pub const CALLBACK: &str = "/sign-in/callback";
/// The sign-in time if the provider does not report one: too long ago for anything that needs a
/// fresh sign-in.
const LONG_AGO: Moment = Moment(0);
/// The longest URL to return to. No page has a longer one.
const MAX_RETURN_LENGTH: usize = 2000;

/// A sign-in in progress, stored encrypted in the database under its state.
#[derive(Serialize, Deserialize)]
struct Waiting {
    nonce: String,
    pkce_verifier: String,
    browser: String,
    #[serde(flatten)]
    destination: Destination,
    #[serde(default)]
    again: Option<Again>,
}

/// The page that a sign-in returns to, and what is done afterwards.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Destination {
    return_to: String,
    /// The token of a form that is submitted.
    #[serde(default)]
    draft: Option<String>,
    /// Whether the person accepts the invitation of the page.
    #[serde(default)]
    joins: bool,
}

impl Destination {
    /// The URL after a successful sign-in.
    fn url(&self) -> String {
        match &self.draft {
            Some(draft) => format!(
                "{RESUME}?draft={draft}&return_to={}",
                encoded(&self.return_to)
            ),
            None => self.return_to.clone(),
        }
    }
}

/// A fresh sign-in: the person who must sign in again, and the time of the request in seconds.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Again {
    person: i64,
    since: i64,
}

#[derive(Deserialize)]
struct Start {
    #[serde(default)]
    return_to: String,
    /// `1` to sign in again although the user is signed in.
    #[serde(default)]
    fresh: String,
    /// The token of a form that needs a fresh sign-in.
    #[serde(default)]
    draft: String,
    /// `1` to choose another account at the provider.
    #[serde(default)]
    other: String,
    /// The account that was chosen on the sign-in page of a development installation. No other site
    /// can choose one.
    #[serde(default)]
    account: String,
}

/// What the provider asks the person, or knows already.
#[derive(Default)]
struct Choice {
    /// Whether the provider lets the person choose an account.
    other: bool,
    /// The account that the person has chosen already.
    account: Option<String>,
}

impl Choice {
    /// Adds the parameters of OpenID Connect Core 1.0, 3.1.2.1 to the URL of the provider.
    fn ask(&self, url: &mut Url) {
        let mut query = url.query_pairs_mut();
        if self.other {
            query.append_pair("prompt", "select_account");
        }
        if let Some(account) = &self.account {
            query.append_pair("login_hint", account);
        }
    }
}

#[derive(Deserialize)]
struct Return {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

/// The URLs of a sign-in.
pub fn router(app: AppState) -> Router {
    Router::new()
        .route("/sign-in/start", get(start))
        .route(JOIN, post(join::start).get(join::open))
        .route(CALLBACK, get(finish))
        .with_state(app)
}

async fn start(
    State(app): State<AppState>,
    Extension(context): Extension<PageContext>,
    nonce: Option<Extension<Nonce>>,
    Query(query): Query<Start>,
    headers: HeaderMap,
) -> Response {
    let fresh = query.fresh == "1";
    let draft = if fresh && is_draft_token(&query.draft) {
        Some(query.draft)
    } else {
        None
    };
    let destination = Destination {
        return_to: safe_return(&query.return_to),
        draft,
        joins: false,
    };
    let again = context
        .caller
        .as_ref()
        .filter(|_| fresh)
        .map(|caller| Again {
            person: caller.person.0,
            since: app.engine.runtime().now().0.div_euclid(1000),
        });
    let choice = Choice {
        other: query.other == "1",
        account: Some(query.account)
            .filter(|account| app.site_config.has_account(account))
            .filter(|_| is_ours(&headers, &app.site_config.public_url)),
    };
    let nonce = nonce.map(|Extension(nonce)| nonce);
    match start_flow(
        &app,
        &context,
        nonce,
        &headers,
        destination,
        again,
        choice,
    )
    .await
    {
        Ok((url, cookies)) => (cookies, Redirect::to(&url)).into_response(),
        Err(response) => *response,
    }
}

/// The URL of the provider, and the cookies of a sign-in that starts now. The error is the response
/// to a browser whose sign-in cannot start.
async fn start_flow(
    app: &AppState,
    context: &PageContext,
    nonce: Option<Nonce>,
    headers: &HeaderMap,
    destination: Destination,
    again: Option<Again>,
    choice: Choice,
) -> Result<(String, Cookies), Box<Response>> {
    // Each start inserts a row that is deleted when the sign-in succeeds or expires. So it counts
    // as a failed attempt until a sign-in succeeds.
    let attempt = app
        .engine
        .attempts()
        .begin(Kind::SignIn, client(context), &[])
        .await
        .map_err(|error| turned_away(context.clone(), nonce, &error, &destination.return_to))?;

    match begin(app, &context.origin, &destination, again, choice).await {
        Ok((url, cookie)) => {
            attempt.failed();
            let cookies = cookie
                .into_iter()
                .chain(flows::make_room(app, headers));
            let cookies = cookies.map(|line| (SET_COOKIE, line)).collect();
            Ok((url, AppendHeaders(cookies)))
        }
        Err(problem) => {
            attempt.undecided();
            Err(failed(context, problem, &destination).into())
        }
    }
}

/// Whose attempts a sign-in counts against. A user who is signed in has nothing to guess and counts
/// on their own.
fn client(context: &PageContext) -> Client {
    context.caller.as_ref().map_or_else(
        || Client::of(&context.origin),
        |caller| Client::Person(caller.person),
    )
}

async fn finish(
    State(app): State<AppState>,
    Extension(context): Extension<PageContext>,
    nonce: Option<Extension<Nonce>>,
    Query(back): Query<Return>,
    headers: HeaderMap,
) -> Response {
    let nonce = nonce.map(|Extension(nonce)| nonce);
    let cookie = back
        .state
        .as_deref()
        .and_then(|state| flows::find(&app, &headers, state));
    let return_to = cookie
        .as_ref()
        .map_or_else(|| "/".into(), flows::Flow::return_to);
    let from_cookie = Destination {
        return_to,
        ..Destination::default()
    };

    let state = back.state.as_deref().unwrap_or_default();
    let attempt = match app
        .engine
        .attempts()
        .begin(Kind::SignIn, client(&context), state.as_bytes())
        .await
    {
        Ok(attempt) => attempt,
        Err(error) => return turned_away(context, nonce, &error, ""),
    };

    let waiting = match take_waiting(
        &app,
        &context.origin,
        back.state.as_deref(),
        attempt,
        cookie.as_ref(),
    )
    .await
    {
        Ok(waiting) => waiting,
        // The back button, or a second response of the provider: this browser has finished this
        // sign-in before.
        Err(SignInProblem::Expired) if cookie.is_some() && context.caller.is_some() => {
            return Redirect::to(&from_cookie.return_to).into_response();
        }
        Err(problem) => return failed(&context, problem, &from_cookie),
    };

    let destination = waiting.destination.clone();
    match complete(&app, &context, back, waiting).await {
        Ok(caller) if destination.joins => join::finish(&context, &caller, &destination.return_to)
            .await
            .into_response(),
        Ok(_) => Redirect::to(&destination.url()).into_response(),
        Err(problem) => failed(&context, problem, &destination),
    }
}

/// The cookies of a response.
type Cookies = AppendHeaders<Vec<(HeaderName, HeaderValue)>>;
/// The URL of the provider, and the cookie that binds the sign-in to the browser.
type Started = (String, Option<HeaderValue>);

/// Starts a sign-in.
async fn begin(
    app: &AppState,
    origin: &Origin,
    destination: &Destination,
    again: Option<Again>,
    choice: Choice,
) -> Result<Started, SignInProblem> {
    let runtime = app.engine.runtime();
    let fresh_since = again.map(|again| again.since);
    let flow = Flow {
        state: token(runtime),
        nonce: token(runtime),
        pkce_verifier: token(runtime),
        fresh_since,
    };
    let cookie = flows::Flow::new(
        runtime.now().0.div_euclid(1000),
        token(runtime),
        &destination.return_to,
    );

    let mut url = app
        .oidc
        .authorization_url(&flow)
        .await
        .map_err(|failure| to_problem(&failure, origin))?;
    if again.is_none() {
        choice.ask(&mut url);
    }

    let waiting = Waiting {
        nonce: flow.nonce.clone(),
        pkce_verifier: flow.pkce_verifier.clone(),
        browser: digest(&cookie.token),
        destination: destination.clone(),
        again,
    };
    let value = serde_json::to_vec(&waiting).map_err(|_| SignInProblem::Unavailable)?;
    app.engine
        .begin_flow(flow.state.as_bytes(), &value)
        .await
        .map_err(|error| unavailable(error, origin))?;
    app.engine
        .attempts()
        .remember(Kind::SignIn, flow.state.as_bytes());
    Ok((url.to_string(), cookie.keep(app, &flow.state)))
}

/// Takes the sign-in of a state out of the database, if the browser has the cookie of that sign-in.
async fn take_waiting(
    app: &AppState,
    origin: &Origin,
    state: Option<&str>,
    attempt: Attempt,
    cookie: Option<&flows::Flow>,
) -> Result<Waiting, SignInProblem> {
    let state = state.ok_or(SignInProblem::Expired)?;
    let value = match app.engine.take_flow(state.as_bytes()).await {
        Ok(Some(value)) => value,
        Ok(None) => {
            attempt.failed();
            return Err(SignInProblem::Expired);
        }
        Err(error) => {
            attempt.undecided();
            return Err(unavailable(error, origin));
        }
    };
    attempt.spent();
    let waiting: Waiting = serde_json::from_slice(&value).map_err(|_| SignInProblem::Expired)?;

    // Without this check, an attacker could sign a victim in with the attacker's account (login
    // CSRF).
    match cookie {
        Some(cookie) if digest(&cookie.token) == waiting.browser => Ok(waiting),
        _ => Err(SignInProblem::Expired),
    }
}

/// Exchanges the code, checks the identity, and starts a session. Returns the person who signed in.
async fn complete(
    app: &AppState,
    context: &PageContext,
    back: Return,
    waiting: Waiting,
) -> Result<Caller, SignInProblem> {
    if let Some(error) = back.error {
        let origin = &context.origin;
        tracing::info!(
            request_id = origin.request_id,
            trace_id = origin.trace_field(),
            error = error.escape_debug().to_string(),
            "the identity provider returned an error"
        );
        return Err(SignInProblem::from_error_code(&error));
    }
    let code = back.code.ok_or(SignInProblem::Refused)?;
    let state = back.state.ok_or(SignInProblem::Expired)?;
    let fresh_since = waiting.again.map(|again| again.since);
    let flow = Flow {
        state,
        nonce: waiting.nonce,
        pkce_verifier: waiting.pkce_verifier,
        fresh_since,
    };
    let verified = app
        .oidc
        .finish(&code, back.iss.as_deref(), &flow)
        .await
        .map_err(|failure| to_problem(&failure, &context.origin))?;

    // With single sign-on the provider may not have asked the user to sign in, so only its own time
    // counts. If it reports none, the sign-in is not fresh.
    let (identity, signed_in_at) = identity::from_provider(verified);
    let now = app.engine.runtime().now();
    let signed_in_at = signed_in_at.map_or(LONG_AGO, |at| now.min(at));
    if let Some(again) = waiting.again {
        check_same_person(app, context, &identity, again).await?;
    }

    let person = app
        .engine
        .sign_in(&identity, &context.origin)
        .await
        .map_err(|error| unavailable(error, &context.origin))?;
    let started_by = client(context);
    let id = start_session(context, person.0, signed_in_at)
        .await
        .map_err(|error| {
            let trace_id = context.origin.trace_field();
            tracing::error!(request_id = context.origin.request_id, trace_id, %error, "the session could not be stored");
            SignInProblem::Unavailable
        })?;

    app.engine
        .attempts()
        .refund(Kind::SignIn, started_by);
    app.engine
        .attempts()
        .remember(Kind::Session, &session_token(id));
    Ok(caller_of(&app.engine, id, person, signed_in_at))
}

/// Checks that the same person has signed in again, because the form to submit is theirs.
async fn check_same_person(
    app: &AppState,
    context: &PageContext,
    identity: &Identity,
    again: Again,
) -> Result<(), SignInProblem> {
    match app.engine.identify_person(identity, None).await {
        Ok(caller) if caller.person.0 == again.person => Ok(()),
        Ok(_) | Err(engine::Error::Unauthenticated(_)) => {
            tracing::warn!(
                request_id = context.origin.request_id,
                trace_id = context.origin.trace_field(),
                person = again.person,
                "another user signed in where a fresh sign-in was requested"
            );
            Err(SignInProblem::SomeoneElse)
        }
        Err(error) => Err(unavailable(error, &context.origin)),
    }
}

/// Replaces the session and its ID, so that a cookie from before the sign-in is useless (session
/// fixation). Returns the new ID.
async fn start_session(
    context: &PageContext,
    person: i64,
    signed_in_at: Moment,
) -> Result<Id, tower_sessions::session::Error> {
    context.session.clear().await;
    context.session.cycle_id().await?;
    context.session.insert(PERSON, person).await?;
    context
        .session
        .insert(SIGNED_IN_AT, signed_in_at.0)
        .await?;
    context
        .session
        .insert(ADDRESS, &context.origin.address)
        .await?;
    context
        .session
        .insert(AGENT, &context.origin.agent)
        .await?;
    context.session.save().await?;
    let no_id = || session_store::Error::Backend("a saved session has no ID".into());
    Ok(context.session.id().ok_or_else(no_id)?)
}

/// Redirects to the sign-in page, which shows the problem and the request ID.
fn failed(context: &PageContext, problem: SignInProblem, destination: &Destination) -> Response {
    let problem = problem.as_str();
    let request_id = &context.origin.request_id;
    let trace_id = context.origin.trace_field();
    tracing::info!(request_id, trace_id, problem, "sign-in failed");

    let return_to = match destination.return_to.as_str() {
        "" | "/" => String::new(),
        path => format!("&return_to={}", encoded(path)),
    };
    // The form is kept for another try.
    let draft = destination
        .draft
        .as_ref()
        .map(|draft| format!("&draft={draft}"))
        .unwrap_or_default();
    Redirect::to(&format!(
        "/sign-in?problem={problem}&request={request_id}{return_to}{draft}"
    ))
    .into_response()
}

/// The page to return to after the sign-in. The path is parsed and written again, so that it cannot
/// lead to another site.
fn safe_return(path: &str) -> String {
    let place = Location::parse(path)
        .filter(|place| place.screen != Screen::SignIn && path.len() <= MAX_RETURN_LENGTH);
    place.map_or_else(|| Screen::Home.path(), |place| place.path())
}

/// Whether a text has the form of a token of a kept form.
fn is_draft_token(text: &str) -> bool {
    text.len() == 43
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric())
}

/// 43 characters of 62: 256 bits, fit for a PKCE verifier (RFC 7636, 4.1).
fn token(runtime: &Runtime) -> String {
    runtime.base62_text::<43>()
}

fn digest(value: &str) -> String {
    hex::encode(Sha256::digest(value))
}
