//! The permission tables that people review, and how to read them.

use domain::Role;

use super::world::Which;

/// What an operation requires of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
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
pub enum Kind {
    /// No object.
    None,
    Key,
    Workspace,
    Member,
    Account,
    Message,
    Note,
    Todo,
    Invitation,
    Api,
    Consumer,
    Run,
}

/// One line of a table: the name, the requirement, the object, the status of a success, and the
/// status for a revoked or removed object.
pub type Line = (&'static str, Requirement, Kind, u16, u16);

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
    let (_, required, kind, done, inactive) = *line;
    let (role, by_key, powerless) = match who {
        _ if required == Requirement::Nothing => return done,
        _ if required == Requirement::Browser => return 401,
        Standing::Unknown => return 401,
        Standing::Runtime { by_key: false } if required == Requirement::Person => {
            return about(kind, which, done, inactive);
        }
        Standing::Runtime { .. } => return 403,
        Standing::Inside {
            role,
            by_key,
            powerless,
        } => (role, by_key, powerless),
    };
    let malformed = which == Which::Malformed && kind != Kind::None;
    match required {
        Requirement::Person if by_key => 403,
        Requirement::Key if !by_key => 403,
        Requirement::Person | Requirement::Key | Requirement::Browser => {
            about(kind, which, done, inactive)
        }
        _ if malformed => 404,
        _ if powerless => 403,
        Requirement::Admin if role == Role::Member => 403,
        Requirement::OwnOnly if which == Which::Other => 404,
        Requirement::Own if role == Role::Member && which == Which::Other => 403,
        _ => about(kind, which, done, inactive),
    }
}

/// The response to an authorized caller, by the object (D9).
const fn about(kind: Kind, which: Which, done: u16, inactive: u16) -> u16 {
    match (kind, which) {
        (Kind::None, _) | (_, Which::Own | Which::Other) => done,
        (Kind::Workspace, Which::Foreign) => 403,
        (_, Which::Inactive) => inactive,
        (_, Which::Foreign | Which::Missing | Which::Malformed) => 404,
    }
}
