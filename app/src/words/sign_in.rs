//! The words of signing in, and of what comes before an organization.

use super::isolated;

/// Title of the sign-in page.
pub const SIGN_IN: &str = "Sign in to Roundtable";
/// What one signs in for.
pub const SIGN_IN_FOR: &str = "Manage the API keys of your organization.";
/// The button of the sign-in page.
pub const WITH_GOOGLE: &str = "Continue with Google";
/// The same in a development installation.
pub const WITH_STAND_IN: &str = "Continue with the development sign-in";
/// What the stand-in provider is.
pub const STAND_IN: &str = "This is a development installation. Anyone can sign in without a password.";
/// Foot of the sign-in page.
pub const SIGN_IN_FOOT: &str = "Your organization decides who may sign in.";
/// Leaves.
pub const SIGN_OUT: &str = "Sign out";
/// Begins a fresh sign-in.
pub const SIGN_IN_AGAIN: &str = "Sign in again";
/// Leads back without signing in again.
pub const GO_BACK: &str = "Go back";
/// Before the id of a request that went wrong.
pub const REQUEST: &str = "Request ID: ";
/// Title of the page that makes the first organization.
pub const WELCOME: &str = "Create your organization";
/// Its button.
pub const FOUND: &str = "Create organization";
/// Above the faults of the form for an organization.
pub const NOT_FOUNDED: &str = "The organization was not created";
/// Where the setup token is.
pub const SETUP_TOKEN_HINT: &str =
    "The server log shows it at every start until setup is complete, unless the operator chose one.";
/// Title of the page for people without an organization.
pub const NOWHERE: &str = "You are not a member of any organization";
/// Before the address of someone who is in no organization.
pub const ASK_FOR: &str = "Ask an owner or admin of your organization to invite ";
/// After it.
pub const OPEN_THE_LINK: &str = ", then open the link they send you.";
/// Tries again whether there is an organization by now.
pub const CHECK_AGAIN: &str = "Check again";
/// Title of that page in the browser's tab.
pub const NO_ORGANIZATION: &str = "No organization";
/// Title of the sign-in page in the browser's tab.
pub const SIGN_IN_TAB: &str = "Sign in";
/// The label of the setup token.
pub const SETUP_TOKEN: &str = "Setup token";
/// A sample of an organization's name.
pub const ORGANIZATION_SAMPLE: &str = "Acme Labs";

/// The button of the sign-in page where the provider is not Google.
pub fn with_provider(host: &str) -> String {
    format!("Continue with {}", isolated(host))
}

/// What went wrong with a sign-in, by the word in the address; any other word says nothing. `domains` are those that
/// people may sign in from.
pub fn sign_in_problem(word: &str, domains: &[String]) -> Option<String> {
    Some(match word {
        "ended" => "You are signed out, and nothing was changed. Sign in to continue.".into(),
        "cancelled" => "The sign-in was canceled. Nothing was changed.".into(),
        "expired" => "The sign-in took too long or was started in another browser. Try again.".into(),
        "not_allowed" => not_allowed(domains),
        "unverified" => {
            "Your identity provider has not verified your email address. Verify it there and try again, or contact your administrator."
                .into()
        }
        "not_fresh" => "Your identity provider did not ask you to sign in again. Sign out of it, then try again.".into(),
        "undated" => {
            "Your identity provider does not report when you signed in, so this cannot be confirmed. Ask your administrator to configure it to send “auth_time”."
                .into()
        }
        "someone_else" => {
            "You signed in as someone else. Nothing was changed. Use the account that is open here, or sign out first."
                .into()
        }
        "refused" => "The sign-in was not confirmed. Try again.".into(),
        "unavailable" => "Sign-in is temporarily unavailable. Try again in a moment.".into(),
        _ => return None,
    })
}

fn not_allowed(domains: &[String]) -> String {
    match domains {
        [] => "This account can’t sign in here. Try another one.".into(),
        [only] => format!("Sign in with an account at {}.", isolated(only)),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(|domain| isolated(domain)).collect();
            format!("Sign in with an account at {} or {}.", first.join(", "), isolated(last))
        }
    }
}

/// Who is signed in, before a button to leave.
pub fn signed_in_as(who: &str) -> String {
    format!("Signed in as {}. ", isolated(who))
}

/// Greets the person who makes the first organization.
pub fn welcome(name: &str) -> String {
    let first = name.split_whitespace().next().unwrap_or(name);
    format!(
        "Welcome, {}. An organization holds your keys, members and audit log. You will be its owner.",
        isolated(first)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_a_sentence_and_names_what_helps() {
        let domains = ["a.example", "b.example", "c.example"].map(String::from);
        let text = |word| sign_in_problem(word, &domains).unwrap_or_default();
        let words = [
            "cancelled",
            "expired",
            "not_allowed",
            "unverified",
            "not_fresh",
            "undated",
            "someone_else",
            "refused",
            "unavailable",
        ];
        for word in words {
            assert!(text(word).ends_with('.'), "{word}");
        }
        let plain = text("not_allowed").replace(['\u{2068}', '\u{2069}'], "");
        assert!(plain.ends_with("Sign in with an account at a.example, b.example or c.example."), "{plain}");
        assert_eq!(sign_in_problem("<script>", &domains), None);
    }
}
