//! Service accounts.

pub mod create;
pub mod detail;
pub mod list;
