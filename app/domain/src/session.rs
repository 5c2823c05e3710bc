//! How long a browser session lasts.

/// A session expires this long after sign-in, however much it is used: 12 hours.
pub const ABSOLUTE_SECONDS: i64 = 12 * 60 * 60;
/// A session expires this long after its last use: one hour.
pub const IDLE_SECONDS: i64 = 60 * 60;
