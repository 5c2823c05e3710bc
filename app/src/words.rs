//! Every sentence people read, and the one way of writing dates.

use domain::{Code, Fault, Moment};

mod account;
mod keys;
mod live;
mod log;
mod members;
mod settings;
mod sign_in;

pub use account::*;
pub use keys::*;
pub use live::*;
pub use log::*;
pub use members::*;
pub use settings::*;
pub use sign_in::*;

/// The name of the product.
pub const PRODUCT: &str = "Roundtable";
/// First link of every page.
pub const SKIP: &str = "Skip to content";
/// The name of the page of keys (RK-07).
pub const API_KEYS: &str = "API Keys";
/// The parent of that page (RK-07).
pub const ORGANIZATION_SETTINGS: &str = "Organization Settings";
/// The name of the log (RK-26).
pub const AUDIT_LOG: &str = "Audit Log";
/// The log in the navigation.
pub const AUDIT_LOG_LINK: &str = "Audit Log";
/// Begins making a key (RK-08).
pub const CREATE_KEY: &str = "Create API Key";
/// Makes the key (RK-10).
pub const GENERATE: &str = "Generate";
/// While the key is being made.
pub const GENERATING: &str = "Generating…";
/// Ends a key (RK-21).
pub const REVOKE: &str = "Revoke";
/// Confirms that a key ends (RK-22).
pub const REVOKE_KEY: &str = "Revoke key";
/// While the key is being ended.
pub const REVOKING: &str = "Revoking…";
/// Leaves a form without doing anything.
pub const CANCEL: &str = "Cancel";
/// Closes a dialog.
pub const CLOSE: &str = "Close";
/// Leaves the new key.
pub const DONE: &str = "Done";
/// Samples of names (RK-09).
pub const NAME_SAMPLES: [&str; 2] = ["CI/CD Pipeline", "Monitoring Script"];
/// Before the samples.
pub const NAME_HINT: &str = "Say where the key is used, for example ";
/// Between the samples.
pub const OR: &str = " or ";
/// A key of that name exists already (decision D24).
pub const NAME_TAKEN: &str =
    "There is a key with this name already. You can use the name again, but the two are harder to tell apart.";
/// Above the faults of the form for a new key.
pub const NOT_CREATED: &str = "The key was not created";
/// Above the faults of the form that ends a key.
pub const NOT_REVOKED: &str = "The key was not revoked";
/// Above the faults of the form for an organization.
pub const NOT_FOUNDED: &str = "The organization was not created";
/// Above a fault of anything else.
pub const NOT_DONE: &str = "That did not work";
/// No answer came.
pub const NO_ANSWER: &str = "No answer from the server. Check your connection and try again.";
/// No answer came, and it is not known whether a key was made.
pub const NO_ANSWER_TO_CREATE: &str = "No answer from the server. A key may have been made all the same: load the page again, and revoke what you do not know.";
/// Title of the new key.
pub const REVEAL_TITLE: &str = "Your new API key";
/// The warning beside the new key (RK-12).
pub const REVEAL_WARNING: &str = "Copy your key now. It will not be shown again.";
/// What a lost key means (RK-14).
pub const REVEAL_LOST: &str = "Roundtable cannot recover a lost key. If you lose it, create a new one.";
/// Copies the key.
pub const COPY: &str = "Copy";
/// The key is on the clipboard.
pub const COPIED: &str = "Copied";
/// The clipboard cannot be written; the key is selected instead.
pub const COPY_BY_HAND: &str =
    "Your browser does not let this page copy. The text is selected: press Ctrl+C, or ⌘C on a Mac.";
