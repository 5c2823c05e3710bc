//! Organizations.

pub mod create;
pub mod settings;
