//! OpenID Connect: sign-in at a provider, and verification of bearer ID tokens.
//!
//! This crate contains the protocol, the keys of the provider and the checks of ID tokens, with one
//! [`Failure`] for each check. It does not contain sessions, storage and pages. The caller passes
//! in the clock and the random number generator.
//!
//! To add a check, add a variant in `failure`, the check in `claims` (or in `token` if it concerns
//! the header or the signature), and a row in the table of hostile tokens in `tests/all/hostile`.

mod claims;
mod client;
pub mod dev;
mod discovery;
mod exchange;
mod failure;
mod flow;
mod identity;
mod json;
mod keys;
mod own;
mod settings;
mod signing;
#[doc(hidden)]
pub mod testing;
mod token;
mod userinfo;
mod verifier;
mod web;

use std::sync::Arc;

pub use client::Client;
pub use failure::{Failure, SetupError};
pub use flow::Flow;
pub use identity::Identity;
pub use own::{Bearer, OwnTokens, PublicKey, named_key};
pub use settings::Settings;
pub use verifier::Verifier;

/// Returns the current time in milliseconds since 1970-01-01 UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Fills a buffer with unpredictable bytes.
pub type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;
