//! Accepting an invitation with a sign-in: the person sees the invitation, signs in and is a member.
//!
//! Only a form of this site starts it, so that nobody becomes a member without having seen the page
//! of the invitation. The invitation is for a verified email address, so it does not matter which
//! account the provider chooses.

use app::pages::{continuing, refused};
use app::request::PageContext;
use app::routes::{Location, Screen};
use axum::extract::State;
use axum::http::header::REFRESH;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use domain::Code;
use engine::Caller;
use leptos::nonce::Nonce;
use serde::Deserialize;

use super::{Choice, Destination, set_out};
use crate::http::AppState;

/// The form of the page of an invitation.
#[derive(Deserialize)]
pub(super) struct JoinForm {
    /// The path of that page.
    #[serde(default)]
    page: String,
}

/// Starts the sign-in of a person who accepts an invitation. The response is a page that goes to
/// the provider by itself, because the content security policy allows forms to redirect only to
/// this site.
pub(super) async fn start(
    State(app): State<AppState>,
    Extension(context): Extension<PageContext>,
    nonce: Option<Extension<Nonce>>,
    headers: HeaderMap,
    Form(form): Form<JoinForm>,
) -> Response {
    let nonce = nonce.map(|Extension(nonce)| nonce);
    let invitation =
        Location::parse(&form.page).filter(|page| matches!(page.screen, Screen::Join(_)));
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
    let begun = set_out(
        &app,
        &context,
        nonce.clone(),
        &headers,
        destination,
        None,
        Choice::default(),
    );
    let (url, cookies) = match begun.await {
        Ok(begun) => begun,
        Err(response) => return *response,
    };
    let mut response = (cookies, continuing(context, nonce, &url)).into_response();
    if let Ok(refresh) = HeaderValue::from_str(&format!("0; url={url}")) {
        response.headers_mut().insert(REFRESH, refresh);
    }
    response
}

/// Accepts the invitation of a page for the person who just signed in. If that fails, the page says
/// why: for example, that the invitation is for another address.
pub(super) async fn finish(context: &PageContext, caller: &Caller, page: &str) -> Redirect {
    let invitation = Location::parse(page).map(|page| page.screen);
    if let Some(Screen::Join(token)) = invitation
        && let Ok(keys) = context.join(caller, &token).await
    {
        return Redirect::to(&keys.path());
    }
    Redirect::to(page)
}
