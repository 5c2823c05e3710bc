//! The lifetime of a browser session.

/// A session expires this long after sign-in, regardless of its use: 12 hours.
pub const ABSOLUTE_SECONDS: i64 = 12 * 60 * 60;
/// A session expires this long after its last use: one hour.
pub const IDLE_SECONDS: i64 = 60 * 60;
