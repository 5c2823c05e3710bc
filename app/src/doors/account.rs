//! The doors of whoever sits at the browser.

use domain::Code;
use http::HeaderValue;
use http::header::SET_COOKIE;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use super::{Done, Refusal, Theme, Visit};
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
