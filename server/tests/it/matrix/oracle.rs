//! The permission tables that people review, and how to read them.

use domain::Role;

use super::world::Which;

/// What an operation requires of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Nothing at all.
    Nothing,
    /// The caller must be in the organization.
    Membership,
    /// The object must be the caller's own, or the caller must be an admin or owner.
    Own,
    /// The object must be the caller's own.
    OwnOnly,
    /// The caller must be an admin or owner.
    Admin,
    /// The caller must be a person.
    Person,
    /// A browser session instead of a bearer credential.
    Browser,
    /// The caller must be a key.
    Key,
}

/// The object of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// No object.
    None,
    Key,
    Workspace,
    Member,
    Account,
    Message,
    Note,
    Invitation,
}

/// One line of a table: the name, the requirement, the object, the status of a success, and the
/// status for a revoked or removed object.
pub type Line = (&'static str, Asks, Thing, u16, u16);

/// The relation of a principal to the organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Without a valid credential.
    Unknown,
    /// Authenticated, but not a member of the organization.
    Runtime {
        /// Whether the caller uses a key or is a person.
        by_key: bool,
    },
    /// A member of the organization.
    Inside {
        role: Role,
        /// Whether the caller uses a key or is a person.
        by_key: bool,
        /// Whether the key has any scope.
        powerless: bool,
    },
}

/// The expected status for a principal and an object.
pub fn expected(line: &Line, who: Standing, which: Which) -> u16 {
    let (_, asks, thing, done, ended) = *line;
    let (role, by_key, powerless) = match who {
        _ if asks == Asks::Nothing => return done,
        _ if asks == Asks::Browser => return 401,
        Standing::Unknown => return 401,
        Standing::Runtime { by_key: false } if asks == Asks::Person => {
            return about(thing, which, done, ended);
        }
        Standing::Runtime { .. } => return 403,
        Standing::Inside {
            role,
            by_key,
            powerless,
        } => (role, by_key, powerless),
    };
    let malformed = which == Which::Malformed && thing != Thing::None;
    match asks {
        Asks::Person if by_key => 403,
        Asks::Key if !by_key => 403,
        Asks::Person | Asks::Key | Asks::Browser => about(thing, which, done, ended),
        _ if malformed => 404,
        _ if powerless => 403,
        Asks::Admin if role == Role::Member => 403,
        Asks::OwnOnly if which == Which::Someones => 404,
        Asks::Own if role == Role::Member && which == Which::Someones => 403,
        _ => about(thing, which, done, ended),
    }
}

/// The response to an authorized caller, by the object (D9).
const fn about(thing: Thing, which: Which, done: u16, ended: u16) -> u16 {
    match (thing, which) {
        (Thing::None, _) | (_, Which::Mine | Which::Someones) => done,
        (Thing::Workspace, Which::Foreign) => 403,
        (_, Which::Ended) => ended,
        (_, Which::Foreign | Which::Missing | Which::Malformed) => 404,
    }
}
