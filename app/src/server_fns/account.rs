//! The doors of whoever sits at the browser.

use domain::{Code, Moment};
use http::HeaderValue;
use http::header::SET_COOKIE;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use serde::{Deserialize, Serialize};

use super::{Done, Flash, FormError, Made, PageContext, Theme, form_token as token_of};
use crate::routes::{Location, Screen};

const YEAR_SECONDS: u32 = 31_536_000;

/// Ends the browser's session.
///
/// # Errors
/// `Unavailable` when the session cannot be ended right now.
#[server(prefix = "/ui", endpoint = "sign_out")]
pub async fn sign_out() -> Result<Done, FormError> {
    let context = PageContext::here()?;
    let ended = match &context.caller {
        Some(caller) => context.engine.sign_out(caller, &context.origin).await,
        None => Ok(()),
    };
    match ended {
        // Whoever was signed out elsewhere meanwhile is signed out.
        Ok(()) | Err(engine::Error::Unauthenticated(_)) => {}
        Err(error) => return Err(context.to_problem(&error).into()),
    }
    context.session.flush().await.map_err(|error| {
        tracing::error!(request_id = context.origin.request_id, %error, "a session cannot be ended");
        context.problem(Code::Unavailable)
    })?;
    Ok(Done { to: Screen::SignIn.path() })
}

/// Ends one of the person's own sessions.
///
/// # Errors
/// `NotFound` for any other session.
#[server(prefix = "/ui", endpoint = "revoke_session")]
pub async fn revoke_session(session_id: String) -> Result<Done, FormError> {
    let context = PageContext::here()?;
    let caller = context.person()?;
    let id = session_id.parse().map_err(|_| context.problem(Code::NotFound))?;
    context.engine.revoke_session(caller, &id, &context.origin).await.map_err(|error| context.to_problem(&error))?;
    context.leave(Flash::SessionEnded).await;
    Ok(Done { to: Screen::Account.path() })
}

/// Ends every session of the person but this one.
///
/// # Errors
/// `Unauthorized` when nobody is signed in.
#[server(prefix = "/ui", endpoint = "revoke_other_sessions")]
pub async fn revoke_other_sessions() -> Result<Done, FormError> {
    let context = PageContext::here()?;
    let ended = context.engine.revoke_other_sessions(context.person()?, &context.origin).await;
    let count = ended.map_err(|error| context.to_problem(&error))?;
    context.leave(Flash::OtherSessionsEnded { count }).await;
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
pub async fn issue_token(#[server(default)] form_token: String) -> Result<Made<ShownToken>, FormError> {
    let context = PageContext::here()?;
    let (parties, form) = (context.site_config.parties(), token_of(&form_token));
    let issued =
        match context.engine.issue_token_once(context.person()?, &parties, &context.origin, form.as_ref()).await {
            Err(engine::Error::Repeated) => {
                context.leave(Flash::TokenMadeBefore).await;
                return Ok(Made::Before(Done { to: Screen::Account.path() }));
            }
            issued => issued.map_err(|error| context.to_problem(&error))?,
        };
    Ok(Made::New(ShownToken { token: issued.token.to_string(), expires_at: issued.expires_at }))
}

/// Keeps how pages should look, in a cookie, so that the first paint is right.
///
/// # Errors
/// `BadRequest` when `page` is none of ours.
#[server(prefix = "/ui", endpoint = "set_theme")]
pub async fn set_theme(theme: String, page: String) -> Result<Done, FormError> {
    let context = PageContext::here()?;
    let place = Location::parse(&page).ok_or_else(|| context.problem(Code::BadRequest))?;
    let secure = if context.site_config.public_url.starts_with("https:") { "; Secure" } else { "" };
    let theme = Theme::named(&theme).as_str();
    let cookie = format!("theme={theme}; Path=/; Max-Age={YEAR_SECONDS}; SameSite=Lax; HttpOnly{secure}");
    if let (Some(response), Ok(cookie)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&cookie)) {
        response.append_header(SET_COOKIE, cookie);
    }
    Ok(Done { to: place.path() })
}
