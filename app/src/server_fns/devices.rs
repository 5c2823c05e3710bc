//! Server functions for devices that want to sign in.

use domain::Code;
use domain::device::{AuthorizationRequest, UserCode};
use engine::Caller;
use engine::attempts::Kind;
use leptos::prelude::*;

use crate::flash::Flash;
use crate::form_error::FormError;
use crate::form_result::FormResult;
use crate::request::PageContext;
use crate::routes::{Location, Screen, encoded};

/// The answer that signs the device in.
pub const ALLOW: &str = "allow";
/// The other answer.
pub const DENY: &str = "deny";

/// Allows a device, or denies it. `page` names it: by its code, or by its address on this computer.
///
/// # Errors
/// `Unauthorized` when nobody is signed in; `BadRequest` for a page that names no device, and for
/// another decision;
/// `NotFound` for a code that is not valid; `FreshSignInRequired` to allow it without a recent
/// sign-in.
#[server(prefix = "/ui", endpoint = "decide_device")]
pub async fn decide_device(page: String, decision: String) -> Result<FormResult, FormError> {
    let context = PageContext::here()?;
    let caller = context.person()?;
    let is_allowed = match decision.as_str() {
        ALLOW => true,
        DENY => false,
        _ => return Err(context.problem(Code::BadRequest).into()),
    };
    let place = Location::parse(&page).ok_or_else(|| context.problem(Code::BadRequest))?;
    match place.screen {
        Screen::Device => decide_by_code(&context, caller, &place, is_allowed).await,
        Screen::Authorize => decide_program(&context, caller, &place, is_allowed).await,
        _ => Err(context.problem(Code::BadRequest).into()),
    }
}

async fn decide_by_code(
    context: &PageContext,
    caller: &Caller,
    place: &Location,
    is_allowed: bool,
) -> Result<FormResult, FormError> {
    let code: UserCode = place
        .get("user_code")
        .and_then(|code| code.parse().ok())
        .ok_or_else(|| context.problem(Code::BadRequest))?;
    let decide = context
        .engine
        .decide_device(caller, &code, is_allowed, &context.origin);
    context
        .engine
        .attempt(
            Kind::UserCode,
            &context.origin,
            code.letters(),
            decide,
        )
        .await
        .map_err(|error| context.to_problem(&error))?;
    let flash = match is_allowed {
        true => Flash::DeviceAllowed,
        false => Flash::DeviceDenied,
    };
    context.set_flash(flash).await;
    Ok(FormResult::Redirect {
        to: Screen::Device.path(),
    })
}

async fn decide_program(
    context: &PageContext,
    caller: &Caller,
    place: &Location,
    is_allowed: bool,
) -> Result<FormResult, FormError> {
    let asked = AuthorizationRequest::read(|name| place.get(name))
        .ok_or_else(|| context.problem(Code::BadRequest))?;
    let answer = if is_allowed {
        let code = context
            .engine
            .authorize_device(caller, &asked, &context.origin)
            .await
            .map_err(|error| context.to_problem(&error))?;
        format!("code={}", code.as_str())
    } else {
        context
            .engine
            .deny_device(caller, asked.client, &context.origin)
            .await
            .map_err(|error| context.to_problem(&error))?;
        "error=access_denied".to_owned()
    };
    // The issuer protects programs that know several installations (RFC 9207).
    let issuer = encoded(&context.site_config.public_url);
    Ok(FormResult::DeviceDecided {
        to: format!(
            "{}?{answer}&state={}&iss={issuer}",
            asked.redirect_uri, asked.state
        ),
    })
}
