//! Adds a [`PageContext`] to every request for a page: who sent it, from where, and what it may
//! call.

use app::request::PageContext;
use app::theme::Theme;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::{Code, Moment, PersonId};
use engine::attempts::{Client, Kind};
use engine::ctx::Origin;
use engine::{Caller, Engine};
use leptos::nonce::Nonce;
use tower_sessions::Session;
use tower_sessions::session::Id;

use super::AppState;
use super::layers::cookie;
use super::problem::ApiError;
use super::sessions::{PERSON, SIGNED_IN_AT, token};
use super::ui::wants_page;

/// The header with which browsers mark a prefetched page.
const PURPOSE: &str = "sec-purpose";

/// Reads the session, and adds a [`PageContext`] to the extensions of the request.
pub async fn receive(
    State(state): State<AppState>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let attempt = match session.id() {
        None => None,
        Some(id) => {
            let client = Client::of(
                &request
                    .extensions()
                    .get::<Origin>()
                    .cloned()
                    .unwrap_or_default(),
            );
            match state
                .engine
                .attempts()
                .begin(Kind::Session, client, &token(id))
                .await
            {
                Ok(attempt) => Some(attempt),
                Err(error) => return too_many(&state, session, &request, error),
            }
        }
    };
    let read = session.get::<i64>(PERSON).await;
    if let Some(attempt) = attempt {
        match (&read, session.id()) {
            (Err(_), _) => attempt.undecided(),
            (Ok(_), None) => attempt.failed(),
            (Ok(_), Some(_)) => attempt.passed(),
        }
    }
    let person = match read {
        Ok(person) => person.map(PersonId),
        Err(error) if !wants_page(request.headers()) => {
            return ApiError::new(Code::Unavailable, error.to_string()).into_response();
        }
        Err(error) => {
            let context = context(&state, session, &request, None);
            let trace_id = context.origin.trace_field();
            tracing::error!(request_id = context.origin.request_id, trace_id, %error, "the session could not be read");
            return unavailable(context, &request);
        }
    };
    let signed_in_at = session
        .get::<i64>(SIGNED_IN_AT)
        .await
        .ok()
        .flatten()
        .unwrap_or_default();
    let caller = person
        .zip(session.id())
        .map(|(person, id)| caller_of(&state.engine, id, person, Moment(signed_in_at)));
    let context = context(&state, session, &request, caller);
    request.extensions_mut().insert(context);
    next.run(request).await
}

/// The person of a session.
pub fn caller_of(engine: &Engine, id: Id, person: PersonId, signed_in_at: Moment) -> Caller {
    Caller::in_browser(
        person,
        engine.session_digest(&token(id)),
        signed_in_at,
    )
}

fn context(
    state: &AppState,
    session: Session,
    request: &Request,
    caller: Option<Caller>,
) -> PageContext {
    PageContext {
        engine: state.engine.clone(),
        caller,
        origin: request
            .extensions()
            .get::<Origin>()
            .cloned()
            .unwrap_or_default(),
        session,
        theme: theme(request.headers()),
        ahead: request
            .headers()
            .get(PURPOSE)
            .is_some_and(|purpose| purpose.as_bytes().starts_with(b"prefetch")),
        site_config: state.site_config.clone(),
    }
}

/// The response after too many invalid session cookies from one address. The session is not looked
/// up.
fn too_many(
    state: &AppState,
    session: Session,
    request: &Request,
    error: engine::Error,
) -> Response {
    if !wants_page(request.headers()) {
        return ApiError::from(error).into_response();
    }
    let context = context(state, session, request, None);
    turned_away(
        context,
        request.extensions().get::<Nonce>().cloned(),
        &error,
        "",
    )
}

/// The error page of a request that was refused before it was processed. `here` is the page to try
/// again, if any.
pub fn turned_away(
    context: PageContext,
    nonce: Option<Nonce>,
    error: &engine::Error,
    here: &str,
) -> Response {
    let problem = context.to_problem(error);
    app::pages::refused(context, nonce, &problem, here).into_response()
}

/// The error page for an unavailable database, with a link to the requested page.
fn unavailable(context: PageContext, request: &Request) -> Response {
    let here = request
        .uri()
        .path_and_query()
        .map_or("", |path| path.as_str());
    let problem = context.problem(Code::Unavailable);
    app::pages::refused(
        context,
        request.extensions().get::<Nonce>().cloned(),
        &problem,
        here,
    )
    .into_response()
}

/// The theme in the cookie of the browser.
pub fn theme(headers: &HeaderMap) -> Theme {
    cookie(headers, "theme").map_or(Theme::System, Theme::named)
}
