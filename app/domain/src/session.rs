//! The lifetime of sessions.

use crate::closed_set;

/// A browser session expires this long after sign-in, regardless of its use: 12 hours.
pub const ABSOLUTE_SECONDS: i64 = 12 * 60 * 60;
/// A browser session expires this long after its last use: one hour.
pub const IDLE_SECONDS: i64 = 60 * 60;
/// The session of a device expires this long after sign-in, regardless of its use: 90 days.
pub const DEVICE_ABSOLUTE_SECONDS: i64 = 90 * 24 * 60 * 60;
/// The session of a device expires this long after its last use: 30 days.
pub const DEVICE_IDLE_SECONDS: i64 = 30 * 24 * 60 * 60;

closed_set! {
    /// Where a session was started.
    pub enum SessionKind as "SessionKindWord" {
        /// In a browser, which has a cookie.
        Browser = "browser",
        /// On a device, whose program has a refresh token.
        Device = "device",
    }
}

impl SessionKind {
    /// How long after sign-in it expires, regardless of its use; in seconds.
    pub const fn absolute_seconds(self) -> i64 {
        match self {
            Self::Browser => ABSOLUTE_SECONDS,
            Self::Device => DEVICE_ABSOLUTE_SECONDS,
        }
    }

    /// How long after its last use it expires; in seconds.
    pub const fn idle_seconds(self) -> i64 {
        match self {
            Self::Browser => IDLE_SECONDS,
            Self::Device => DEVICE_IDLE_SECONDS,
        }
    }
}
