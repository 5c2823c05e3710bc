//! Accepting an invitation with a sign-in: the person sees the invitation, signs in and is a member.
//!
//! Only a form of this site starts it, so that nobody becomes a member without having seen the page
//! of the invitation. The invitation is for a verified email address, so it does not matter which
//! account the provider chooses.

use app::flash::Flash;
use app::form_error::status;
use app::pages::{joining, refused, worded};
use app::request::PageContext;
use app::routes::{Location, Screen};
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use domain::Code;
use engine::Caller;
use leptos::nonce::Nonce;
use serde::Deserialize;

use super::{Choice, Destination, start_flow};
use crate::http::AppState;

/// The form of the page of an invitation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JoinForm {
    /// The path of that page.
    page: String,
}

/// Starts the sign-in of a person who accepts an invitation. The response is a page that goes to
/// the provider.
pub(super) async fn start(
    State(app): State<AppState>,
    Extension(context): Extension<PageContext>,
    nonce: Option<Extension<Nonce>>,
    headers: HeaderMap,
    form: Result<Form<JoinForm>, FormRejection>,
) -> Response {
    let nonce = nonce.map(|Extension(nonce)| nonce);
    let invitation = form
        .ok()
        .and_then(|Form(form)| Location::parse(&form.page))
        .filter(|page| matches!(page.screen, Screen::Join(_)));
    let Some(invitation) = invitation else {
        let problem = context.problem(Code::BadRequest);
        return refused(context, nonce, &problem, "").into_response();
    };
    // Signed in in another tab: the page of the invitation knows now for whom it is.
    if context.caller.is_some() {
        return Redirect::to(&invitation.path()).into_response();
    }

    let destination = Destination {
        return_to: invitation.path(),
        joins: true,
        ..Destination::default()
    };
    let started = start_flow(
        &app,
        &context,
        nonce.clone(),
        &headers,
        destination,
        None,
        Choice::default(),
    );
    match started.await {
        Ok((url, cookies)) => (cookies, joining(context, nonce, &url)).into_response(),
        Err(response) => *response,
    }
}

/// The response to a GET. The browser shows this URL after a refused form, so people open it again.
pub(super) async fn open() -> Redirect {
    Redirect::to(&Screen::Home.path())
}

/// Accepts the invitation of a page for the person who just signed in. If they cannot join, the
/// page says why: for example, that the invitation is for another address. Only an error of the
/// server has to be told to it.
pub(super) async fn finish(context: &PageContext, caller: &Caller, page: &str) -> Redirect {
    let Some(Screen::Join(token)) = Location::parse(page).map(|page| page.screen) else {
        return Redirect::to(page);
    };
    match context.join(caller, &token).await {
        Ok(keys) => Redirect::to(&keys.path()),
        Err(error) => {
            let problem = worded(context.to_problem(&error));
            if status(problem.code).is_server_error() {
                context
                    .set_flash(Flash::NotJoined(problem.into()))
                    .await;
            }
            Redirect::to(page)
        }
    }
}
