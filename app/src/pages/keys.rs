//! API keys.

pub mod create;
pub mod detail;
pub mod list;
pub mod rename;
pub(super) mod reveal;
pub mod revoke;
pub mod revoke_many;
pub mod rotate;
