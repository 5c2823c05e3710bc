//! The page that shows a new access token.

use domain::Moment;

use super::format::exact;

pub const TITLE: &str = "Your access token";
pub const LABEL: &str = "Token";
pub const WARNING: &str = "Copy your token now. It will not be shown again.";
pub const LOST: &str =
    "You can create another token at any time. If this one leaks, sign out to revoke it.";

/// When a token expires.
pub fn expires(at: Moment) -> String {
    format!("It expires at {}.", exact(at))
}

/// The shell command that sets a token.
pub fn shell_line(token: &str) -> String {
    format!("export ROUNDTABLE_TOKEN={token}")
}
