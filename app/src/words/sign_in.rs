//! Signing in, and signing in without an organization.

use super::isolated;

pub const TITLE: &str = "Sign in to Roundtable";
pub const LEDE: &str = "Manage the API keys of your organization.";
pub const WITH_GOOGLE: &str = "Continue with Google";
pub const WITH_DEVELOPMENT_SIGN_IN: &str = "Continue with the development sign-in";
/// Before the name of an account.
pub const CONTINUE_AS: &str = "Continue as ";
pub const AS_ANOTHER_USER: &str = "Continue as another user";
pub const DEVELOPMENT_HINT: &str =
    "This is a development installation. Anyone can sign in without a password.";
pub const FOOTER: &str = "Your organization decides who may sign in.";
pub const SIGN_OUT: &str = "Sign out";
pub const SIGN_IN_AGAIN: &str = "Sign in again";
pub const GO_BACK: &str = "Go back";
pub const NO_MEMBERSHIP: &str = "You are not a member of any organization";
pub const ASK_FOR_INVITATION: &str = "Ask an owner or admin of your organization to invite ";
pub const OPEN_THE_LINK: &str = ", then open the link they send you.";
pub const CHECK_AGAIN: &str = "Check again";
pub const NO_ORGANIZATION: &str = "No organization";
pub const TAB_TITLE: &str = "Sign in";

/// The button of the sign-in page, if the provider is not Google.
pub fn with_provider(host: &str) -> String {
    format!("Continue with {}", isolated(host))
}

/// Why a sign-in failed, by the code in the URL. `None` for an unknown code. `domains` are those
/// that people may sign in from.
pub fn problem(word: &str, domains: &[String]) -> Option<String> {
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
            "Your identity provider does not report when you signed in, so Roundtable cannot confirm that your sign-in is recent. Ask your administrator to configure it to send “auth_time”."
                .into()
        }
        "someone_else" => {
            "You signed in as someone else. Nothing was changed. Continue with the account you were using here, or sign out first."
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
            let first: Vec<_> = first
                .iter()
                .map(|domain| isolated(domain))
                .collect();
            format!(
                "Sign in with an account at {} or {}.",
                first.join(", "),
                isolated(last)
            )
        }
    }
}

/// Who is signed in, before a button to sign out.
pub fn signed_in_as(who: &str) -> String {
    format!("Signed in as {}. ", isolated(who))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_a_sentence_and_names_what_helps() {
        let domains = ["a.example", "b.example", "c.example"].map(String::from);
        let text = |word| problem(word, &domains).unwrap_or_default();
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
        assert!(
            plain.ends_with("Sign in with an account at a.example, b.example or c.example."),
            "{plain}"
        );
        assert_eq!(problem("<script>", &domains), None);
    }
}
