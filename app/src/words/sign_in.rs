//! The words of signing in.

use super::isolated;

/// Begins a fresh sign-in.
pub const SIGN_IN_AGAIN: &str = "Sign in again";
/// Leads back without signing in again.
pub const GO_BACK: &str = "Go back";
/// Before the id of a request that went wrong.
pub const REQUEST: &str = "Request ";

/// The button of the sign-in page where the provider is not Google.
pub fn with_provider(host: &str) -> String {
    format!("Continue with {}", isolated(host))
}

/// What went wrong with a sign-in, by the word in the address; any other word says nothing. `domains` are those that
/// people may sign in from.
pub fn sign_in_problem(word: &str, domains: &[String]) -> Option<String> {
    Some(match word {
        "cancelled" => "The sign-in was cancelled. Nothing was changed.".into(),
        "expired" => "The sign-in took too long or was begun in another browser. Try again.".into(),
        "not_allowed" => not_allowed(domains),
        "unverified" => {
            "Your e-mail address is not verified. Verify it where you have that account, then try again.".into()
        }
        "not_fresh" => "You were not asked to sign in anew. Sign out there first, then try again.".into(),
        "someone_else" => {
            "You signed in as someone else. Sign in with the account you are using here, or sign out first.".into()
        }
        "refused" => "The sign-in was not confirmed. Try again.".into(),
        "unavailable" => "Signing in does not work right now. Try again in a moment.".into(),
        _ => return None,
    })
}

fn not_allowed(domains: &[String]) -> String {
    match domains {
        [] => "This account may not sign in here. Try another one.".into(),
        [only] => format!("This account may not sign in here. Use one of {}.", isolated(only)),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(|domain| isolated(domain)).collect();
            format!("This account may not sign in here. Use one of {} or {}.", first.join(", "), isolated(last))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_a_sentence_and_names_what_helps() {
        let domains = ["a.example", "b.example", "c.example"].map(String::from);
        let told = |word| sign_in_problem(word, &domains).unwrap_or_default();
        let words = [
            "cancelled",
            "expired",
            "not_allowed",
            "unverified",
            "not_fresh",
            "someone_else",
            "refused",
            "unavailable",
        ];
        for word in words {
            assert!(told(word).ends_with('.'), "{word}");
        }
        let plain = told("not_allowed").replace(['\u{2068}', '\u{2069}'], "");
        assert!(plain.ends_with("Use one of a.example, b.example or c.example."), "{plain}");
        assert_eq!(sign_in_problem("<script>", &domains), None);
    }
}
