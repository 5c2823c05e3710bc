//! API problems and field errors, in the words of the dashboard.

use domain::{Code, Fault};

const SIGNED_OUT: &str = "You are signed out, and nothing was changed. Sign in again to continue.";
const FRESH_SIGN_IN_REQUIRED: &str = "For your security, this requires a sign-in within the last 10 minutes. Sign in again, then try again.";
const WRONG_ADDRESS: &str =
    "This invitation is for a different email address than the one you signed in with.";
const FORBIDDEN: &str =
    "You don’t have permission to do this. Ask an owner or admin of the organization.";
const ACTIVE_KEY_EXISTS: &str =
    "This service account already has an active key. Rotate it, or allow multiple active keys.";
const MESSAGES_WOULD_BE_LOST: &str =
    "Messages are encrypted for this key. Select the checkbox below to accept losing them.";
const ALREADY_DONE: &str =
    "This request was already completed and was not repeated. Reload the page to see the result.";
const CONFLICT: &str =
    "Someone changed this while you had it open. Nothing was saved. Reload the page and try again.";
const ALREADY_BOOTSTRAPPED: &str =
    "This installation already has an organization. Ask one of its owners to invite you.";
const REQUEST_TIMEOUT: &str =
    "The form took too long to arrive. Check your connection and try again.";
const HEADERS_TOO_LARGE: &str =
    "Your browser sent headers that are too large. Delete the cookies of this site and try again.";
const HTTP_VERSION_NOT_SUPPORTED: &str = "The proxy in front of Roundtable uses HTTP/1.0, where a truncated file looks complete. Ask your administrator to set proxy_http_version 1.1 there.";
const TOO_MANY_ATTEMPTS: &str =
    "Too many failed attempts from your network. Wait a minute and try again.";
const UNAVAILABLE: &str =
    "Roundtable is temporarily unavailable. Nothing was changed. Try again in a moment.";
const INTERNAL: &str = "Something went wrong in Roundtable. Nothing was changed. Try again. If the problem persists, send the request ID to your administrator.";

/// The sentence of a problem in the dashboard.
pub const fn sentence(code: Code) -> &'static str {
    match code {
        Code::Unauthorized | Code::GateTokenRequired => SIGNED_OUT,
        Code::FreshSignInRequired => FRESH_SIGN_IN_REQUIRED,
        Code::WrongAddress => WRONG_ADDRESS,
        Code::Forbidden => FORBIDDEN,
        Code::NotFound => "This doesn’t exist, or was removed. Go back and reload the page.",
        Code::MethodNotAllowed
        | Code::BadRequest
        | Code::UnsupportedMediaType
        | Code::KeyInQuery => "The form could not be read. Reload the page and try again.",
        Code::InvalidFields => "Some fields need your attention.",
        Code::IpNotAllowed => "This key cannot be used from this IP address.",
        Code::MissingScope => "This key doesn’t have permission to do this.",
        Code::ActiveKeyExists => ACTIVE_KEY_EXISTS,
        Code::MessagesWouldBeLost => MESSAGES_WOULD_BE_LOST,
        Code::RunCancelled => "This run was cancelled.",
        Code::LeaseLost => "This run is no longer with this worker.",
        Code::AlreadyDone => ALREADY_DONE,
        Code::Conflict => CONFLICT,
        Code::AlreadyBootstrapped => ALREADY_BOOTSTRAPPED,
        Code::RequestTimeout => REQUEST_TIMEOUT,
        Code::HeadersTooLarge => HEADERS_TOO_LARGE,
        Code::HttpVersionNotSupported => HTTP_VERSION_NOT_SUPPORTED,
        Code::TooLarge => "That is too long. Shorten it and try again.",
        Code::TooManyRequests => "Too many requests. Wait a moment and try again.",
        Code::TooManyAttempts => TOO_MANY_ATTEMPTS,
        Code::Unavailable => UNAVAILABLE,
        Code::Internal => INTERNAL,
    }
}

pub const MAYBE_DONE: &str = "The change may or may not have been made. Check your connection, reload the page, and look before you try again.";
pub const NO_ANSWER: &str = "No response from the server";
pub const PAGE_IS_LOST: &str = "The form did not arrive, and nothing was changed. Check your connection, or open the form as a page.";

/// The sentence of an invalid field.
pub fn field_fault(field: &str, fault: &Fault) -> String {
    match (field, fault) {
        ("name", Fault::Missing) => super::create_key::NAME_MISSING.into(),
        ("account_name", Fault::Missing) => super::service_accounts::NAME_MISSING.into(),
        ("organization", Fault::Missing) => super::organization::NAME_MISSING.into(),
        ("email", Fault::Missing) => "Enter the email address of the person to invite.".into(),
        ("keys", Fault::Unknown { .. }) => "Choose what happens to each key.".into(),
        ("key_makers", Fault::Unknown { .. }) => "Choose who can create keys.".into(),
        ("reason", _) => "Choose a reason.".into(),
        ("role", Fault::Unknown { .. }) => "Choose a role.".into(),
        ("scopes", Fault::NotNarrower) => {
            "Permissions can be removed, not added. Create a new key instead.".into()
        }
        ("scopes" | "template", Fault::NotInSandbox) => super::create_key::SANDBOX_GROUPS.into(),
        ("scopes", Fault::Missing) => super::create_key::SCOPES_MISSING.into(),
        ("expires_at", Fault::Missing | Fault::NotATime) => super::create_key::DAY_MISSING.into(),
        ("expires_at", Fault::Past) => "Choose a day in the future.".into(),
        ("expires_at", Fault::FarAhead) => super::create_key::EXPIRY_FAR_AHEAD.into(),
        ("expires_at", Fault::TooLate { latest }) => super::create_key::expiry_too_late(latest),
        ("expires_at", Fault::NotEarlier { latest }) => super::expire_key_earlier::too_late(latest),
        ("overlap_seconds", _) => "Choose how long the old key keeps working.".into(),
        _ => fault.sentence(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_sentence_that_ends() {
        for code in Code::ALL {
            assert!(sentence(code).ends_with('.'), "{code:?}");
        }
    }
}