/// Above the shell line.
pub const SHELL_LINE: &str = "Set it in your shell";
/// Copies the shell line.
pub const COPY_SHELL: &str = "Copy the shell line";
/// Above the curl line.
pub const CURL_LINE: &str = "Try it";
/// Copies the curl line.
pub const COPY_CURL: &str = "Copy the curl line";
/// Title of the question before an uncopied key is left.
pub const GUARD_TITLE: &str = "Close without copying?";
/// That question.
pub const GUARD_TEXT: &str = "You have not copied the key. It will not be shown again.";
/// Leaves the key uncopied.
pub const GUARD_LEAVE: &str = "Close anyway";
/// Goes back to the key.
pub const GUARD_STAY: &str = "Go back and copy";
/// What ending a key does (RK-23, RK-24).
pub const REVOKE_AT_ONCE: &str = "The key stops working at once. Requests in progress fail.";
/// There is no way back (RK-27).
pub const REVOKE_FOR_GOOD: &str = "This is permanent. You can create a new key at any time.";
/// It is on record (RK-25).
pub const REVOKE_LOGGED: &str = "The audit log records who revoked the key and why.";
/// Why the name must be typed.
pub const CONFIRM_HINT: &str = "This key was used in the last 7 days.";
/// The typed name is not the key's.
pub const CONFIRM_DIFFERS: &str = "This is not the name of the key. Type it exactly as it is shown.";
/// The key ended before.
pub const ENDED_BEFORE: &str = "This key is revoked already.";
/// Links to the log.
pub const VIEW_IN_LOG: &str = "View in the audit log";
/// A key that was never used.
pub const NEVER_USED: &str = "Never used";
/// Where there is nothing.
pub const NONE: &str = "None";
/// Title of the empty list.
pub const NO_KEYS: &str = "No API keys yet";
/// What a key is for.
pub const WHAT_FOR: &str = "A key lets a script or a service act through the API without a person signing in.";
/// Title of the sign-in page.
pub const SIGN_IN: &str = "Sign in to Roundtable";
/// What one signs in for.
pub const SIGN_IN_FOR: &str = "Manage the API keys of your organization.";
/// The button of the sign-in page.
pub const WITH_GOOGLE: &str = "Continue with Google";
/// The same in a development installation.
pub const WITH_STAND_IN: &str = "Continue with the stand-in provider";
/// What the stand-in provider is.
pub const STAND_IN: &str =
    "This is a development installation. The stand-in provider signs anyone in without a password.";
/// Foot of the sign-in page.
pub const SIGN_IN_FOOT: &str = "Your organization decides who may sign in.";
/// Leaves.
pub const SIGN_OUT: &str = "Sign out";
/// Title of the page that makes the first organization.
pub const WELCOME: &str = "Create your organization";
/// Its button.
pub const FOUND: &str = "Create organization";
/// Where the setup token is.
pub const SETUP_TOKEN_HINT: &str = "The server printed it at its first start.";
/// Title of the page for people without an organization.
pub const NOWHERE: &str = "You are not a member of any organization";
/// Before the address of someone who is in no organization.
pub const ASK_FOR: &str = "Ask an owner or admin of your organization to invite ";
/// After it.
pub const OPEN_THE_LINK: &str = ", and open the link that they send you.";
/// Title of the list of pages of the documentation, and its name everywhere.
pub const DOCUMENTATION: &str = "Documentation";
/// Leads from the documentation to the product.
pub const OPEN_DASHBOARD: &str = "Open dashboard";
/// Above the headings of a page of the documentation.
pub const ON_THIS_PAGE: &str = "On this page";
/// Leads to the source of a page of the documentation.
pub const AS_MARKDOWN: &str = "This page as Markdown";
/// Opens the list of pages on narrow screens.
pub const DOCS_MENU: &str = "Documentation menu";

/// What a refusal means to someone at a page.
pub const fn sentence(code: Code) -> &'static str {
    match code {
        Code::Unauthorized => "Your session has ended. Load the page again to sign in.",
        Code::FreshSignInRequired => {
            "For your safety this needs a sign-in of the last 10 minutes. Sign in again, then repeat it."
        }
        Code::WrongAddress => "This invitation is for another e-mail address than the one you signed in with.",
        Code::Forbidden => "You may not do this. Ask an owner or admin of the organization if you need it.",
        Code::NotFound => "This does not exist, or no longer.",
        Code::MethodNotAllowed | Code::BadRequest | Code::UnsupportedMediaType | Code::KeyInQuery => {
            "The form could not be read. Load the page again and try once more."
        }
        Code::InvalidFields => "Some fields need your attention.",
        Code::MissingScope => "This key lacks the scope for that.",
        Code::ActiveKeyExists => "This service account has an active key. Rotate that key, or allow several at a time.",
        Code::MessagesWouldBeLost => {
            "Messages and notes are sealed to this key. Confirm that they may become unreadable."
        }
        Code::AlreadyDone => "This was done before. Load the page again.",
        Code::Conflict => "Something changed in the meantime. Load the page again.",
        Code::AlreadyBootstrapped => "This installation has an organization already. Ask one of its owners to add you.",
        Code::TooLarge => "That is too much text.",
        Code::TooManyRequests => "Too many attempts. Wait a moment and try again.",
        Code::Unavailable => "Roundtable cannot answer right now. Nothing was changed. Try again in a moment.",
        Code::Internal => "Something went wrong on our side. Nothing was changed.",
    }
}

