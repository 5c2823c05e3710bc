//! Time spans to choose in the audit log.

use domain::closed_set;

/// The seconds of a day.
pub const DAY: i64 = 86_400;

closed_set! {
    /// A time span that ends now.
    pub enum Period(
        /// How long it is.
        seconds: i64,
    ) {
        /// 24 hours.
        Day = "24h" (DAY),
        /// 7 days.
        Week = "7d" (7 * DAY),
        /// 30 days.
        Month = "30d" (30 * DAY),
        /// 90 days.
        Quarter = "90d" (90 * DAY),
    }
}
