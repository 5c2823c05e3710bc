//! The crate from outside, against providers on loopback.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

mod dev_provider;
mod fake;
mod firebase;
mod hostile;
mod keys;
mod outage;
mod page;
mod userinfo;
