//! Creating an organization, the first one included.

use super::isolated;

pub const TITLE: &str = "Create organization";
pub const HINT: &str =
    "Each organization has its own keys, members and audit log. You will be its owner.";
pub const CREATED: &str = "” created. You are its owner.";
pub const WELCOME_TITLE: &str = "Create your organization";
pub const BUTTON: &str = "Create organization";
pub const FAILED: &str = "The organization was not created";
pub const SETUP_TOKEN_HINT: &str = "The server log shows it at every start until setup is complete, unless the operator chose one.";
pub const SETUP_TOKEN: &str = "Setup token";
pub const NAME_SAMPLE: &str = "Acme Labs";

/// The greeting for the person who creates the first organization.
pub fn welcome(name: &str) -> String {
    let first = name.split_whitespace().next().unwrap_or(name);
    format!(
        "Welcome, {}. An organization holds your keys, members and audit log. You will be its owner.",
        isolated(first)
    )
}
