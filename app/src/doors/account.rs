//! The doors of whoever sits at the browser.

use domain::{Code, Moment};
use http::HeaderValue;
use http::header::SET_COOKIE;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use serde::{Deserialize, Serialize};

use super::{Done, Flash, Made, Refusal, Theme, Visit, form_token as token_of};
use crate::routes::{Place, Screen};

const YEAR_SECONDS: u32 = 31_536_000;

/// Ends the browser's session.
///
/// # Errors
/// `Unavailable` when the session cannot be ended right now.
#[server(prefix = "/ui", endpoint = "sign_out")]
pub async fn sign_out() -> Result<Done, Refusal> {
    let visit = Visit::here()?;
    let ended = match &visit.caller {
        Some(caller) => visit.engine.sign_out(caller, &visit.origin).await,
        None => Ok(()),
    };
    match ended {
        // Whoever was signed out elsewhere meanwhile is signed out.
        Ok(()) | Err(engine::Error::Unauthenticated(_)) => {}
        Err(error) => return Err(visit.tell(&error).into()),
    }
    visit.session.flush().await.map_err(|error| {
        tracing::error!(request_id = visit.origin.request_id, %error, "a session cannot be ended");
        visit.problem(Code::Unavailable)
    })?;
    Ok(Done { to: Screen::SignIn.path() })
}

/// Ends one of the person's own sessions.
///
/// # Errors
/// `NotFound` for any other session.
#[server(prefix = "/ui", endpoint = "revoke_session")]
pub async fn revoke_session(session_id: String) -> Result<Done, Refusal> {
    let visit = Visit::here()?;
    let caller = visit.person()?;
    let id = session_id.parse().map_err(|_| visit.problem(Code::NotFound))?;
    visit.engine.end_session(caller, &id, &visit.origin).await.map_err(|error| visit.tell(&error))?;
    visit.leave(Flash::SessionEnded).await;
    Ok(Done { to: Screen::Account.path() })
}

/// Ends every session of the person but this one.
///
/// # Errors
/// `Unauthorized` when nobody is signed in.
#[server(prefix = "/ui", endpoint = "revoke_other_sessions")]
pub async fn revoke_other_sessions() -> Result<Done, Refusal> {
    let visit = Visit::here()?;
    let ended = visit.engine.end_other_sessions(visit.person()?, &visit.origin).await;
    let count = ended.map_err(|error| visit.tell(&error))?;
    visit.leave(Flash::OtherSessionsEnded { count }).await;
    Ok(Done { to: Screen::Account.path() })
}

/// A token for scripts. It is shown once, and kept nowhere.
#[derive(Clone, Serialize, Deserialize)]
pub struct ShownToken {
    /// The token.
    pub token: String,
    /// When it runs out.
    pub expires_at: Moment,
}

/// Makes a fresh token for the person's scripts (RA-14).
///
/// # Errors
/// `Unauthorized` when nobody is signed in.
#[server(prefix = "/ui", endpoint = "issue_token")]
pub async fn issue_token(#[server(default)] form_token: String) -> Result<Made<ShownToken>, Refusal> {
    let visit = Visit::here()?;
    let (parties, form) = (visit.installation.parties(), token_of(&form_token));
    let issued = match visit.engine.issue_token_once(visit.person()?, &parties, &visit.origin, form.as_ref()).await {
        Err(engine::Error::Repeated) => {
            visit.leave(Flash::TokenMadeBefore).await;
            return Ok(Made::Before(Done { to: Screen::Account.path() }));
        }
        issued => issued.map_err(|error| visit.tell(&error))?,
    };
    Ok(Made::New(ShownToken { token: issued.token.to_string(), expires_at: issued.expires_at }))
}

/// Keeps how pages should look, in a cookie, so that the first paint is right.
///
/// # Errors
/// `BadRequest` when `page` is none of ours.
#[server(prefix = "/ui", endpoint = "set_theme")]
pub async fn set_theme(theme: String, page: String) -> Result<Done, Refusal> {
    let visit = Visit::here()?;
    let place = Place::parse(&page).ok_or_else(|| visit.problem(Code::BadRequest))?;
    let secure = if visit.installation.public_url.starts_with("https:") { "; Secure" } else { "" };
    let theme = Theme::named(&theme).as_str();
    let cookie = format!("theme={theme}; Path=/; Max-Age={YEAR_SECONDS}; SameSite=Lax; HttpOnly{secure}");
    if let (Some(response), Ok(cookie)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&cookie)) {
        response.append_header(SET_COOKIE, cookie);
    }
    Ok(Done { to: place.path() })
}
