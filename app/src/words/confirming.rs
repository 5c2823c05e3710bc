//! The words of forms that take a fresh sign-in, and of forms that were sent twice.

use super::{Missing, isolated};

/// The button that makes a key, after a fresh sign-in.
pub const CONFIRM_AND_CREATE: &str = "Confirm and create";
/// The button that changes a role, likewise.
pub const CONFIRM_AND_CHANGE_ROLE: &str = "Confirm and change role";
/// The button that invites, likewise.
pub const CONFIRM_AND_INVITE: &str = "Confirm and create invitation";
/// The button that rotates a key, likewise.
pub const CONFIRM_AND_ROTATE: &str = "Confirm and rotate";
/// The button that ends keys, likewise.
pub const CONFIRM_AND_REVOKE: &str = "Confirm and revoke";
/// The button that takes a member out, likewise.
pub const CONFIRM_AND_REMOVE: &str = "Confirm and remove";
/// The button that leaves an organization, likewise.
pub const CONFIRM_AND_LEAVE: &str = "Confirm and leave";
/// While a role is changed.
pub const CHANGING_ROLE: &str = "Changing…";
/// While an invitation is made.
pub const INVITING: &str = "Creating…";
/// While a key is rotated.
pub const ROTATING: &str = "Rotating…";
/// While a member is taken out.
pub const REMOVING: &str = "Removing…";
/// While one leaves.
pub const LEAVING: &str = "Leaving…";
/// Title of the page that leads to the provider.
pub const CONFIRM_TITLE: &str = "Confirm your identity";
/// A form was sent again whose key was made the first time.
pub const KEY_MADE_BEFORE: &str = "This form was already submitted, and this is the key it created. The secret was shown then and cannot be shown again.";
/// A form was sent again whose invitation was made the first time.
pub const INVITED_BEFORE: &str = "This form was already submitted, and the invitation is in the list. The link was shown then and cannot be shown again.";
/// A form was sent again whose token was shown the first time.
pub const TOKEN_MADE_BEFORE: &str =
    "This form was already submitted. The token was shown then and cannot be shown again.";

/// What is said where a kept form is not there, or not there any more.
pub const NO_DRAFT: Missing = Missing {
    title: "Nothing to confirm",
    heading: "There is nothing to confirm here",
    text: "A submitted form waits 10 minutes for you to confirm your identity, in the same browser, and is processed once. This form was already processed, or it expired and nothing was changed. Check the page, and fill in the form again if you still need it.",
    retry: true,
};

/// Whom people sign in with.
pub fn provider(development: bool, host: Option<&str>) -> String {
    match (development, host) {
        (true, _) => "the development sign-in".into(),
        (false, None) => "Google".into(),
        (false, Some(host)) => isolated(host),
    }
}

/// Beside the button of a form that takes a fresh sign-in.
pub fn will_confirm(provider: &str) -> String {
    format!("You will confirm with {provider}.")
}

/// The button that leads to the provider.
pub fn continue_with(provider: &str) -> String {
    format!("Continue with {provider}")
}

/// What happens there.
pub fn confirm_text(provider: &str) -> String {
    format!("Confirm with {provider}. Your changes are kept, and are saved when you return.")
}