/// What is wrong with a field of a form.
pub fn fault(field: &str, fault: &Fault) -> String {
    match (field, fault) {
        ("name", Fault::Missing) => "Enter a name for the key.".into(),
        ("organization", Fault::Missing) => ORGANIZATION_NAME_MISSING.into(),
        ("email", Fault::Missing) => "Enter the e-mail address of whom you invite.".into(),
        ("keys", Fault::Unknown { .. }) => "Choose one of the offers for each key.".into(),
        ("key_makers", Fault::Unknown { .. }) => "Choose one of the two.".into(),
        ("reason", _) => "Choose one of the reasons.".into(),
        ("role", Fault::Unknown { .. }) => "Choose one of the roles.".into(),
        ("scopes", Fault::Missing) => "Choose at least one permission.".into(),
        ("expires_at", Fault::Missing | Fault::NotATime) => "Choose the day on which the key ends.".into(),
        ("expires_at", Fault::Past) => "Choose a day in the future.".into(),
        ("expires_at", Fault::TooLate { latest }) => too_late(latest),
        ("overlap_seconds", _) => "Choose one of the times.".into(),
        _ => fault.sentence(),
    }
}

/// A name inside a plain sentence, kept from turning the sentence around (Unicode isolates).
pub fn isolated(name: &str) -> String {
    format!("\u{2068}{name}\u{2069}")
}

/// As whom a new key will act.
pub fn acts_as(person: &str, organization: &str) -> String {
    format!("The key acts as {} in {}.", isolated(person), isolated(organization))
}

/// Beneath the title of the list of keys.
pub fn keys_lede(all: bool, organization: &str) -> String {
    let whose = if all { "Every key of" } else { "Your keys in" };
    format!("{whose} {}. Scripts and services use a key to act through the API.", isolated(organization))
}

/// Above the table of keys, for screen readers.
pub fn keys_caption(organization: &str) -> String {
    format!("API keys of {}", isolated(organization))
}

/// Greets the person who makes the first organization.
pub fn welcome(name: &str) -> String {
    let first = name.split_whitespace().next().unwrap_or(name);
    format!(
        "Welcome, {}. An organization holds your keys, members and audit log. You become its owner.",
        isolated(first)
    )
}

/// Who is signed in, before a button to leave.
pub fn signed_in_as(who: &str) -> String {
    format!("Signed in as {}. ", isolated(who))
}

/// Who made a key and when, in one line.
pub fn made(by: Option<&str>, when: &str) -> String {
    by.map_or_else(|| when.to_owned(), |by| format!("{}, {when}", isolated(by)))
}

/// The label of the first of the facts about a key.
pub const fn made_label(by: bool) -> &'static str {
    if by { "Created by" } else { "Created" }
}

/// The line that puts a key into a shell.
pub fn shell_line(key: &str) -> String {
    format!("export ROUNDTABLE_API_KEY={key}")
}

/// The line that tries a key.
pub fn curl_line(url: &str, key: &str) -> String {
    format!("curl {url}/api/v1/workspaces \\\n  -H \"Authorization: Bearer {key}\"")
}

/// The initials of a person, at most two.
pub fn initials(name: &str) -> String {
    let letters = name.split_whitespace().filter_map(|word| word.chars().next());
    letters.take(2).flat_map(char::to_uppercase).collect()
}

/// How long ago, in one unit.
pub fn ago(now: Moment, then: Moment) -> String {
    let seconds = now.seconds_since(then).max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (minutes, hours, days) {
        (0, ..) => "just now".into(),
        (n, 0, _) => counted(n, "minute"),
        (_, n, 0) => counted(n, "hour"),
        (.., 1) => "yesterday".into(),
        (.., n @ 2..14) => counted(n, "day"),
        (.., n @ 14..60) => counted(n / 7, "week"),
        (.., n @ 60..365) => counted(n / 30, "month"),
        (.., n) => counted(n / 365, "year"),
    }
}

