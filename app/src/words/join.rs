//! Accepting an invitation.

use domain::Role;

use super::isolated;

pub const TITLE: &str = "Join an organization";
pub const NOT_VALID: &str = "This invitation is not valid";
pub const NOT_VALID_HINT: &str =
    "It may have been used, canceled or expired, or the link may be incomplete. Ask for a new one.";
pub const SIGN_IN: &str = "Sign in and join";
pub const FAILED: &str = "You did not join";
pub const BUTTON: &str = "Join";
pub const GO_TO_DASHBOARD: &str = "Go to the dashboard";
pub const SIGN_IN_AS_SOMEONE_ELSE: &str = "Sign in as someone else";
pub const ORGANIZATION_ID: &str = "ID";
pub const NO_VERIFIED_EMAIL: &str = "no verified email address";

/// The heading of an invitation.
pub fn heading(organization: &str) -> String {
    format!("Join {}", isolated(organization))
}

/// The address of an invitation.
pub fn for_email(hint: &str) -> String {
    format!(
        "The invitation is for {}. Sign in with that email address.",
        isolated(hint)
    )
}

/// What happens after the sign-in at a provider.
pub fn joins_after(provider: &str) -> String {
    format!("Sign in with {provider}. You join when you return.")
}

/// The invitation is for another person than the one who is signed in.
pub fn for_someone_else(hint: &str, who: &str) -> String {
    format!(
        "The invitation is for {}, but you are signed in as {}. To join, sign in with the invited email address.",
        isolated(hint),
        isolated(who)
    )
}

/// The invitation is for an address, and the person who is signed in has no verified address.
pub fn email_not_verified(hint: &str, who: &str) -> String {
    format!(
        "The invitation is for {}, but you are signed in as {}. Your identity provider has not verified your email address, so the invitation cannot be matched to you. Verify the address there and sign in again, or contact your administrator.",
        isolated(hint),
        isolated(who)
    )
}

/// Before and after the name of an organization that the person just joined.
pub fn welcome(role: Role) -> (&'static str, String) {
    (
        "Welcome to “",
        format!("”. You are {}.", super::roles::with_article(role)),
    )
}
