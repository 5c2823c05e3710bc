//! Inviting a member.

use domain::{Moment, Role};

use super::format::ahead;
use super::isolated;

pub const CONFIRM: &str = "Confirm and create invitation";
pub const WAITING: &str = "Creating…";
pub const ALREADY_CREATED: &str = "This form was already submitted, and the invitation is in the list. The link was shown then and cannot be shown again.";
pub const TITLE: &str = "Invite member";
/// The title of the step after creating the organization.
pub const FIRST_TITLE: &str = "Invite your first member";
pub const FIRST_LEDE: &str = "Who else works with the API keys of this organization? You can also invite people later, under Members.";
pub const SKIP: &str = "Skip for now";
pub const BUTTON: &str = "Create invitation";
/// The same in a dialog, which copies the link.
pub const BUTTON_IN_DIALOG: &str = "Create link and copy it";
pub const FAILED: &str = "The invitation was not created";
pub const EMAIL_HINT: &str =
    "Only someone who signs in with this email address can use the invitation.";
pub const ROLE_HINT: &str = "What they can do in the organization. You can change it later.";
pub const NO_EMAIL_SENT: &str = "Roundtable does not send email. You get a link to share.";
pub const LINK_WARNING: &str = "Copy the link now. It will not be shown again.";
/// The same after the link was copied.
pub const LINK_COPIED: &str = "Link copied. It will not be shown again.";
pub const LINK: &str = "Link";
pub const LINK_SEND: &str = "Roundtable does not send email. Send this link to them yourself.";

/// The heading of the page with a new link.
pub fn heading(email: &str) -> String {
    format!("Invitation for {}", isolated(email))
}

/// Who can use a link, and until when.
pub fn link_for(email: &str, role: Role, now: Moment, until: Moment) -> String {
    let (email, role) = (isolated(email), super::roles::with_article(role));
    format!(
        "Only {email} can use it, once. They join as {role}. The link expires {}.",
        ahead(now, until)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_its_address_and_expiration() {
        let now = Moment(0);
        let text = link_for(
            "zoe@example.test",
            Role::Admin,
            now,
            now.plus_seconds(7 * 86_400),
        );
        assert_eq!(
            text,
            "Only \u{2068}zoe@example.test\u{2069} can use it, once. They join as an admin. The link expires in 7 days."
        );
    }
}
