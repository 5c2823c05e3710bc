//! API keys.

pub mod create;
pub mod describe;
pub mod detail;
pub mod expire_earlier;
pub mod list;
pub mod rename;
pub(super) mod reveal;
pub mod revoke;
pub mod revoke_many;
pub mod rotate;
mod sheet;