/// How long until then, in one unit, rounded; the past as [`ago`] tells it.
pub fn ahead(now: Moment, then: Moment) -> String {
    let seconds = then.seconds_since(now);
    let minutes = (seconds + 30) / 60;
    let hours = (minutes + 30) / 60;
    let days = (hours + 12) / 24;
    match (minutes, hours, days) {
        _ if seconds < 0 => ago(now, then),
        (0, ..) => "in a moment".into(),
        (n @ 1..60, ..) => format!("in {}", plural(n, "minute")),
        (_, n @ 0..48, _) => format!("in {}", plural(n, "hour")),
        (.., n @ 0..60) => format!("in {}", plural(n, "day")),
        (.., n @ 60..365) => format!("in {}", plural((n + 15) / 30, "month")),
        (.., n) => format!("in {}", plural(n / 365, "year")),
    }
}

fn counted(n: i64, unit: &str) -> String {
    format!("{} ago", plural(n, unit))
}

/// A number of things: `1 key`, `2 keys`.
pub fn plural(n: i64, unit: &str) -> String {
    format!("{n} {unit}{}", if n == 1 { "" } else { "s" })
}

/// A number of things that may be many: `1,204`.
pub fn grouped(n: i64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The exact time, to the second, in UTC.
pub fn exact(moment: Moment) -> String {
    moment.to_rfc3339().replace('T', " ").replace('Z', " UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_told_in_one_unit() {
        let now = Moment(1_775_677_879_000);
        let cases = [
            (-5, "just now"),
            (0, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (3599, "59 minutes ago"),
            (3600, "1 hour ago"),
            (86_399, "23 hours ago"),
            (86_400, "yesterday"),
            (172_800, "2 days ago"),
            (86_400 * 13, "13 days ago"),
            (86_400 * 14, "2 weeks ago"),
            (86_400 * 60, "2 months ago"),
            (86_400 * 364, "12 months ago"),
            (86_400 * 365, "1 year ago"),
            (86_400 * 800, "2 years ago"),
        ];
        for (seconds, words) in cases {
            assert_eq!(ago(now, now.plus_seconds(-seconds)), words, "{seconds}");
        }
        let ahead_of = |seconds| ahead(now, now.plus_seconds(seconds));
        let told = [20, 120, 3600, 86_390, 47 * 3600, 5 * 86_400, 90 * 86_400 - 9, 400 * 86_400].map(ahead_of);
        let words = [
            "in a moment",
            "in 2 minutes",
            "in 1 hour",
            "in 24 hours",
            "in 47 hours",
            "in 5 days",
            "in 3 months",
            "in 1 year",
        ];
        assert_eq!(told, words);
        assert_eq!(ahead_of(-7200), "2 hours ago");
        assert_eq!(exact(now), "2026-04-08 19:51:19 UTC");
    }

    // RK-09: the samples. RK-12: the warning. RK-14: no recovery. RK-23, RK-24, RK-25, RK-27: what revoking means.
    #[test]
    fn rk_12_the_promises_are_said() {
        assert_eq!(NAME_SAMPLES, ["CI/CD Pipeline", "Monitoring Script"]);
        assert!(REVEAL_WARNING.contains("not be shown again") && REVEAL_LOST.contains("cannot recover"));
        assert!(REVOKE_AT_ONCE.contains("at once") && REVOKE_AT_ONCE.contains("in progress fail"));
        assert!(REVOKE_FOR_GOOD.contains("permanent") && REVOKE_LOGGED.contains("audit log"));
        assert!(TIP_LIST[0].starts_with("Rotate each key every 90 days"));
    }

    #[test]
    fn many_things_are_told_in_thousands() {
        let told = [0, 12, 999, 1_204, 100_000, 1_000_000].map(grouped);
        assert_eq!(told, ["0", "12", "999", "1,204", "100,000", "1,000,000"]);
    }

    #[test]
    fn every_code_has_a_sentence_that_ends() {
        for code in Code::ALL {
            assert!(sentence(code).ends_with('.'), "{code:?}");
        }
    }

    #[test]
    fn initials_of_people_everywhere() {
        assert_eq!(initials("Mara Lou Olsen"), "ML");
        assert_eq!(initials("ليلى حداد"), "لح");
        assert_eq!(initials(""), "");
    }
}
