//! The words of members, invitations, and of joining and leaving an organization.

use domain::{Moment, Role};

use super::{ahead, isolated, plural};

// Members.

/// The page of members.
pub const MEMBERS: &str = "Members";
/// Leads to the documentation of members.
pub const ABOUT_MEMBERS: &str = "About members";
/// Marks the reader's own row.
pub const YOU: &str = "You";
/// Nobody has signed in as this member.
pub const NOT_SIGNED_IN_YET: &str = "Has not signed in yet";
/// Gives a member another role, in a row.
pub const CHANGE_ROLE_OF: &str = "Change role";
/// Takes a member out, after a question.
pub const REMOVE_ASKING: &str = "Remove…";
/// Back to the top of the list.
pub const NEWEST_MEMBERS: &str = "Newest members";
/// Further down the list.
pub const OLDER_MEMBERS: &str = "Older members";
/// Above what each role may do (KE-38).
pub const ROLES: &str = "Roles";

/// Beneath the title of the list of members.
pub fn members_lede(organization: &str) -> String {
    format!("The people of {}. What a key may do follows from the role of its owner.", isolated(organization))
}

/// Above the table of members, for screen readers.
pub fn members_caption(organization: &str) -> String {
    format!("Members of {}", isolated(organization))
}

/// What a person of a role may do (KE-38, KE-25..KE-29, RA-33).
pub const fn role_may(role: Role) -> &'static str {
    match role {
        Role::Member => "Uses workspaces and runs, and sees, rotates and revokes their own keys.",
        Role::Admin => {
            "As a member, and also sees and revokes every key, manages members, service accounts and settings, and reads \
             the whole audit log."
        }
        Role::Owner => "As an admin, and also makes and unmakes owners.",
    }
}

// Another role.

/// What the role is.
pub const MEMBER_ROLE_HINT: &str = "What they may do in the organization.";
/// Above the faults of that form.
pub const ROLE_NOT_CHANGED: &str = "The role was not changed";
/// When another role counts (decisions D6, D23).
pub const ROLE_EFFECTS: [&str; 2] = [
    "A lower role counts at once, for the keys they have too. Requests in progress with those keys fail.",
    "A higher role does not make the keys they have any stronger. They create new keys for what they may do now.",
];
/// It is one's own.
pub const OWN_ROLE: &str = "This is your own role. If you lower it, somebody else has to raise it again.";
/// It cannot be another (decision D5).
pub const LAST_OWNER_ROLE: &str =
    "This is the only owner, and an organization keeps at least one. Make somebody else an owner first.";

/// Title of the page.
pub fn role_of(name: &str) -> String {
    format!("Role of {}", isolated(name))
}

/// It was changed.
pub fn role_changed(role: Role) -> String {
    format!("” is {} now.", with_article(role))
}

// Taking a member out.

/// The title of that page.
pub const REMOVE_MEMBER: &str = "Remove member";
/// Above the faults of that form.
pub const NOT_REMOVED: &str = "The member was not removed";
/// What removing does; the first line is about the person.
pub const REMOVE_EFFECTS: [&str; 4] = [
    "It takes effect at once. They are signed out, unless they are a member of another organization here.",
    "Their keys stop. A key that is neither ended nor handed over below answers 403.",
    "Invitations that they sent, and those for their address, are withdrawn.",
    "What they made stays. The audit log records who removed them.",
];
/// Above the list of keys.
pub const THEIR_KEYS: &str = "Their active keys";
/// What to choose.
pub const FATE_HINT: &str =
    "A script that depends on a key goes on only with a new one. Hand the key over, and put the new key in its place.";
/// They have none.
pub const NO_KEYS_LEFT: &str = "They have no active keys.";
/// The key ends.
pub const END_THE_KEY: &str = "End now";
/// Above the service accounts that can take a key.
pub const HAND_OVER_TO: &str = "Hand over to";
/// The owner is the only one.
pub const LAST_OWNER_REMOVAL: &str =
    "This is the only owner, and an organization keeps at least one. Make somebody else an owner first.";
