//! Who may do what to what, and with which answer: the tables that people review, and how they are read.

use domain::Role;

use super::world::Which;

/// What an operation asks of whoever calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Nothing at all.
    Nothing,
    /// To be in the organization.
    Membership,
    /// That the thing is one's own, or to be an admin or owner.
    Own,
    /// That the thing is one's own; nobody else's is there.
    OwnOnly,
    /// To be an admin or owner.
    Admin,
    /// To be a person; no key is.
    Person,
    /// A browser session, which nobody shows with a bearer.
    Browser,
    /// To be a key, with the power to do this to itself.
    Key,
}

/// What an operation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// Nothing in particular.
    None,
    Key,
    Workspace,
    Member,
    Account,
    Message,
    Note,
    Invitation,
}

/// One line of a table: the name, what it asks, what it is about, the answer when it is done, and the answer for a thing
/// that has ended.
pub type Line = (&'static str, Asks, Thing, u16, u16);

/// How someone stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No credential, or one that does not work.
    Unknown,
    /// Known, and not in the organization: removed from it, or in none.
    Runtime {
        /// By a key, or in person.
        by_key: bool,
    },
    /// In the organization.
    Inside {
        role: Role,
        /// By a key, or in person.
        by_key: bool,
        /// Whether the key has any scope.
        powerless: bool,
    },
}

/// The answer to `who` about `which`.
pub fn expected(line: &Line, who: Standing, which: Which) -> u16 {
    let (_, asks, thing, done, ended) = *line;
    let (role, by_key, powerless) = match who {
        _ if asks == Asks::Nothing => return done,
        _ if asks == Asks::Browser => return 401,
        Standing::Unknown => return 401,
        Standing::Runtime { by_key: false } if asks == Asks::Person => return about(thing, which, done, ended),
        Standing::Runtime { .. } => return 403,
        Standing::Inside { role, by_key, powerless } => (role, by_key, powerless),
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

/// The answer to someone who may, by what they ask about (decision D9).
const fn about(thing: Thing, which: Which, done: u16, ended: u16) -> u16 {
    match (thing, which) {
        (Thing::None, _) | (_, Which::Mine | Which::Someones) => done,
        (Thing::Workspace, Which::Foreign) => 403,
        (_, Which::Ended) => ended,
        (_, Which::Foreign | Which::Missing | Which::Malformed) => 404,
    }
}
