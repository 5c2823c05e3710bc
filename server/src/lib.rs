//! The server: settings, commands and HTTP endpoints. No code of this crate ships to the browser.
//!
//! An endpoint parses a request, calls the engine and returns the result. Rules belong in the
//! engine. To add a REST operation, add a handler in `http/api`. To add a command, add a file in
//! `commands`.

pub mod commands;
pub mod config;
pub mod demo;
pub mod hardening;
pub mod http;
mod process;
mod systemd;
pub mod telemetry;