/// The member is gone already.
pub const REMOVED_BEFORE: &str = "This person is not a member any more";
/// What to do when new keys were on the page that was lost.
pub const REMOVED_BEFORE_HINT: &str = "They were removed, or have left. If keys were handed over and you have not seen \
     the new ones, open their service account and rotate them.";
/// Title of the page with the successors.
pub const HANDED_OVER: &str = "The new keys";
/// Above them.
pub const HANDED_OVER_WARNING: &str = "Copy each key now. They will not be shown again.";
/// What became of the old ones.
pub const HANDED_OVER_OLD: &str =
    "The keys in whose place they come have ended. Put each new key where the old one was used.";

/// Removes them.
pub fn remove_button(name: &str) -> String {
    format!("Remove {}", isolated(name))
}

/// The choice that makes a service account for a key.
pub fn new_heir(key: &str) -> String {
    format!("Hand over to a new service account “{}”", isolated(key))
}

/// The label of the choice for a key.
pub fn fate_of(key: &str) -> String {
    format!("What becomes of {}", isolated(key))
}

/// The list does not show all of their keys.
pub fn keys_not_listed(count: i64) -> String {
    let verb = if count == 1 { "is not listed. It stops" } else { "are not listed. They stop" };
    format!("{} {verb} with the answer 403.", plural(count, "more key"))
}

/// After the name of someone who was removed.
pub const REMOVED: &str = "” is removed from the organization.";

// Invitations.

/// Begins inviting someone.
pub const INVITE_MEMBER: &str = "Invite member";
/// Makes the invitation.
pub const INVITE: &str = "Create invitation";
/// Above the faults of that form.
pub const NOT_INVITED: &str = "Nobody was invited";
/// The address that is invited.
pub const EMAIL: &str = "E-mail";
/// What the address is for.
pub const EMAIL_HINT: &str = "Only whoever signs in with this address can use the invitation.";
/// What the role is.
pub const INVITED_ROLE_HINT: &str = "What they may do in the organization. You can change it later.";
/// No mail is sent.
pub const NO_MAIL: &str = "No mail is sent. You get a link to send yourself.";
/// Above the table of invitations that wait.
pub const PENDING: &str = "Pending invitations";
/// Takes an invitation back.
pub const WITHDRAW: &str = "Withdraw";
/// Back to the top of the list.
pub const NEWEST_INVITATIONS: &str = "Newest invitations";
/// Further down the list.
pub const OLDER_INVITATIONS: &str = "Older invitations";
/// Above a new link.
pub const LINK_WARNING: &str = "Copy the link now. It will not be shown again.";
/// The label of a new link.
pub const LINK: &str = "Link";
/// Nobody but the sender sends it.
pub const LINK_SEND: &str = "No mail is sent. Send the link yourself.";

/// Title of the page with a new link.
pub fn invited(email: &str) -> String {
    format!("Invitation for {}", isolated(email))
}

/// Who can use a link, and until when.
pub fn link_for(email: &str, role: Role, now: Moment, until: Moment) -> String {
    let (email, role) = (isolated(email), with_article(role));
    format!(
        "Only whoever signs in with {email} can use it, once. It makes them {role}, and ends {}.",
        ahead(now, until)
    )
}

/// An invitation was taken back.
pub const WITHDRAWN: &str = "The invitation is withdrawn. Its link opens nothing any more.";

// Joining.

/// The title of the page of a link.
pub const JOIN: &str = "Join an organization";
/// Above a link that opens nothing, whatever the reason.
pub const DEAD_LINK: &str = "This invitation does not work";
/// What may have become of it, and what to do.
pub const DEAD_LINK_HINT: &str = "It may have been used or withdrawn, or have run out, or the link was not copied whole. \
     Ask whoever invited you for a new one.";
