//! The server: settings, commands, and the doors over HTTP. What is here never ships to a browser.
//!
//! A door greets, calls the engine and answers; if it makes a decision, the decision belongs into the engine. To add
//! a REST operation, add a handler in `http/api`; to add a command, a file in `commands`.

pub mod commands;
pub mod config;
pub mod demo;
pub mod hardening;
pub mod http;
pub mod telemetry;
