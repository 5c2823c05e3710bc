//! Correcting times in the future, which were written while a clock was ahead.

use crate::runtime::SKEW_SECONDS;
use crate::sessions::FLOW_SECONDS;
use crate::store::{call_counts, future_times};
use crate::{Engine, Result};

const DAY: i64 = 86_400_000;

impl Engine {
    /// Corrects times in the future, if the clock went back since the last call, and once after the
    /// start. Last uses and daily counts are moved to the present; sessions and sign-ins from the
    /// future are deleted. Expiries of keys stay.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn correct_future_times(&self) -> Result<()> {
        if !self.runtime().was_ahead() {
            return Ok(());
        }
        let now = self.runtime().now();
        let ahead = now.plus_seconds(SKEW_SECONDS);
        let mut tx = self.db().begin().await?;
        future_times::reset_to_now(&mut tx, now, ahead).await?;
        future_times::move_counts_to_today(
            &mut tx,
            now,
            now.0.div_euclid(DAY),
            ahead.0.div_euclid(DAY),
        )
        .await?;
        call_counts::move_to_now(&mut tx, now, ahead).await?;
        future_times::delete_from_future(&mut tx, ahead, ahead.plus_seconds(FLOW_SECONDS)).await?;
        tx.commit().await?;
        self.runtime().trust_clock();
        Ok(())
    }
}