/// Why a sign-in is needed.
pub const SIGN_IN_TO_JOIN: &str = "Sign in to join";
/// Above the faults of that form.
pub const NOT_JOINED: &str = "You have not joined";
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
pub const NO_VERIFIED_EMAIL: &str = "no verified e-mail address";

/// Title above an offer.
pub fn join(organization: &str) -> String {
    format!("Join {}", isolated(organization))
}

/// Which address an offer is for.
pub fn for_address(hint: &str) -> String {
    format!("The invitation is for {}. Sign in with that address.", isolated(hint))
}

/// It is for somebody else than who is signed in.
pub fn not_for_you(hint: &str, who: &str) -> String {
    format!(
        "The invitation is for {}, and you are signed in as {}. Only whoever signs in with that address can join.",
        isolated(hint),
        isolated(who)
    )
}

/// Before the name of an organization that someone joined just now, and after it.
pub fn welcome_to(role: Role) -> (&'static str, String) {
    ("Welcome to “", format!("”. You are {}.", with_article(role)))
}

/// Before the name of an organization that someone left just now, and after it.
pub const LEFT: (&str, &str) = ("You have left “", "”.");

// Leaving.

/// Begins leaving.
pub const LEAVE_ASKING: &str = "Leave organization…";
/// Leaves.
pub const LEAVE: &str = "Leave organization";
/// Above the faults of that form.
pub const NOT_LEFT: &str = "You have not left";
/// What leaving does.
pub const LEAVE_EFFECTS: [&str; 3] = [
    "It takes effect at once. You cannot open the organization any more, and only an invitation brings you back.",
    "Your keys there stop: they answer 403, and they stay stopped even if you come back. Requests in progress fail.",
    "Invitations that you sent are withdrawn. What you made stays, and the audit log records that you left.",
];
/// The only owner cannot (decision D5).
pub const LAST_OWNER_LEAVES: &str = "You are the only owner, and an organization keeps at least one. Make somebody \
     else an owner first, then you can leave.";

/// Title of the page.
pub fn leave(organization: &str) -> String {
    format!("Leave {}?", isolated(organization))
}

/// A role in a sentence.
const fn with_article(role: Role) -> &'static str {
    match role {
        Role::Member => "a member",
        Role::Admin => "an admin",
        Role::Owner => "an owner",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // KE-38, KE-25..KE-29, RA-30, RA-33: what each role may do is said.
    #[test]
    fn ke_38_each_role_is_explained() {
        assert!(role_may(Role::Member).contains("their own keys"));
        assert!(role_may(Role::Admin).contains("every key") && role_may(Role::Admin).contains("members"));
        assert!(role_may(Role::Owner).contains("owners"));
    }

    // D5, D6, B20: what is promised of lowering, raising, leaving and removing.
    #[test]
    fn d6_the_effects_are_said() {
        assert!(ROLE_EFFECTS[0].contains("at once") && ROLE_EFFECTS[1].contains("does not make"));
        assert!(LEAVE_EFFECTS[1].contains("403") && REMOVE_EFFECTS[1].contains("403"));
        assert!(REMOVE_EFFECTS[0].contains("signed out") && REMOVE_EFFECTS[2].contains("withdrawn"));
        assert_eq!(keys_not_listed(1), "1 more key is not listed. It stops with the answer 403.");
        assert_eq!(keys_not_listed(2), "2 more keys are not listed. They stop with the answer 403.");
    }

    #[test]
    fn a_link_says_for_whom_it_is_and_until_when() {
        let now = Moment(0);
        let told = link_for("zoe@example.test", Role::Admin, now, now.plus_seconds(7 * 86_400));
        assert_eq!(
            told,
            "Only whoever signs in with \u{2068}zoe@example.test\u{2069} can use it, once. It makes them an admin, and \
             ends in 7 days."
        );
    }
}
