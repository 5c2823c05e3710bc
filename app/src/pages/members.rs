//! Members and invitations.

pub mod change_role;
pub mod invite;
pub mod join;
pub mod leave;
pub mod list;
pub mod remove;
