//! Requests for changes of members.

use super::Faults;
use crate::actor::Role;
use crate::id::{ActorId, KeyId};
use crate::problem::{Fault, FieldFault};
use crate::text;

/// Invite someone to become a member.
#[derive(Clone, Debug)]
pub struct InviteMember {
    /// Their email in lower case; only the person who signs in with it can accept.
    pub email: String,
    /// Their role.
    pub role: Role,
}

impl InviteMember {
    /// Reads the fields of a form or a body; the role is member if not given.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn read(email: &str, role: Option<&str>) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let email = faults.take("email", text::email(email));
        let role = faults.take("role", role.map_or(Ok(Role::Member), read_role));
        faults.done(|| Some(Self { email: email?, role: role? }))
    }
}

/// Remove a member.
#[derive(Clone, Debug)]
pub struct RemoveMember {
    /// The member.
    pub member: ActorId,
    /// What happens to their keys. A key that is not named is kept, and refused: it has no active owner.
    pub keys: Vec<(KeyId, KeyDisposition)>,
}

impl From<ActorId> for RemoveMember {
    fn from(member: ActorId) -> Self {
        Self { member, keys: Vec::new() }
    }
}

/// What happens to a key whose owner is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyDisposition {
    /// It is revoked.
    End,
    /// A successor that belongs to this service account takes its place.
    HandOver(ActorId),
    /// A successor that belongs to a new service account, named after the key, takes its place.
    HandOverToNew,
}

impl KeyDisposition {
    /// Reads the field of a form: `end`, `new`, or the number of a service account.
    ///
    /// # Errors
    /// `Unknown` for anything else.
    pub fn read(word: &str) -> Result<Self, Fault> {
        match word {
            "end" => Ok(Self::End),
            "new" => Ok(Self::HandOverToNew),
            id => id.parse().map(Self::HandOver).map_err(|_| Fault::Unknown { known: "end, new, an actor id".into() }),
        }
    }
}

fn read_role(word: &str) -> Result<Role, Fault> {
    Ok(word.parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_for_one_email_in_lower_case() {
        let command = InviteMember::read(" Ada@Example.COM ", None).expect("valid");
        assert_eq!((command.email.as_str(), command.role), ("ada@example.com", Role::Member));
        let faults = InviteMember::read("ada", Some("root")).expect_err("faults");
        assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), ["email", "role"]);
    }

    #[test]
    fn the_disposition_of_a_key_is_one_of_three() {
        assert_eq!(KeyDisposition::read("end"), Ok(KeyDisposition::End));
        assert_eq!(KeyDisposition::read("new"), Ok(KeyDisposition::HandOverToNew));
        assert_eq!(KeyDisposition::read("15"), Ok(KeyDisposition::HandOver(ActorId(15))));
        for bad in ["", "keep", "-1", "0", "015"] {
            assert!(KeyDisposition::read(bad).is_err(), "{bad}");
        }
    }
}
