//! Server functions for the person at the browser: sessions, access tokens and the theme.

use domain::Code;
use http::HeaderValue;
use http::header::SET_COOKIE;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use super::form_token as token_of;
use crate::flash::Flash;
use crate::form_error::FormError;
use crate::form_result::{FormResult, IssuedToken};
use crate::request::PageContext;
use crate::routes::{Location, Screen, docs_page};
use crate::theme::Theme;

const YEAR_SECONDS: u32 = 31_536_000;

/// Signs out the browser.
///
/// # Errors
/// `Unavailable` when the session cannot be revoked right now.
#[server(prefix = "/ui", endpoint = "sign_out")]
pub async fn sign_out() -> Result<FormResult, FormError> {
    let context = PageContext::here()?;
    let ended = match &context.caller {
        Some(caller) => {
            context
                .engine
                .sign_out(caller, &context.origin)
                .await
        }
        None => Ok(()),
    };
    match ended {
        // A session that another browser revoked in the meantime is already signed out.
        Ok(()) | Err(engine::Error::Unauthenticated(_)) => {}
        Err(error) => return Err(context.to_problem(&error).into()),
    }
    context.session.flush().await.map_err(|error| {
        let trace_id = context.origin.trace_field();
        tracing::error!(request_id = context.origin.request_id, trace_id, %error, "a session cannot be revoked");
        context.problem(Code::Unavailable)
    })?;
    Ok(FormResult::Redirect {
        to: Screen::SignIn.path(),
    })
}

/// Revokes one of the person's own sessions.
///
/// # Errors
/// `NotFound` for any other session.
#[server(prefix = "/ui", endpoint = "revoke_session")]
pub async fn revoke_session(session_id: String) -> Result<FormResult, FormError> {
    let context = PageContext::here()?;
    let caller = context.person()?;
    let id = session_id
        .parse()
        .map_err(|_| context.problem(Code::NotFound))?;
    context
        .engine
        .revoke_session(caller, &id, &context.origin)
        .await
        .map_err(|error| context.to_problem(&error))?;
    context.set_flash(Flash::SessionRevoked).await;
    Ok(FormResult::Redirect {
        to: Screen::Account.path(),
    })
}

/// Revokes every session of the person except this one.
///
/// # Errors
/// `Unauthorized` when nobody is signed in.
#[server(prefix = "/ui", endpoint = "revoke_other_sessions")]
pub async fn revoke_other_sessions() -> Result<FormResult, FormError> {
    let context = PageContext::here()?;
    let ended = context
        .engine
        .revoke_other_sessions(context.person()?, &context.origin)
        .await;
    let count = ended.map_err(|error| context.to_problem(&error))?;
    context
        .set_flash(Flash::OtherSessionsRevoked { count })
        .await;
    Ok(FormResult::Redirect {
        to: Screen::Account.path(),
    })
}

/// Issues an access token for the person's scripts.
///
/// # Errors
/// `Unauthorized` when nobody is signed in.
#[server(prefix = "/ui", endpoint = "issue_token")]
pub async fn issue_token(#[server(default)] form_token: String) -> Result<FormResult, FormError> {
    let context = PageContext::here()?;
    let (parties, form) = (context.site_config.parties(), token_of(&form_token));
    let issued = match context
        .engine
        .issue_token_once(
            context.person()?,
            &parties,
            &context.origin,
            form.as_ref(),
        )
        .await
    {
        Err(engine::Error::Repeated) => {
            context.set_flash(Flash::TokenAlreadyIssued).await;
            return Ok(FormResult::Redirect {
                to: Screen::Account.path(),
            });
        }
        issued => issued.map_err(|error| context.to_problem(&error))?,
    };
    let token = IssuedToken {
        token: issued.token.to_string(),
        expires_at: issued.expires_at,
    };
    Ok(FormResult::TokenIssued(token))
}

/// Stores the theme in a cookie, so that the first paint already uses it. `docs` is the page of the
/// documentation to return to, which is no screen; without it, that is `page`.
///
/// # Errors
/// `BadRequest` when `page` is not a page of Roundtable, or `docs` not one of its documentation.
#[server(prefix = "/ui", endpoint = "set_theme")]
pub async fn set_theme(
    theme: String,
    page: String,
    #[server(default)] docs: String,
) -> Result<FormResult, FormError> {
    let context = PageContext::here()?;
    let to = if docs.is_empty() {
        Location::parse(&page).map(|place| place.path())
    } else {
        docs_page(&docs)
    };
    let to = to.ok_or_else(|| context.problem(Code::BadRequest))?;
    let secure = if context
        .site_config
        .public_url
        .starts_with("https:")
    {
        "; Secure"
    } else {
        ""
    };
    let theme = Theme::named(&theme).as_str();
    let cookie =
        format!("theme={theme}; Path=/; Max-Age={YEAR_SECONDS}; SameSite=Lax; HttpOnly{secure}");
    if let (Some(response), Ok(cookie)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(&cookie),
    ) {
        response.append_header(SET_COOKIE, cookie);
    }
    Ok(FormResult::Redirect { to })
}
