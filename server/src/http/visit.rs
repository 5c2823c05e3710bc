//! Every request for a page comes with a visit: who it is, from where, and what it may call.

use app::doors::{Theme, Visit};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::{Code, Moment, PersonId};
use engine::Caller;
use engine::attempts::{Client, Kind};
use engine::ctx::Origin;
use leptos::nonce::Nonce;
use tower_sessions::Session;

use super::House;
use super::layers::cookie;
use super::problem::Refusal;
use super::sessions::{PERSON, SIGNED_IN_AT, token};
use super::ui::wants_page;

/// What browsers say of a page that they fetch ahead.
const PURPOSE: &str = "sec-purpose";

/// Reads the session and puts a [`Visit`] beside the request.
pub async fn receive(State(house): State<House>, session: Session, mut request: Request, next: Next) -> Response {
    let attempt = match session.id() {
        None => None,
        Some(id) => {
            let client = Client::of(&request.extensions().get::<Origin>().cloned().unwrap_or_default());
            match house.engine.attempts().begin(Kind::Session, client, &token(id)).await {
                Ok(attempt) => Some(attempt),
                Err(error) => return too_many(&house, session, &request, error),
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
            return Refusal::new(Code::Unavailable, error.to_string()).into_response();
        }
        Err(error) => {
            let visit = visit(&house, session, &request, None);
            tracing::error!(request_id = visit.origin.request_id, %error, "the session was not read");
            return unavailable(visit, &request);
        }
    };
    let signed_in_at = session.get::<i64>(SIGNED_IN_AT).await.ok().flatten().unwrap_or_default();
    let caller = person
        .zip(session.id())
        .map(|(person, id)| Caller::in_browser(person, house.engine.session_digest(&token(id)), Moment(signed_in_at)));
    let visit = visit(&house, session, &request, caller);
    request.extensions_mut().insert(visit);
    next.run(request).await
}

fn visit(house: &House, session: Session, request: &Request, caller: Option<Caller>) -> Visit {
    Visit {
        engine: house.engine.clone(),
        caller,
        origin: request.extensions().get::<Origin>().cloned().unwrap_or_default(),
        session,
        theme: theme(request.headers()),
        ahead: request.headers().get(PURPOSE).is_some_and(|purpose| purpose.as_bytes().starts_with(b"prefetch")),
        installation: house.installation.clone(),
    }
}

/// Too many sessions of the same address were none: this one is not looked up.
fn too_many(house: &House, session: Session, request: &Request, error: engine::Error) -> Response {
    if !wants_page(request.headers()) {
        return Refusal::from(error).into_response();
    }
    let visit = visit(house, session, request, None);
    turned_away(visit, request.extensions().get::<Nonce>().cloned(), &error)
}

/// The page of a request that was not heard.
pub fn turned_away(visit: Visit, nonce: Option<Nonce>, error: &engine::Error) -> Response {
    let problem = visit.tell(error);
    app::pages::refused(visit, nonce, &problem, "").into_response()
}

/// The page that says so, and leads back to the one that was asked for.
fn unavailable(visit: Visit, request: &Request) -> Response {
    let here = request.uri().path_and_query().map_or("", |path| path.as_str());
    let problem = visit.problem(Code::Unavailable);
    app::pages::refused(visit, request.extensions().get::<Nonce>().cloned(), &problem, here).into_response()
}

/// How the browser wants its pages.
pub fn theme(headers: &HeaderMap) -> Theme {
    cookie(headers, "theme").map_or(Theme::System, Theme::named)
}
