//! Commands for members.

use super::Faults;
use crate::actor::Role;
use crate::id::{ActorId, KeyId};
use crate::problem::{Fault, FieldFault};
use crate::text;

/// Invite a person to become a member.
#[derive(Clone, Debug)]
pub struct InviteMember {
    /// Their email in lower case. Only a person who signs in with this email can accept.
    pub email: String,
    /// Their role.
    pub role: Role,
}

impl InviteMember {
    /// Reads the fields of a form or a body. The default role is member.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn read(email: &str, role: Option<&str>) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let email = faults.take("email", text::email(email));
        let role = faults.take("role", role.map_or(Ok(Role::Member), read_role));
        faults.done(|| {
            Some(Self {
                email: email?,
                role: role?,
            })
        })
    }
}

/// Which members to list.
#[derive(Clone, Debug, Default)]
pub struct MemberQuery {
    /// Only members whose name contains this text, or whose email does if the caller can see it.
    pub text: Option<String>,
    /// Only members with this role.
    pub role: Option<Role>,
    /// Only members who joined before this one.
    pub before: Option<ActorId>,
}

/// Remove a member.
#[derive(Clone, Debug)]
pub struct RemoveMember {
    /// The member.
    pub member: ActorId,
    /// What happens to their keys. A key that is not listed stays as it is, but is rejected: it has
    /// no active owner.
    pub keys: Vec<(KeyId, KeyDisposition)>,
}

impl From<ActorId> for RemoveMember {
    fn from(member: ActorId) -> Self {
        Self {
            member,
            keys: Vec::new(),
        }
    }
}

/// What happens to a key whose owner is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyDisposition {
    /// It is revoked.
    End,
    /// It is replaced by a successor that belongs to this service account.
    HandOver(ActorId),
    /// It is replaced by a successor that belongs to a new service account, which is named after
    /// the key.
    HandOverToNew,
}

impl KeyDisposition {
    /// Reads the field of a form: `end`, `new`, or the id of a service account.
    ///
    /// # Errors
    /// `Unknown` for anything else.
    pub fn read(word: &str) -> Result<Self, Fault> {
        match word {
            "end" => Ok(Self::End),
            "new" => Ok(Self::HandOverToNew),
            id => id
                .parse()
                .map(Self::HandOver)
                .map_err(|_| Fault::Unknown {
                    known: "end, new, an actor id".into(),
                }),
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
    fn the_email_of_an_invitation_is_converted_to_lower_case() {
        let command = InviteMember::read(" Ada@Example.COM ", None).expect("valid");
        assert_eq!(
            (command.email.as_str(), command.role),
            ("ada@example.com", Role::Member)
        );
        let faults = InviteMember::read("ada", Some("root")).expect_err("faults");
        assert_eq!(
            faults
                .iter()
                .map(|fault| fault.field.as_str())
                .collect::<Vec<_>>(),
            ["email", "role"]
        );
    }

    #[test]
    fn the_disposition_of_a_key_is_end_new_or_an_id() {
        assert_eq!(KeyDisposition::read("end"), Ok(KeyDisposition::End));
        assert_eq!(
            KeyDisposition::read("new"),
            Ok(KeyDisposition::HandOverToNew)
        );
        assert_eq!(
            KeyDisposition::read("15"),
            Ok(KeyDisposition::HandOver(ActorId(15)))
        );
        for bad in ["", "keep", "-1", "0", "015"] {
            assert!(KeyDisposition::read(bad).is_err(), "{bad}");
        }
    }
}
