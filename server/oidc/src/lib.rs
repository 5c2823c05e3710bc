//! OpenID Connect: sending a browser to a provider, checking what comes back, and checking bearer ID tokens.
//!
//! Here belong the protocol, the provider's keys and the rules an ID token must meet, with one [`Failure`] for each
//! rule. Sessions, people, storage and pages of the product do not. Time and randomness come in from the caller.
//!
//! To add a rule: a variant in `failure`, a check in `claims` (or `token`, when it concerns the envelope), and a row
//! in the table of hostile tokens in `tests/all/hostile`.

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
mod signing;
#[doc(hidden)]
pub mod testing;
mod token;
mod userinfo;
mod verifier;
mod web;

use std::sync::Arc;

pub use client::{Client, Settings};
pub use failure::{Failure, SetupError};
pub use flow::Flow;
pub use identity::Identity;
pub use own::{Bearer, OwnTokens, PublicKey, named_key};
pub use verifier::Verifier;

/// Tells the moment, in milliseconds since 1970-01-01 UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Fills a buffer with unpredictable bytes.
pub type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;
