//! The words of invitations, and of joining an organization.

use domain::{Moment, Role};

use super::members::with_article;
use super::{ahead, isolated};

/// Begins inviting someone.
pub const INVITE_MEMBER: &str = "Invite member";
/// Makes the invitation.
pub const INVITE: &str = "Create invitation";
/// Above the faults of that form.
pub const NOT_INVITED: &str = "The invitation was not created";
/// The address that is invited.
pub const EMAIL: &str = "Email";
/// What the address is for.
pub const EMAIL_HINT: &str = "Only someone who signs in with this email address can use the invitation.";
/// What the role is.
pub const INVITED_ROLE_HINT: &str = "What they can do in the organization. You can change it later.";
/// No mail is sent.
pub const NO_MAIL: &str = "Roundtable does not send email. You get a link to share.";
/// Above the table of invitations that wait.
pub const PENDING: &str = "Pending invitations";
/// Takes an invitation back.
pub const WITHDRAW: &str = "Cancel invitation";
/// Back to the top of the list.
pub const NEWEST_INVITATIONS: &str = "Newest invitations";
/// Further down the list.
pub const OLDER_INVITATIONS: &str = "Older invitations";
/// Above a new link.
pub const LINK_WARNING: &str = "Copy the link now. It will not be shown again.";
/// The label of a new link.
pub const LINK: &str = "Link";
/// Nobody but the sender sends it.
pub const LINK_SEND: &str = "Roundtable does not send email. Send this link to them yourself.";

/// Title of the page with a new link.
pub fn invited(email: &str) -> String {
    format!("Invitation for {}", isolated(email))
}

/// Who can use a link, and until when.
pub fn link_for(email: &str, role: Role, now: Moment, until: Moment) -> String {
    let (email, role) = (isolated(email), with_article(role));
    format!("Only {email} can use it, once. They join as {role}. The link expires {}.", ahead(now, until))
}

/// An invitation was taken back.
pub const WITHDRAWN: &str = "Invitation canceled. Its link no longer works.";
/// The title of the page of a link.
pub const JOIN: &str = "Join an organization";
/// Above a link that opens nothing, whatever the reason.
pub const DEAD_LINK: &str = "This invitation is not valid";
/// What may have become of it, and what to do.
pub const DEAD_LINK_HINT: &str =
    "It may have been used, canceled or expired, or the link may be incomplete. Ask for a new one.";
/// Why a sign-in is needed.
pub const SIGN_IN_TO_JOIN: &str = "Sign in to join";
/// Above the faults of that form.
pub const NOT_JOINED: &str = "You did not join";
/// Joins.
pub const JOIN_NOW: &str = "Join";
/// Leads away from there.
pub const TO_THE_DASHBOARD: &str = "Go to the dashboard";
/// Another sign-in.
pub const SIGN_IN_AS_ANOTHER: &str = "Sign in as someone else";
/// The immutable half of an organization's identity (B28).
pub const ORGANIZATION_ID: &str = "Organization ID";
/// The same, right beneath the name of the organization.
pub const ITS_ID: &str = "ID";
/// Someone without an address that is known to be theirs.
pub const NO_VERIFIED_EMAIL: &str = "no verified email address";

/// Title above an offer.
pub fn join(organization: &str) -> String {
    format!("Join {}", isolated(organization))
}

/// Which address an offer is for.
pub fn for_address(hint: &str) -> String {
    format!("The invitation is for {}. Sign in with that email address.", isolated(hint))
}

/// It is for somebody else than who is signed in.
pub fn not_for_you(hint: &str, who: &str) -> String {
    format!(
        "The invitation is for {}, but you are signed in as {}. To join, sign in with the invited email address.",
        isolated(hint),
        isolated(who)
    )
}

/// It is for an address, and whoever is signed in has none that their provider confirms.
pub fn no_address(hint: &str, who: &str) -> String {
    format!(
        "The invitation is for {}, but you are signed in as {}. Your identity provider has not verified your email address, so the invitation cannot be matched to you. Verify the address there and sign in again, or contact your administrator.",
        isolated(hint),
        isolated(who)
    )
}

/// Before the name of an organization that someone joined just now, and after it.
pub fn welcome_to(role: Role) -> (&'static str, String) {
    ("Welcome to “", format!("”. You are {}.", with_article(role)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_says_for_whom_it_is_and_until_when() {
        let now = Moment(0);
        let text = link_for("zoe@example.test", Role::Admin, now, now.plus_seconds(7 * 86_400));
        assert_eq!(
            text,
            "Only \u{2068}zoe@example.test\u{2069} can use it, once. They join as an admin. The link expires in 7 days."
        );
    }
}
