//! Confirming an action with a fresh sign-in.

use super::isolated;

pub const TITLE: &str = "Confirm your identity";
/// The page of a stored form that does not exist or has expired.
pub const NO_DRAFT: super::error_page::ErrorPage = super::error_page::ErrorPage {
    title: "Nothing to confirm",
    heading: "There is nothing to confirm here",
    text: "A submitted form waits 10 minutes for you to confirm your identity, in the same browser, and is processed once. This form was already processed, or it expired and nothing was changed. Check the page, and fill in the form again if you still need it.",
    retry: true,
};

/// The name of the identity provider.
pub fn provider(development: bool, host: Option<&str>) -> String {
    match (development, host) {
        (true, _) => "the development sign-in".into(),
        (false, None) => "Google".into(),
        (false, Some(host)) => isolated(host),
    }
}

/// Beside the button of a form that requires a fresh sign-in.
pub fn will_confirm(provider: &str) -> String {
    format!("You will confirm with {provider}.")
}

/// The button that leads to the provider.
pub fn continue_with(provider: &str) -> String {
    format!("Continue with {provider}")
}

/// What happens at the provider.
pub fn text(provider: &str) -> String {
    format!("Confirm with {provider}. Your changes are kept, and are saved when you return.")
}
